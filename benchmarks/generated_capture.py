"""A capture made up of plain traffic: DNS, HTTP and bulk transfers over TCP, interleaved, the same bytes each time."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

FLOWS = 16_000  # a quarter DNS, half HTTP, a quarter bulk: one packet in twenty carries a message, as in mixed real captures
BODY = 30_000  # bytes of an HTTP response
BULK = 60  # packets of a bulk flow
_START = 1_767_323_045  # 2026-01-02T03:04:05Z
_SYN, _ACK, _PUSH, _FIN = 2, 16, 8, 1


def _dns(number: int, answered: bool) -> bytes:
    name = b"\x06host%02d\x07example\x03com\x00" % (number % 100)
    head = struct.pack(">6H", number % 65536, 0x8180 if answered else 0x0100, 1, int(answered), 0, 0)
    answer = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + bytes((192, 0, 2, number % 256)) if answered else b""
    return head + name + b"\x00\x01\x00\x01" + answer


def _http(number: int) -> tuple[bytes, bytes]:
    ask = f"GET /page/{number % 5000}?id={number} HTTP/1.1\r\nHost: www{number % 50}.example.org\r\nUser-Agent: Agent/1.0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % BODY
    return ask.encode(), head + b"x" * BODY


def _flow(number: int) -> list[tuple[bool, int, bytes, int, int]]:
    """Packets of one flow: sent by the client, flags (-1: UDP), payload, sequence and acknowledgement relative to the start."""
    if number % 4 == 0:
        return [(True, -1, _dns(number, False), 0, 0), (False, -1, _dns(number, True), 0, 0)]
    if number % 4 == 1:
        return [(True, _PUSH | _ACK, b"\x01" * 400, 1 + 400 * at, 1) for at in range(BULK)]
    ask, reply = _http(number)
    out = [
        (True, _SYN, b"", 0, 0),
        (False, _SYN | _ACK, b"", 0, 1),
        (True, _ACK, b"", 1, 1),
        (True, _PUSH | _ACK, ask, 1, 1),
    ]
    for at in range(0, len(reply), 1400):
        out.append((False, _PUSH | _ACK, reply[at : at + 1400], 1 + at, 1 + len(ask)))
    asked, replied = 1 + len(ask), 1 + len(reply)
    return [
        *out,
        (True, _FIN | _ACK, b"", asked, replied),
        (False, _FIN | _ACK, b"", replied, asked + 1),
        (True, _ACK, b"", asked + 1, replied + 1),
    ]


def _packet(number: int, packet: tuple[bool, int, bytes, int, int]) -> bytes:
    up, flags, payload, sequence, acknowledged = packet
    client, server = bytes((198, 51, 100, number % 251)), bytes((203, 0, 113, number % 241))
    sport, dport = 1024 + number % 60_000, 53 if flags < 0 else 80
    ports = struct.pack(">HH", *((sport, dport) if up else (dport, sport)))
    if flags < 0:
        body = ports + struct.pack(">HH", 8 + len(payload), 0) + payload
    else:
        base = number * 7919 % 2**31
        numbers = struct.pack(">II", base + sequence, base + acknowledged if flags & _ACK else 0)
        body = ports + numbers + struct.pack(">BBHHH", 0x50, flags, 65535, 0, 0) + payload
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0x4000, 64, 17 if flags < 0 else 6, 0)
    ends = client + server if up else server + client
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\x00" + head + ends + body


def write_capture(path: Path, flows: int = FLOWS, seed: int = 7) -> tuple[int, int]:
    """A pcap of DNS and HTTP flows, interleaved, the same bytes each time. Returns its packets and its size in bytes."""
    chance = np.random.default_rng(seed)
    packets = [(number, at, packet) for number in range(flows) for at, packet in enumerate(_flow(number))]
    starts = chance.integers(0, 3_600_000_000, flows)  # microseconds within an hour
    times = np.array([starts[number] + at * 20_000 for number, at, _ in packets])
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for place in np.argsort(times, kind="stable").tolist():
            raw = _packet(packets[place][0], packets[place][2])
            second, micro = divmod(int(times[place]), 10**6)
            out.write(struct.pack("<IIII", _START + second, micro, len(raw), len(raw)) + raw)
    return len(packets), path.stat().st_size
