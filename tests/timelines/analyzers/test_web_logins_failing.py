"""Logins tried out slowly from many addresses are found; people who log in, and sites that answer all alike, are not."""

from __future__ import annotations

import pytest

from timelines.analyzers.web_logins_failing import ANALYZER

from .conftest import Rows


def log(statuses, clients=60, path="/login", each=60.0, method="POST", start=0.0):
    """An attempt a minute, each by the next of some addresses."""
    count = len(statuses)
    columns = {
        "src_ip": [f"203.0.113.{n % clients}" for n in range(count)],
        "cs_method": [method] * count,
        "cs_uri_stem": [path] * count,
        "sc_status": statuses,
        "event": ["http.request"] * count,
    }
    return Rows("web/access", "access.log", [start + each * n for n in range(count)], columns)


def told(timeline):
    return [
        (f.level, f.why.partition(": ")[2].partition(" between ")[0], f.why.rpartition(": ")[2])
        for f in ANALYZER.find(timeline)
    ]


def test_refused_logins_from_many_addresses(made):
    timeline = made(log([401] * 250 + [200] + [401] * 100))
    assert told(timeline) == [("medium", "351 logins to /login by 60 addresses", "350 refused, 1 answered otherwise")]
    (finding,) = ANALYZER.find(timeline)
    assert len(finding.rows) == 100
    assert finding.attack == ("T1110.004",)
    assert all("{" not in text for texts in finding.texts.values() for text in texts.values())


def test_a_form_shown_again_where_others_are_sent_on(made):
    assert told(made(log([200] * 300 + [302] * 3, path="/wp-login.php"))) == [
        ("low", "303 logins to /wp-login.php by 60 addresses", "300 shown again, 3 answered otherwise")
    ]


@pytest.mark.parametrize(
    "rows",
    [
        log([401, 302, 302, 302, 302, 302, 302, 302, 302, 302] * 40),  # people, who mistype now and then
        log([200] * 300),  # a site that answers every login with a page
        log([302] * 300),
        log([401] * 300, clients=49),
        log([401] * 700),  # many by each: other rules' business
        log([401] * 300, method="GET"),
        log([401] * 300, path="/index.html"),
        log([401] * 98, each=3600.0),  # two dozen a day
    ],
)
def test_what_looks_like_it_and_is_not(made, rows):
    assert told(made(rows)) == []


def test_the_order_of_rows_and_parts_changes_nothing(made):
    rows = log([401] * 200)
    assert list(ANALYZER.find(made(rows))) == list(ANALYZER.find(made(rows, slices=5, turned=True)))
