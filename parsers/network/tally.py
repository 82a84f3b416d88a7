"""What a pass over a capture counts: the fate of every byte, and what is told once a file and kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from parsers.base import Evidence
from parsers.network.records import Gap, Int64s
from timelines.problems import KINDS, Account, Problem

GAP_PROBLEMS = 1_000  # gaps reported one by one; the rest of a shattered file is summed up in one problem


@dataclass(slots=True)
class Ranges:
    """Byte ranges and their fates (places in KINDS), neighbours that share one made one."""

    parts: list[tuple[Int64s, Int64s, Int64s]] = field(default_factory=list)  # fates, offsets, lengths

    def add(self, fates: Int64s, offsets: Int64s, lengths: Int64s) -> None:
        order = np.argsort(offsets, kind="stable")
        fates, offsets, lengths = fates[order], offsets[order], lengths[order]
        begins = np.ones(len(fates), np.bool_)
        begins[1:] = (fates[1:] != fates[:-1]) | (offsets[1:] != offsets[:-1] + lengths[:-1])
        first = np.flatnonzero(begins)
        if len(first):
            self.parts.append((fates[first], offsets[first], np.add.reduceat(lengths, first)))

    def settle(self) -> None:
        """Make one list of all that was added."""
        parts, self.parts = self.parts, []
        if parts:
            self.add(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def within(self, start: int, stop: int) -> Iterator[Account]:
        """The accounts of [start, stop)."""
        for fates, offsets, lengths in self.parts:
            begins, ends = np.clip(offsets, start, stop), np.clip(offsets + lengths, start, stop)
            for number, kind in enumerate(KINDS):
                mine = (fates == number) & (ends > begins)
                if mine.any():
                    yield Account(kind, begins[mine], (ends - begins)[mine])


@dataclass(frozen=True, slots=True)
class Seen:
    """How many packets something was seen in, and the first of them: its number (0-based) and its record."""

    count: int
    packet: int
    record: int
    size: int

    def and_also(self, other: Seen | None) -> Seen:
        if other is None:
            return self
        first = min(self, other, key=lambda seen: seen.packet)
        return Seen(self.count + other.count, first.packet, first.record, first.size)


@dataclass(slots=True)
class Remarks:
    """What was seen, by the line that tells it."""

    seen: dict[str, Seen] = field(default_factory=dict)

    def add(self, reason: str, seen: Seen) -> None:
        self.seen[reason] = seen.and_also(self.seen.get(reason))

    def problems(self, evidence: Evidence) -> Iterator[Problem]:
        for reason, seen in sorted(self.seen.items(), key=lambda item: item[1].packet):
            text = f"{seen.count} {reason}; first is packet {seen.packet + 1}"
            yield evidence.problem(seen.record, seen.size, text)


@dataclass(slots=True)
class Gaps:
    """Bytes that are no packets: damaged places one by one up to a number, other blocks by their reason."""

    damaged: list[Gap] = field(default_factory=list)
    further: tuple[int, int, int] = (
        0,
        0,
        0,
    )  # places beyond that number: how many, their bytes, where the first begins
    others: dict[str, tuple[Gap, int]] = field(default_factory=dict)  # the first of each reason, and how many

    def add(self, gap: Gap) -> None:
        if not gap.reason:
            return
        if gap.kind != "damaged":
            first, count = self.others.get(gap.reason, (gap, 0))
            self.others[gap.reason] = first, count + 1
        elif len(self.damaged) < GAP_PROBLEMS:
            self.damaged.append(gap)
        else:
            count, size, first_at = self.further
            self.further = count + 1, size + gap.length, first_at if count else gap.offset

    def also(self, other: Gaps) -> None:
        """Go on with the gaps of the next stretch of the file."""
        for gap in other.damaged:
            self.add(gap)
        for reason, (first, count) in other.others.items():
            held, before = self.others.get(reason, (first, 0))
            self.others[reason] = held, before + count
        (mine, size, at), (more, bytes_more, first_at) = self.further, other.further
        if more:
            self.further = mine + more, size + bytes_more, at if mine else first_at

    def problems(self, evidence: Evidence) -> Iterator[Problem]:
        for gap in self.damaged:
            yield evidence.problem(gap.offset, gap.length, gap.reason)
        count, size, first_at = self.further
        if count:
            reason = f"{count} further damaged places from here on, {size} bytes in all"
            yield evidence.problem(first_at, 0, reason)
        for reason, (gap, count) in sorted(self.others.items(), key=lambda item: item[1][0].offset):
            yield evidence.problem(gap.offset, gap.length, f"{reason}; {count} of them, this is the first")
