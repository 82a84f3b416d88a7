"""Record numbers of Windows logs: what runs on, what breaks off, and what is no log at all."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from timelines.analyzers.event_record_gap import ANALYZER
from timelines.problems import Problem

from .conftest import Rows


def log(numbers: Sequence[int], file: str = "Security.evtx", **given: Sequence[object]) -> Rows:
    """Records of SRV02's Security log, ten seconds apart by number unless `seconds` says otherwise."""
    count = len(numbers)
    seconds = given.pop("seconds", [10.0 * n for n in numbers])
    columns = {
        "record": list(numbers),
        "event": ["4624"] * count,
        "Channel": ["Security"] * count,
        "Computer": ["SRV02.lab.example"] * count,
        "host": ["SRV02.lab.example"] * count,
        "flags": [""] * count,
        "object": [None] * (count - 1) + ["x"] if count else [],
        **given,
    }
    return Rows("windows/security", file, seconds, columns)  # type: ignore[arg-type]


def cleared(numbers: Sequence[int], **given: Sequence[object]) -> Rows:
    events = ["1102", *["4624"] * (len(numbers) - 1)]
    return log(numbers, **{"event": events, "flags": ["id-differs"] * len(numbers), **given})


def without(missing: Sequence[int], first: int = 1, last: int = 300) -> list[int]:
    return [n for n in range(first, last + 1) if n not in missing]


def records(timeline, finding) -> list[int]:
    rows = timeline.sql("select row_id, record from windows_security").to_pylist()
    numbers = {row["row_id"]: row["record"] for row in rows}
    return [numbers[row] for row in finding.rows]


def found(timeline):
    return list(ANALYZER.find(timeline))


def test_a_hole_inside_a_log_is_found_with_the_records_beside_it(made):
    timeline = made(log(without([100, 101, 102, 200])))
    (finding,) = found(timeline)
    assert records(timeline, finding) == [99, 103, 199, 201]
    assert (finding.level, finding.grade, finding.attack) == ("medium", "indication", ("T1070.001",))
    assert "4 record numbers missing in 2 places of 296 records: 99–103, 199–201" in finding.why
    assert finding.entities == {"hosts": ("SRV02.lab.example",)}
    assert "99–103, 199–201. Records missing there: 4." in finding.texts["en"]["shows"]


def test_logs_without_a_hole_and_files_that_are_no_logs_are_left_alone(made):
    assert found(made()) == []
    assert found(made(log([7]))) == []
    assert found(made(log(range(1, 301)))) == []
    assert found(made(log(without([30], last=45)))) == []  # too few to be a log
    assert found(made(log(range(1, 900, 3)))) == []  # chosen events: gaps everywhere
    assert found(made(log(without(range(1, 300, 50))))) == []  # 6 of 293: more than a log has
    assert found(made(log(without([100]), flags=["id-differs"] * 299))) == []  # an export may have left it out
    nowhere = log(range(1, 301), Channel=[None] * 300)
    assert found(made(nowhere)) == []


def test_damage_beside_every_hole_makes_it_a_lesser_thing(made):
    beside = Problem("E001", "Security.evtx", 9_850, 100, "record damaged")  # record 99 lies at 9,800
    (finding,) = found(made(log(without([100])), problems=[beside]))
    assert (finding.level, "damage reported beside 1 of them" in finding.why) == ("low", True)
    assert "Damage of the file is reported beside them." in finding.texts["en"]["shows"]
    elsewhere = Problem("E001", "Security.evtx", 20_000, 100, "record damaged")
    (finding,) = found(made(log(without([100])), problems=[elsewhere]))
    assert finding.level == "medium"


def test_recovered_records_neither_fill_nor_make_holes(made):
    numbers = [*without([100]), 100, 5_000]
    flags = ["", *[""] * 298, "recovered", "recovered,bad-checksum"]
    timeline = made(log(numbers, flags=flags))
    (finding,) = found(timeline)
    assert records(timeline, finding) == [99, 101]


def test_records_lost_at_a_clearing_show_between_two_copies(made):
    timeline = made(cleared(range(331, 351)), log(range(1, 301), "backup/Security.evtx"))
    (finding,) = found(timeline)
    assert records(timeline, finding) == [300, 331]
    assert (finding.level, finding.grade, finding.attack) == ("high", "supported", ("T1070.001",))
    assert "30 records are in neither" in finding.why
    assert finding.title == "Event records lost when a Windows event log was cleared"


def test_what_may_have_been_overwritten_before_the_clearing_is_not_called_lost(made):
    assert found(made(cleared(range(702, 752)), log(range(1, 301), "backup/Security.evtx"))) == []


def test_a_clearing_of_another_log_does_not_count(made):
    later = cleared(range(341, 391), event=["104", *["4624"] * 49], object=["Application"] + [None] * 49)
    assert found(made(later, log(range(1, 301), "backup/Security.evtx"))) == []


def test_a_small_hole_between_two_files_is_told_without_a_clearing(made):
    timeline = made(
        log(range(311, 400)), log(range(1, 301), "backup/Security.evtx", Computer=["srv02.LAB.example"] * 300)
    )
    (finding,) = found(timeline)
    assert (finding.level, finding.attack, records(timeline, finding)) == ("low", (), [300, 311])


def test_files_that_adjoin_overlap_or_lie_within_another_have_no_hole_between(made):
    assert found(made(log(range(301, 400)), log(range(1, 301), "b.evtx"))) == []
    assert found(made(log(range(250, 400)), log(range(1, 301), "b.evtx"))) == []
    inner = log(range(100, 200), "c.evtx")
    assert found(made(log(range(1, 301), "a.evtx"), inner, log(range(301, 400), "b.evtx"))) == []
    assert found(made(log(range(32, 62)), log(range(1, 31), "b.evtx"))) == []  # too few to be logs
    elsewhere = log(range(311, 400), Computer=["WEB01"] * 89, host=["WEB01"] * 89)
    assert found(made(elsewhere, log(range(1, 301), "b.evtx"))) == []


def test_numbers_that_begin_anew(made):
    """300 records of yesterday under high numbers, then a log created again: low numbers, later times."""
    numbers = [*range(5_001, 5_301), *range(1, 301)]
    seconds = [float(n) for n in range(300)] + [90_000.0 + n for n in range(300)]
    timeline = made(log(numbers, seconds=seconds))
    (finding,) = found(timeline)
    assert finding.title == "Numbering of a Windows event log begins anew"
    assert sorted(records(timeline, finding)) == [300, 5_001]
    assert (finding.level, finding.attack) == ("medium", ())


def test_one_number_on_two_records_of_different_times(made):
    numbers = [*range(1, 301), 150]
    (finding,) = found(made(log(numbers, seconds=[*(10.0 * n for n in range(1, 301)), 1_503.0])))
    assert "150–150" in finding.why
    assert found(made(log(numbers))) == []  # the same record twice: a page written twice


def test_time_that_runs_backwards(made):
    seconds = [10.0 * n - (600 if n > 150 else 0) for n in range(1, 301)]
    timeline = made(log(range(1, 301), seconds=seconds))
    (finding,) = found(timeline)
    assert sorted(records(timeline, finding)) == [150, 151]
    assert (finding.level, "at most 590 s" in finding.why) == ("low", True)
    swapped = [10.0 * n - (59 if n == 150 else 0) for n in range(1, 301)]
    assert found(made(log(range(1, 301), seconds=swapped))) == []


def test_records_without_time_are_counted_by_number_and_make_it_inconclusive(made):
    seconds = [None if n == 99 else 10.0 * n for n in without([100])]
    (finding,) = found(made(log(without([100]), seconds=seconds)))
    assert finding.grade == "inconclusive"
    assert found(made(log(range(1, 301), seconds=[None] * 300))) == []


def test_the_order_of_rows_and_parts_changes_nothing(made):
    given = (cleared(range(331, 351)), log(without([100, 200]), "backup/Security.evtx"))
    one = found(made(*given))
    assert len(one) == 2
    assert one == found(made(*given, slices=5, turned=True))


def test_numbers_at_the_end_of_their_range(made):
    """Hostile: 64-bit record numbers up to the last one, with a hole."""
    top = 2**64
    numbers = [*range(top - 300, top - 100), *range(top - 98, top)]
    rows = log(numbers, seconds=[float(n) for n in range(298)])
    rows.columns["record"] = pa.array(numbers, pa.uint64())  # type: ignore[index]
    timeline = made(rows)
    (finding,) = found(timeline)
    assert records(timeline, finding) == [top - 101, top - 98]
