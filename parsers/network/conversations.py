"""Flows ready to be read: recognised by how they begin, then given out one at a time as streams or datagrams."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from parsers.gather import forget, spread
from parsers.network.flows import Flows
from parsers.network.foretold import ByEnd
from parsers.network.identities import Identities
from parsers.network.ip_packets import IpPackets
from parsers.network.packets import TCP, UDP
from parsers.network.protocols import OPENING, Conversation, Datagram, Ends, Openings
from parsers.network.protocols.tabular import Datagrams, Streams
from parsers.network.records import Bools, Bytes, Int64s
from parsers.network.segments import Segments
from parsers.network.space import Space
from parsers.network.streams import Stream, pieces

FORGET_PACKETS = 2_048  # packets read before the file's pages are let go: 64 KiB each at the worst
OPENINGS_AT_ONCE = 2_048  # flows whose first bytes are looked at before the file's pages are let go
GRAMS_AT_ONCE, GRAM_BYTES = 32_768, 4 << 20  # datagrams given out together, and their bytes; a flow is never divided
PIECES_AT_ONCE, STREAMS_AT_ONCE = (
    32_768,
    4_096,
)  # pieces of streams given out together, and flows; a flow is never divided
TOLD_AT_ONCE = 16_384  # flows whose ends are held as text at a time, about 300 bytes each

Told = tuple[str, str, int, str, int, bool, int, int, int]


class Conversations:
    """The flows of a capture with payload. Payload stays in the mapped file until a dissector asks for it."""

    def __init__(self, space: Space, packets: IpPackets, ids: Identities, flows: Flows, segments: Segments) -> None:
        self._space, self._packets, self._ids, self._flows = space, packets, ids, flows
        self.held = pieces(space, segments, len(flows))
        grams = np.flatnonzero((packets.proto[flows.order] == UDP) & (packets.captured[flows.order] > 0))
        self._gram_bounds = np.searchsorted(flows.flow[grams], np.arange(len(flows) + 1))
        packet = flows.order[grams]
        self._grams = packet, flows.forward[grams], packets.at[packet], packets.captured[packet]
        self._gram_flow = flows.flow[grams]
        self._by_end: ByEnd | None = None
        self._prepared: dict[int, Told] = {}
        self._read = 0

    def first_packets(self) -> Int64s:
        """The first packet of each flow in time order: (f,)."""
        return self._flows.order[self._flows.first]

    def openings(self) -> Openings:
        """How every flow begins."""
        ids = self._ids
        at, size = self._first_payloads()
        short = self._short(size)
        raw = np.zeros((len(at), OPENING), np.uint8)
        there = np.flatnonzero(size > 0)  # most sides of a scan have none
        by_place = there[np.argsort(at[there], kind="stable")]
        for begin in range(0, len(by_place), OPENINGS_AT_ONCE):
            rows = by_place[begin : begin + OPENINGS_AT_ONCE]
            raw[rows] = _starts(self._space, at[rows], size[rows])
            self._complete(raw, size, rows[short[rows]])
            forget(self._space.view)
        return Openings(ids.proto, ids.orig_port, ids.resp_port, raw[0::2], size[0::2], raw[1::2], size[1::2])

    def _first_payloads(self) -> tuple[Int64s, Int64s]:
        """Where the first payload of each side of each flow lies, and its size: (2 f,), originator and responder in turn."""
        count, held = len(self._flows), self.held
        at, size = np.zeros(2 * count, np.int64), np.zeros(2 * count, np.int64)
        first = held.bounds[:-1]
        there = np.flatnonzero(held.bounds[1:] > first)
        at[there], size[there] = held.at[first[there]], held.length[first[there]]
        _, forward, places, sizes = (
            column[::-1] for column in self._grams
        )  # reversed: the first of each side is written last
        side = self._gram_flow[::-1].astype(np.int64) * 2 + ~forward
        at[side], size[side] = places, sizes
        return at, size

    def _short(self, size: Int64s) -> Bools:
        """Streams whose first segment is shorter than an opening, and those that follow lie elsewhere. Where they lie behind it, the size
        becomes that of the opening."""
        bounds, spans = self.held.bounds, self.held.spans
        short: Bools = (size < OPENING) & (np.diff(bounds) > 1)
        for number in np.flatnonzero(short).tolist() if spans else ():
            if (span := spans[number]) is not None:
                size[number], short[number] = min(span[1] - span[0], OPENING), False
        return short

    def _complete(self, raw: Bytes, size: Int64s, rows: Int64s) -> None:
        """Take the rest of openings from the segments that follow."""
        for number in rows.tolist():
            stream = Stream(self.held, number)
            begin = stream.read(stream.begin, OPENING)
            raw[number, : len(begin)] = np.frombuffer(begin, np.uint8)
            size[number] = len(begin)

    def talk(self, flow: int) -> Conversation:
        """One flow, ready to be read."""
        uid, orig_ip, port, resp_ip, peer, tcp, count, begin, stop = self._told(flow)
        self._read += count
        if self._read >= FORGET_PACKETS:
            self._read = 0
            forget(self._space.view)
        ends = (orig_ip, port, resp_ip, peer)
        if tcp:
            orig, resp = Stream(self.held, 2 * flow), Stream(self.held, 2 * flow + 1)
            return Conversation(flow, True, self._space, orig, resp, (), {}, uid, port, peer, ends)
        packet, forward, at, size = [column[begin:stop].tolist() for column in self._grams]
        grams = tuple(map(Datagram, packet, forward, at, size))
        return Conversation(flow, False, self._space.holding(at), None, None, grams, {}, uid, port, peer, ends)

    def datagrams(self, flows: Int64s) -> Iterator[Datagrams]:
        """The datagrams of these flows, of some flows at a time."""
        begin, stop = self._gram_bounds[flows], self._gram_bounds[flows + 1]
        sizes = np.concatenate([[0], np.cumsum(self._grams[3], dtype=np.int64)])
        for part in _parts((stop - begin, GRAMS_AT_ONCE), (sizes[stop] - sizes[begin], GRAM_BYTES)):
            yield self._several(flows[part], begin[part], stop[part] - begin[part])

    def streams(self, flows: Int64s) -> Iterator[Streams]:
        """The streams of those of these flows that are TCP, of some flows at a time."""
        flows = flows[self._ids.proto[flows] == TCP]
        there = self.held.bounds[2 * flows + 2] - self.held.bounds[2 * flows]
        for part in _parts((there, PIECES_AT_ONCE), (np.ones(len(flows), np.int64), STREAMS_AT_ONCE)):
            yield Streams(self.held, self._ids, flows[part], len(flows))

    def _several(self, flows: Int64s, begin: Int64s, count: Int64s) -> Datagrams:
        places, (packet, forward, at, size) = spread(begin, count), self._grams
        bounds = np.concatenate([[0], np.cumsum(count)])
        ids, which, sizes = self._ids, pa.array(flows), size[places].astype(np.int64)
        orig, resp = (ids.orig.take(which), ids.orig_port[flows]), (ids.resp.take(which), ids.resp_port[flows])
        ends = ids.uid.take(which), *orig, *resp
        return Datagrams(self._space, flows, *ends, bounds, packet[places], forward[places], at[places], sizes)

    def prepare(self, flows: Int64s) -> None:
        """Have at hand what is told of these flows, which are about to be read one by one: taken from Arrow for many at once."""
        ids, which, bounds = self._ids, pa.array(flows), self._gram_bounds
        uid, orig, resp = (column.take(which).to_pylist() for column in (ids.uid, ids.orig, ids.resp))
        ends = uid, orig, ids.orig_port[flows].tolist(), resp, ids.resp_port[flows].tolist()
        tcp, count = (ids.proto[flows] == TCP).tolist(), self._flows.count[flows].tolist()
        rest = tcp, count, bounds[flows].tolist(), bounds[flows + 1].tolist()
        self._prepared = dict(zip(flows.tolist(), zip(*ends, *rest, strict=True), strict=True))

    def _told(self, flow: int) -> Told:
        """Connection id, both ends, whether it is TCP, how many packets it has, and which are its datagrams."""
        if flow in self._prepared:
            return self._prepared[flow]
        ids, (begin, stop) = self._ids, self._gram_bounds[flow : flow + 2].tolist()
        uid, orig, resp = ids.uid[flow].as_py(), ids.orig[flow].as_py(), ids.resp[flow].as_py()
        ports, tcp = (ids.orig_port.item(flow), ids.resp_port.item(flow)), ids.proto.item(flow) == TCP
        return uid, orig, ports[0], resp, ports[1], tcp, self._flows.count.item(flow), begin, stop

    def ends(self, flow: int) -> Ends:
        """Whom a flow lies between."""
        ids = self._ids
        orig, resp = ids.orig[flow].as_py(), ids.resp[flow].as_py()
        return Ends(ids.uid[flow].as_py(), orig, int(ids.orig_port[flow]), resp, int(ids.resp_port[flow]))

    def between(self, host: str, port: int, peer: str, packet: int) -> list[int]:
        """TCP and UDP flows that `host` takes part in on `port` with `peer`, and whose first packet comes after `packet`, in time order."""
        if self._by_end is None:
            self._by_end = ByEnd(self._ids)
        found = self._by_end.flows(host, port, peer)
        if not len(found):
            return []
        if len(found) == 1:  # as a rule; arrays of one cost five times as much
            flow, time = found.item(), self._packets.time
            began = time.item(self._flows.order.item(self._flows.first.item(flow)))
            return [flow] if began >= time.item(packet) else []
        begun = self._packets.time[self._flows.order[self._flows.first[found]]]
        late = begun >= self._packets.time[packet]
        found, begun = found[late], begun[late]
        return found[np.lexsort((found, begun))].tolist()  # type: ignore[no-any-return]


def _parts(*shares: tuple[Int64s, int]) -> Iterator[slice]:
    """Neighbours that may be taken together: of each share, which every one has some of, they have no more than is given; or one has."""
    counted, done = [np.cumsum(share) for share, _ in shares], 0
    while done < len(counted[0]):
        before = [column[done - 1] if done else 0 for column in counted]
        tops = zip(counted, before, shares, strict=True)
        stop = max(min(int(np.searchsorted(column, had + most)) for column, had, (_, most) in tops), done + 1)
        yield slice(done, stop)
        done = stop


def _starts(space: Space, at: Int64s, size: Int64s) -> Bytes:
    """The first OPENING bytes of each payload, zero beyond its end: (n, OPENING)."""
    found = space.windows(at, OPENING)
    few = np.flatnonzero(size < OPENING)
    found[few] *= np.arange(OPENING) < size[few, None]
    return found
