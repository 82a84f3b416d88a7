"""A text or a pattern sought in every value of every row: once per distinct value of a column, not once per row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from timelines.query import QueryError, Timeline
from timelines.schema import own_name
from timelines.secrecy import secret_columns

_WHERE = ("row_id", "time", "family", "host")
_NOT_EVIDENCE = ("row_id", "family", "exhibit", "file", "time_desc", "time_quality", "flags")


@dataclass(frozen=True, slots=True)
class Hit:
    """One value that holds what was sought. `time` is UTC ns or None; `column` is the evidence's own name."""

    row_id: str
    time: int | None
    family: str
    host: str | None
    column: str
    value: str


def search(timeline: Timeline, wanted: str, regex: bool = False, families: Sequence[str] = ()) -> Iterator[Hit]:
    """Every value of every row that contains `wanted` (ignoring case), or matches it as an RE2 pattern; part by part, in time order within.

    Numbers are sought as text, secrets only where the timeline shows them. Core columns that only repeat a family column are told under
    the family column's name. Raises QueryError for a pattern that RE2 refuses.
    """
    found = _matcher(wanted, regex)
    for family in timeline.families():
        if families and family not in families and family.partition("/")[0] not in families:
            continue
        for part in timeline.parts(family):
            hidden = set() if timeline.secrets else secret_columns(family)
            names = [n for n in part.schema.names if n not in _NOT_EVIDENCE and n not in hidden]
            own = {n: own_name(part.schema.field(n)) for n in names}
            for table in part.read([*names, *_WHERE], timeline.secrets):
                yield from _hits(table, names, own, found)


def _matcher(wanted: str, regex: bool) -> Callable[[pa.Array], pa.Array]:
    if not wanted:
        raise QueryError("nothing to search for; give a text or, with --regex, a pattern")
    if not regex:
        return lambda values: pc.match_substring(values, wanted, ignore_case=True)
    try:
        pc.match_substring_regex(pa.array([""]), wanted, ignore_case=True)
    except pa.ArrowInvalid as error:
        raise QueryError(f"pattern {wanted!r}: {error}; expected RE2 syntax") from error
    return lambda values: pc.match_substring_regex(values, wanted, ignore_case=True)


def _hits(
    table: pa.Table, names: Sequence[str], own: dict[str, str], found: Callable[[pa.Array], pa.Array]
) -> Iterator[Hit]:
    rows: list[np.ndarray] = []
    columns: list[str] = []
    for name in reversed(names):  # family columns come after the core ones: they name the value best
        column = table.column(name).combine_chunks()
        mask = _mask(column, found)
        at = np.flatnonzero(mask)
        rows.append(at)
        columns += [name] * len(at)
    at_rows = np.concatenate(rows) if rows else np.empty(0, np.int64)
    seen: set[tuple[int, str]] = set()
    where = {name: table.column(name) for name in _WHERE}
    values = {name: table.column(name) for name in names}
    for at in np.argsort(at_rows, kind="stable").tolist():
        row, name = int(at_rows[at]), columns[at]
        value = str(values[name][row].as_py())
        if (row, value) in seen:
            continue
        seen.add((row, value))
        time = where["time"][row]
        yield Hit(
            where["row_id"][row].as_py(),
            time.value if time.is_valid else None,
            where["family"][row].as_py(),
            where["host"][row].as_py(),
            own[name],
            value,
        )


def _mask(column: pa.Array, found: Callable[[pa.Array], pa.Array]) -> np.ndarray:
    if isinstance(column, pa.DictionaryArray):
        hit = np.asarray(found(column.dictionary).fill_null(False))
        if not hit.any():
            return np.zeros(len(column), np.bool_)
        codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return np.where(codes >= 0, hit[codes], False)
    if pa.types.is_timestamp(column.type) or pa.types.is_nested(column.type):
        return np.zeros(len(column), np.bool_)
    text = column if pa.types.is_string(column.type) else column.cast(pa.string())
    return np.asarray(found(text).fill_null(False))
