"""The records that findings cite: a bounded excerpt of each, read from the timeline in one pass for all findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cases.summary import Observation
from timelines.findings import Finding
from timelines.query import Timeline

EXCERPT = 20  # records printed a finding: what a reader takes in; the rest is counted and stays in the case
CANDIDATES = (
    200  # cited rows, from the first on, that the excerpt is chosen from: keeps a finding of a million rows cheap
)
SENTENCE = 600  # characters of a sentence printed: a command line of 10,000 says no more on paper
_LAST = 2**63


def excerpts(
    timeline: Timeline, findings: Sequence[Finding], languages: Sequence[str]
) -> dict[str, tuple[tuple[Observation, ...], int]]:
    """By finding id, up to EXCERPT observations in timeline order, every family among them and all that followed; and how many candidates
    are absent."""
    roles = {finding.finding_id: roles_of(finding) for finding in findings}
    candidates = {f.finding_id: tuple(dict.fromkeys((*roles[f.finding_id], *f.rows[:CANDIDATES]))) for f in findings}
    asked = sorted({row for rows in candidates.values() for row in rows})
    families = _families(timeline, asked)
    chosen = {}
    for key, rows in candidates.items():
        here = [row for row in rows if row in families]
        followed = [row for row in here if row in roles[key]][:EXCERPT]
        others = _spread([row for row in here if row not in roles[key]], families)
        chosen[key] = [*followed, *others[: EXCERPT - len(followed)]]
    read = _observations(timeline, sorted({row for rows in chosen.values() for row in rows}), languages)
    return {
        key: (
            tuple(sorted((replace(read[row], role=roles[key].get(row, "")) for row in chosen[key]), key=_place)),
            sum(row not in families for row in rows),
        )
        for key, rows in candidates.items()
    }


def roles_of(finding: Finding) -> dict[str, str]:
    """The rows that followed what the rule found, and what each is."""
    return {row: role for role, rows in finding.followed.items() for row in rows}


def _place(seen: Observation) -> tuple[int, str, str, int, str]:
    return (_LAST if seen.time is None else seen.time, seen.exhibit, seen.file, seen.offset, seen.row_id)


def _families(timeline: Timeline, rows: Sequence[str]) -> dict[str, str]:
    if not rows:
        return {}
    table = timeline.sql("select row_id, family from timeline where row_id in (select unnest(?))", [list(rows)])
    return dict(zip(table.column("row_id").to_pylist(), table.column("family").to_pylist(), strict=True))


def _spread(rows: Sequence[str], families: Mapping[str, str]) -> list[str]:
    """The first rows of each family in turn, so that a finding over several sources shows a record of each."""
    queues: dict[str, list[str]] = {}
    for row in rows:
        queues.setdefault(families[row], []).append(row)
    rounds = max(map(len, queues.values()), default=0)
    turns = [queue[turn] for turn in range(rounds) for queue in queues.values() if turn < len(queue)]
    return turns[:EXCERPT]


def _observations(timeline: Timeline, rows: Sequence[str], languages: Sequence[str]) -> dict[str, Observation]:
    from timelines.messages.sentences import sentences

    found: dict[str, Observation] = {}
    for table in timeline.rows(rows):
        said = {language: sentences(table, language).to_pylist() for language in languages}
        names = [n for n in Observation.__dataclass_fields__ if n in table.schema.names and n != "time"]
        instants = table.column("time").cast("int64").to_pylist()
        for at, row in enumerate(table.select(names).to_pylist()):
            words = {language: said[language][at] or "" for language in languages}
            found[row["row_id"]] = _observation(row, instants[at], words)
    return found


def _observation(row: Mapping[str, Any], instant: int | None, words: Mapping[str, str]) -> Observation:
    texts = {
        name: row[name] or "" for name in ("time_quality", "exhibit", "file", "family", "event", "flags", "row_id")
    }
    cut = {language: text[:SENTENCE] + "…" if len(text) > SENTENCE else text for language, text in words.items()}
    return Observation(
        time=instant,
        record=row["record"],
        offset=row["offset"],
        length=row["length"],
        sentences=cut,
        cut=any(len(text) > SENTENCE for text in words.values()),
        **texts,
    )
