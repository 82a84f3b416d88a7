"""The records of a window, visited once: what was noted of them, and of values that are found later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parsers.gather import Bools, Int64s, spread
from parsers.interned import steady
from parsers.windows.flat import ONE, Int32s, Notes
from parsers.windows.instances import COUNT, FIRST, INNER, PARENT, UNREADABLE, added, visited
from parsers.windows.typed import Window
from parsers.windows.values import BINXML


@dataclass(slots=True)
class Visit:
    """What was noted of the records of a window. `roots`: (n,) the instance that each record is, NONE where it is none."""

    window: Window
    notes: Notes
    roots: Int32s

    def whole(self) -> Bools:
        """(n,) the records that are instances, and hold nothing but instances where they hold binary XML."""
        flat, whole = self.notes.flat, self.roots >= 0
        instances = flat.instances[: int(flat.total[0])]
        parents = instances[:, PARENT]
        held = np.bincount(parents[parents >= 0], minlength=len(instances))
        some = np.flatnonzero(held != instances[:, INNER])  # what holds binary XML that is empty, or no instance
        owner = np.repeat(some, instances[some, COUNT])
        inside = spread(instances[some, FIRST], instances[some, COUNT])
        owner = owner[(flat.kind[inside] == BINXML) & (flat.said[inside] == UNREADABLE)]
        rows = np.flatnonzero(whole)
        whole[rows[np.searchsorted(self.roots[rows], owner, side="right") - 1]] = False
        return whole

    def places(self) -> Int64s:
        """(p, 2) where the definitions of all instances should stand, and their chunks."""
        return self.notes.flat.places[: int(self.notes.flat.total[2])]

    def tell(self, first: int) -> None:
        """Find out what the values from number `first` on say, whose places, sizes and types were noted since the visit."""
        data, at = steady(self.window.data), first
        while (
            at := added(data, self.notes.flat, self.notes.texts, at, int(self.notes.flat.total[1]))
        ) < self.notes.flat.total[1]:
            self.notes.grow()


def visit(window: Window, begins: Int64s, ends: Int64s, bases: Int64s) -> Visit:
    """Visit the records whose binary XML lies in [begin, end) of the chunks at `bases`: (n,) each, records ascending."""
    inside = np.minimum(ends, len(window.data) - 4)  # a record's size stands again behind it
    bounds = np.stack((begins, inside, bases), axis=1)
    notes = Notes.begun(len(bounds), int((ends - begins).sum()))
    roots, waiting = np.empty(len(bounds), np.int32), np.empty((ONE, 5), np.int64)
    data, row = steady(window.data), 0
    while (row := visited(data, notes.flat, notes.texts, bounds, row, roots, waiting)) < len(bounds):
        notes.grow()
    return Visit(window, notes, roots)
