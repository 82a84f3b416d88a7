"""From a case to its summary: read once, in a fixed order, so that the same case and date give the same summary anywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date as calendar_date

from cases import findings as kept
from cases import opinions as written
from cases import reviews as reviewing
from cases import summary as tree
from cases.case import Case
from cases.chart import chart
from cases.citations import excerpts
from cases.custody import Entry, Head
from cases.drafts import draft
from cases.errors import CaseError
from cases.exhibits import computed_sha256
from cases.exhibits import listing_sha256 as listing_sha256
from cases.finding_charts import finding_charts
from cases.handover import hand_overs
from cases.integrity import CHANGED, READ
from cases.languages import codes
from cases.limits import limits, rules
from cases.line_formats import formats_read
from timelines.flow_timeouts import flow_timeouts
from timelines.inventory import Exhibit, FileEntry
from timelines.problems import KINDS, LedgerRow
from timelines.query import Timeline

ISSUED = "report-issued"
CAPTURES = "network/capture"  # the reader of packet captures
HASHED_AGAIN: Mapping[str, tree.Evidence] = {READ: "unchanged", CHANGED: "changed"}


def summarise(case: Case, date: str) -> tree.Summary:
    """The summary of `case` as of `date` (YYYY-MM-DD, printed as the report's date). Raises CaseError when the date is none."""
    _check_date(date)
    timeline = Timeline(case.timeline_folder)
    ledger = [LedgerRow(**row) for row in timeline.ledger().to_pylist()]
    families = _families(timeline)
    formats = formats_read(timeline)
    known = reviewing.reviews(case)
    every = _inferences(timeline, known.findings)
    inferences = tuple(found for found in every if found.review.stands)
    outcomes = kept.load_outcomes(case.findings_folder)
    custody = _custody(case)
    worked = tuple(sorted({f"{line.tool} {line.version}" for line in custody.lines}))
    return tree.Summary(
        date=date,
        tool=tree.Tool(case.hand.tool, case.hand.version, worked),
        case=case.info,
        exhibits=tuple(_sheet(case, exhibit, ledger, formats) for exhibit in case.register.exhibits),
        counts=_counts(case, ledger, families, timeline),
        custody=custody,
        inferences=inferences,
        chart=chart(timeline, inferences),
        rules=rules(
            outcomes, kept.analysed(case.findings_folder), families, kept.coverage_if_kept(case.findings_folder)
        ),
        limits=limits(timeline, inferences),
        opinions=written.opinions(case),
        set_aside=tuple(found for found in every if not found.review.stands),
        orphans=known.orphans,
        draft=draft(case.info, inferences),
    )


def _check_date(text: str) -> None:
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            raise ValueError("not YYYY-MM-DD")
        calendar_date.fromisoformat(text)
    except ValueError as error:
        raise CaseError(f"date {text!r}: {error}; expected a day such as 2026-01-02") from error


def _families(timeline: Timeline) -> tuple[tree.FamilyCount, ...]:
    rows: dict[str, int] = {}
    spans: dict[str, list[int]] = {}
    for part in timeline.store.infos():
        if not part.family.startswith("_"):
            rows[part.family] = rows.get(part.family, 0) + part.rows
            spans.setdefault(part.family, []).extend(t for t in (part.first, part.last) if t is not None)
    return tuple(
        tree.FamilyCount(name, rows[name], min(spans[name], default=None), max(spans[name], default=None))
        for name in sorted(rows)
    )


def _counts(
    case: Case, ledger: Sequence[LedgerRow], families: tuple[tree.FamilyCount, ...], timeline: Timeline
) -> tree.Counts:
    statuses: dict[str, int] = {}
    for entry in case.register.entries:
        statuses[entry.status] = statuses.get(entry.status, 0) + 1
    fates: dict[str, int] = {kind: sum(getattr(row, kind) for row in ledger) for kind in KINDS}
    problems = timeline.sql("select count(*) as n from problems").to_pylist()[0]["n"]
    return tree.Counts(dict(sorted(statuses.items())), fates, families, problems)


def _sheet(
    case: Case, exhibit: Exhibit, ledger: Sequence[LedgerRow], formats: Mapping[str, tuple[tree.FormatCount, ...]]
) -> tree.ExhibitSheet:
    sums = {row.file: row for row in ledger if row.exhibit == exhibit.exhibit}
    entries = case.register.files_of(exhibit.exhibit)
    sha256 = computed_sha256(case.register, exhibit)
    return tree.ExhibitSheet(
        number=exhibit.exhibit,
        name=exhibit.name,
        is_folder=exhibit.is_folder,
        files=exhibit.files,
        size=exhibit.size,
        added=exhibit.added,
        sha256=sha256,
        supplied_sha256=exhibit.supplied_sha256,
        agreement=_agreement(exhibit, sha256),
        seal=exhibit.seal,
        description=exhibit.description,
        zone=exhibit.zone,
        clock_offset_s=exhibit.clock_offset_s,
        clock_source=exhibit.clock_source,
        entries=tuple(_line(entry, sums.get(entry.file)) for entry in entries),
        flow_timeouts=flow_timeouts(exhibit.flow_timeouts) if any(e.parser == CAPTURES for e in entries) else None,
        formats=formats.get(exhibit.exhibit, ()),
        layouts=exhibit.log_formats,
        code_page=exhibit.code_page,
    )


def _agreement(exhibit: Exhibit, sha256: str) -> tree.Agreement:
    if not exhibit.supplied_sha256:
        return "not-supplied"
    if exhibit.supplied_sha256.strip().lower() == sha256:
        return "same"
    return "not-comparable" if exhibit.is_folder else "different"


def _line(entry: FileEntry, sums: LedgerRow | None) -> tree.FileLine:
    fates = {kind: getattr(sums, kind) if sums else None for kind in KINDS}
    return tree.FileLine(
        entry.file, entry.size, entry.sha256, entry.status, entry.parser, entry.reason, entry.duplicate_of, **fates
    )


def _inferences(timeline: Timeline, known: Sequence[reviewing.Reviewed]) -> tuple[tree.Inference, ...]:
    cited = excerpts(timeline, [one.finding for one in known], codes())
    charts = finding_charts(timeline, [one.finding for one in known if one.review.stands])
    digits = max(2, len(str(len(known))))
    return tuple(
        tree.Inference(
            number=f"C-{place:0{digits}d}",
            finding_id=found.finding_id,
            kind=found.kind,
            rule_id=found.rule_id,
            title=found.title,
            description=found.description,
            level=found.level,
            grade=found.grade,
            first=found.first,
            last=found.last,
            why=found.why,
            entities={name: found.entities[name] for name in sorted(found.entities)},
            attack=found.attack,
            falsepositives=found.falsepositives,
            sources=tuple(sorted({family.partition("/")[0] for family in found.families})),
            texts=found.texts,
            rows=len(found.rows),
            observations=cited[found.finding_id][0],
            absent=cited[found.finding_id][1],
            review=review,
            chart=charts.get(found.finding_id),
            cve=found.cve,
        )
        for place, (found, review) in enumerate(((one.finding, one.review) for one in known), 1)
    )


def _custody(case: Case) -> tree.Custody:
    faults = case.custody.check()
    try:
        entries = case.custody.entries()
        faults += [fault for book in (written.notebook(case), reviewing.notebook(case)) for fault in book.faults()]
    except CaseError:  # `faults` says which entry, and the summary prints it
        entries = []
    while entries and entries[-1].act.action == ISSUED:
        entries.pop()  # the case that is summed up: issuing a summary of it must not change the next one's bytes
    head = Head(entries[-1].seq, entries[-1].hash) if entries else None
    evidence, again = _hashed_again(entries)
    lines = tuple(
        tree.CustodyLine(e.seq, e.act.time, e.act.who, e.act.action, e.act.tool, e.act.version, e.hash) for e in entries
    )
    return tree.Custody(lines, head, tuple(faults), evidence, again, hand_overs(entries))


def _hashed_again(entries: Sequence[Entry]) -> tuple[tree.Evidence, str | None]:
    """Whether the evidence was hashed again after reading, and found the same: the worst that custody says, the latest time."""
    acts = [entry.act for entry in entries if entry.act.action in HASHED_AGAIN]
    if not acts:
        return "not-hashed-again", None
    changed = any(HASHED_AGAIN[act.action] == "changed" for act in acts)
    return ("changed" if changed else "unchanged"), acts[-1].time
