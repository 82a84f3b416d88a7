"""The packets of a capture as slices of it read them: shared out by the weight of their host pairs
(docs/decisions/0019-large-captures.md)."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from parsers.base import Evidence
from parsers.gather import forget
from parsers.network import crowds, passing, pcap, pcapng, shared_passes
from parsers.network.gathered_payload import MOST, Room
from parsers.network.ip_packets import FRAME, Records
from parsers.network.kept_payload import in_file, sizes, worth_it
from parsers.network.linked import Linked
from parsers.network.pairs import columns
from parsers.network.partitions import Partition
from parsers.network.passed import Passed
from parsers.network.records import Int64s
from parsers.network.space import Space
from parsers.network.spill import Spill
from timelines.problems import Problem

# Packets whose flows are read at a time: about 500 bytes of columns and temporaries each; and KiB of their payload, which is laid side by
# side. What would lose by being read apart, one pair of hosts or what lies in one tunnel, may have TOGETHER times as many packets.
PARTITION_PACKETS, PARTITION_KIB = 1 << 18, (MOST >> 10) - (MOST >> 13)
TOGETHER = 4
FEW_SLICES = 4  # from so many on the later ones are smaller; of two each worker has one


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
        fits = sum([packets[group] for group in together]) <= TOGETHER * PARTITION_PACKETS
        out += [together] if fits else [[group] for group in together]
    return out


class Shares:
    """Portions given to one slice after the other. What belongs together can weigh more than a share: the slices behind it get less.

    Of four slices and more the later half gets two thirds of what the others do: they end the work of whoever comes to them first.
    """

    def __init__(self, slices: int, weight: float) -> None:
        self.given: list[list[Portion]] = [[] for _ in range(slices)]
        later = slices // 2 if slices >= FEW_SLICES else 0
        self._sizes = [3] * (slices - later) + [2] * later
        self._number, self._filled, self._left = 0, 0.0, weight

    def beyond(self, weight: float) -> bool:
        """Whether a slice with so much more than it has would have more than its share of what is left."""
        return self._filled + weight > self._left * self._sizes[self._number] / sum(self._sizes[self._number :])

    def give(self, portion: Portion, weight: float) -> None:
        """Give a portion to the slice that most of it fits into."""
        if self._filled and self.beyond(weight / 2) and self._number + 1 < len(self.given):
            self._number, self._filled, self._left = self._number + 1, 0.0, self._left - self._filled
        self.given[self._number].append(portion)
        self._filled += weight


@dataclass(frozen=True, slots=True)
class Survey:
    """What the pass found: the capture's bytes, its packets by group, the fate of every byte, and what is told of the file as a whole.
    `room`: where the payload of a partition is laid side by side."""

    space: Space
    found: Passed
    room: Room = field(default_factory=Room)
    _given: dict[int, list[list[Portion]]] = field(default_factory=dict)  # what slices read, by their number

    @property
    def spill(self) -> Spill:
        """The packets."""
        return self.found.spill

    def portions(self, slices: int) -> list[list[Portion]]:
        """What each slice reads: about the same weight, by the file alone. Only a host pair with too many packets is divided."""
        if slices not in self._given:
            self._given[slices] = self._portions(slices)
        return self._given[slices]

    def _portions(self, slices: int) -> list[list[Portion]]:
        counts, weights = self.spill.counts.tolist(), self.spill.weights.tolist()
        shares = Shares(slices, sum(weights))

        def close(groups: list[int], held: int, weight: int) -> None:
            parts = math.ceil(held / PARTITION_PACKETS) if held > TOGETHER * PARTITION_PACKETS else 1
            for part in range(parts if held else 0):
                shares.give(Portion(tuple(groups), part, parts), weight / parts)

        open_groups: list[int] = []
        held = weight = 0
        for together in united(self.found.linked, self.spill.counts):
            more, heavier = sum([counts[group] for group in together]), sum([weights[group] for group in together])
            payload = weight + heavier - held - more
            full = held + more > PARTITION_PACKETS or payload > PARTITION_KIB
            if open_groups and (full or shares.beyond(weight + heavier / 2)):
                close(open_groups, held, weight)
                open_groups, held, weight = [], 0, 0
            open_groups += together
            held, weight = held + more, weight + heavier
        close(open_groups, held, weight)
        return shares.given

    def partitions(self, number: int, slices: int) -> Iterator[Partition]:
        """The packets of a slice, as many at a time as memory allows. A flow is never split."""
        divided: tuple[tuple[int, ...], Spill] | None = None
        for portion in self.portions(slices)[number]:
            spill, groups = self.spill, portion.groups
            if portion.parts > 1:
                if divided is None or divided[0] != groups:
                    keeping = self.space if spill.keeps else None
                    divided = groups, spill.divided(groups, portion.parts, keeping)
                spill, groups = divided[1], (portion.part,)
            yield from self._read(spill, groups, len(portion.groups) == 1)

    def _read(self, spill: Spill, groups: Sequence[int], alone: bool) -> Iterator[Partition]:
        """The packets of these groups; of a flood some at a time."""
        records = spill.take(groups)
        with self._laid(spill, groups, records) as (space, laid):
            for which in crowds.parts(records, alone):
                packets = columns(records[which])
                if len(packets):
                    yield Partition(space, packets, None if laid is None else laid[which])
                del packets  # or it would be held while the next are taken

    @contextmanager
    def _laid(self, spill: Spill, groups: Sequence[int], records: Records) -> Iterator[tuple[Space, Int64s | None]]:
        """Where the payload of records that were taken lies, and where their frames begin if not in the capture: their places become those
        of kept payload, which is laid side by side, unless there is none or too much."""
        size = sizes(records, self.space.size)
        total = int(size.sum())
        if not spill.keeps or total > MOST:
            yield self.space, None
            return
        forget(self.space.view, 0)
        with self.room.taken() as room:
            if not spill.lay(groups, room[:total]):
                yield self.space, None
                return
            frames = np.cumsum(size) - size
            there = in_file(records, self.space.size)
            records["at"] = np.where(there, frames + FRAME, records["at"] - self.space.size + total)
            yield Space(room[:total].data.toreadonly(), self.space), frames

    def problems(self, evidence: Evidence) -> Iterator[Problem]:
        """What is told of the file as a whole."""
        yield from self.found.gaps.problems(evidence)
        yield from self.found.remarks.problems(evidence)
        if self.found.left_out:
            reason = f"{self.found.left_out} more comments, names and interfaces than are listed stand in the file: not listed"
            yield evidence.problem(0, 0, reason)


def make(evidence: Evidence, slices: int = 1) -> Survey:
    """Walk a file that has so many slices. Of more than one, as many stretches of it are passed apart, each by the worker that is first
    there."""
    view = evidence.open()
    space, found = Space(view), Passed()
    folder = evidence.shared if shared_passes.shares(evidence.shared) else None
    keeps = slices > 1 and worth_it(evidence.size, folder)
    is_pcapng = pcapng.is_pcapng(bytes(view[:12]))
    if slices == 1:
        passing.whole(space, (pcapng if is_pcapng else pcap).windows(view, space.buffer), found)
        return Survey(space, found)
    begins = [0] if is_pcapng else pcap.stretches(view, space.buffer, slices)
    for part in _parts(evidence, space, begins, keeps):
        found.adopt(part)
    if keeps:
        found.spill.keep_payload(space)
    passing.rest(space, found)
    return Survey(space, found)


def _parts(evidence: Evidence, space: Space, begins: list[int], keeps: bool) -> list[Passed]:
    """What was found in each stretch, or in the file as one where a stretch does not begin where the walk over the one before
    it arrives. Where it `keeps` payload, that lies beside the packets."""
    ends = [*begins[1:], None]

    def go_over(number: int, into: Passed) -> None:
        if keeps:
            into.spill.keep_payload(space)
        if begins == [0]:
            walks = pcapng.windows(space.view, space.buffer)
        else:
            walks = pcap.windows(space.view, space.buffer, begins[number], ends[number])
        passing.stretch(space, walks, into, number > 0)

    names = [f"{begin}-{end}" for begin, end in zip(begins, ends, strict=True)]
    parts = shared_passes.made(evidence.shared, names, go_over)
    if all(end is None or part.last == end for part, end in zip(parts, ends, strict=True)):
        return parts
    return _parts(evidence, space, begins[:1], keeps)


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
                self._survey, self._key, self._left = make(evidence, slices), key, set(range(slices))
            return self._survey

    def done(self, evidence: Evidence, number: int) -> None:
        """A slice has been read."""
        with self._lock:
            if self._key == (str(evidence.path), evidence.sha256, evidence.size):
                self._left.discard(number)
                if not self._left:
                    self._survey, self._key = None, None
