"""Logs in UTF-16: the same rows as in UTF-8, cited at their bytes in the original."""

from __future__ import annotations

import codecs

import pytest

from parsers.registry import recognise
from parsers.web import lines, wide_lines

from .conftest import Read

LINE = '192.0.2.7 - - [28/Nov/2026:10:00:01 +0100] "GET /{n} HTTP/1.1" 200 512 "-" "{agent}"\r\n'
PLAIN = "".join(LINE.format(n=n, agent="Agent/1.0") for n in range(5))
ARABIC = "".join(LINE.format(n=n, agent="وكيل \U0001f600") for n in range(5))
ORDERS = pytest.mark.parametrize(
    ("codec", "mark"), [("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE)]
)


@ORDERS
@pytest.mark.parametrize("text", [PLAIN, ARABIC, PLAIN + "\r\n" + ARABIC.rstrip()])
def test_rows_are_those_of_utf_8(read: Read, codec: str, mark: bytes, text: str) -> None:
    wide, narrow = read(mark + text.encode(codec)), read(text.encode())
    assert wide.problems == []
    drop = ("offset", "length", "row_id")
    assert [{k: v for k, v in row.items() if k not in drop} for row in wide.rows] == [
        {k: v for k, v in row.items() if k not in drop} for row in narrow.rows
    ]
    assert [wide.line(row).decode(codec).encode() for row in wide.rows] == [narrow.line(row) for row in narrow.rows]


@ORDERS
def test_it_is_recognised(codec: str, mark: bytes) -> None:
    found = recognise(mark + PLAIN.encode(codec), "access.log")
    assert found is not None
    assert found.name == "web/log"


@ORDERS
def test_it_needs_no_mark(read: Read, codec: str, mark: bytes) -> None:
    """A log that was cut has it in its first piece only."""
    data = ARABIC.encode(codec)
    found = recognise(data, "access.log")
    assert found is not None
    assert found.name == "web/log"
    bare, marked = read(data), read(mark + data)
    assert (len(bare.rows), bare.problems) == (5, [])
    assert [row["offset"] + 2 for row in bare.rows] == [row["offset"] for row in marked.rows]
    assert [row["cs_user_agent"] for row in bare.rows] == [row["cs_user_agent"] for row in marked.rows]
    assert {row["flags"] for row in bare.rows} == {""}


def test_zeros_in_other_files_are_no_utf_16() -> None:
    assert [wide_lines.order_of(head) for head in (b"a\0" * 20, b"a\0" * 31 + b"\1\0", b"\0" * 64, b"a" * 64)] == [
        None
    ] * 4


def test_a_lone_surrogate_is_flagged(read: Read) -> None:
    data = codecs.BOM_UTF16_LE + PLAIN.replace("Agent", "\ud800").encode("utf-16-le", "surrogatepass")
    result = read(data)
    assert {row["flags"] for row in result.rows} == {"bad-encoding"}
    assert result.rows[0]["cs_user_agent"] == r"\xed\xa0\x80/1.0"


def test_an_odd_byte_at_the_end_is_told(read: Read) -> None:
    result = read(codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le") + b"x")
    assert len(result.rows) == 5
    assert [problem.length for problem in result.problems] == [1]


def test_a_line_without_end_is_told_and_the_next_read(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wide_lines, "BLOCK", 400)
    monkeypatch.setattr(wide_lines, "LONGEST_LINE", 300)
    text = PLAIN + "x" * 2_000 + "\r\n" + PLAIN
    result = read(codecs.BOM_UTF16_LE + text.encode("utf-16-le"))
    assert [row["record"] for row in result.rows] == [1, 2, 3, 4, 5, 7, 8, 9, 10, 11]
    assert f"expected at most {lines.LONGEST_LINE}" in result.problems[0].reason


def _line(n: int) -> str:
    return f'192.0.2.1 - - [10/Jan/2026:10:00:{n:02} +0000] "GET /{n} HTTP/1.1" 200 5 "-" "x"'


@pytest.mark.parametrize("block", [2 << 20, 200, 360])
@pytest.mark.parametrize("agent", ["", " é"])
@pytest.mark.parametrize(
    ("parts", "flags"),
    [
        ([_line(1), "\0" * 50 + _line(2), _line(3), ""], {"/2": "hole-before"}),
        ([_line(1), "\0" * 50, _line(2), ""], {"/2": "hole-before"}),
        ([_line(1), "\ufeff" + _line(2), _line(3), ""], {"/2": "byte-order-mark"}),
        ([_line(1), "\0" * 9 + "\ufeff" + _line(2), ""], {"/2": "byte-order-mark,hole-before"}),
        (
            [_line(1), _line(2) + "\r", _line(3) + "\r", _line(4), ""],
            {"/2": "line-end-differs", "/4": "line-end-differs"},
        ),
        ([_line(1) + "\r", _line(2) + "\r", ""], {}),
        ([_line(1) + "\r", _line(2)], {"/2": "no-line-end"}),
        ([_line(1), "", _line(2), ""], {}),
    ],
)
def test_marks_are_seen_as_in_utf_8(
    read: Read, monkeypatch: pytest.MonkeyPatch, parts: list[str], flags: dict[str, str], agent: str, block: int
) -> None:
    monkeypatch.setattr(wide_lines, "BLOCK", block)
    raw = codecs.BOM_UTF16_LE + "\n".join(parts).replace('"x"', f'"x{agent}"').encode("utf-16-le")
    result = read(raw)
    assert {row["cs_uri"]: row["flags"] for row in result.rows if row["flags"]} == flags
    for row in result.rows:
        text = raw[row["offset"] : row["offset"] + row["length"]].decode("utf-16-le")
        assert text.rstrip("\r\n") == _line(int(row["cs_uri"][1:])).replace('"x"', f'"x{agent}"')
    assert result.problems == []
