"""Decoded IP packets as columns, with what their captured packet says of them: what flows, streams and rows are made from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.network.headers import BAD_IP_SUM, BAD_SUM, CARRIER, OVERLAP, PARTIAL, REASSEMBLED, ZERO_WINDOW, Headers
from parsers.network.links import ETHERNET, SLL
from parsers.network.records import Bools, Int32s, Int64s, Packets, one_of

# Remarks on a packet that its flow's row repeats: bits of `remarks`, and their words
FLAGS = {
    1 << bit: word
    for bit, word in enumerate(
        (
            "truncated",
            "snapped",
            "caplen-exceeds-original",
            "time-backwards",
            "fragmented",
            "fragments-missing",
            "fragment-overlap",
            "tunnel",
            "bad-ip-checksum",
            "bad-transport-checksum",
            "overlap-conflict",
        )
    )
}
OVERLAP_CONFLICT = 1 << 10  # of a flow, not of a packet
NO_ROOM = 1 << 15  # a zero window: told by the history, not by a word
BAD_SUMS = sum(bit for bit, word in FLAGS.items() if word.endswith("checksum"))
_MARKS = {"fragmented": REASSEMBLED, "fragments-missing": PARTIAL, "fragment-overlap": OVERLAP, "tunnel": CARRIER}
_MARKS |= {"bad-ip-checksum": BAD_IP_SUM, "bad-transport-checksum": BAD_SUM}
# By the bits of `Headers.marks`, those of `remarks`
REMARKS = np.zeros(2 * ZERO_WINDOW, np.uint16)
for _bit, _word in enumerate(FLAGS.values()):
    REMARKS[np.flatnonzero(np.arange(len(REMARKS)) & _MARKS.get(_word, 0))] |= 1 << _bit
REMARKS[ZERO_WINDOW:] |= NO_ROOM
COUNTED = (1, 2, 4, 8)  # truncated, snapped, caplen-exceeds-original, time-backwards: seen in lengths and times
FRAMED = (ETHERNET, SLL)  # links whose frames begin with hardware addresses
FRAME = 14  # bytes in which the hardware addresses of a frame stand


@dataclass(frozen=True, slots=True)
class IpPackets:
    """Packets that have a transport to follow: (n,) arrays, those of one pair of hosts in file order. A packet's place here is what
    dissectors call its number.

    row, parent: its number among all decoded packets of the file, and that of the one that carries it, or -1; packet: the captured packet
    (0-based); span: packets from it to the last one that this was put together from; time, timed, record, size: as in `Packets`; frame:
    where the captured packet begins, from its record; link: whose hardware addresses stand there (ETHERNET, SLL), or 0; version
    to tunnel: as in `Headers`; remarks: bits as above.
    """

    row: Int64s
    parent: Int64s
    packet: Int64s
    span: Int32s
    frame: npt.NDArray[np.uint8]
    link: npt.NDArray[np.uint8]
    time: Int64s
    timed: Bools
    record: Int64s
    size: Int64s
    version: npt.NDArray[np.uint8]
    proto: npt.NDArray[np.int16]
    src: npt.NDArray[np.uint64]
    dst: npt.NDArray[np.uint64]
    sport: npt.NDArray[np.uint16]
    dport: npt.NDArray[np.uint16]
    seq: npt.NDArray[np.uint32]
    flags: npt.NDArray[np.uint8]
    at: Int64s
    captured: Int32s
    declared: Int32s
    ip_length: Int32s
    vlan: npt.NDArray[np.int16]
    inner_vlan: npt.NDArray[np.int16]
    depth: npt.NDArray[np.uint8]
    tunnel: npt.NDArray[np.uint8]
    remarks: npt.NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.packet)

    @property
    def last(self) -> Int64s:
        """The last captured packet (0-based) that each lies in."""
        return self.packet + self.span

    def last_of(self, rows: Int64s) -> Int64s:
        """The same of some."""
        return self.packet[rows] + self.span[rows]


NAMES = tuple(field.name for field in fields(IpPackets))
_HEADERS = NAMES[NAMES.index("version") : NAMES.index("remarks")]
_FORMS = {"timed": "?", "size": "<u4", "version": "u1", "proto": "<i2", "sport": "<u2", "dport": "<u2", "seq": "<u4"}
_FORMS |= {"flags": "u1", "captured": "<i4", "declared": "<i4", "ip_length": "<i4", "vlan": "<i2", "inner_vlan": "<i2"}
_FORMS |= {"depth": "u1", "tunnel": "u1", "remarks": "<u2", "span": "<i4", "frame": "u1", "link": "u1"}
# One packet as it is set aside: its columns side by side.
RECORD = np.dtype([(name, "<u8", 2) if name in ("src", "dst") else (name, _FORMS.get(name, "<i8")) for name in NAMES])

Records = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Captured:
    """Captured packets, and which of them are earlier than the one before them in the file."""

    packets: Packets
    backwards: Bools


def gathered(headers: Headers, captured: Captured, place: Int64s | None = None, first_row: int = 0) -> Records:
    """Those rows that have a transport, as records. `place`: where each row's captured packet lies in `captured`; None where these are all
    that the file has."""
    packets = captured.packets
    rows = np.flatnonzero(headers.proto >= 0)
    at = headers.packet[rows] if place is None else place[rows]
    out = np.empty(len(rows), RECORD)
    out["row"] = rows + first_row
    for name in ("time", "timed", "record", "size"):
        out[name] = getattr(packets, name)[at]
    for name in ("parent", "packet", "span", *_HEADERS):
        out[name] = getattr(headers, name)[rows]
    out["frame"] = packets.data[at] - packets.record[at]
    framed = one_of(packets.link[at], *FRAMED) & (packets.caplen[at] >= FRAME)
    out["link"] = np.where(framed & (headers.depth[rows] == 0), packets.link[at], 0)
    marks = headers.marks[rows]
    seen = {word: marks & mark != 0 for word, mark in _MARKS.items()}
    seen["truncated"], seen["caplen-exceeds-original"] = packets.cut[at], (packets.caplen > packets.origlen)[at]
    seen["snapped"], seen["time-backwards"] = headers.captured[rows] < headers.declared[rows], captured.backwards[at]
    remarks = np.zeros(len(rows), np.uint16)
    for bit, word in FLAGS.items():
        if word in seen:
            remarks[seen[word]] |= bit
    remarks[marks & ZERO_WINDOW != 0] |= NO_ROOM
    out["remarks"] = remarks
    return out


def backwards(packets: Packets, before: int | None = None) -> Bools:
    """Packets that are earlier than the one before them; `before` is the time of the one before the first, where that is known."""
    out = np.zeros(len(packets), np.bool_)
    out[1:] = (np.diff(packets.time) < 0) & packets.timed[1:] & packets.timed[:-1]
    if before is not None and len(packets) and packets.timed[0]:
        out[0] = packets.time[0] < before
    return out


def words(remarks: npt.NDArray[np.uint16]) -> pa.StringArray:
    """The words of remarks, joined by commas."""
    distinct, inverse = np.unique(remarks, return_inverse=True)
    texts = [",".join(word for bit, word in FLAGS.items() if number & bit) for number in distinct.tolist()]
    return pa.array(texts, pa.string()).take(pa.array(inverse.reshape(-1)))


_WIDE = {"size": np.dtype(np.int64)}  # kept short as long as packets are set aside


def columns(records: Records) -> IpPackets:
    """Records as columns, each a contiguous array of its own."""
    forms = ((name, records[name]) for name in NAMES)
    return IpPackets(
        *(np.ascontiguousarray(held).astype(_WIDE.get(name, held.dtype), copy=False) for name, held in forms)
    )


def empty_columns(count: int) -> IpPackets:
    """Columns for so many packets, not filled."""
    forms = ((name, RECORD[name].subdtype or (RECORD[name], ())) for name in NAMES)
    return IpPackets(*(np.empty((count, *shape), _WIDE.get(name, form)) for name, (form, shape) in forms))
