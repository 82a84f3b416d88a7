"""A batch's columns by the names that the evidence itself gives them, as mappings and sentences ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from timelines.by_schema import BySchema
from timelines.coded import CODED, plain
from timelines.filters import filtered
from timelines.schema import own_name

KEPT_BYTES = 16 << 20  # names of columns by shape of batch that are remembered by a process, some 100 kB a shape
PLANS = 32  # events of one shape that are remembered
A_PLAN = 1_500  # bytes

Event = tuple[str, str | None, str | None]  # family, provider, event
Step = tuple[str, str]  # a stored column (empty: a constant), and a filter (or what is constant)
Plan = dict[str, tuple[Step, ...] | None]  # by core column what to try in turn; None where a candidate is not so simple


def as_text(array: pa.Array) -> pa.Array:
    """A column as text, coded or plain as it came."""
    return array if pa.types.is_string(array.type) or array.type == CODED else array.cast(pa.string())


def stored_as(name: str) -> tuple[str, ...]:
    """The columns in which a value of this name may lie."""
    base, mark, number = name.partition("#")
    return (name,) if not mark else (base,) if number == "1" else (f"{base}_{number}", base)


def named_text(name: str, columns: Mapping[str, pa.Array]) -> pa.Array | None:
    """A column's values as text, by the name that mappings and sentences give it; None where the rows have no such column."""
    base, mark, number = name.partition("#")
    found = []
    for stored in stored_as(name):
        if stored in columns:
            text = as_text(columns[stored])
            found.append(filtered(plain(text), f"item:{number}") if mark and stored == base else text)
    return None if not found else found[0] if len(found) == 1 else pc.coalesce(*map(plain, found))


def columns_by_name(schema: pa.Schema, given: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """Columns by the evidence's own names, the first of a name; under its stored name where no own name takes that."""
    return {name: given[stored] for name, stored in named(schema, given).stored.items()}


@dataclass(frozen=True, slots=True)
class Named:
    """Stored names by the evidence's own, and what events have been looked up among them."""

    stored: dict[str, str]
    plans: dict[Event, Plan]


@dataclass(slots=True)
class _Known:
    """A schema's names, and what was found last: for the columns that were given then."""

    names: tuple[str, ...]
    given: tuple[str, ...] = ()
    found: Named | None = None


_known_names: BySchema[_Known] = BySchema(
    KEPT_BYTES, 1_500, lambda schema: _Known(tuple(schema.names)), 8_000 + PLANS * A_PLAN
)


def named(schema: pa.Schema, given: Mapping[str, pa.Array]) -> Named:
    """Remembered, because batches of one shape come again and again."""
    known = _known_names.of(schema)
    names = tuple([name for name in known.names if name in given])
    if known.found is None or known.given != names:
        known.given, known.found = names, _named([field for field in schema if field.name in given])
    return known.found


def _named(stored: list[pa.Field]) -> Named:
    found = {f.name: f.name for f in stored}
    taken: set[str] = set()
    for f in stored:
        if own_name(f) not in taken:
            found[own_name(f)] = f.name
            taken.add(own_name(f))
    return Named(found, {})
