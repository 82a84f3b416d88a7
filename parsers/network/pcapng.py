"""Walk of a pcapng file: blocks, sections in either byte order, interfaces with their own link type and clock."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from parsers.network import told
from parsers.network.pcapng_blocks import (
    BLOCK_LIMIT,
    ENHANCED,
    INTERFACE,
    LEAST,
    OTHERS,
    PACKET,
    SECTION,
    SIMPLE,
    resume,
)
from parsers.network.pcapng_interfaces import Interface, interface, moment, times
from parsers.network.records import (
    PACKET_LIMIT,
    WINDOW_BYTES,
    WINDOW_PACKETS,
    Bytes,
    Gap,
    Int64s,
    Packets,
    Walk,
    joined,
    whole,
    words,
)
from parsers.network.told import Remarks

_STRUCTURE = (SECTION, INTERFACE)
_HEADS = {PACKET: 28, SIMPLE: 12, ENHANCED: 28}  # bytes before the packet's own, block header included
_MAGIC = 0x1A2B3C4D
TOLD_LIMIT = 1 << 20  # bytes looked at of a block that carries no packet


@dataclass(slots=True)
class _Section:
    big: bool
    interfaces: list[Interface] = field(default_factory=list)


def is_pcapng(head: bytes) -> bool:
    """Whether these first bytes are a section header block."""
    return len(head) >= 12 and head[:4] == b"\x0a\x0d\x0d\x0a" and _order(head[8:12]) is not None


def _order(magic: bytes | memoryview) -> bool | None:
    value = int.from_bytes(magic, "little")
    return {_MAGIC: False, int.from_bytes(_MAGIC.to_bytes(4, "big"), "little"): True}.get(value)


def walk(view: memoryview, buffer: Bytes) -> Walk:
    """All packets of a pcapng file, section by section. After a bad block the walk goes on at the next three good ones."""
    return whole(windows(view, buffer))


def windows(view: memoryview, buffer: Bytes) -> Iterator[Walk]:
    """The same, some WINDOW_BYTES of the file at a time."""
    size, at = len(view), 0
    section = _Section(False)
    remarks = Remarks()
    told = left_out = 0
    while at < size:
        parts: list[Packets] = []
        gaps: list[Gap] = []
        if bytes(view[at : at + 4]) == b"\x0a\x0d\x0d\x0a" and (order := _order(view[at + 8 : at + 12])) is not None:
            section = _Section(order)
        found, types, stop = _follow(view, at, section.big)
        parts.extend(_section_packets(view, buffer, found, types, section, gaps, remarks))
        full = stop - at > WINDOW_BYTES or len(found) >= WINDOW_PACKETS
        if stop < size and not full and (stop == at or not _begins_section(view, stop)):
            cut, stop = _broken(view, buffer, stop, section, gaps)
            parts.extend(cut)
        packets = _in_place(joined([part for part in parts if len(part)]))
        yield Walk(packets, tuple(gaps), tuple(remarks.kept[told:]), remarks.left_out - left_out)
        told, left_out = len(remarks.kept), remarks.left_out
        at = stop


def _in_place(packets: Packets) -> Packets:
    """Packets in file order, also where a section mixes kinds of packet blocks."""
    if not (np.diff(packets.record) < 0).any():
        return packets
    by_place = np.argsort(packets.record)
    return Packets(*(getattr(packets, name)[by_place] for name in Packets.__slots__))


def _begins_section(view: memoryview, at: int) -> bool:
    return is_pcapng(bytes(view[at : at + 12]))


def _follow(view: memoryview, at: int, big: bool) -> tuple[Int64s, Int64s, int]:
    """Blocks that follow one another from `at` to the end of the section or window: offsets, types, and where that ends."""
    size = len(view)
    head = struct.Struct(">II" if big else "<II").unpack_from
    tail = struct.Struct(">I" if big else "<I").unpack_from
    found, types = array("q"), array("q")
    first = at
    while at + LEAST <= size and at - first <= WINDOW_BYTES and len(found) < WINDOW_PACKETS:
        kind, length = head(view, at)
        if (kind == SECTION and at != first) or length < LEAST or length & 3 or at + length > size:
            break
        if tail(view, at + length - 4)[0] != length:
            break
        found.append(at)
        types.append(kind)
        at += length
    return np.array(found, np.int64), np.array(types, np.int64), at


def _section_packets(
    view: memoryview, buffer: Bytes, found: Int64s, types: Int64s, section: _Section, gaps: list[Gap], remarks: Remarks
) -> Iterator[Packets]:
    """Packets between interface declarations; the other blocks go to `gaps`, and what they tell to `remarks`."""
    lengths = words(buffer, found + 4, section.big)
    carries = np.isin(types, list(_HEADS)) & (lengths >= _heads(types) + 4)
    for at in np.flatnonzero(~carries).tolist():
        kind, offset, length = int(types[at]), int(found[at]), int(lengths[at])
        _tell(kind, bytes(view[offset : offset + min(length, TOLD_LIMIT)]), offset, length, section, remarks)
        gaps.append(_other(kind, offset, length))
    # Interfaces are declared before they are used, so all of a section's declarations may be read first.
    for kind in _HEADS:
        mine = np.flatnonzero(carries & (types == kind))
        if len(mine):
            packets = _packets(buffer, found[mine], lengths[mine], kind, section)
            if kind != SIMPLE:
                told.packet_comments(
                    remarks, buffer, found[mine], lengths[mine], packets.caplen, _HEADS[kind], section.big
                )
            yield packets


def _tell(kind: int, raw: bytes, offset: int, length: int, section: _Section, remarks: Remarks) -> None:
    """Note what a block that carries no packet says."""
    order = ">" if section.big else "<"
    if kind == SECTION:
        told.section(remarks, raw, offset, length, order)
    elif kind == INTERFACE and length >= 20:
        told.interface(remarks, raw, offset, length, order, len(section.interfaces))
        section.interfaces.append(interface(raw, section.big))
    elif kind in told.READERS and remarks.full:
        remarks.left_out += 1
    elif kind in told.READERS:
        reader, _ = told.READERS[kind]
        reader(remarks, raw, offset, length, order, lambda ticks, number: moment(ticks, number, section.interfaces))


def _heads(types: Int64s) -> Int64s:
    return np.where(types == SIMPLE, _HEADS[SIMPLE], _HEADS[ENHANCED])


def _other(kind: int, offset: int, length: int) -> Gap:
    if kind in _STRUCTURE:
        return Gap("read", offset, length)
    if kind in _HEADS:
        return Gap("damaged", offset, length, f"packet block of {length} bytes is too short for its own header")
    if kind in told.READERS and told.READERS[kind][1]:
        return Gap("read", offset, length)
    name = OTHERS.get(kind)
    noted = "is noted; what it holds is not read" if kind in told.READERS else "is not read"
    reason = f"block type {kind:#x} ({name}) {noted}" if name else "block of a type that is not known here is not read"
    return Gap("unsupported", offset, length, reason)


def _packets(buffer: Bytes, at: Int64s, lengths: Int64s, kind: int, section: _Section) -> Packets:
    """Packet blocks of one kind as columns (sections 4.3, 4.4 and appendix A). An undeclared interface has link type -1."""
    big, head = section.big, _HEADS[kind]
    room = np.minimum(lengths - head - 4, len(buffer) - at - head)
    if kind == SIMPLE:
        which = np.zeros(len(at), np.int64)
        origlen = words(buffer, at + 8, big)
        snaplen = section.interfaces[0].snaplen if section.interfaces else 0
        caplen = np.minimum(origlen, snaplen or PACKET_LIMIT)
        time, timed = np.zeros(len(at), np.int64), np.zeros(len(at), np.bool_)
    else:
        which = words(buffer, at + 8, big)
        if kind == PACKET:  # interface in the first 16 bits, a drop count in the others
            which = which >> 16 if big else which & 0xFFFF
        caplen, origlen = words(buffer, at + 20, big), words(buffer, at + 24, big)
        ticks = (words(buffer, at + 12, big).astype(np.uint64) << np.uint64(32)) | words(buffer, at + 16, big).astype(
            np.uint64
        )
        time, timed = times(ticks, which, section.interfaces)
    link = np.full(len(at), -1, np.int32)
    for number, declared in enumerate(section.interfaces):
        link[which == number] = declared.link
    cut = caplen > room
    return Packets(at, lengths, at + head, np.minimum(caplen, room), origlen, time, timed, link, cut)


def _broken(view: memoryview, buffer: Bytes, at: int, section: _Section, gaps: list[Gap]) -> tuple[list[Packets], int]:
    """What lies at `at` is no whole block: a packet that the end of the file cuts, or damage. Where the blocks go on."""
    size = len(view)
    if size - at < LEAST:
        gaps.append(
            Gap("damaged", at, size - at, f"block header: {size - at} bytes left, expected {LEAST}; file is cut")
        )
        return [], size
    kind, length = (int(words(buffer, np.array([at + shift]), section.big)[0]) for shift in (0, 4))
    sound = LEAST <= length <= BLOCK_LIMIT and not length & 3
    if sound and kind in (PACKET, ENHANCED) and at + length > size >= at + _HEADS[kind]:
        packet = _packets(buffer, np.array([at]), np.array([length]), kind, section)
        if packet.caplen[0] <= packet.origlen[0] <= PACKET_LIMIT and packet.link[0] >= 0:
            left = np.array([size - at], np.int64)
            fields = {name: getattr(packet, name) for name in Packets.__slots__}
            return [Packets(**{**fields, "size": left, "cut": np.array([True])})], size
    stop = resume(buffer, at + 1, section.big)
    reason = f"block at this place is implausible (type {kind:#x}, length {length}); " + (
        f"reading goes on {stop - at} bytes later" if stop < size else "no further block found up to the end"
    )
    gaps.append(Gap("damaged", at, stop - at, reason))
    return [], stop
