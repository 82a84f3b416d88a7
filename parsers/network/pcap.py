"""Walk of a pcap file: microseconds or nanoseconds, either byte order, plain or modified record headers."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parsers.network.record_chain import chain, told
from parsers.network.records import (
    CAPTURE_LIMIT,
    CHAIN,
    FIRST_WINDOW,
    LAST_WINDOW,
    PACKET_LIMIT,
    WINDOW_BYTES,
    Bools,
    Bytes,
    Gap,
    Int64s,
    Packets,
    Walk,
    joined,
    rows_of_words,
    whole,
    words,
)

# draft-ietf-opsawg-pcap section 4: magic to (ns a unit of the fraction, bytes a record header)
_MAGICS = {0xA1B2C3D4: (1_000, 16), 0xA1B23C4D: (1, 16), 0xA1B2CD34: (1_000, 24)}
FILE_HEADER = 24
SUSPECTS = 8  # records before a damaged place that are looked at again; as many odd ones in a row are a writer's habit
ALIKE = 64  # records in a row that look like such where a stretch may begin: more than a packet that quotes a capture holds of it
NEARBY_S = 366 * 86_400  # after damage, a header must lie within a year of the last good one


@dataclass(frozen=True, slots=True)
class Form:
    """How this file writes its records: byte order, ns a unit of the fraction, header size, link type, longest packet."""

    big: bool
    unit: int
    header: int
    link: int
    limit: int


def magic(head: bytes) -> tuple[bool, int, int] | None:
    """Byte order, fraction unit in ns and record header size by the first four bytes, or None when it is no pcap."""
    if len(head) < 4:
        return None
    for big in (False, True):
        found = _MAGICS.get(int.from_bytes(head[:4], "big" if big else "little"))
        if found:
            return big, *found
    return None


def _form(view: memoryview) -> Form | None:
    found = magic(bytes(view[:4]))
    if found is None or len(view) < FILE_HEADER:
        return None
    big, unit, header = found
    snaplen, link = struct.unpack_from(">II" if big else "<II", view, 16)
    # The upper half of the link field tells the frame check sequence's length; snap lengths of 0 or 2^32-1 occur.
    return Form(big, unit, header, link & 0xFFFF, max(CAPTURE_LIMIT, min(snaplen, PACKET_LIMIT)))


def walk(view: memoryview, buffer: Bytes) -> Walk:
    """All packets of a pcap file. After an implausible header the walk goes on at the next three consistent ones."""
    return whole(windows(view, buffer))


def windows(view: memoryview, buffer: Bytes, at: int = FILE_HEADER, last: int | None = None) -> Iterator[Walk]:
    """The same, some WINDOW_BYTES of the file at a time, from the record that begins at byte `at`, up to the one that begins no later than
    `last`."""
    form = _form(view)
    size = len(view)
    if form is None:
        reason = f"pcap file header: {size} bytes, expected {FILE_HEADER}; nothing to read"
        yield Walk(joined([]), (Gap("damaged", 0, size, reason),))
        return
    if at == FILE_HEADER:
        yield Walk(joined([]), (Gap("read", 0, FILE_HEADER),))
    seconds = -1
    while at < size if last is None else at <= last:
        gaps: tuple[Gap, ...] = ()
        found, stop, sound = _chain(view, buffer, at, form)
        if last is not None and stop > last:
            found, sound = found[found <= last], True
        if len(found):
            seconds = int(words(buffer, found[-1:], form.big)[0])
        if not sound:
            stop, gap = _damage(buffer, stop, seconds, form)
            gaps = (gap,)
        yield Walk(_packets(buffer, found, form), gaps)
        at = stop


def stretches(view: memoryview, buffer: Bytes, count: int) -> list[int]:
    """Where the first record begins, and about where `count` stretches of the file meet others that look like records, ascending: whether
    they are shows when the walk arrives there."""
    form, size, begins = _form(view), len(view), [FILE_HEADER]
    if form is None or size < FILE_HEADER + form.header:
        return begins
    seconds = int(words(buffer, np.array([FILE_HEADER], np.int64), form.big)[0])
    for number in range(1, count):
        found = _resume(buffer, max(size * number // count, begins[-1] + 1), seconds, form)
        if size * (number + 1) // count > found and _followed(view, buffer, found, form):
            begins.append(found)
    return begins


def _followed(view: memoryview, buffer: Bytes, at: int, form: Form) -> bool:
    """Whether ALIKE plausible records follow one another from `at`."""
    length = struct.Struct(">I" if form.big else "<I").unpack_from
    found: list[int] = []
    while len(found) < ALIKE and at + form.header <= len(view):
        found.append(at)
        at += form.header + length(view, at + 8)[0]
    return len(found) == ALIKE and bool(_plausible(buffer, np.array(found, np.int64), form).all())


def packet_at(view: memoryview, buffer: Bytes, offset: int) -> Packets | None:
    """The one packet whose record begins at `offset`, or None when none can."""
    form = _form(view)
    if form is None or offset < FILE_HEADER or offset + form.header > len(view):
        return None
    return _packets(buffer, np.array([offset], np.int64), form)


def _follow(view: memoryview, buffer: Bytes, at: int, form: Form) -> tuple[Int64s, int, bool]:
    """Offsets of the records that follow one another from `at`, where that ends, and whether the window's end is why."""
    end = len(view) - form.header
    found: list[Int64s] = []
    count, last = 0, at
    while at <= end and count <= SUSPECTS:
        last = min(end, last + WINDOW_BYTES)
        records, at, sound = chain(buffer, at, last, (form.header, form.limit, form.big))
        found.append(records)
        count += len(records)
        if not sound:
            return np.concatenate(found), at, False
    return np.concatenate([np.empty(0, np.int64), *found]), at, at <= end


def _chain(view: memoryview, buffer: Bytes, at: int, form: Form) -> tuple[Int64s, int, bool]:
    """Records from `at` on that hold together, the offset of what follows them, and whether that may be a record too. A cut last
    record is one of them. The last records of a window wait for the next, which may cast doubt on them."""
    found, stop, going_on = _follow(view, buffer, at, form)
    if stop == len(view):
        return found, stop, True
    if going_on:
        return found[:-SUSPECTS], int(found[-SUSPECTS]), True
    # What led to the bad place is itself suspect: a record whose header is odd is no witness.
    odd = ~_plausible(buffer, found[-SUSPECTS:], form)
    keep = len(found)
    if odd.sum() < SUSPECTS:  # a long run of odd headers is a writer's habit, not damage
        keep -= int(np.argmin(odd[::-1])) if not odd.all() else len(odd)
    if keep < len(found):
        return found[:keep], int(found[keep]), False
    return found, min(stop, len(view)), stop >= len(view)


def _plausible(buffer: Bytes, at: Int64s, form: Form, seconds: int = -1) -> Bools:
    """Where a record header reads as one: lengths in order, fraction below a second, near `seconds` when that is known."""
    second, fraction, caplen, origlen = rows_of_words(buffer, at, 4, form.big).T
    good = (caplen <= form.limit) & (caplen <= origlen) & (origlen <= PACKET_LIMIT)
    good &= fraction < 1_000_000_000 // form.unit
    if seconds >= 0:
        good &= np.abs(second - seconds) <= NEARBY_S
    return np.asarray(good)


def _damage(buffer: Bytes, at: int, seconds: int, form: Form) -> tuple[int, Gap]:
    """The gap that begins at `at`, and where the records go on."""
    size, header = len(buffer), form.header
    if size - at < header:
        reason = f"record header: {size - at} bytes left, expected {header}; file is cut, counted as damaged"
        return size, Gap("damaged", at, size - at, reason)
    stop = _resume(buffer, at + 1, seconds, form)
    second, fraction, caplen, origlen = rows_of_words(buffer, np.array([at]), 4, form.big)[0].tolist()
    reason = (
        f"record header is implausible (seconds {second}, fraction {fraction}, captured {caplen}, original {origlen}); "
        + (f"reading goes on {stop - at} bytes later" if stop < size else "no further record found up to the end")
    )
    return stop, Gap("damaged", at, stop - at, reason)


def _resume(buffer: Bytes, at: int, seconds: int, form: Form) -> int:
    """The next offset where three consistent headers follow one another, or the file's size."""
    size, window = len(buffer), FIRST_WINDOW
    while at + form.header <= size:
        candidates = np.arange(at, min(at + window, size - form.header + 1), dtype=np.int64)
        candidates = candidates[_plausible(buffer, candidates, form, seconds)]
        candidates = candidates[words(buffer, candidates + 8, form.big) > 0]
        place, ended = candidates.copy(), np.zeros(len(candidates), np.bool_)
        for _ in range(CHAIN - 1):
            going = np.flatnonzero(~ended)
            following = place[going] + form.header + words(buffer, place[going] + 8, form.big)
            ended[going] = following == size  # a chain that ends with the file is as good as a longer one
            alive = ended.copy()
            fits = following + form.header <= size
            alive[going[fits]] = _plausible(buffer, following[fits], form, seconds)
            place[going] = following
            candidates, place, ended = candidates[alive], place[alive], ended[alive]
        if len(candidates):
            return int(candidates[0])
        at += window
        window = min(window * 2, LAST_WINDOW)
    return size


def _packets(buffer: Bytes, at: Int64s, form: Form) -> Packets:
    time, caplen, origlen = told(buffer, at, form.unit, form.big)
    data = at + form.header
    cut = data + caplen > len(buffer)
    caplen = np.minimum(caplen, len(buffer) - data)
    link, timed = np.full(len(at), form.link, np.int32), np.ones(len(at), np.bool_)
    return Packets(at, caplen + form.header, data, caplen, origlen, time, timed, link, cut)
