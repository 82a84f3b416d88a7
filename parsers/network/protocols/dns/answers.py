"""Data of DNS records as text: in the forms of Zeek's dns.log where it has one, else type and fields as zone files write them.

Zeek's forms are short (of a SOA record it keeps the primary server, of a DS record two numbers); lists inside other records are joined
by `/`, since commas separate the answers.
"""

from __future__ import annotations

import struct
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from socket import AF_INET, AF_INET6, inet_ntop

from parsers.network.protocols.dns.names import name_at, netbios_text
from parsers.network.protocols.dns.numbers import SERVICE_KEYS, TYPES

VALUE_LIMIT = 4_096  # characters kept of one answer; a message holds 65,535 bytes, honest answers far less
_ROOT = "<Root>"  # Zeek's word for the empty name


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Data:
    """The data of one record inside its message: from `at` to `end`; `owner` is where the record's name stands."""

    message: bytes
    at: int
    end: int
    owner: int
    known: dict[int, str]

    @property
    def raw(self) -> bytes:
        return self.message[self.at : self.end]

    def name(self, skip: int = 0) -> str:
        return self.named(skip)[0]

    def named(self, skip: int = 0) -> tuple[str, int]:
        """The name `skip` bytes into the data, and how many bytes into it the rest begins. Raises ValueError where it runs out."""
        found, after = name_at(self.message, self.at + skip, self.known)
        if after > self.end:
            raise ValueError("name runs beyond its record")
        return found, after - self.at


def rendered(kind: int, data: Data) -> str:
    """One record's data as text. Raises ValueError, IndexError or struct.error where the data breaks its type."""
    form = _FORMS.get(kind)
    return form(data)[:VALUE_LIMIT] if form else plain(kind, data.raw)


def plain(kind: int, raw: bytes) -> str:
    """Type and bytes in hex: for types without a form, and data that breaks its form."""
    return f"{TYPES.get(kind, f'TYPE{kind}')} {raw.hex()}"[:VALUE_LIMIT]


def _address(family: int, size: int) -> Callable[[Data], str]:
    def form(data: Data) -> str:
        if data.end - data.at != size:
            raise ValueError("address of another size")
        return inet_ntop(family, data.raw)

    return form


def _texts(raw: bytes) -> list[str]:
    """Character strings, each after a byte with its length. Raises ValueError where one runs out."""
    out, at = [], 0
    while at < len(raw):
        size = raw[at]
        if at + 1 + size > len(raw):
            raise ValueError("string runs beyond its record")
        out.append(raw[at + 1 : at + 1 + size].decode("utf-8", "backslashreplace"))
        at += 1 + size
    return out


def _strings(word: str) -> Callable[[Data], str]:
    """As Zeek writes them: `TXT <length> <text>`, one after the other."""

    def form(data: Data) -> str:
        raw, out, at = data.raw, [], 0
        while at < len(raw):
            size = raw[at]
            out.append(f"{word} {size} {raw[at + 1 : at + 1 + size].decode('utf-8', 'backslashreplace')}")
            at += 1 + size
        return " ".join(out)

    return form


def _service(word: str) -> Callable[[Data], str]:
    """SVCB and HTTPS (RFC 9460): priority, target, parameters."""

    def form(data: Data) -> str:
        (priority,) = struct.unpack_from(">H", data.raw)
        target, at = data.named(2)
        raw, out = data.raw, [f"{word} {priority} {target or '.'}"]
        while at < len(raw):
            key, size = struct.unpack_from(">HH", raw, at)
            if at + 4 + size > len(raw):
                raise ValueError("parameter runs beyond its record")
            out.append(_parameter(key, raw[at + 4 : at + 4 + size]))
            at += 4 + size
        return " ".join(out)

    return form


def _parameter(key: int, value: bytes) -> str:
    name = SERVICE_KEYS.get(key, f"key{key}")
    if name == "alpn":
        return "alpn=" + "/".join(_texts(value))
    if name == "port" and len(value) == 2:
        return f"port={int.from_bytes(value, 'big')}"
    if name in ("ipv4hint", "ipv6hint"):
        family, size = (AF_INET, 4) if name == "ipv4hint" else (AF_INET6, 16)
        return f"{name}=" + "/".join(inet_ntop(family, value[at : at + size]) for at in range(0, len(value), size))
    if name == "mandatory":
        keys = (int.from_bytes(value[at : at + 2], "big") for at in range(0, len(value), 2))
        return "mandatory=" + "/".join(SERVICE_KEYS.get(key, f"key{key}") for key in keys)
    if name == "ech":
        return "ech=" + b64encode(value).decode("ascii")
    return f"{name}={value.hex()}" if value else name


def _certification(data: Data) -> str:
    raw = data.raw
    tag = raw[2 : 2 + raw[1]].decode("ascii", "backslashreplace")
    return f"CAA {raw[0]} {tag} {raw[2 + raw[1] :].decode('utf-8', 'backslashreplace')}"


def _authority_pointer(data: Data) -> str:
    """NAPTR (RFC 3403 section 4.1)."""
    order, preference = struct.unpack_from(">HH", data.raw)
    raw, at, parts = data.raw, 4, []
    for _ in range(3):
        parts.append(raw[at + 1 : at + 1 + raw[at]].decode("utf-8", "backslashreplace"))
        at += 1 + raw[at]
    return f"NAPTR {order} {preference} " + " ".join(f'"{part}"' for part in parts) + f" {data.name(at) or '.'}"


def _numbers(word: str, form: str) -> Callable[[Data], str]:
    """Leading numbers, and the rest in hex: TLSA, SMIMEA …"""
    shape = struct.Struct(form)

    def text(data: Data) -> str:
        numbers = " ".join(map(str, shape.unpack_from(data.raw)))
        return f"{word} {numbers} {data.raw[shape.size :].hex()}"

    return text


def _signature(data: Data) -> str:
    (covered,) = struct.unpack_from(">H", data.raw)
    return f"RRSIG {covered} {data.name(18) or _ROOT}"


def _next_secure(data: Data) -> str:
    return f"NSEC {name_at(data.message, data.owner, data.known)[0] or _ROOT} {data.name() or _ROOT}"


def _host(data: Data) -> str:
    return "HINFO " + " ".join(_texts(data.raw))


def _two_names(data: Data) -> str:
    first, at = data.named()
    return f"RP {first or '.'} {data.name(at) or '.'}"


def _location_target(data: Data) -> str:
    priority, weight = struct.unpack_from(">HH", data.raw)
    return f"URI {priority} {weight} {data.raw[4:].decode('utf-8', 'backslashreplace')}"


def _delegation(data: Data) -> str:
    _, algorithm, digest = struct.unpack_from(">HBB", data.raw)
    return f"DS {algorithm} {digest}"


_FORMS: dict[int, Callable[[Data], str]] = {
    1: _address(AF_INET, 4),
    28: _address(AF_INET6, 16),
    13: _host,
    15: lambda data: data.name(2),
    16: _strings("TXT"),
    17: _two_names,
    18: lambda data: data.name(2),
    21: lambda data: data.name(2),
    29: lambda data: "LOC:  {} {} {}".format(*struct.unpack_from(">xBBB", data.raw)),
    33: lambda data: data.name(6),
    35: _authority_pointer,
    36: lambda data: data.name(2),
    43: _delegation,
    44: lambda data: f"SSHFP: {data.raw[2:].hex()}",
    46: _signature,
    47: _next_secure,
    48: lambda data: f"DNSKEY {data.raw[3]}",
    50: lambda _: "NSEC3",
    51: lambda _: "NSEC3PARAM",
    52: _numbers("TLSA", ">BBB"),
    53: _numbers("SMIMEA", ">BBB"),
    59: _numbers("CDS", ">HBB"),
    60: _numbers("CDNSKEY", ">HBB"),
    64: _service("SVCB"),
    65: _service("HTTPS"),
    99: _strings("SPF"),
    256: _location_target,
    257: _certification,
    65534: lambda _: "BIND9 signing signal",
}
_FORMS |= dict.fromkeys((2, 3, 4, 5, 6, 7, 8, 9, 12, 39), lambda data: data.name())


def netbios_rendered(kind: int, data: Data) -> str:
    """Answers of the NetBIOS name service (RFC 1002 section 4.2): addresses of a name, or the names of a node and its hardware address."""
    raw = data.raw
    if kind == 32:
        return " ".join(inet_ntop(AF_INET, raw[at + 2 : at + 6]) for at in range(0, len(raw), 6))
    if kind != 33:
        return plain(kind, raw)
    names = [raw[1 + 18 * at : 19 + 18 * at] for at in range(raw[0])]
    said = [f"{netbios_text(name[:15])}<{name[15]:02x}>" for name in names]
    unit = raw[1 + 18 * len(names) :][:6]
    return " ".join([*said, unit.hex(":")] if len(unit) == 6 else said)[:VALUE_LIMIT]
