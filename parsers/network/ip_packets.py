"""Decoded IP packets as columns, with what their captured packet says of them: what flows, streams and rows are made from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from parsers.network.headers import CARRIER, OVERLAP, PARTIAL, REASSEMBLED, Headers
from parsers.network.records import Bools, Int32s, Int64s, Packets

# Remarks on a packet that its flow's row repeats: bits of `remarks`, and their words
TRUNCATED, SNAPPED, OVERLONG, FRAGMENTED, OVERLAPPED, TUNNEL = 1, 2, 4, 8, 16, 32
WORDS = {
    TRUNCATED: "truncated",
    SNAPPED: "snapped",
    OVERLONG: "caplen-exceeds-original",
    FRAGMENTED: "fragmented",
    OVERLAPPED: "fragment-overlap",
    TUNNEL: "tunnel",
}


@dataclass(frozen=True, slots=True)
class IpPackets:
    """Packets that have a transport to follow: (n,) arrays, those of one pair of hosts in file order. A packet's place here is what
    dissectors call its number.

    packet, last: the first and last captured packet (0-based) that it lies in, the same but for datagrams in fragments; time, timed,
    record, size: as in `Packets`; version to tunnel: as in `Headers`; remarks: bits as above.
    """

    packet: Int64s
    last: Int64s
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
    remarks: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.packet)


NAMES = tuple(field.name for field in fields(IpPackets))
_HEADERS = NAMES[NAMES.index("version") : NAMES.index("remarks")]
_FORMS = {"timed": "?", "size": "<u4", "version": "u1", "proto": "<i2", "sport": "<u2", "dport": "<u2", "seq": "<u4"}
_FORMS |= {"flags": "u1", "captured": "<i4", "declared": "<i4", "ip_length": "<i4", "vlan": "<i2", "inner_vlan": "<i2"}
_FORMS |= {"depth": "u1", "tunnel": "u1", "remarks": "u1"}
# One packet as it is set aside: its columns side by side.
RECORD = np.dtype([(name, "<u8", 2) if name in ("src", "dst") else (name, _FORMS.get(name, "<i8")) for name in NAMES])

Records = npt.NDArray[Any]


def gathered(headers: Headers, packets: Packets, place: Int64s | None = None) -> Records:
    """Those rows that have a transport, as records. `place`: where each row's captured packet lies in `packets`; None where these are all
    that the file has."""
    rows = np.flatnonzero(headers.proto >= 0)
    at = headers.packet[rows] if place is None else place[rows]
    out = np.empty(len(rows), RECORD)
    out["packet"] = headers.packet[rows]
    out["last"] = headers.packet[rows] + headers.span[rows]
    for name in ("time", "timed", "record", "size"):
        out[name] = getattr(packets, name)[at]
    for name in _HEADERS:
        out[name] = getattr(headers, name)[rows]
    marks = headers.marks[rows]
    remarks = np.zeros(len(rows), np.uint8)
    for bit, where in (
        (TRUNCATED, packets.cut[at]),
        (SNAPPED, headers.captured[rows] < headers.declared[rows]),
        (OVERLONG, (packets.caplen > packets.origlen)[at]),
        (FRAGMENTED, marks & (PARTIAL | REASSEMBLED) != 0),
        (OVERLAPPED, marks & OVERLAP != 0),
        (TUNNEL, marks & CARRIER != 0),
    ):
        remarks |= np.where(where, np.uint8(bit), np.uint8(0))
    out["remarks"] = remarks
    return out


def columns(records: Records) -> IpPackets:
    """Records as columns, each a contiguous array of its own."""
    wide = {"size": np.int64}
    return IpPackets(
        *(np.ascontiguousarray(records[name]).astype(wide.get(name, records[name].dtype), copy=False) for name in NAMES)
    )
