"""Apache's error log, 2.2 and 2.4: what each bracket says, and that a program's stray output is kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.registry import recognise

CASES: list[tuple[str, bytes, dict[str, Any]]] = [
    (
        "2.2 with a client",
        b"[Fri Jan 02 03:04:05 2026] [error] [client 192.0.2.7] File does not exist: /srv/x, referer: https://www.example.org/",
        {
            "level": "error",
            "c_ip": "192.0.2.7",
            "src_ip": "192.0.2.7",
            "error_text": "File does not exist: /srv/x, referer: https://www.example.org/",
            "cs_referer": "https://www.example.org/",
            "time": "2026-01-02T02:04:05+00:00",
        },
    ),
    (
        "2.2 with an IPv6 client",
        b"[Fri Jan  2 03:04:05 2026] [error] [client 2001:db8::1:80] x",
        {"c_ip": "2001:db8::1:80", "c_port": None},
    ),
    (
        "2.4 with all fields",
        b"[Fri Jan 02 03:04:05.123456 2026] [core:error] [pid 35:tid 4328636416] (13)Permission denied:"
        b" [client 192.0.2.7:51000] AH00035: no",
        {
            "module": "core",
            "level": "error",
            "pid": 35,
            "tid": 4328636416,
            "os_error": "(13)Permission denied",
            "c_ip": "192.0.2.7",
            "c_port": 51000,
            "src_port": 51000,
            "error_code": "AH00035",
            "error_text": "no",
            "time": "2026-01-02T02:04:05.123456+00:00",
        },
    ),
    (
        "2.4 with an IPv6 client",
        b"[Fri Jan 02 03:04:05.1 2026] [php7:warn] [pid 35] [client 2001:db8::1:51000] PHP Warning: [x] y",
        {
            "c_ip": "2001:db8::1",
            "c_port": 51000,
            "module": "php7",
            "error_text": "PHP Warning: [x] y",
            "time": "2026-01-02T02:04:05.100000+00:00",
        },
    ),
    (
        "a notice of the server itself",
        b"[Fri Jan 02 03:04:05 2026] [notice] caught SIGTERM",
        {"level": "notice", "c_ip": None, "error_text": "caught SIGTERM"},
    ),
]


@pytest.mark.parametrize(("kind", "line", "expected"), CASES, ids=[case[0] for case in CASES])
def test_fields(read: Any, kind: str, line: bytes, expected: dict[str, Any]) -> None:
    result = read(line + b"\r\n", "web/log", zone="Europe/Paris")
    row = result.only
    row["time"] = row["time"].isoformat()
    assert {name: row.get(name) for name in expected} == expected
    assert (row["time_quality"], row["parse_quality"], row["flags"]) == ("assumed-zone", "strict", "")
    assert result.line(row) == line + b"\r\n"
    found = recognise(line, "")
    assert found is not None
    assert found.name == "web/log"


def test_without_a_zone_the_time_is_unknown(read: Any) -> None:
    row = read(CASES[0][1] + b"\n", "web/log").only
    assert (row.get("time"), row["time_quality"], row["flags"]) == (None, "unknown", "no-zone")


def test_a_date_that_never_was(read: Any) -> None:
    row = read(b"[Fri Feb 30 03:04:05 2026] [error] x\n", "web/log", zone="UTC").only
    assert (row.get("time"), row["time_quality"], row["flags"]) == (None, "unknown", "bad-time")


def test_what_a_program_printed_is_a_row_and_binary_is_a_problem(read: Any) -> None:
    result = read(CASES[0][1] + b"\n" + "sh: 1: nmap: غير موجود\n".encode() + b"\x00\x01\xff\n", "web/log", zone="UTC")
    assert [(row["record"], row["flags"], row["parse_quality"]) for row in result.rows] == [
        (1, "", "strict"),
        (2, "loose,no-date", "loose"),
    ]
    assert result.rows[1]["error_text"] == "sh: 1: nmap: غير موجود"
    assert [(p.length, p.reason[:28]) for p in result.problems] == [(3, "line 3: text without a date ")]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([case[1] for case in CASES])
        | st.binary(max_size=50).map(lambda b: b.replace(b"\n", b"").lstrip(b"\0")),
        max_size=8,
    )
)
def test_every_line_is_a_row_or_a_problem(read_bytes: Any, lines: list[bytes]) -> None:
    head = CASES[0][1] + b"\n"
    result = read_bytes(head + b"".join(line + b"\n" for line in lines), "web/log")
    told = sorted(
        [(row["offset"], row["length"]) for row in result.rows] + [(p.offset, p.length) for p in result.problems]
    )
    at, expected = len(head), [(0, len(head))]
    for line in lines:
        if line.removesuffix(b"\r"):
            expected.append((at, len(line) + 1))
        at += len(line) + 1
    assert told == expected
