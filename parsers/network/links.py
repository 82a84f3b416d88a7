"""Link layers: from the first byte of a packet to its network layer, as masked passes over arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parsers.network import wireless
from parsers.network.frames import TYPED, Frames
from parsers.network.notes import (
    ARP,
    ENCRYPTED,
    HDLC_CONTROL,
    IPV4,
    IPV6,
    LINK,
    LLC,
    MALFORMED,
    MANAGEMENT,
    MPLS,
    NESTED,
    NO_IP,
    PARTIAL,
    PPP_CLOSED,
    PPP_CONTROL,
)
from parsers.network.records import Int32s, Int64s, one_of

# LINKTYPE values (www.tcpdump.org/linktypes.html)
NULL, ETHERNET, PPP, RAW_BSD, RAW_OPENBSD, PPP_HDLC, PPPOE = 0, 1, 9, 12, 14, 50, 51
RAW, HDLC, WIRELESS, LOOP, SLL, RADIOTAP, LINK_IPV4, LINK_IPV6, SLL2 = 101, 104, 105, 108, 113, 127, 228, 229, 276
VLAN_TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)  # IEEE 802.1Q, 802.1ad and two older QinQ marks
BARE = (RAW, RAW_BSD, RAW_OPENBSD, LINK_IPV4, LINK_IPV6)  # no link layer: a packet begins with IP
_MPLS = (MPLS, 0x8848)  # RFC 3032: unicast, and what was multicast
_RESOLUTION = (0x0806, 0x8035)  # ARP and RARP, alike in form
_BRIDGED, _PPPOE, _PPP = 0x6558, 0x8864, 0x880B
LINK_DEPTH = 16  # tags, labels and headers peeled before the network layer; real stacks have two to five
_AF_INET, _AF_INET6 = 2, (10, 23, 24, 28, 30)  # AF_INET6 differs among systems (LINKTYPE_NULL)
_PPP_IP = {0x0021: IPV4, 0x0057: IPV6, 0x0281: MPLS, 0x0283: MPLS}  # IANA PPP numbers
_HDLC_STATIONS = (0x0F, 0x8F)  # Cisco HDLC: unicast and broadcast


def peel_links(frames: Frames) -> None:
    """Move every packet to its network layer: `ether` holds the ethertype, `at` where the layer begins."""
    link = frames.link
    kinds = [int(link[0])] if len(link) and (link == link[0]).all() else np.unique(link).tolist()
    for kind in kinds:
        rows = np.flatnonzero(link == kind)
        if kind in _HEADS:
            _HEADS[kind](frames, rows)
        elif kind >= TYPED:
            frames.ether[rows] = kind - TYPED
        else:
            frames.stop(rows, LINK, kind)
    for _ in range(LINK_DEPTH):
        rows = np.flatnonzero((frames.ether != IPV4) & (frames.ether != IPV6) & (frames.note == 0))
        if not len(rows) or not _peel(frames, rows):
            break
    rows = np.flatnonzero((frames.note == 0) & ~one_of(frames.ether, IPV4, IPV6))
    if len(rows):
        resolves = np.isin(frames.ether[rows], _RESOLUTION)
        frames.note[rows[resolves]] = ARP
        rows = rows[~resolves]
        more = np.isin(frames.ether[rows], list(_LAYERS))
        frames.stop(rows, NO_IP, np.where(more, NESTED, frames.ether[rows]))


def _peel(frames: Frames, rows: Int64s) -> bool:
    """Take one header off each row that still has one before its network layer."""
    ether, any_left = frames.ether[rows], False
    for kind in np.unique(ether).tolist():
        layer = _LAYERS.get(kind)
        if layer is not None:
            any_left = True
            layer(frames, rows[ether == kind])
    frames.stop(rows[(ether >= 0) & (ether <= 1500)], NO_IP, LLC)
    return any_left


def _typed(size: int, at: int) -> Callable[[Frames, Int64s], None]:
    """A header of `size` bytes with an ethertype at byte `at`. Up to 1500 it is a length, and an IEEE 802.2 header follows."""

    def head(frames: Frames, rows: Int64s) -> None:
        rows = frames.within(rows, size)
        place = frames.at[rows]
        kind = frames.u16(rows, place + at)
        frames.at[rows] = place + size
        frames.ether[rows] = kind
        _logical(frames, rows[kind <= 1500])

    return head


def _logical(frames: Frames, rows: Int64s) -> None:
    """IEEE 802.2 LLC; with SNAP an ethertype follows it (RFC 1042)."""
    if not len(rows):
        return
    rows = frames.within(rows, 3)
    at = frames.at[rows]
    snap = (frames.u16(rows, at) == 0xAAAA) & (frames.u8(rows, at + 2) == 3)
    frames.stop(rows[~snap], NO_IP, LLC)
    rows = frames.within(rows[snap], 8)
    at = frames.at[rows]
    owner = (frames.u16(rows, at + 3) << 8) | frames.u8(rows, at + 5)
    known = (owner == 0) | (owner == 0xF8)  # RFC 1042, and IEEE 802.1H for bridges
    frames.stop(rows[~known], NO_IP, LLC)
    rows, at = rows[known], at[known]
    frames.ether[rows] = frames.u16(rows, at + 6)
    frames.at[rows] = at + 8


def _loopback(frames: Frames, rows: Int64s) -> None:
    """Four bytes of address family, in the byte order of the machine that captured: the small reading is the right one."""
    rows = frames.within(rows, 4)
    at = frames.at[rows]
    big = frames.u32(rows, at)
    family = np.where(big > 0xFFFF, frames.u8(rows, at), big)
    frames.at[rows] = at + 4
    frames.ether[rows] = np.where(family == _AF_INET, IPV4, np.where(np.isin(family, _AF_INET6), IPV6, 1501))


def _by_version(frames: Frames, rows: Int64s) -> None:
    """No header: the first four bits are the IP version."""
    rows = frames.within(rows, 1)
    version = frames.u8(rows, frames.at[rows]) >> 4
    frames.ether[rows] = np.where(version == 4, IPV4, np.where(version == 6, IPV6, 0))
    frames.stop(rows[(version != 4) & (version != 6)], MALFORMED, IPV4)


def _tag(frames: Frames, rows: Int64s) -> None:
    """VLAN tag (IEEE 802.1Q section 9): the outer one and the innermost are kept."""
    rows = frames.within(rows, 4)
    at = frames.at[rows]
    tag = (frames.u16(rows, at) & 0x0FFF).astype(np.int16)
    outermost = frames.vlan[rows] < 0
    frames.vlan[rows[outermost]] = tag[outermost]
    frames.inner_vlan[rows[~outermost]] = tag[~outermost]
    kind = frames.u16(rows, at + 2)
    frames.at[rows] = at + 4
    frames.ether[rows] = kind
    _logical(frames, rows[kind <= 1500])


def _labels(frames: Frames, rows: Int64s) -> None:
    """An MPLS label (RFC 3032 section 2.1). Below the last one there is IP, or Ethernet behind a control word (RFC 4448 section 4.6)."""
    rows = frames.within(rows, 4)
    at = frames.at[rows]
    last = frames.u8(rows, at + 2) & 1 != 0
    frames.at[rows] = at + 4
    rows = frames.within(rows[last], 1)
    first = frames.u8(rows, frames.at[rows]) >> 4
    frames.ether[rows] = np.where(first == 4, IPV4, np.where(first == 6, IPV6, _BRIDGED))
    frames.at[rows] += np.where(first == 0, 4, 0).astype(np.int32)


def _pppoe(frames: Frames, rows: Int64s) -> None:
    """PPPoE session (RFC 2516 section 4): version and type 1, code 0."""
    rows = frames.within(rows, 6)
    at = frames.at[rows]
    session = frames.u16(rows, at) == 0x1100
    frames.stop(rows[~session], NO_IP, PPP_CONTROL)
    frames.at[rows] = at + 6
    frames.ether[rows[session]] = _PPP


def _ppp(frames: Frames, rows: Int64s) -> None:
    """PPP (RFC 1661 section 2): address and control may be left out, and the protocol be one odd byte."""
    rows = frames.within(rows, 1)
    at = frames.at[rows]
    first = frames.u8(rows, at)
    full = frames.within(rows[first == 0xFF], 3)
    frames.at[full] += 2
    rows = rows[frames.alive(rows)]
    at = frames.at[rows]
    first = frames.u8(rows, at)
    short = first & 1 != 0
    long = frames.within(rows[~short], 2)
    proto = np.zeros(len(frames.at), np.int32)
    proto[rows[short]] = first[short]
    proto[long] = frames.u16(long, frames.at[long])
    frames.at[rows[short]] += 1
    frames.at[long] += 2
    rows = rows[frames.alive(rows)]
    _ppp_carries(frames, rows, proto[rows])


def _ppp_carries(frames: Frames, rows: Int64s, proto: Int32s) -> None:
    known = np.zeros(len(rows), np.bool_)
    for number, ether in _PPP_IP.items():
        frames.ether[rows[proto == number]] = ether
        known |= proto == number
    closed = np.isin(
        proto, (0x0053, 0x0055, 0x00FB, 0x00FD, 0x002D, 0x002F, 0x003D)
    )  # encrypted, compressed, multilink
    frames.stop(rows[~known], NO_IP, np.where(closed, PPP_CLOSED, PPP_CONTROL)[~known])


def _ppp_or_hdlc(frames: Frames, rows: Int64s) -> None:
    """LINKTYPE_PPP_HDLC: PPP, or Cisco HDLC where the first byte is one of its stations."""
    rows = frames.within(rows, 1)
    cisco = np.isin(frames.u8(rows, frames.at[rows]), _HDLC_STATIONS)
    _hdlc(frames, rows[cisco])
    frames.ether[rows[~cisco]] = _PPP


def _hdlc(frames: Frames, rows: Int64s) -> None:
    """Cisco HDLC: station, 0, ethertype."""
    rows = frames.within(rows, 4)
    at = frames.at[rows]
    kind = frames.u16(rows, at + 2)
    frames.at[rows] = at + 4
    frames.ether[rows] = kind
    control = (kind == 0x8035) | (kind == 0x2000)  # SLARP keep-alives; CDP
    frames.stop(rows[control | (kind < 0x600)], NO_IP, HDLC_CONTROL)


def _wireless(frames: Frames, rows: Int64s) -> None:
    """IEEE 802.11: data frames in clear go on to LLC; the others stop."""
    for found, detail in wireless.peel(frames, rows):
        if detail == 0:
            _logical(frames, found)
        elif detail == wireless.SEVERAL:
            _aggregate(frames, found)
        else:
            frames.stop(
                found, NO_IP, {wireless.ENCRYPTED: ENCRYPTED, wireless.FRAGMENT: PARTIAL}.get(detail, MANAGEMENT)
            )


def _aggregate(frames: Frames, rows: Int64s) -> None:
    """One of several frames that an IEEE 802.11 frame holds."""
    found, none = wireless.subframe(frames, rows)
    frames.stop(none, NO_IP, LLC)
    _logical(frames, found)


def _radiotap(frames: Frames, rows: Int64s) -> None:
    """IEEE 802.11 behind a radiotap header, whose length stands in bytes 2 and 3."""
    _wireless(frames, wireless.radiotap(frames, rows))


def _starts_with(ether: int) -> Callable[[Frames, Int64s], None]:
    def head(frames: Frames, rows: Int64s) -> None:
        frames.ether[rows] = ether

    return head


_ethernet = _typed(14, 12)
_HEADS: dict[int, Callable[[Frames, Int64s], None]] = {
    NULL: _loopback, LOOP: _loopback, ETHERNET: _ethernet, SLL: _typed(16, 14), SLL2: _typed(20, 0), PPP: _starts_with(_PPP),
    PPP_HDLC: _ppp_or_hdlc, PPPOE: _starts_with(_PPPOE), HDLC: _hdlc, WIRELESS: _wireless, RADIOTAP: _radiotap,
    wireless.AGGREGATE: _aggregate,
    **dict.fromkeys(BARE, _by_version),
}  # fmt: skip
# Headers between the link and the network layer, by ethertype
_LAYERS: dict[int, Callable[[Frames, Int64s], None]] = {
    **dict.fromkeys(VLAN_TAGS, _tag), **dict.fromkeys(_MPLS, _labels), _PPPOE: _pppoe, _PPP: _ppp, _BRIDGED: _ethernet,
}  # fmt: skip
