"""The packets of one row as a capture file of their own: the records as they are in the evidence, behind the headers they need."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parsers.gather import as_bytes
from parsers.network import flows, packets, pcap, pcapng
from parsers.network.ip_packets import IpPackets, columns, gathered
from parsers.network.pcap import FILE_HEADER
from parsers.network.records import Int64s, Packets
from parsers.second.blocks import Preambles


def capture_of(view: memoryview, offset: int, span: tuple[int, int] | None) -> Iterator[bytes]:
    """Pieces of a valid capture file: the packets of the flow whose packet lies at `offset`, those numbered in `span` (from 1, both ends
    included), or all of them. Every record is byte for byte as in `view`; one that the end of the file cuts is left out.

    Raises ValueError when no packet begins at `offset`, or the blocks before it are damaged.
    """
    buffer = as_bytes(view)
    blocks = pcapng.is_pcapng(bytes(view[:12]))
    packed = (pcapng.walk(view, buffer) if blocks else pcap.walk(view, buffer)).packets
    decoded = columns(gathered(packets.decode(buffer, packed), packed))
    rows = _rows(packed, offset, decoded, flows.build(decoded), span)
    rows = rows[~packed.cut[rows]]
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


def _rows(packed: Packets, offset: int, decoded: IpPackets, found: flows.Flows, span: tuple[int, int] | None) -> Int64s:
    """The chosen packets in file order."""
    row = int(np.searchsorted(packed.record, offset))
    if row >= len(packed) or packed.record[row] != offset:
        raise ValueError(f"no packet record begins at byte {offset}; use the offset of a row")
    flow_of = np.full(len(packed), -1, np.int64)
    flow_of[decoded.packet[found.order]] = found.flow
    if flow_of[row] < 0:
        return np.array([row])
    same = np.flatnonzero(flow_of == flow_of[row])
    if span is None:
        return same
    first, last = sorted(span)
    return same[(same + 1 >= first) & (same + 1 <= last)]
