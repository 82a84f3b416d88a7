"""IIS and http.sys logs: columns are what `#Fields` says at that line, and a line that does not fit is a problem."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.registry import recognise
from parsers.web import cuts
from parsers.web import lines as reading
from parsers.web.formats import w3c as iis

SOFTWARE = b"#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2026-01-02 03:04:05\n"
FIELDS = (
    b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer)"
    b" sc-status sc-substatus sc-win32-status time-taken\n"
)
ROW = (
    b"2026-01-02 03:04:05 198.51.100.8 GET /portal/upload.aspx id=7&x=%2e%2e 443 EXAMPLE\\carol 192.0.2.7"
    b" Mozilla/5.0+(X11;+Linux) https://www.example.org/ 404 0 2 15\n"
)


def test_a_row_has_every_declared_column(read: Any) -> None:
    result = read(SOFTWARE + FIELDS + ROW, "web/log")
    row = result.only
    assert result.line(row) == ROW
    assert len(row.pop("row_id")) == 24
    assert row.pop("time").to_pydatetime() == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert row == {
        "family": "web/access",
        "event": "http.request",
        "time_desc": "Request logged",
        "time_quality": "utc",
        "user": "carol",
        "host": "198.51.100.8",
        "src_ip": "192.0.2.7",
        "dst_ip": "198.51.100.8",
        "dst_port": 443,
        "protocol": "http",
        "object": "/portal/upload.aspx?id=7&x=%2e%2e",
        "outcome": "failure",
        "exhibit": "E001",
        "file": "log",
        "record": 5,
        "offset": len(SOFTWARE + FIELDS),
        "length": len(ROW),
        "flags": "",
        "s_ip": "198.51.100.8",
        "s_port": 443,
        "cs_method": "GET",
        "cs_uri": "/portal/upload.aspx?id=7&x=%2e%2e",
        "cs_uri_stem": "/portal/upload.aspx",
        "cs_uri_query": "id=7&x=%2e%2e",
        "cs_username": "EXAMPLE\\carol",
        "c_ip": "192.0.2.7",
        "cs_user_agent": "Mozilla/5.0+(X11;+Linux)",
        "cs_referer": "https://www.example.org/",
        "sc_status": 404,
        "sc_substatus": 0,
        "sc_win32_status": 2,
        "time_taken_ms": 15,
        "parse_quality": "fast",
        "log_format": "iis-w3c",
    }


def test_a_dash_is_nothing(read: Any) -> None:
    row = read(SOFTWARE + FIELDS + b"2026-01-02 03:04:05 - GET / - - - - - - - - - -\n", "web/log").only
    assert row["cs_uri"] == "/"
    absent = {
        "s_ip",
        "s_port",
        "cs_uri_query",
        "cs_username",
        "c_ip",
        "cs_user_agent",
        "sc_status",
        "time_taken_ms",
        "outcome",
    }
    assert not absent & set(row)


def test_fields_may_change_at_any_line(read: Any) -> None:
    result = read(
        SOFTWARE
        + b"#Fields: date time c-ip cs-method cs-uri-stem sc-status\n"
        + b"2026-01-02 03:04:05 192.0.2.7 GET /a 200\n"
        + b"#Fields: time date sc-status s-computername X-Trace cs(Host) c-ip\n"
        + b"03:04:06.25 2026-01-02 500 WEB1 t+1 www.example.org 192.0.2.8\n"
        + b"2026-01-02 03:04:07 192.0.2.7 GET /b 200\n"  # 6 fields under a directive of 7
        + b"#Fields: date time c-ip cs-method cs-uri-stem sc-status\n"
        + b"2026-01-02 03:04:08 192.0.2.9 GET /c 301\n",
        "web/log",
    )
    first, second, third = result.rows
    assert (first["cs_uri"], first["sc_status"], first["c_ip"]) == ("/a", 200, "192.0.2.7")
    assert (second["sc_status"], second["host"], second["x_trace"], second["cs_host"]) == (
        500,
        "WEB1",
        "t+1",
        "www.example.org",
    )
    assert second["time"].isoformat() == "2026-01-02T03:04:06.250000+00:00"
    assert (third["cs_uri"], third["sc_status"], third["record"]) == ("/c", 301, 10)
    assert [p.reason for p in result.problems] == [
        "line 8: 6 fields, expected 7 by the #Fields directive in force; counted as damaged"
    ]


MISFITS: list[tuple[str, bytes, str]] = [
    ("cut", ROW[:60] + b"\n", "6 fields, expected 15 by"),
    ("a space in a field", ROW.replace(b"upload", b"up load"), "16 fields, expected 15 by"),
    (
        "another layout of the same width",
        ROW.replace(b"2026-01-02 03:04:05", b"WEB1 GET"),
        "field 1 holds 'WEB1', expected a date and time",
    ),
    ("a word where a number belongs", ROW.replace(b" 404 ", b" POST "), "field 12 holds 'POST', expected a number"),
    (
        "a number that no column holds",
        ROW.replace(b" 404 ", b" 9999999999999999999 "),
        "field 12 holds '9999999999999999999', expected",
    ),
    (
        "a date with a digit too many",
        ROW.replace(b"-02 ", b"-021 "),
        "field 1 holds '2026-01-021', expected a date and time",
    ),
    (
        "a time with a letter behind",
        ROW.replace(b":05 ", b":05x "),
        "field 1 holds '2026-01-02', expected a date and time",
    ),
    ("no directive", b"#Other: x\n", "a # that begins no W3C directive"),
]


@pytest.mark.parametrize(("trap", "line", "reason"), MISFITS, ids=[case[0] for case in MISFITS])
def test_a_line_that_does_not_fit_is_a_problem(read: Any, trap: str, line: bytes, reason: str) -> None:
    result = read(SOFTWARE + FIELDS + ROW + line + ROW, "web/log")
    assert [row["record"] for row in result.rows] == [5, 7]
    assert [(p.offset, p.length) for p in result.problems] == [(len(SOFTWARE + FIELDS + ROW), len(line))]
    assert result.problems[0].reason.startswith(f"line 6: {reason}")
    assert result.ledger.damaged == len(line)


def test_lines_before_any_directive_are_problems(read: Any) -> None:
    result = read(ROW + FIELDS + ROW, "web/log")
    assert [row["record"] for row in result.rows] == [3]
    assert [p.reason[:28] for p in result.problems] == ["line 1: no #Fields directive"]


def test_a_day_that_never_was_is_a_row_without_time(read: Any) -> None:
    row = read(SOFTWARE + FIELDS + ROW.replace(b"2026-01-02", b"2026-02-30"), "web/log").only
    assert (row.get("time"), row["time_quality"], row["flags"]) == (None, "unknown", "bad-time")


def test_without_a_date_anywhere_the_time_is_unknown_but_told(read: Any) -> None:
    head = (
        b"#Software: Microsoft Internet Information Services 10.0\n#Fields: time c-ip cs-method cs-uri-stem sc-status\n"
    )
    row = read(head + b"03:04:05 192.0.2.7 GET / 200\n", "web/log").only
    assert (row.get("time"), row["time_quality"], row["flags"]) == (None, "unknown", "no-date")
    assert row["time_"] == "03:04:05"


def test_http_sys_errors_have_the_target_in_one(read: Any) -> None:
    row = read(
        b"#Software: Microsoft HTTP API 2.0\n"
        b"#Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-siteid s-reason s-queuename\n"
        b"2026-01-02 03:04:05 192.0.2.7 50000 198.51.100.8 80 HTTP/1.1 GET /a?b?c 400 - Hostname -\n",
        "web/log",
    ).only
    assert (row["cs_uri"], row["cs_uri_stem"], row["cs_uri_query"]) == ("/a?b?c", "/a", "b?c")
    assert (row["c_port"], row["s_reason"], row["sc_status"]) == (50000, "Hostname", 400)
    assert "s_siteid" not in row


def test_bad_utf8_control_bytes_and_empty_fields_are_flagged(read: Any) -> None:
    rows = read(
        SOFTWARE
        + FIELDS
        + ROW.replace(b"upload", b"\xc0\xafup\xd8\xa3")
        + ROW.replace(b"upload", b"\x1b[2J")
        + ROW.replace(b" 443 EXAMPLE\\carol ", b" 443  ")
        + ROW[:-1],
        "web/log",
    ).rows
    assert [row["flags"] for row in rows] == ["bad-encoding", "control-bytes", "empty-field", "no-line-end"]
    assert [row["parse_quality"] for row in rows] == ["fast", "fast", "loose", "fast"]
    assert rows[0]["cs_uri_stem"] == "/portal/\\xc0\\xafupأ.aspx"
    assert rows[0]["cs_uri"] == "/portal/\\xc0\\xafupأ.aspx?id=7&x=%2e%2e"


def test_slices_know_the_fields_in_force(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    other = b"#Fields: date time c-ip cs-method cs-uri-stem sc-status\n"
    short = b"2026-01-02 03:04:05 192.0.2.7 GET /a 200\n"
    log = SOFTWARE + FIELDS + ROW * 40 + other + short * 90 + FIELDS + ROW * 30 + b"cut 1\n"
    whole = read(log, "web/log")
    monkeypatch.setattr(cuts, "PIECE", 1_500)
    monkeypatch.setattr(cuts, "BLOCK", 400)
    monkeypatch.setattr(reading, "BLOCK", 400)
    cut = read(log, "web/log")
    assert (whole.pieces, cut.pieces) == (1, 10)
    assert len(cut.rows) == 160
    assert cut.rows == whole.rows
    assert cut.problems == whole.problems


def test_a_flood_of_directives_is_bounded(read: Any) -> None:
    flood = b"".join(
        b"#Fields: date time c-ip cs-method x%d\n2026-01-02 03:04:05 192.0.2.7 GET 1\n" % n for n in range(1_000)
    )
    result = read(SOFTWARE + flood, "web/log")
    assert len(result.rows) == iis.LAYOUTS_IN_BLOCK
    assert len(result.problems) == 1_000 - iis.LAYOUTS_IN_BLOCK
    assert result.problems[0].reason.endswith(
        "more than 64 different #Fields directives within 8 MB; counted as damaged"
    )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    ROW,
                    FIELDS,
                    b"#Fields: date time cs-method\n",
                    b"2026-01-02 03:04:05 192.0.2.7\n",
                    b"\n",
                    b"#\n",
                    b"a  b\n",
                ]
            ),
            st.binary(max_size=40).map(lambda b: b.replace(b"\n", b" ").lstrip(b"\0") + b"\n"),
        ),
        max_size=15,
    )
)
def test_every_line_is_a_row_a_problem_a_directive_or_empty(read_bytes: Any, parts: list[bytes]) -> None:
    lines = [SOFTWARE, *parts]
    result = read_bytes(b"".join(lines), "web/log")
    told = {row["offset"]: row["length"] for row in result.rows} | {p.offset: p.length for p in result.problems}
    assert len(told) == len(result.rows) + len(result.problems)
    at, expected = len(SOFTWARE), {}
    for line in parts:
        if not line.lower().startswith(iis._DIRECTIVES) and line.removesuffix(b"\n").removesuffix(b"\r"):
            expected[at] = len(line)
        at += len(line)
    assert told == expected


@pytest.mark.parametrize(
    ("kind", "head", "claimed"),
    [
        ("IIS", SOFTWARE + FIELDS + ROW, True),
        ("IIS, no row yet", SOFTWARE + FIELDS, True),
        ("IIS, trimmed head", FIELDS + ROW, True),
        ("IIS with CRLF and BOM", b"\xef\xbb\xbf" + (SOFTWARE + FIELDS + ROW).replace(b"\n", b"\r\n"), True),
        (
            "Windows firewall",
            b"#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Fields: date time action protocol src-ip dst-ip\n",
            False,
        ),
        (
            "CloudFront",
            b"#Version: 1.0\n#Fields: date time x-edge-location c-ip cs-method sc-status\n2026-01-02\t03:04:05\tX\t192.0.2.7\tGET\t200\n",
            True,
        ),
        ("Zeek", b"#separator \\x09\n#fields\tts\tuid\tid.orig_h\n", False),
        ("rows of another shape", SOFTWARE + FIELDS + b"one two three\n" * 3, False),
        ("Exchange", b"#Software: Microsoft Exchange Server\n#Fields: date-time,client-ip,event-id\n", False),
    ],
)
def test_which_files_are_taken(kind: str, head: bytes, claimed: bool) -> None:
    found = recognise(head, "u_ex260102.log")
    assert (found is not None and found.name == "web/log") is claimed


def test_a_log_may_choose_any_names_for_its_columns(read: Any) -> None:
    names = [
        "index",
        "Offset",
        "row_id",
        "family",
        "time_desc",
        "x",
        "X",
        '"',
        "';--",
        "c-ip",
        "C-IP",
        "a" * 9_000,
        "\N{ZERO WIDTH NO-BREAK SPACE}",
    ]
    head = b"#Software: Microsoft IIS 10.0\n#Fields: date time cs-method c-ip " + " ".join(names).encode() + b"\n"
    values = [f"v{at}" for at in range(len(names))]
    row = read(head + b"2026-01-20 00:00:01 GET 192.0.2.7 " + " ".join(values).encode() + b"\n", "web/log").only
    assert row["c_ip"] == "192.0.2.7"
    assert set(values) <= set(row.values())
    assert len({name.lower() for name in row}) == len(row)


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\0" * 300, b""])
def test_slices_know_the_fields_of_a_head_behind_a_mark_or_a_hole(
    read: Any, monkeypatch: pytest.MonkeyPatch, before: bytes
) -> None:
    monkeypatch.setattr(cuts, "PIECE", 1_000)
    monkeypatch.setattr(cuts, "BLOCK", 400)
    monkeypatch.setattr(reading, "BLOCK", 400)
    result = read(before + FIELDS + ROW * 40)
    assert result.pieces > 3
    assert len(result.rows) == 40
    assert result.problems == []
