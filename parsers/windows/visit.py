"""The records of a window, visited once: what was noted of them, and of values that are found later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parsers.gather import Int64s
from parsers.interned import readable
from parsers.windows.flat import ONE, Flat, Int32s, Notes
from parsers.windows.instances import Source, added, visited
from parsers.windows.typed import Window


@dataclass(slots=True)
class Visit:
    """What was noted of the records of a window. `roots`: (n,) the instance that each record is, NONE where it is none."""

    window: Window
    notes: Notes
    roots: Int32s

    def more(self, many: int, put: Callable[[Flat, int], object]) -> int:
        """Note so many more values, whose places, sizes and types are `put` from a number on; that of the first is returned."""
        first = int(self.notes.flat.total[1])
        self.notes.grow(many + ONE)
        flat, at, stop = self.notes.flat, first, first + many
        put(flat, first)
        source = Source(*readable(self.window.data))
        while (at := added(source, flat, self.notes.texts, at, stop)) < stop:
            self.notes.grow()
        flat.total[1] = stop
        return first


def visit(window: Window, begins: Int64s, ends: Int64s, bases: Int64s) -> Visit:
    """Visit the records whose binary XML lies in [begin, end) of the chunks at `bases`: (n,) each, records ascending."""
    inside = np.minimum(ends, len(window.data) - 4)  # a record's size stands again behind it
    bounds = np.stack((begins, inside, bases), axis=1)
    notes = Notes.begun(len(bounds), int((ends - begins).sum()))
    roots, waiting = np.empty(len(bounds), np.int32), np.empty((ONE, 5), np.int64)
    source, row = Source(*readable(window.data)), 0
    while (row := visited(source, notes.flat, notes.texts, bounds, row, roots, waiting)) < len(bounds):
        notes.grow()
    return Visit(window, notes, roots)
