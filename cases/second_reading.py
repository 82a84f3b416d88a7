"""What a second, independent reading of the cited rows came to, kept with the case: tools, versions, counts, every difference."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cases import durable
from cases.case import Case
from cases.checks import Check, State
from cases.errors import CaseError
from cases.reviews import reviews
from timelines.hashing import sha256_file
from timelines.store import MANIFEST

FILE = "second_reading.json"
_FORMAT = 1
LISTED = 1_000  # differences listed; further ones are counted


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that two readers have differently; None is no value."""

    row_id: str
    field: str
    timeline: str | None
    second: str | None


@dataclass(frozen=True, slots=True)
class Tally:
    """What one tool came to. `rows`: cited rows asked for; `read`: those it read; `fields`: compared, which are `equal` as they stand,
    equal under a declared rule (`agreed`, by rule), or `different`. `unread` rows and `not_compared` fields are counted by reason."""

    tool: str
    version: str
    how: str
    rows: int
    read: int
    fields: int
    equal: int
    different: int
    agreed: Mapping[str, int] = field(default_factory=dict)
    unread: Mapping[str, int] = field(default_factory=dict)
    not_compared: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecondReading:
    """One reading: `cited` rows of the findings, `chosen` of them by the limit, `absent` ones that the timeline does not hold."""

    cited_sha256: str
    timeline_sha256: str
    cited: int
    chosen: int
    absent: tuple[str, ...]
    out_of_reach: Mapping[str, int]  # rows of evidence that could not be opened, by reason
    tallies: tuple[Tally, ...]
    differences: tuple[Difference, ...]

    @property
    def different(self) -> int:
        return sum(tally.different for tally in self.tallies)

    def checks(self) -> list[Check]:
        """The reading as lines of a verification."""
        found = [_line(tally) for tally in self.tallies]
        for reason, rows in self.out_of_reach.items():
            found.append(Check("second reading", f"{rows} rows", "not-checked", reason))
        for difference in self.differences[:20]:
            detail = f"timeline {_shown(difference.timeline)}, second reader {_shown(difference.second)}"
            found.append(Check("second reading", f"{difference.row_id} {difference.field}", "failed", detail))
        for row in self.absent[:20]:
            found.append(Check("second reading", row, "failed", "cited by a finding, not in the timeline"))
        if self.chosen < self.cited:
            detail = f"{self.chosen} of {self.cited} cited rows read again; --rows reads all"
            found.append(Check("second reading", "extent", "ok", detail))
        return found


def _shown(text: str | None) -> str:
    return "no value" if text is None else repr(text if len(text) <= 80 else text[:79] + "…")


def _line(tally: Tally) -> Check:
    state: State = "failed" if tally.different else "ok" if tally.read else "not-checked"
    detail = (
        f"{tally.read} of {tally.rows} rows read, {tally.fields} fields compared: {tally.equal} equal, "
        f"{sum(tally.agreed.values())} equal by declared rules, {tally.different} different"
    )
    for reason, rows in tally.unread.items():
        detail += f"; {rows} rows not comparable: {reason}"
    return Check("second reading", f"{tally.tool} {tally.version}", state, detail)


def cited_rows(case: Case) -> list[str]:
    """Every row that a finding cites, the examiner's own findings too, once: the first of each finding, then the second of each …"""
    queues = [one.finding.rows for one in reviews(case).findings]
    found: dict[str, None] = {}
    for turn in range(max(map(len, queues), default=0)):
        queues = [rows for rows in queues if turn < len(rows)]
        found.update(dict.fromkeys(rows[turn] for rows in queues))
    return list(found)


def anchors(case: Case) -> tuple[str, str]:
    """The SHA-256 of the list of cited rows, and of the timeline's manifest, that a reading speaks of."""
    manifest = case.timeline_folder / MANIFEST
    rows = hashlib.sha256("\n".join(cited_rows(case)).encode()).hexdigest()
    return rows, sha256_file(manifest) if manifest.is_file() else ""


def save(case: Case, reading: SecondReading) -> None:
    """Keep a reading in the case and record it in custody. Raises CaseError, with nothing written, when custody is not whole."""
    faults = case.custody.check()
    if faults:
        raise CaseError(f"not kept: custody entry {faults[0].seq}: {faults[0].reason}")
    document = {"format": _FORMAT, **asdict(reading)}
    durable.write(case.findings_folder / FILE, durable.canonical(document) + b"\n")
    options = {
        "tools": {tally.tool: tally.version for tally in reading.tallies},
        "cited": reading.cited,
        "rows": sum(tally.read for tally in reading.tallies),
        "fields": sum(tally.fields for tally in reading.tallies),
        "different": reading.different,
    }
    case.log("rows-read-again", options, [f"{case.findings_folder.name}/{FILE}"])


def load(case: Case) -> SecondReading | None:
    """The reading kept in the case, or None when there is none. Raises CaseError when it is damaged."""
    path = case.findings_folder / FILE
    if not path.exists():
        return None
    value: Any = durable.read_json(path)
    try:
        if value.pop("format") != _FORMAT:
            raise CaseError(f"{path}: written by another version; run `athar verify --rows` again")
        value["tallies"] = tuple(Tally(**tally) for tally in value["tallies"])
        value["differences"] = tuple(Difference(**difference) for difference in value["differences"])
        value["absent"] = tuple(value["absent"])
        return SecondReading(**value)
    except (AttributeError, KeyError, TypeError) as error:
        raise CaseError(f"{path}: not as Athar writes it ({error}); run `athar verify --rows` again") from error


def current(case: Case, reading: SecondReading) -> bool:
    """Whether a kept reading speaks of the findings and the timeline that the case holds now."""
    return (reading.cited_sha256, reading.timeline_sha256) == anchors(case)
