"""Plain packets, each visited once: Ethernet or no link layer, up to two VLAN tags, IPv4 or IPv6 without extensions, TCP, UDP or ICMP.

Nine packets of ten are such. The masked passes of `layers.py` read the same from them in some fifty passes over as many arrays, and all
others too: those that are cut, malformed, fragments, or that carry another packet.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from parsers.network import transports, tunnels
from parsers.network.frames import Work
from parsers.network.headers import BAD_IP_SUM, BAD_SUM, ICMP, ICMPV6, OFFLOAD, TCP, UDP, ZERO_WINDOW, Headers, empty
from parsers.network.links import BARE, ETHERNET, VLAN_TAGS
from parsers.network.notes import FRAGMENT
from parsers.network.records import Bytes, Int32s, Int64s
from parsers.network.space import Space
from timelines.compiled import at_hand, compiled, inlined

LEAST = 64 << 20  # bytes of a capture for which numba is loaded; below it that costs more than it saves
FEW = 2_048  # packets below which a kernel is not even loaded from where it is kept
_TAGS = 2
_MODULUS = 65_535
_LOW = np.uint64(0xFFFF_FFFF)
_TEREDO = 0x20010000  # 2001::/32
GRE = 47
_ANSWERS = np.stack([transports.answers(transports.PAIRS4), transports.answers(transports.PAIRS6)])
_LINKS = np.zeros(512, np.uint8)  # by LINKTYPE: 1 Ethernet, 2 no header at all
_LINKS[ETHERNET], _LINKS[list(BARE)] = 1, 2
_TAGGED = np.array(VLAN_TAGS, np.int64)
UInt64s = npt.NDArray[np.uint64]
Several = tuple[npt.NDArray[Any], ...]
Number = Any  # int64, or the int that the interpreter makes of it


def worth_it(space: Space, work: Work) -> bool:
    """Whether these are captured packets of a capture for which compiled loops are there, or pay."""
    return len(work) >= FEW and (space.size >= LEAST or at_hand()) and not work.depth.any() and not work.whole.any()


def visit(space: Space, work: Work, joins: bool = True) -> tuple[Headers, Int64s]:
    """The rows of captured packets, and which of them are not plain: nothing is known of these yet. Unless what is in fragments is put
    together (`joins`), plain fragments of IPv4, and packets that carry one in GRE, get that note, and no more is told of them."""
    buffer, out = space.buffer, empty(len(work))
    rest = np.empty(len(work), np.int64)
    words = buffer[: len(buffer) - len(buffer) % 8].view(np.uint64).view("<u8")
    count = _visit(
        buffer, words, (work.at, work.caplen, work.wire, work.link), (_LINKS, _TAGGED, tunnels.PORTS, _ANSWERS),
        (out.version, out.proto, out.flags, out.marks, out.note), (out.src, out.dst), (out.sport, out.dport, out.seq),
        (out.at, out.captured, out.declared, out.ip_length, out.vlan, out.inner_vlan), rest, joins,
    )  # fmt: skip
    out.packet[:], out.span[:] = work.packet, work.span
    return out, rest[:count]


@inlined
def _u8(buffer: Bytes, at: Number) -> Number:
    return np.int64(buffer[at])


@inlined
def _u16(buffer: Bytes, at: Number) -> Number:
    return np.int64(buffer[at]) << 8 | np.int64(buffer[at + 1])


@inlined
def _u32(buffer: Bytes, at: Number) -> Number:
    high = np.int64(buffer[at]) << 24 | np.int64(buffer[at + 1]) << 16
    return high | np.int64(buffer[at + 2]) << 8 | np.int64(buffer[at + 3])


@compiled
def _sum(words: UInt64s, begin: Number, end: Number) -> Number:
    """The 16-bit words in network order of [begin, end), modulo 65,535, as `checksums.py` adds them up."""
    first, last = begin >> 3, end >> 3
    before, after = np.uint64((begin & 7) * 8), np.uint64((end & 7) * 8)
    word = words[first] >> before << before
    if first == last:
        word &= (np.uint64(1) << after) - np.uint64(1)
    total = (word & _LOW) + (word >> np.uint64(32))
    for at in range(first + 1, last):
        total += (words[at] & _LOW) + (words[at] >> np.uint64(32))
    if after and first != last:
        word = words[last] & ((np.uint64(1) << after) - np.uint64(1))
        total += (word & _LOW) + (word >> np.uint64(32))
    rest = np.int64(total % np.uint64(_MODULUS))
    return rest if begin & 1 else rest * 256 % _MODULUS


@compiled
def _network(buffer: Bytes, base: Number, caplen: Number, kind: Number, tags: Int64s) -> tuple[Number, ...]:
    """Where the IP header begins, from the packet's start, its version as the link says it, and both VLAN ids; version 0: not plain."""
    vlan, inner, at = -1, -1, 14
    if kind == 2:
        version = _u8(buffer, base) >> 4 if caplen > 0 else 0
        return 0, version if version in (4, 6) else 0, vlan, inner
    if kind != 1 or caplen < 14:
        return 0, 0, vlan, inner
    ether = _u16(buffer, base + 12)
    for _ in range(_TAGS):
        if ether != tags[0] and ether != tags[1] and ether != tags[2] and ether != tags[3]:
            break
        if caplen < at + 4:
            return 0, 0, vlan, inner
        tag = _u16(buffer, base + at) & 0x0FFF
        if vlan < 0:
            vlan = tag
        else:
            inner = tag
        ether = _u16(buffer, base + at + 2)
        at += 4
    return at, 4 if ether == 0x0800 else 6 if ether == 0x86DD else 0, vlan, inner


@compiled
def _internet(buffer: Bytes, begin: Number, held: Number, wire: Number, version: Number) -> tuple[Number, ...]:
    """Bytes of the IP header at `begin`, those of its packet as announced, what it carries, and a mark; 0 bytes: not plain. `held`, `wire`:
    bytes of the packet from there on, there and as announced."""
    if held < (20 if version == 4 else 40) or _u8(buffer, begin) >> 4 != version:
        return 0, 0, 0, 0
    if version == 6:
        length = _u16(buffer, begin + 4)
        return 40, length + 40 if length else wire, _u8(buffer, begin + 6), 0
    size, length = (_u8(buffer, begin) & 15) * 4, _u16(buffer, begin + 2)
    if not length:
        length = wire
    if size < 20 or length < size or held < size or _u16(buffer, begin + 6) & 0x3FFF:
        return 0, 0, 0, 0
    total = 0
    if _u16(buffer, begin + 10):
        for place in range(0, size, 2):
            total += _u16(buffer, begin + place)
    return size, length, _u8(buffer, begin + 9), BAD_IP_SUM if total % _MODULUS else 0


@compiled
def _split(buffer: Bytes, begin: Number, held: Number, wire: Number, version: Number) -> bool:
    """Whether an IPv4 packet is a fragment that does not stand for the whole: not a first one that is cut."""
    if version != 4 or held < 20 or _u8(buffer, begin) >> 4 != 4:
        return False
    size, length, fragment = (_u8(buffer, begin) & 15) * 4, _u16(buffer, begin + 2), _u16(buffer, begin + 6)
    if not length:
        length = wire
    if size < 20 or length < size or held < size or not fragment & 0x3FFF:
        return False
    return bool(fragment & 0x1FFF or length <= held)


@compiled
def _split_inside(buffer: Bytes, begin: Number, held: Number, wire: Number) -> bool:
    """The same of an IPv4 packet in the GRE of another, itself or in PPP (`tunnels/gre.py` and `links.py`)."""
    size, length, proto, _ = _internet(buffer, begin, held, wire, 4)
    if not size or proto != GRE or min(held, length) < size + 4:
        return False
    held, wire = min(held, length), length
    flags, kind, at = _u16(buffer, begin + size), _u16(buffer, begin + size + 2), size + 4
    pptp = flags & 0x1007 == 0x1001 and kind == 0x880B
    if flags & 0x4000 or (flags & 7 and not pptp) or (kind != 0x0800 and kind != 0x880B):
        return False
    at += 4 * ((flags >> 15 & 1) + (flags >> 13 & 1) + (flags >> 12 & 1) + (flags >> 7 & 1 if pptp else 0))
    if kind == 0x880B:
        if held < at + 4:
            return False
        at += 2 if _u8(buffer, begin + at) == 0xFF else 0
        if _u8(buffer, begin + at) == 0x21:
            at += 1
        elif _u16(buffer, begin + at) == 0x0021:
            at += 2
        else:
            return False
    return bool(_split(buffer, begin + at, held - at, wire - at, 4))


@compiled
def _ends(buffer: Bytes, begin: Number, version: Number, src: UInt64s, dst: UInt64s) -> Number:
    """Write both addresses of the IP header at `begin`. Returns their sum, in words."""
    if version == 4:
        src[1], dst[1] = np.uint64(_u32(buffer, begin + 12)), np.uint64(_u32(buffer, begin + 16))
    else:
        for half in range(2):
            at = begin + 8 + 8 * half
            src[half] = np.uint64(_u32(buffer, at)) << np.uint64(32) | np.uint64(_u32(buffer, at + 4))
            at += 16
            dst[half] = np.uint64(_u32(buffer, at)) << np.uint64(32) | np.uint64(_u32(buffer, at + 4))
    total = np.uint64(0)
    for half in range(2):
        total += src[half] % np.uint64(_MODULUS) + dst[half] % np.uint64(_MODULUS)
    return np.int64(total)


@compiled
def _transport(buffer: Bytes, at: Number, length: Number, proto: Number, answers: Int32s) -> tuple[Number, ...]:
    """Of the transport header at `at`: its bytes, both ports, sequence number, flags, a mark, and bytes of header and payload, of the
    `length` that IP announces. 0 bytes: not plain."""
    one, two = _u16(buffer, at), _u16(buffer, at + 2)
    if proto == TCP:
        size = (_u8(buffer, at + 12) >> 4) * 4
        if size < 20 or size > length:
            size = 0
        mark = 0 if _u16(buffer, at + 14) else ZERO_WINDOW
        return size, one, two, _u32(buffer, at + 4), _u8(buffer, at + 13), mark, length
    if proto == UDP:
        told = _u16(buffer, at + 4)
        return 8, one, two, 0, 0, 0, told if 8 <= told < length else length
    answer = np.int64(answers[_u8(buffer, at)])
    return 8, one >> 8, answer if answer >= 0 else one & 255, 0, 0, 0, length


@compiled
def _checked(buffer: Bytes, words: UInt64s, begin: Number, length: Number, proto: Number, ends: Number) -> Number:
    """The mark of a checksum of TCP, UDP or ICMP that is not right. `ends`: the sum over both addresses."""
    place = 16 if proto == TCP else 6 if proto == UDP else 2
    field = _u16(buffer, begin + place)
    if not field:
        return 0
    pseudo = 0 if proto == ICMP else (proto + length + ends) % _MODULUS
    if (_sum(words, begin, begin + length) + pseudo) % _MODULUS == 0:
        return 0
    return OFFLOAD if pseudo == field % _MODULUS and proto != ICMP else BAD_SUM


@compiled
def _teredo(buffer: Bytes, begin: Number, held: Number) -> bool:
    """Whether a payload may be IPv6 of Teredo hosts that know one another, on whatever port."""
    if held < 40 or _u8(buffer, begin) >> 4 != 6:
        return False
    return bool(_u32(buffer, begin + 8) == _TEREDO or _u32(buffer, begin + 24) == _TEREDO)


@compiled
def _visit(
    buffer: Bytes,
    words: UInt64s,
    packets: Several,
    tables: Several,
    kinds: Several,
    ends: Several,
    ports: Several,
    places: Several,
    rest: Int64s,
    joins: bool,
) -> int:
    """Fill the columns of plain packets, and `rest` with the rows of the others. Returns how many these are."""
    begins, caplens, wires, links = packets
    link_kinds, tags, tunnel_ports, answers = tables
    left, limit = 0, len(words) * 8 - 8  # beyond it a word would reach out of the file
    for row in range(len(begins)):
        base, caplen, link = begins[row], np.int64(caplens[row]), links[row]
        rest[left] = row
        left += 1
        if base + caplen > limit or link < 0 or link >= len(link_kinds):
            continue
        at, version, vlan, inner = _network(buffer, base, caplen, np.int64(link_kinds[link]), tags)
        if not version:
            continue
        wire = np.int64(wires[row]) - at
        if not joins and (
            _split(buffer, base + at, caplen - at, wire, version)
            or (version == 4 and _split_inside(buffer, base + at, caplen - at, wire))
        ):
            kinds[4][row] = FRAGMENT
            left -= 1
            continue
        size, length, proto, mark = _internet(buffer, base + at, caplen - at, wire, version)
        held, length_ip = caplen - at - size, length
        known = proto in (TCP, UDP) or proto == (ICMP if version == 4 else ICMPV6)
        if not size or not known or held < (20 if proto == TCP else 8):
            continue
        begin, length = base + at + size, length - size
        head, sport, dport, seq, flag, more, length = _transport(buffer, begin, length, proto, answers[version // 6])
        there = max(min(length, held) - head, 0)
        if not head or (
            proto == UDP and (tunnel_ports[sport] or tunnel_ports[dport] or _teredo(buffer, begin + head, there))
        ):
            continue
        total = _ends(buffer, base + at, version, ends[0][row], ends[1][row])
        mark |= more
        if 8 <= length <= held and (
            version == 6 or size == 20
        ):  # options may hold a source route, so the sum is over another end
            mark |= _checked(buffer, words, begin, length, proto, total)
        kinds[0][row], kinds[1][row], kinds[2][row], kinds[3][row] = version, proto, flag, mark
        ports[0][row], ports[1][row], ports[2][row] = sport, dport, seq
        places[0][row], places[1][row] = begin + head, there
        places[2][row], places[3][row] = max(length - head, 0), length_ip
        places[4][row], places[5][row] = vlan, inner
        left -= 1
    return left
