"""How many rows of a family begin at each packet so far: those of one packet are numbered, so that each has an id of its own."""

from __future__ import annotations

import numpy as np

from parsers.network.records import Int64s


class Begun:
    """Packets at which rows begin. Most packets begin none, so that those are held alone: an entry for every packet and family would weigh
    more than the packets."""

    __slots__ = ("_count", "_packet")

    def __init__(self) -> None:
        self._packet = np.zeros(0, np.int64)  # ascending
        self._count = np.zeros(0, np.int64)

    def numbers(self, first: Int64s) -> Int64s:
        """The number of each further row among those that begin at its packet, from 0 on. `first`: the packet of each."""
        order = np.argsort(first, kind="stable")
        ordered = first[order]
        starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(first)])
        packet, count = ordered[starts], np.diff(np.append(starts, len(first)))
        before = self._before(packet, count)
        number = np.empty(len(first), np.int64)
        number[order] = np.arange(len(first)) + np.repeat(before - starts, count)
        return number

    def _before(self, packet: Int64s, count: Int64s) -> Int64s:
        """How many rows began at each of these packets, which ascend, so far; as many as `count` says more do from now on."""
        if not len(self._packet):  # most families of a partition come in one batch
            self._packet, self._count = packet, count
            return np.zeros(len(packet), np.int64)
        at = np.searchsorted(self._packet, packet)
        known = at < len(self._packet)
        known[known] = self._packet[at[known]] == packet[known]
        before = np.zeros(len(packet), np.int64)
        before[known] = self._count[at[known]]
        self._count[at[known]] += count[known]
        self._packet = np.insert(self._packet, at[~known], packet[~known])
        self._count = np.insert(self._count, at[~known], count[~known])
        return before
