"""Visits and hours of web logs: known rows, known counts."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Rows

Line = tuple[float | None, str | None, str | None, str, str, int, int, str | None]
NAMES = ("c_ip", "cs_user_agent", "cs_method", "cs_uri_stem", "sc_status", "sc_bytes", "cs_username")


def log(*lines: Line, file: str = "access.log") -> Rows:
    columns: dict[str, list[Any]] = {name: [line[at] for line in lines] for at, name in enumerate(NAMES, 1)}
    return Rows("web/access", file, [line[0] for line in lines], {"event": ["http.request"] * len(lines), **columns})


LINES: list[Line] = [
    (0.0, "198.51.100.1", "A", "GET", "/", 200, 10, None),
    (1_800.0, "198.51.100.1", "A", "POST", "/login", 401, 20, None),  # half an hour is no break
    (3_601.0, "198.51.100.1", "A", "GET", "/x", 500, 30, "editor"),  # a second more is one
    (5.0, "198.51.100.1", "B", "GET", "/", 200, 40, None),
    (6.0, "198.51.100.2", None, "GET", "/", 200, 50, None),
    (None, "198.51.100.2", None, "GET", "/", 200, 60, None),
    (7.0, None, "A", "GET", "/", 404, 70, None),
]


def test_visits_end_with_a_break_and_are_told_apart_by_agent(made, counted):
    rows = counted("web_sessions", made(log(*LINES)))
    names = (
        "client",
        "agent",
        "seconds",
        "requests",
        "paths",
        "sent_data",
        "refused",
        "errors",
        "bytes",
        "accounts",
        "entry",
    )
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("198.51.100.1", "A", 1_800, 2, 2, 1, 1, 0, 30, None, "/"),
        ("198.51.100.1", "B", 0, 1, 1, 0, 0, 0, 40, None, "/"),
        ("198.51.100.2", None, 0, 1, 1, 0, 0, 0, 50, None, "/"),
        ("198.51.100.1", "A", 0, 1, 1, 0, 0, 1, 30, "editor", "/x"),
    ]
    assert [row["first"].isoformat() for row in rows][-1] == "2026-01-01T01:00:01+00:00"


def test_files_of_an_exhibit_are_one_visit(made, counted):
    assert len(counted("web_sessions", made(log(LINES[0], file="access.log.1"), log(LINES[1])))) == 1


def test_hours_count_what_is_new(made, counted):
    rows = counted("web_hours", made(log(*LINES, (4_000.0, "198.51.100.2", "A", "GET", "/new", 200, 1, None))))
    assert [tuple(row.values()) for row in rows] == [
        (rows[0]["hour"], 5, 2, 2, 0, 190, 2, 2, 1),
        (rows[1]["hour"], 2, 2, 0, 1, 31, 0, 0, 1),
    ]
    assert [row["hour"].isoformat() for row in rows] == ["2026-01-01T00:00:00+00:00", "2026-01-01T01:00:00+00:00"]


@pytest.mark.parametrize("name", ["web_sessions", "web_hours"])
def test_logs_without_the_columns_and_cases_without_logs(made, counted, name):
    counted(name, made(Rows("web/access", "a.log", [1.0], {"src_ip": ["198.51.100.1"]})))
    assert counted(name, made()) == []
