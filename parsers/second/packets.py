"""Packets of captures as scapy reads them: the record at a row's offset, given to scapy as a capture of one packet."""

from __future__ import annotations

import importlib
import io
import logging
import re
import struct
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from parsers.network.tunnels import BY_PORT, BY_PROTOCOL
from parsers.second.blocks import Preambles, is_pcapng
from parsers.second.messages import FAMILIES, MODULES, Payload, values_of
from parsers.second.reading import Place, Reading, Tool, Unread

_FILE_HEADER = 24  # draft-ietf-opsawg-pcap section 4
_RECORD_HEADER = 16
_MOST = 1 << 16  # bytes of a packet given to scapy, which is slow
_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ \r\n]+) HTTP/1\.[01]\r\n")
_HEADERS = {
    b"host": "host_",
    b"user-agent": "user_agent",
    b"referer": "referrer",
    b"x-forwarded-for": "x_forwarded_for",
}
# What scapy raises, besides its own error, for packets that are not as they should be
_HOSTILE = (ValueError, KeyError, IndexError, AttributeError, TypeError, struct.error, OverflowError)
_TOLD = 12  # layers named of one packet
DISSECTED = frozenset(
    {"net/arp", "net/dns", "net/http", *FAMILIES}
)  # families of whose messages scapy, or we beside it, read fields
_TRANSPORTS = {"TCP": "tcp", "UDP": "udp"}


def tool() -> Tool:
    """The package and its version."""
    return Tool("scapy", metadata.version("scapy"), "the row's first packet, layer by layer")


class PacketRecords:
    """Reads packets of one capture; `family`: layers of its protocol are named as well."""

    def __init__(self, view: memoryview, family: str = "") -> None:
        self._view = view
        self._preambles = Preambles(view) if is_pcapng(view) else None
        logging.getLogger("scapy").setLevel(logging.CRITICAL)  # no warnings about this machine's interfaces or routes
        for layers in ("l2", "inet", "inet6", "dns", "llmnr", "ppp", "vxlan", "l2tp"):
            importlib.import_module(f"scapy.layers.{layers}")  # each registers its link and payload types
        for layers in ("erspan", "etherip", "geneve", "gtp", "mpls"):
            importlib.import_module(f"scapy.contrib.{layers}")
        for module in MODULES.get(family, ()):
            importlib.import_module(f"scapy.{module}")

    def read(self, place: Place) -> Reading | Unread:
        """Time, addresses, ports and what the row's family says of its first packet."""
        from scapy.error import Scapy_Exception

        try:
            link, time, data = self._record(place)
            values: dict[str, str | None] = {"time": time}
            packet = _packet(link, data)
            if place.family == "net/arp":
                return _neighbours(packet, values)
            networks = _networks(packet)
            if any(map(_fragment, networks)):
                return Unread("a fragment; scapy is given one packet, and the row may be of several")
            ends = _headers(networks, place.family, values)
        except (EOFError, StopIteration):
            return Unread("scapy finds no packet at the row's offset")
        except (Scapy_Exception, *_HOSTILE) as error:
            return Unread(f"scapy cannot read it: {error}"[:200])
        return (
            Reading(values, ends=ends, within=_within(networks))
            if ends
            else Unread(f"scapy finds no IP packet in it (link type {link})")
        )

    def layers(self, offset: int, length: int) -> str:
        """The names of the layers that scapy finds in the packet at `offset`, outermost first; empty where it knows none."""
        from scapy.error import Scapy_Exception

        try:
            link, _, data = self._record(Place("", "", offset, length))
            found = _layers(_packet(link, data[:_MOST]))
        except (EOFError, StopIteration, Scapy_Exception, *_HOSTILE):
            return ""
        return " / ".join(str(layer.name) for layer in found[:_TOLD])

    def _record(self, place: Place) -> tuple[int, str, bytes]:
        """Link type, time and bytes of the packet."""
        from scapy.utils import RawPcapNgReader, RawPcapReader

        record = bytes(self._view[place.offset : place.offset + place.length])
        if self._preambles is not None:
            held = io.BytesIO(self._preambles.before(place.offset) + record)
            data, info = next(RawPcapNgReader(held))
            if info.tshigh is None:
                raise ValueError("the packet has no time")
            return int(info.linktype), _instant((info.tshigh << 32) + info.tslow, int(info.tsresol)), bytes(data)
        reader: Any = RawPcapReader(io.BytesIO(bytes(self._view[:_FILE_HEADER]) + record))
        data, info = next(reader)
        unit = 1_000_000_000 if reader.nano else 1_000_000
        return int(reader.linktype) & 0xFFFF, _instant(info.sec * unit + info.usec, unit), bytes(data)


def _instant(ticks: int, per_second: int) -> str:
    """Ticks since 1970 as ISO 8601 with nine decimals."""
    seconds, rest = divmod(ticks, per_second)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest * 1_000_000_000 // per_second:09d}Z"


def _packet(link: int, data: bytes) -> Any:
    """The packet in scapy's layers, or None where it does not know the link."""
    from scapy.config import conf

    kind = conf.l2types.num2layer.get(link)
    return None if kind is None else kind(data)


def _networks(packet: Any) -> list[Any]:
    """The IP layers of a packet, the outermost first; what ICMP quotes is none of them."""
    return [layer for layer in _layers(packet) if layer.name in ("IP", "IPv6")]


def _fragment(network: Any) -> bool:
    if network.name == "IP":
        return bool(network.frag or network.flags.MF)
    layer = network.payload
    while layer and layer.name.startswith("IPv6 Extension Header"):
        if "Fragment" in layer.name:
            return bool(layer.offset or layer.m)
        layer = layer.payload
    return False


def _ends(network: Any) -> tuple[str, str]:
    carried = _carried(network)
    if carried is None:
        return str(network.src), str(network.dst)
    return f"{network.src} {carried.sport}", f"{network.dst} {carried.dport}"


def _within(networks: list[Any]) -> tuple[tuple[str, str], ...] | None:
    """The ends of packets inside the first one; None where it is no tunnel's by its protocol and ports."""
    first = networks[0]
    carried = _carried(first)
    number = first.proto if first.name == "IP" else first.nh
    ported = carried is not None and carried.name == "UDP" and {carried.sport, carried.dport} & set(BY_PORT)
    if len(networks) == 1 and not ported and number not in BY_PROTOCOL:
        return None
    return tuple(map(_ends, networks[1:]))


def _headers(networks: list[Any], family: str, values: dict[str, str | None]) -> tuple[str, str] | None:
    """Both ends of the outermost packet, sender first; None where there is no IP. `values` gets what the family asks."""
    if not networks:
        return None
    first = networks[0]
    carried = _carried(first)
    if carried is None:
        return _ends(first)
    if family in ("net/conn", "net/dns"):
        values["proto"] = _TRANSPORTS[carried.name]
    if family == "net/dns":
        _question(carried, values)
    elif family == "net/http":
        _request(bytes(carried.payload), values)
    elif family in FAMILIES:
        values |= _message(family, carried)
    return _ends(first)


def _message(family: str, carried: Any) -> dict[str, str | None]:
    """Values of the application's message; none where scapy's dissector cannot take it apart: the headers are read all the same."""
    from scapy.error import Scapy_Exception

    payload = Payload(bytes(carried.payload), carried.name == "TCP", int(carried.sport), int(carried.dport))
    try:
        return values_of(family, payload)
    except (Scapy_Exception, AssertionError, RecursionError, *_HOSTILE):
        return {}


def _neighbours(packet: Any, values: dict[str, str | None]) -> Reading | Unread:
    """What an ARP message says of both ends."""
    found = next((layer for layer in _layers(packet) if layer.name == "ARP"), None)
    if found is None or found.ptype != 0x0800:
        return Unread("scapy finds no ARP of IPv4 in it")
    values["sender_mac"], values["target_mac"] = str(found.hwsrc), str(found.hwdst)
    values["sender_ip"], values["target_ip"] = str(found.psrc), str(found.pdst)
    return Reading(values)


def _carried(network: Any) -> Any:
    """What an IP packet carries itself, behind IPv6 extension headers: TCP or UDP, else None. Packets in tunnels are not its own."""
    layer = network.payload
    while layer and layer.name.startswith("IPv6 Extension Header"):
        layer = layer.payload
    return layer if layer and layer.name in _TRANSPORTS else None


def _layers(packet: Any) -> list[Any]:
    found = []
    while packet:
        found.append(packet)
        packet = packet.payload
    return found


def _question(carried: Any, values: dict[str, str | None]) -> None:
    """The one question of a DNS message; several make one row each, which one packet does not tell apart."""
    message = next((layer for layer in _layers(carried) if layer.name in _MESSAGES), None)
    if message is None or (carried.name == "TCP" and message.length != len(bytes(carried.payload)) - 2):
        return
    values["trans_id"] = str(message.id)
    if message.qdcount != 1 or not message.qd:
        return
    asked = message.qd[0]
    values["query"] = bytes(asked.qname).decode("ascii", "backslashreplace")
    values["qtype"], values["qclass"] = str(int(asked.qtype)), str(_class(asked))


_MESSAGES = ("DNS", "Link Local Multicast Node Resolution - Query", "Link Local Multicast Node Resolution - Response")


def _class(asked: Any) -> int:
    """The class with the bit that multicast DNS uses to ask for a unicast answer (RFC 6762 section 5.4)."""
    return int(asked.qclass) | (int(getattr(asked, "unicastresponse", 0)) << 15)


def _request(payload: bytes, values: dict[str, str | None]) -> None:
    """Request line and headers of the one request that begins the packet's payload, those that it holds in full."""
    found = _REQUEST.match(payload)
    if found is None or len(_REQUEST.findall(payload)) != 1:
        return
    values["method"], values["uri"] = found[1].decode("ascii"), found[2].decode("utf-8", "backslashreplace")
    head, _, _ = payload[found.end() :].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    whole = lines if b"\r\n\r\n" in payload[found.end() - 2 :] else lines[:-1]
    named = [line.partition(b":") for line in whole]
    for header, column in _HEADERS.items():
        given = [value.strip(b" \t") for name, _, value in named if name.lower() == header]
        if len(given) == 1:
            values[column] = given[0].decode("utf-8", "backslashreplace")
