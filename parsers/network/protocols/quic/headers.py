"""QUIC long headers (RFC 9000 section 17.2, RFC 9369 section 3.2) and the variable-length integers in them."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

INITIAL, ZERO_RTT, HANDSHAKE, RETRY, NEGOTIATION, UNFAMILIAR, SHORT = (
    "I",
    "Z",
    "H",
    "R",
    "V",
    "U",
    "O",
)  # letters of the history
VERSION_1, VERSION_2 = 0x00000001, 0x6B3343CF
_NAMES = {VERSION_1: "1", VERSION_2: "quicv2"}
FIRST_DRAFT, LAST_DRAFT = 0xFF000017, 0xFF000022  # drafts 23 to 34 differ from version 1 in their salt only
LONG, FIXED = 0x80, 0x40  # bits of a packet's first byte
CONNECTION_ID = 20  # bytes of a connection id at most
_BEGIN = Struct(">BIB")  # first byte, version, size of the first connection id
_KINDS = (INITIAL, ZERO_RTT, HANDSHAKE, RETRY)
_KINDS_2 = (RETRY, INITIAL, ZERO_RTT, HANDSHAKE)  # RFC 9369 section 3.2


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Packet:
    """One packet of a datagram. begin, number_at, end: places in the datagram of its first byte, its packet number, and its end."""

    kind: str
    version: int
    dcid: bytes
    scid: bytes
    begin: int
    number_at: int
    end: int
    offered: tuple[int, ...] = ()


def known(version: int) -> bool:
    return version in _NAMES or FIRST_DRAFT <= version <= LAST_DRAFT


def version_name(version: int) -> str:
    """As Zeek writes it; versions of Google's own QUIC by their four characters."""
    if version in _NAMES:
        return _NAMES[version]
    if FIRST_DRAFT <= version <= LAST_DRAFT:
        return f"draft-{version & 0xFF}"
    raw = version.to_bytes(4, "big")
    if raw[:2] in (b"Q0", b"T0") and raw.isalnum():
        return raw.decode("ascii")
    return f"unknown-{version:x}"


def packets(data: bytes) -> list[Packet]:
    """The packets of a datagram up to one with a short header, which ends it. What is no QUIC ends it too."""
    found: list[Packet] = []
    at, end = 0, len(data)
    while at < end:
        if not data[at] & LONG:
            if data[at] & FIXED:
                found.append(Packet(SHORT, 0, b"", b"", at, end, end))
            break
        one = _long(data, at)
        if one is None:
            break
        found.append(one)
        at = one.end
    return found


def _long(data: bytes, at: int) -> Packet | None:
    end = len(data)
    if at + _BEGIN.size > end:
        return None
    first, version, size = _BEGIN.unpack_from(data, at)
    middle = at + _BEGIN.size + size
    if middle >= end or size > CONNECTION_ID or (size := data[middle]) > CONNECTION_ID:
        return None
    dcid, place = data[at + _BEGIN.size : middle], middle + 1 + size
    if place > end:
        return None
    scid = data[middle + 1 : place]
    if version == 0:
        offered = tuple(int.from_bytes(data[i : i + 4], "big") for i in range(place, end - 3, 4))
        return Packet(NEGOTIATION, 0, dcid, scid, at, place, end, offered)
    if not known(version):
        return Packet(UNFAMILIAR, version, dcid, scid, at, place, end)
    kind = (_KINDS_2 if version == VERSION_2 else _KINDS)[first >> 4 & 3]
    if kind == RETRY:
        return Packet(kind, version, dcid, scid, at, place, end)
    if kind == INITIAL:
        size, place = varint(data, place)
        place += size  # the token
    length, place = varint(data, place)
    if place > end:
        return None
    stop = place + (length or 1)
    return Packet(kind, version, dcid, scid, at, place, stop if stop < end else end)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """RFC 9000 section 16: a number and the place after it; beyond the data where it is cut."""
    end = len(data)
    if at >= end:
        return 0, end + 1
    first = data[at]
    if first < 0x40:
        return first, at + 1
    if first < 0x80 and at + 1 < end:  # nearly all that do not fit one byte
        return (first & 0x3F) << 8 | data[at + 1], at + 2
    size = 1 << (first >> 6)
    if at + size > end:
        return 0, end + 1
    return int.from_bytes(data[at : at + size], "big") & ((1 << (8 * size - 2)) - 1), at + size
