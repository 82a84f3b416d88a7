"""Holes, byte order marks inside a file and line ends that change: told on the line behind them, every byte accounted for."""

from __future__ import annotations

from typing import Any

import pytest

from parsers.web import lines as module

BOM = b"\xef\xbb\xbf"


def line(n: int) -> bytes:
    return b'192.0.2.1 - - [10/Jan/2026:10:00:%02d +0000] "GET /%d HTTP/1.1" 200 5 "-" "x"' % (n, n)


def flagged(result: Any) -> dict[str, str]:
    return {row["cs_uri"]: row["flags"] for row in result.rows if row["flags"]}


@pytest.mark.parametrize("block", [2 << 20, 100, 180])
@pytest.mark.parametrize(
    ("data", "flags"),
    [
        ([line(1), line(2), line(3), b""], {}),
        ([line(1), b"\0" * 500 + line(2), line(3), b""], {"/2": "hole-before"}),
        ([line(1), b"\0" * 500, line(2), line(3), b""], {"/2": "hole-before"}),
        ([b"\0" * 500 + line(1), line(2), b""], {"/1": "hole-before"}),
        ([line(1), BOM + line(2), line(3), b""], {"/2": "byte-order-mark"}),
        ([line(1), b"\0" * 9 + BOM + line(2), b""], {"/2": "byte-order-mark,hole-before"}),
        ([BOM + line(1), line(2), b""], {}),  # at the file's begin it is an encoding's sign
        (
            [line(1), line(2) + b"\r", line(3) + b"\r", line(4), b""],
            {"/2": "line-end-differs", "/4": "line-end-differs"},
        ),
        ([line(1) + b"\r", line(2) + b"\r", b""], {}),
        ([line(1) + b"\r", line(2)], {"/2": "no-line-end"}),  # a line without an end ends in no other way
        ([line(1), b"", line(2), b""], {}),
        ([line(1), b"\r", line(2) + b"\r", b""], {}),  # the turn lies on a line that is empty: no row bears it
    ],
)
def test_marks(
    read: Any, monkeypatch: pytest.MonkeyPatch, data: list[bytes], flags: dict[str, str], block: int
) -> None:
    monkeypatch.setattr(module, "BLOCK", block)
    raw = b"\n".join(data)
    result = read(raw)
    assert flagged(result) == flags
    for row in result.rows:
        assert raw[row["offset"] :].startswith(line(int(row["cs_uri"][1:])))
        assert row["c_ip"] == "192.0.2.1"
    assert result.problems == []


def test_marks_are_seen_inside_wrappers(read: Any) -> None:
    wrapped = b'{"log":"%s\\n","stream":"stdout","time":"2026-01-10T10:00:0%d.0Z"}'
    inner = [line(n).replace(b'"', b'\\"') for n in (1, 2, 3)]
    data = b"\n".join([wrapped % (inner[0], 1), b"\0" * 40 + wrapped % (inner[1], 2), wrapped % (inner[2], 3), b""])
    assert flagged(read(data)) == {"/2": "hole-before"}
