"""Decoded IP packets as columns, with what their captured packet says of them: what flows, streams and rows are made from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from parsers.network import notes
from parsers.network.packets import Headers
from parsers.network.records import Bools, Int32s, Int64s, Packets

# Remarks on a packet that its flow's row repeats: bits of `remarks`, and their words
TRUNCATED, SNAPPED, OVERLONG, FRAGMENTED, TUNNEL = 1, 2, 4, 8, 16
WORDS = {
    TRUNCATED: "truncated",
    SNAPPED: "snapped",
    OVERLONG: "caplen-exceeds-original",
    FRAGMENTED: "fragmented",
    TUNNEL: "tunnel",
}


@dataclass(frozen=True, slots=True)
class IpPackets:
    """Packets that have a transport to follow: (n,) arrays, those of one pair of hosts in file order. A packet's place here is what dissectors
    call its number.

    packet: the captured packet (0-based); time, timed, record, size: as in `Packets`; version to vlan: as in `Headers`; at: where the
    payload begins in the capture's bytes; depth: 0 for a captured packet, 1 for one in its tunnel, and so on; remarks: bits as above.
    """

    packet: Int64s
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
    depth: npt.NDArray[np.uint8]
    remarks: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.packet)


NAMES = tuple(field.name for field in fields(IpPackets))
_FORMS = {"timed": "?", "size": "<u4", "version": "u1", "proto": "<i2", "sport": "<u2", "dport": "<u2", "seq": "<u4"}
_FORMS |= {"flags": "u1", "captured": "<i4", "declared": "<i4", "ip_length": "<i4", "vlan": "<i2", "depth": "u1"}
_FORMS |= {"remarks": "u1"}
# One packet as it is set aside: its columns side by side.
RECORD = np.dtype(
    [
        (name, "<u8", 2) if name in ("src", "dst") else (name, _FORMS.get(name, "<i8"))
        for name in sorted(NAMES, key=lambda name: name in _FORMS)
    ]
)

Records = npt.NDArray[Any]


def gathered(headers: Headers, packets: Packets, before: int = 0) -> Records:
    """Those rows of a window that have a transport, as records. `before`: packets in the windows before."""
    rows = np.flatnonzero(headers.proto >= 0)
    out = np.empty(len(rows), RECORD)
    place = rows
    out["packet"] = place + before
    for name in ("time", "timed", "record", "size"):
        out[name] = getattr(packets, name)[place]
    for name in NAMES[5:13]:
        out[name] = getattr(headers, name)[rows]
    for name in ("captured", "declared", "ip_length", "vlan"):
        out[name] = getattr(headers, name)[rows]
    out["at"] = packets.data[place] + headers.payload[rows]
    out["depth"] = 0
    remarks = np.zeros(len(headers), np.uint8)
    for bit, where in (
        (TRUNCATED, packets.cut),
        (SNAPPED, headers.captured < headers.declared),
        (OVERLONG, packets.caplen > packets.origlen),
        (FRAGMENTED, headers.note == notes.FIRST_FRAGMENT),
        (TUNNEL, headers.note == notes.TUNNEL),
    ):
        remarks[where] |= bit
    out["remarks"] = remarks[rows]
    return out


def columns(records: Records) -> IpPackets:
    """Records as columns, each a contiguous array of its own."""
    wide = {"size": np.int64}
    return IpPackets(
        *(np.ascontiguousarray(records[name]).astype(wide.get(name, records[name].dtype), copy=False) for name in NAMES)
    )
