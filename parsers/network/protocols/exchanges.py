"""Messages of client and servers as one row an exchange, whichever flows they took: later ones overrule what earlier ones said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.network.protocols.tabular import Datagrams, Rows
from parsers.network.records import Bools, Int64s
from timelines.compiled import at_hand

FEW = 64  # datagrams that are read one by one: to read them together costs as much
DATAGRAMS, FLOW_BYTES = 100_000, 16 << 20  # of one flow that is read in columns
LONGEST = 65_000  # bytes of a datagram that is; UDP has 65,507 at most


def held(grams: Datagrams) -> Bools:
    """Flows that may be read in columns: their payloads lie in the file, and are not too much together."""
    count, begin = np.diff(grams.bounds), grams.bounds[:-1]
    if len(grams.packet) < FEW or not at_hand():
        return np.zeros(len(count), np.bool_)
    odd = (grams.at + grams.size > grams.space.size) | (grams.size > LONGEST)
    odds, total = (np.concatenate([[0], np.cumsum(column)]) for column in (odd, grams.size))
    few = (count > 0) & (count < DATAGRAMS) & (total[begin + count] - total[begin] <= FLOW_BYTES)
    return np.asarray(few & (odds[begin + count] == odds[begin]))


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Messages by exchange and time, (m,) their places among `rows`; starts: where each exchange begins among them, (e,)."""

    rows: Rows
    order: Int64s
    starts: Int64s
    packet_time: npt.NDArray[np.int64]

    @property
    def number(self) -> Int64s:
        """Which exchange each message belongs to: (m,)."""
        return np.repeat(np.arange(len(self.starts)), np.diff(np.append(self.starts, len(self.order))))

    def latest(self, name: str) -> pa.Array:
        """What the last message of each exchange that says anything says: (e,)."""
        column = self.rows.columns[name]
        said = np.where(np.asarray(column.is_valid())[self.order], np.arange(len(self.order)), -1)
        last = np.maximum.reduceat(said, self.starts)
        none = last < self.starts
        return column.take(pa.array(self.order[np.maximum(last, 0)], mask=none))

    def any(self, which: Bools) -> Bools:
        """Whether any message of each exchange is one of these: (e,)."""
        return np.logical_or.reduceat(which[self.order], self.starts)

    def every(self, name: str) -> pa.StringArray:
        """What all messages say, joined by commas."""
        return self._joined(self.order, self.starts, name)

    def distinct(self, name: str) -> pa.StringArray:
        """The same without what was said before in the same exchange."""
        codes = self.rows.columns[name].dictionary_encode().indices.to_numpy()[self.order].astype(np.int64)
        number = self.number
        _, first = np.unique(number << 32 | codes, return_index=True)
        first = np.sort(first)
        return self._joined(self.order[first], np.searchsorted(number[first], np.arange(len(self.starts))), name)

    def _joined(self, order: Int64s, starts: Int64s, name: str) -> pa.StringArray:
        bounds = pa.array(np.append(starts, len(order)), pa.int32())
        return pc.binary_join(pa.ListArray.from_arrays(bounds, self.rows.columns[name].take(pa.array(order))), ",")

    def row(self, event: str, columns: dict[str, pa.Array]) -> Rows:
        """One row each, in order of their first packets."""
        stop = np.append(self.starts[1:], len(self.order))
        first, last = self.order[self.starts], self.order[stop - 1]
        begin, end = self.rows.first[first], self.rows.first[last]
        columns = columns | {
            "event": pa.repeat(event, len(first)),
            "flags": pc.if_else(pa.array(self.any(self._truncated())), "truncated", ""),
            "msg_types": self.every("msg_types"),
            "uids": self.distinct("uids"),
            "duration": pa.array(self.packet_time[end] - self.packet_time[begin]),
        }
        by_packet = np.argsort(begin, kind="stable")
        own = {name: column.take(pa.array(by_packet)) for name, column in columns.items()}
        return Rows(self.rows.flow[first][by_packet], begin[by_packet], end[by_packet], own)

    def _truncated(self) -> Bools:
        return np.asarray(pc.equal(self.rows.columns["flags"], "truncated"))


def exchanges(
    rows: Rows,
    same: tuple[str, ...],
    beside: tuple[str, ...],
    packet_time: npt.NDArray[np.int64],
    limits: tuple[int, int],
) -> Exchanges:
    """Messages that are the same in some columns, follow one another within so many ns, and are no more than so many (`limits`). `beside`:
    columns in which each is as the one before, though what says so is not asked for the messages between."""
    quiet, most = limits
    key = codes(rows, same)
    time = packet_time[rows.first]
    order = np.lexsort((rows.first, time, key))
    key, when, other = key[order], time[order], codes(rows, beside)[order] if beside else np.zeros(len(order), np.int64)
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (key[1:] != key[:-1]) | (other[1:] != other[:-1]) | (when[1:] - when[:-1] > quiet)
    run = np.flatnonzero(begins)
    place = np.arange(len(order)) - np.repeat(run, np.diff(np.append(run, len(order))))
    return Exchanges(rows, order, np.flatnonzero(place % most == 0), packet_time)


def codes(rows: Rows, names: tuple[str, ...]) -> Int64s:
    """Equal numbers for rows that are the same in these columns: (n,)."""
    out = np.zeros(len(rows.flow), np.int64)
    for name in names:
        coded = rows.columns[name].dictionary_encode().indices.fill_null(-1)
        code = np.asarray(coded).astype(np.int64) + 1
        _, out = np.unique(out * (int(code.max(initial=0)) + 1) + code, return_inverse=True)
    return np.asarray(out.reshape(-1), np.int64)
