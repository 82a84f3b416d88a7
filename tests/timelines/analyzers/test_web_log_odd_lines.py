"""Lines that no server writes: counted by sort, with their rows; and lines like them that servers do write."""

from __future__ import annotations

import pytest

from timelines.analyzers.web_log_odd_lines import ANALYZER
from timelines.problems import Problem

from .conftest import Rows

DAMAGED = "Lines cut off, run into one another, or holes in a web server log"
INJECTED = "Signs that clients wrote lines or control characters into a web server log"
JOINED = "Line ends or encoding change within a web server log"


def access(flags=(), agents=(), uris=(), count=12, file="access.log"):
    """`count` lines of 100 bytes; `flags`, `agents` and `uris` by line number from 1."""

    def column(given, usual):
        return [dict(given).get(n, usual) for n in range(1, count + 1)]

    columns = {
        "src_ip": [f"198.51.100.{n}" for n in range(1, count + 1)],
        "flags": column(flags, ""),
        "cs_user_agent": column(agents, "Mozilla/5.0 (X11; rv:1.0)"),
        "cs_uri": column(uris, "/a?b=1"),
        "record": list(range(1, count + 1)),
    }
    return Rows("web/access", file, [float(n) for n in range(count)], columns)


def told(timeline):
    return [(f.title, f.level, f.why.partition(": ")[2]) for f in ANALYZER.find(timeline)]


def test_a_sound_log_tells_nothing(made):
    assert told(made(access({3: "outer-quotes", 12: "no-line-end", 5: "bad-encoding", 6: "odd-request"}))) == []


def test_damaged_lines_are_counted_by_sort(made):
    flags = {
        2: "loose,truncated",
        4: "interleaved,loose",
        5: "hole-before",
        9: "control-bytes",
        10: "control-bytes,interleaved",
    }
    assert told(made(access(flags, {9: "a\0\0"}))) == [
        (DAMAGED, "low", "cut 1, mixed 2, holes 2; lines 2, 4, 5, 9, 10"),
    ]


def test_control_characters_of_a_client(made):
    flags = {3: "control-bytes", 4: "control-bytes"}
    (finding,) = ANALYZER.find(made(access(flags, {3: "\x1b[2J", 4: "a\x08b"})))
    assert finding.level == "medium"
    assert finding.why.endswith("control 2, escapes 1, inside 0, split 0, between 0; lines 3, 4")
    assert finding.entities["ips"] == ("198.51.100.3", "198.51.100.4")


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (r"a\" 200 5 \n192.0.2.9 - - [10/Jan/2026:09:00:00 +0000] \"GET / HTTP/1.1\" 200 1", True),
        (r"x\x0a192.0.2.9 - - [10/Jan/2026:09:00:00 +0000]", True),
        ("/%0d%0a192.0.2.9%20-%20-%20%5B10%2FJan%2F2026%3A09%3A00%3A00%20%2B0000%5D", True),
        ("/%250a192.0.2.9 - [10/Jan/2026:09:00:00", True),
        (r"\u000a2026-01-10 09:00:00 192.0.2.80 GET /", True),
        ("/calendar?day=10/Jan/2026:09:00:00", False),  # a date, no line break
        (r"/a%0d%0aSet-Cookie:%20x=1", False),  # a line break of a header, no date
        ("/log?from=2026-01-10%2009:00:00&to=x%0a", False),  # a date before the line break
        (r"C:\new\10\Jan", False),
    ],
)
@pytest.mark.parametrize("column", ["agents", "uris"])
def test_a_line_inside_a_value(made, value, seen, column):
    expected = [(INJECTED, "low", "control 0, escapes 0, inside 1, split 0, between 0; lines 7")] if seen else []
    assert told(made(access(**{column: {7: value}}))) == expected


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        (
            400,
            "control 0, escapes 0, inside 0, split 1, between 1; lines 3, 4",
        ),  # behind line 4, in the place of a line 5
        (300, "control 0, escapes 0, inside 0, split 1, between 0; lines 3"),
        (1100, None),  # eight lines later: not what one request can hold
        (100, None),  # before it
        (None, None),
    ],
)
def test_a_line_that_breaks_off_and_its_other_piece(made, tail, expected):
    problems = [Problem("E001", "access.log", tail, 50, "line 5: no log date")] if tail is not None else []
    found = [
        why for title, _, why in told(made(access({3: "loose,truncated"}), problems=problems)) if title == INJECTED
    ]
    assert found == ([expected] if expected else [])


def test_a_piece_in_another_file_is_of_no_line(made):
    problems = [Problem("E001", "other.log", 400, 50, "line 5: no log date")]
    assert [title for title, *_ in told(made(access({3: "loose,truncated"}), problems=problems))] == [DAMAGED]


def test_line_ends_that_change_and_marks_inside(made):
    flags = {4: "line-end-differs", 6: "byte-order-mark,line-end-differs"}
    assert told(made(access(flags))) == [(JOINED, "low", "turns 2, marks 1; lines 4, 6")]


def test_many_lines_are_counted_and_some_cited(made):
    (finding,) = ANALYZER.find(
        made(access(dict.fromkeys(range(1, 101), "hole-before"), count=120), slices=4, turned=True)
    )
    assert len(finding.rows) == 20
    assert "holes 100; lines 1, 2, 3" in finding.why
    assert finding.why.endswith("20 …")
