"""The whole of detection: rules over a timeline to matches, findings and an outcome for every rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from timelines.detection.cited import Cited, RuleHits
from timelines.detection.columns import Ints
from timelines.detection.conclusions import CitedTexts, correlation_findings, single_findings
from timelines.detection.correlate import CorrelationHit, correlate
from timelines.detection.engine import Engine
from timelines.detection.found_rows import FoundRows
from timelines.detection.late_reasons import late_reasons
from timelines.detection.repeated import Compact, Repeated
from timelines.detection.rules import About, Correlation, RuleSet
from timelines.detection.survey import Progress, Seen, survey
from timelines.detection.weaknesses import Parts
from timelines.findings import LEVELS, Fate, Finding, RuleOutcome
from timelines.repeats import again
from timelines.schema import TIME

if TYPE_CHECKING:
    from timelines.detection.allowed import Sieve
    from timelines.query import Timeline

_REPEATED = pa.dictionary(pa.int32(), pa.string())
MATCH_SCHEMA = pa.schema(
    [
        ("rule_id", _REPEATED),
        ("rule_title", _REPEATED),
        ("level", _REPEATED),
        ("row_id", pa.dictionary(pa.int32(), pa.large_string())),
        ("time", TIME),
        ("family", _REPEATED),
        ("why", pa.dictionary(pa.int32(), pa.large_string())),
    ]
)


@dataclass(frozen=True)
class Detection:
    """`matches`: one row a rule and row (`timelines.findings.MATCH_COLUMNS`), in timeline order, then by rule id. Its texts are
    coded: of millions of matches each holds numbers of texts, which are held once."""

    matches: pa.Table
    findings: tuple[Finding, ...]
    outcomes: tuple[RuleOutcome, ...]


@dataclass(frozen=True)
class _Cites:
    """The rows that a rule cites, and the reason of each."""

    about: About
    rows: Ints
    why: Sequence[str]


def detect(
    timeline: Timeline, rules: RuleSet, progress: Progress | None = None, sieve: Sieve | None = None
) -> Detection:
    """Run all rules and correlations. The result depends on rows and rules alone: not on parts, row groups or order of work.
    `sieve` takes away what the user's allow-list names."""
    parts = Parts.of(rules.rules)
    engine = Engine([*rules.rules, *parts.rules])
    place = {rule.about.rule_id: at for at, rule in enumerate(rules.rules)}
    wanted = _fields_wanted(rules.correlations, place)
    survey_of = survey(timeline, engine, wanted if sieve is None else sieve.fields(rules, wanted), progress)
    found, seen = survey_of.found, survey_of.seen
    found, shown = parts.taken_from(found)
    if sieve is not None:
        found = sieve.sifted(rules, found)
    by_rule = {rules.rules[at].about.rule_id: hits for at, hits in found.hits.items()}
    count = len(found.times)
    twice = again(timeline, count, found.places) if rules.correlations else np.zeros(count, np.bool_)
    episodes = correlate(rules.correlations, by_rule, (found.times, found.timed & ~twice))
    if sieve is not None:
        episodes = sieve.sifted_episodes(rules, episodes, found)
    by_rule |= _late(rules, place, found, episodes)
    cites = _cites(rules, found, by_rule, episodes)
    rows = np.unique(np.concatenate([np.empty(0, np.int64), *(one.rows for one in cites)]))
    cited = found.cited(rows)
    findings = _findings(rules, cited, rows, found, episodes, shown)
    outcomes = _outcomes(rules, seen, found.hits, episodes)
    return Detection(
        _matches(cited, [replace(one, rows=np.searchsorted(rows, one.rows)) for one in cites]),
        tuple(sorted(findings, key=_finding_order)),
        outcomes if sieve is None else sieve.told(outcomes),
    )


def _late(
    rules: RuleSet, place: Mapping[str, int], found: FoundRows, episodes: Mapping[str, tuple[CorrelationHit, ...]]
) -> dict[str, RuleHits]:
    """The hits of rules that only correlations use, as far as correlations that are told cite them: with their reasons."""
    by_id = {correlation.about.rule_id: correlation for correlation in rules.correlations}
    asked: dict[int, list[Ints]] = {}
    for correlation in rules.correlations:
        hits = episodes[correlation.about.rule_id]
        if correlation.output and hits:
            rows = np.concatenate([np.array(hit.rows, np.int64) for hit in hits])
            for name in _behind(correlation, by_id):
                if (at := place[name]) in found.hits and not rules.rules[at].output:
                    asked.setdefault(at, []).append(np.intersect1d(rows, found.hits[at].rows))
    late = late_reasons(rules.rules, found, {at: np.unique(np.concatenate(rows)) for at, rows in asked.items()})
    return {rules.rules[at].about.rule_id: hits for at, hits in late.items()}


def _behind(correlation: Correlation, by_id: Mapping[str, Correlation]) -> set[str]:
    """The rules behind a correlation, through others too."""
    return {name for rule in correlation.rules for name in (_behind(by_id[rule], by_id) if rule in by_id else (rule,))}


def _cites(
    rules: RuleSet,
    found: FoundRows,
    by_rule: Mapping[str, RuleHits],
    episodes: Mapping[str, tuple[CorrelationHit, ...]],
) -> list[_Cites]:
    """The found rows that rules and correlations cite, of those that are told."""
    by_id = {correlation.about.rule_id: correlation for correlation in rules.correlations}
    out = [_Cites(rules.rules[at].about, h.rows, h.why) for at, h in found.hits.items() if rules.rules[at].output]
    for correlation in rules.correlations:
        hits = episodes[correlation.about.rule_id]
        if correlation.output and hits:
            rows = np.concatenate([np.array(hit.rows, np.int64) for hit in hits])
            reasons = iter(_reasons(correlation.about.rule_id, by_id, by_rule, rows))
            told = Repeated.of(_joined(next(reasons), hit.why) for hit in hits for _ in hit.rows)
            out.append(_Cites(correlation.about, rows, told))
    return out


def _findings(
    rules: RuleSet,
    cited: Cited,
    rows: Ints,
    found: FoundRows,
    episodes: Mapping[str, tuple[CorrelationHit, ...]],
    shown: Mapping[int, Mapping[str, Ints]],
) -> list[Finding]:
    """What is concluded; `rows` are the found rows that are cited."""
    texts = CitedTexts.of(cited)
    findings: list[Finding] = []
    for at, hits in found.hits.items():
        if rules.rules[at].output:
            here = RuleHits(np.searchsorted(rows, hits.rows), hits.why)
            weak = {n: np.searchsorted(rows, np.intersect1d(mine, rows)) for n, mine in shown.get(at, {}).items()}
            findings += single_findings(texts, rules.rules[at], here, weak)
    for correlation in rules.correlations:
        if correlation.output:
            hits_of_it = episodes[correlation.about.rule_id]
            moved = [replace(hit, rows=tuple(np.searchsorted(rows, hit.rows).tolist())) for hit in hits_of_it]
            findings += correlation_findings(texts, correlation.about, moved)
    return findings


def _fields_wanted(correlations: tuple[Correlation, ...], place: Mapping[str, int]) -> dict[int, list[str]]:
    """The fields whose values correlations need of each rule's matches."""
    wanted: dict[int, dict[str, None]] = {}
    for correlation in correlations:
        for rule_id in correlation.rules:
            if rule_id in place:
                names = (*correlation.fields[rule_id], *correlation.counted.get(rule_id, ()))
                wanted.setdefault(place[rule_id], {}).update(dict.fromkeys(names))
    return {at: list(names) for at, names in wanted.items()}


def _reasons(
    rule_id: str, by_id: Mapping[str, Correlation], hits: Mapping[str, RuleHits], rows: Ints
) -> list[str | None]:
    """Why each row matched a rule behind a correlation: of several rules, the first that the correlation names."""
    out: list[str | None] = [None] * len(rows)
    for name in by_id[rule_id].rules:
        if name in by_id:
            more = _reasons(name, by_id, hits, rows)
        elif name in hits:
            more = _whys(hits[name], rows)
        else:
            continue
        out = [other if own is None else own for own, other in zip(out, more, strict=True)]
    return out


def _whys(hits: RuleHits, rows: Ints) -> list[str | None]:
    """The reason of each row, None for one that the rule did not match."""
    places = np.minimum(np.searchsorted(hits.rows, rows), len(hits.rows) - 1)
    mine = hits.rows[places] == rows
    return [hits.why[at] if matched else None for at, matched in zip(places.tolist(), mine.tolist(), strict=True)]


def _joined(reason: str | None, correlated: str) -> str:
    return f"{reason}; {correlated}" if reason else correlated


def _matches(cited: Cited, cites: Sequence[_Cites]) -> pa.Table:
    """One row a cited row and rule, in that order; where a rule cites a row twice, as it was first told."""
    ranks = {rule_id: at for at, rule_id in enumerate(sorted({one.about.rule_id for one in cites}))}
    abouts = {ranks[one.about.rule_id]: one.about for one in cites}
    empty = np.empty(0, np.int64)
    rows = np.concatenate([empty, *(one.rows for one in cites)])
    rules = np.concatenate([empty, *(np.full(len(one.rows), ranks[one.about.rule_id]) for one in cites)])
    order = np.lexsort((np.arange(len(rows)), rules, rows))
    kept = order[np.flatnonzero((np.diff(rows[order], prepend=-1) != 0) | (np.diff(rules[order], prepend=-1) != 0))]
    told_why = Repeated.compact([Repeated.of(one.why) for one in cites])
    told = [abouts[at] for at in range(len(ranks))]
    taken = rows[kept]
    ids = cited.table.column("row_id").cast(pa.large_string()).combine_chunks()
    named = {
        "rule_id": _coded([about.rule_id for about in told], rules[kept]),
        "rule_title": _coded([about.title for about in told], rules[kept]),
        "level": _coded([about.level for about in told], rules[kept]),
        "row_id": pa.DictionaryArray.from_arrays(pa.array(taken, pa.int32()), ids),
        "time": cited.table.column("time").take(pa.array(taken)),
        "family": cited.table.column("family").take(pa.array(taken)).combine_chunks().dictionary_encode(),
        "why": pa.DictionaryArray.from_arrays(pa.array(told_why.codes[kept]), Compact.of(told_why.distinct).array),
    }
    return pa.table(named, schema=MATCH_SCHEMA).combine_chunks()


def _coded(texts: Sequence[str], codes: Ints) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(texts, pa.string()))


def _finding_order(finding: Finding) -> tuple[int, int, str, str]:
    level = LEVELS.index(finding.level) if finding.level in LEVELS else 0
    first = finding.first if finding.first is not None else 2**63
    return -level, first, finding.rule_id, finding.finding_id


def _outcomes(
    rules: RuleSet,
    seen: Mapping[int, Seen],
    found: Mapping[int, RuleHits],
    episodes: Mapping[str, tuple[CorrelationHit, ...]],
) -> tuple[RuleOutcome, ...]:
    out: list[RuleOutcome] = []
    looked: dict[str, tuple[tuple[str, ...], int]] = {}
    for at, rule in enumerate(rules.rules):
        about, sight = rule.about, seen[at]
        hits = len(found[at].rows) if at in found else 0
        families = tuple(sorted(sight.families))
        looked[about.rule_id] = (families, sight.rows)
        fate: Fate = "matched" if hits else "silent" if sight.rows else "no-data"
        out.append(
            RuleOutcome(about.rule_id, about.title, about.level, "match", fate, about.path, families, sight.rows, hits)
        )
    for correlation in rules.correlations:
        about = correlation.about
        families = tuple(sorted({name for rule_id in correlation.rules for name in looked[rule_id][0]}))
        rows = sum(looked[rule_id][1] for rule_id in dict.fromkeys(correlation.rules))
        looked[about.rule_id] = (families, rows)
        hits = len(episodes[about.rule_id])
        fate = "matched" if hits else "silent" if rows else "no-data"
        out.append(
            RuleOutcome(about.rule_id, about.title, about.level, "correlation", fate, about.path, families, rows, hits)
        )
    for refused in rules.refused:
        where = f"{refused.path}:{refused.line}:{refused.column}" if refused.line else refused.path
        out.append(
            RuleOutcome(
                refused.rule_id, refused.title, refused.level, refused.kind, "refused", where, reason=refused.reason
            )
        )
    return tuple(sorted(out, key=lambda item: (item.path, item.rule_id, item.title)))
