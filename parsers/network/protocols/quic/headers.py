"""QUIC long headers (RFC 9000 section 17.2, RFC 9369 section 3.2) and the variable-length integers in them."""

from __future__ import annotations

from dataclasses import dataclass

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
FIRST_DRAFT, LAST_DRAFT = 0xFF000017, 0xFF000022  # drafts 23 to 34 differ from version 1 in their salt only
LONG, FIXED = 0x80, 0x40  # bits of a packet's first byte
CONNECTION_ID = 20  # bytes of a connection id at most
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
    return version in (VERSION_1, VERSION_2) or FIRST_DRAFT <= version <= LAST_DRAFT


def version_name(version: int) -> str:
    """As Zeek writes it; versions of Google's own QUIC by their four characters."""
    if FIRST_DRAFT <= version <= LAST_DRAFT:
        return f"draft-{version & 0xFF}"
    raw = version.to_bytes(4, "big")
    if raw[:2] in (b"Q0", b"T0") and raw.isalnum():
        return raw.decode("ascii")
    return {VERSION_1: "1", VERSION_2: "quicv2"}.get(version, f"unknown-{version:x}")


def packets(data: bytes) -> list[Packet]:
    """The packets of a datagram up to one with a short header, which ends it. What is no QUIC ends it too."""
    found: list[Packet] = []
    at = 0
    while at < len(data):
        if not data[at] & LONG:
            if data[at] & FIXED:
                found.append(Packet(SHORT, 0, b"", b"", at, len(data), len(data)))
            break
        one = _long(data, at)
        if one is None:
            break
        found.append(one)
        at = one.end
    return found


def _long(data: bytes, at: int) -> Packet | None:
    version = int.from_bytes(data[at + 1 : at + 5], "big")
    dcid, place = _short_vector(data, at + 5)
    scid, place = _short_vector(data, place)
    if place > len(data) or max(len(dcid), len(scid)) > CONNECTION_ID:
        return None
    if version == 0:
        offered = tuple(int.from_bytes(data[i : i + 4], "big") for i in range(place, len(data) - 3, 4))
        return Packet(NEGOTIATION, 0, dcid, scid, at, place, len(data), offered)
    if not known(version):
        return Packet(UNFAMILIAR, version, dcid, scid, at, place, len(data))
    kind = (_KINDS_2 if version == VERSION_2 else _KINDS)[data[at] >> 4 & 3]
    if kind == RETRY:
        return Packet(kind, version, dcid, scid, at, place, len(data))
    if kind == INITIAL:
        size, place = varint(data, place)
        place += size  # the token
    length, place = varint(data, place)
    if place > len(data):
        return None
    return Packet(kind, version, dcid, scid, at, place, min(place + max(length, 1), len(data)))


def _short_vector(data: bytes, at: int) -> tuple[bytes, int]:
    """Bytes after a length of one byte, and the place after them; beyond the data where they are cut."""
    size = data[at] if at < len(data) else 0
    stop = at + 1 + size
    return data[at + 1 : stop], stop


def varint(data: bytes, at: int) -> tuple[int, int]:
    """RFC 9000 section 16: a number and the place after it; beyond the data where it is cut."""
    if at >= len(data):
        return 0, len(data) + 1
    first = data[at]
    if first < 0x40:
        return first, at + 1
    size = 1 << (first >> 6)
    if at + size > len(data):
        return 0, len(data) + 1
    return int.from_bytes(data[at : at + size], "big") & ((1 << (8 * size - 2)) - 1), at + size
