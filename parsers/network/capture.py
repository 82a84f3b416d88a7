"""The parser of packet captures: a file to rows of net/conn and of each protocol, problems and byte accounts.

A large capture has several slices. Each accounts for its own bytes of the file and reads the flows of its share of the host pairs, wherever
in the file their packets lie (docs/decisions/0019-large-captures.md).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.base import Evidence, Output, Slice
from parsers.freed_memory import give_back
from parsers.network import (
    arp,
    arp_spill,
    carriers,
    connections,
    flows,
    gathered_payload,
    hardware,
    identities,
    kept_payload,
    overlaps,
    pcap,
    pcapng,
    read_so_far,
    reading,
    shared_passes,
    survey,
)
from parsers.network.conversations import Conversations
from parsers.network.ip_packets import OVERLAP_CONFLICT, IpPackets
from parsers.network.partitions import Partition
from parsers.network.protocols import Carried, Trouble, all_dissectors
from parsers.network.protocols.tabular import Rows
from parsers.network.records import Bytes
from parsers.network.segments import in_sequence
from parsers.network.survey import Survey
from parsers.network.tables import ConnRows, Sources, conn_batches, record_batch, rows_batch
from timelines.flow_timeouts import flow_timeouts

SLICE_BYTES = 256 << 20  # a slice is no larger than this
ALONE_BYTES = 128 << 20  # a larger capture has an even number of slices, so that workers share the reading
LARGE = 1 << 17  # packets read together after which freed memory goes back to the system
KEPT = 256 << 20  # bytes of it that are kept for the next packets: what one partition leaves, the next one asks for

OTHER_BYTES = "TCP segments repeat a range of their stream with other bytes: those that came first are read, flagged"


@dataclass(frozen=True, slots=True)
class Capture:
    """pcap and pcapng files. `tap` is given the files they carry instead of their becoming rows."""

    name: str = "network/capture"
    tap: Callable[[Carried], None] | None = None

    def load(self) -> None:
        """Import every dissector."""
        all_dissectors()

    def lacking(self, size: int, workers: int) -> int:
        needed = kept_payload.needed(size, workers > 1 and shared_passes.LOCKS)
        there = shutil.disk_usage(tempfile.gettempdir()).free > needed
        return 0 if there or _pieces(size) == 1 or not kept_payload.large(size) else needed

    def accepts(self, head: bytes, name: str) -> bool:
        return pcapng.is_pcapng(head) or pcap.magic(head) is not None

    def slices(self, evidence: Evidence) -> list[Slice]:
        size, count = evidence.size, _pieces(evidence.size)
        bounds = [size * at // count for at in range(count + 1)]
        return [Slice(bounds[at], bounds[at + 1], {"share": at, "shares": count}) for at in range(count)]

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        share, shares = int(str(piece.context["share"])), int(str(piece.context["shares"]))
        found = survey.make(evidence) if shares == 1 else _surveys.of(evidence, shares)
        if share == 0:
            yield from found.problems(evidence)
            yield from found.found.told
            yield from arp.batches(arp_spill.portions(found.found.arp))
        yield from found.found.ranges.within(piece.start, piece.stop)
        yield from _rows(evidence, found, (share, shares), self.tap)
        if shares > 1:
            _surveys.done(evidence, share)


_surveys = survey.Shared()


def _pieces(size: int) -> int:
    """How many slices a capture of `size` bytes has."""
    return 1 if size <= min(ALONE_BYTES, SLICE_BYTES) else 2 * -(-size // (2 * SLICE_BYTES))


def _rows(
    evidence: Evidence, found: Survey, share: tuple[int, int], tap: Callable[[Carried], None] | None
) -> Iterator[Output]:
    """The rows of a share of the host pairs, and what was wrong with their payload."""
    troubles: dict[str, _Told] = {}
    timeouts = flow_timeouts(evidence.flow_timeouts)
    partitions = found.partitions(*share)
    while (part := next(partitions, None)) is not None:
        joined = flows.build(part.packets, timeouts)
        yield from _partition(evidence, found, part, joined, tap, troubles)
        large = len(part.packets) >= LARGE
        del part, joined  # or they would be held while the next are taken
        if large:
            give_back(KEPT)
    for told in sorted(troubles.values(), key=lambda told: (told.packet, told.reason)):
        text = f"{told.reason}; {told.count} times, first in packet {told.packet + 1}"
        yield evidence.problem(told.record, told.size, text)


@dataclass(frozen=True, slots=True)
class _Told:
    """Troubles of one kind (their reasons are equal up to a colon), told at the first packet that had one."""

    packet: int
    reason: str
    record: int
    size: int
    count: int

    def with_more(self, other: _Told | None) -> _Told:
        if other is None:
            return self
        first = min(self, other, key=lambda told: (told.packet, told.reason))
        return replace(first, count=self.count + other.count)


def _partition(
    evidence: Evidence,
    found: Survey,
    part: Partition,
    joined: flows.Flows,
    tap: Callable[[Carried], None] | None,
    troubles: dict[str, _Told],
) -> Iterator[Output]:
    """The rows of packets that are read at a time. What is wrong with their payload is added to `troubles`."""
    packets = part.packets
    done = read_so_far.Reading(packets.packet, np.full(len(joined), -1, np.int16), tap)
    sources = Sources(packets, identities.identify(packets, joined))
    inside = carriers.inside(packets, joined)
    with found.room.taken() as room:
        yield from _read((part, room), sources, joined, inside, done)
    alone = carriers.unknown(packets, joined, inside)
    if len(alone):
        row = int(joined.order[joined.first[alone[0]]])
        reason = f"{len(alone)} flows inside tunnels are read apart from what carries them, which is too much: no tunnel_parents"
        yield evidence.problem(packets.record[row], packets.size[row], reason)
    for row, family, count in sources.left_out:
        reason = f"{count} rows of {family} begin at one packet beyond those that can be told apart: left out"
        yield evidence.problem(packets.record[row], packets.size[row], reason)
    for kind, (first, count) in done.troubles.items():
        row = first.packet
        told = _Told(int(packets.packet[row]), first.reason, int(packets.record[row]), int(packets.size[row]), count)
        troubles[kind] = told.with_more(troubles.get(kind))


def _read(
    where: tuple[Partition, Bytes],
    sources: Sources,
    joined: flows.Flows,
    inside: carriers.Inside,
    done: read_so_far.Reading,
) -> Iterator[Output]:
    part, room = where
    payload = gathered_payload.gathered(part, joined, in_sequence(part.packets, joined), room)
    packets, segments = payload.packets, payload.segments
    talks = Conversations(payload.space, packets, sources.identities, joined, segments)
    other = overlaps.conflicts(payload.space, segments, talks.held)
    for place in other.tolist():
        trouble = Trouble(int(segments.packet[place]), OTHER_BYTES, "rexmit_inconsistency")
        done.trouble(trouble, int(segments.stream[place]) // 2, "tcp")
    for family, rows in reading.read(talks, packets.time, done):
        yield rows_batch(sources, family, rows) if isinstance(rows, Rows) else record_batch(sources, family, rows)
    tunnels = list(carriers.tunnels(packets, joined, inside))
    if tunnels:
        yield record_batch(sources, "net/tunnel", tunnels)
    described = connections.describe(packets, joined, segments)
    services = read_so_far.services(done)
    parents = carriers.parents(packets, joined, inside, sources.identities.uid)
    frames = part.frames(joined.order[joined.first])
    heads = payload.heads if payload.heads is not None else hardware.heads(part.space, frames)
    flow_rows = _conn_rows(heads, sources, joined, services, parents)
    flow_rows.remarks[segments.stream[other] // 2] |= OVERLAP_CONFLICT
    yield from conn_batches(sources, described, flow_rows)


def _conn_rows(
    heads: Bytes, sources: Sources, found: flows.Flows, service: pa.StringArray, parents: pa.StringArray
) -> ConnRows:
    packets, order, first = sources.packets, found.order, found.first
    last = np.maximum.reduceat(packets.last[order], first) if len(first) else first
    remarks = np.bitwise_or.reduceat(packets.remarks[order], first) if len(first) else packets.remarks[order]
    return ConnRows(order[first], last, service, remarks, _hardware(heads, packets, found), parents)


def _hardware(heads: Bytes, packets: IpPackets, found: flows.Flows) -> tuple[pa.StringArray, pa.StringArray]:
    """Link-layer addresses of originator and responder; none inside tunnels, whose frames are others'."""
    sender, receiver = hardware.ends(heads, packets.link[found.order[found.first]])
    forward = pa.array(found.forward[found.first])
    return pc.if_else(forward, sender, receiver), pc.if_else(forward, receiver, sender)


PARSER = Capture()
