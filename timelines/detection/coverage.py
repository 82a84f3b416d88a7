"""What rules could not see: by machine and log source, whether the timeline holds any row of it, and how many rules asked for one.

Whether nothing was found says little until it is known what was there to look at. A log source is judged for each machine that Windows
logs name; captures and web logs, whose rows name addresses, for the case as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from timelines.detection.engine import Engine, evaluate
from timelines.detection.expressions import TRUE, And, Expression, Or, Test, Text, fields_of
from timelines.detection.logsources import LogSource
from timelines.detection.rules import About, Rule, RuleSet
from timelines.views import quoted

if TYPE_CHECKING:
    from timelines.query import Timeline

# The columns that log sources' conditions name: whole values, or (folded) what they ask whether it stands in a text.
_ASKED: Mapping[str, str] = {
    **dict.fromkeys(("Channel", "EventID", "EventType", "Direction", "OperationType"), ""),
    "error_text": "modsecurity: ",
}
State = Literal["seen", "no-such-records", "no-log"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One log source on one machine (`host` empty: in the whole case). `rules` ask for it; `rows` are there, from `first` to `last`
    (UTC ns).

    `state`: seen; no-such-records (the log is there with `log_rows` rows, none of the kind: the machine did not write it, or no
    longer held it); no-log (no row of the log that would hold it). `logs` names where it would be.
    """

    host: str
    logsource: str
    rules: int
    rows: int
    first: int | None
    last: int | None
    state: State
    log_rows: int
    logs: tuple[str, ...]


@dataclass
class _Count:
    rows: int = 0
    first: int | None = None
    last: int | None = None

    def add(self, rows: int, first: int | None, last: int | None) -> None:
        self.rows += rows
        self.first = min((t for t in (self.first, first) if t is not None), default=None)
        self.last = max((t for t in (self.last, last) if t is not None), default=None)


@dataclass(frozen=True, slots=True)
class _Group:
    """Log sources that rules mean by one name, and how many rules do."""

    name: str
    sources: tuple[LogSource, ...]
    rules: int

    @property
    def windows(self) -> bool:
        return all(family.startswith("windows/") for source in self.sources for family in source.families)

    @property
    def logs(self) -> tuple[str, ...]:
        channels = [name for source in self.sources for name in _channels(source.condition)]
        return tuple(dict.fromkeys(channels or [family for source in self.sources for family in source.families]))


def coverage(timeline: Timeline, rules: RuleSet) -> tuple[Coverage, ...]:
    """Every log source that a rule asks for, on every machine: by machine, then the number of rules, most first."""
    groups = list(_groups(rules.rules))
    wanted = [Rule(About(group.name, "", "", ""), TRUE, group.sources) for group in groups]
    logs = [replace(rule, sources=tuple(map(_log_alone, rule.sources))) for rule in wanted]
    engine = Engine([*wanted, *logs])
    counts: dict[tuple[int, str], _Count] = {}
    hosts: dict[str, str] = {}
    for family in timeline.families():
        table = _kinds(timeline, family)
        names, shown = table.column("host_key").to_pylist(), table.column("host_shown").to_pylist()
        windows = family.startswith("windows/")
        if windows:
            hosts |= {key: name for key, name in zip(names, shown, strict=True) if key and key not in hosts}
        told = [table.column(name).to_pylist() for name in ("n_rows", "first_ns", "last_ns")]
        for at, positions in evaluate(engine, family, table).items():
            for row in positions.tolist():
                key = (at, names[row] if windows else "")
                counts.setdefault(key, _Count()).add(*(column[row] for column in told))
    return tuple(_judged(groups, counts, hosts))


def _groups(rules: Sequence[Rule]) -> Iterator[_Group]:
    found: dict[tuple[str, tuple[int, ...]], list[Rule]] = {}
    for rule in rules:
        name = "/".join(filter(None, rule.about.logsource))
        found.setdefault((name, tuple(map(id, rule.sources))), []).append(rule)
    for (name, _), members in found.items():
        yield _Group(name, members[0].sources, len(members))


def _judged(
    groups: Sequence[_Group], counts: dict[tuple[int, str], _Count], hosts: dict[str, str]
) -> Iterator[Coverage]:
    out = []
    for at, group in enumerate(groups):
        for key in sorted(hosts) if group.windows and hosts else [""]:
            seen = counts.get((at, key), _Count())
            log = counts.get((at + len(groups), key), _Count())
            state: State = "seen" if seen.rows else "no-such-records" if log.rows and group.windows else "no-log"
            host = hosts.get(key, "")
            out.append(
                Coverage(host, group.name, group.rules, seen.rows, seen.first, seen.last, state, log.rows, group.logs)
            )
    yield from sorted(out, key=lambda item: (item.host.casefold(), -item.rules, item.logsource))


def _kinds(timeline: Timeline, family: str) -> pa.Table:
    """The distinct kinds of rows of a family: machine and what log sources ask for, with counts and the time they span."""
    stored = {name for part in timeline.parts(family) for name in part.schema.names}
    asked = [name for name in _ASKED if name in stored]
    columns = "".join(f", kind{at}" for at in range(len(asked)))
    kinds = "".join(f", {_kind(name)} as kind{at}" for at, name in enumerate(asked))
    named = "".join(f', kind{at} as "{quoted(name)}"' for at, name in enumerate(asked))
    windows = family.startswith("windows/")
    host = "coalesce(lower(host), '')" if windows else "''"
    query = (
        f"select {host} as host_key, min(host) as host_shown, count(*) as n_rows, "
        f"epoch_ns(min(time)) as first_ns, epoch_ns(max(time)) as last_ns{named} "
        f"from (select host, time{kinds} from {timeline.narrow(family, ['host', 'time', *asked])}) group by host_key{columns} order by all"
    )
    return timeline.sql(query)


def _kind(name: str) -> str:
    """SQL for what a condition asks of a column: its value, or whether a text stands in it."""
    text, column = _ASKED[name], f'"{quoted(name)}"'
    return f"case when contains(lower({column}), '{text}') then '{text}' end" if text else column


def _log_alone(source: LogSource) -> LogSource:
    """The log that a source's rows stand in: its condition without what tells one event from another."""
    return replace(source, condition=_on_channel(source.condition))


def _on_channel(condition: Expression) -> Expression:
    parts = condition.args if isinstance(condition, And) else (condition,)
    kept = [part for part in parts if fields_of(part) == {"Channel"}]
    return kept[0] if len(kept) == 1 else And(tuple(kept)) if kept else TRUE


def _channels(condition: Expression) -> Iterator[str]:
    match condition:
        case And(args) | Or(args):
            for arg in args:
                yield from _channels(arg)
        case Test("Channel", Text() as text):
            yield text.shown or text.needle
        case _:
            return


def statement(item: Coverage) -> str:
    """What could not be seen, in one line; empty where rows were there to look at."""
    rules = f"{item.rules:,} rule{'' if item.rules == 1 else 's'} could not see anything"
    where = f" on {item.host}" if item.host else ""
    if item.state == "no-such-records":
        logs = f"{item.log_rows:,} rows of {' and '.join(item.logs[:3])} are here, none of this kind"
        return f"{item.logsource} was not recorded{where}: {logs}: {rules}"
    if item.state == "no-log":
        return f"{item.logsource}: no record{where or ' in this case'} ({', '.join(item.logs[:3])}): {rules}"
    return ""
