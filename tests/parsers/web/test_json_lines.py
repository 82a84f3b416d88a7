"""JSON lines cut for a whole page say what they say when each is read alone; nothing hostile gets through unseen."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.web import json_escapes as escapes
from parsers.web.json_page import values
from parsers.web.json_scan import BARE, DEPTH, TEXT, NotJson, scan, text
from parsers.web.json_structure import ESCAPED
from parsers.web.lines import Lines
from parsers.web.scan import odd_lines

from .conftest import Read

KEYS = st.text(st.characters(codec="utf-8", exclude_characters="#"), max_size=6)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
OBJECTS = st.recursive(
    st.dictionaries(KEYS, SCALARS | st.lists(SCALARS, max_size=3), max_size=5),
    lambda inner: st.dictionaries(KEYS, inner | SCALARS, max_size=4),
    max_leaves=12,
)


def _lines(texts: list[bytes]) -> Lines:
    data = np.frombuffer(b"".join(one + b"\n" for one in texts), np.uint8)
    lengths = np.array([len(one) + 1 for one in texts], np.int64)
    starts = np.cumsum(lengths) - lengths
    return Lines(data, starts, starts + lengths - 1, np.arange(1, len(texts) + 1), starts, lengths)


def _by_page(texts: list[bytes]) -> list[dict[str, tuple[int, bytes]] | None]:
    lines = _lines(texts)
    found = values(lines, odd_lines(lines)[0])
    out: list[dict[str, tuple[int, bytes]] | None] = [None if row in found.reasons else {} for row in range(len(texts))]
    places = (found.row, found.name, found.kind, found.start, found.end)
    for row, name, kind, start, end in zip(*(one.tolist() for one in places), strict=True):
        said = out[row]
        assert said is not None
        said[found.names[name]] = (kind & ~ESCAPED, lines.data[start:end].tobytes())
    return out


def _alone(line: bytes) -> dict[str, tuple[int, bytes]] | None:
    try:
        return {name: (kind, line[start:end]) for name, kind, start, end in scan(line).values}
    except NotJson:
        return None


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, dict) and inner:
            out |= _flat(inner, f"{prefix}{name}.")
        else:
            out[prefix + name] = inner
    return out


@settings(max_examples=150, deadline=None)
@given(st.lists(OBJECTS, min_size=1, max_size=6), st.booleans(), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_a_page_says_what_python_reads(objects: list[dict[str, Any]], plain: bool, marks: tuple[str, str]) -> None:
    lines = [json.dumps(one, ensure_ascii=plain, separators=marks).encode("utf-8", "surrogatepass") for one in objects]
    for said, one in zip(_by_page(lines), objects, strict=True):
        assert said is not None
        flat = _flat(one)
        if any("." in name for name in said) and len(said) != len(flat):
            continue  # a name with a dot in it, and the same path: told apart by a number
        for name, (kind, raw) in said.items():
            meant = flat.get(name.split("#")[0])
            if kind == TEXT:
                assert text(raw)[0] == (meant[0] if isinstance(meant, list) else meant)
            else:
                assert json.loads(raw) == meant


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.text('{}[]:,"\\ n1.-ab\t', max_size=24).map(lambda one: ("{" + one).encode()), min_size=1, max_size=8)
)
def test_a_page_agrees_with_lines_read_alone(lines: list[bytes]) -> None:
    assert _by_page(lines) == [_alone(line) for line in lines]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a":1', "cut off at byte 6 of the line"),
        (b'{"a":"b', "the text that begins at byte 5 of the line does not end"),
        (b'{"a":01}', "a value should stand at byte 5"),
        (b'{"a":1,}', "a name in quotes should stand at byte 7"),
        (b'{"a":1} x', "1 bytes stand behind the JSON object that ends at byte 8"),
        (b'[{"a":1}]', "not a JSON object"),
        (b'{"a":[1,]}', "a value should stand at byte 8"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, f"nested deeper than {DEPTH}"),
        (b'{"a":' + b"[" * 100_000, f"nested deeper than {DEPTH}"),
        (b"{" + b",".join(b'"k%d":1' % n for n in range(5_000)) + b"}", "more than 4096 values"),
    ],
)
def test_what_is_no_json_is_told_with_its_place(line: bytes, reason: str) -> None:
    with pytest.raises(NotJson, match=reason.replace("[", r"\[")):
        scan(line)
    assert _by_page([line, b'{"a":1}']) == [None, {"a": (BARE, b"1")}]


def test_one_line_that_spells_a_name_otherwise_leaves_its_neighbours_as_they_are() -> None:
    lines = [b'{"a":1}', rb'{"\u0061":2}', rb'{"a":1,"\u0061":2}', b'{"a":{"b":1}}', b'{"a.b":2,"a":{"b":1}}']
    found = values(_lines(lines), np.zeros(len(lines), np.bool_))
    assert found.slow.tolist() == [False, False, True, False, True]
    assert _by_page(lines) == [_alone(line) for line in lines]
    assert found.repeated.tolist() == [False, False, True, False, True]


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":["x","y"]}',
        b'{"a":[["x"],[{"b":["]"]},{}],-1.5e3]}',
        b'{"a" : [ "x" ] , "b" : { "c":\t[ ] } } ',
        b'{"' + b"k" * 40 + b'":"' + b"v" * 40 + b'"}',
    ],
)
def test_lines_that_are_plainly_json_are_cut_in_one_pass(line: bytes) -> None:
    assert not values(_lines([line, line]), np.zeros(2, np.bool_)).slow.any()
    assert _by_page([line, line]) == [_alone(line)] * 2


ESCAPES = st.sampled_from(
    [
        "a",
        "é",
        '\\"',
        "\\\\",
        "\\/",
        "\\n",
        "\\t",
        "\\u0026",
        "\\u00e9",
        "\\u0001",
        "\\u20ac",
        "\\ud83d",
        "\\ude00",
        "\\x",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(ESCAPES, max_size=6).map("".join), min_size=1, max_size=5))
def test_escapes_of_many_texts_say_what_each_says_alone(raws: list[str]) -> None:
    blob = [raw.encode() for raw in raws]
    data = np.frombuffer(b"-".join(blob), np.uint8)
    lengths = np.array([len(raw) for raw in blob], np.int64)
    starts = np.cumsum(lengths + 1) - lengths - 1
    out, begins, ends, marks = escapes.said(data, starts, starts + lengths)
    for raw, begin, end, mark in zip(blob, begins.tolist(), ends.tolist(), marks.tolist(), strict=True):
        says, _, proper = text(raw)
        assert (mark == escapes.ODD) == (not proper)
        if proper:
            assert out[begin:end].tobytes().decode() == says
            assert (mark == escapes.CONTROL) == bool(re.search(r"[\x00-\x08\x0a-\x1f\x7f]", says))


@pytest.mark.parametrize(
    ("raw", "said", "valid", "proper"),
    [
        (rb"a\u00e9\ud83d\ude00", "aé😀", True, True),
        (rb"\ud83d alone", r"\ud83d alone", True, False),
        (rb"\ude00 alone", r"\ude00 alone", True, False),
        (rb"\u0041\udc00", r"A\udc00", True, False),
        (rb"\\u0026", r"\u0026", True, True),
        (rb"\x22", r"\x22", True, False),
        (b"\xff", r"\xff", False, True),
        (rb"\/\"\b\f\n\r\t", '/"\b\f\n\r\t', True, True),
    ],
)
def test_escapes(raw: bytes, said: str, valid: bool, proper: bool) -> None:
    assert text(raw) == (said, valid, proper)


def test_an_empty_text_at_the_end_of_what_was_unescaped(read: Read) -> None:
    """Its place lies behind the last byte."""
    line = (
        b'{"time_iso8601":"2026-01-02T03:04:05+00:00","request_uri":"/\xb3\\u001b","status":200,"http_user_agent":""}\n'
    )
    row = read(line).only
    assert (row["cs_uri"], row["cs_user_agent"]) == ("/\\xb3\x1b", "")
