"""All that one client did: known rows of several sources, known stances and visits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from timelines.client_story import NAMES, OWN, _standing, spellings, story
from timelines.query import Filter, QueryError, Timeline

from .analyzers.conftest import Rows, made

__all__ = ["made"]
Made = Callable[..., Timeline]
WEB = (
    "event",
    "c_ip",
    "src_ip",
    "cs_user_agent",
    "cs_method",
    "cs_uri",
    "sc_status",
    "sc_bytes",
    "x_forwarded_for",
    "client_claimed",
)
CLIENT, PROXY = "203.0.113.7", "192.0.2.1"


def web(*lines: tuple[float | None, str, str | None, str, int, str | None], file: str = "access.log") -> Rows:
    """Requests: second, client, agent, target, status, X-Forwarded-For."""
    rows = [
        ("http.request", ip, ip, agent, "GET", target, status, 10, claimed, claimed and claimed.split(",")[0].strip())
        for _, ip, agent, target, status, claimed in lines
    ]
    text = dict.fromkeys(("x_forwarded_for", "client_claimed", "cs_user_agent"), pa.string())
    columns: dict[str, Any] = {
        name: pa.array([row[at] for row in rows], text.get(name)) if name in text else [row[at] for row in rows]
        for at, name in enumerate(WEB)
    }
    return Rows("web/access", file, [line[0] for line in lines], columns)


LOG = web(
    (10, CLIENT, "A", "/", 200, None),
    (20, PROXY, "A", "/by-proxy", 200, f"{CLIENT}, 198.51.100.1"),
    (30, CLIENT, "B", "/b", 404, None),
    (40, PROXY, "A", "/other", 200, f"1{CLIENT}, {CLIENT}9"),
    (1_811, CLIENT, "A", "/second-visit", 500, "198.51.100.99"),
    (None, CLIENT, "A", "/no-time", 200, None),
    (50, "198.51.100.2", "A", "/stranger", 200, None),
)
ERRORS = Rows(
    "web/error", "error.log", [11], {"event": ["http.error"], "c_ip": [CLIENT], "error_text": ["no such file"]}
)
FLOWS = Rows(
    "net/conn", "a.pcap", [5, 6], {"event": ["conn"] * 2, "src_ip": [CLIENT, PROXY], "dst_ip": [PROXY, CLIENT]}
)
LOGON = Rows(
    "windows/security",
    "Security.evtx",
    [60],
    {
        "event": ["4624"],
        "Channel": ["Security"],
        "Provider_Name": ["Microsoft-Windows-Security-Auditing"],
        "IpAddress": [CLIENT],
    },
)


def rows_of(
    timeline: Timeline, address: str = CLIENT, columns: tuple[str, ...] = NAMES, **chosen: Any
) -> list[dict[str, Any]]:
    return [row for table in story(timeline, address).batches(Filter(**chosen), columns) for row in table.to_pylist()]


def test_every_source_in_order_and_how_the_address_stands_in_it(made: Made) -> None:
    rows = rows_of(made(LOG, ERRORS, FLOWS, LOGON))
    assert [(row["family"], row["stance"], row["seen_as"], row["visit"], row["status"]) for row in rows] == [
        ("net/conn", "seen", CLIENT, None, None),
        ("net/conn", "contacted", PROXY, None, None),
        ("web/access", "seen", CLIENT, 1, 200),
        ("web/error", "seen", CLIENT, None, None),
        ("web/access", "claimed", PROXY, 2, 200),
        ("web/access", "seen", CLIENT, 3, 404),
        ("windows/security", "seen", CLIENT, None, None),
        ("web/access", "seen", CLIENT, 4, 500),
        ("web/access", "seen", CLIENT, None, 200),
    ]
    assert [row["object"] for row in rows if row["family"] == "web/access"] == [
        "/",
        "/by-proxy",
        "/b",
        "/second-visit",
        "/no-time",
    ]
    assert [row["claims"] for row in rows if row["object"] in ("/by-proxy", "/second-visit")] == [
        CLIENT,
        "198.51.100.99",
    ]
    assert all(row["message"] for row in rows)
    assert list(rows[0]) == list(NAMES)


def test_the_same_rows_whatever_the_parts_and_their_order(made: Made) -> None:
    given = (LOG, ERRORS, FLOWS, LOGON)
    assert rows_of(made(*given)) == rows_of(made(*given, slices=3, turned=True))


def test_a_filter_takes_rows_and_leaves_the_numbers_of_visits(made: Made) -> None:
    timeline = made(LOG, FLOWS)
    assert [
        row["visit"]
        for row in rows_of(timeline, families=("web/access",), where="outcome = 'failure' or event is not null")
    ] == [*(1, 2, 3, 4, None)]
    late = rows_of(timeline, columns=("visit", "object"), start=1_767_225_600_000_000_000 + 25_000_000_000)
    assert late == [{"visit": 3, "object": "/b"}, {"visit": 4, "object": "/second-visit"}]


def test_visits_are_counted(made: Made) -> None:
    found = story(made(LOG), CLIENT).visits()
    assert [(v["visit"], v["requests"], v["refused"], v["errors"], v["seen_as"], v["agent"]) for v in found] == [
        (1, 1, 0, 0, CLIENT, "A"),
        (2, 1, 0, 0, PROXY, "A"),
        (3, 1, 1, 0, CLIENT, "B"),
        (4, 1, 0, 1, CLIENT, "A"),
    ]
    assert found[0]["first"] == found[0]["last"] == 1_767_225_610_000_000_000


def test_rules_and_findings_stand_beside_their_rows(made: Made) -> None:
    timeline = made(LOG)
    ids = [row["row_id"] for row in rows_of(timeline)]
    matches = [("low", "Z", ids[0]), ("critical", "B", ids[0]), ("low", "A", ids[0]), ("low", "A", "f" * 24)]
    table = pa.table({n: [m[at] for m in matches] for at, n in enumerate(("level", "rule_title", "row_id"))})
    findings = pa.table({"finding_id": ["F-2", "F-1"], "rows": [[ids[1], ids[0]], [ids[0]]]})
    rows = rows_of(timeline.beside("matches", table).beside("findings", findings))
    assert [(row["rules"], row["findings"]) for row in rows][:3] == [
        ("critical: B; low: A; low: Z", "F-1, F-2"),
        (None, "F-2"),
        (None, None),
    ]


def test_an_address_that_nobody_has_tells_nothing(made: Made) -> None:
    told = story(made(LOG, FLOWS), "198.51.100.77")
    assert (told.told.num_rows, list(told.batches()), told.visits()) == (0, [], [])


@pytest.mark.parametrize("given", ["2001:DB8:0:0::7", " 2001:db8::7", "[2001:db8::7]"])
def test_spellings_of_one_address(made: Made, given: str) -> None:
    lines = [
        (1.0, "2001:db8::7", "A", "/", 200, None),
        (2.0, PROXY, "A", "/c", 200, "2001:db8::7"),
        (3.0, PROXY, "A", "/n", 200, "2001:db8::7:1"),
    ]
    assert [row["object"] for row in rows_of(made(web(*lines)), given)] == ["/", "/c"]


def test_ipv4_inside_ipv6_and_names(made: Made) -> None:
    lines = [
        (1.0, "::ffff:203.0.113.7", "A", "/mapped", 200, None),
        (2.0, "Client.Example.Org", "A", "/named", 200, None),
    ]
    timeline = made(web(*lines))
    assert [row["object"] for row in rows_of(timeline)] == ["/mapped"]
    assert [row["object"] for row in rows_of(timeline, "client.example.org")] == ["/named"]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("203.0.113.7", True), ("203.0.113.7:443, x", True), ('for="203.0.113.7:443";proto=http', True), ("for=203.0.113.7", True),
        ("a,203.0.113.7 ", True), ("FOR=[::ffff:203.0.113.7]", True),
        ("1203.0.113.7", False), ("203.0.113.78", False), ("203.0.113.7.example", False), ("x203.0.113.7", False),
        ("203.0.113.7:443.1", False),
    ],
)  # fmt: skip
def test_an_address_stands_alone_in_a_header(made: Made, header: str, found: bool) -> None:
    timeline = made(web((1.0, PROXY, "A", "/", 200, header)))
    asked = timeline.sql("select regexp_matches(?, ?) as r", [header, _standing(spellings(CLIENT))])
    assert asked.to_pylist() == [{"r": found}]
    assert (story(timeline, CLIENT).told.num_rows == 1) is found


def test_wrong_questions_are_answered_in_one_line(made: Made) -> None:
    with pytest.raises(ValueError, match="--client needs an address"):
        story(made(LOG), "  ")
    with pytest.raises(QueryError, match="no column 'x' in a client's story"):
        list(story(made(LOG), CLIENT).batches(columns=["x"]))


def test_a_pattern_is_no_address(made: Made) -> None:
    assert story(made(LOG), ".*").told.num_rows == 0


def test_every_column_is_described() -> None:
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs/client-story.md").read_text("utf-8")
    assert [column.name for column in OWN if f"| `{column.name}` |" not in page] == []
