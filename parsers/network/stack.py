"""A chunk of packets on its way up the layers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from parsers.network.frames import Frames, Inner, Pieces
from parsers.network.headers import Headers
from parsers.network.notes import MALFORMED
from parsers.network.records import Bools, Int32s, Int64s


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames and the columns they fill; what is known of each packet; the packets and fragments found inside.

    end: where its IP packet ends, from its start; wire: its bytes as announced; whole: a fragment of it is taken as it is; base:
    where it begins in the capture's `Space`; routed: its addresses may not be those that checksums are over.
    """

    frames: Frames
    out: Headers
    end: Int32s
    wire: Int32s
    whole: Bools
    base: Int64s
    routed: Bools
    inner: list[Inner] = field(default_factory=list)
    pieces: list[Pieces] = field(default_factory=list)

    def carried(self, proto: int) -> Int64s:
        """Rows whose IP packet carries this protocol next."""
        frames = self.frames
        return np.flatnonzero((frames.next == proto) & (frames.note < MALFORMED) & (self.out.version > 0))

    def payload(self, rows: Int64s, header: Int32s) -> None:
        """Set the payload that begins `header` bytes on: what is announced, and what is there."""
        frames, out = self.frames, self.out
        start = frames.at[rows] + header
        out.at[rows] = self.base[rows] + start
        out.declared[rows] = np.maximum(self.end[rows] - start, 0)
        out.captured[rows] = np.clip(np.minimum(self.end[rows], frames.caplen[rows]) - start, 0, None)
