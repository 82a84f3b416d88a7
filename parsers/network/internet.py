"""IPv4 and IPv6: addresses, lengths, extension headers, fragments."""

from __future__ import annotations

import numpy as np

from parsers.network import checksums
from parsers.network.frames import Pieces
from parsers.network.headers import PARTIAL
from parsers.network.notes import FRAGMENT, IPV4, IPV6, MALFORMED
from parsers.network.records import Int32s, Int64s
from parsers.network.stack import Stack

EXTENSIONS = 16  # IPv6 extension headers peeled before the chain is called malformed
_EXTENSION_HEADERS = (0, 43, 44, 51, 60, 135, 139, 140)  # RFC 8200 section 4, RFC 4302, 6275, 7401, 5533


def ipv4(stack: Stack) -> None:
    """RFC 791 section 3.1."""
    frames, out = stack.frames, stack.out
    rows = frames.ready(IPV4, 20)
    at = frames.at[rows]
    first = frames.u8(rows, at)
    size = (first & 15) * 4
    length = frames.u16(rows, at + 2)
    # A length of 0 comes from segmentation offload: the packet takes what the wire had.
    length = np.where(length == 0, stack.wire[rows] - at, length)
    bad = (first >> 4 != 4) | (size < 20) | (length < size)
    if bad.any():
        frames.stop(rows[bad], MALFORMED, IPV4)
        rows, at, size, length = rows[~bad], at[~bad], size[~bad], length[~bad]
    out.version[rows] = 4
    checksums.header(stack, rows, at, size)
    stack.routed[rows] = size > 20  # options may hold a source route
    out.ip_length[rows] = length
    stack.end[rows] = at + length
    out.src[rows, 1], out.dst[rows, 1] = frames.u32(rows, at + 12), frames.u32(rows, at + 16)
    frames.at[rows] = at + size
    frames.next[rows] = frames.u8(rows, at + 9)
    fragment = frames.u16(rows, at + 6)
    split = np.flatnonzero(fragment & 0x3FFF)
    if len(split):
        rows, at, fragment = rows[split], at[split], fragment[split]
        _fragments(stack, rows, at, fragment & 0x1FFF, fragment & 0x2000, frames.u16(rows, at + 4).astype(np.int64), 4)


def ipv6(stack: Stack) -> None:
    """RFC 8200 section 3, with extension headers peeled one a pass (section 4)."""
    frames, out = stack.frames, stack.out
    rows = frames.ready(IPV6, 40)
    if not len(rows):
        return
    at = frames.at[rows]
    bad = frames.u8(rows, at) >> 4 != 6
    frames.stop(rows[bad], MALFORMED, IPV6)
    rows, at = rows[~bad], at[~bad]
    length = frames.u16(rows, at + 4)
    length = np.where(length == 0, stack.wire[rows] - at, length + 40)  # jumbograms and offload announce 0
    out.version[rows] = 6
    out.ip_length[rows] = length
    stack.end[rows] = at + length
    for half in (0, 1):
        for side, begin in ((out.src, 8), (out.dst, 24)):
            high = frames.u32(rows, at + begin + 8 * half).astype(np.uint64)
            side[rows, half] = (high << np.uint64(32)) | frames.u32(rows, at + begin + 8 * half + 4).astype(np.uint64)
    frames.at[rows] = at + 40
    frames.next[rows] = frames.u8(rows, at + 6)
    head = np.zeros(len(frames.at), np.int32)
    head[rows] = at
    for _ in range(EXTENSIONS):
        rows = rows[frames.alive(rows) & np.isin(frames.next[rows], _EXTENSION_HEADERS)]
        if not len(rows):
            return
        rows = frames.within(rows, 8)
        _extension(stack, rows, head)
    frames.stop(rows[frames.alive(rows)], MALFORMED, IPV6)


def _extension(stack: Stack, rows: Int64s, head: Int32s) -> None:
    frames = stack.frames
    at, kind = frames.at[rows], frames.next[rows]
    units = frames.u8(rows, at + 1)
    size = np.where(kind == 51, (units + 2) * 4, np.where(kind == 44, 8, (units + 1) * 8))
    stack.routed[rows[kind == 43]] = True
    fragment = np.where(kind == 44, frames.u16(rows, at + 2), 0)
    frames.next[rows] = frames.u8(rows, at)
    frames.at[rows] = at + size
    split = np.flatnonzero(fragment & 0xFFF9)
    if len(split):
        rows, at, fragment = rows[split], at[split], fragment[split]
        _fragments(stack, rows, head[rows], fragment >> 3, fragment & 1, frames.u32(rows, at + 4), 6)


def _fragments(
    stack: Stack, rows: Int64s, head: Int32s, offset: Int32s, more: Int32s, ident: Int64s, version: int
) -> None:
    """Fragments stop here and wait for the rest of their datagram. First ones that cannot, or need not, are read as they are."""
    frames = stack.frames
    begin = frames.at[rows]
    size = stack.end[rows] - begin
    there = stack.end[rows] <= frames.caplen[rows]
    first = offset == 0
    alone = first & (stack.whole[rows] | ~there)
    stack.out.marks[rows[alone]] |= PARTIAL
    frames.stop(rows[~alone], FRAGMENT, version)
    kept = there & ~alone & (size > 0)
    if kept.any():
        mine = rows[kept]
        stack.pieces.append(
            Pieces(
                mine,
                head[kept],
                begin[kept],
                size[kept],
                offset[kept] * 8,
                more[kept] != 0,
                ident[kept],
                frames.next[mine].copy(),
            )
        )
