"""What surrounds the lines: line ends, holes, binary, slices, zones, and which files are taken for access logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parsers.registry import by_name, recognise
from parsers.web import cuts
from parsers.web import lines as reading

GOOD = b'192.0.2.7 - - [02/Jan/2026:03:04:05 +0100] "GET /a?b=1 HTTP/1.1" 200 5 "-" "Agent/1"'


def test_crlf_bom_empty_lines_and_nul_runs(read: Any) -> None:
    result = read(
        b"\xef\xbb\xbf"  # 3 bytes: byte order mark
        + GOOD
        + b"\r\n"
        + b"\r\n"  # an empty line, free
        + b"\n"
        + b"\0" * 1000  # a hole that log rotation left, free
        + GOOD
        + b"\n"
        + b"\0" * 500  # a preallocated end
    )
    first, second = result.rows
    assert (first["record"], first["offset"], result.line(first)) == (1, 3, GOOD + b"\r\n")
    assert (second["record"], result.line(second)) == (4, GOOD + b"\n")
    assert [row["parse_quality"] for row in result.rows] == ["fast", "fast"]
    assert [row["cs_user_agent"] for row in result.rows] == ["Agent/1", "Agent/1"]
    assert result.problems == []
    assert (result.ledger.free, result.ledger.damaged) == (2 + 1 + 1000 + 500, 0)


def test_the_last_line_may_lack_its_newline(read: Any) -> None:
    rows = read(GOOD + b"\n" + GOOD).rows
    assert [(row["flags"], row["parse_quality"]) for row in rows] == [("", "fast"), ("no-line-end", "fast")]


def test_a_line_that_cannot_be_read_is_a_problem_with_its_place(read: Any) -> None:
    result = read(GOOD + b"\n" + b"# a comment\n" + GOOD + b"\n" + b"\x89PNG\x00\xff\n")
    assert [row["record"] for row in result.rows] == [1, 3]
    assert [(p.offset, p.length, p.reason[:21]) for p in result.problems] == [
        (len(GOOD) + 1, 12, "line 2: no log date ["),
        (2 * len(GOOD) + 14, 7, "line 4: no log date ["),
    ]
    assert result.ledger.damaged == 12 + 7


def test_many_unreadable_lines_in_a_row_are_one_problem(read: Any) -> None:
    blob = b"\xde\xad\xbe\xef\n" * 500
    result = read(GOOD + b"\n" + blob + GOOD + b"\n")
    assert [row["record"] for row in result.rows] == [1, 502]
    assert [(p.offset, p.length) for p in result.problems] == [(len(GOOD) + 1, len(blob))]
    assert result.problems[0].reason.startswith("lines 2 to 501 (500 lines) cannot be read; the first: no log date")


@pytest.mark.parametrize("size", [reading.LONGEST_LINE + 2, 3 * reading.BLOCK + 17])
def test_a_line_too_long_is_a_problem_and_its_neighbours_are_rows(read: Any, size: int) -> None:
    result = read(GOOD + b"\n" + b"x" * (size - 1) + b"\n" + GOOD + b"\n")
    assert [row["record"] for row in result.rows] == [1, 3]
    assert [(p.offset, p.length) for p in result.problems] == [(len(GOOD) + 1, size)]
    assert result.problems[0].reason == f"line of {size} bytes, expected at most 1048576; not read"
    assert result.ledger.damaged == size


def test_a_hole_larger_than_a_block_is_free(read: Any) -> None:
    hole = b"\0" * (2 * reading.BLOCK + 5)
    result = read(hole + GOOD + b"\n" + hole)
    assert [(row["record"], row["offset"]) for row in result.rows] == [(1, len(hole))]
    assert result.ledger.free == 2 * len(hole)
    assert result.problems == []


def test_slices_give_the_same_rows_as_the_whole(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    log = b"".join(GOOD.replace(b"/a", b"/%d" % n) + b"\n" + b"\n" * (n % 3) + b"junk\n" * (n % 2) for n in range(400))
    whole = read(log)
    monkeypatch.setattr(cuts, "PIECE", 5_000)
    monkeypatch.setattr(cuts, "BLOCK", 700)
    monkeypatch.setattr(reading, "BLOCK", 700)
    cut = read(log)
    assert (whole.pieces, cut.pieces) == (1, 8)
    assert cut.rows == whole.rows
    assert [(p.offset, p.length, p.reason) for p in cut.problems] == [
        (p.offset, p.length, p.reason) for p in whole.problems
    ]
    assert cut.ledger == whole.ledger


def test_line_numbers_count_every_newline(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "PIECE", 1_000)
    monkeypatch.setattr(cuts, "BLOCK", 512)
    monkeypatch.setattr(reading, "BLOCK", 512)
    log = b"".join((GOOD + b"\n", b"\n", b"junk\n")[n % 3] for n in range(90))
    rows = read(log).rows
    numbers = [log[: row["offset"]].count(b"\n") + 1 for row in rows]
    assert [row["record"] for row in rows] == numbers


def test_an_empty_file_has_no_slices(read: Any) -> None:
    result = read(b"")
    assert (result.rows, result.problems, result.pieces) == ([], [], 0)


def test_dates_that_cannot_be(read: Any) -> None:
    row = read(GOOD.replace(b"02/Jan", b"31/Feb")).only
    assert (row["flags"], row["time_quality"], row.get("time")) == ("bad-time,no-line-end", "unknown", None)
    row = read(GOOD.replace(b"Jan", b"Foo") + b"\n").only
    assert (row["flags"], row["time_quality"], row.get("time")) == ("bad-time", "unknown", None)


NO_ZONE = GOOD.replace(b" +0100", b"") + b"\n"


@pytest.mark.parametrize("line", [NO_ZONE, NO_ZONE[: NO_ZONE.index(b' "-"')] + b"\n"], ids=["combined", "common"])
def test_a_log_of_dates_without_zone_is_recognised(line: bytes, tmp_path: Path) -> None:
    assert by_name("web/log").accepts(3 * line, "access.log")
    assert not by_name("web/log").accepts(3 * line.replace(b'] "', b"] <"), "access.log")


def test_a_date_without_zone_needs_the_examiners(read: Any) -> None:
    row = read(NO_ZONE).only
    assert (row.get("time"), row["time_quality"], row["flags"]) == (None, "unknown", "loose,no-zone")
    assert row["wall_time"] == "2026-01-02 03:04:05"
    row = read(NO_ZONE, zone="Asia/Tokyo").only
    assert row["time"].isoformat() == "2026-01-01T18:04:05+00:00"
    assert (row["time_quality"], row["flags"]) == ("assumed-zone", "loose")
    assert "wall_time" not in row


@pytest.mark.parametrize(
    ("date", "flag", "utc"),
    [
        (b"25/Oct/2026:02:30:00", "ambiguous-time", "2026-10-25T00:30:00+00:00"),  # Paris: 02:30 happened twice
        (b"29/Mar/2026:02:30:00", "skipped-time", "2026-03-29T01:30:00+00:00"),  # Paris: 02:30 never was
    ],
)
def test_clock_changes_are_marked(read: Any, date: bytes, flag: str, utc: str) -> None:
    row = read(NO_ZONE.replace(b"02/Jan/2026:03:04:05", date), zone="Europe/Paris").only
    assert flag in row["flags"].split(",")
    assert row["time"].isoformat() == utc


def test_random_bytes_inside_a_log_end_in_bounded_problems(read: Any) -> None:
    blob = np.random.default_rng(5).integers(0, 256, 3_000_000, np.uint8).tobytes()
    result = read(GOOD + b"\n" + blob + b"\n" + GOOD + b"\n")
    assert [result.line(row) for row in result.rows] == [GOOD + b"\n"] * 2
    assert len(result.problems) < 20
    assert result.ledger.read == 2 * len(GOOD) + 2


ERROR_24 = b"[Fri Jan 02 03:04:05.123456 2026] [core:error] [pid 7:tid 8] [client 192.0.2.7:5] AH00126: Invalid URI\n"
NOT_WEB_LOGS = {
    "csv": b'time,client,"request",status\n2026-01-02,192.0.2.7,"GET / HTTP/1.1",200\n',
    "source code": b'LINE = "192.0.2.7 - - [02/Jan/2026:03:04:05 +0100] \\"GET / HTTP/1.1\\" 200 5"\nprint(LINE)\n',
    "json": b'{"remote_addr": "192.0.2.7", "request": "GET / HTTP/1.1", "status": 200}\n',
    "mostly something else": GOOD + b"\n" + b"a line of prose\n" * 2,
    "empty": b"",
    "nul": b"\0" * 600,
    "random": np.random.default_rng(1).integers(0, 256, 4096, np.uint8).tobytes(),
}


@pytest.mark.parametrize("kind", NOT_WEB_LOGS)
def test_other_text_is_not_claimed(kind: str) -> None:
    found = recognise(NOT_WEB_LOGS[kind], "access.log")
    assert found is None or found.name != "web/log"


@pytest.mark.parametrize(
    "head",
    [
        GOOD,
        GOOD + b"\r\n",
        b"\xef\xbb\xbf" + GOOD + b"\n",
        b"\0" * 100 + GOOD + b"\n",
        b'"' + GOOD + b'"\n',
        GOOD + b"\n" + ERROR_24,
        (GOOD + b"\n") * 60 + ERROR_24 * 60,
        (GOOD + b"\n") * 3 + GOOD[:20],
        GOOD + b" 430 0.006 [web-80] [] 198.51.100.4:8080 5 0.006 200 0af1\n",  # a proxy's fields behind combined
    ],
)
def test_access_logs_are_recognised_by_content(head: bytes) -> None:
    found = recognise(head, "holiday.jpg")
    assert found is not None
    assert found.name == "web/log"


def test_parsing_does_not_depend_on_the_files_name(tmp_path: Path) -> None:
    assert by_name("web/log").accepts(GOOD + b"\n", "") is True
