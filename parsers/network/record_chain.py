"""The records of a pcap file one after the other: each says how far away the next is."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from parsers.network.records import WINDOW_PACKETS, Bytes, Int64s, rows_of_words
from timelines.compiled import compiled, inlined
from timelines.words_at import word

NS = 1_000_000_000
_LENGTH = 8  # where a record header says how many bytes were captured, in four bytes
_HEAD = 16  # bytes that a header has in every form
_HALF, _16, _8 = np.uint64(32), np.uint64(16), np.uint64(8)
_LOW, _PAIRS, _BYTES = np.uint64(0xFFFF_FFFF), np.uint64(0x0000_FFFF_0000_FFFF), np.uint64(0x00FF_00FF_00FF_00FF)
PLAIN = (
    64 << 20
)  # bytes of a file up to which plain Python is done before a kernel has been loaded; larger ones need other kernels too


def chain(buffer: Bytes, at: int, last: int, form: tuple[int, int, bool]) -> tuple[Int64s, int, bool]:
    """Offsets of the records from `at` on that begin no later than `last`, at most WINDOW_PACKETS, where what follows them begins, and
    whether a header there is not why they end. `form`: bytes of a header, the longest packet, and whether numbers are big-endian."""
    if len(buffer) <= PLAIN:
        return _plain(buffer, at, last, form)
    return _compiled(buffer, at, last, form)


def _plain(buffer: Bytes, at: int, last: int, form: tuple[int, int, bool]) -> tuple[Int64s, int, bool]:
    header, limit, big = form
    view, told = buffer.data, struct.Struct(">I" if big else "<I").unpack_from
    found: list[int] = []
    while at <= last and len(found) < WINDOW_PACKETS:
        length = told(view, at + _LENGTH)[0]
        if length > limit or (not length and not any(view[at : at + _HEAD])):
            return np.array(found, np.int64), at, False
        found.append(at)
        at += header + length
    return np.array(found, np.int64), at, True


def _compiled(buffer: Bytes, at: int, last: int, form: tuple[int, int, bool]) -> tuple[Int64s, int, bool]:
    header, limit, big = form
    room = np.empty(min(max(0, (last - at) // header + 1), WINDOW_PACKETS), np.int64)
    count, stop, sound = _follow(buffer, at, last, header, limit, big, room)
    return room[:count].copy(), int(stop), bool(sound)


@inlined
def _turned(number: Any) -> Any:
    """Both halves of a number, of four bytes each, in the other order of bytes."""
    number = (number & _BYTES) << _8 | number >> _8 & _BYTES
    return (number & _PAIRS) << _16 | number >> _16 & _PAIRS


@compiled
def _follow(
    buffer: Bytes, at: int, last: int, header: int, limit: int, big: bool, room: Int64s
) -> tuple[int, int, bool]:
    """Fill `room` with offsets. A header that says more than `limit` is no record's; nor one of zeros, as of a
    lost disk block, which would pass for empty packets for ever."""
    count = 0
    while at <= last and count < len(room):
        lengths = word(buffer, at + _LENGTH)
        length = np.int64(_turned(lengths) & _LOW if big else lengths & _LOW)
        if length > limit or (lengths == 0 and word(buffer, at) == 0):
            return count, at, False
        room[count] = at
        count += 1
        at += header + int(length)
    return count, at, True


def told(buffer: Bytes, at: Int64s, unit: int, big: bool) -> tuple[Int64s, Int64s, Int64s]:
    """What the headers of records at these places say: UTC ns (32-bit numbers tell none that does not fit), bytes captured, and bytes on
    the wire. `unit`: ns of one of their fractions."""
    if len(buffer) <= PLAIN:
        second, fraction, caplen, origlen = rows_of_words(buffer, at, 4, big).T
        return second * NS + fraction * unit, caplen, origlen
    time, caplen, origlen = np.empty(len(at), np.int64), np.empty(len(at), np.int64), np.empty(len(at), np.int64)
    _tell(buffer, at, unit, big, time, caplen, origlen)
    return time, caplen, origlen


@compiled
def _tell(buffer: Bytes, at: Int64s, unit: int, big: bool, time: Int64s, caplen: Int64s, origlen: Int64s) -> None:
    for row in range(len(at)):
        times, lengths = word(buffer, at[row]), word(buffer, at[row] + _LENGTH)
        if big:
            times, lengths = _turned(times), _turned(lengths)
        time[row] = np.int64(times & _LOW) * NS + np.int64(times >> _HALF) * unit
        caplen[row], origlen[row] = np.int64(lengths & _LOW), np.int64(lengths >> _HALF)
