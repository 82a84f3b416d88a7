"""One pass over a capture: its packets walked and decoded window by window, bytes accounted for, remarks counted, packets set aside by
host pair. Each slice of the file draws on it (docs/decisions/0019-large-captures.md)."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from parsers.base import Evidence
from parsers.gather import as_bytes, forget
from parsers.network import notes, packets, pcap, pcapng
from parsers.network.ip_packets import IpPackets, columns, gathered
from parsers.network.packets import TUNNEL_PORTS, TUNNELS, Headers
from parsers.network.records import Bytes, Gap, Int64s, Packets
from parsers.network.spill import Spill, pair_digest
from timelines.problems import KINDS, Account, Problem

GROUPS = 4_096  # host pairs fall into as many groups; slices are runs of groups that weigh the same
PARTITION_PACKETS = 1 << 20  # packets whose flows are read at a time: about 300 bytes of columns and temporaries each
GAP_PROBLEMS = 1_000  # gaps reported one by one; the rest of a shattered file is summed up in one problem


@dataclass(slots=True)
class Ranges:
    """Byte ranges and their fates, neighbours that share one made one."""

    parts: list[tuple[Int64s, Int64s, Int64s]] = field(default_factory=list)  # kinds, offsets, lengths

    def add(self, kinds: Int64s, offsets: Int64s, lengths: Int64s) -> None:
        order = np.argsort(offsets, kind="stable")
        kinds, offsets, lengths = kinds[order], offsets[order], lengths[order]
        begins = np.ones(len(kinds), np.bool_)
        begins[1:] = (kinds[1:] != kinds[:-1]) | (offsets[1:] != offsets[:-1] + lengths[:-1])
        first = np.flatnonzero(begins)
        if len(first):
            self.parts.append((kinds[first], offsets[first], np.add.reduceat(lengths, first)))

    def within(self, start: int, stop: int) -> Iterator[Account]:
        """The accounts of [start, stop)."""
        if not self.parts:
            return
        kinds, offsets, lengths = (np.concatenate(columns) for columns in zip(*self.parts, strict=True))
        joined = Ranges()
        joined.add(kinds, offsets, lengths)
        kinds, offsets, lengths = joined.parts[0]
        begins, ends = np.clip(offsets, start, stop), np.clip(offsets + lengths, start, stop)
        for number, kind in enumerate(KINDS):
            mine = (kinds == number) & (ends > begins)
            if mine.any():
                yield Account(kind, begins[mine], (ends - begins)[mine])


@dataclass(slots=True)
class Remarks:
    """What is told once a file and kind: how many packets, and the first of them (number, record, size)."""

    found: dict[tuple[int, int], tuple[int, int, int, int]] = field(default_factory=dict)

    def add(self, key: tuple[int, int], count: int, packed: Packets, row: int, before: int) -> None:
        known = self.found.get(key)
        if known is not None:
            self.found[key] = (known[0] + count, *known[1:])
        else:
            self.found[key] = (count, row + before, int(packed.record[row]), int(packed.size[row]))


@dataclass(frozen=True, slots=True)
class Portion:
    """The flows of the groups [first, stop) that fall to part `part` of `parts`."""

    first: int
    stop: int
    part: int
    parts: int


@dataclass(slots=True)
class Survey:
    """What the pass found. `packets`: how many the file holds; `left`: slices not yet read in this process."""

    view: memoryview
    buffer: Bytes
    spill: Spill
    ranges: Ranges = field(default_factory=Ranges)
    gaps: list[Gap] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)
    packets: int = 0

    def portions(self, slices: int) -> list[list[Portion]]:
        """What each slice reads: about the same weight, by the file alone. Only a host pair with too many packets is divided."""
        counts, weights = self.spill.counts, self.spill.weights
        share = max(int(weights.sum()) / slices, 1.0)
        out: list[list[Portion]] = [[] for _ in range(slices)]
        first, before = 0, 0
        while first < GROUPS:
            end, held, weight = first + 1, int(counts[first]), int(weights[first])
            while end < GROUPS and held + counts[end] <= PARTITION_PACKETS and weight + weights[end] <= share:
                held, weight = held + int(counts[end]), weight + int(weights[end])
                end += 1
            parts = max(math.ceil(held / PARTITION_PACKETS), 1)
            for part in range(parts if held else 0):
                middle = before + weight * (2 * part + 1) / (2 * parts)
                out[min(int(middle / share), slices - 1)].append(Portion(first, end, part, parts))
            first, before = end, before + weight
        return out

    def partitions(self, number: int, slices: int) -> Iterator[IpPackets]:
        """The packets of a slice, as many at a time as memory allows. A flow is never split."""
        for portion in self.portions(slices)[number]:
            part = (portion.part, portion.parts) if portion.parts > 1 else None
            records = self.spill.take(portion.first, portion.stop, part)
            if len(records):
                yield columns(records)

    def close(self) -> None:
        self.spill.close()


def make(evidence: Evidence) -> Survey:
    """Walk the file."""
    view = evidence.open()
    buffer = as_bytes(view)
    survey = Survey(view, buffer, Spill(GROUPS))
    windows = pcapng.windows if pcapng.is_pcapng(bytes(view[:12])) else pcap.windows
    for window in windows(view, buffer):
        packed = window.packets
        headers = packets.decode(buffer, packed)
        _account(survey, packed, headers, window.gaps)
        _remark(survey.remarks, packed, headers, survey.packets)
        records = gathered(headers, packed, survey.packets)
        if len(records):
            survey.spill.add(records, (pair_digest(records) % np.uint64(GROUPS)).astype(np.int64))
        survey.packets += len(packed)
        forget(view)
    return survey


def _account(survey: Survey, packed: Packets, headers: Headers, gaps: tuple[Gap, ...]) -> None:
    """Every byte's fate."""
    survey.gaps += [gap for gap in gaps if gap.reason]
    fates = np.array([KINDS.index(notes.fate(n)) if n in notes.KNOWN else 0 for n in range(16)])
    kinds = np.concatenate([fates[headers.note], np.array([KINDS.index(gap.kind) for gap in gaps], np.int64)])
    offsets = np.concatenate([packed.record, np.array([gap.offset for gap in gaps], np.int64)])
    lengths = np.concatenate([packed.size, np.array([gap.length for gap in gaps], np.int64)])
    survey.ranges.add(kinds, offsets, lengths)


_CUT, _OVERLONG, _TIMELESS = (-1, 0), (-1, 1), (-1, 2)
_REASONS = {
    _CUT: "packet is cut by the end of the file: read as far as it goes",
    _OVERLONG: "packets hold more bytes than they say were on the wire: read, flagged",
    _TIMELESS: "packets have no usable time: rows that begin with them have none",
}


def _remark(remarks: Remarks, packed: Packets, headers: Headers, before: int) -> None:
    for note, detail, count, row in notes.kinds(headers.note, headers.detail):
        remarks.add((note, detail), count, packed, row, before)
    masks = ((_CUT, packed.cut), (_OVERLONG, packed.caplen > packed.origlen), (_TIMELESS, ~packed.timed))
    for key, mask in masks:
        rows = np.flatnonzero(mask)
        if len(rows):
            remarks.add(key, len(rows), packed, int(rows[0]), before)


def problems(evidence: Evidence, survey: Survey) -> Iterator[Problem]:
    """What is told of the file as a whole."""
    yield from _gap_problems(evidence, survey.gaps)
    tunnels = TUNNELS | TUNNEL_PORTS
    for key, (count, packet, record, size) in sorted(survey.remarks.found.items(), key=lambda item: item[1][1]):
        reason = _REASONS.get(key) or notes.reason(*key, tunnels)
        yield evidence.problem(record, size, f"{count} {reason}; first is packet {packet + 1}")


def _gap_problems(evidence: Evidence, gaps: list[Gap]) -> Iterator[Problem]:
    told = [gap for gap in gaps if gap.kind == "damaged"]
    for gap in told[:GAP_PROBLEMS]:
        yield evidence.problem(gap.offset, gap.length, gap.reason)
    rest = told[GAP_PROBLEMS:]
    if rest:
        reason = f"{len(rest)} further damaged places from here on, {sum(gap.length for gap in rest)} bytes in all"
        yield evidence.problem(rest[0].offset, 0, reason)
    kinds: dict[str, list[Gap]] = {}
    for gap in gaps:
        if gap.kind != "damaged":
            kinds.setdefault(gap.reason, []).append(gap)
    for reason, same in sorted(kinds.items(), key=lambda item: item[1][0].offset):
        yield evidence.problem(same[0].offset, same[0].length, f"{reason}; {len(same)} of them, this is the first")


class Shared:
    """The survey of the file read last, for the slices of it that this process reads; let go of after the last of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[str, str, int] | None = None
        self._survey: Survey | None = None
        self._waiting: set[int] = set()

    def of(self, evidence: Evidence, slices: int) -> Survey:
        """The survey of a file that has several slices."""
        with self._lock:
            key = str(evidence.path), evidence.sha256, evidence.size
            if self._survey is None or key != self._key:
                self._survey = None  # a survey still in use elsewhere closes when that is done with it
                self._survey, self._key, self._waiting = make(evidence), key, set(range(slices))
            return self._survey

    def done(self, evidence: Evidence, number: int) -> None:
        """A slice has been read."""
        with self._lock:
            if self._key == (str(evidence.path), evidence.sha256, evidence.size):
                self._waiting.discard(number)
                if not self._waiting:
                    self._survey, self._key = None, None
