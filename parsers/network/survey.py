"""One pass over a capture: its packets walked and decoded window by window, bytes accounted for, remarks counted, packets set aside by
host pair. Each slice of the file draws on it (docs/decisions/0019-large-captures.md)."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from parsers.base import Batch, Evidence
from parsers.gather import forget
from parsers.network import arp_spill, crowds, notes, pcap, pcapng, told_rows
from parsers.network.arp import gather
from parsers.network.headers import Headers
from parsers.network.ip_packets import Captured, IpPackets, backwards
from parsers.network.linked import Linked
from parsers.network.packet_remarks import FRAGMENTS, remarked
from parsers.network.packets import Decoder
from parsers.network.pairs import columns, grouped
from parsers.network.records import Gap, Int64s, Packets, joined
from parsers.network.space import Space
from parsers.network.spill import Spill
from parsers.network.tally import Gaps, Ranges, Remarks, Seen
from timelines.problems import KINDS, Problem

GROUPS = 4_096  # host pairs fall into as many groups; slices are runs of groups that weigh the same
# Packets whose flows are read at a time: about 500 bytes of columns and temporaries each. What would lose by being read apart, one pair of
# hosts or what lies in one tunnel, may have twice as many.
PARTITION_PACKETS = 1 << 19
_ARP = "ARP messages are cut, or not about Ethernet and IPv4: not read"


@dataclass(frozen=True, slots=True)
class Portion:
    """The flows of some groups that fall to part `part` of `parts`."""

    groups: tuple[int, ...]
    part: int
    parts: int


def united(linked: Linked, counts: Int64s) -> list[list[int]]:
    """All groups, those together that lie in tunnels of one another, unless these have too many packets to be read at a time."""
    found: dict[int, list[int]] = {}
    groups, packets = np.flatnonzero(counts), counts.tolist()
    for group, root in zip(groups.tolist(), linked.root[groups].tolist(), strict=True):
        found.setdefault(root, []).append(group)
    out: list[list[int]] = []
    for together in found.values():
        fits = sum([packets[group] for group in together]) <= 2 * PARTITION_PACKETS
        out += [together] if fits else [[group] for group in together]
    return out


@dataclass(slots=True)
class Survey:
    """What the pass found: the capture's bytes, its packets by group, the fate of every byte, and what is told of the file as a whole."""

    space: Space
    spill: Spill
    ranges: Ranges = field(default_factory=Ranges)
    gaps: Gaps = field(default_factory=Gaps)
    remarks: Remarks = field(default_factory=Remarks)
    told: list[Batch] = field(default_factory=list)
    left_out: int = 0
    arp: Spill = field(default_factory=arp_spill.empty)
    linked: Linked = field(default_factory=lambda: Linked(GROUPS))
    carriers: tuple[Int64s, Int64s] = (np.zeros(0, np.int64), np.zeros(0, np.int64))  # rows, and their groups
    rows: int = 0

    def portions(self, slices: int) -> list[list[Portion]]:
        """What each slice reads: about the same weight, by the file alone. Only a host pair with too many packets is divided."""
        counts, weights = self.spill.counts.tolist(), self.spill.weights.tolist()
        share = max(sum(weights) / slices, 1.0)
        out: list[list[Portion]] = [[] for _ in range(slices)]
        before = 0

        def close(groups: list[int], held: int, weight: int) -> None:
            parts = math.ceil(held / PARTITION_PACKETS) if held > 2 * PARTITION_PACKETS else 1
            for part in range(parts if held else 0):
                middle = before + weight * (2 * part + 1) / (2 * parts)
                out[min(int(middle / share), slices - 1)].append(Portion(tuple(groups), part, parts))

        open_groups: list[int] = []
        held = weight = 0
        for together in united(self.linked, self.spill.counts):
            more, heavier = sum([counts[group] for group in together]), sum([weights[group] for group in together])
            if open_groups and (held + more > PARTITION_PACKETS or weight + heavier > share):
                close(open_groups, held, weight)
                before, open_groups, held, weight = before + weight, [], 0, 0
            open_groups, held, weight = open_groups + together, held + more, weight + heavier
        close(open_groups, held, weight)
        return out

    def partitions(self, number: int, slices: int) -> Iterator[IpPackets]:
        """The packets of a slice, as many at a time as memory allows. A flow is never split."""
        divided: tuple[tuple[int, ...], Spill] | None = None
        for portion in self.portions(slices)[number]:
            if portion.parts == 1:
                records = self.spill.take(portion.groups)
            else:
                if divided is None or divided[0] != portion.groups:
                    divided = portion.groups, self.spill.divided(portion.groups, portion.parts)
                records = divided[1].take((portion.part,))
            for part in crowds.parted(records, len(portion.groups) == 1):
                packets = columns(part)
                del part
                if len(packets):
                    yield packets
                del packets  # or it would be held while the next are taken
            del records

    def problems(self, evidence: Evidence) -> Iterator[Problem]:
        """What is told of the file as a whole."""
        yield from self.gaps.problems(evidence)
        yield from self.remarks.problems(evidence)
        if self.left_out:
            reason = (
                f"{self.left_out} more comments, names and interfaces than are listed stand in the file: not listed"
            )
            yield evidence.problem(0, 0, reason)


def make(evidence: Evidence) -> Survey:
    """Walk the file."""
    view = evidence.open()
    space = Space(view)
    survey = Survey(space, Spill(GROUPS))
    decoder = Decoder(space)
    waiting = _Waiting(np.zeros(0, np.int64), Captured(joined([]), np.zeros(0, np.bool_)), {})
    windows = pcapng.windows if pcapng.is_pcapng(bytes(view[:12])) else pcap.windows
    first, time = 0, None
    for window in windows(view, space.buffer):
        packed = window.packets
        headers = decoder.window(packed, first)
        waiting = _take(survey, decoder, headers, waiting, Captured(packed, backwards(packed, time)), first)
        _account(survey, packed, headers, window.gaps, waiting)
        survey.told += told_rows.batches(window.told, packed, first)
        survey.left_out += window.left_out
        first += len(packed)
        if len(packed):
            time = int(packed.time[-1]) if packed.timed[-1] else None
        forget(view)
    nothing = Captured(joined([]), np.zeros(0, np.bool_))
    _take(survey, decoder, decoder.finish(), waiting, nothing, first)
    survey.ranges.settle()
    return survey


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Captured packets whose fragments wait for others, ascending by number; and by packet and depth the detail of each fragment, which
    is not yet counted."""

    number: Int64s
    captured: Captured
    details: dict[tuple[int, int], int]


def _take(survey: Survey, decoder: Decoder, headers: Headers, before: _Waiting, now: Captured, first: int) -> _Waiting:
    """Set the rows of a window aside and count what is to be told of them. Returns what waits for the next window."""
    known = now if not len(before.number) else _both(before.captured, now)
    numbers = np.concatenate([before.number, np.arange(first, first + len(now.packets))])
    place = np.searchsorted(numbers, headers.packet) if len(before.number) else headers.packet - first

    def seen(count: int, packet: int) -> Seen:
        at = int(np.searchsorted(numbers, packet))
        return Seen(count, packet, int(known.packets.record[at]), int(known.packets.size[at]))

    _set_aside(survey, headers, known, place, decoder.carriers())
    _resolutions(survey, headers, known.packets, place, seen)
    number = decoder.waiting()
    waits = (headers.note == notes.FRAGMENT) & np.isin(headers.packet, number)
    for kind, count, packet in notes.kinds(headers, np.flatnonzero(~waits)):
        survey.remarks.add(notes.reason(kind), seen(count, packet))
    details = _settled(survey, decoder, before, number, seen)
    rows = np.flatnonzero(waits)
    keys = zip(headers.packet[rows].tolist(), headers.depth[rows].tolist(), strict=True)
    details |= dict(zip(keys, headers.detail[rows].tolist(), strict=True))
    for reason, which in remarked(headers, now, first):
        if len(which):
            survey.remarks.add(reason, seen(len(which), int(which[0])))
    tally = decoder.tally
    for fate, count in tally.counts.items():
        survey.remarks.add(FRAGMENTS[fate], seen(count, tally.first[fate]))
    tally.counts.clear()
    tally.first.clear()
    at = np.searchsorted(numbers, number)
    held = Packets(*(getattr(known.packets, name)[at] for name in Packets.__slots__))
    return _Waiting(number, Captured(held, known.backwards[at]), details)


def _both(one: Captured, two: Captured) -> Captured:
    return Captured(joined([one.packets, two.packets]), np.concatenate([one.backwards, two.backwards]))


def _set_aside(survey: Survey, headers: Headers, known: Captured, place: Int64s, carriers: Int64s) -> None:
    """Put the rows that have a transport into their groups, and note which groups lie in tunnels of which. `carriers`: rows that are
    needed for that in later windows."""
    records, group = grouped(headers, known, place, survey.rows, GROUPS)
    if len(records):
        survey.spill.add(records, group)
        rows = np.concatenate([survey.carriers[0], records["row"]])
        groups = np.concatenate([survey.carriers[1], group])
        carried = np.flatnonzero(records["parent"] >= 0)
        outer = np.minimum(np.searchsorted(rows, records["parent"][carried]), len(rows) - 1)
        there = rows[outer] == records["parent"][carried]
        survey.linked.link(group[carried[there]], groups[outer[there]])
        kept = np.isin(rows, carriers)
        survey.carriers = rows[kept], groups[kept]
    survey.rows += len(headers)


def _resolutions(
    survey: Survey, headers: Headers, packets: Packets, place: Int64s, seen: Callable[[int, int], Seen]
) -> None:
    """Keep the ARP messages of a window."""
    rows = np.flatnonzero(headers.note == notes.ARP)
    if len(rows):
        messages, other = gather(survey.space, headers, packets, place)
        arp_spill.set_aside(survey.arp, messages)
        if other:
            survey.remarks.add(_ARP, seen(other, int(headers.packet[rows].min())))


def _settled(
    survey: Survey, decoder: Decoder, before: _Waiting, number: Int64s, seen: Callable[[int, int], Seen]
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
            survey.remarks.add(notes.reason((note, depth > 0, detail)), told)
        if depth == 0:
            fate = np.array([KINDS.index(notes.fate(note))])
            survey.ranges.add(fate, np.array([told.record]), np.array([told.size]))
    decoder.late.clear()
    return left


def _account(survey: Survey, packed: Packets, headers: Headers, gaps: tuple[Gap, ...], waiting: _Waiting) -> None:
    """The fate of every byte of a window, but for fragments that wait."""
    for gap in gaps:
        survey.gaps.add(gap)
    fates = np.array([KINDS.index(notes.fate(n)) if n in notes.KNOWN else 0 for n in range(16)])
    outer = headers.note[: len(packed)]
    keep = np.ones(len(packed), np.bool_)
    if waiting.details:
        keep = ~((outer == notes.FRAGMENT) & np.isin(headers.packet[: len(packed)], waiting.number))
    kinds = np.concatenate([fates[outer[keep]], np.array([KINDS.index(gap.kind) for gap in gaps], np.int64)])
    offsets = np.concatenate([packed.record[keep], np.array([gap.offset for gap in gaps], np.int64)])
    lengths = np.concatenate([packed.size[keep], np.array([gap.length for gap in gaps], np.int64)])
    survey.ranges.add(kinds, offsets, lengths)


class Shared:
    """The survey of the file read last, for the slices of it that this process reads; let go of after the last of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # a cluster's worker may read several slices at once
        self._key: tuple[str, str, int] | None = None
        self._survey: Survey | None = None
        self._left: set[int] = set()

    def of(self, evidence: Evidence, slices: int) -> Survey:
        """The survey of a file that has several slices."""
        with self._lock:
            key = str(evidence.path), evidence.sha256, evidence.size
            if self._survey is None or key != self._key:
                self._survey = None  # let go of the old one before the new one is made
                self._survey, self._key, self._left = make(evidence), key, set(range(slices))
            return self._survey

    def done(self, evidence: Evidence, number: int) -> None:
        """A slice has been read."""
        with self._lock:
            if self._key == (str(evidence.path), evidence.sha256, evidence.size):
                self._left.discard(number)
                if not self._left:
                    self._survey, self._key = None, None
