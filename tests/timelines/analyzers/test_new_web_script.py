"""Scripts that a site never answered before: the one that few call with data is found, the site's own pages are not."""

from __future__ import annotations

from typing import Any

import pytest

from timelines.analyzers import new_web_script as module
from timelines.analyzers.new_web_script import ANALYZER

from .conftest import Rows

DAY = 86_400
Line = tuple[float, str, str, str, int, str | None]  # seconds, client, method, path, status, referrer


def log(lines: list[Line], file: str = "access.log") -> Rows:
    names = ("src_ip", "cs_method", "cs_uri_stem", "sc_status", "cs_referer")
    columns: dict[str, list[Any]] = {name: [line[at] for line in lines] for at, name in enumerate(names, 1)}
    columns["c_ip"] = columns["src_ip"]
    return Rows("web/access", file, [line[0] for line in lines], {"event": ["http.request"] * len(lines), **columns})


USUAL: list[Line] = [
    (s, f"198.51.100.{s // 600 % 50}", "POST", "/contact.php", 200, "https://www.example.org/")
    for s in range(0, 3 * DAY, 600)
]
CALLS: list[Line] = [
    (1.0 * DAY, "203.0.113.7", "POST", "/images/a.php", 404, None),  # asked for before it was there
    *((2 * DAY + 10.0 * n, "203.0.113.7", "POST", "/images/a.php", 200, None) for n in range(1, 5)),
]


def test_a_new_script_that_one_client_sends_data_to_is_found(made):
    timeline = made(log([*USUAL, *CALLS]))
    (finding,) = ANALYZER.find(timeline)
    assert (finding.level, finding.grade, finding.attack) == ("medium", "indication", ("T1505.003",))
    assert len(finding.rows) == 4
    assert finding.entities == {"ips": ("203.0.113.7",)}
    assert "/images/a.php first answered at 2026-01-03 00:00:10 UTC, 172810 s after the log begins" in finding.why
    assert (
        "4 answers since (status 200 to 399), 4 of them status 200 to POST, 1 clients, 0 with a referrer" in finding.why
    )
    assert "None of these requests came from a page" in finding.texts["en"]["shows"]


@pytest.mark.parametrize(
    "lines",
    [
        [*USUAL, *CALLS[:2]],  # one answer only
        [line for line in [*USUAL, *CALLS] if line[0] > 1.5 * DAY],  # the log begins half a day before
        [*USUAL, *((s, f"203.0.113.{n}", *rest) for n, (s, _, *rest) in enumerate(CALLS))],  # four clients
        [*USUAL, *((s, ip, "GET", *rest) for s, ip, _, *rest in CALLS)],  # no data sent
        [*USUAL, *CALLS, (60.0, "198.51.100.1", "GET", "/images/a.php", 200, None)],  # answered on the first day
        [*USUAL[:1], *CALLS],  # a site without habits
        [*USUAL, *((s, ip, way, "/images/a", *rest) for s, ip, way, _, *rest in CALLS)],  # no script
    ],
)
def test_the_site_s_own_pages_are_left_alone(made, lines):
    assert list(ANALYZER.find(made(log(lines)))) == []


def test_rotated_files_are_one_log(made):
    old = [line for line in USUAL if line[0] < 2 * DAY]
    new = [line for line in [*USUAL, *CALLS[1:]] if line[0] >= 2 * DAY]
    (finding,) = ANALYZER.find(made(log(new), log(old, "access.log.1")))
    assert len(finding.rows) == 4


def test_pages_that_name_where_they_came_from_are_counted(made):
    lines = [
        *USUAL,
        *CALLS,
        (2 * DAY + 99.0, "203.0.113.8", "GET", "/images/a.php", 200, "https://www.example.org/new"),
    ]
    (finding,) = ANALYZER.find(made(log(lines)))
    assert "1 of these requests name the page" in finding.texts["en"]["shows"]


def test_the_order_of_rows_and_parts_changes_nothing(made):
    lines = [*USUAL, *CALLS]
    assert list(ANALYZER.find(made(log(lines)))) == list(ANALYZER.find(made(log(lines), slices=5, turned=True)))


def test_logs_without_the_columns_say_nothing(made):
    assert list(ANALYZER.find(made(Rows("web/access", "a.log", [1.0], {"src_ip": ["198.51.100.1"]})))) == []


def test_lines_that_the_log_holds_twice_count_once(made):
    lines = sorted([*USUAL, *CALLS[:2]])  # one answer only
    assert list(ANALYZER.find(made(log(lines), log(lines[-160:], "access.log.1")))) == []
    lines = sorted([*USUAL, *CALLS])
    (finding,) = ANALYZER.find(made(log(lines), log(lines[-160:], "access.log.1")))
    assert "4 of them status 200 to POST" in finding.why
    assert len(finding.rows) == 4


def test_a_copy_in_another_exhibit_is_a_log_of_its_own(made):
    copy = log([*USUAL, *CALLS])
    second = Rows(copy.family, copy.file, copy.seconds, copy.columns, "E002")
    assert [finding.why[:4] for finding in ANALYZER.find(made(copy, second))] == ["E001", "E002"]


def test_scripts_compared_some_at_a_time_are_the_same(made, monkeypatch):
    more = [
        (2 * DAY + 20.0 * n + m, f"203.0.113.{n}", "POST", f"/images/{n}.php", 200, None)
        for n in range(20)
        for m in range(n % 4)
    ]
    timeline = made(log([*USUAL, *CALLS, *more]))
    whole = list(ANALYZER.find(timeline))
    monkeypatch.setattr(module, "SHARE", 9)
    assert list(ANALYZER.find(timeline)) == whole
    assert len(whole) == 11
