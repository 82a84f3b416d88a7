"""What is worked out from a schema, remembered: batches of one shape come again and again, and to ask each field is slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import pyarrow as pa

from timelines.remembered import Remembered

V = TypeVar("V")

LATEST = 128  # schemas that are looked for first: each is remembered anyhow, or was when it was put there
MAX_TWINS = 8  # schemas with the same names, and other own names, types or order


class BySchema(Generic[V]):
    """What `make` makes of a schema, made once. Schemas that differ in metadata are told apart: it holds the evidence's own names."""

    def __init__(self, most: int, a_field: int, make: Callable[[pa.Schema], V], more: int = 4_000) -> None:
        self._make, self._a_field, self._more = make, a_field, more
        self._known: Remembered[tuple[str, ...], list[tuple[pa.Schema, V]]] = Remembered(most)
        self._quick: dict[
            tuple[int, str], tuple[pa.Schema, V]
        ] = {}  # of those that are known, by number of fields and name of the last
        self._forgotten = 0

    def of(self, schema: pa.Schema) -> V:
        if self._forgotten != self._known.forgotten:
            self._quick.clear()
            self._forgotten = self._known.forgotten
        count = len(schema)
        key = count, schema.field(count - 1).name if count else ""
        quick = self._quick.get(key)
        if quick is not None and quick[0].equals(schema, check_metadata=True):
            return quick[1]
        found, known = self._found(schema)
        if known and self._forgotten == self._known.forgotten:
            self._quick[key] = schema, found
        return found

    def _found(self, schema: pa.Schema) -> tuple[V, bool]:
        """What is known of a schema, or made of it now; and whether that is remembered."""
        names = tuple(schema.names)
        known = self._known.held.get(names, [])
        for other, found in known:
            if other.equals(schema, check_metadata=True):
                return found, True
        made = self._make(schema)
        weight = self._more + self._a_field * len(names) + 10 * sum(map(len, names))
        if not known:
            self._known.put(names, [(schema, made)], weight)
            return made, names in self._known.held
        if len(known) < MAX_TWINS and self._known.add(weight):
            known.append((schema, made))
            return made, True
        return made, False

    def clear(self) -> None:
        self._known.clear()
