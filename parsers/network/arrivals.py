"""Fragments of a chunk of packets as they arrive: as columns, and one by one."""

from __future__ import annotations

from collections.abc import Iterator
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

    def one_by_one(self) -> list[Fragment]:
        """Each by its place."""
        pieces, work, rows = self.pieces, self.work, self.pieces.rows
        places = (
            self.first_row + rows,
            work.packet[rows],
            work.at[rows] + pieces.head,
            self.begin,
            pieces.size,
            pieces.offset,
        )
        told = map(Piece._make, _tuples(*places))
        keys, carriers = _tuples(*self.columns), _tuples(work.depth[rows], work.parent[rows], work.tunnel[rows])
        more, proto, when = pieces.more.tolist(), pieces.proto.tolist(), self.time.tolist()
        return list(map(Fragment._make, zip(told, keys, carriers, more, proto, when, strict=True)))

    def held(self, size: int) -> Bools:
        """Which lie in the file itself, whose size this is."""
        return np.asarray(self.begin + self.pieces.size <= size)


def _tuples(*columns: npt.NDArray[Any]) -> Iterator[Any]:
    """A tuple of what the columns hold at each place."""
    return zip(*(column.tolist() for column in columns), strict=True)


def _columns(pieces: Pieces, work: Work, out: Headers) -> tuple[npt.NDArray[Any], ...]:
    """Which datagram each fragment belongs to: version, both addresses, identification, for IPv4 the protocol (RFC 791), and depth."""
    rows = pieces.rows
    version = out.version[rows]
    proto = np.where(version == 4, pieces.proto, 0)
    return version, *out.src[rows].T, *out.dst[rows].T, pieces.ident, proto, work.depth[rows]
