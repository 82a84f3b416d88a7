"""What is counted: the rows of a timeline that a filter takes, as one SQL relation `taken` whatever families they lie in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from timelines.log_lines import FAMILIES
from timelines.query import Filter
from timelines.repeats import repeats
from timelines.schema import CORE_NAMES
from timelines.views import families_of, quoted

if TYPE_CHECKING:
    from timelines.query import Timeline

Twice = Literal["once", "marked", "each"]  # how lines of web logs count that stand in two of the files that were taken

# A line that stands in two files counts in the one where it stands before, if that one was taken too. `web`: families with such lines.
_AGAIN = """
with held as not materialized (select * from ({web}) where {where}),
files as (select distinct exhibit as before_exhibit, file as before_file from held),
twice as (select family, exhibit, file, first_at, max(last_at) over (partition by family, exhibit, file order by first_at) as last_at
    from (select unnest(?) as family, unnest(?) as exhibit, unnest(?) as file, unnest(?) as first_at, unnest(?) as last_at,
    unnest(?) as before_exhibit, unnest(?) as before_file) join files using (before_exhibit, before_file)),
again as (select held.row_id from held asof join twice on held.family = twice.family and held.exhibit = twice.exhibit
    and held.file = twice.file and held."offset" >= twice.first_at where held."offset" <= twice.last_at),
"""
_TAKEN = {
    "once": "taken as (select * from held anti join again using (row_id) union all select * from ({other}) where {where})",
    "marked": (
        "taken as (select *, row_id in (from again) as again from held union all select *, false from ({other}) where {where})"
    ),
}
_ALL = {"once": "with taken as (select * from ({rows}) where {where})"}
_ALL |= {"each": _ALL["once"], "marked": "with taken as (select *, false as again from ({rows}) where {where})"}
_CORE = ", ".join(f'"{name}"' for name in CORE_NAMES)


@dataclass(frozen=True)
class Scope:
    """A timeline, the rows of it that count, and the language of meanings (`en`, `fr`, `ar`)."""

    timeline: Timeline
    chosen: Filter = field(default_factory=Filter)
    lang: str = "en"

    @cached_property
    def _chosen(self) -> tuple[str, ...]:
        """Families that the filter takes. Raises QueryError for one that the case does not know."""
        return tuple(self.timeline.chosen_families(self.chosen.families))

    def families(self, patterns: Sequence[str]) -> list[str]:
        """Families of these names (`windows/*`) that have rows and that the filter takes, in name order."""
        return [name for name in self._chosen if any(fnmatchcase(name, pattern) for pattern in patterns)]

    def present(self, family: str) -> dict[str, str]:
        """Stored columns of a family: lower case, since SQL does not tell cases apart, to the name as stored."""
        return {name.lower(): name for part in self.timeline.parts(family) for name in part.schema.names}

    def ask(
        self,
        template: str,
        patterns: Sequence[str],
        own: Mapping[str, Sequence[str]] | None = None,
        where: str = "true",
        values: Sequence[Any] = (),
        twice: Twice = "once",
    ) -> pa.Table:
        """Answer a SELECT over `taken`: the core columns of the chosen rows of these families, and `own` ones by alias, as text.

        `own` gives for each alias the families' columns to take it from, the first that is not null; none there is null. `where` is a
        further condition, also over the aliases. `values` are the template's own parameters. Lines of web logs that stand in two of the
        files that were taken count once; `marked`, they all count and have `again` set where they stand for the second time.
        """
        condition, taken = self.chosen.sql()
        runs = (
            [run for run in repeats(self.timeline) if run.family in self.families(patterns)]
            if self._web(twice, patterns)
            else []
        )
        repeated = {run.family for run in runs}
        web, other = (
            self._selects(
                [name for name in self.families(patterns) if (name in repeated) == told], own or {}, condition
            )
            for told in (True, False)
        )
        rows = " union all ".join(other) or self._none(own or {})
        if not runs:
            asked = _ALL[twice].format(rows=rows, where=where)
            return self.timeline.sql(f"{asked} {template}", [*taken * len(other), *values])
        spans = [(*run.side, run.again.first, run.again.last, run.before.exhibit, run.before.file) for run in runs]
        asked = _AGAIN.format(web=" union all ".join(web), where=where) + _TAKEN[twice].format(other=rows, where=where)
        lists = map(list, zip(*spans, strict=True))
        return self.timeline.sql(f"{asked} {template}", [*taken * len(web), *lists, *taken * len(other), *values])

    def _web(self, twice: Twice, patterns: Sequence[str]) -> bool:
        """Whether lines that stand in two files matter to a question."""
        return twice != "each" and any(family in FAMILIES for family in self.families(patterns))

    def _selects(self, families: Sequence[str], own: Mapping[str, Sequence[str]], condition: str) -> list[str]:
        """A SELECT a family; those that have none of the `own` columns are one, unless a condition may name others of theirs."""
        asked = {name.lower() for names in own.values() for name in names}
        plain = [name for name in families if self.chosen.where is None and asked.isdisjoint(self.present(name))]
        selects = {family: self._select(family, own, condition) for family in families if family not in plain}
        together = self._of(self.timeline.core(plain), {}, own, condition) if plain else ""
        return list(dict.fromkeys(selects.get(family, together) for family in families))

    def _select(self, family: str, own: Mapping[str, Sequence[str]], condition: str) -> str:
        return self._of(families_of(self.timeline.store)[family].view, self.present(family), own, condition)

    def _of(self, rows: str, present: Mapping[str, str], own: Mapping[str, Sequence[str]], condition: str) -> str:
        columns = [_CORE]
        for alias, names in own.items():
            held = [f"nullif(\"{quoted(present[n.lower()])}\"::varchar, '')" for n in names if n.lower() in present]
            columns.append(f"{'coalesce(' + ', '.join(held) + ')' if held else 'null::varchar'} as {alias}")
        return f"select {', '.join(columns)} from {rows} where {condition}"

    def _none(self, own: Mapping[str, Sequence[str]]) -> str:
        return f"select {', '.join([_CORE, *(f'null::varchar as {alias}' for alias in own)])} from timeline where false"

    def looked_at(self, patterns: Sequence[str]) -> dict[str, int]:
        """Rows that were counted, by family: an empty table means something only with this."""
        table = self.ask(
            "select family, count(*) as n from taken group by family order by family", patterns, twice="each"
        )
        return dict(zip(table.column("family").to_pylist(), table.column("n").to_pylist(), strict=True))


def listed(expression: str) -> str:
    """SQL for the distinct values of an expression in a group, in order, as one text; null where there is none."""
    return (
        f"nullif(array_to_string(list_sort(list(distinct {expression}) filter ({expression} is not null)), ', '), '')"
    )
