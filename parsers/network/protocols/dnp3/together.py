"""Connections that speak DNP3, many at a time: frames are found by a compiled loop, requests meet their responses by sorting."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from parsers.gather import forget, spread
from parsers.network.protocols import Record
from parsers.network.protocols.dnp3.functions import CONFIRM, ONLY_HEADERS, UNSOLICITED, name, objects_text
from parsers.network.protocols.dnp3.kernels import AT, BEGIN, END, SIZE, SOURCE, STREAM, TARGET, walked
from parsers.network.records import Bools, Bytes, Int64s
from parsers.network.streams import Pieces
from timelines.compiled import at_hand

FLOW_BYTES, BYTES = 1 << 20, 16 << 20  # of a flow that is read so, and of all flows that are
FEW = 4_096  # bytes below which a loop is not even loaded from where it is kept
GATHERED = 2_048  # pieces gathered before the file's pages are let go: 64 KiB each at the worst


@dataclass(frozen=True, slots=True)
class _Messages:
    """Application messages, (m,) each: which flow of those read, packets (0-based), place in its stream, ends; where its bytes begin in
    `said`, and how many they are."""

    flow: Int64s
    first: Int64s
    last: Int64s
    begin: Int64s
    source: Int64s
    target: Int64s
    at: Int64s
    size: Int64s

    def only(self, rows: Int64s) -> _Messages:
        return _Messages(*(getattr(self, name)[rows] for name in _Messages.__slots__))


@dataclass(slots=True)
class Ahead:
    """What was found ahead. `flows`: those that are plain, by number; `rows` is asked for each of them, the first time with all."""

    flows: Int64s
    said: Bytes
    messages: _Messages
    known: dict[int, list[Record]] = field(default_factory=dict)
    told: bool = False

    def rows(self, flow: int, packet_time: npt.NDArray[np.int64]) -> list[Record] | None:
        """The rows of a flow; None where it is not plain."""
        if not self.told:
            self.told = True
            self.known = {own: [] for own in self.flows.tolist()}
            for record in _records(self.flows, self.messages, self.said, packet_time):
                self.known[record.flow].append(record)
        return self.known.pop(flow, None)


def ahead(held: Pieces, flows: Int64s, frames: int) -> Ahead | None:
    """The messages of those of the flows that are plain: their bytes lie in the file without gaps, in frames that are sound. `frames`: more
    than a side that is plain may have."""
    plain = _plain(held, flows) if at_hand() else np.zeros(len(flows), np.bool_)
    flows = flows[plain]
    first, stop = held.bounds[2 * flows], held.bounds[2 * flows + 2]  # of both streams
    pieces, length = spread(first, stop - first), held.length
    if length[pieces].sum() < FEW:
        return None
    begins = np.concatenate([[0], np.cumsum(length[pieces])])  # where each piece begins among all bytes
    streams = (2 * flows[:, None] + np.arange(2)).reshape(-1)
    ends = np.cumsum(held.bounds[streams + 1] - held.bounds[streams])
    bounds = begins[np.concatenate([[0], ends])]
    found, said, odd = walked(_gathered(held, pieces, begins), bounds, frames)
    whole = ~(odd[0::2] | odd[1::2])
    found = found[whole[found[:, STREAM] // 2]]
    packet = held.columns[3, pieces]
    first_packet, last_packet = (packet[np.searchsorted(begins, found[:, at], side="right") - 1] for at in (BEGIN, END))
    order = np.cumsum(whole) - 1
    own = order[found[:, STREAM] // 2]
    begin, source, target, at, size = (found[:, column] for column in (BEGIN, SOURCE, TARGET, AT, SIZE))
    messages = _Messages(own, first_packet, last_packet, begin, source, target, at, size)
    return Ahead(flows[whole], said, messages)


def _plain(held: Pieces, flows: Int64s) -> Bools:
    """Flows whose bytes lie in the file without gaps, and are not too much together."""
    start, length, at = held.start, held.length, held.at
    first, stop = held.bounds[2 * flows], held.bounds[2 * flows + 2]
    count = stop - first
    pieces, flow = spread(first, count), np.repeat(np.arange(len(flows)), count)
    begins = np.zeros(len(start) + 1, np.bool_)
    begins[held.bounds] = True
    joined = begins[pieces] | (start[pieces] == (start + length)[pieces - 1])
    bad = np.bincount(flow, ~joined | (at[pieces] + length[pieces] > held.space.size), len(flows))
    size = np.bincount(flow, length[pieces], len(flows))
    return np.asarray((bad == 0) & (count > 0) & (size <= FLOW_BYTES) & (np.cumsum(size) <= BYTES))


def _gathered(held: Pieces, pieces: Int64s, begins: Int64s) -> Bytes:
    """The bytes of pieces, one after the other."""
    data = np.empty(begins[-1], np.uint8)
    at, length = held.at[pieces], held.length[pieces]
    for begin in range(0, len(pieces), GATHERED):
        stop = min(begin + GATHERED, len(pieces))
        data[begins[begin] : begins[stop]] = held.space.buffer[spread(at[begin:stop], length[begin:stop])]
        forget(held.space.view)
    return data


def _records(flows: Int64s, found: _Messages, said: Bytes, packet_time: npt.NDArray[np.int64]) -> list[Record]:
    """One row a request with its response, in order of what comes first in each flow."""
    found = found.only(np.lexsort((found.begin, found.last, packet_time[found.last], found.flow)))
    control, function = said[found.at].astype(np.int64) & 15, said[found.at + 1].astype(np.int64)
    response = function & 0x80 != 0
    master = np.where(response, found.target, found.source)
    outstation = np.where(response, found.source, found.target)
    key = found.flow << 36 | master << 20 | outstation << 4 | control
    reply = _replies(key, response, (function != CONFIRM) & (function != UNSOLICITED))
    rows = np.setdiff1d(np.arange(len(reply)), reply[reply >= 0], assume_unique=True)
    other = np.where(reply >= 0, reply, np.where(response, np.arange(len(reply)), -1))[rows]  # the response
    last = np.maximum(other, rows)
    iin = said[found.at + 2].astype(np.int64) << 8 | said[np.minimum(found.at + 3, len(said) - 1)]
    columns = (
        flows[found.flow[rows]], found.first[rows], found.last[last], master[rows], outstation[rows], control[rows],
        np.where(response, -1, function)[rows], np.where(other < 0, -1, function[other]), iin[other],
    )  # fmt: skip
    objects = _objects(found.at[rows], found.size[rows], function[rows], said)
    out = []
    for objects_, own in zip(objects, zip(*(column.tolist() for column in columns), strict=True), strict=True):
        flow, first, end, asker, asked, sequence, request, answer, indications = own
        values: dict[str, object] = {"master": asker, "outstation": asked, "sequence": sequence, "objects": objects_}
        if request >= 0:
            values["fc_request"] = name(request)
        if answer >= 0:
            values["fc_reply"], values["iin"] = name(answer), indications
        out.append(Record(flow, first, end, "dnp3", values))
    return out


def _replies(key: Int64s, response: Bools, paired: Bools) -> Int64s:
    """The response to each message, -1 where it has none: the next of the same stations and number, if that is one. (m,), in order."""
    out = np.full(len(key), -1, np.int64)
    rows = np.flatnonzero(paired)
    rows = rows[np.argsort(key[rows], kind="stable")]
    before, after = rows[:-1], rows[1:]
    meets = ~response[before] & response[after] & (key[before] == key[after])
    out[before[meets]] = after[meets]
    return out


def _objects(at: Int64s, size: Int64s, function: Int64s, said: Bytes) -> list[str | None]:
    """The objects that messages speak of."""
    head = np.where(function & 0x80 != 0, 4, 2)
    all_ = np.isin(function, tuple(ONLY_HEADERS))
    stop = at + np.where(all_, size, np.minimum(head + 3, size))  # of others the first object alone is told
    raw = said.tobytes()
    columns = ((at + head).tolist(), stop.tolist(), all_.tolist())
    return [objects_text(raw[begin:end], whole) for begin, end, whole in zip(*columns, strict=True)]
