"""What a pcapng file says of itself beside packets: sections, interfaces, comments, names, statistics, secrets and custom blocks.

draft-ietf-opsawg-pcapng sections 4.1 to 4.7. Each becomes a row of net/capture.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address

import numpy as np

from parsers.network.address_names import address_name
from parsers.network.records import Bytes, Int64s, Remark, words

REMARKS = 50_000  # rows of one file; what is left out is counted
OPTIONS = 16  # options looked at of one packet block
NAMES_EACH = 10_000  # records read of one name resolution block
TEXT_LIMIT = 65_535  # bytes of one option: all that its length can say
COMMENT = 1  # option code in every block (section 3.5)
_SECRETS = {0x544C534B: "TLS key log", 0x5353484B: "SSH key log", 0x57474B4C: "WireGuard key log"}  # section 4.7
_SECRETS |= {0x5A4E574B: "ZigBee network key", 0x5A415053: "ZigBee APS key", 0x4F505541: "OPC UA key log"}
_TEXTS = {
    "section": {2: "hardware", 3: "os", 4: "application"},
    "interface": {2: "name", 3: "description", 12: "os", 15: "hardware"},
    "statistics": {},
}
_COUNTS = {4: "received", 5: "dropped", 6: "accepted", 7: "os_dropped", 8: "delivered"}  # section 4.6


Clock = Callable[[int, int], int | None]  # ticks of an interface to UTC ns


@dataclass(slots=True)
class Remarks:
    """All that a file tells, up to REMARKS; `left_out` counts the rest. `section` is the number of the one that is being read."""

    kept: list[Remark] = field(default_factory=list)
    left_out: int = 0
    section: int = 0

    @property
    def full(self) -> bool:
        return len(self.kept) >= REMARKS

    def add(self, remark: Remark) -> None:
        if not self.full:
            self.kept.append(remark)
        else:
            self.left_out += 1


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode("utf-8", "backslashreplace")


def options(raw: bytes, order: str, at: int) -> Iterator[tuple[int, bytes]]:
    """Codes and values of the options of a block from `at` on, up to its closing length."""
    while at + 4 <= len(raw) - 4:
        code, length = struct.unpack_from(order + "HH", raw, at)
        if code == 0:
            return
        yield code, raw[at + 4 : min(at + 4 + length, len(raw) - 4)]
        at += 4 + (length + 3) // 4 * 4


def _read(kind: str, raw: bytes, order: str, at: int, values: dict[str, object]) -> dict[str, object]:
    """The texts among a block's options; several comments become one text of several lines."""
    comments, addresses = [], []
    for code, value in options(raw, order, at):
        if code == COMMENT:
            comments.append(_text(value))
        elif code in _TEXTS[kind]:
            values[_TEXTS[kind][code]] = _text(value)
        elif kind == "interface" and code == 11 and value:
            values["filter"] = _text(value[1:]) if value[0] == 0 else f"BPF program of {len(value) - 1} bytes"
        elif kind == "interface" and (code, len(value)) in ((4, 8), (5, 17)):
            addresses.append(str(IPv4Address(value[:4])) if code == 4 else f"{address_name(value[:16])}/{value[16]}")
        elif kind == "interface" and code == 6 and len(value) == 6:
            values["mac"] = value.hex(":")
        elif kind == "statistics" and code in _COUNTS and len(value) == 8:
            values[_COUNTS[code]] = min(int(struct.unpack(order + "Q", value)[0]), 2**63 - 1)
    values |= {"address": ",".join(addresses)} if addresses else {}
    return values | ({"comment": "\n".join(comments)} if comments else {})


def section(told: Remarks, raw: bytes, offset: int, length: int, order: str) -> None:
    """A section header block (4.1)."""
    told.section += 1
    major, minor = struct.unpack_from(order + "HH", raw, 12) if len(raw) >= 28 else (0, 0)
    values = _read("section", raw, order, 24, {"section": told.section, "version": f"{major}.{minor}"})
    told.add(Remark("section", offset, length, values))


def interface(told: Remarks, raw: bytes, offset: int, length: int, order: str, number: int) -> None:
    """An interface description block (4.2)."""
    link, _, snaplen = struct.unpack_from(order + "HHI", raw, 8)
    values: dict[str, object] = {
        "section": told.section,
        "interface": number,
        "link_type": link,
        "snap_length": snaplen,
    }
    told.add(Remark("interface", offset, length, _read("interface", raw, order, 16, values)))


def statistics(told: Remarks, raw: bytes, offset: int, length: int, order: str, clock: Clock) -> None:
    """An interface statistics block (4.6)."""
    if len(raw) < 24:
        return
    number, high, low = struct.unpack_from(order + "III", raw, 8)
    values = _read("statistics", raw, order, 20, {"section": told.section, "interface": number})
    told.add(Remark("statistics", offset, length, values, clock(high << 32 | low, number)))


def names(told: Remarks, raw: bytes, offset: int, length: int, order: str, clock: Clock) -> None:
    """A name resolution block (4.5): addresses, each with its names."""
    at = 8
    for _ in range(NAMES_EACH):
        if at + 4 > len(raw) - 4:
            return
        kind, held = struct.unpack_from(order + "HH", raw, at)
        value = raw[at + 4 : min(at + 4 + held, len(raw) - 4)]
        if kind == 0:
            return
        size = {1: 4, 2: 16}.get(kind)
        if size and len(value) > size:
            address = address_name(value[:size])
            found = [_text(part) for part in value[size:].split(b"\0") if part]
            values = {"section": told.section, "address": address, "name": ",".join(found)}
            told.add(Remark("name", offset, length, values))
        at += 4 + (held + 3) // 4 * 4


def secrets(told: Remarks, raw: bytes, offset: int, length: int, order: str, clock: Clock) -> None:
    """A decryption secrets block (4.7): its kind and size alone; the keys themselves are written nowhere."""
    if len(raw) >= 20:
        kind, size = struct.unpack_from(order + "II", raw, 8)
        name = _SECRETS.get(kind, f"{kind:#010x}")
        told.add(Remark("secrets", offset, length, {"section": told.section, "name": name, "size": size}))


def custom(told: Remarks, raw: bytes, offset: int, length: int, order: str, clock: Clock) -> None:
    """A custom block (4.8): whose it is, by IANA enterprise number, and its size."""
    if len(raw) >= 16:
        values = {
            "section": told.section,
            "enterprise": int(struct.unpack_from(order + "I", raw, 8)[0]),
            "size": length - 16,
        }
        told.add(Remark("custom", offset, length, values))


Reader = Callable[[Remarks, bytes, int, int, str, Clock], None]
# Blocks beside sections, interfaces and packets, by type; False where what they hold is noted but not read
READERS: Mapping[int, tuple[Reader, bool]] = {
    4: (names, True), 5: (statistics, True), 10: (secrets, False), 0xBAD: (custom, False), 0x40000BAD: (custom, False),
}  # fmt: skip


def packet_comments(
    told: Remarks, buffer: Bytes, at: Int64s, lengths: Int64s, caplen: Int64s, head: int, big: bool
) -> None:
    """Comments among the options of packet blocks at `at`, which follow `head` bytes and the packet, padded to four bytes."""
    place, end = at + head + (caplen + 3) // 4 * 4, at + lengths - 4
    rows = np.flatnonzero(place + 4 <= end)
    place, end = place[rows], end[rows]
    for _ in range(OPTIONS):
        if not len(rows):
            return
        word = words(buffer, place, big)
        code, size = (word >> 16, word & 0xFFFF) if big else (word & 0xFFFF, word >> 16)
        for one in np.flatnonzero((code == COMMENT) & (place + 4 + size <= end)).tolist():
            start = int(place[one]) + 4
            values = {"section": told.section, "comment": _text(buffer[start : start + int(size[one])].tobytes())}
            told.add(Remark("comment", int(at[rows[one]]), int(lengths[rows[one]]), values))
        place = place + 4 + (size + 3) // 4 * 4
        going = (code != 0) & (place + 4 <= end)
        rows, place, end = rows[going], place[going], end[going]
