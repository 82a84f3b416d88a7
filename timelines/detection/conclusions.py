"""From matches to findings: one a rule and host (an address where rows name no host), one a correlation and group; each with its rows,
entities and grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from timelines.detection.cited import Cited, RuleHits, sound_rows
from timelines.detection.columns import Ints
from timelines.detection.correlate import CorrelationHit
from timelines.detection.folding import fold
from timelines.detection.rules import About
from timelines.findings import Finding, Kind, finding_id, grade

ENTITIES = 50  # names listed of a kind; where there are more, `<kind>_total` says how many
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("hosts", ("host",)),
    ("users", ("user",)),
    ("ips", ("src_ip", "dst_ip")),
    ("processes", ("process",)),
    ("objects", ("object",)),
)


@dataclass(frozen=True)
class CitedTexts:
    """The cited rows' core columns as plain values, read once for all findings."""

    columns: Mapping[str, Sequence[str | None]]
    times: Ints
    timed: np.ndarray[tuple[int], np.dtype[np.bool_]]
    sound: Sequence[bool]

    @classmethod
    def of(cls, cited: Cited) -> CitedTexts:
        names = ("row_id", "family", "host", "user", "src_ip", "dst_ip", "process", "object")
        times, timed = cited.times()
        return cls({name: cited.texts(name) for name in names}, times, timed, sound_rows(cited.texts("flags")))

    def concluded(self, about: About, kind: Kind, key: str, rows: Sequence[int], why: str, strict: bool) -> Finding:
        """A finding over cited rows (ascending). `strict`: one unsound row makes it inconclusive, since its count may hang on it."""
        usable = [self.sound[at] and bool(self.timed[at]) for at in rows]
        families = sorted({str(self.columns["family"][at]) for at in rows})
        times = [int(self.times[at]) for at in rows if self.timed[at]]
        return Finding(
            finding_id(about.rule_id, key),
            kind,
            about.rule_id,
            about.title,
            about.level,
            grade(set(families), about.level, all(usable) if strict else any(usable)),
            min(times, default=None),
            max(times, default=None),
            self._entities(rows),
            tuple(str(self.columns["row_id"][at]) for at in rows),
            about.attack,
            why,
            about.description,
            about.falsepositives,
            tuple(families),
            about.texts,
        )

    def _entities(self, rows: Sequence[int]) -> dict[str, tuple[str, ...]]:
        out: dict[str, tuple[str, ...]] = {}
        for kind, columns in _KINDS:
            names = sorted({text for column in columns for at in rows if (text := self.columns[column][at])})
            if names:
                out[kind] = tuple(names[:ENTITIES])
            if len(names) > ENTITIES:
                out[f"{kind}_total"] = (str(len(names)),)
        return out

    def subject(self, row: int) -> str:
        """Whom a row speaks of: its host in Windows logs, the address that acts in captures and web logs."""
        windows = str(self.columns["family"][row]).startswith("windows/")
        order = ("host", "src_ip", "user") if windows else ("src_ip", "host", "dst_ip")
        return next((f"{name} {text}" for name in order if (text := self.columns[name][row])), "no host named")


def single_findings(texts: CitedTexts, about: About, hits: RuleHits) -> Iterable[Finding]:
    """One finding a subject, in subject order."""
    groups: dict[str, list[int]] = {}
    for at, row in enumerate(hits.rows.tolist()):
        groups.setdefault(fold(texts.subject(row)), []).append(at)
    for subject in sorted(groups):
        places = groups[subject]
        rows = [int(hits.rows[at]) for at in places]
        more = f" (first of {len(rows)} rows)" if len(rows) > 1 else ""
        yield texts.concluded(about, "match", subject, rows, hits.why[places[0]] + more, strict=False)


def correlation_findings(texts: CitedTexts, about: About, hits: Sequence[CorrelationHit]) -> Iterable[Finding]:
    """One finding a group, in group order: what repeats for the same subject is told once, with all its rows."""
    groups: dict[tuple[str, ...], list[CorrelationHit]] = {}
    for hit in hits:
        groups.setdefault(tuple(fold(value) for value in hit.group.values()), []).append(hit)
    for group in sorted(groups):
        episodes = sorted(groups[group], key=lambda hit: hit.rows)
        rows = sorted({row for hit in episodes for row in hit.rows})
        more = f" (first of {len(episodes)} times)" if len(episodes) > 1 else ""
        yield texts.concluded(about, "correlation", "\n".join(group), rows, episodes[0].why + more, strict=True)
