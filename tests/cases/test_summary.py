"""What a summary says of a case: counts, citations, bounds; the same bytes wherever the case lies."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from cases import summary as tree
from cases.case import Case, Hand
from cases.chart import chart
from cases.errors import CaseError
from cases.exporters import exporters
from cases.languages import codes, language
from cases.opinions import note
from cases.phrases import Phrase, integrity, main_findings, main_limit, missing
from cases.summarise import listing_sha256, summarise
from timelines.query import Timeline
from timelines.times import NS

DATE = "2026-03-06"
START = 1_772_572_445 * NS


def test_counts_are_those_of_the_case(filled: Case) -> None:
    found = summarise(filled, DATE)
    assert found.counts.files == {"container": 1, "duplicate": 1, "evidence": 2}
    assert found.counts.bytes == {"read": 3_550, "free": 0, "unsupported": 0, "damaged": 9}
    assert [(f.family, f.rows) for f in found.counts.families] == [("web/access", 50)]
    assert (found.counts.rows, found.counts.problems) == (50, 1)
    assert found.limits.flags == {"loose": 5}
    assert [(z.quality, z.rows) for z in found.limits.zones] == [("no-order", 1)]


def test_a_citation_leads_to_the_bytes(filled: Case) -> None:
    first = summarise(filled, DATE).inferences[0]
    seen = first.observations[3]
    assert (seen.exhibit, seen.file, seen.record, seen.offset, seen.length) == (
        "E001",
        "logs/access.log",
        4,
        3 * 71,
        71,
    )
    assert set(seen.sentences) == {"ar", "en", "fr"}
    assert "/page/3" in seen.sentences["en"]
    assert (first.rows, len(first.observations), first.absent) == (41, 20, 0)


def test_rows_that_the_timeline_does_not_hold_are_counted(filled: Case) -> None:
    second = summarise(filled, DATE).inferences[1]
    assert (second.rows, len(second.observations), second.absent) == (2, 1, 1)
    assert second.observations[0].time is None


def test_numbers_follow_gravity(filled: Case) -> None:
    assert [(f.number, f.level) for f in summarise(filled, DATE).inferences] == [("C-01", "high"), ("C-02", "low")]


def test_not_found_is_bounded_by_source_and_window(filled: Case) -> None:
    rules = summarise(filled, DATE).rules
    assert rules.counts == {"matched": 2, "silent": 1, "no-data": 1, "refused": 1}
    (silence,) = rules.silences
    assert (silence.family, silence.rules, silence.rows) == ("web/access", 1, 50)
    assert silence.first is not None
    assert silence.last == silence.first + 48 * 60 * NS
    assert [line.reason for line in rules.lines if line.fate == "refused"] == ["a modifier that is not known"]


def test_an_exhibit_shows_supplied_and_computed_hash(case: Case) -> None:
    folder, single = case.register.exhibits
    listing = listing_sha256(case.register.on_disk("E001"))
    held = case.register.entry("E002", "Security.evtx").sha256
    for supplied, number, expected in (
        (None, folder, "not-supplied"),
        (listing.upper(), folder, "same"),
        ("0" * 64, folder, "not-comparable"),
        (f" {held} ", single, "same"),
        ("0" * 64, single, "different"),
    ):
        case.register.register(replace(number, supplied_sha256=supplied))
        sheet = next(x for x in summarise(case, DATE).exhibits if x.number == number.exhibit)
        assert (sheet.agreement, sheet.supplied_sha256) == (expected, supplied)
        assert sheet.sha256 == (listing if sheet.is_folder else held)


def test_the_hash_of_a_folder_is_that_of_what_sha256sum_prints(case: Case) -> None:
    import hashlib

    lines = "".join(f"{e.sha256}  {e.file}\n" for e in sorted(case.register.on_disk("E001"), key=lambda e: e.file))
    assert summarise(case, DATE).exhibits[0].sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_kinds_of_statement_are_kinds_of_type(filled: Case) -> None:
    opinion = note(filled, "I think so.", finding="F-00000000aa")
    found = summarise(filled, DATE)
    assert found.opinions == (opinion,)
    assert type(opinion) is tree.Opinion
    assert all(type(o) is tree.Observation for f in found.inferences for o in f.observations)
    assert not {"who", "opinion"} & {f.name for kind in (tree.Inference, tree.Observation) for f in fields(kind)}


def test_an_empty_case_can_be_summed_up(empty_case: Case) -> None:
    found = summarise(empty_case, DATE)
    assert (found.counts.rows, found.inferences, found.chart, found.rules.ran) == (0, (), None, False)
    assert missing(found) == Phrase("first.no_rules")
    for exporter in exporters().values():
        for code in codes():
            assert len(exporter.render(found, language(code))) > 1_000


@pytest.mark.parametrize("date", ["", "2026-3-6", "2026-02-30", "06/03/2026", "2026-03-06T00:00:00"])
def test_the_date_is_a_day(empty_case: Case, date: str) -> None:
    with pytest.raises(CaseError, match="expected a day such as 2026-01-02"):
        summarise(empty_case, date)


def test_same_case_same_date_same_bytes_anywhere(filled: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {(n, c): e.render(summarise(filled, DATE), language(c)) for n, e in exporters().items() for c in codes()}
    moved = tmp_path / "autre dossier"
    shutil.copytree(filled.folder, moved)
    shutil.rmtree(filled.folder)
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    monkeypatch.setenv("LC_ALL", "C")
    if hasattr(time, "tzset"):
        time.tzset()
    again = Case.open(moved, Hand(who="somebody.else", version=filled.hand.version))
    there = {(n, c): e.render(summarise(again, DATE), language(c)) for n, e in exporters().items() for c in codes()}
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()
    assert here == there


def test_no_place_on_the_machine_is_in_a_summary(filled: Case, tmp_path: Path) -> None:
    found = summarise(filled, DATE)
    for exporter in exporters().values():
        assert str(tmp_path).encode() not in exporter.render(found, language("en"))


def test_evidence_that_changed_and_a_broken_chain_show_first(filled: Case) -> None:
    assert integrity(summarise(filled, DATE)) == (
        Phrase("integrity.unchanged", {"time": summarise(filled, DATE).custody.hashed_again or ""}),
        Phrase("integrity.chain_whole", {"n": 5}),
    )
    filled.log("evidence-changed", {})
    journal = filled.custody.journal
    journal.write_bytes(journal.read_bytes().replace(b'"exhibit":"E002"', b'"exhibit":"E009"'))
    found = summarise(filled, DATE)
    assert [phrase.key for phrase in integrity(found)] == ["integrity.changed", "integrity.chain_faulty"]
    assert integrity(found)[1].values == {"n": 3}
    assert main_limit(found) == Phrase("limit.changed")


def test_a_journal_that_cannot_be_read_is_said(filled: Case) -> None:
    filled.custody.journal.write_bytes(b"no journal\n")
    found = summarise(filled, DATE)
    assert (found.custody.lines, found.custody.head) == ((), None)
    assert found.custody.faults[0].seq == 1
    assert "not whole" in exporters()["html"].render(found, language("en")).decode()


def test_the_main_limit_is_the_one_that_weighs_most(synthetic: object) -> None:
    whole: tree.Summary = synthetic.summary("x")  # type: ignore[attr-defined]
    counts, limits = whole.counts, whole.limits
    assert main_limit(whole) == Phrase("limit.damaged", {"size": 65_536})
    undamaged = replace(whole, counts=replace(counts, bytes={"read": 1, "free": 0, "unsupported": 0, "damaged": 0}))
    assert main_limit(undamaged) == Phrase("limit.unread", {"n": 2})
    read = replace(undamaged, counts=replace(undamaged.counts, files={"evidence": 2}))
    assert main_limit(read) == Phrase("limit.zone", {"n": 5_000})
    zoned = replace(read, limits=replace(limits, zones=limits.zones[1:]))
    assert main_limit(zoned) == Phrase("limit.timeless", {"n": 12})
    assert main_limit(replace(zoned, limits=replace(limits, zones=()))) == Phrase("limit.general")
    partly = replace(read, counts=replace(read.counts, bytes={"unsupported": 7, "damaged": 0}))
    assert main_limit(partly) == Phrase("limit.unsupported", {"size": 7})


def test_alike_findings_share_an_entry_on_the_first_page(synthetic: object) -> None:
    whole: tree.Summary = synthetic.summary("x")  # type: ignore[attr-defined]
    plain, foreign, _ = whole.inferences
    many = (
        plain,
        replace(plain, number="C-02", first=plain.first - NS, entities={"hosts": ("other.example",)}),
        foreign,
        replace(foreign, number="C-04", rule_id="another"),
        replace(foreign, number="C-05", level="low"),
    )
    entries = main_findings(replace(whole, inferences=many))
    assert [(e.found.number, [a.number for a in e.alike]) for e in entries] == [
        *(("C-01", ["C-02"]), (foreign.number, ["C-04"]), ("C-05", []))
    ]
    assert entries[0].span == (plain.first - NS, plain.last)
    assert entries[0].hosts == ("portal.example", "other.example")


def test_the_chart_counts_every_row(filled: Case) -> None:
    found = summarise(filled, DATE)
    assert found.chart is not None
    assert sum(sum(lane.counts) for lane in found.chart.lanes) + found.chart.timeless == found.counts.rows
    assert found.chart.width == 15 * NS
    assert [mark.number for mark in found.chart.marks] == ["C-01"]


def test_one_broken_clock_does_not_flatten_the_chart(timeline_of: Callable[[list[int]], Timeline]) -> None:
    day = [START + n * NS for n in range(0, 86_400, 100)]
    found = chart(timeline_of([1, *day]), ())
    assert found is not None
    assert sum(found.lanes[0].counts) + found.before + found.after == 865
    assert (found.before, found.after) == (1, 0)  # the row of 1970
    assert found.bins > 80


def test_bins_before_1970_hold_what_falls_into_them(timeline_of: Callable[[list[int]], Timeline]) -> None:
    found = chart(timeline_of([-90 * NS, -61 * NS, -59 * NS, -1, 0, NS]), ())
    assert found is not None
    assert (found.start, found.width) == (-90 * NS, NS)
    assert [at for at, n in enumerate(found.lanes[0].counts) if n] == [0, 29, 31, 89, 90, 91]


def test_a_finding_is_never_beyond_the_chart(filled: Case) -> None:
    first = summarise(filled, DATE).inferences[0]
    early = replace(first, first=0, last=NS)
    found = chart(Timeline(filled.timeline_folder), [early])
    assert found is not None
    assert found.start <= 0 < found.end
    assert found.bins <= 200
