"""Each trap of an access log, line by line: what must come out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

GOOD = b'192.0.2.7 - - [02/Jan/2026:03:04:05 +0100] "GET /a?b=1 HTTP/1.1" 200 5 "-" "Agent/1"'


def test_combined(read: Any) -> None:
    result = read(
        b'192.0.2.7 - alice [02/Jan/2026:03:04:05 +0100] "POST /login.php?next=%2Fhome HTTP/1.1" 302 512'
        b' "https://www.example.org/" "Mozilla/5.0 (X11)"\n'
    )
    row = result.only
    row_id = row.pop("row_id")
    assert len(row_id) == 24
    when = row.pop("time")
    assert when.to_pydatetime() == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert row == {
        "family": "web/access",
        "event": "http.request",
        "time_desc": "Request received or logged",
        "time_quality": "offset",
        "time_offset": "+0100",
        "user": "alice",
        "src_ip": "192.0.2.7",
        "protocol": "http",
        "object": "/login.php?next=%2Fhome",
        "outcome": "success",
        "exhibit": "E001",
        "file": "log",
        "record": 1,
        "offset": 0,
        "length": len(result.data),
        "flags": "",
        "c_ip": "192.0.2.7",
        "cs_username": "alice",
        "cs_method": "POST",
        "cs_uri": "/login.php?next=%2Fhome",
        "cs_uri_stem": "/login.php",
        "cs_uri_query": "next=%2Fhome",
        "cs_version": "HTTP/1.1",
        "sc_status": 302,
        "sc_bytes": 512,
        "cs_referer": "https://www.example.org/",
        "cs_user_agent": "Mozilla/5.0 (X11)",
        "parse_quality": "fast",
        "log_format": "clf",
    }


LAYOUTS: list[tuple[str, bytes, dict[str, Any]]] = [
    (
        "common: no referer, no agent, no bytes",
        b'192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "HEAD / HTTP/1.0" 304 -',
        {"parse_quality": "fast", "cs_method": "HEAD", "cs_uri": "/", "sc_status": 304, "sc_bytes": None},
    ),
    (
        "vhost_combined",
        b"www.example.org:443 " + GOOD,
        {
            "parse_quality": "fast",
            "virtual_host": "www.example.org",
            "virtual_port": 443,
            "dst_port": 443,
            "c_ip": "192.0.2.7",
        },
    ),
    (
        "vhost_combined before an IPv6 client",
        b"[2001:db8::5]:8080 " + GOOD.replace(b"192.0.2.7", b"2001:db8::9"),
        {"parse_quality": "fast", "virtual_host": "[2001:db8::5]", "virtual_port": 8080, "src_ip": "2001:db8::9"},
    ),
    (
        "nginx main: forwarded addresses are claims, the peer stays the client",
        GOOD + b' "203.0.113.9, 198.51.100.4"',
        {"parse_quality": "fast", "c_ip": "192.0.2.7", "x_forwarded_for": "203.0.113.9, 198.51.100.4"},
    ),
    ("IPv6 client", GOOD.replace(b"192.0.2.7", b"2001:db8::1"), {"parse_quality": "fast", "src_ip": "2001:db8::1"}),
    (
        "IPv4 in IPv6",
        GOOD.replace(b"192.0.2.7", b"::ffff:192.0.2.7"),
        {"c_ip": "::ffff:192.0.2.7", "src_ip": "192.0.2.7"},
    ),
    (
        "a client that lookups gave a name is no address",
        GOOD.replace(b"192.0.2.7", b"gw.example.net"),
        {"parse_quality": "fast", "c_ip": "gw.example.net", "src_ip": None},
    ),
    (
        "a user name with spaces, after an address",
        GOOD.replace(b"- - [", b"- Ann Lee [", 1),
        {"parse_quality": "strict", "cs_username": "Ann Lee", "user": "Ann Lee"},
    ),
    (
        "a domain account",
        GOOD.replace(b"- - [", b"- EXAMPLE\\bob [", 1),
        {"cs_username": "EXAMPLE\\bob", "user": "bob"},
    ),
    (
        "the query is what follows the first question mark",
        GOOD.replace(b"/a?b=1", b"/a?b=1?c"),
        {"cs_uri_stem": "/a", "cs_uri_query": "b=1?c"},
    ),
    ("an empty query is not an absent one", GOOD.replace(b"/a?b=1", b"/a?"), {"cs_uri_stem": "/a", "cs_uri_query": ""}),
    (
        "a proxy's target is kept as written",
        GOOD.replace(b"/a?b=1", b"http://www.example.org/a?b"),
        {"parse_quality": "fast", "cs_uri": "http://www.example.org/a?b", "cs_uri_stem": "http://www.example.org/a"},
    ),
]

REQUESTS: list[tuple[str, bytes, dict[str, Any]]] = [
    ("no request", b"-", {"request_line": "-", "cs_method": None, "cs_uri": None, "object": None}),
    ("empty request", b"", {"request_line": "", "cs_method": None}),
    ("HTTP/0.9", b"GET /old", {"request_line": "GET /old", "cs_method": "GET", "cs_uri": "/old", "cs_version": None}),
    (
        "TLS spoken to a plain port",
        rb"\x16\x03\x01\x02\x00\x01 \x00\x01",
        {
            "request_line": r"\x16\x03\x01\x02\x00\x01 \x00\x01",
            "cs_method": None,
            "object": r"\x16\x03\x01\x02\x00\x01 \x00\x01",
        },
    ),
    (
        "spaces in the target",
        b"GET /a b/c d?e f HTTP/1.1",
        {
            "request_line": "GET /a b/c d?e f HTTP/1.1",
            "cs_uri": "/a b/c d?e f",
            "cs_uri_stem": "/a b/c d",
            "cs_uri_query": "e f",
        },
    ),
    ("escaped quotes stay as written", rb"GET /?q=\"x\" HTTP/1.1", {"cs_uri": r"/?q=\"x\"", "request_line": None}),
    (
        "nginx escapes stay as written",
        rb"GET /?q=\x22x\x22 HTTP/1.1",
        {"cs_uri": r"/?q=\x22x\x22", "request_line": None},
    ),
    ("no target", b"GET  HTTP/1.1", {"request_line": "GET  HTTP/1.1", "cs_method": None, "cs_uri": None}),
    ("HTTP/2 without a minor version", b"GET / HTTP/2", {"cs_version": "HTTP/2", "request_line": None}),
    ("a method of its own", b"get_it / HTTP/1.1", {"cs_method": "get_it", "request_line": None}),
]


@pytest.mark.parametrize(("trap", "line", "expected"), LAYOUTS, ids=[case[0] for case in LAYOUTS])
def test_layouts(read: Any, trap: str, line: bytes, expected: dict[str, Any]) -> None:
    row = read(line + b"\n").only
    assert {name: row.get(name) for name in expected} == expected
    assert row["flags"] == ""


@pytest.mark.parametrize(("trap", "request_line", "expected"), REQUESTS, ids=[case[0] for case in REQUESTS])
def test_requests(read: Any, trap: str, request_line: bytes, expected: dict[str, Any]) -> None:
    row = read(GOOD.replace(b"GET /a?b=1 HTTP/1.1", request_line) + b"\n").only
    assert {name: row.get(name) for name in expected} == expected
    assert row["flags"] == ("odd-request" if expected["request_line"] is not None else "")
    assert row["sc_status"] == 200
    assert row["cs_user_agent"] == "Agent/1"


LOOSE: list[tuple[str, bytes, str, dict[str, Any]]] = [
    (
        "cut inside the agent",
        GOOD[:-3],
        "loose,truncated",
        {"cs_uri": "/a?b=1", "sc_status": 200, "cs_user_agent": "Agent", "src_ip": "192.0.2.7"},
    ),
    (
        "cut inside the referer",
        GOOD[: GOOD.index(b'"-"') + 2],
        "extra-fields,loose,truncated",
        {"sc_status": 200, "extra": '"-'},
    ),
    (
        "cut inside the request",
        GOOD[:52],
        "loose,truncated",
        {"request_line": "GET /a?b", "cs_uri": None, "sc_status": None},
    ),
    (
        "cut after the date",
        GOOD[: GOOD.index(b"]") + 1],
        "loose,truncated",
        {"c_ip": "192.0.2.7", "request_line": None},
    ),
    (
        "an agent with quotes that the server did not escape",
        GOOD.replace(b"Agent/1", b'a "b" c'),
        "loose",
        {"cs_user_agent": 'a "b" c', "cs_uri": "/a?b=1", "sc_status": 200},
    ),
    (
        "a target with a quote that the server did not escape",
        GOOD.replace(b"b=1", b'b="1"'),
        "loose",
        {"cs_uri": '/a?b="1"', "sc_status": 200, "cs_user_agent": "Agent/1"},
    ),
    (
        "words behind the layout",
        GOOD + b" 0.023 0.020",
        "extra-fields,loose",
        {"cs_user_agent": "Agent/1", "extra": "0.023 0.020"},
    ),
    (
        "a head that is not quite syslog's",
        b"2026 Jan  2 03:04:05 web1 nginx: " + GOOD,
        "loose,prefix",
        {"c_ip": "192.0.2.7", "cs_username": None, "extra": "2026 Jan  2 03:04:05 web1 nginx:", "cs_uri": "/a?b=1"},
    ),
    (
        "forwarded addresses before the peer",
        b"203.0.113.9, " + GOOD,
        "loose,prefix",
        {"c_ip": "192.0.2.7", "extra": "203.0.113.9,", "cs_uri": "/a?b=1"},
    ),
    (
        "two lines that writers interleaved: nothing of the second is told as the first's",
        GOOD[:55] + b'198.51.100.3 - - [02/Jan/2026:03:04:09 +0100] "GET /z HTTP/1.1" 404 9 "-" "Z"',
        "interleaved,loose",
        {"c_ip": "192.0.2.7", "sc_status": None, "cs_uri": None, "cs_user_agent": None, "outcome": None},
    ),
]


@pytest.mark.parametrize(("trap", "line", "flags", "expected"), LOOSE, ids=[case[0] for case in LOOSE])
def test_lines_that_keep_to_no_layout(read: Any, trap: str, line: bytes, flags: str, expected: dict[str, Any]) -> None:
    row = read(line + b"\n").only
    assert {name: row.get(name) for name in expected} == expected
    assert row["flags"] == flags
    assert row["parse_quality"] == "loose"
    assert row["time"].to_pydatetime() == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)


def test_interleaved_lines_keep_the_whole_text(read: Any) -> None:
    tail = b'198.51.100.3 - - [02/Jan/2026:03:04:09 +0100] "GET /z HTTP/1.1" 404 9 "-" "Z"'
    assert read(GOOD[:55] + tail + b"\n").only["request_line"] == "GET /a?b=1 " + tail.decode()


def test_stray_outer_quotes(read: Any) -> None:
    rows = read(b'"' + GOOD + b'"\n"' + GOOD + b"\n").rows
    assert [row["flags"] for row in rows] == ["outer-quotes", "outer-quotes"]
    assert [(row["c_ip"], row["cs_user_agent"], row["parse_quality"]) for row in rows] == [
        ("192.0.2.7", "Agent/1", "strict")
    ] * 2


def test_bytes_that_are_no_utf8_stay_visible_in_every_column(read: Any) -> None:
    line = GOOD.replace(b"/a?b=1", b"/\xc0\xaf\xd8\xa3?b=\xff").replace(b"Agent/1", "وكيل".encode())
    row = read(GOOD + b"\n" + line + b"\n").rows[1]
    assert row["cs_uri"] == "/\\xc0\\xafأ?b=\\xff"
    assert row["cs_uri_stem"] == "/\\xc0\\xafأ"
    assert row["cs_uri_query"] == "b=\\xff"
    assert row["cs_user_agent"] == "وكيل"
    assert (row["flags"], row["parse_quality"]) == ("bad-encoding", "strict")


@pytest.mark.parametrize(
    ("end", "flags"),
    [(b"\n", "control-bytes"), (b"\r\n", "control-bytes,line-end-differs"), (b"", "control-bytes,no-line-end")],
)
def test_control_bytes_are_flagged_and_kept(read: Any, end: bytes, flags: str) -> None:
    row = read(GOOD + b"\n" + GOOD.replace(b"Agent/1", b"\x1b[31mred") + end).rows[1]
    assert row["cs_user_agent"] == "\x1b[31mred"
    assert row["flags"] == flags
    assert read(GOOD.replace(b"Agent/1", b"\x00\r\x7f") + b"\n").only["cs_user_agent"] == "\x00\r\x7f"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (b"101", None),
        (b"200", "success"),
        (b"300", "success"),
        (b"399", "success"),
        (b"400", "failure"),
        (b"404", "failure"),
        (b"599", "failure"),
        (b"000", None),
    ],
)
def test_outcome(read: Any, status: bytes, outcome: str | None) -> None:
    assert read(GOOD.replace(b" 200 ", b" " + status + b" ")).only.get("outcome") == outcome


WHOLE = b'192.0.2.7 - - [14/Jan/2026:08:15:02 +0000] "GET /a HTTP/1.1" 200 5 "-" "agent" "192.0.2.1"'


def test_a_log_may_end_after_any_byte_of_a_line(read: Any) -> None:
    """A copy that was cut off: each beginning of a line is a row or a problem, also where a quote has just been opened."""
    dated = WHOLE.index(b"]") + 1
    for length in range(1, len(WHOLE)):
        result = read(WHOLE[:length])
        assert (len(result.rows), len(result.problems)) == ((1, 0) if length >= dated else (0, 1))
