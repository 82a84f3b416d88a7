"""Flows ready to be read: recognised by how they begin, then given out one at a time as streams or datagrams."""

from __future__ import annotations

import numpy as np

from parsers.network.flows import Flows
from parsers.network.packets import TCP, UDP
from parsers.network.protocols import OPENING, Conversation, Datagram, Openings
from parsers.network.records import Bytes, Int64s
from parsers.network.streams import Segments, Stream
from parsers.network.tables import Sources


class Conversations:
    """The flows of a file with payload. Payload stays in the mapped file until a dissector asks for it."""

    def __init__(self, view: memoryview, sources: Sources, flows: Flows, segments: Segments) -> None:
        self._view, self._sources, self._flows, self._segments = view, sources, flows, segments
        streams = np.arange(2 * len(flows) + 1)
        self._bounds = np.searchsorted(segments.stream, streams)
        headers = sources.headers
        grams = (headers.proto[flows.order] == UDP) & (headers.captured[flows.order] > 0)
        self._grams = np.flatnonzero(grams)
        self._gram_bounds = np.searchsorted(flows.flow[self._grams], np.arange(len(flows) + 1))
        self._openings: Openings | None = None
        self._by_end: dict[tuple[str, int, str], list[int]] | None = None

    def openings(self, buffer: Bytes) -> Openings:
        """How every flow begins."""
        if self._openings is None:
            ids = self._sources.identities
            at, size = self._first_payloads()
            raw = _starts(buffer, at, size)
            self._complete(raw, size)
            self._openings = Openings(
                ids.proto, ids.orig_port, ids.resp_port, raw[0::2], size[0::2], raw[1::2], size[1::2]
            )
        return self._openings

    def _first_payloads(self) -> tuple[Int64s, Int64s]:
        """Where the first payload of each side of each flow lies, and its size: (2 f,), originator and responder in turn."""
        flows, segments = self._flows, self._segments
        headers, packets = self._sources.headers, self._sources.packets
        at, size = np.zeros(2 * len(flows), np.int64), np.zeros(2 * len(flows), np.int64)
        first = self._bounds[:-1]
        there = np.flatnonzero(self._bounds[1:] > first)
        at[there], size[there] = segments.at[first[there]], segments.held[first[there]]
        grams = self._grams[::-1]  # reversed: the first of each side is written last
        side = flows.flow[grams].astype(np.int64) * 2 + ~flows.forward[grams]
        packet = flows.order[grams]
        at[side] = packets.data[packet] + headers.payload[packet]
        size[side] = headers.captured[packet]
        return at, size

    def _complete(self, raw: Bytes, size: Int64s) -> None:
        """Streams whose first segment is shorter than an opening: take the rest from the segments that follow."""
        several = np.diff(self._bounds) > 1
        for number in np.flatnonzero(several & (size < OPENING)).tolist():
            stream = self._stream(number)
            begin = stream.read(stream.begin, OPENING)
            raw[number, : len(begin)] = np.frombuffer(begin, np.uint8)
            size[number] = len(begin)

    def talk(self, flow: int) -> Conversation:
        """One flow, ready to be read."""
        ids = self._sources.identities
        ends = (ids.orig[flow].as_py(), int(ids.orig_port[flow]), ids.resp[flow].as_py(), int(ids.resp_port[flow]))
        if ids.proto[flow] == TCP:
            orig, resp = (self._stream(2 * flow + side) for side in (0, 1))
            return Conversation(flow, True, self._view, orig, resp, ends=ends)
        return Conversation(flow, False, self._view, datagrams=self._datagrams(flow), ends=ends)

    def between(self, host: str, port: int, peer: str, packet: int) -> list[int]:
        """TCP and UDP flows that `host` takes part in on `port` with `peer`, and whose first packet comes after `packet`, in time order."""
        if self._by_end is None:
            self._by_end = {}
            ids = self._sources.identities
            ends = zip(
                ids.orig.to_pylist(), ids.orig_port.tolist(), ids.resp.to_pylist(), ids.resp_port.tolist(), strict=True
            )
            for flow, (orig, orig_port, resp, resp_port) in enumerate(ends):
                if ids.proto[flow] in (TCP, UDP):
                    self._by_end.setdefault((orig, orig_port, resp), []).append(flow)
                    self._by_end.setdefault((resp, resp_port, orig), []).append(flow)
        time = self._sources.packets.time
        first = self._flows.order[self._flows.first]
        found = [flow for flow in self._by_end.get((host, port, peer), ()) if time[first[flow]] >= time[packet]]
        return sorted(set(found), key=lambda flow: (int(time[first[flow]]), flow))

    def _stream(self, number: int) -> Stream:
        return Stream(self._view, self._segments, int(self._bounds[number]), int(self._bounds[number + 1]))

    def _datagrams(self, flow: int) -> tuple[Datagram, ...]:
        rows = self._grams[self._gram_bounds[flow] : self._gram_bounds[flow + 1]]
        headers, packets = self._sources.headers, self._sources.packets
        packet = self._flows.order[rows]
        at = (packets.data[packet] + headers.payload[packet]).tolist()
        columns = zip(
            packet.tolist(), self._flows.forward[rows].tolist(), at, headers.captured[packet].tolist(), strict=True
        )
        return tuple(Datagram(*values) for values in columns)


def _starts(buffer: Bytes, at: Int64s, size: Int64s) -> Bytes:
    """The first OPENING bytes of each payload, zero beyond its end: (n, OPENING)."""
    if not len(at) or not len(buffer):
        return np.zeros((len(at), OPENING), np.uint8)
    steps = np.arange(OPENING)
    places = np.minimum(at[:, None] + steps, len(buffer) - 1)
    return np.where(steps < size[:, None], buffer[places], 0).astype(np.uint8)
