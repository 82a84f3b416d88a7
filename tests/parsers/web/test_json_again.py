"""A value that is the same as the line before's is not looked up again: what lines say must not hang on those before them."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tests.parsers.web.conftest import Read

_BASE = '"StartUTC":"2026-11-28T10:20:09.4Z","DownstreamStatus":200,"RequestPath":"/a?b"'
_PLACES = ("offset", "record", "row_id", "length", "flags", "parse_quality")
VALUES = st.sampled_from(
    (
        *(
            '"-"',
            "null",
            '"null"',
            "1",
            '"1"',
            "1.0",
            '"a"',
            r'"\u0061"',
            r'"\ud800"',
            '"é"',
            '["a"]',
            '["a","a"]',
            '""',
        ),
        *(
            "0",
            "12",
            "120",
            "12345678",
            "123456789012",
            "12345678.5",
            "12e3",
            "-7",
            "01",
            "12x",
            "1 ",
            ' "a"',
            r'"a\"b"',
            r'"a\\"',
        ),
        *('"twelve bytes"', '"twelve bytez"', '"eight by"', '"a rather longer text"', "{}", '{"x":"a"}', '{"x":"b"}'),
    )
)
LINES = st.one_of(
    st.dictionaries(st.sampled_from(["own", "ClientHost", "ClientUsername", "own.x"]), VALUES, max_size=4).map(
        lambda said: "{" + ",".join([_BASE, *(f'"{name}":{value}' for name, value in said.items())]) + "}"
    ),
    st.sampled_from(
        ["{" + _BASE + ',"own":"b","own":"b"}', "{" + _BASE + ',"own":"b"', "{" + _BASE + ',"own":"b\x01"}']
    ),
)
ALONE: dict[bytes, list[dict[str, Any]]] = {}  # what lines say that were read alone: examples have many in common


def _said(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _PLACES}


@settings(max_examples=120, deadline=None)
@given(lines=st.lists(LINES, min_size=2, max_size=9))
def test_lines_say_the_same_alone_and_behind_others(read_bytes: Read, lines: list[str]) -> None:
    raw = [line.encode() + b"\n" for line in lines]
    for line in raw:
        if line not in ALONE:
            ALONE[line] = [_said(row) for row in read_bytes(line).rows]
    assert [_said(row) for row in read_bytes(b"".join(raw)).rows] == [row for line in raw for row in ALONE[line]]


@pytest.mark.parametrize("between", [',"own":"b","own":"b"', ',"own":"b\x01"', ',"x":{"own":"b"},"x.own":"c"', ""])
def test_a_line_that_is_read_alone_stands_between(read_bytes: Read, between: str) -> None:
    lines = ["{" + _BASE + own + "}" for own in (',"own":"a"', between, ',"own":"a"')]
    rows = read_bytes("\n".join(lines).encode() + b"\n").rows
    assert [rows[0]["own"], rows[-1]["own"]] == ["a", "a"]


def test_no_line_need_be_one_that_is_cut(read_bytes: Read) -> None:
    """Lines all of which are read alone, and names that mean the same: once that was a fault of the reader."""
    lines = ["{" + _BASE + own + "}" for own in (',"own":{"x":"a"},"own.x":01', ',"own":"b","own":"b"')]
    found = read_bytes("\n".join(lines).encode() + b"\n")
    alone = [row for line in lines for row in read_bytes(line.encode() + b"\n").rows]
    assert [_said(row) for row in found.rows] == [_said(row) for row in alone]


def test_what_repeats_over_many_rows_is_the_same_everywhere(read_bytes: Read) -> None:
    """More rows than are looked at together (`parsers.copied.NEAR`), with a column that grows its room in between."""
    values = [f"common {row // 1_500}" if row % 7 else f"own {row}" for row in range(6_000)]
    lines = ["{" + _BASE + f',"own":"{value}","ClientHost":"192.0.2.1"}}' for value in values]
    rows = read_bytes("\n".join(lines).encode() + b"\n").rows
    assert [row["own"] for row in rows] == values
    assert {row["c_ip"] for row in rows} == {"192.0.2.1"}
