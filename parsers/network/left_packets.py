"""Packets with fragments, left by the pass over a stretch of a capture: the rest of their datagrams may lie in another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from parsers.network import notes
from parsers.network.headers import Headers
from parsers.network.ip_packets import Captured, Records
from parsers.network.records import WINDOW_BYTES, WINDOW_PACKETS, Bools, Int64s, Packets
from parsers.network.spill import Spill

_FORMS = {"timed": "?", "cut": "?", "link": "<i4"}
_FORM = np.dtype(
    [("number", "<i8"), ("backwards", "?"), *((name, _FORMS.get(name, "<i8")) for name in Packets.__slots__)]
)


def left_spill(path: Path | None = None) -> Spill:
    """None yet; they are to lie in the file `path`, where one is given."""
    return Spill(1, _FORM, path)


def leave(into: Spill, headers: Headers, now: Captured, first: int) -> Bools:
    """Set packets of a window aside of whose rows any is a fragment, and make their rows say nothing. `first`: the number of the window's
    first packet. Returns which packets these are."""
    left = np.zeros(len(now.packets), np.bool_)
    fragments = np.flatnonzero(headers.note == notes.FRAGMENT)
    if not len(fragments):
        return left
    left[headers.packet[fragments] - first] = True
    rows = np.flatnonzero(left[headers.packet - first])
    headers.proto[rows], headers.note[rows], headers.marks[rows] = -1, notes.FRAGMENT, 0
    which = np.flatnonzero(left)
    records = np.empty(len(which), _FORM)
    records["number"], records["backwards"] = which + first, now.backwards[which]
    for name in Packets.__slots__:
        records[name] = getattr(now.packets, name)[which]
    into.add(records, np.zeros(len(which), np.int64))
    return left


def left_windows(left: Spill) -> Iterator[tuple[Captured, Int64s]]:
    """What was left, in file order, and the number of each packet: as much at a time as windows of the file hold."""
    for records in left.pieces([0]):
        window = (records["record"] - records["record"][0]) // WINDOW_BYTES
        begins = np.flatnonzero(np.diff(window, prepend=-1))
        for begin, stop in zip(begins.tolist(), [*begins[1:].tolist(), len(records)], strict=True):
            for at in range(begin, stop, WINDOW_PACKETS):
                yield _captured(records[at : min(at + WINDOW_PACKETS, stop)])


def _captured(records: Records) -> tuple[Captured, Int64s]:
    columns = (np.ascontiguousarray(records[name]) for name in Packets.__slots__)
    return Captured(Packets(*columns), np.ascontiguousarray(records["backwards"])), np.ascontiguousarray(
        records["number"]
    )
