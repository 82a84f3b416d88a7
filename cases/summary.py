"""The summary of a case as data, in no language: what was received, what was observed, what rules infer, what a person thinks.

Three kinds of statement are kept apart as types. An `Observation` is what a record holds. An `Inference` is what a rule or an
analyzer makes of observations. An `Opinion` is what a named person concludes (`cases.examiner`). Instants are UTC ns; sizes are
bytes; a None is printed as "not supplied". Nothing here names the folder of the case or a place on the machine that made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cases.bins import Chart as Chart
from cases.bins import Lane as Lane
from cases.bins import Mark as Mark
from cases.case import CaseInfo
from cases.custody import Fault, Head
from cases.examiner import Decision as Decision
from cases.examiner import Draft as Draft
from cases.examiner import HandOver as HandOver
from cases.examiner import Issue as Issue
from cases.examiner import Opinion as Opinion
from cases.examiner import Review as Review
from cases.received import Agreement as Agreement
from cases.received import Counts as Counts
from cases.received import ExhibitSheet as ExhibitSheet
from cases.received import FamilyCount as FamilyCount
from cases.received import FileLine as FileLine
from cases.received import FormatCount as FormatCount
from cases.redaction.record import Redaction
from timelines.findings import Grade, Kind
from timelines.problems import Problem

SCHEMA = 1  # of the JSON twin

Evidence = Literal["unchanged", "changed", "not-hashed-again"]


@dataclass(frozen=True, slots=True)
class Tool:
    """What made the summary, and the versions that custody names for the work before it."""

    name: str
    version: str
    worked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """One record of the evidence, cited so that anyone can go to its bytes. `sentences`: by language, what the record says; `cut` where a
    sentence was too long to print whole. `role`: empty for what the rule found, else what it is of what followed (`script`, `account`,
    `login`)."""

    row_id: str
    time: int | None
    time_quality: str
    exhibit: str
    file: str
    record: int | None
    offset: int
    length: int
    family: str
    event: str
    flags: str
    sentences: Mapping[str, str]
    cut: bool = False
    role: str = ""


@dataclass(frozen=True, slots=True)
class Inference:
    """What a rule or an analyzer makes of observations. `number` (C-01 …) is its place in this summary.

    `texts` holds by language the plain words that the rule's author gave; what is missing there is said to be missing.
    `observations` is an excerpt in timeline order; `rows` counts all; `chart` places all over time, where there is anything to place;
    `absent` counts cited rows that the timeline does not
    hold. `sources` are kinds of source (`windows`, `net`, `web`). `review` is what the examiner did with it: none of it is inferred.
    """

    number: str
    finding_id: str
    kind: Kind
    rule_id: str
    title: str
    description: str
    level: str
    grade: Grade
    first: int | None
    last: int | None
    why: str
    entities: Mapping[str, tuple[str, ...]]
    attack: tuple[str, ...]
    falsepositives: tuple[str, ...]
    sources: tuple[str, ...]
    texts: Mapping[str, Mapping[str, str]]
    rows: int
    observations: tuple[Observation, ...]
    absent: int = 0
    review: Review = field(default_factory=Review)
    chart: Chart | None = None
    cve: tuple[str, ...] = ()

    def words(self, code: str) -> dict[str, str]:
        """Its words (title, shows …) in the language `code`: the examiner's where there are any, else the rule's author's."""
        return {**self.texts.get(code, {}), **self.review.words(code)}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """What became of one rule. `suppressed`: matches that the examiner's allow-list took away; `reason` then says why."""

    rule_id: str
    title: str
    level: str
    kind: Kind
    fate: str
    families: tuple[str, ...]
    rows_seen: int
    matches: int
    reason: str
    suppressed: int = 0


@dataclass(frozen=True, slots=True)
class Silence:
    """Where rules looked and found nothing: how many, over how many rows of a family, in which span of time."""

    family: str
    rules: int
    rows: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Blind:
    """A machine of which kinds of record that rules asked for are not in the case: how many `rules` could therefore see nothing of it, how
    many `kinds`, and the names of those that most rules asked for. `host` is empty for what the whole case lacks."""

    host: str
    rules: int
    kinds: int
    logsources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule by fate. `ran` is False when no rules were run on this case: then nothing can be said of what was not found."""

    ran: bool
    counts: Mapping[str, int]
    lines: tuple[RuleLine, ...]
    silences: tuple[Silence, ...]
    blind: tuple[Blind, ...] = ()

    @property
    def suppressed(self) -> int:
        """Matches that the examiner's allow-list took away, of all rules."""
        return sum(line.suppressed for line in self.lines)


@dataclass(frozen=True, slots=True)
class ZoneLine:
    """Rows of one file whose time is not certain: converted with a zone that the examiner gave, its year inferred, or unknown."""

    exhibit: str
    file: str
    quality: str
    rows: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What could not be read, placed in time or looked at. `problems` is an excerpt; `Counts.problems` counts all. `logs` are the numbers
    (C-01 …) of standing findings that speak of a log itself: where it may hold less, or other, than what happened."""

    problems: tuple[Problem, ...]
    zones: tuple[ZoneLine, ...]
    flags: Mapping[str, int]
    logs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CustodyLine:
    """One custody entry, without its options and subjects."""

    seq: int
    time: str
    who: str
    action: str
    tool: str
    version: str
    hash: str


@dataclass(frozen=True, slots=True)
class Custody:
    """The journal as it stood when the summary was made, its head, and what is wrong with it."""

    lines: tuple[CustodyLine, ...]
    head: Head | None
    faults: tuple[Fault, ...]
    evidence: Evidence
    hashed_again: str | None
    hand_overs: tuple[HandOver, ...] = ()


@dataclass(frozen=True, slots=True)
class Annex:
    """The file beside a summary that holds every cited record whole: `lines` citations of `records` records."""

    name: str
    sha256: str
    lines: int
    records: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything an exporter needs, in the order in which it is told.

    `inferences` stand; `set_aside` are those that the examiner rejected or merged into another, `orphans` decisions on findings
    that the last run of the rules no longer made. Numbers (C-01 …) run over all of them. `redaction` is the log of a redacted copy.
    `annex` is the file beside it, in its language; None where no finding cites a record.
    """

    date: str
    tool: Tool
    case: CaseInfo
    exhibits: tuple[ExhibitSheet, ...]
    counts: Counts
    custody: Custody
    inferences: tuple[Inference, ...]
    chart: Chart | None
    rules: Rules
    limits: Limits
    opinions: tuple[Opinion, ...] = ()
    set_aside: tuple[Inference, ...] = ()
    orphans: tuple[Decision, ...] = ()
    issue: Issue = field(default_factory=Issue)
    draft: Draft = field(default_factory=Draft)
    redaction: Redaction | None = None
    annex: Annex | None = None
    schema: int = field(default=SCHEMA)
