"""Packets whose flows are read at a time, and where their bytes lie."""

from __future__ import annotations

from dataclasses import dataclass

from parsers.network.ip_packets import IpPackets
from parsers.network.records import Int64s
from parsers.network.space import Space


@dataclass(frozen=True, slots=True)
class Partition:
    """Packets and the `space` in which their payload lies, at their places `at`: the capture, or bytes that were laid side by side. `laid`:
    where in these the frame of each begins; None in the capture."""

    space: Space
    packets: IpPackets
    laid: Int64s | None = None

    def frames(self, rows: Int64s) -> Int64s:
        """Where the frames of some packets begin in `space`."""
        if self.laid is not None:
            return self.laid[rows]
        return self.packets.record[rows] + self.packets.frame[rows]
