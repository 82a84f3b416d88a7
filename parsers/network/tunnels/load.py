"""What rows carry behind a header, and the packets found in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parsers.network.frames import Frames
from parsers.network.notes import OVERFLOW
from parsers.network.records import Bools, Int32s, Int64s

# `Headers.tunnel` is a place in here. Zeek's names (Tunnel::Type) where it has one.
NAMES = ("", "IP", "GRE", "ERSPAN", "ETHERIP", "L2TP", "MPLS", "VXLAN", "GENEVE", "GTPv1", "TEREDO", "AYIYA", "GTPv0")


@dataclass(frozen=True, slots=True)
class Load:
    """What rows carry: `at`, where the tunnel header begins, and `end`, where its packet does; both from the packet's start."""

    frames: Frames
    rows: Int64s
    at: Int32s
    end: Int32s

    def u8(self, place: int | Int32s) -> Int32s:
        return self.frames.u8(self.rows, self.at + place)

    def u16(self, place: int | Int32s) -> Int32s:
        return self.frames.u16(self.rows, self.at + place)

    def keep(self, mask: Bools) -> Load:
        return Load(self.frames, self.rows[mask], self.at[mask], self.end[mask])

    def moved(self, step: int | Int32s) -> Load:
        return Load(self.frames, self.rows, self.at + step, self.end)

    def fit(self, need: int) -> Load:
        """Those that hold `need` bytes from `at` on. Where only the window is too narrow, the row is looked at again in a wide one."""
        reach = self.at.astype(np.int64) + need
        there = reach <= np.minimum(self.end, self.frames.caplen[self.rows])
        far = there & (reach > self.frames.width)
        self.frames.stop(self.rows[far], OVERFLOW, 0)
        return self if there.all() and not far.any() else self.keep(there & ~far)


@dataclass(frozen=True, slots=True)
class Found:
    """Packets inside: where they begin, their link, and in which tunnel (a place in NAMES)."""

    load: Load
    link: Int32s
    tunnel: int


Finder = Callable[[Load], list[Found]]


def all_of(load: Load, link: int, name: str) -> list[Found]:
    """All of them as packets of one link in one kind of tunnel, by its name in NAMES."""
    return [Found(load, np.full(len(load.rows), link, np.int32), NAMES.index(name))]
