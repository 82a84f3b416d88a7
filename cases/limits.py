"""What could not be read, placed in time or looked at: counted by file, quoted in excerpt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.summary import Blind, FamilyCount, Inference, Limits, RuleLine, Rules, Silence, ZoneLine
from timelines.analyzers import of_logs
from timelines.findings import RuleOutcome
from timelines.log_lines import FAMILIES
from timelines.problems import Problem
from timelines.query import Timeline

PROBLEMS = 200  # quoted in a summary; the rest is counted and stays in the case
KINDS = 4  # kinds of record named for a machine; the others are counted
FATES = ("matched", "suppressed", "silent", "no-data", "excluded", "refused")
_CHOICES = (
    "suppressed",
    "excluded",
)  # fates that only a choice of the examiner's brings about: told where there are any


def limits(timeline: Timeline, inferences: Sequence[Inference] = ()) -> Limits:
    """Problems, uncertain times, remarks on rows, and which of the standing findings speak of a log itself."""
    quoted = timeline.sql(
        f'select * from problems order by exhibit, file, "offset", "length", reason limit {PROBLEMS}'
    ).to_pylist()
    zones = timeline.sql(
        "select exhibit, file, case when time is null then 'no-time' else time_quality end as quality, count(*) as n from timeline "
        "where time is null or time_quality in ('assumed-zone', 'inferred-year', 'unknown') group by all order by all"
    ).to_pylist()
    zones = _ordered(timeline, zones)
    flags = timeline.sql(
        "select flag, count(*) as n from (select unnest(string_split(flags, ',')) as flag from timeline where flags <> '') "
        "group by flag order by flag"
    ).to_pylist()
    return Limits(
        problems=tuple(Problem(**row) for row in quoted),
        zones=tuple(ZoneLine(row["exhibit"], row["file"], row["quality"], row["n"]) for row in zones),
        flags={row["flag"]: row["n"] for row in flags},
        logs=tuple(found.number for found in inferences if found.rule_id in of_logs()),
    )


def _ordered(timeline: Timeline, zones: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The same, with the lines of web logs set apart that have no wall time either: nothing says in which order they were written."""
    apart: dict[tuple[str, str], int] = {}
    for family in FAMILIES:
        names = {name for part in timeline.parts(family) for name in part.schema.names}
        if names:
            query = f"""select exhibit, file, count(*) as n from {family.replace("/", "_")} where time is null
                {"and wall_time is null" if "wall_time" in names else ""} group by all"""
            for row in timeline.sql(query).to_pylist():
                key = row["exhibit"], row["file"]
                apart[key] = apart.get(key, 0) + row["n"]
    found: list[Mapping[str, Any]] = []
    for zone in zones:
        n = apart.get((zone["exhibit"], zone["file"]), 0) if zone["quality"] == "no-time" else 0
        found += [dict(zone, quality="no-order", n=n)] if n else []
        found += [dict(zone, n=zone["n"] - n)] if zone["n"] > n else []
    return found


def rules(
    outcomes: Sequence[RuleOutcome],
    ran: bool,
    families: Sequence[FamilyCount],
    coverage: Sequence[Mapping[str, Any]] = (),
) -> Rules:
    """What became of each rule, over what the silent ones looked, and what was not there to look at (`coverage`, as detection tells it):
    "not found" is bounded by source, machine and window."""
    met = {outcome.fate for outcome in outcomes}
    counts = dict.fromkeys((fate for fate in FATES if fate not in _CHOICES or fate in met), 0)
    quiet: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.fate] += 1
        if outcome.fate == "silent":
            for family in outcome.families:
                quiet[family] = quiet.get(family, 0) + 1
    seen = {family.family: family for family in families}
    silences = tuple(
        Silence(name, quiet[name], seen[name].rows, seen[name].first, seen[name].last)
        for name in sorted(quiet)
        if name in seen
    )
    lines = tuple(
        RuleLine(
            o.rule_id, o.title, o.level, o.kind, o.fate, o.families, o.rows_seen, o.matches, o.reason, o.suppressed
        )
        for o in sorted(outcomes, key=lambda o: (FATES.index(o.fate), o.rule_id, o.path))
    )
    return Rules(ran, counts, lines, silences, _blind(coverage))


def _blind(coverage: Sequence[Mapping[str, Any]]) -> tuple[Blind, ...]:
    """By machine, what the whole case lacks last."""
    unseen: dict[str, list[Mapping[str, Any]]] = {}
    for item in coverage:
        if item["state"] != "seen":
            unseen.setdefault(item["host"], []).append(item)
    told = []
    for host in sorted(unseen, key=lambda name: (not name, name.casefold())):
        kinds = sorted(unseen[host], key=lambda item: (-item["rules"], item["logsource"]))
        named = tuple(item["logsource"] for item in kinds[:KINDS])
        told.append(Blind(host, sum(item["rules"] for item in kinds), len(kinds), named))
    return tuple(told)
