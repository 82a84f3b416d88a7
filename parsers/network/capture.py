"""The parser of packet captures: a file to rows of net/conn and of each protocol, problems and byte accounts.

A capture is one slice: flows and streams need all of its packets (docs/decisions/0009-captures.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from parsers.base import Evidence, Output, Slice
from parsers.gather import as_bytes
from parsers.network import connections, flows, identities, notes, packets, pcap, pcapng, reading, streams
from parsers.network.conversations import Conversations
from parsers.network.packets import TUNNEL_PORTS, TUNNELS, Headers
from parsers.network.protocols import Carried, Trouble
from parsers.network.records import Gap, Packets
from parsers.network.tables import ConnRows, Sources, conn_batches, record_batches
from timelines.problems import KINDS, Account, Problem

GAP_PROBLEMS = 1_000  # gaps reported one by one; the rest of a shattered file is summed up in one problem


@dataclass(frozen=True, slots=True)
class Capture:
    """pcap and pcapng files. `tap` is given the files they carry instead of their becoming rows."""

    name: str = "capture"
    tap: Callable[[Carried], None] | None = None

    def accepts(self, head: bytes, name: str) -> bool:
        return pcapng.is_pcapng(head) or pcap.magic(head) is not None

    def slices(self, evidence: Evidence) -> list[Slice]:
        return [Slice(0, evidence.size)]

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        view = evidence.open()
        buffer = as_bytes(view)
        walk = pcapng.walk(view, buffer) if pcapng.is_pcapng(bytes(view[:12])) else pcap.walk(view, buffer)
        yield from _gap_problems(evidence, walk.gaps)
        headers = packets.decode(buffer, walk.packets)
        yield from _accounts(walk.packets, headers, walk.gaps)
        yield from _packet_problems(evidence, walk.packets, headers)
        found = flows.build(headers, walk.packets)
        segments = streams.build(headers, walk.packets, found)
        sources = Sources(walk.packets, headers, identities.identify(headers, walk.packets, found))
        talks = Conversations(view, sources, found, segments)
        done = reading.read(talks, buffer, walk.packets.time, self.tap)
        for family, records in reading.families(done):
            yield from record_batches(sources, family, list(records))
        yield from _troubles(evidence, walk.packets, done.troubles)
        described = connections.describe(headers, walk.packets, found, segments)
        yield from conn_batches(
            sources, described, _conn_rows(walk.packets, headers, found, reading.services(done, len(found)))
        )


def _conn_rows(packed: Packets, headers: Headers, found: flows.Flows, service: list[str | None]) -> ConnRows:
    order, first = found.order, found.first
    remarks = (
        ("truncated", packed.cut),
        ("snapped", headers.captured < headers.declared),
        ("caplen-exceeds-original", packed.caplen > packed.origlen),
        ("fragmented", headers.note == notes.FIRST_FRAGMENT),
        ("tunnel", headers.note == notes.TUNNEL),
    )
    flags = np.full(len(found), "", "<U80")
    for word, mask in remarks:
        marked = np.flatnonzero(np.bincount(found.flow[mask[order]], minlength=len(found)))
        flags[marked] = np.char.add(np.where(flags[marked] == "", "", np.char.add(flags[marked], ",")), word)
    return ConnRows(order[first], order[first + found.count - 1], service, flags)


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
    kinds = np.concatenate([fates[headers.note], np.array([KINDS.index(gap.kind) for gap in gaps], np.int64)])
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
    tunnels = TUNNELS | TUNNEL_PORTS
    for row, reason in notes.summaries(headers.note, headers.detail, tunnels):
        yield evidence.problem(packed.record[row], packed.size[row], reason)
    remarks = (
        (packed.cut, "packet is cut by the end of the file: read as far as it goes"),
        (packed.caplen > packed.origlen, "packets hold more bytes than they say were on the wire: read, flagged"),
        (~packed.timed, "packets have no usable time: rows that begin with them have none"),
    )
    for mask, reason in remarks:
        rows = np.flatnonzero(mask)
        if len(rows):
            row = int(rows[0])
            yield evidence.problem(
                packed.record[row], packed.size[row], f"{len(rows)} {reason}; first is packet {row + 1}"
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
