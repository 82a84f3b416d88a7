"""One pass over a capture, or over a stretch of it: packets walked and decoded window by window, bytes accounted for, remarks counted,
packets set aside by host pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from parsers.gather import forget
from parsers.network import arp_spill, notes, told_rows
from parsers.network.arp import gather
from parsers.network.headers import Headers
from parsers.network.ip_packets import Captured, backwards
from parsers.network.left_packets import leave, left_windows
from parsers.network.packet_remarks import FRAGMENTS, marked, remarked
from parsers.network.packets import Decoder
from parsers.network.pairs import grouped
from parsers.network.passed import GROUPS, Passed
from parsers.network.records import Bools, Gap, Int64s, Packets, Walk, joined
from parsers.network.space import Space
from parsers.network.tally import Seen
from timelines.problems import KINDS

_ARP = "ARP messages are cut, or not about Ethernet and IPv4: not read"
_FATES = np.array([KINDS.index(notes.fate(note)) if note in notes.KNOWN else 0 for note in range(16)])
_NONE = np.zeros(0, np.int64)


def whole(space: Space, walks: Iterable[Walk], into: Passed) -> None:
    """Pass over a whole file: fragments are put together as they come."""
    decoder = Decoder(space)
    waiting = _nothing_waits()
    time = None
    for walk in walks:
        packed, first = walk.packets, into.packets
        number = np.arange(first, first + len(packed))
        headers = decoder.window(packed, first)
        now = Captured(packed, backwards(packed, time))
        waiting = _take(into, decoder, headers, waiting, now, number)
        for reason, which in remarked(now, first):
            _remark(into, reason, which, now.packets, number)
        _account(into, packed, headers, walk.gaps, waiting)
        _told(into, walk, first)
        time = _last_time(packed, time)
        forget(space.view)
    _finish(into, decoder, waiting)
    into.ranges.settle()


def stretch(space: Space, walks: Iterable[Walk], into: Passed, goes_on: bool) -> None:
    """Pass over a stretch of a file. Packets with fragments are left, which may belong to those of other stretches. Where it `goes_on`, its
    first packet is the last of the stretch before it."""
    decoder = Decoder(space, joins=False)
    time = None
    for walk in walks:
        packed, first = walk.packets, into.packets
        if goes_on and len(packed):
            goes_on, time = False, _last_time(packed.part(slice(0, 1)), None)
            packed = packed.part(slice(1, None))
        number = np.arange(first, first + len(packed))
        headers = decoder.window(packed, first)
        now = Captured(packed, backwards(packed, time))
        left = leave(into.left, headers, now, first)
        _keep(into, decoder, headers, now, number, left)
        for reason, which in chain(marked(headers), remarked(now, first)):
            _remark(into, reason, which, packed, number)
        _record(into, packed, headers, walk.gaps, ~left)
        _told(into, replace(walk, packets=packed), first)
        time = _last_time(packed, time)
        forget(space.view)
    into.ranges.settle()


def rest(space: Space, into: Passed) -> None:
    """Pass over the packets that all stretches left."""
    decoder = Decoder(space, into.rows)
    waiting = _nothing_waits()
    for now, number in left_windows(into.left):
        headers = decoder.window(now.packets, number)
        waiting = _take(into, decoder, headers, waiting, now, number)
        _account(into, now.packets, headers, (), waiting)
        forget(space.view)
    _finish(into, decoder, waiting)
    into.ranges.settle()


def _nothing_waits() -> _Waiting:
    return _Waiting(_NONE, Captured(joined([]), np.zeros(0, np.bool_)), {})


def _finish(into: Passed, decoder: Decoder, waiting: _Waiting) -> None:
    _take(into, decoder, decoder.finish(), waiting, Captured(joined([]), np.zeros(0, np.bool_)), _NONE)


def _told(into: Passed, walk: Walk, first: int) -> None:
    """Keep what a window of the file says of itself, and count its packets."""
    packed = walk.packets
    into.told += told_rows.batches(walk.told, packed, first)
    into.left_out += walk.left_out
    into.packets += len(packed)
    if len(packed):
        into.last = int(packed.record[-1])


def _last_time(packed: Packets, before: int | None) -> int | None:
    """The time of the last packet; that of an earlier window where there is none."""
    if not len(packed):
        return before
    return int(packed.time[-1]) if packed.timed[-1] else None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Captured packets whose fragments wait for others, ascending by number; and by packet and depth the detail of each fragment, which
    is not yet counted."""

    number: Int64s
    captured: Captured
    details: dict[tuple[int, int], int]


def _take(
    into: Passed, decoder: Decoder, headers: Headers, before: _Waiting, now: Captured, number: Int64s
) -> _Waiting:
    """Set the rows of a window aside and count what is to be told of them. Returns what waits for the next window."""
    known = now if not len(before.number) else _both(before.captured, now)
    numbers = np.concatenate([before.number, number])
    place = _places(headers, numbers)
    seen = _seeing(known.packets, numbers)

    _set_aside(into, headers, known, place, decoder.carriers())
    _resolutions(into, decoder, headers, known.packets, place, seen)
    number = decoder.waiting()
    waits = (headers.note == notes.FRAGMENT) & np.isin(headers.packet, number)
    for kind, count, packet in notes.kinds(headers, np.flatnonzero(~waits)):
        into.remarks.add(notes.reason(kind), seen(count, packet))
    for reason, which in marked(headers):
        _remark(into, reason, which, known.packets, numbers)
    details = _settled(into, decoder, before, number, seen)
    rows = np.flatnonzero(waits)
    keys = zip(headers.packet[rows].tolist(), headers.depth[rows].tolist(), strict=True)
    details |= dict(zip(keys, headers.detail[rows].tolist(), strict=True))
    tally = decoder.tally
    for fate, count in tally.counts.items():
        into.remarks.add(FRAGMENTS[fate], seen(count, tally.first[fate]))
    tally.counts.clear()
    tally.first.clear()
    at = np.searchsorted(numbers, number)
    held = Packets(*(getattr(known.packets, name)[at] for name in Packets.__slots__))
    return _Waiting(number, Captured(held, known.backwards[at]), details)


def _keep(into: Passed, decoder: Decoder, headers: Headers, now: Captured, number: Int64s, left: Bools) -> None:
    """Set the rows of a window aside but for those of packets that are `left`, and count what is to be told of them."""
    place, seen = _places(headers, number), _seeing(now.packets, number)
    _set_aside(into, headers, now, place, _NONE)
    _resolutions(into, decoder, headers, now.packets, place, seen)
    for kind, count, packet in notes.kinds(headers, np.flatnonzero(~left[place])):
        into.remarks.add(notes.reason(kind), seen(count, packet))


def _places(headers: Headers, number: Int64s) -> Int64s:
    """Where each row's captured packet lies among those with these numbers, which ascend."""
    if len(number) and number[-1] - number[0] == len(number) - 1:
        return np.asarray(headers.packet - number[0])
    return np.searchsorted(number, headers.packet)


def _seeing(packets: Packets, number: Int64s) -> Callable[[int, int], Seen]:
    def seen(count: int, packet: int) -> Seen:
        at = int(np.searchsorted(number, packet))
        return Seen(count, packet, int(packets.record[at]), int(packets.size[at]))

    return seen


def _remark(into: Passed, reason: str, which: Int64s, packets: Packets, number: Int64s) -> None:
    """Count what is told of packets, whose numbers are among `number`."""
    if len(which):
        into.remarks.add(reason, _seeing(packets, number)(len(which), int(which[0])))


def _both(one: Captured, two: Captured) -> Captured:
    return Captured(joined([one.packets, two.packets]), np.concatenate([one.backwards, two.backwards]))


def _set_aside(into: Passed, headers: Headers, known: Captured, place: Int64s, carriers: Int64s) -> None:
    """Put the rows that have a transport into their groups, and note which groups lie in tunnels of which. `carriers`: rows that are
    needed for that in later windows."""
    if not len(headers):
        return
    records, group = grouped(headers, known, place, into.rows, GROUPS)
    if len(records):
        into.spill.add(records, group)
        rows = np.concatenate([into.carriers[0], records["row"]])
        groups = np.concatenate([into.carriers[1], group])
        carried = np.flatnonzero(records["parent"] >= 0)
        outer = np.minimum(np.searchsorted(rows, records["parent"][carried]), len(rows) - 1)
        there = rows[outer] == records["parent"][carried]
        into.linked.link(group[carried[there]], groups[outer[there]])
        kept = np.isin(rows, carriers)
        into.carriers = rows[kept], groups[kept]
    into.rows += len(headers)


def _resolutions(
    into: Passed, decoder: Decoder, headers: Headers, packets: Packets, place: Int64s, seen: Callable[[int, int], Seen]
) -> None:
    """Keep the ARP messages of a window."""
    rows = np.flatnonzero(headers.note == notes.ARP)
    if len(rows):
        messages, other = gather(decoder.space, headers, packets, place)
        arp_spill.set_aside(into.arp, messages)
        if other:
            into.remarks.add(_ARP, seen(other, int(headers.packet[rows].min())))


def _settled(
    into: Passed, decoder: Decoder, before: _Waiting, number: Int64s, seen: Callable[[int, int], Seen]
) -> dict[tuple[int, int], int]:
    """Count the fragments of former windows that wait no longer. Returns those that still do."""
    still = set(number.tolist()) if before.details else set()
    left = {key: detail for key, detail in before.details.items() if key[0] in still and key not in decoder.late}
    for (packet, depth), detail in before.details.items():
        if (packet, depth) in left:
            continue
        note = decoder.late.get((packet, depth), notes.FRAGMENT)
        told = seen(1, packet)
        if note != notes.PART:
            into.remarks.add(notes.reason((note, depth > 0, detail)), told)
        if depth == 0:
            fate = np.array([KINDS.index(notes.fate(note))])
            into.ranges.add(fate, np.array([told.record]), np.array([told.size]))
    decoder.late.clear()
    return left


def _account(into: Passed, packed: Packets, headers: Headers, gaps: tuple[Gap, ...], waiting: _Waiting) -> None:
    """The fate of every byte of a window, but for fragments that wait."""
    keep = np.ones(len(packed), np.bool_)
    if waiting.details:
        outer = headers.note[: len(packed)]
        keep = ~((outer == notes.FRAGMENT) & np.isin(headers.packet[: len(packed)], waiting.number))
    _record(into, packed, headers, gaps, keep)


def _record(into: Passed, packed: Packets, headers: Headers, gaps: tuple[Gap, ...], keep: Bools) -> None:
    """The fate of every byte of a window, but for packets that are not to `keep`."""
    for gap in gaps:
        into.gaps.add(gap)
    outer = headers.note[: len(packed)]
    kinds = np.concatenate([_FATES[outer[keep]], np.array([KINDS.index(gap.kind) for gap in gaps], np.int64)])
    offsets = np.concatenate([packed.record[keep], np.array([gap.offset for gap in gaps], np.int64)])
    lengths = np.concatenate([packed.size[keep], np.array([gap.length for gap in gaps], np.int64)])
    into.ranges.add(kinds, offsets, lengths)
