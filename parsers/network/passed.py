"""What a pass over a capture, or over a stretch of it, found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from parsers.base import Batch
from parsers.network import arp_spill
from parsers.network.left_packets import left_spill
from parsers.network.linked import Linked
from parsers.network.records import Int64s
from parsers.network.spill import Spill
from parsers.network.tally import Gaps, Ranges, Remarks

GROUPS = 4_096  # host pairs fall into as many groups; slices are runs of groups that weigh the same
_NONE = np.zeros(0, np.int64)


@dataclass(slots=True)
class Passed:
    """What a pass found: its packets by group, the fate of every byte, what is told, and packets with fragments that are `left` until all
    stretches have been passed. Numbers of packets and rows count from the stretch's first; `last` is where its last record begins."""

    spill: Spill = field(default_factory=lambda: Spill(GROUPS))
    arp: Spill = field(default_factory=arp_spill.empty)
    left: Spill = field(default_factory=left_spill)
    ranges: Ranges = field(default_factory=Ranges)
    gaps: Gaps = field(default_factory=Gaps)
    remarks: Remarks = field(default_factory=Remarks)
    told: list[Batch] = field(default_factory=list)
    left_out: int = 0
    linked: Linked = field(default_factory=lambda: Linked(GROUPS))
    carriers: tuple[Int64s, Int64s] = (_NONE, _NONE)  # rows that later windows may name as carriers, and their groups
    rows: int = 0
    packets: int = 0
    last: int = -1

    def adopt(self, other: Passed) -> None:
        """Go on with what a pass over the next stretch found."""
        moved = {"packet": self.packets, "row": self.rows, "parent": self.rows}
        self.spill.adopt(other.spill, moved)
        self.arp.adopt(other.arp, {"packet": self.packets})
        self.left.adopt(other.left, {"number": self.packets})
        self.ranges.parts += other.ranges.parts
        self.gaps.also(other.gaps)
        for reason, seen in other.remarks.seen.items():
            self.remarks.add(reason, replace(seen, packet=seen.packet + self.packets))
        self.told += other.told
        self.left_out += other.left_out
        every = np.arange(GROUPS)
        self.linked.link(every, other.linked.root)
        self.rows, self.packets, self.last = self.rows + other.rows, self.packets + other.packets, other.last


def in_files(folder: Path, name: str) -> Passed:
    """Nothing found yet; what will be set aside is to lie in files of that folder."""
    spill = Spill(GROUPS, path=folder / f"{name}.packets")
    return Passed(spill, arp_spill.empty(folder / f"{name}.arp"), left_spill(folder / f"{name}.left"))
