"""Rare and new values of web logs: known rows, known counts."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from .conftest import Rows

NAMES = ("c_ip", "cs_user_agent", "cs_method", "cs_uri_stem", "cs_uri_query", "sc_status", "cs_referer")
Line = tuple[float | None, str | None, str | None, str, str, str | None, int, str | None]


def log(*lines: Line, file: str = "access.log", exhibit: str = "E001") -> Rows:
    columns: dict[str, Any] = {
        name: pa.array([line[at] for line in lines], pa.int32() if name == "sc_status" else pa.string())
        for at, name in enumerate(NAMES, 1)
    }
    return Rows("web/access", file, [line[0] for line in lines], columns, exhibit)


LINES: list[Line] = [
    (0.0, "198.51.100.1", "A", "GET", "/", None, 200, None),
    (1.0, "198.51.100.2", "A", "GET", "/", "page=1&page=2;x=3", 200, "https://a.example/?q=1#f"),
    (2.0, "198.51.100.2", "A", "GET", "/", "page=9&nothing", 200, "https://a.example/?q=2"),
    (3.0, "203.0.113.7", "curl", "GET", "/shell.php", "cmd=id", 404, None),
    (4.0, "203.0.113.7", "curl", "POST", "/shell.php", "cmd=id", 200, None),
    (None, "203.0.113.7", "A", "GET", "/once", "", 500, "https://b.example/"),
    (5.0, None, "B", "GET", "/nobody", None, 200, None),
]


def of_kind(rows: list[dict[str, Any]], kind: str, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows if row["kind"] == kind]


def test_rare_is_what_one_client_alone_sent_or_what_came_once(made, counted):
    rows = counted("web_rare", made(log(*LINES)))
    names = ("value", "rows", "succeeded", "client", "path")
    assert of_kind(rows, "agent", *names) == [
        ("B", 1, 1, None, "/nobody"),
        ("curl", 2, 1, "203.0.113.7", "/shell.php"),
    ]
    assert of_kind(rows, "path", *names) == [
        ("/nobody", 1, 1, None, "/nobody"),
        ("/shell.php", 2, 1, "203.0.113.7", "/shell.php"),
        ("/once", 1, 0, "203.0.113.7", "/once"),
    ]
    assert of_kind(rows, "parameter", *names) == [
        ("x", 1, 1, "198.51.100.2", "/"),
        ("cmd", 2, 1, "203.0.113.7", "/shell.php"),
        ("page", 2, 2, "198.51.100.2", "/"),
    ]
    assert of_kind(rows, "referer", "value", "rows") == [("https://a.example/", 2), ("https://b.example/", 1)]
    assert of_kind(rows, "method", "value", "rows") == [("POST", 1)]
    assert of_kind(rows, "status", "value", "rows") == [("404", 1), ("500", 1)]


def test_rare_leads_to_the_first_row(made, counted):
    timeline = made(log(*LINES))
    (row_id,) = [row["row_id"] for row in counted("web_rare", timeline) if row["value"] == "cmd"]
    asked = timeline.sql(
        "select epoch_ns(time) % 60000000000 as ns, cs_method as method from web_access where row_id = ?", [row_id]
    )
    assert asked.to_pylist() == [{"ns": 3_000_000_000, "method": "GET"}]


def test_a_filter_says_among_what_a_value_is_rare(made, counted):
    rows = counted("web_rare", made(log(*LINES)), where="src_ip is null or cs_uri_stem = '/'", families=("web/access",))
    assert ("page",) in of_kind(rows, "parameter", "value")
    rows = counted("web_rare", made(log(*LINES)), where="cs_uri_stem = '/'", families=("web/access",))
    assert of_kind(rows, "agent", "value") == []


def test_what_came_first_when_and_from_whom(made, counted):
    rows = counted("web_first", made(log(*LINES)))
    assert of_kind(rows, "path", "value", "after", "client", "rows", "clients") == [
        ("/nobody", 5, None, 1, 0),
        ("/shell.php", 4, "203.0.113.7", 1, 1),
        ("/", 0, "198.51.100.1", 3, 2),
    ]
    assert of_kind(rows, "agent", "value", "after", "client", "path", "rows") == [
        ("B", 5, None, "/nobody", 1),
        ("curl", 3, "203.0.113.7", "/shell.php", 2),
        ("A", 0, "198.51.100.1", "/", 3),
    ]
    assert of_kind(rows, "parameter", "value", "after") == [("cmd", 4), ("page", 1), ("x", 1)]


def test_each_exhibit_has_its_own_first(made, counted):
    late = [(line[0] + 3_600, *line[1:]) for line in LINES[:1] if line[0] is not None]
    rows = counted("web_first", made(log(*LINES[:2]), log(*late, file="b.log", exhibit="E002")))
    assert of_kind(rows, "agent", "value", "after", "exhibit") == [("A", 0, "E002"), ("A", 0, "E001")]


def test_the_same_whatever_the_parts(made, counted):
    for name in ("web_rare", "web_first"):
        assert counted(name, made(log(*LINES))) == counted(name, made(log(*LINES), slices=3, turned=True))


def test_hostile_queries_are_no_parameters(made, counted):
    lines = [
        (1.0, "203.0.113.7", "A", "GET", "/", query, 200, None) for query in ("=a&=b", "&&;;", "%00=1", "a\nb=1", "=")
    ]
    assert of_kind(counted("web_rare", made(log(*lines))), "parameter", "value") == [("%00",), ("a\nb",)]
