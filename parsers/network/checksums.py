"""Checksums of IPv4 headers, TCP, UDP and ICMP, added up over many packets at a time (RFC 1071).

The sum of 16-bit words is taken modulo 65,535, in which a word may as well be added as half of a longer one, and a shift by one byte is a
multiplication by 256. A field of zero is no checksum: senders leave it to the network card, and UDP may do without.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from parsers.gather import spread
from parsers.network.headers import BAD_IP_SUM, BAD_SUM, ICMP, ICMPV6, OFFLOAD, PARTIAL, TCP, UDP
from parsers.network.records import Bools, Bytes, Int32s, Int64s
from parsers.network.stack import Stack

MODULUS = 65_535
PIECE = 1 << 19  # bytes added up at a time; what is made of them stays in a fast cache's reach
SPARSE = 3  # where packets are less than one in so many bytes of a stretch, their words are picked out first
_FIELDS = {TCP: 16, UDP: 6, ICMP: 2, ICMPV6: 2}  # where the checksum stands in each header
_LOW = np.uint64(0xFFFF_FFFF)
UInt64s = npt.NDArray[np.uint64]


def header(stack: Stack, rows: Int64s, at: Int32s, size: Int32s) -> None:
    """Mark the rows whose IPv4 header at `at`, of `size` bytes, has a checksum that is not right."""
    frames = stack.frames
    filled = frames.u16(rows, at + 10) != 0
    filled &= at + size <= np.minimum(frames.caplen[rows], frames.width)
    kinds = at * 64 + size  # most headers lie at one place and have one size
    for kind in np.flatnonzero(np.bincount(kinds[filled])).tolist() if filled.any() else ():
        mine = rows[filled & (kinds == kind)]
        words = frames.cut(mine, kind >> 6, kind & 63).view("<u4")
        total = words[:, 0].astype(np.uint64)
        for word in range(1, words.shape[1]):
            total += words[:, word]
        stack.out.marks[mine[total % np.uint64(MODULUS) != 0]] |= BAD_IP_SUM


def transport(stack: Stack, buffer: Bytes) -> None:
    """Mark the rows whose TCP, UDP or ICMP checksum is not right, and those that hold what a network card was to complete.

    Rows that are cut, that lie behind source routes (the sum is over another destination), or outside the file are not looked at.
    """
    frames, out = stack.frames, stack.out
    proto = out.proto
    rows = np.flatnonzero((proto == TCP) | (proto == UDP) | (proto == ICMP) | (proto == ICMPV6))
    start, stop = frames.at[rows], stack.end[rows]
    whole = (stop <= frames.caplen[rows]) & (out.marks[rows] & PARTIAL == 0) & ~stack.routed[rows]
    whole &= (stack.base[rows] + stop <= len(buffer)) & (stop - start >= 8)
    rows, start, stop = rows[whole], start[whole], stop[whole]
    field = np.zeros(len(rows), np.int32)
    for number, place in _FIELDS.items():
        mine = np.flatnonzero(proto[rows] == number)
        mine = mine[start[mine] + place + 2 <= np.minimum(stop[mine], frames.width)]
        field[mine] = frames.u16(rows[mine], start[mine] + place)
    kept = field != 0
    rows, start, stop, field = rows[kept], start[kept], stop[kept], field[kept]
    if not len(rows):
        return
    pseudo = _pseudo(stack, rows, (stop - start).astype(np.int64))
    begin = stack.base[rows] + start
    total, known = _sums(buffer, begin, stack.base[rows] + stop)
    bad = known & ((total + pseudo) % MODULUS != 0)
    left = bad & (pseudo == field % MODULUS) & (proto[rows] != ICMP)
    out.marks[rows[bad & ~left]] |= BAD_SUM
    out.marks[rows[left]] |= OFFLOAD


def _pseudo(stack: Stack, rows: Int64s, length: Int64s) -> Int64s:
    """The sum over the pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1); ICMP over IPv4 has none."""
    out, modulus = stack.out, np.uint64(MODULUS)
    total = (out.proto[rows] + length).astype(np.int64)
    for side in (out.src, out.dst):
        total += ((side[rows, 0] % modulus) + (side[rows, 1] % modulus)).astype(np.int64)
    total[out.proto[rows] == ICMP] = 0
    return total % MODULUS


def _sums(buffer: Bytes, begin: Int64s, end: Int64s) -> tuple[Int64s, Bools]:
    """The sum over each [begin, end) modulo 65,535, as of words in network order; and where it could be taken."""
    total, known = np.zeros(len(begin), np.int64), np.zeros(len(begin), np.bool_)
    order = np.argsort(begin, kind="stable")
    one, two = begin[order], end[order]
    apart = np.ones(len(order), np.bool_)
    apart[1:] = one[1:] >> 3 >= (two[:-1] + 7) >> 3  # no word is shared; packets lie at least their record header apart
    order, one, two = order[apart], one[apart], two[apart]
    known[order] = True
    words = buffer[: len(buffer) - len(buffer) % 8].view("<u8")
    last = two > len(words) * 8  # at the end of the file
    for row in order[last].tolist():
        raw = np.append(buffer[begin[row] : end[row]], np.zeros(int(end[row] - begin[row]) & 1, np.uint8))
        total[row] = int(raw.view(">u2").sum(dtype=np.int64)) % MODULUS * (1 if begin[row] & 1 else 256)
    order, one, two = order[~last], one[~last], two[~last]
    for piece in _pieces(one, two):
        total[order[piece]] = _piece_sums(words, one[piece], two[piece])
    # Words are taken as little-endian from even places of the file: that is network order for packets at odd places.
    return np.where(begin & 1, total, total * 256) % MODULUS, known


def _pieces(begin: Int64s, end: Int64s) -> Iterator[slice]:
    """Runs of packets that together reach over PIECE bytes of the file, or make up as many."""
    size = np.cumsum(end - begin)
    start = 0
    while start < len(begin):
        done = int(size[start - 1]) if start else 0
        stop = max(int(np.searchsorted(size, done + PIECE)), start + 1)
        yield slice(start, stop)
        start = stop


def _piece_sums(words: UInt64s, begin: Int64s, end: Int64s) -> Int64s:
    first, last = begin >> 3, (end + 7) >> 3
    count = last - first
    if int(last[-1] - first[0]) <= SPARSE * int(count.sum()):
        part = words[first[0] : last[-1]]
        places = np.stack([first, last], axis=1).reshape(-1) - first[0]
        step = 2
    else:
        part = words[spread(first, count)]
        places = np.cumsum(count) - count
        step = 1
    folded = part & _LOW
    folded += part >> np.uint64(32)
    sums = np.add.reduceat(np.append(folded, np.uint64(0)), places)[::step]
    # Bytes of the first and last word that lie outside are taken off again.
    before, after = ((begin & 7) * 8).astype(np.uint64), ((-end & 7) * 8).astype(np.uint64)
    head = words[first] & ((np.uint64(1) << before) - np.uint64(1))
    held = np.uint64(64) - np.maximum(after, np.uint64(1))  # bits of the last word that are inside
    tail = np.where(after > 0, words[last - 1] >> held << held, np.uint64(0))
    outside = head % np.uint64(MODULUS) + tail % np.uint64(MODULUS)
    total: Int64s = ((sums % np.uint64(MODULUS)).astype(np.int64) - outside.astype(np.int64)) % MODULUS
    return total
