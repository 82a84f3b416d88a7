"""The decoded headers of packets as columns: one row for each captured packet, and one more for each packet inside it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from parsers.network.records import Int32s, Int64s

TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
SYN, ACK, FIN, RST = 0x02, 0x10, 0x01, 0x04

# Remarks on a row that do not stop its decoding: bits of `marks`
PARTIAL = 0x01  # a first fragment whose rest is missing
REASSEMBLED = 0x02  # put together from fragments
OVERLAP = 0x04  # some of its fragments overlapped with other bytes; those that came first were kept
CARRIER = 0x08  # a tunnel packet: another row holds what it carries
DEEP = 0x10  # carries one packet more than are peeled
BAD_IP_SUM, BAD_SUM = 0x20, 0x40  # the checksum of the IPv4 header, and of TCP, UDP or ICMP, is not right
OFFLOAD = 0x80  # its checksum was left to the network card, so it was captured before it was sent
ZERO_WINDOW = 0x100  # TCP whose sender has no room for more


@dataclass(frozen=True, slots=True)
class Headers:
    """Rows of packets: (n,) arrays. Row numbers count on over all windows of a file.

    version: 4, 6 or 0 without IP; proto: IP protocol or -1 where there is no transport to follow; src, dst: (n, 2) uint64, high and
    low half (IPv4 in the low one); sport, dport: ports, ICMP type and code, or 0; at: where the payload begins in the capture's
    `Space`; captured, declared: how many of its bytes are there, and how many the headers announce; ip_length: IP bytes
    announced; vlan, inner_vlan: outer and innermost VLAN id of this row's own link layer, or -1; note, detail: what hindered
    decoding (`notes.py`); marks: remarks, bits as above. packet: the captured packet (0-based); span: packets from it to the
    last one this row was put together from (0: it is one packet); depth: 0 for a captured packet, 1 for the one in its
    tunnel, and so on; parent: the row that carries this one, or -1; tunnel: in what (`tunnels.NAMES`), 0 for none.
    """

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
    note: npt.NDArray[np.uint8]
    detail: Int32s
    marks: npt.NDArray[np.uint16]
    packet: Int64s
    span: Int32s
    depth: npt.NDArray[np.uint8]
    parent: Int64s
    tunnel: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.version)


_KINDS: dict[str, npt.DTypeLike] = {
    "version": np.uint8, "proto": np.int16, "src": np.uint64, "dst": np.uint64, "sport": np.uint16, "dport": np.uint16,
    "seq": np.uint32, "flags": np.uint8, "at": np.int64, "vlan": np.int16, "inner_vlan": np.int16, "note": np.uint8, "marks": np.uint16,
    "packet": np.int64, "depth": np.uint8, "parent": np.int64, "tunnel": np.uint8,
}  # fmt: skip  # the others are int32
_NOTHING = ("proto", "vlan", "inner_vlan", "parent")  # -1 where there is none
COLUMNS = tuple(field.name for field in fields(Headers))


def empty(count: int) -> Headers:
    """Rows in which nothing is known yet."""
    return Headers(
        *(
            np.full(
                (count, 2) if name in ("src", "dst") else count,
                -1 if name in _NOTHING else 0,
                _KINDS.get(name, np.int32),
            )
            for name in COLUMNS
        )
    )


def joined(parts: list[Headers]) -> Headers:
    """Rows of several parts as one."""
    if len(parts) == 1:
        return parts[0]
    return (
        Headers(*(np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS)) if parts else empty(0)
    )


def put(into: Headers, rows: Int64s, values: Headers) -> None:
    """Write rows over others."""
    for name in COLUMNS:
        getattr(into, name)[rows] = getattr(values, name)
