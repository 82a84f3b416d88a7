"""Flows that a protocol reads many at a time: their datagrams or streams as columns, and the rows that come of them, as columns too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.gather import forget, spread
from parsers.network.identities import Identities
from parsers.network.protocols import Dissector, Record, Yield
from parsers.network.records import Bools, Bytes, Int64s
from parsers.network.space import Space
from parsers.network.streams import Pieces
from timelines.compiled import at_hand

FEW = 32  # conversations that repay what a table costs, where numba is loaded
MANY = 3_072  # conversations that repay loading it too, a quarter of a second
GATHERED = 2_048  # payloads looked at before the file's pages are let go: 64 KiB each at the worst


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
class Streams:
    """The TCP streams of several flows, each of which no other protocol claims.

    flows: (f,) their numbers, in file order; `given`: how many the dissector is given in all, these and others before and after;
    `held`: what the capture holds of the streams of *all* flows: those of flow n are streams 2 n (the originator's) and 2 n + 1;
    `identities`: ends and ids of all flows. Nothing is promised of the streams: either may be empty, begin beyond 0, have gaps, lie in
    part behind the file (`held.at` at or beyond `space.size`: what fragments were put together to).
    """

    held: Pieces
    identities: Identities
    flows: Int64s
    given: int

    @property
    def space(self) -> Space:
        return self.held.space

    def repay(self) -> bool:
        """Whether they are enough for kernels and a table to cost less than to read them one by one."""
        return len(self.flows) >= FEW if at_hand() else self.given >= MANY

    def portions(self, looked_at: int) -> Iterator[slice]:
        """Which of the flows to look at next: few enough that the pages of their pieces may be mapped together. These are let go before
        the next are told. `looked_at`: pieces of each stream that are looked at, at the most."""
        number = np.stack([2 * self.flows, 2 * self.flows + 1])
        there = np.minimum(self.held.bounds[number + 1] - self.held.bounds[number], looked_at).sum(axis=0)
        counted, done = np.cumsum(there), 0
        while done < len(counted):
            before = counted[done - 1] if done else 0
            stop = max(int(np.searchsorted(counted, before + GATHERED, side="right")), done + 1)
            yield slice(done, stop)
            forget(self.space.view)
            done = stop


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one family, (n,) each, by their first packets: flow, first and last packet as in `Record`; `columns`: event, flags, and
    columns of the family or core columns that a protocol may know better. A column that is not there is null. `family`: None is the
    dissector's own."""

    flow: Int64s
    first: Int64s
    last: Int64s
    columns: Mapping[str, pa.Array]
    family: str | None = None


@dataclass(frozen=True, slots=True)
class Tabulated:
    """What came of flows read together.

    tables: rows as columns; records: rows that are objects; flows: those that were read, all of which speak the protocol; waiting: tables
    of rows that wait for those of other flows (`awaited.py`); yielded: what else `read` would have yielded, with its flow: troubles,
    files, upgrades, flows foretold, rows.
    """

    tables: tuple[Rows, ...]
    records: list[Record]
    flows: Int64s
    waiting: tuple[Rows, ...] = ()
    yielded: tuple[tuple[int, Yield], ...] = ()


@runtime_checkable
class Tabular(Dissector, Protocol):
    """A dissector that reads plain flows of datagrams many at a time, in columns."""

    def tabulate(self, grams: Datagrams, packet_time: npt.NDArray[np.int64]) -> Tabulated:
        """The rows of those flows that are plain. The others are read one by one, by `read`."""
        ...


@runtime_checkable
class TabularStreams(Dissector, Protocol):
    """A dissector that reads plain TCP conversations many at a time, in columns.

    All rows of a flow come from `tabulate_streams` or all from `read`, never some from each: a flow is named in `Tabulated.flows` only if
    everything of it was told, word for word as `read` tells it (which stays the reference: hold both to the same rows in a test). The
    others are then read one by one: with gaps, without a beginning, behind the file, or with anything that the protocol's columns
    don't foresee. Rows of a family that begin at the same packet keep their order, by which they are numbered.
    Kernels may walk `space.buffer` in place, where every byte they want lies in the file (`Streams.portions` keeps the pages few). Where
    the flows do not repay it (`Streams.repay`), tell that none was read.
    """

    def tabulate_streams(self, streams: Streams, packet_time: npt.NDArray[np.int64]) -> Tabulated:
        """The rows of those conversations that are plain."""
        ...
