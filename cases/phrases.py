"""Which sentence a summary calls for, before it is put into a language: main limit, integrity, main findings.

A `Phrase` names words of the language files. Of its values, `size` is in bytes, other whole numbers are counts, text is a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cases.summary import Inference, Opinion, Summary
from timelines.flow_timeouts import FlowTimeouts, seconds
from timelines.inventory import CARVABLE

MAIN = 5  # findings on the first page: what a reader can hold


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words by key, and what stands in their placeholders."""

    key: str
    values: Mapping[str, int | str] = field(default_factory=dict)


def heading(summary: Summary) -> Phrase:
    """What the document is headed as: a summary unless the case says otherwise."""
    chosen = summary.case.document or "summary"
    return Phrase("title.document" if chosen == "summary" else f"title.{chosen}")


def main_limit(summary: Summary) -> Phrase:
    """The limit that weighs most on this case; the general one where no other applies."""
    counts = summary.counts
    unread = sum(counts.files.get(status, 0) for status in ("unrecognised", "unreadable"))
    rows = dict.fromkeys(("assumed-zone", "inferred-year", "unknown", "no-time", "no-order"), 0)
    for line in summary.limits.zones:
        rows[line.quality] = rows.get(line.quality, 0) + line.rows
    timeless = rows["no-time"] + rows["no-order"]
    zoneless = rows["assumed-zone"] + rows["inferred-year"] + rows["unknown"]
    candidates = (
        (summary.custody.evidence == "changed", Phrase("limit.changed")),
        (counts.bytes.get("damaged", 0), Phrase("limit.damaged", {"size": counts.bytes.get("damaged", 0)})),
        (unread, Phrase("limit.unread", {"n": unread})),
        (counts.bytes.get("unsupported", 0), Phrase("limit.unsupported", {"size": counts.bytes.get("unsupported", 0)})),
        (zoneless, Phrase("limit.zone", {"n": zoneless})),
        (timeless, Phrase("limit.timeless", {"n": timeless})),
    )
    return next((phrase for applies, phrase in candidates if applies), Phrase("limit.general"))


def carvable(summary: Summary) -> Phrase | None:
    """How many files are not read although they hold an event log, where the case has not read the same bytes in another way."""
    lines = [line for sheet in summary.exhibits for line in sheet.entries]
    read = {line.sha256 for line in lines if line.status == "evidence"}
    files = sum(line.reason == CARVABLE and line.status == "unrecognised" and line.sha256 not in read for line in lines)
    return Phrase("limits.carvable", {"n": files, "command": "athar carve"}) if files else None


def integrity(summary: Summary) -> tuple[Phrase, ...]:
    """Two sentences: on the evidence, on the custody journal."""
    custody = summary.custody
    evidence = Phrase(f"integrity.{custody.evidence}", {"time": custody.hashed_again} if custody.hashed_again else {})
    if custody.faults:
        return evidence, Phrase("integrity.chain_faulty", {"n": custody.faults[0].seq})
    return evidence, Phrase("integrity.chain_whole", {"n": len(custody.lines)})


def contacts(summary: Summary) -> tuple[Phrase, ...]:
    """By which idle times packets were counted as contacts: a sentence for all exhibits with captures that share them."""
    sharing: dict[FlowTimeouts, list[str]] = {}
    for sheet in summary.exhibits:
        if sheet.flow_timeouts is not None:
            sharing.setdefault(sheet.flow_timeouts, []).append(sheet.number)
    return tuple(
        Phrase(
            "method.contacts",
            {
                "exhibits": ", ".join(numbers),
                **{name: seconds(getattr(times, name)) for name in ("tcp", "udp", "icmp")},
            },
        )
        for times, numbers in sharing.items()
    )


@dataclass(frozen=True, slots=True)
class MainFinding:
    """An entry of the first page: the gravest and firmest of findings that are alike, and the others by number."""

    found: Inference
    alike: tuple[Inference, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The machines that any of them names, in order of gravity."""
        return tuple(dict.fromkeys(name for f in (self.found, *self.alike) for name in f.entities.get("hosts", ())))

    @property
    def span(self) -> tuple[int | None, int | None]:
        """From the first to the last of them all, in UTC ns."""
        every = (self.found, *self.alike)
        firsts = [f.first for f in every if f.first is not None]
        lasts = [f.last for f in every if f.last is not None]
        return min(firsts, default=None), max(lasts, default=None)


def main_findings(summary: Summary) -> tuple[MainFinding, ...]:
    """The first page: one entry a rule that has plain words, one for all else of the same importance and sources.

    What the examiner accepted or added comes first; a finding that has the examiner's words speaks for itself alone.
    """
    groups: dict[tuple[object, ...], list[Inference]] = {}
    for found in sorted(summary.inferences, key=lambda found: not found.review.decided):
        key: tuple[object, ...] = (found.rule_id,) if found.texts else (found.level, found.grade, found.sources)
        if found.review.texts:
            key = (found.finding_id,)
        groups.setdefault(key, []).append(found)
    return tuple(MainFinding(found[0], tuple(found[1:])) for found in list(groups.values())[:MAIN])


def missing(summary: Summary) -> Phrase | None:
    """Why the first page has no findings, where it has none."""
    if summary.inferences:
        return None
    return Phrase("first.no_findings" if summary.rules.ran else "first.no_rules")


def answer(summary: Summary, question: str) -> Opinion | None:
    """The last answer to a question of the request; None while it is not answered."""
    return next((o for o in reversed(summary.opinions) if o.role == "answer" and o.question == question), None)


def opinions_on(summary: Summary, question: str | None = None, finding: str | None = None) -> tuple[Opinion, ...]:
    """What holds on a question (its answer) or what was noted on a finding."""
    if question is not None:
        held = answer(summary, question)
        return (held,) if held else ()
    return tuple(o for o in summary.opinions if finding is not None and o.finding == finding)
