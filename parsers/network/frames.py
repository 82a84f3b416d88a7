"""A chunk of packets while layers are peeled off them, and what comes out of it besides rows: packets inside, and fragments."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from parsers.network.notes import CUT, MALFORMED, OVERFLOW
from parsers.network.records import Bools, Bytes, Int32s, Int64s

TYPED = 0x10000  # added to an ethertype: a packet that begins with what it announces, beside the LINKTYPE values


@dataclass(frozen=True, slots=True)
class Work:
    """Packets to be peeled: (n,) arrays.

    packet, depth, parent, tunnel, span: as in `Headers`; at: where each begins in the capture's `Space`; caplen, wire: its bytes
    there, and as announced; link: LINKTYPE, or TYPED + ethertype; whole: take a fragment as if it were all of its datagram;
    marks: remarks known already.
    """

    packet: Int64s
    at: Int64s
    caplen: Int32s
    wire: Int32s
    link: Int32s
    depth: npt.NDArray[np.uint8]
    parent: Int64s
    tunnel: npt.NDArray[np.uint8]
    whole: Bools
    span: Int32s
    marks: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.packet)

    def take(self, rows: Int64s | slice) -> Work:
        return Work(*(getattr(self, field.name)[rows] for field in fields(self)))


def outer(packet: Int64s, at: Int64s, caplen: Int32s, wire: Int32s, link: Int32s) -> Work:
    """Captured packets."""
    count = len(packet)
    small, nothing = np.zeros(count, np.uint8), np.zeros(count, np.int32)
    parent = np.full(count, -1, np.int64)
    return Work(packet, at, caplen, wire, link, small, parent, small, np.zeros(count, np.bool_), nothing, small)


def joined_work(parts: list[Work]) -> Work:
    if len(parts) == 1:
        return parts[0]
    return Work(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Work)))


@dataclass(frozen=True, slots=True)
class Inner:
    """Packets inside the rows of a chunk: where each begins, from the start of its own, its link, and the tunnel it is in (0: none)."""

    rows: Int64s
    begin: Int32s
    link: Int32s
    tunnel: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """Fragments among the rows of a chunk: (n,) arrays, positions from the start of each packet.

    head: where its IP header begins; begin, size: its own data; offset: where they belong in the datagram; more: others
    follow; ident: which datagram; proto: what that carries.
    """

    rows: Int64s
    head: Int32s
    begin: Int32s
    size: Int32s
    offset: Int32s
    more: Bools
    ident: Int64s
    proto: Int32s

    def take(self, places: Int64s) -> Pieces:
        return Pieces(*(getattr(self, field.name)[places] for field in fields(self)))


class Frames:
    """A chunk of packets while layers are peeled: `at` is where the next header begins, `next` which kind it is.

    `window`: (n, width) uint8, the first bytes of each packet; `caplen`: bytes there are of it; `note` and `detail`: what stopped it;
    `rest`: rows behind whose frame another stands in the same packet, and where it begins.
    """

    __slots__ = (
        "_base",
        "_flat",
        "_fours",
        "_twos",
        "at",
        "caplen",
        "detail",
        "ether",
        "inner_vlan",
        "link",
        "next",
        "note",
        "rest",
        "vlan",
        "width",
    )

    def __init__(self, window: Bytes, caplen: Int32s, link: Int32s) -> None:
        count, self.width = window.shape
        self._flat = window.reshape(-1)
        # Numbers of two and four bytes at any place: one gather each. They are turned to network order afterwards, which is faster.
        self._twos, self._fours = (
            np.ndarray((max(len(self._flat) - size + 1, 0),), form, self._flat, strides=(1,))
            for form, size in (("<u2", 2), ("<u4", 4))
        )
        self._base = np.arange(count, dtype=np.int64) * self.width
        self.caplen, self.link = caplen, link
        self.at = np.zeros(count, np.int32)
        self.ether = np.full(count, -1, np.int32)
        self.next = np.full(count, -1, np.int32)
        self.vlan = np.full(count, -1, np.int16)
        self.inner_vlan = np.full(count, -1, np.int16)
        self.note = np.zeros(count, np.uint8)
        self.detail = np.zeros(count, np.int32)
        self.rest: list[tuple[Int64s, Int32s]] = []

    def u8(self, rows: Int64s, at: Int32s) -> Int32s:
        found: Int32s = self._flat[self._base[rows] + at].astype(np.int32)
        return found

    def u16(self, rows: Int64s, at: Int32s) -> Int32s:
        found: Int32s = self._twos[self._base[rows] + at].byteswap().astype(np.int32)
        return found

    def u32(self, rows: Int64s, at: Int32s) -> Int64s:
        found: Int64s = self._fours[self._base[rows] + at].byteswap().astype(np.int64)
        return found

    def cut(self, rows: Int64s, at: int, size: int) -> Bytes:
        """The `size` bytes at one place of these rows: (n, size)."""
        window = self._flat.reshape(-1, self.width)
        return np.ascontiguousarray(
            window[:, at : at + size] if len(rows) == len(window) else window[rows, at : at + size]
        )

    def stop(self, rows: Int64s, note: int, detail: int | Int32s) -> None:
        """These packets are decoded no further."""
        self.note[rows], self.detail[rows] = note, detail

    def alive(self, rows: Int64s) -> Bools:
        return np.asarray(self.note[rows] < MALFORMED)

    def within(self, rows: Int64s, need: int | Int32s) -> Int64s:
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
