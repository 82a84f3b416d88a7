"""Which bytes of a ZIP its directory names, and which it leaves out: removed members stay in the file, and things can be hidden there."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np

from parsers.archives.zip_directory import Entry
from parsers.containers import Note

_SIZES_FOLLOW = 0x8  # APPNOTE section 4.4.4, bit 3
_DESCRIPTOR = 24  # bytes at most of the sizes that follow the data (section 4.3.9)


class Coverage:
    """The ranges of the members so far, 16 bytes a member."""

    def __init__(self) -> None:
        self._starts = array("q")
        self._ends = array("q")

    def add(self, entry: Entry, data: int) -> None:
        """Count a member whose data begin at byte `data`; negative where it has no header."""
        if data >= 0:
            self._starts.append(entry.header)
            self._ends.append(data + entry.packed + (_DESCRIPTOR if entry.flags & _SIZES_FOLLOW else 0))

    def gaps(self, start: int, stop: int) -> Iterator[Note]:
        """Ranges of [start, stop) that no member covers."""
        starts = np.clip(np.array([*self._starts, stop], np.int64), start, stop)
        ends = np.clip(np.array([*self._ends, stop], np.int64), start, stop)
        order = np.argsort(starts, kind="stable")
        starts, ends = starts[order], ends[order]
        reach = np.maximum.accumulate(np.concatenate((np.array([start], np.int64), ends)))[:-1]
        for at in np.flatnonzero(starts > reach).tolist():
            count = int(starts[at] - reach[at])
            yield Note(
                int(reach[at]), count, f"{count} bytes that the zip's directory does not name; they are not read"
            )
