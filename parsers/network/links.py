"""Link layers: from the first byte of a packet to its network layer, as masked passes over arrays."""

from __future__ import annotations

import numpy as np

from parsers.network.notes import CUT, IPV4, IPV6, LINK, MALFORMED, NO_IP, OVERFLOW
from parsers.network.records import Bools, Bytes, Int32s, Int64s

# LINKTYPE values (www.tcpdump.org/linktypes.html)
NULL, ETHERNET, RAW_BSD, RAW_OPENBSD, RAW, LOOP, SLL, LINK_IPV4, LINK_IPV6, SLL2 = (
    0,
    1,
    12,
    14,
    101,
    108,
    113,
    228,
    229,
    276,
)
VLAN_TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)  # IEEE 802.1Q, 802.1ad and two older QinQ marks
TAG_DEPTH = 4  # tags peeled; real stacks have two
_AF_INET, _AF_INET6 = 2, (10, 23, 24, 28, 30)  # AF_INET6 differs among systems (LINKTYPE_NULL)


class Frames:
    """A chunk of packets while layers are peeled: `at` is where the next header begins, `next` which kind it is.

    `window`: (n, width) uint8, the first bytes of each packet; `caplen`: bytes the file holds of it; `note` and `detail`: what
    stopped it, or a remark.
    """

    __slots__ = ("_base", "_flat", "at", "caplen", "detail", "ether", "link", "next", "note", "vlan", "width")

    def __init__(self, window: Bytes, caplen: Int32s, link: Int32s) -> None:
        count, self.width = window.shape
        self._flat = window.reshape(-1)
        self._base = np.arange(count, dtype=np.int64) * self.width
        self.caplen, self.link = caplen, link
        self.at = np.zeros(count, np.int32)
        self.ether = np.full(count, -1, np.int32)
        self.next = np.full(count, -1, np.int32)
        self.vlan = np.full(count, -1, np.int16)
        self.note = np.zeros(count, np.uint8)
        self.detail = np.zeros(count, np.int32)

    def u8(self, rows: Int64s, at: Int32s) -> Int32s:
        found: Int32s = self._flat[self._base[rows] + at].astype(np.int32)
        return found

    def u16(self, rows: Int64s, at: Int32s) -> Int32s:
        base = self._base[rows] + at
        found: Int32s = (self._flat[base].astype(np.int32) << 8) | self._flat[base + 1]
        return found

    def u32(self, rows: Int64s, at: Int32s) -> Int64s:
        return (self.u16(rows, at).astype(np.int64) << 16) | self.u16(rows, at + 2)

    def stop(self, rows: Int64s, note: int, detail: int | Int32s) -> None:
        """These packets are decoded no further."""
        self.note[rows], self.detail[rows] = note, detail

    def remark(self, rows: Int64s, note: int, detail: int) -> None:
        """Something to tell about these packets that does not stop their decoding; the first remark stays."""
        free = rows[self.note[rows] == 0]
        self.note[free], self.detail[free] = note, detail

    def alive(self, rows: Int64s) -> Bools:
        return np.asarray(self.note[rows] < MALFORMED)

    def within(self, rows: Int64s, need: int) -> Int64s:
        """Those of `rows` that hold `need` more bytes; the others stop here."""
        end = self.at[rows].astype(np.int64) + need
        short, far = end > self.caplen[rows], end > self.width
        self.stop(rows[short], CUT, 0)
        self.stop(rows[far & ~short], OVERFLOW, 0)
        fit: Int64s = rows[~short & ~far]
        return fit

    def ready(self, ether: int, need: int) -> Int64s:
        """Rows whose next header is of this ethertype and is there in full."""
        return self.within(np.flatnonzero((self.ether == ether) & (self.note < MALFORMED)), need)


def peel_links(frames: Frames) -> None:
    """Move every packet to its network layer: `ether` holds the ethertype, `at` where the layer begins."""
    for link in np.unique(frames.link).tolist():
        rows = np.flatnonzero(frames.link == link)
        if link == ETHERNET:
            _typed(frames, rows, 14, 12)
        elif link == SLL:
            _typed(frames, rows, 16, 14)
        elif link == SLL2:
            _typed(frames, rows, 20, 0)
        elif link in (NULL, LOOP):
            _loopback(frames, rows)
        elif link in (RAW, RAW_BSD, RAW_OPENBSD, LINK_IPV4, LINK_IPV6):
            _by_version(frames, frames.within(rows, 1))
        else:
            frames.stop(rows, LINK, link)
    _tags(frames)
    rows = np.flatnonzero((frames.note == 0) & ~np.isin(frames.ether, (IPV4, IPV6)))
    llc = frames.ether[rows] <= 1500  # IEEE 802.3: the field is a length
    frames.stop(rows, NO_IP, np.where(llc, -1, frames.ether[rows]))


def _typed(frames: Frames, rows: Int64s, size: int, at: int) -> None:
    """A header of `size` bytes with an ethertype at byte `at`."""
    rows = frames.within(rows, size)
    frames.ether[rows] = frames.u16(rows, np.full(len(rows), at, np.int32))
    frames.at[rows] = size


def _loopback(frames: Frames, rows: Int64s) -> None:
    """Four bytes of address family, in the byte order of the machine that captured: the small reading is the right one."""
    rows = frames.within(rows, 4)
    zero = np.zeros(len(rows), np.int32)
    big = frames.u32(rows, zero)
    family = np.where(big > 0xFFFF, frames.u8(rows, zero), big)
    frames.at[rows] = 4
    frames.ether[rows] = np.where(family == _AF_INET, IPV4, np.where(np.isin(family, _AF_INET6), IPV6, 1501))


def _by_version(frames: Frames, rows: Int64s) -> None:
    """No header: the first four bits are the IP version."""
    version = frames.u8(rows, frames.at[rows]) >> 4
    frames.ether[rows] = np.where(version == 4, IPV4, np.where(version == 6, IPV6, 0))
    frames.stop(rows[(version != 4) & (version != 6)], MALFORMED, IPV4)


def _tags(frames: Frames) -> None:
    """VLAN tags (IEEE 802.1Q section 9): the outer one is kept."""
    for _ in range(TAG_DEPTH):
        rows = np.flatnonzero(np.isin(frames.ether, VLAN_TAGS) & (frames.note == 0))
        if not len(rows):
            return
        rows = frames.within(rows, 4)
        at = frames.at[rows]
        tag = (frames.u16(rows, at) & 0x0FFF).astype(np.int16)
        frames.vlan[rows] = np.where(frames.vlan[rows] < 0, tag, frames.vlan[rows])
        frames.ether[rows] = frames.u16(rows, at + 2)
        frames.at[rows] = at + 4
