"""Whatever the lines hold: none is lost, none merged, every row leads back to its bytes; the fast path reads as the strict grammar does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parsers.registry import by_name
from parsers.web import fields as f
from parsers.web.formats.clf import split_requests
from parsers.web.lines import Lines
from parsers.web.loose import loose
from parsers.web.numerals import digits
from parsers.web.odd_bytes import MOST_LINES, newlines_in, odd_bytes
from parsers.web.remarks import Remarks
from parsers.web.scan import BARE, BUT_REQUEST, scan
from parsers.web.strict import strict
from tests.parsers.web.conftest import read_file

GOOD = b'192.0.2.7 - - [02/Jan/2026:03:04:05 +0100] "GET /a?b=1 HTTP/1.1" 200 5 "-" "Agent/1"'
BROKEN = st.sampled_from(
    [
        b'"',
        b"\\",
        b" ",
        b"-",
        b"[",
        b"]",
        b"?",
        b":",
        b"\t",
        b"\xff",
        b"\0",
        b'" "',
        b"HTTP/1.1",
        b'\\"',
        b" 200 5",
        b'"-"',
    ]
)


@st.composite
def access_lines(draw: st.DrawFn) -> bytes:
    """A line of one of the layouts, often with a few bytes put in, taken out or repeated."""
    word = st.sampled_from(
        [b"-", b"x", b"a.b", b"198.51.100.9", b"2001:db8::1", b"www.example.org:80", b"Ann Lee", b"-:1", b"[x"]
    )
    quoted = st.one_of(
        BROKEN,
        st.sampled_from([b"", b"-", b"Mozilla/5.0 (X11)", b'say \\"hi\\"', b"end\\\\", b"\xd8\xa3", b"\xc0\xaf"]),
    )
    request = st.sampled_from(
        [
            b"GET / HTTP/1.1",
            b"POST /a?b=c?d HTTP/1.0",
            b"GET /a b HTTP/1.1",
            b"GET /",
            b"-",
            b"",
            b"\\x16\\x03",
            b"get / HTTP/2",
            b"A  B HTTP/1.1",
        ]
    )
    head = b" ".join(draw(st.lists(word, min_size=2, max_size=5)))
    date = draw(
        st.sampled_from(
            [
                b"02/Jan/2026:03:04:05 +0100",
                b"29/Feb/2024:23:59:60 -1130",
                b"99/Zzz/0000:99:99:99 +9999",
                b"02/Jan/2026:03:04:05",
            ]
        )
    )
    answer = draw(st.sampled_from([b"200 5", b"404 -", b"- -", b"200 1234567890123456789", b"20 5", b"200"]))
    tail = b"".join(b' "' + draw(quoted) + b'"' for _ in range(draw(st.sampled_from([0, 1, 2, 2, 2, 3, 4]))))
    line = head + b" [" + date + b'] "' + draw(request) + b'" ' + answer + tail
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(line)))
        line = line[:at] + draw(BROKEN) + line[at + draw(st.integers(0, 3)) :]
    return line.replace(b"\n", b"")


def as_lines(lines: list[bytes]) -> Lines:
    stops = np.cumsum([len(line) + 1 for line in lines])
    starts = np.concatenate(([0], stops[:-1]))
    data = np.frombuffer(b"".join(line + b"\n" for line in lines), np.uint8)
    return Lines(data, starts, stops - 1, np.arange(1, len(lines) + 1), starts, stops - starts)


VHOST = b"www.example.org:443 " + GOOD
MAIN = GOOD + b' "203.0.113.9, 198.51.100.4"'
COMMON = GOOD[: GOOD.index(b' "-"')]
ESCAPED = GOOD.replace(b"Agent/1", rb"say \"x\" end")
BYTES = b' "\\-[]?:/.+0a\t\xff'


def near_misses(line: bytes) -> list[bytes]:
    """Every line that one byte replaced, put in or taken out makes of this one; and every cut of it."""
    places = range(len(line))
    replaced = [line[:at] + bytes([byte]) + line[at + 1 :] for at in places for byte in BYTES]
    put_in = [line[:at] + bytes([byte]) + line[at:] for at in [*places, len(line)] for byte in BYTES]
    return replaced + put_in + [line[:at] + line[at + 1 :] for at in places] + [line[:at] for at in places]


@pytest.mark.parametrize(
    "line",
    [COMMON, GOOD, VHOST, MAIN, ESCAPED, *(line.replace(b" +0100", b"") for line in (COMMON, GOOD, ESCAPED))],
    ids=["common", "combined", "vhost", "main", "escaped", "bare-common", "bare-combined", "bare-escaped"],
)
def test_the_fast_path_takes_no_near_miss_for_a_line(line: bytes) -> None:
    lines = [line, *near_misses(line)]
    fast = fast_lines(lines)
    assert fast[0]
    assert 0 < sum(fast) < len(lines) / 2


def fast_lines(lines: list[bytes]) -> list[bool]:
    """Which lines the scan takes whole; each that it takes at all must have the fields and remarks that the strict grammar gives it."""
    scanned = scan(as_lines(lines))
    spans, remarks = scanned.spans, Remarks(len(scanned.rows))
    split_requests(spans, np.flatnonzero(scanned.fits == BUT_REQUEST), remarks)
    told = remarks.column().to_pylist()
    for column in (f.STATUS, f.BYTES):
        values, valid = digits(spans.lines.data, spans.starts[column], spans.ends[column])
        known, held = spans.numbers(column)
        assert held.tolist() == valid.tolist()
        assert known[held].tolist() == values[valid].tolist()
    for place, row in enumerate(scanned.rows.tolist()):
        bare = scanned.fits[place] == BARE
        reading = loose(lines[row]) if bare else strict(lines[row])
        assert reading is not None, lines[row]
        assert spans.lines.at(place) == lines[row]
        assert (["loose"] if bare else told[place].split(",")) == (reading.flags or [""]), lines[row]
        start = int(spans.lines.starts[place])
        found = {
            column: (int(spans.starts[column, place]) - start, int(spans.ends[column, place]) - start)
            for column in range(f.FIELDS)
            if spans.starts[column, place] >= 0
        }
        halves = [lines[row][slice(*found.pop(half))] for half in (f.STEM, f.QUERY) if half in found]
        target = [lines[row][slice(*reading.spans[f.URI])]] if f.URI in reading.spans else []
        assert halves == [half for whole in target for half in whole.split(b"?", 1)]
        assert found == reading.spans, lines[row]
    whole = scanned.rows[scanned.fits != BUT_REQUEST].tolist()
    return [row in whole for row in range(len(lines))]


@pytest.mark.parametrize(
    "request_", [b"-", b"", rb"\x16\x03", b"GET /", b"GET /a b HTTP/1.1", b"get / HTTP/2", b"\xff\t"]
)
def test_a_request_that_is_none_leaves_the_rest_of_the_line_to_the_scan(request_: bytes) -> None:
    line = GOOD.replace(b"GET /a?b=1 HTTP/1.1", request_)
    assert line != GOOD
    assert not fast_lines([line, GOOD])[0]
    assert scan(as_lines([line])).fits.tolist() == [BUT_REQUEST]


@settings(max_examples=300, deadline=None)
@given(st.lists(access_lines() | st.binary(max_size=60).map(lambda b: b.replace(b"\n", b"")), min_size=1, max_size=8))
@example([GOOD, b"", b"www.example.org:443 " + GOOD, GOOD + b' "203.0.113.9"', GOOD.replace(b"- - ", b"- [x ")])
def test_the_fast_path_reads_as_the_strict_grammar(lines: list[bytes]) -> None:
    assert len(fast_lines(lines)) == len(lines)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.just(GOOD)
        | access_lines()
        | st.binary(max_size=60).map(lambda b: b.replace(b"\n", b"").replace(b"\0", b"")),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
)
def test_every_line_is_a_row_or_a_problem(read_bytes: Any, lines: list[bytes], line_end: bytes, ended: bool) -> None:
    lines = [line.lstrip(b"\0") for line in lines]
    data = line_end.join(lines) + (line_end if ended else b"")
    result = read_bytes(data)
    places = {row["offset"]: row["length"] for row in result.rows} | {p.offset: p.length for p in result.problems}
    assert len(places) == len(result.rows) + len(result.problems)
    at, expected = 0, {}
    for number, part in enumerate(data.split(b"\n"), 1):
        length = len(part) + (at + len(part) < len(data))
        begin = 3 if at == 0 and part.startswith(b"\xef\xbb\xbf") else 0
        if part[begin:].removesuffix(b"\r"):
            expected[at + begin] = (length - begin, number)
        at += length
    assert places == {offset: length for offset, (length, _) in expected.items()}
    for row in result.rows:
        assert row["record"] == expected[row["offset"]][1]
        assert row["parse_quality"] in f.QUALITIES
    for good in (row for row in result.rows if result.line(row).strip() == GOOD):
        assert (good["c_ip"], good["cs_uri"], good["sc_status"], good["cs_user_agent"]) == (
            "192.0.2.7",
            "/a?b=1",
            200,
            "Agent/1",
        )


PLAIN = b"a9 \"'\\\t\n\r\x1f\x20\x7e\x7f\x80\xff\x0a\x0b"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60).map(lambda raw: bytes(PLAIN[byte % len(PLAIN)] for byte in raw)))
def test_newlines_and_odd_lines_are_those_that_a_look_at_each_byte_finds(data: bytes) -> None:
    held = np.frombuffer(data, np.uint8)
    newlines, odd = newlines_in(held)
    assert newlines.tolist() == [at for at, byte in enumerate(data) if byte == 10]
    lines = data.split(b"\n")
    texts = [line.removesuffix(b"\r") for line in lines[:-1]]
    assert odd.tolist() == [any((byte < 32 and byte != 9) or byte > 126 for byte in text) for text in texts]
    lengths = np.array([len(line) for line in lines])
    starts = np.cumsum(lengths + 1) - lengths - 1
    control, high = odd_bytes(held, starts, starts + lengths)
    assert control.tolist() == [any((byte < 32 and byte != 9) or byte == 127 for byte in line) for line in lines]
    assert high.tolist() == [any(byte > 127 for byte in line) for line in lines]


@pytest.mark.parametrize("least", [MOST_LINES, 3 * MOST_LINES + 7])
def test_more_lines_than_are_found_at_a_time_are_all_read(tmp_path: Path, least: int) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(COMMON + b"\n" + b"\n" * least + b"\r\n" * least + GOOD)
    found = read_file(path, by_name("web/log"))
    assert [(row["record"], found.line(row)) for row in found.rows] == [(1, COMMON + b"\n"), (2 * least + 2, GOOD)]
    assert found.ledger.free == 3 * least
    assert not found.problems
