"""The parser of packet captures: a file to rows of net/conn and of each protocol, problems and byte accounts.

A capture is one slice: flows and streams need all of its packets (docs/decisions/0009-captures.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.base import Evidence, Output, Slice
from parsers.gather import as_bytes
from parsers.network import (
    arp,
    carriers,
    connections,
    flows,
    hardware,
    identities,
    notes,
    packets,
    pcap,
    pcapng,
    reading,
    streams,
    told_rows,
)
from parsers.network.conversations import Conversations
from parsers.network.fragments import Tally
from parsers.network.headers import BAD_IP_SUM, BAD_SUM, CARRIER, DEEP, OFFLOAD, OVERLAP, PARTIAL, REASSEMBLED, Headers
from parsers.network.layers import DEPTH
from parsers.network.protocols import Trouble
from parsers.network.records import Bools, Gap, Packets
from parsers.network.space import Space
from parsers.network.tables import ConnRows, Sources, conn_batches, record_batches
from timelines.problems import KINDS, Account, Problem

_TALLIES = {
    "oversized": "fragments reach beyond 65,535 bytes, more than a datagram can have: not read",
    "in too many pieces": "fragments of datagrams that are split into more pieces than are put together: not read",
    "late": "datagrams in fragments were not complete within 60 seconds: given up",
    "crowded out": "datagrams in fragments were given up because too many others waited for the rest of theirs",
    "overlap with other bytes": "datagrams have fragments that overlap with other bytes: the bytes that came first are read, flagged",
    "reach beyond their last one": "datagrams have fragments that reach beyond their last one: what lies beyond is left out",
}
GAP_PROBLEMS = 1_000  # gaps reported one by one; the rest of a shattered file is summed up in one problem


@dataclass(frozen=True, slots=True)
class Capture:
    """pcap and pcapng files."""

    name: str = "capture"

    def accepts(self, head: bytes, name: str) -> bool:
        return pcapng.is_pcapng(head) or pcap.magic(head) is not None

    def slices(self, evidence: Evidence) -> list[Slice]:
        return [Slice(0, evidence.size)]

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        view = evidence.open()
        buffer = as_bytes(view)
        walk = pcapng.walk(view, buffer) if pcapng.is_pcapng(bytes(view[:12])) else pcap.walk(view, buffer)
        yield from _gap_problems(evidence, walk.gaps)
        yield from told_rows.batches(walk.told, walk.packets)
        if walk.left_out:
            reason = (
                f"{walk.left_out} more comments, names and interfaces than are listed stand in the file: not listed"
            )
            yield evidence.problem(0, 0, reason)
        space = Space(view)
        decoder = packets.Decoder(space)
        headers = packets.decode_all(decoder, walk.packets)
        yield from _accounts(walk.packets, headers, walk.gaps)
        yield from _packet_problems(evidence, walk.packets, headers)
        yield from _fragment_problems(evidence, walk.packets, decoder.tally)
        found = flows.build(headers, walk.packets)
        segments = streams.build(headers, found)
        sources = Sources(walk.packets, headers, identities.identify(headers, walk.packets, found))
        talks = Conversations(space, sources, found, segments)
        done = reading.read(talks, walk.packets.time)
        for family, records in (*reading.families(done), ("net/tunnel", carriers.tunnels(headers, found))):
            yield from record_batches(sources, family, list(records))
        yield from _troubles(evidence, walk.packets, done.troubles)
        described = connections.describe(headers, walk.packets, found, segments)
        yield from conn_batches(
            sources, described, _conn_rows(space, sources, found, reading.services(done, len(found)))
        )
        yield from _resolutions(evidence, space, headers, walk.packets)


def _conn_rows(space: Space, sources: Sources, found: flows.Flows, service: list[str | None]) -> ConnRows:
    packed, headers = sources.packets, sources.headers
    order, first = found.order, found.first
    packet = headers.packet[order]
    last = packet + headers.span[order]
    marks = headers.marks[order]
    remarks = (
        ("truncated", packed.cut[packet]),
        ("snapped", headers.captured[order] < headers.declared[order]),
        ("caplen-exceeds-original", (packed.caplen > packed.origlen)[packet]),
        ("time-backwards", _backwards(packed)[packet]),
        ("fragmented", marks & REASSEMBLED != 0),
        ("fragments-missing", marks & PARTIAL != 0),
        ("fragment-overlap", marks & OVERLAP != 0),
        ("tunnel", marks & CARRIER != 0),
        ("bad-ip-checksum", marks & BAD_IP_SUM != 0),
        ("bad-transport-checksum", marks & BAD_SUM != 0),
    )
    flags = np.full(len(found), "", "<U200")
    for word, mask in remarks:
        marked = np.flatnonzero(np.bincount(found.flow[mask], minlength=len(found)))
        flags[marked] = np.char.add(np.where(flags[marked] == "", "", np.char.add(flags[marked], ",")), word)
    parents = carriers.parents(headers, found, sources.identities.uid)
    hardware = _hardware(space, sources, found)
    return ConnRows(order[first], packet[first], last[first + found.count - 1], service, flags, hardware, parents)


def _backwards(packed: Packets) -> Bools:
    """Packets that are earlier than the one before them in the file."""
    out = np.zeros(len(packed), np.bool_)
    out[1:] = (np.diff(packed.time) < 0) & packed.timed[1:] & packed.timed[:-1]
    return out


def _hardware(space: Space, sources: Sources, found: flows.Flows) -> tuple[pa.StringArray, pa.StringArray]:
    """Link-layer addresses of originator and responder; none inside tunnels, whose frames are others'."""
    rows = found.order[found.first]
    sender, receiver = hardware.ends(space, sources.packets, sources.headers.packet[rows])
    own = pa.array(sources.headers.depth[rows] == 0)
    forward = pa.array(found.forward[found.first])
    nothing = pa.scalar(None, pa.string())
    orig, resp = pc.if_else(forward, sender, receiver), pc.if_else(forward, receiver, sender)
    return pc.if_else(own, orig, nothing), pc.if_else(own, resp, nothing)


def _resolutions(evidence: Evidence, space: Space, headers: Headers, packed: Packets) -> Iterator[Output]:
    """Rows of net/arp."""
    messages, other = arp.gather(space, headers, packed)
    yield from arp.batches(messages)
    if other:
        row = int(headers.packet[headers.note == notes.ARP].min())
        reason = f"{other} ARP messages are cut, or not about Ethernet and IPv4: not read; first ARP message is packet {row + 1}"
        yield evidence.problem(packed.record[row], packed.size[row], reason)


def _gap_problems(evidence: Evidence, gaps: tuple[Gap, ...]) -> Iterator[Problem]:
    told = [gap for gap in gaps if gap.reason and gap.kind == "damaged"]
    for gap in told[:GAP_PROBLEMS]:
        yield evidence.problem(gap.offset, gap.length, gap.reason)
    rest = told[GAP_PROBLEMS:]
    if rest:
        reason = f"{len(rest)} further damaged places from here on, {sum(gap.length for gap in rest)} bytes in all"
        yield evidence.problem(rest[0].offset, 0, reason)
    kinds: dict[str, list[Gap]] = {}
    for gap in gaps:
        if gap.reason and gap.kind != "damaged":
            kinds.setdefault(gap.reason, []).append(gap)
    for reason, same in sorted(kinds.items(), key=lambda item: item[1][0].offset):
        yield evidence.problem(same[0].offset, same[0].length, f"{reason}; {len(same)} of them, this is the first")


def _accounts(packed: Packets, headers: Headers, gaps: tuple[Gap, ...]) -> Iterator[Account]:
    """Every byte's fate. Neighbours that share one become one range."""
    fates = np.array([KINDS.index(notes.fate(n)) if n in notes.KNOWN else 0 for n in range(16)])
    kinds = np.concatenate(
        [fates[headers.note[: len(packed)]], np.array([KINDS.index(gap.kind) for gap in gaps], np.int64)]
    )
    offsets = np.concatenate([packed.record, np.array([gap.offset for gap in gaps], np.int64)])
    lengths = np.concatenate([packed.size, np.array([gap.length for gap in gaps], np.int64)])
    order = np.argsort(offsets, kind="stable")
    kinds, offsets, lengths = kinds[order], offsets[order], lengths[order]
    begins = np.ones(len(kinds), np.bool_)
    begins[1:] = (kinds[1:] != kinds[:-1]) | (offsets[1:] != offsets[:-1] + lengths[:-1])
    first = np.flatnonzero(begins)
    sums = np.add.reduceat(lengths, first) if len(first) else lengths
    for number, kind in enumerate(KINDS):
        mine = kinds[first] == number
        if mine.any():
            yield Account(kind, offsets[first[mine]], sums[mine])


def _packet_problems(evidence: Evidence, packed: Packets, headers: Headers) -> Iterator[Problem]:
    for row, reason in notes.summaries(headers):
        yield evidence.problem(packed.record[row], packed.size[row], reason)
    marks = np.zeros(len(packed), np.uint8)
    np.bitwise_or.at(marks, headers.packet[headers.marks > 0], headers.marks[headers.marks > 0])
    remarks = (
        (marks & DEEP != 0, f"packets lie deeper than {DEPTH} tunnels: what is inside them is not read"),
        (packed.cut, "packet is cut by the end of the file: read as far as it goes"),
        (packed.caplen > packed.origlen, "packets hold more bytes than they say were on the wire: read, flagged"),
        (_backwards(packed), "packets are earlier than the one before them: read in order of time, flagged"),
        (marks & BAD_IP_SUM != 0, "packets have an IPv4 header whose checksum does not fit: read, flagged"),
        (marks & BAD_SUM != 0, "packets have a TCP, UDP or ICMP checksum that does not fit: read, flagged"),
        (marks & OFFLOAD != 0, "packets were captured before the sender's network card completed their checksum: read"),
        (~packed.timed, "packets have no usable time: rows that begin with them have none"),
    )
    for mask, reason in remarks:
        rows = np.flatnonzero(mask)
        if len(rows):
            row = int(rows[0])
            yield evidence.problem(
                packed.record[row], packed.size[row], f"{len(rows)} {reason}; first is packet {row + 1}"
            )


def _fragment_problems(evidence: Evidence, packed: Packets, tally: Tally) -> Iterator[Problem]:
    """What is odd about fragments, one line a kind."""
    for kind, count in tally.counts.items():
        row = tally.first[kind]
        yield evidence.problem(
            packed.record[row], packed.size[row], f"{count} {_TALLIES[kind]}; first is packet {row + 1}"
        )


def _troubles(evidence: Evidence, packed: Packets, troubles: list[Trouble]) -> Iterator[Problem]:
    """Reasons of one kind (equal up to a colon) become one problem at their first packet, which tells the rest."""
    kinds: dict[str, list[Trouble]] = {}
    for trouble in troubles:
        kinds.setdefault(trouble.reason.partition(":")[0], []).append(trouble)
    firsts = [(min(same, key=lambda trouble: (trouble.packet, trouble.reason)), len(same)) for same in kinds.values()]
    for first, count in sorted(firsts, key=lambda item: (item[0].packet, item[0].reason)):
        row = first.packet
        reason = f"{first.reason}; {count} times, first in packet {row + 1}"
        yield evidence.problem(packed.record[row], packed.size[row], reason)


PARSER = Capture()
