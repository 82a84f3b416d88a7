"""The packets between the two ends of one packet, found in a capture without decoding all the others.

The addresses of an IP header stand side by side, so a packet between two ends holds their bytes in one order or the other. What
else holds them by chance is decoded and left out later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parsers.gather import as_bytes, forget
from parsers.network import packets as decoding
from parsers.network import pcap, pcapng
from parsers.network.records import Int64s, Packets, Walk, joined


@dataclass(frozen=True, slots=True)
class Reach:
    """Where to look: from the record at byte `offset`, which is packet `first` (0-based), to packet `last`. All lies in between."""

    offset: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Found:
    """Packets that may lie between the same ends, in file order: (n,). numbers: which of the file, 0-based; at: which of them begins at the
    offset asked for; gaps: where bytes that are no packet begin, within reach."""

    packets: Packets
    numbers: Int64s
    at: int
    gaps: tuple[int, ...]


def same_ends(view: memoryview, offset: int, reach: Reach | None = None) -> Found:
    """The packets between the ends of the packet whose record begins at `offset`, in the whole file or within reach.

    Raises ValueError when no packet begins there.
    """
    if pcapng.is_pcapng(bytes(view[:12])):
        reach = _limited(reach)
    patterns = _patterns(view, _one(view, offset))
    held: list[Packets] = []
    numbers: list[Int64s] = []
    number = reach.first if reach is not None else 0
    gaps: list[int] = []
    for window in _windows(view, reach):
        packed, count = window.packets, len(window.packets)
        rows = _holding(view, packed, patterns, offset)
        if reach is not None:
            rows = rows[(rows + number >= reach.first) & (rows + number <= reach.last)]
        held.append(_taken(packed, rows))
        numbers.append(rows + number)
        gaps += [gap.offset for gap in window.gaps if gap.reason]
        number += count
        forget(view)
        if reach is not None and number > reach.last:
            break
    packed = joined(held)
    at = int(np.searchsorted(packed.record, offset))
    if at >= len(packed) or packed.record[at] != offset:
        raise _no_packet(offset)
    return Found(packed, np.concatenate(numbers), at, tuple(gaps))


def _limited(reach: Reach | None) -> Reach | None:
    """In pcapng what a block means stands anywhere before it, so its walk begins with the file."""
    return None if reach is None else Reach(0, 0, reach.last)


def _no_packet(offset: int) -> ValueError:
    return ValueError(f"no packet record begins at byte {offset}; use the offset of a row")


def _windows(view: memoryview, reach: Reach | None) -> Iterator[Walk]:
    buffer = as_bytes(view)
    if pcapng.is_pcapng(bytes(view[:12])):
        return pcapng.windows(view, buffer)
    return pcap.windows(view, buffer, reach.offset if reach is not None else pcap.FILE_HEADER)


def _one(view: memoryview, offset: int) -> Packets:
    """The packet whose record begins at `offset`."""
    buffer = as_bytes(view)
    if not pcapng.is_pcapng(bytes(view[:12])):
        found = pcap.packet_at(view, buffer, offset)
        if found is None:
            raise _no_packet(offset)
        return found
    for window in pcapng.windows(view, buffer):
        row = int(np.searchsorted(window.packets.record, offset))
        if row < len(window.packets) and window.packets.record[row] == offset:
            return _taken(window.packets, np.array([row]))
    raise _no_packet(offset)


def _taken(packed: Packets, rows: Int64s) -> Packets:
    return Packets(*(getattr(packed, name)[rows] for name in Packets.__slots__))


def _patterns(view: memoryview, one: Packets) -> tuple[bytes, ...]:
    """The bytes of its outermost ends, in either order; none where it has no IP."""
    headers = decoding.decode(as_bytes(view), one)
    rows = np.flatnonzero(headers.version > 0)
    if not len(rows):
        return ()
    row = rows[np.argmin(headers.depth[rows])]
    size = 4 if headers.version[row] == 4 else 16
    src, dst = (ends[row].astype(">u8").tobytes()[-size:] for ends in (headers.src, headers.dst))
    return tuple({src + dst: None, dst + src: None})


def _holding(view: memoryview, packed: Packets, patterns: tuple[bytes, ...], offset: int) -> Int64s:
    """Which packets hold one of the patterns, and the one at `offset`. Each packet counts once, so that no payload can make it long."""
    if not len(packed):
        return np.zeros(0, np.int64)
    begin = int(packed.record[0])
    raw = bytes(view[begin : int(packed.record[-1] + packed.size[-1])])
    starts = packed.record - begin
    found = np.asarray(packed.record == offset)
    for pattern in patterns:
        at = raw.find(pattern)
        while at >= 0:
            row = int(np.searchsorted(starts, at, side="right")) - 1
            found[row] = True
            at = raw.find(pattern, int(starts[row + 1])) if row + 1 < len(starts) else -1
    return np.flatnonzero(found)
