"""DHCP messages: the BOOTP header and its options (RFC 2131, RFC 2132; long options in parts: RFC 3396)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

COOKIE = b"\x63\x82\x53\x63"
HEADER = 240  # bytes before the options, cookie included
_FIXED = struct.Struct(">BBBBIHH4s4s4s4s16s")
_SNAME, _FILE = slice(44, 108), slice(108, 236)
_PAD, _END, _OVERLOAD = 0, 255, 52

TYPES = {
    1: "DISCOVER", 2: "OFFER", 3: "REQUEST", 4: "DECLINE", 5: "ACK", 6: "NAK", 7: "RELEASE", 8: "INFORM", 9: "FORCERENEW",
    10: "LEASEQUERY", 11: "LEASEUNASSIGNED", 12: "LEASEUNKNOWN", 13: "LEASEACTIVE", 14: "BULKLEASEQUERY",
    15: "LEASEQUERYDONE", 16: "ACTIVELEASEQUERY", 17: "LEASEQUERYSTATUS", 18: "TLS",
}  # fmt: skip


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Message:
    """One DHCP message. `options` by code, in the order they stand; `whole`: they were read to their end mark."""

    request: bool
    number: int
    client: str
    yours: str
    relay: str
    hardware: bytes
    options: dict[int, bytes]
    whole: bool

    @property
    def kind(self) -> str:
        """Its type in words; BOOTP where it has none."""
        return kind_name(self.options.get(53, b""))

    def text(self, code: int) -> str | None:
        """An option that is text, without a NUL at its end."""
        raw = self.options.get(code, b"").rstrip(b"\0")
        return raw.decode("utf-8", "backslashreplace") if raw else None

    def address(self, code: int) -> str | None:
        raw = self.options.get(code, b"")
        return str(IPv4Address(raw)) if len(raw) == 4 else None


def kind_name(code: bytes) -> str:
    """A message's type in words, by its option 53; BOOTP where it has none."""
    return TYPES.get(code[0], f"TYPE{code[0]}") if len(code) == 1 else "BOOTP"


def message(data: bytes) -> Message:
    """One message. Raises ValueError for what is none."""
    if len(data) < HEADER:
        raise ValueError("shorter than a DHCP header")
    kind, _, size, _, number, _, _, client, yours, _, relay, hardware = _FIXED.unpack_from(data)
    if kind not in (1, 2):
        raise ValueError(f"neither request nor reply: {kind}")
    if data[HEADER - 4 : HEADER] != COOKIE:
        raise ValueError("no DHCP cookie")
    options: dict[int, bytes] = {}
    whole = _read(data[HEADER:], options)
    overload = options.get(_OVERLOAD, b"\0")[:1] or b"\0"
    if overload[0] & 1:  # the file field holds options too, then the server's name
        whole &= _read(data[_FILE], options)
    if overload[0] & 2:
        whole &= _read(data[_SNAME], options)
    holder, given, between = (str(IPv4Address(raw)) for raw in (client, yours, relay))
    return Message(kind == 1, number, holder, given, between, hardware[: min(size, 16)], options, whole)


def _read(raw: bytes, options: dict[int, bytes]) -> bool:
    """Add the options of one field; parts of one option are joined. Returns whether an end mark closes it."""
    at = 0
    while at < len(raw):
        code = raw[at]
        if code == _END:
            return True
        if code == _PAD:
            at += 1
            continue
        if at + 1 >= len(raw) or at + 2 + raw[at + 1] > len(raw):
            return False
        options[code] = options.get(code, b"") + raw[at + 2 : at + 2 + raw[at + 1]]
        at += 2 + raw[at + 1]
    return False


def domain_name(raw: bytes) -> str | None:
    """The name in the client's FQDN option (RFC 4702): flags, two result codes, then a name in DNS form or as text."""
    if len(raw) < 4:
        return None
    flags, rest = raw[0], raw[3:]
    if not flags & 4:
        return rest.rstrip(b"\0").decode("utf-8", "backslashreplace")
    labels, at = [], 0
    while at < len(rest) and 0 < rest[at] < 64:
        labels.append(rest[at + 1 : at + 1 + rest[at]].decode("utf-8", "backslashreplace"))
        at += 1 + rest[at]
    return ".".join(labels) or None
