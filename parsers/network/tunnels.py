"""Tunnels: which rows carry another packet, where it begins, and with what.

One function a kind of tunnel header. Each is given the rows whose protocol number or port may be one, and judges by what the header says:
traffic that only shares the port stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parsers.network.frames import TYPED, Frames, Inner
from parsers.network.headers import UDP
from parsers.network.links import ETHERNET, PPP, RAW
from parsers.network.notes import IPV4, IPV6, MALFORMED, MPLS, OVERFLOW
from parsers.network.records import Bools, Int32s, Int64s
from parsers.network.stack import Stack

# `Headers.tunnel` is a place in here. Zeek's names (Tunnel::Type) where it has one.
NAMES = ("", "IP", "GRE", "ERSPAN", "ETHERIP", "L2TP", "MPLS", "VXLAN", "GENEVE", "GTPv1", "TEREDO", "AYIYA", "GTPv0")
_BRIDGED, _PPP, _ERSPAN2, _ERSPAN3, _WCCP = 0x6558, 0x880B, 0x88BE, 0x22EB, 0x883E  # ethertypes that GRE uses
MPLS_LABELS = 4  # labels looked at where only the port speaks for MPLS
GTP_EXTENSIONS = 8  # extension headers of GTP-U peeled; real packets have one or two


@dataclass(frozen=True, slots=True)
class Load:
    """What rows carry: `at`, where the tunnel header begins, and `end`, where its packet does; both from the packet's start."""

    frames: Frames
    rows: Int64s
    at: Int32s
    end: Int32s

    def u8(self, place: int | Int32s) -> Int32s:
        return self.frames.u8(self.rows, self.at + place)

    def u16(self, place: int | Int32s) -> Int32s:
        return self.frames.u16(self.rows, self.at + place)

    def keep(self, mask: Bools) -> Load:
        return Load(self.frames, self.rows[mask], self.at[mask], self.end[mask])

    def moved(self, step: int | Int32s) -> Load:
        return Load(self.frames, self.rows, self.at + step, self.end)

    def fit(self, need: int) -> Load:
        """Those that hold `need` bytes from `at` on. Where only the window is too narrow, the row is looked at again in a wide one."""
        reach = self.at.astype(np.int64) + need
        there = reach <= np.minimum(self.end, self.frames.caplen[self.rows])
        far = there & (reach > self.frames.width)
        self.frames.stop(self.rows[far], OVERFLOW, 0)
        return self if there.all() and not far.any() else self.keep(there & ~far)


@dataclass(frozen=True, slots=True)
class Found:
    """Packets inside: where they begin, their link, and in which tunnel (a place in NAMES)."""

    load: Load
    link: Int32s
    tunnel: int


Finder = Callable[[Load], list[Found]]


def _all(load: Load, link: int, name: str) -> list[Found]:
    return [Found(load, np.full(len(load.rows), link, np.int32), NAMES.index(name))]


def _ip(load: Load) -> list[Found]:
    """IP in IP (RFC 2003, 2473, 4213): the first four bits are the version."""
    load = load.fit(1)
    return _all(load.keep(np.isin(load.u8(0) >> 4, (4, 6))), RAW, "IP")


def _gre(load: Load) -> list[Found]:
    """GRE (RFC 2784, 2890), its version 1 for PPTP (RFC 2637 section 4.1), and ERSPAN in it (draft-foschiano-erspan-03)."""
    load = load.fit(4)
    flags, kind = load.u16(0), load.u16(2)
    version = flags & 7
    routed = (flags & 0x4000) != 0  # source routes (RFC 1701) were given up in 2000
    good = ~routed & ((version == 0) | ((version == 1) & (kind == _PPP) & (flags & 0x1000 != 0))) & (kind >= 0x600)
    load, flags, kind, version = load.keep(good), flags[good], kind[good], version[good]
    words = ((flags & 0x8000) >> 15) + ((flags & 0x2000) >> 13) + ((flags & 0x1000) >> 12)
    words += np.where(version == 1, (flags & 0x80) >> 7, 0)  # acknowledgement
    span2, span3, cache = kind == _ERSPAN2, kind == _ERSPAN3, kind == _WCCP
    inner = load.moved(4 + 4 * words)
    plain = ~span2 & ~span3 & ~cache
    found = [Found(inner.keep(plain), kind[plain] + TYPED, NAMES.index("GRE"))]
    if not plain.all():
        head = np.where(flags[span2] & 0x1000 != 0, 8, 0)  # type I has neither sequence number nor header of its own
        found += _all(inner.keep(span2).moved(head), ETHERNET, "ERSPAN")
        found += _erspan3(inner.keep(span3))
        found += _redirected(inner.keep(cache))
    return found


def _erspan3(load: Load) -> list[Found]:
    load = load.fit(12)
    last = load.u16(10)
    kind = (last >> 10) & 31  # frame type: 0 Ethernet, 2 IP
    found = []
    for frame, link in ((0, ETHERNET), (2, RAW)):
        mine = kind == frame
        found += _all(load.keep(mine).moved(12 + 8 * (last[mine] & 1)), link, "ERSPAN")  # platform header of 8 bytes
    return found


def _redirected(load: Load) -> list[Found]:
    """WCCP: version 2 puts 4 bytes before the IP packet."""
    load = load.fit(5)
    return _all(load.moved(np.where(load.u8(0) >> 4 == 4, 0, 4)), RAW, "GRE")


def _etherip(load: Load) -> list[Found]:
    """RFC 3378."""
    load = load.fit(2)
    return _all(load.keep(load.u8(0) >> 4 == 3).moved(2), ETHERNET, "ETHERIP")


def _mpls(load: Load) -> list[Found]:
    """RFC 4023."""
    return _all(load.fit(4), TYPED + MPLS, "MPLS")


def _mpls_in_udp(load: Load) -> list[Found]:
    """RFC 7510. A label looks like anything: below the last one there must be IP of just the length that is left."""
    found: list[Found] = []
    start = load
    for number in range(1, MPLS_LABELS + 1):
        load = load.fit(4 * number + 8)
        last = load.u8(4 * number - 2) & 1 != 0
        packet = load.keep(last).moved(4 * number)
        version = packet.u8(0) >> 4
        length = np.where(version == 4, packet.u16(2), np.where(version == 6, packet.u16(4) + 40, -1))
        sound = np.isin(start.rows, packet.rows[length == packet.end - packet.at])
        found += _all(start.keep(sound), TYPED + MPLS, "MPLS")
        load = load.keep(~last)
    return found


def _vxlan(load: Load) -> list[Found]:
    """RFC 7348: the flag that a network id is there; the other bits are to be ignored."""
    load = load.fit(8)
    return _all(load.keep(load.u8(0) & 8 != 0).moved(8), ETHERNET, "VXLAN")


def _vxlan_gpe(load: Load) -> list[Found]:
    """draft-ietf-nvo3-vxlan-gpe section 3: the fourth byte tells what follows."""
    load = load.fit(8)
    load = load.keep(load.u8(0) & 0xCC == 0x0C)
    found = []
    for kind, link in ((1, TYPED + IPV4), (2, TYPED + IPV6), (3, ETHERNET), (5, TYPED + MPLS)):
        found += _all(load.keep(load.u8(3) == kind).moved(8), link, "VXLAN")
    return found


def _geneve(load: Load) -> list[Found]:
    """RFC 8926 section 3.4: version 0, options in words, an ethertype."""
    load = load.fit(8)
    load = load.keep((load.u8(0) >> 6 == 0) & (load.u16(2) >= 0x600))
    return [Found(load.moved(8 + (load.u8(0) & 63) * 4), load.u16(2) + TYPED, NAMES.index("GENEVE"))]


def _gtp(load: Load) -> list[Found]:
    """GTP-U (3GPP TS 29.281 section 5): version 1, a G-PDU, with extension headers; it carries IP."""
    load = load.fit(8)
    load = load.keep((load.u8(0) & 0xF0 == 0x30) & (load.u8(1) == 255))
    optional = load.u8(0) & 7 != 0
    plain, load = load.keep(~optional).moved(8), load.keep(optional).fit(12)
    done = [plain]
    kind, load = load.u8(11), load.moved(12)
    extended = load.u8(-12) & 4 != 0
    for _ in range(GTP_EXTENSIONS):
        more = extended & (kind != 0)
        done.append(load.keep(~more))
        load = load.keep(more).fit(4)
        if not len(load.rows):
            break
        size = load.u8(0) * 4
        load = load.keep(size > 0)
        load = load.moved(load.u8(0) * 4)
        inside = load.moved(-1).fit(1)
        kind, load, extended = inside.u8(0), inside.moved(1), np.ones(len(inside.rows), np.bool_)
    found: list[Found] = []
    for part in done:
        part = part.fit(1)
        found += _all(part.keep(np.isin(part.u8(0) >> 4, (4, 6))), RAW, "GTPv1")
    return found


def _gtp0(load: Load) -> list[Found]:
    """The GTP of GPRS (3GPP TS 09.60 sections 6 and 9.1): version 0, no charging, a T-PDU; a header of 20 bytes before IP."""
    load = load.fit(21)
    load = load.keep((load.u8(0) & 0xF0 == 0x10) & (load.u8(1) == 255) & (load.u16(2) <= load.end - load.at - 20))
    return _all(load.keep(np.isin(load.u8(20) >> 4, (4, 6))).moved(20), RAW, "GTPv0")


def _teredo(load: Load) -> list[Found]:
    """RFC 4380 section 5.1.1: an authentication and an origin indication may precede the IPv6 packet."""
    load = load.fit(4)
    secured = load.u16(0) == 1
    size = np.where(secured, 13 + load.u8(2) + load.u8(3), 0)
    load = load.moved(size).fit(8)
    load = load.moved(np.where(load.u16(0) == 0, 8, 0)).fit(40)
    return _all(load.keep(load.u8(0) >> 4 == 6), TYPED + IPV6, "TEREDO")


def _ayiya(load: Load) -> list[Found]:
    """draft-massar-v6ops-ayiya-02 section 3.2: identity of 2^n bytes, signature in words, opcode 1 forwards."""
    load = load.fit(8)
    load = load.keep((load.u8(2) & 15 == 1) & np.isin(load.u8(3), (4, 41)))
    identity = np.left_shift(1, load.u8(0) >> 4).astype(np.int32)
    load = load.moved(8 + identity + (load.u8(1) >> 4) * 4)
    load = load.keep(load.at < 65_535).fit(1)
    return _all(load.keep(np.isin(load.u8(0) >> 4, (4, 6))), RAW, "AYIYA")


def _l2tp(load: Load) -> list[Found]:
    """L2TP over UDP: data messages of version 2 (RFC 2661 section 3.1) and 3 (RFC 3931 section 4.1.2.1)."""
    load = load.fit(6)
    flags = load.u16(0)
    data = flags & 0x8000 == 0
    third = _pseudowire(load.keep(data & (flags & 15 == 3)).moved(8))
    load, flags = load.keep(data & (flags & 15 == 2)), flags[data & (flags & 15 == 2)]
    size = 6 + ((flags & 0x4000) >> 13) + ((flags & 0x0800) >> 9)  # length: 2 bytes; both sequence numbers: 4
    padded = flags & 0x0200 != 0
    start = load.moved(size)
    offset = start.keep(padded).fit(2)
    shifted = offset.moved(2 + offset.u16(0))
    return [*_all(start.keep(~padded), PPP, "L2TP"), *_all(shifted, PPP, "L2TP"), *third]


def _l2tp_ip(load: Load) -> list[Found]:
    """L2TP version 3 over IP (RFC 3931 section 4.1.1.1): session 0 is control."""
    load = load.fit(4)
    return _pseudowire(load.keep((load.u16(0) | load.u16(2)) != 0).moved(4))


def _pseudowire(load: Load) -> list[Found]:
    """Ethernet behind a session id. Cookie (0, 4 or 8 bytes) and sublayer (0 or 4) are agreed beforehand and not written in the packet:
    the first place whose ethertype and what follows agree is taken."""
    found: list[Found] = []
    for skip in (0, 4, 8, 12):
        here = load.moved(skip).fit(15)
        ether, first = here.u16(12), here.u8(14)
        fits = (
            ((ether == IPV4) & (first >> 4 == 4))
            | ((ether == IPV6) & (first >> 4 == 6))
            | (ether == 0x0806)
            | (ether == 0x8100)
        )
        found += _all(here.keep(fits), ETHERNET, "L2TP")
        load = load.keep(~np.isin(load.rows, here.rows[fits]))
    return found


BY_PROTOCOL: dict[int, Finder] = {
    4: _ip,
    41: _ip,
    47: _gre,
    94: _ip,
    97: _etherip,
    115: _l2tp_ip,
    137: _mpls,
}  # IANA protocol numbers
BY_PORT: dict[int, Finder] = {
    1701: _l2tp, 2152: _gtp, 3386: _gtp0, 3544: _teredo, 4789: _vxlan, 4790: _vxlan_gpe,
    5072: _ayiya, 6081: _geneve, 6635: _mpls_in_udp, 8472: _vxlan,
}  # fmt: skip
PORTS = np.zeros(65_536, np.bool_)
PORTS[list(BY_PORT)] = True
_TEREDO = 0x20010000  # 2001::/32
_NUMBERS = np.zeros(256, np.bool_)
_NUMBERS[list(BY_PROTOCOL)] = True


def find(stack: Stack) -> None:
    """Tell the stack which of its rows carry another packet."""
    frames, out = stack.frames, stack.out
    udp = np.flatnonzero(out.proto == UDP)
    ported = udp[PORTS[out.dport[udp]] | PORTS[out.sport[udp]]]
    for port, finder in BY_PORT.items() if len(ported) else ():
        mine = ported[(out.dport[ported] == port) | (out.sport[ported] == port)]
        _add(stack, mine, finder)
    _add(stack, udp[_teredo_between_hosts(stack, udp)], _teredo)
    other = np.flatnonzero((out.proto >= 0) & (out.proto < 256) & (frames.note < MALFORMED))
    other = other[_NUMBERS[out.proto[other]]]
    for number, finder in BY_PROTOCOL.items() if len(other) else ():
        _add(stack, other[out.proto[other] == number], finder)


def _teredo_between_hosts(stack: Stack, rows: Int64s) -> Bools:
    """Teredo hosts that know one another use any port: IPv6 of the announced length from or to 2001::/32 (RFC 4380 section 2.6)."""
    frames, out = stack.frames, stack.out
    at = (out.at[rows] - stack.base[rows]).astype(np.int32)
    fit = (out.captured[rows] >= 40) & (at + 40 <= frames.width) & ~PORTS[out.dport[rows]] & ~PORTS[out.sport[rows]]
    kept = np.flatnonzero(fit)
    kept = kept[frames.u8(rows[kept], at[kept]) >> 4 == 6]
    found = np.zeros(len(rows), np.bool_)
    some, at = rows[kept], at[kept]
    if len(some):
        sized = frames.u16(some, at + 4) + 40 == out.declared[some]
        found[kept] = sized & ((frames.u32(some, at + 8) == _TEREDO) | (frames.u32(some, at + 24) == _TEREDO))
    return found


def _add(stack: Stack, rows: Int64s, finder: Finder) -> None:
    if not len(rows):
        return
    out = stack.out
    at = (out.at[rows] - stack.base[rows]).astype(np.int32)
    for found in finder(Load(stack.frames, rows, at, at + out.declared[rows])):
        load = found.load
        room = np.minimum(load.end, stack.frames.caplen[load.rows]) > load.at
        if room.any():
            stack.inner.append(Inner(load.rows[room], load.at[room], found.link[room], found.tunnel))
