"""Fragments of a chunk of packets as they arrive: as columns, and one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from parsers.network.datagrams import Fragment, Piece
from parsers.network.frames import Pieces, Work
from parsers.network.headers import Headers
from parsers.network.records import Bools, Int64s


class Chunk:
    """Fragments of a chunk of packets, whose rows begin at `first_row`; `time`: UTC ns of each; `columns`: which datagram each belongs to;
    `begin`: where its bytes lie in the space."""

    __slots__ = ("begin", "columns", "first_row", "out", "pieces", "time", "work")

    def __init__(self, pieces: Pieces, work: Work, out: Headers, first_row: int, time: Int64s) -> None:
        self.pieces, self.work, self.out, self.first_row, self.time = pieces, work, out, first_row, time
        self.columns = _columns(pieces, work, out)
        self.begin = work.at[pieces.rows] + pieces.begin

    def take(self, places: Int64s) -> Chunk:
        return Chunk(self.pieces.take(places), self.work, self.out, self.first_row, self.time[places])

    def fragments(self) -> list[Fragment]:
        """One by one."""
        pieces, work, rows = self.pieces, self.work, self.pieces.rows
        keys = zip(*(column.tolist() for column in self.columns), strict=True)
        where = zip(
            (self.first_row + rows).tolist(), work.packet[rows].tolist(), (work.at[rows] + pieces.head).tolist(),
            self.begin.tolist(), pieces.size.tolist(), pieces.offset.tolist(), strict=True,
        )  # fmt: skip
        carriers = zip(work.depth[rows].tolist(), work.parent[rows].tolist(), work.tunnel[rows].tolist(), strict=True)
        rest = zip(keys, carriers, pieces.more.tolist(), pieces.proto.tolist(), self.time.tolist(), strict=True)
        return [Fragment(Piece(*place), *told) for place, told in zip(where, rest, strict=True)]

    def held(self, size: int) -> Bools:
        """Which lie in the file itself, whose size this is."""
        return np.asarray(self.begin + self.pieces.size <= size)


def _columns(pieces: Pieces, work: Work, out: Headers) -> tuple[npt.NDArray[Any], ...]:
    """Which datagram each fragment belongs to: version, both addresses, identification, for IPv4 the protocol (RFC 791), and depth."""
    rows = pieces.rows
    version = out.version[rows]
    proto = np.where(version == 4, pieces.proto, 0)
    return version, *out.src[rows].T, *out.dst[rows].T, pieces.ident, proto, work.depth[rows]
