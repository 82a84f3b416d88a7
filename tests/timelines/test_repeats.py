"""Lines that stand in the evidence twice: found by runs, whatever the pages, counted once."""

from __future__ import annotations

import random

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from timelines import repeats as module
from timelines.analyzers.web_log_repeated import ANALYZER
from timelines.detection import load_rules
from timelines.detection.detect import detect
from timelines.query import Filter
from timelines.repeats import again, repeats
from timelines.scope import Scope
from timelines.statistics import statistic

from .analyzers.conftest import Rows, made

__all__ = ["made"]

Line = tuple[float, str, str]


def lines(count: int, seed: int = 1, start: float = 0.0, paths: int = 50) -> list[Line]:
    chance = random.Random(seed)
    found, at = [], start
    for _ in range(count):
        at += chance.randrange(0, 20)
        found.append((at, f"198.51.100.{chance.randrange(1, 60)}", f"/{chance.randrange(paths)}"))
    return found


def access(rows: list[Line], file: str = "access.log", exhibit: str = "E001") -> Rows:
    columns = {
        "src_ip": [client for _, client, _ in rows],
        "c_ip": [client for _, client, _ in rows],
        "cs_method": ["GET"] * len(rows),
        "cs_uri": [path for *_, path in rows],
        "cs_uri_stem": [path for *_, path in rows],
        "sc_status": pa.array([200] * len(rows), pa.int32()),
        "record": list(range(1, len(rows) + 1)),
    }
    return Rows("web/access", file, [second for second, *_ in rows], columns, exhibit)


def spans(timeline):
    return [
        (r.again.file, r.again.first, r.again.last, r.before.file, r.before.first, r.before.last, r.lines)
        for r in repeats(timeline)
    ]


def test_a_copy_taken_earlier_is_the_begin_of_the_log(made):
    log = lines(300)
    timeline = made(access(log), access(log[:120], "old/access.log", "E002"))
    assert spans(timeline) == [("old/access.log", 0, 11_900, "access.log", 0, 11_900, 120)]
    (run,) = repeats(timeline)
    assert (run.again.end, run.again.exhibit, run.before.exhibit) == (12_000, "E002", "E001")


def test_rotated_files_that_overlap(made):
    log = lines(300)
    timeline = made(access(log[:200], "access.log.1"), access(log[150:], "access.log"))
    assert spans(timeline) == [("access.log.1", 15_000, 19_900, "access.log", 0, 4_900, 50)]


@pytest.mark.parametrize(
    "other",
    [
        lines(300)[:7],  # fewer than a run
        lines(300, seed=2),  # another log of the same time
        [line for line in lines(300) if line[2] == "/7"],  # single equal lines
        [(second + 1, *rest) for second, *rest in lines(300)],  # the same requests at another time
    ],
)
def test_what_is_no_copy_is_left_alone(made, other):
    assert repeats(made(access(lines(300)), access(other, "other.log"))) == []


def test_a_probe_of_two_idle_servers_makes_no_copy(made):
    """A load balancer asks both for the same at the same second; two of them ask."""
    probes = [(10.0 * n, f"192.0.2.{n % 2 + 1}", "/health") for n in range(400)]
    assert repeats(made(access(probes, "web1/access.log"), access(probes, "web2/access.log"))) == []


def test_rotated_files_that_only_meet_are_not_compared(made, monkeypatch):
    log = lines(400)
    timeline = made(access(log[:200], "access.log.1"), access(log[201:], "access.log"))
    monkeypatch.setattr(module, "_slices", None)  # would be called
    assert repeats(timeline) == []


def test_a_block_that_was_pasted_behind_its_file(made):
    log = lines(300)
    assert spans(made(access([*log, *log[40:100]]))) == [("access.log", 30_000, 35_900, "access.log", 4_000, 9_900, 60)]


def test_the_same_requests_twice_in_one_second_are_requests(made):
    """A scanner that runs the same list of paths again at once."""
    burst = [(100.0, "198.51.100.1", f"/{n}") for n in range(20)]
    assert (
        repeats(
            made(
                access(
                    [*lines(10, start=-500), *burst, *burst, *lines(100, start=200), (150.0, "198.51.100.2", "/late")]
                )
            )
        )
        == []
    )


def test_slices_of_time_parts_and_order_change_nothing(made, monkeypatch):
    log = lines(2000)
    given = (access(log), access([*log[:700], *log[705:1900]], "copy.log"), access(lines(900, seed=5), "third.log"))
    plain = spans(made(*given))
    assert [(file, lines) for file, *_, lines in plain] == [("copy.log", 700), ("copy.log", 1195)]
    monkeypatch.setattr(module, "SLICE", 500)
    assert spans(made(*given, slices=3, turned=True)) == plain


def test_rows_that_stand_again_are_known_by_their_place(made):
    log = lines(300)
    timeline = made(access(log), access(log[100:150], "copy.log"), access(lines(60, seed=9, start=90_000), "third.log"))
    rows = timeline.sql('select family, exhibit, file, "offset" from web_access order by file, "offset"')
    mask = again(timeline, rows.num_rows, lambda: rows)
    assert int(mask.sum()) == 50
    assert set(rows.filter(pa.array(mask))["file"].to_pylist()) == {"copy.log"}


def test_statistics_count_them_once_and_one_file_alone_whole(made):
    log = lines(300)
    timeline = made(access(log), access([*log[100:150], *lines(20, seed=4, start=9_000)], "copy.log"))

    def requests(chosen: Filter) -> list[int]:
        hours = statistic("web_hours").table(Scope(timeline, chosen)).column("requests")
        methods = statistic("web").table(Scope(timeline, chosen))
        counted = dict(zip(methods["value"].to_pylist(), methods["rows"].to_pylist(), strict=True))
        visits = statistic("web_sessions").table(Scope(timeline, chosen)).column("requests")
        every = (
            statistic(name).table(Scope(timeline, chosen)).column("rows") for name in ("events", "activity", "hosts")
        )
        return [
            sum(hours.to_pylist()),
            counted["GET"],
            sum(visits.to_pylist()),
            *(sum(rows.to_pylist()) for rows in every),
        ]

    assert requests(Filter()) == [320] * 6
    assert requests(Filter(where="file = 'copy.log'")) == [70] * 6
    assert requests(Filter(where="file = 'access.log'")) == [300] * 6


def test_rows_of_other_families_are_counted_beside_them(made):
    log = lines(300)
    other = Rows("net/dns", "c.pcap", [1.0, 2.0], {"event": ["dns.query"] * 2})
    timeline = made(access(log), access(log[:120], "copy.log"), other)
    rows = statistic("activity").table(Scope(timeline)).to_pylist()
    assert sum(row["rows"] for row in rows if row["family"] == "web/access") == 300
    assert sum(row["rows"] for row in rows if row["family"] == "net/dns") == 2
    chosen = Filter(start=rows[0]["hour"].value if hasattr(rows[0]["hour"], "value") else None, families=("web",))
    assert sum(statistic("events").table(Scope(timeline, chosen)).column("rows").to_pylist()) == 300


def test_the_table_of_logs_counts_all_and_says_how_many_stand_again(made):
    log = lines(300)
    timeline = made(access(log), access(log[:120], "copy.log"))

    def of(chosen: Filter) -> list[tuple[str, int, int]]:
        table = statistic("logs").table(Scope(timeline, chosen)).to_pylist()
        return [(row["file"], row["rows"], row["again"]) for row in table]

    assert of(Filter()) == [("access.log", 300, 0), ("copy.log", 120, 120)]
    assert of(Filter(where="file = 'copy.log'")) == [("copy.log", 120, 0)]


def test_runs_inside_one_another_are_left_out_to_the_end_of_the_longest(made):
    """Thirty lines stand in a second file too, so that two runs of the third file lie in one another."""
    log = lines(300)
    timeline = made(access(log[100:130]), access(log[50:250], "b.log"), access(log, "c.log"))
    assert [row["again"] for row in statistic("logs").table(Scope(timeline)).to_pylist()] == [0, 30, 200]
    assert sum(statistic("activity").table(Scope(timeline)).column("rows").to_pylist()) == 300


RULES = """
title: Answered
id: 00000000-0000-4000-8000-000000000001
name: answered
logsource: {category: webserver}
detection: {selection: {sc-status: 200}, condition: selection}
level: low
---
title: Many
id: 00000000-0000-4000-8000-000000000002
correlation:
    type: event_count
    rules: [answered]
    group-by: [cs-method]
    timespan: 1h
    condition: {gte: 80}
    generate: true
level: medium
"""


def test_a_copy_does_not_lift_a_count_over_its_threshold(made, tmp_path):
    """Fifty requests: with their copy a hundred rows, of which a correlation counts fifty."""
    (tmp_path / "rules.yml").write_text(RULES)
    rules = load_rules([tmp_path / "rules.yml"])
    log = lines(50)
    doubled = detect(made(access(log), access(log[:45], "copy.log")), rules)
    assert [finding.title for finding in doubled.findings if finding.title == "Many"] == []
    assert doubled.matches.filter(pc.equal(doubled.matches["rule_title"], "Answered")).num_rows == 95  # every row stays
    whole = detect(made(access(lines(80)), access(lines(20, start=50_000), "copy.log")), rules)
    (found,) = [finding for finding in whole.findings if finding.title == "Many"]
    assert len(found.rows) == 80


def told(timeline):
    return [(f.title, f.level, len(f.rows), f.why) for f in ANALYZER.find(timeline)]


def test_a_copy_is_told_with_the_lines_at_both_ends(made):
    log = lines(300)
    timeline = made(access(log), access(log[20:120], "old/access.log", "E002"))
    assert told(timeline) == [
        (
            "The same lines in two files of web server logs",
            "informational",
            4,
            "E002/old/access.log: 100 lines in 1 runs stand in E001/access.log too: 1–100 = 21–120",
        )
    ]
    (finding,) = ANALYZER.find(timeline)
    assert finding.entities == {}
    assert "Counts over both files would count these requests twice" in finding.texts["en"]["shows"]


def test_a_block_pasted_again_is_told(made):
    log = lines(300)
    ((title, level, rows, why),) = told(made(access([*log, *log[40:100]])))
    assert (title, level, rows) == ("The same lines twice in one file of a web server log", "low", 4)
    assert why == "E001/access.log: 60 lines in 1 runs stand in it earlier too: 301–360 = 41–100"


def test_copies_that_differ_are_told_with_the_lines_that_one_lacks(made):
    log = lines(300)
    changed = (log[200][0], log[200][1], "/other")
    copy = [*log[:90], *log[93:200], changed, *log[201:]]
    found = told(made(access(log), access(copy, "copy.log")))
    assert [title for title, *_ in found] == [
        "The same lines in two files of web server logs",
        "Two copies of a web server log that differ",
    ]
    assert found[1][1:] == (
        "medium",
        5,
        "E001/copy.log: 1 lines stand in it only, 4 in E001/access.log only: 198; 91, 92, 93, 201",
    )


def test_logs_that_share_a_few_runs_are_no_copies_that_differ(made):
    """A server that writes errors' requests to a second log too, among others."""
    log, other = lines(600), lines(600, seed=3)
    mixed = sorted([*other, *log[100:120], *log[400:420]])
    titles = [title for title, *_ in told(made(access(log), access(mixed, "second.log")))]
    assert "Two copies of a web server log that differ" not in titles


def zoneless(rows: list[Line], file: str, shift: float = 0.0) -> Rows:
    """The same rows without a time, but with the wall time that is written."""
    told = access(rows, file)
    wall = [
        f"2026-01-01 {int(s + shift) // 3600:02}:{int(s + shift) // 60 % 60:02}:{int(s + shift) % 60:02}"
        for s, *_ in rows
    ]
    return Rows(told.family, file, [None] * len(rows), {**told.columns, "wall_time": wall})


def test_lines_without_a_zone_are_compared_by_wall_time(made):
    log = lines(300)
    timeline = made(zoneless(log, "a.log"), zoneless([*log[:100], *log[102:250]], "b.log"))
    assert spans(timeline) == [
        ("b.log", 0, 9_900, "a.log", 0, 9_900, 100),
        ("b.log", 10_000, 24_700, "a.log", 10_200, 24_900, 148),
    ]
    twice, differs = ANALYZER.find(timeline)
    assert "0 lines stand in it only, 2 in E001/a.log only: -; 101, 102" in differs.why
    assert "UTC" not in twice.texts["en"]["shows"]


def test_wall_times_are_not_compared_with_instants(made):
    log = lines(300)
    assert repeats(made(access(log, "a.log"), zoneless(log, "b.log"))) == []
    assert repeats(made(zoneless(log, "a.log"), zoneless(log, "b.log", shift=3600))) == []


def test_a_block_pasted_into_a_log_without_a_zone_and_lines_with_no_time_at_all(made):
    log = lines(300)
    pasted = zoneless([*log, *log[40:100]], "a.log")
    assert spans(made(pasted)) == [("a.log", 30_000, 35_900, "a.log", 4_000, 9_900, 60)]
    dateless = Rows("web/access", "b.log", [None] * 300, access(log).columns)
    assert repeats(made(dateless, Rows("web/access", "c.log", [None] * 300, access(log).columns))) == []
