"""What is worked out from a schema, remembered: batches of one shape come again and again, and to ask each field is slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import pyarrow as pa

from timelines.remembered import Remembered

V = TypeVar("V")

MAX_TWINS = 8  # schemas with the same names, and other own names, types or order


class BySchema(Generic[V]):
    """What `make` makes of a schema, made once. Schemas that differ in metadata are told apart: it holds the evidence's own names."""

    def __init__(self, most: int, a_field: int, make: Callable[[pa.Schema], V]) -> None:
        self._make, self._a_field = make, a_field
        self._known: Remembered[tuple[str, ...], list[tuple[pa.Schema, V]]] = Remembered(most)

    def of(self, schema: pa.Schema) -> V:
        names = tuple(schema.names)
        known = self._known.held.get(names, [])
        for other, found in known:
            if other.equals(schema, check_metadata=True):
                return found
        made = self._make(schema)
        weight = 4_000 + self._a_field * len(names) + 10 * sum(map(len, names))
        if not known:
            self._known.put(names, [(schema, made)], weight)
        elif len(known) < MAX_TWINS and self._known.add(weight):
            known.append((schema, made))
        return made

    def clear(self) -> None:
        self._known.clear()
