"""What is counted: the rows of a timeline that a filter takes, as one SQL relation `taken` whatever families they lie in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from timelines.query import Filter
from timelines.repeats import repeats
from timelines.schema import CORE_NAMES
from timelines.views import families_of, quoted

if TYPE_CHECKING:
    from timelines.query import Timeline

# A line that stands in two files counts in the one where it stands before, if that one was taken too.
_ONCE = """
with every as materialized (select * from ({rows}) where {where}),
files as (select distinct exhibit as before_exhibit, file as before_file from every),
twice as (select * from (select unnest(?) as family, unnest(?) as exhibit, unnest(?) as file, unnest(?) as first_at, unnest(?) as last_at,
    unnest(?) as before_exhibit, unnest(?) as before_file) join files using (before_exhibit, before_file)),
again as (select every.row_id from every asof join twice on every.family = twice.family and every.exhibit = twice.exhibit
    and every.file = twice.file and every."offset" >= twice.first_at where every."offset" <= twice.last_at),
taken as (select * from every anti join again using (row_id))
"""
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
        once: bool = False,
    ) -> pa.Table:
        """Answer a SELECT over `taken`: the core columns of the chosen rows of these families, and `own` ones by alias, as text.

        `own` gives for each alias the families' columns to take it from, the first that is not null; none there is null. `where` is a
        further condition, also over the aliases. `values` are the template's own parameters. With `once`, lines of web logs that stand in
        two of the files that were taken count once.
        """
        condition, taken = self.chosen.sql()
        pieces, parameters = [], []
        for family in self.families(patterns):
            pieces.append(self._select(family, own or {}, condition))
            parameters += taken
        rows = " union all ".join(pieces) or self._none(own or {})
        twice = [run for run in repeats(self.timeline) if run.family in self.families(patterns)] if once else []
        if not twice:
            return self.timeline.sql(
                f"with taken as (select * from ({rows}) where {where}) {template}", [*parameters, *values]
            )
        spans = [(*run.side, run.again.first, run.again.last, run.before.exhibit, run.before.file) for run in twice]
        query = _ONCE.format(rows=rows, where=where) + template
        return self.timeline.sql(query, [*parameters, *map(list, zip(*spans, strict=True)), *values])

    def _select(self, family: str, own: Mapping[str, Sequence[str]], condition: str) -> str:
        present = self.present(family)
        columns = [_CORE]
        for alias, names in own.items():
            held = [f"nullif(\"{quoted(present[n.lower()])}\"::varchar, '')" for n in names if n.lower() in present]
            columns.append(f"{'coalesce(' + ', '.join(held) + ')' if held else 'null::varchar'} as {alias}")
        view = families_of(self.timeline.store)[family].view
        return f"select {', '.join(columns)} from {view} where {condition}"

    def _none(self, own: Mapping[str, Sequence[str]]) -> str:
        return f"select {', '.join([_CORE, *(f'null::varchar as {alias}' for alias in own)])} from timeline where false"

    def looked_at(self, patterns: Sequence[str]) -> dict[str, int]:
        """Rows that were counted, by family: an empty table means something only with this."""
        table = self.ask("select family, count(*) as n from taken group by family order by family", patterns)
        return dict(zip(table.column("family").to_pylist(), table.column("n").to_pylist(), strict=True))


def listed(expression: str) -> str:
    """SQL for the distinct values of an expression in a group, in order, as one text; null where there is none."""
    return (
        f"nullif(array_to_string(list_sort(list(distinct {expression}) filter ({expression} is not null)), ', '), '')"
    )
