"""What hindered the decoding of a packet, and what to say about it: one problem a file and kind, with count and first packet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from timelines.problems import Kind

IPV4, IPV6 = 0x0800, 0x86DD  # ethertypes (IEEE 802 numbers)

# Below MALFORMED a packet is decoded to its transport; from there on decoding stopped.
FINE, FIRST_FRAGMENT, TUNNEL = 0, 1, 2
MALFORMED, CUT, FRAGMENT, NO_IP, LINK, OVERFLOW = 10, 11, 12, 13, 14, 15

_FATE: dict[int, Kind] = {MALFORMED: "damaged", CUT: "unsupported", FRAGMENT: "unsupported", NO_IP: "unsupported"}
_FATE |= {LINK: "unsupported", FINE: "read", FIRST_FRAGMENT: "read", TUNNEL: "read", OVERFLOW: "damaged"}
KNOWN = frozenset(_FATE)

_ETHERTYPES = {0x0806: "ARP", 0x8035: "RARP", 0x8847: "MPLS", 0x8848: "MPLS", 0x8863: "PPPoE discovery"}
_ETHERTYPES |= {0x8864: "PPPoE session", 0x888E: "EAPOL", 0x88CC: "LLDP", 0x880B: "PPP", 0x6558: "bridged Ethernet"}
_ETHERTYPES |= {0x8100: "VLAN tags nested too deep", 0x88A8: "VLAN tags nested too deep", -1: "IEEE 802.2 LLC"}


def fate(note: int) -> Kind:
    """The account that a packet with this note belongs to."""
    return _FATE[note]


def reason(note: int, detail: int, tunnels: dict[int, str]) -> str:
    """What to say of the packets that this hindered."""
    if note == FIRST_FRAGMENT:
        return (
            f"first fragments of IPv{detail} packets: read as they are; fragments are not reassembled in this version"
        )
    if note == FRAGMENT:
        return f"later fragments of IPv{detail} packets: known but not reassembled in this version"
    if note == TUNNEL:
        return f"tunnel packets ({tunnels[detail]}): outer flow read, inner packets known but not read in this version"
    if note == CUT:
        return "packets whose headers end beyond the captured bytes (snap length): not read"
    if note == NO_IP:
        name = _ETHERTYPES.get(detail, "not known here")
        return (
            f"packets of ethertype {detail:#06x} ({name}) carry no IP: known but not read in this version"
            if (detail >= 0)
            else f"packets with {name} headers carry no IP: known but not read in this version"
        )
    if note == LINK:
        return (
            "packets of an interface that the file does not declare: not read"
            if detail < 0
            else f"packets of link type {detail}: not supported in this version"
        )
    layer = {IPV4: "IPv4", IPV6: "IPv6", 6: "TCP"}.get(detail, "packet")
    return f"packets with a malformed {layer} header: counted as damaged"


def kinds(note: npt.NDArray[np.uint8], detail: npt.NDArray[np.int32]) -> Iterator[tuple[int, int, int, int]]:
    """Each kind of hindrance (note, detail), with how many packets it met and the first of them (0-based), in order of the first."""
    rows = np.flatnonzero(note != FINE)
    if not len(rows):
        return
    keys = note[rows].astype(np.int64) << 32 | (detail[rows].astype(np.int64) & 0xFFFFFFFF)
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    for at in np.argsort(first).tolist():
        row = int(rows[first[at]])
        yield int(note[row]), int(detail[row]), int(counts[at]), row
