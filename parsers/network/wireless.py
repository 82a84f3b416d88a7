"""IEEE 802.11 frames, with or without a radiotap header: where the LLC header of their data begins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parsers.network.frames import Frames
from parsers.network.records import Int64s

CONTROL, ENCRYPTED, FRAGMENT = 1, 2, 3  # why a frame goes no further
SEVERAL = 4  # what it holds is several frames (A-MSDU), and the first begins here
AGGREGATE = 0x20000  # link of what follows the first of them, beside the LINKTYPE values and typed packets
_SUBFRAME, _LOGICAL = 14, 8  # bytes of a subframe's header (section 9.3.2.2.2), and of the LLC and SNAP headers in it
_DATA, _NO_DATA, _QOS = 2, 4, 8  # type; bits of the subtype
_TO, _FROM, _PROTECTED, _ORDER = 0x01, 0x02, 0x40, 0x80  # second byte of frame control


def peel(frames: Frames, rows: Int64s) -> Iterator[tuple[Int64s, int]]:
    """Rows moved to their LLC header, with 0, or to the first frame of several; and those that have none to read, with the reason
    (IEEE 802.11-2020 section 9.2.4)."""
    rows = frames.within(rows, 24)
    at = frames.at[rows]
    first, flags = frames.u8(rows, at), frames.u8(rows, at + 1)
    subtype = first >> 4
    data = (first & 3 == 0) & (first >> 2 & 3 == _DATA) & (subtype & _NO_DATA == 0)
    yield rows[~data], CONTROL
    secret = data & (flags & _PROTECTED != 0)
    yield rows[secret], ENCRYPTED
    clear = data & ~secret
    rows, at, flags = rows[clear], at[clear], flags[clear]
    qos = (subtype[clear] & _QOS != 0).astype(np.int32)
    size = 24 + 6 * (flags & (_TO | _FROM) == _TO | _FROM).astype(np.int32)  # four addresses between access points
    whole = frames.within(rows, size + 2 * qos)
    kept = np.isin(rows, whole)
    rows, at, flags, qos, size = whole, at[kept], flags[kept], qos[kept], size[kept]
    several = np.where(qos != 0, frames.u8(rows, at + size - 2 + 2 * qos) & 0x80, 0) != 0  # A-MSDU present
    part = frames.u8(rows, at + 22) & 15 != 0  # number of the fragment
    yield rows[part], FRAGMENT
    frames.at[rows] = (
        at + size + 2 * qos + 4 * qos * (flags & _ORDER != 0)
    )  # quality of service, high throughput control
    yield rows[several & ~part], SEVERAL
    yield rows[~several & ~part], 0


def subframe(frames: Frames, rows: Int64s) -> tuple[Int64s, Int64s]:
    """Rows at one of several frames, moved to its LLC header; and those that hold none there. What follows is noted in `frames.rest`."""
    rows = frames.within(rows, _SUBFRAME)
    at = frames.at[rows]
    size = frames.u16(rows, at + 12)  # both addresses, then the length
    held = size >= _LOGICAL
    none, rows, at, size = rows[~held], rows[held], at[held], size[held]
    after = at + ((_SUBFRAME + size + 3) & ~3)  # the next begins at a multiple of four bytes from this
    more = after + _SUBFRAME + _LOGICAL <= frames.caplen[rows]
    if more.any():
        frames.rest.append((rows[more], after[more]))
    frames.at[rows] = at + _SUBFRAME
    return rows, none


def radiotap(frames: Frames, rows: Int64s) -> Int64s:
    """Rows moved behind their radiotap header (www.radiotap.org): version 0, padding, length, all little-endian."""
    rows = frames.within(rows, 8)
    at = frames.at[rows]
    length = frames.u8(rows, at + 2) | (frames.u8(rows, at + 3) << 8)
    fit = frames.within(rows, np.maximum(length, 8).astype(np.int32))
    frames.at[fit] += length[np.isin(rows, fit)]
    return fit
