"""Frames of TCP connections and UDP datagrams. Scapy builds one header of each kind; every frame varies its bytes.

Building each packet with scapy would take minutes; the fields that differ (addresses, ports, sequence numbers, lengths,
checksums) are written over the template here.
"""

from __future__ import annotations

import ipaddress
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MSS = 1_440  # bytes of payload a segment: fits IPv4 and IPv6 in an Ethernet frame
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
LINKTYPE_ETHERNET = 1
_SYN_OPTIONS = bytes.fromhex("020405a00101040201030308")  # MSS 1440, two NOPs, SACK permitted, NOP, window scale 8


@dataclass(frozen=True, slots=True)
class Peer:
    """One end of a conversation. `ttl` is the hop count its packets still have when they pass the capture."""

    mac: str
    ip: str
    port: int
    ttl: int = 128


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes that one side sends, `delay_ns` after the part before it and not before the instant `not_before_ns`."""

    from_client: bool
    payload: bytes
    delay_ns: int = 0
    not_before_ns: int = 0


@dataclass(frozen=True, slots=True)
class _Header:
    """Everything of a frame in one direction that no packet changes, and the constant part of its checksums."""

    ethernet: bytes
    ip: bytes
    transport: bytes
    version: int
    pseudo: int
    ip_sum: int


@lru_cache(maxsize=8)
def _template(version: int, protocol: int) -> bytes:
    """An Ethernet/IP/TCP or UDP header built by scapy, all its fields set so that no default can move its bytes."""
    from scapy.layers.inet import IP, TCP, UDP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether

    mac = "02:00:5e:00:53:00"
    ether = Ether(src=mac, dst=mac, type=0x0800 if version == 4 else 0x86DD)
    if version == 4:
        network = IP(version=4, ihl=5, tos=0, len=0, id=0, flags="DF", frag=0, ttl=64, proto=protocol, chksum=0,
                     src="192.0.2.1", dst="192.0.2.1")  # fmt: skip
    else:
        network = IPv6(version=6, tc=0, fl=0, plen=0, nh=protocol, hlim=64, src="2001:db8::1", dst="2001:db8::1")
    if protocol == 6:
        transport = TCP(
            sport=1, dport=1, seq=0, ack=0, dataofs=5, reserved=0, flags=0, window=0, chksum=0, urgptr=0, options=[]
        )
    else:
        transport = UDP(sport=1, dport=1, len=0, chksum=0)
    return bytes(ether / network / transport)


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


@lru_cache(maxsize=16_384)
def _header(source: Peer, target: Peer, protocol: int) -> _Header:
    a, b = ipaddress.ip_address(source.ip), ipaddress.ip_address(target.ip)
    raw = bytearray(_template(a.version, protocol))
    raw[0:6], raw[6:12] = _mac(target.mac), _mac(source.mac)
    if a.version == 4:
        raw[22], raw[26:30], raw[30:34] = source.ttl, a.packed, b.packed
        cut = 34
    else:
        raw[21], raw[22:38], raw[38:54] = source.ttl, a.packed, b.packed
        cut = 54
    struct.pack_into("!HH", raw, cut, source.port, target.port)
    pseudo = (int.from_bytes(a.packed) + int.from_bytes(b.packed) + protocol) % 65_535
    ip_sum = int.from_bytes(raw[14:34]) % 65_535 if a.version == 4 else 0
    return _Header(bytes(raw[:14]), bytes(raw[14:cut]), bytes(raw[cut:]), a.version, pseudo, ip_sum)


def _frame(header: _Header, transport: bytes, ident: int) -> bytes:
    size = len(transport)
    if header.version == 6:
        return b"".join((header.ethernet, header.ip[:4], struct.pack("!H", size), header.ip[6:], transport))
    total = size + 20
    checksum = (65_535 - (header.ip_sum + total + ident) % 65_535) % 65_535
    ip = header.ip
    return b"".join(
        (
            header.ethernet,
            ip[:2],
            struct.pack("!HH", total, ident),
            ip[6:10],
            struct.pack("!H", checksum),
            ip[12:],
            transport,
        )
    )


def _checksum(header: _Header, transport: bytes) -> int:
    """RFC 1071 over the pseudo header and the segment, whose own checksum field is still zero."""
    padded = transport + b"\0" if len(transport) % 2 else transport
    return (65_535 - (int.from_bytes(padded) + header.pseudo + len(transport)) % 65_535) % 65_535


class Wire:
    """The frames of a capture as (true time in ns, frame), kept until they are written in order of time."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, bytes]] = []
        self._ident = 0

    def _add(self, time_ns: int, header: _Header, transport: bytes) -> None:
        self._ident = (self._ident + 1) & 0xFFFF
        self.frames.append((time_ns, _frame(header, transport, self._ident)))

    def datagram(self, time_ns: int, source: Peer, target: Peer, payload: bytes) -> None:
        header = _header(source, target, 17)
        udp = header.transport[:4] + struct.pack("!HH", 8 + len(payload), 0) + payload
        checksum = _checksum(header, udp) or 0xFFFF  # RFC 768: zero would mean that there is none
        self._add(time_ns, header, udp[:6] + struct.pack("!H", checksum) + payload)

    def connection(self, start_ns: int, client: Peer, server: Peer, parts: Sequence[Part], round_trip_ns: int) -> int:
        """A whole TCP connection from handshake to close; returns the time of its last frame."""
        return _Conversation(self, client, server, round_trip_ns).run(start_ns, parts)

    def refused(self, start_ns: int, client: Peer, server: Peer, round_trip_ns: int) -> None:
        """A connection attempt that the server resets."""
        _Conversation(self, client, server, round_trip_ns).refuse(start_ns)

    def write(self, path: Path) -> int:
        """Write a little-endian pcap with microsecond times; returns the number of frames."""
        from scapy.utils import RawPcapWriter

        self.frames.sort(key=lambda item: item[0])
        writer = RawPcapWriter(str(path), linktype=LINKTYPE_ETHERNET, endianness="<", snaplen=262_144)
        try:
            writer.write_header(None)
            for time_ns, frame in self.frames:
                seconds, rest = divmod(time_ns, 1_000_000_000)
                writer.write_packet(frame, sec=seconds, usec=rest // 1000, caplen=len(frame), wirelen=len(frame))
        finally:
            writer.close()
        return len(self.frames)


class _Conversation:
    """One TCP connection: sequence numbers of both sides, and the frames as they pass the capture near the server."""

    def __init__(self, wire: Wire, client: Peer, server: Peer, round_trip_ns: int) -> None:
        self.wire, self.half = wire, max(round_trip_ns // 2, 1_000)
        self.headers = {True: _header(client, server, 6), False: _header(server, client, 6)}
        # Initial sequence numbers follow from the addresses and ports: any value will do, the same on every run.
        self.next = {True: self._initial(client, server), False: self._initial(server, client)}

    @staticmethod
    def _initial(a: Peer, b: Peer) -> int:
        return zlib.crc32(f"{a.ip}:{a.port}>{b.ip}:{b.port}".encode())

    def _send(self, time_ns: int, from_client: bool, flags: int, payload: bytes = b"", options: bytes = b"") -> None:
        header = self.headers[from_client]
        ack = self.next[not from_client] if flags & ACK else 0
        length = (20 + len(options)) << 2 << 8 | flags
        window = 64_240 if flags & SYN else 1_024
        segment = header.transport[:4] + struct.pack("!IIHHHH", self.next[from_client], ack, length, window, 0, 0)
        segment += options + payload
        checksum = _checksum(header, segment)
        self.wire._add(time_ns, header, segment[:16] + struct.pack("!H", checksum) + segment[18:])
        taken = len(payload) + (1 if flags & (SYN | FIN) else 0)
        self.next[from_client] = (self.next[from_client] + taken) & 0xFFFFFFFF

    def refuse(self, start_ns: int) -> None:
        self._send(start_ns, True, SYN, options=_SYN_OPTIONS)
        self._send(start_ns + self.half, False, RST | ACK)

    def run(self, start_ns: int, parts: Iterable[Part]) -> int:
        self._send(start_ns, True, SYN, options=_SYN_OPTIONS)
        self._send(start_ns + self.half, False, SYN | ACK, options=_SYN_OPTIONS)
        now = start_ns + 2 * self.half
        self._send(now, True, ACK)
        for part in parts:
            now = self._part(max(now + max(part.delay_ns, 1_000), part.not_before_ns), part)
        self._send(now + self.half, True, FIN | ACK)
        self._send(now + 2 * self.half, False, FIN | ACK)
        self._send(now + 3 * self.half, True, ACK)
        return now + 3 * self.half

    def _part(self, now: int, part: Part) -> int:
        """The segments of one part, each second one acknowledged, as receivers do."""
        pieces = range(0, len(part.payload), MSS)
        for number, start in enumerate(pieces, 1):
            last = number == len(pieces)
            self._send(now, part.from_client, ACK | PSH if last else ACK, part.payload[start : start + MSS])
            now += 12_000
            if number % 2 == 0 or last:
                self._send(now + self.half // 4, not part.from_client, ACK)
                now += self.half // 4 + 1_000
        return now
