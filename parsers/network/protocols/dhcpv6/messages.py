"""DHCPv6 messages and their options (RFC 8415 sections 8, 9 and 21), those of relays unwrapped."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from parsers.network import address_names
from parsers.network.protocols import text

HOPS = 8  # relays around one message (HOP_COUNT_LIMIT, section 7.6)
OPTIONS = 512  # options read of one message, those inside others included; clients send a dozen
RELAYED, RELAYED_BACK = 12, 13
TYPES = {
    1: "SOLICIT", 2: "ADVERTISE", 3: "REQUEST", 4: "CONFIRM", 5: "RENEW", 6: "REBIND", 7: "REPLY", 8: "RELEASE", 9: "DECLINE",
    10: "RECONFIGURE", 11: "INFORMATION-REQUEST", 14: "LEASEQUERY", 15: "LEASEQUERY-REPLY",
}  # fmt: skip
FROM_SERVERS = frozenset((2, 7, 10, 15))
_STATUSES = {
    0: "Success", 1: "UnspecFail", 2: "NoAddrsAvail", 3: "NoBinding", 4: "NotOnLink", 5: "UseMulticast", 6: "NoPrefixAvail",
}  # fmt: skip
_CLIENT, _SERVER, _ADDRESSES, _TEMPORARY, _ADDRESS, _WANTED, _RELAYED, _STATUS = 1, 2, 3, 4, 5, 6, 9, 13
_VENDOR, _RESOLVERS, _DOMAINS, _PREFIXES, _PREFIX, _FQDN, _HARDWARE = 16, 23, 24, 25, 26, 39, 79
INSIDE = {
    _ADDRESSES: 12,
    _TEMPORARY: 4,
    _ADDRESS: 24,
    _PREFIXES: 12,
    _PREFIX: 25,
}  # bytes before the options that an option holds
_ETHERNET = 1
_HEAD = struct.Struct(">HH")  # of an option: code, size


@dataclass(frozen=True, slots=True)
class Relay:
    """The relay next to the client: the link it stands on, and the client's address as it saw it."""

    link: str
    peer: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message. options: their contents by code, in the order they stand, those inside of others after them; own: codes of those that
    are the message's own; whole: all options end within it."""

    kind: int
    number: int
    options: dict[int, list[bytes]]
    own: tuple[int, ...]
    whole: bool
    relay: Relay | None
    hardware: str | None

    @property
    def from_server(self) -> bool:
        return self.kind in FROM_SERVERS

    def first(self, code: int) -> bytes:
        return self.options[code][0] if code in self.options else b""

    def every(self, code: int) -> Sequence[bytes]:
        return self.options.get(code, ())


def message(data: bytes) -> Message:
    """One message. Raises ValueError for what is none."""
    relay, hardware, whole = None, None, True
    for _ in range(HOPS + 1):
        if len(data) < 4:
            raise ValueError("shorter than a DHCPv6 header")
        kind = data[0]
        if kind in TYPES:
            options, own, read = _options(data[4:])
            return Message(kind, int.from_bytes(data[1:4], "big"), options, own, read and whole, relay, hardware)
        if kind not in (RELAYED, RELAYED_BACK):
            raise ValueError(f"message of type {kind} is not known")
        if len(data) < 34:  # type, hops, link address, peer address (section 9)
            raise ValueError("message of a relay ends in its header")
        relay = Relay(address_name(data[2:18]), address_name(data[18:34]))
        options, _, read = _options(data[34:])
        whole &= read
        hardware = _hardware(options.get(_HARDWARE, [b""])[-1]) or hardware
        if _RELAYED not in options:
            raise ValueError("message of a relay carries none of a client")
        data = options[_RELAYED][-1]
    raise ValueError(f"more than {HOPS} relays around one message")


@lru_cache(maxsize=1 << 10)
def address_name(raw: bytes) -> str:
    """An address as text; those of servers and relays come again and again."""
    if len(raw) != 16:
        raise ValueError("address of another size")
    return address_names.address_name(raw)


def _options(raw: bytes) -> tuple[dict[int, list[bytes]], tuple[int, ...], bool]:
    """Options by code, codes of the outermost, and whether all end where they should. Options inside of options are read too."""
    found: dict[int, list[bytes]] = {}
    own: list[int] = []
    waiting, whole, count = [(raw, True)], True, 0
    while waiting:
        part, outermost = waiting.pop(0)
        at = 0
        while at < len(part):
            if at + 4 > len(part) or count == OPTIONS:
                return found, tuple(own), False
            code, size = _HEAD.unpack_from(part, at)
            content = part[at + 4 : at + 4 + size]
            if len(content) < size:
                whole = False
                break
            found.setdefault(code, []).append(content)
            count += 1
            if outermost:
                own.append(code)
            if code in INSIDE and size > INSIDE[code]:
                waiting.append((content[INSIDE[code] :], False))
            at += 4 + size
    return found, tuple(own), whole


def _hardware(raw: bytes) -> str | None:
    """A client's hardware address as a relay saw it (RFC 6939)."""
    return raw[2:].hex(":") if len(raw) == 8 and raw[:2] == b"\0\x01" else None


def said(found: Message) -> dict[str, object]:
    """What one message says, in the columns of its row."""
    client = found.first(_CLIENT)
    values: dict[str, object] = {
        "trans_id": f"{found.number:06x}",
        "msg_types": TYPES[found.kind],
        "client_duid": duid_name(client),
        "server_duid": duid_name(found.first(_SERVER)),
        "relay_addr": found.relay.link if found.relay else None,
        "mac": found.hardware or hardware_of(client),
        "client_fqdn": host_name(found.first(_FQDN)),
    }
    addresses = ",".join([address_name(raw[:16]) for raw in found.every(_ADDRESS) if len(raw) >= 24]) or None
    if not found.from_server:
        return values | {
            "requested_addr": addresses,
            "vendor_class": vendor_name(found.first(_VENDOR)),
            "param_list": numbers(found.first(_WANTED)),
            "options": ",".join(map(str, found.own)) or None,
        }
    lifetimes = [int.from_bytes(raw[20:24], "big") for raw in found.every(_ADDRESS) if len(raw) >= 24]
    lifetimes += [int.from_bytes(raw[4:8], "big") for raw in found.every(_PREFIX) if len(raw) >= 25]
    status = _status(found)
    return values | {
        "assigned_addr": addresses,
        "assigned_prefix": ",".join([prefix_name(raw) for raw in found.every(_PREFIX) if len(raw) >= 25]) or None,
        "lease_time": min(lifetimes, default=None),
        "domain": domain_names(found.first(_DOMAINS)),
        "dns_servers": resolvers(found.first(_RESOLVERS)),
        "status": None if status is None else status_name(status),
        "server_message": None if status is None else status_text(status),
    }


def _status(found: Message) -> bytes | None:
    """The first status that is no success, else the first (section 21.13)."""
    every = [raw for raw in found.every(_STATUS) if len(raw) >= 2]
    return next((raw for raw in every if raw[:2] != b"\0\0"), every[0] if every else None)


def status_name(raw: bytes) -> str:
    code = int.from_bytes(raw[:2], "big")
    return _STATUSES.get(code, str(code))


def status_text(raw: bytes) -> str | None:
    return text(raw[2:]) or None


def duid_name(raw: bytes) -> str | None:
    """An identifier of client or server, in hex."""
    return raw[:130].hex() or None


def host_name(raw: bytes) -> str | None:
    """The client's name, behind a byte of flags (RFC 4704)."""
    return ".".join(_names(raw[1:])) or None


def domain_names(raw: bytes) -> str | None:
    return ",".join(_names(raw, whole=True)) or None


def prefix_name(raw: bytes) -> str:
    """The network of an option that hands one on."""
    return f"{address_name(raw[9:25])}/{raw[8]}"


def resolvers(raw: bytes) -> str | None:
    return ",".join([address_name(raw[at : at + 16]) for at in range(0, len(raw) - 15, 16)]) or None


def numbers(raw: bytes) -> str | None:
    """Numbers of two bytes each."""
    return ",".join(map(str, struct.unpack_from(f">{len(raw) // 2}H", raw))) or None


def hardware_of(raw: bytes) -> str | None:
    """The hardware address that an identifier was made from (section 11.2, 11.4)."""
    start = {1: 8, 3: 4}.get(int.from_bytes(raw[:2], "big"))
    if start is None or int.from_bytes(raw[2:4], "big") != _ETHERNET or len(raw) != start + 6:
        return None
    return raw[start:].hex(":")


def vendor_name(raw: bytes) -> str | None:
    """Enterprise number, then texts after two bytes of length each (section 21.16)."""
    at, texts = 4, []
    while at + 2 <= len(raw):
        size = int.from_bytes(raw[at : at + 2], "big")
        texts.append(text(raw[at + 2 : at + 2 + size]))
        at += 2 + size
    return ",".join(texts) or None


def _names(raw: bytes, whole: bool = False) -> list[str]:
    """Labels of the first name (section 10: DNS form, not compressed); `whole`: all names, each in one text."""
    names: list[str] = []
    labels: list[str] = []
    at = 0
    while at < len(raw) and raw[at] < 64:
        if raw[at]:
            labels.append(text(raw[at + 1 : at + 1 + raw[at]]))
        elif not whole:
            return labels
        else:
            names.append(".".join(labels))
            labels = []
        at += 1 + raw[at]
    return names if whole else labels
