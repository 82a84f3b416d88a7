"""The packets of one row: listed, and as a capture file of their own, in which records are as they are in the evidence, behind the headers
they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parsers.gather import as_bytes
from parsers.network import flows, packets, pcap, pcapng
from parsers.network.headers import Headers
from parsers.network.ip_packets import Captured, columns, gathered
from parsers.network.notes import PART
from parsers.network.pcap import FILE_HEADER
from parsers.network.records import Bools, Int64s, Packets
from parsers.second.blocks import Preambles
from timelines.flow_timeouts import FlowTimeouts


@dataclass(frozen=True, slots=True)
class Chosen:
    """Packets of one flow. places: (n,) which of all `packets` of the file, 0-based, in file order; rows: (n,) for each the row of
    `headers` that shows it as the flow's, or -1 where none does (fragments, packets without IP); damaged: bytes before the last of
    them are no packet, so readers that stop at damage do not see it."""

    packets: Packets
    headers: Headers
    places: Int64s
    rows: Int64s
    damaged: bool


def choose(view: memoryview, offset: int, span: tuple[int, int] | None, timeouts: FlowTimeouts = flows.USUAL) -> Chosen:
    """The packets of the flow whose packet lies at `offset`, those numbered in `span` (from 1, both ends included), or all of them.

    Raises ValueError when no packet begins at `offset`.
    """
    buffer = as_bytes(view)
    walked = (pcapng if pcapng.is_pcapng(bytes(view[:12])) else pcap).walk(view, buffer)
    packed = walked.packets
    headers = packets.decode(buffer, packed)
    places, rows = _rows(packed, offset, headers, span, timeouts)
    last = int(packed.record[places[-1]]) if len(places) else 0
    return Chosen(packed, headers, places, rows, any(gap.reason and gap.offset < last for gap in walked.gaps))


def capture_of(
    view: memoryview, offset: int, span: tuple[int, int] | None, timeouts: FlowTimeouts = flows.USUAL
) -> Iterator[bytes]:
    """Pieces of a valid capture file: the packets of the flow whose packet lies at `offset`, those numbered in `span` (from 1, both ends
    included), or all of them. Every record is byte for byte as in `view`; one that the end of the file cuts is left out.

    Raises ValueError when no packet begins at `offset`, or the blocks before it are damaged.
    """
    chosen = choose(view, offset, span, timeouts)
    packed, blocks = chosen.packets, pcapng.is_pcapng(bytes(view[:12]))
    rows = chosen.places[~packed.cut[chosen.places]]
    if not len(rows):
        raise ValueError(f"the packet at byte {offset} is cut by the end of the file; a capture file cannot hold it")
    if not blocks:
        yield bytes(view[:FILE_HEADER])
    before, preambles = b"", Preambles(view)
    for row in rows.tolist():
        start = int(packed.record[row])
        if blocks:
            needed = preambles.before(start)
            if needed != before:
                yield needed
            before = needed
        yield bytes(view[start : start + int(packed.size[row])])


def _rows(
    packed: Packets, offset: int, headers: Headers, span: tuple[int, int] | None, timeouts: FlowTimeouts
) -> tuple[Int64s, Int64s]:
    """The chosen packets in file order, and each one's row of `headers`: those of the outermost flow that the packet at `offset` is in,
    fragments among them."""
    packet = int(np.searchsorted(packed.record, offset))
    if packet >= len(packed) or packed.record[packet] != offset:
        raise ValueError(f"no packet record begins at byte {offset}; use the offset of a row")
    decoded = np.flatnonzero(headers.proto >= 0)
    found = flows.build(columns(gathered(headers, Captured(packed, np.zeros(len(packed), np.bool_)))), timeouts)
    order = decoded[found.order]
    first = headers.packet[order]
    covering = np.flatnonzero((first <= packet) & (packet <= first + headers.span[order]))
    if not len(covering):
        return np.array([packet]), np.array([-1])
    flow = found.flow[covering[np.argmin(headers.depth[order[covering]])]]
    rows = order[found.flow == flow]
    same = np.zeros(len(packed), np.bool_)
    shown = np.full(len(packed), -1)
    same[headers.packet[rows]] = True
    shown[headers.packet[rows]] = rows
    _add_fragments(same, headers, rows)
    chosen = np.flatnonzero(same)
    if span is not None:
        low, high = sorted(span)
        chosen = chosen[(chosen + 1 >= low) & (chosen + 1 <= high)]
    return chosen, shown[chosen]


def _add_fragments(same: Bools, headers: Headers, rows: Int64s) -> None:
    """Mark the packets whose fragments rows were put together from: those between the same ends within the row's span."""
    parts = np.flatnonzero(headers.note == PART)
    for row in rows[headers.span[rows] > 0].tolist():
        near = parts[
            (headers.packet[parts] >= headers.packet[row])
            & (headers.packet[parts] <= headers.packet[row] + headers.span[row])
        ]
        ends = (headers.src[near] == headers.src[row]).all(axis=1) & (headers.dst[near] == headers.dst[row]).all(axis=1)
        same[headers.packet[near[ends]]] = True
