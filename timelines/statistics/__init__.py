"""Statistics: what a timeline holds, counted. One named table a file, found by walking this folder: each module declares `TABLE`.

Modules whose name begins with `_` are no tables: they hold what tables share.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from timelines.analyzers import Threshold
from timelines.schema import Column

if TYPE_CHECKING:
    from timelines.scope import Scope


@dataclass(frozen=True, slots=True)
class Statistic:
    """One table of counts. Pure: no clock, no network, the same rows in the same order each time.

    `needs` are the families that it reads (`windows/*` is every family of that folder), any of them. `shown` are the columns for a
    terminal, those first that a narrow one shows. `per` names a column whose values each have a list of their own, so that "the first
    ten" means ten of each. `drawn` are columns of counts that a terminal draws as lines over the first column, the begin of an hour.
    `count` gives at least the columns declared; `doc` says what a row is and how rows are ordered.
    """

    name: str
    title: str
    doc: str
    needs: tuple[str, ...]
    columns: tuple[Column, ...]
    shown: tuple[str, ...]
    count: Callable[[Scope], pa.Table]
    per: str = ""
    thresholds: tuple[Threshold, ...] = ()
    drawn: tuple[str, ...] = ()

    def table(self, scope: Scope) -> pa.Table:
        """The rows, in their order, with the columns and types declared."""
        schema = pa.schema([column.field() for column in self.columns])
        return self.count(scope).select(schema.names).cast(schema)


@cache
def all_statistics() -> dict[str, Statistic]:
    """Every table by name, in name order. Raises ValueError when two share a name."""
    found: dict[str, Statistic] = {}
    for info in pkgutil.iter_modules(__path__):
        if info.name.startswith("_"):
            continue
        table: Statistic = importlib.import_module(f"{__name__}.{info.name}").TABLE
        if table.name in found:
            raise ValueError(f"table {table.name!r} is declared twice")
        found[table.name] = table
    return dict(sorted(found.items()))


def statistic(name: str) -> Statistic:
    """The table of this name. Raises ValueError when there is none."""
    import difflib

    known = all_statistics()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"no table {name!r}{hint} There are {', '.join(known)}".replace("?;", "?"))
    return known[name]


def first_of(table: pa.Table, most: int, per: str = "") -> pa.Table:
    """The first `most` rows; of each value of the column `per` where one is named (equal values stand together). 0 is all."""
    import numpy as np

    if not most or not table.num_rows:
        return table
    if not per:
        return table.slice(0, most)
    values = table.column(per).combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    begins = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    rank = np.arange(len(values)) - np.repeat(begins, np.diff(np.append(begins, len(values))))
    return table.filter(pa.array(rank < most))
