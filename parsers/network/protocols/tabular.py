"""Flows that a protocol reads many at a time: their datagrams as columns, and the rows that come of them, as columns too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.gather import forget, spread
from parsers.network.protocols import Dissector, Record
from parsers.network.records import Bools, Bytes, Int64s
from parsers.network.space import Space

GATHERED = 2_048  # datagrams gathered before the file's pages are let go: 64 KiB each at the worst


@dataclass(frozen=True, slots=True)
class Datagrams:
    """The UDP payloads of several flows, flow after flow, each in order of time.

    flows: (f,) their numbers; uid, orig, orig_port, resp, resp_port: (f,) as in `Ends`; bounds: (f + 1,) where the datagrams of each begin;
    packet (0-based), forward (the originator sent it), at, size: (d,) as in `Datagram`.
    """

    space: Space
    flows: Int64s
    uid: pa.StringArray
    orig: pa.StringArray
    orig_port: npt.NDArray[np.int32]
    resp: pa.StringArray
    resp_port: npt.NDArray[np.int32]
    bounds: Int64s
    packet: Int64s
    forward: Bools
    at: Int64s
    size: Int64s

    def payloads(self, rows: Int64s, skip: int = 0) -> tuple[Bytes, Int64s]:
        """The bytes of these datagrams, which lie in the file, one after the other without the first `skip`; and where each begins:
        (n + 1,)."""
        at, size = self.at[rows] + skip, self.size[rows] - skip
        bounds = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(size, out=bounds[1:])
        data = np.empty(bounds[-1], np.uint8)
        for begin in range(0, len(rows), GATHERED):
            stop = min(begin + GATHERED, len(rows))
            data[bounds[begin] : bounds[stop]] = self.space.buffer[spread(at[begin:stop], size[begin:stop])]
            forget(self.space.view)
        return data, bounds


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one family, (n,) each: flow, first and last packet as in `Record`; `columns`: event, flags, and columns of the family or core
    columns that a protocol may know better. A column that is not there is null."""

    flow: Int64s
    first: Int64s
    last: Int64s
    columns: Mapping[str, pa.Array]


@dataclass(frozen=True, slots=True)
class Tabulated:
    """What came of flows read together: tables of rows, rows that are objects, which flows these are, and tables of rows that wait for
    those of other flows (`awaited.py`)."""

    tables: tuple[Rows, ...]
    records: list[Record]
    flows: Int64s
    waiting: tuple[Rows, ...] = ()


@runtime_checkable
class Tabular(Dissector, Protocol):
    """A dissector that reads plain flows of datagrams many at a time, in columns."""

    def tabulate(self, grams: Datagrams, packet_time: npt.NDArray[np.int64]) -> Tabulated:
        """The rows of those flows that are plain. The others are read one by one, by `read`."""
        ...
