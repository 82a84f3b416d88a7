"""The packets of one row: listed, and as a capture file of their own, in which records are as they are in the evidence, behind the headers
they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from parsers.gather import as_bytes
from parsers.network import flows, packets, pcapng
from parsers.network.headers import Headers
from parsers.network.ip_packets import Captured, columns, gathered
from parsers.network.notes import PART
from parsers.network.pcap import FILE_HEADER
from parsers.network.records import Bools, Int64s, Packets, joined
from parsers.network.same_ends import Reach, same_ends
from parsers.second.blocks import Preambles
from timelines.flow_timeouts import FlowTimeouts


@dataclass(frozen=True, slots=True)
class Chosen:
    """Packets of one flow: (n,) each, in file order. packets: their records; places: which of the file, 0-based; rows: for each the row of
    `headers` that shows it as the flow's, or -1 where none does (fragments, packets without IP); damaged: bytes before the last of
    them are no packet, so readers that stop at damage do not see it."""

    packets: Packets
    headers: Headers
    places: Int64s
    rows: Int64s
    damaged: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Packets of the flow whose packet lies at byte `offset`: those numbered in `span` (from 1, both ends included), or all of them.

    `timeouts` are those by which flows were told apart; `reach` is where all of the flow's packets lie, where that is known.
    """

    offset: int
    span: tuple[int, int] | None = None
    timeouts: FlowTimeouts = flows.USUAL
    reach: Reach | None = None


def choose(view: memoryview, asked: Asked) -> Chosen:
    """The packets asked for. Within reach they are found at once; else the file is searched for the two ends.

    Raises ValueError when no packet begins at the offset.
    """
    found = same_ends(view, asked.offset, asked.reach)
    packed = found.packets
    headers = packets.decode(as_bytes(view), packed)
    if asked.span is None and asked.reach is not None and (headers.depth[headers.packet == found.at] > 0).any():
        return choose(view, replace(asked, reach=None))  # the reach may be that of a flow inside the one that is meant
    places, rows = _rows(packed, found.at, headers, asked.timeouts)
    if asked.span is not None:
        low, high = sorted(asked.span)
        within = (found.numbers[places] + 1 >= low) & (found.numbers[places] + 1 <= high)
        places, rows = places[within], rows[within]
    last = int(packed.record[places[-1]]) if len(places) else 0
    held = Packets(*(getattr(packed, name)[places] for name in Packets.__slots__))
    return Chosen(held, headers, found.numbers[places], rows, any(gap < last for gap in found.gaps))


def capture_of(view: memoryview, *asked: Asked) -> Iterator[bytes]:
    """Pieces of a valid capture file of the packets asked for, of one flow or several, in file order. Every record is byte for byte as in
    `view`; one that the end of the file cuts is left out.

    Raises ValueError when no packet begins at an offset, or the blocks before it are damaged.
    """
    packed = _united([choose(view, one).packets for one in asked])
    blocks = pcapng.is_pcapng(bytes(view[:12]))
    rows = np.flatnonzero(~packed.cut)
    if not len(rows):
        raise ValueError(
            f"the packet at byte {asked[0].offset} is cut by the end of the file; a capture file cannot hold it"
        )
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


def _united(held: list[Packets]) -> Packets:
    """Packets of several flows, each once."""
    packed = joined(held)
    _, first = np.unique(packed.record, return_index=True)
    return Packets(*(getattr(packed, name)[first] for name in Packets.__slots__))


def _rows(packed: Packets, packet: int, headers: Headers, timeouts: FlowTimeouts) -> tuple[Int64s, Int64s]:
    """The packets of the outermost flow that `packet` is in, in file order, fragments among them, and each one's row of `headers`."""
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
