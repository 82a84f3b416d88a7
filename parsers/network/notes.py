"""What hindered the decoding of a packet, and what to say about it: one problem a file and kind, with count and first packet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parsers.network.headers import Headers
from parsers.network.records import Int64s, one_of
from timelines.problems import Kind

IPV4, IPV6, MPLS = 0x0800, 0x86DD, 0x8847  # ethertypes (IEEE 802 numbers)

# Below MALFORMED a packet is decoded to its transport; from there on decoding stopped.
FINE = 0
ARP = 1  # a message of its own family
PART, REST_MISSING = 3, 4  # fragments of a datagram that was put together; first ones of which the rest is missing
MALFORMED, CUT, FRAGMENT, NO_IP, LINK, OVERFLOW = 10, 11, 12, 13, 14, 15

_FATE: dict[int, Kind] = {MALFORMED: "damaged", CUT: "unsupported", FRAGMENT: "unsupported", NO_IP: "unsupported"}
_FATE |= {LINK: "unsupported", FINE: "read", ARP: "read", PART: "read", REST_MISSING: "read", OVERFLOW: "damaged"}
KNOWN = frozenset(_FATE)

# Details of NO_IP beside ethertypes
LLC, MANAGEMENT, ENCRYPTED, PARTIAL, PPP_CONTROL, PPP_CLOSED, HDLC_CONTROL, NESTED = range(-1, -9, -1)
_ETHERTYPES = {0x8863: "PPPoE discovery"}
_ETHERTYPES |= {0x888E: "EAPOL", 0x88CC: "LLDP", 0x0: "none"}
_WITHOUT_IP = {
    LLC: "packets with IEEE 802.2 LLC headers carry no IP: known but not read in this version",
    MANAGEMENT: "IEEE 802.11 management and control frames carry no IP: known but not read in this version",
    ENCRYPTED: "IEEE 802.11 frames are encrypted: what they carry cannot be read",
    PARTIAL: "IEEE 802.11 frames hold a part of a frame: known but not read in this version",
    PPP_CONTROL: "PPP packets of link control, or of a protocol other than IP: known but not read in this version",
    PPP_CLOSED: "PPP packets are encrypted, compressed or split over several links: not read",
    HDLC_CONTROL: "Cisco HDLC frames that carry no IP (keep-alives): known but not read in this version",
    NESTED: "packets with more tags, labels and headers before the network layer than are peeled: not read further",
}


Kind3 = tuple[int, bool, int]  # note, whether inside a tunnel, detail


def fate(note: int) -> Kind:
    """The account that a packet with this note belongs to."""
    return _FATE[note]


def reason(kind: Kind3) -> str:
    """What to say of the packets of a kind."""
    note, inner, detail = kind
    return _reason(note, detail) + (" inside tunnels" if inner else "")


def _reason(note: int, detail: int) -> str:
    if note == REST_MISSING:
        return f"first fragments of IPv{detail} packets whose rest is missing: read as they are"
    if note == FRAGMENT:
        return f"later fragments of IPv{detail} packets whose rest is missing: not read"
    if note == CUT:
        return "packets whose headers end beyond the captured bytes (snap length): not read"
    if note == NO_IP and detail < 0:
        return _WITHOUT_IP[detail]
    if note == NO_IP:
        name = _ETHERTYPES.get(detail, "not known here")
        return f"packets of ethertype {detail:#06x} ({name}) carry no IP: known but not read in this version"
    if note == LINK:
        return (
            "packets of an interface that the file does not declare: not read"
            if detail < 0
            else f"packets of link type {detail}: not supported in this version"
        )
    layer = {IPV4: "IPv4", IPV6: "IPv6", 6: "TCP"}.get(detail, "packet")
    return f"packets with a malformed {layer} header: counted as damaged"


def kinds(headers: Headers, rows: Int64s) -> Iterator[tuple[Kind3, int, int]]:
    """The kinds of hindrance among these rows, each with its count and the first captured packet that it met."""
    rows = rows[~one_of(headers.note[rows], FINE, ARP, PART)]
    if not len(rows):
        return
    packet, inner = headers.packet[rows], headers.depth[rows] > 0
    keys = headers.note[rows].astype(np.int64) << 33 | inner.astype(np.int64) << 32
    keys |= headers.detail[rows].astype(np.int64) & 0xFFFFFFFF
    by_packet = np.argsort(packet, kind="stable")
    _, first, counts = np.unique(keys[by_packet], return_index=True, return_counts=True)
    for at, count in zip(by_packet[first].tolist(), counts.tolist(), strict=True):
        kind = int(headers.note[rows[at]]), bool(inner[at]), int(headers.detail[rows[at]])
        yield kind, count, int(packet[at])
