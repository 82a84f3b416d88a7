"""Captures made by hand, byte by byte, and reading them with the ledger checked each time."""

from __future__ import annotations

import hashlib
import itertools
import pickle
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import pytest

from parsers.base import Batch, Evidence
from parsers.network.capture import PARSER
from tests.made_once import made_once
from tests.said import said
from timelines.problems import Account, LedgerRow, Problem, balance
from timelines.rows import Provenance, finish

EVIDENCE = Path(__file__).resolve().parents[4] / "shared" / "evidence" / "network"
CLIENT, SERVER = "192.0.2.10", "198.51.100.20"
START = 1_767_323_045  # 2026-01-02T03:04:05Z
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10


@dataclass(frozen=True)
class Result:
    """What a capture became: rows by family as dicts (nulls left out), problems in order, ledger, accounts."""

    data: bytes
    rows: dict[str, list[dict[str, Any]]]
    problems: list[Problem]
    ledger: LedgerRow
    accounts: list[Account]

    def __getattr__(self, name: str) -> list[dict[str, Any]]:
        if name.startswith("__"):
            raise AttributeError(name)  # what pickle asks for, not a family
        return self.rows.get(f"net/{name}", [])

    @property
    def reasons(self) -> list[str]:
        return [problem.reason for problem in self.problems]

    def row_bytes(self, row: dict[str, Any]) -> bytes:
        return self.data[row["offset"] : row["offset"] + row["length"]]


@cache
def _address(text: str) -> IPv4Address | IPv6Address:
    """Thousands of packets are made of few addresses."""
    return ip_address(text)


class Wire:
    """Packets and files, the fields spelled out."""

    client, server = CLIENT, SERVER
    fin, syn, rst, psh, ack = FIN, SYN, RST, PSH, ACK
    start = START

    def ethernet(self, payload: bytes, ether: int = 0x0800, tags: Iterable[tuple[int, int]] = ()) -> bytes:
        mark = b"".join(struct.pack(">HH", kind, vlan) for kind, vlan in tags)
        return (
            b"\x02\x00\x00\x00\x00\x02"  # destination
            + b"\x02\x00\x00\x00\x00\x01"  # source
            + mark  # each tag: its own type, then the id
            + struct.pack(">H", ether)
            + payload
        )

    def ip(self, src: str, dst: str, proto: int, payload: bytes, fragment: int = 0) -> bytes:
        one, two = _address(src), _address(dst)
        if one.version == 6:
            # version 6, payload length, next header, hop limit 64
            return struct.pack(">IHBB", 6 << 28, len(payload), proto, 64) + one.packed + two.packed + payload
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, fragment, 64, proto, 0)
        return head + one.packed + two.packed + payload

    def tcp_segment(self, sport: int, dport: int, seq: int, flags: int, data: bytes = b"", ack: int = 0) -> bytes:
        # ports, sequence, acknowledgement, data offset 5 words, flags, window, checksum, urgent pointer
        return struct.pack(">HHIIBBHHH", sport, dport, seq % 2**32, ack % 2**32, 5 << 4, flags, 65535, 0, 0) + data

    def tcp(self, ends: tuple[str, int, str, int], seq: int, flags: int, data: bytes = b"", ack: int = 0) -> bytes:
        src, sport, dst, dport = ends
        packet = self.ip(src, dst, 6, self.tcp_segment(sport, dport, seq, flags, data, ack))
        return self.ethernet(packet, 0x86DD if ":" in src else 0x0800)

    def udp(self, ends: tuple[str, int, str, int], data: bytes) -> bytes:
        src, sport, dst, dport = ends
        packet = self.ip(src, dst, 17, struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data)
        return self.ethernet(packet, 0x86DD if ":" in src else 0x0800)

    def session(
        self, sent: list[tuple[str, bytes]], port: int = 80, sport: int = 40000, isn: int = 1000
    ) -> list[bytes]:
        """A whole TCP connection: handshake, the given ("c" or "s", bytes) in order, both FINs."""
        up, down = (CLIENT, sport, SERVER, port), (SERVER, port, CLIENT, sport)
        there, back = isn, isn + 5000
        out = [self.tcp(up, there, SYN), self.tcp(down, back, SYN | ACK, ack=there + 1), self.tcp(up, there + 1, ACK)]
        there, back = there + 1, back + 1
        for side, data in sent:
            if side == "c":
                out.append(self.tcp(up, there, PSH | ACK, data, back))
                there += len(data)
            else:
                out.append(self.tcp(down, back, PSH | ACK, data, there))
                back += len(data)
        out += [self.tcp(up, there, FIN | ACK), self.tcp(down, back, FIN | ACK), self.tcp(up, there + 1, ACK)]
        return out

    def pcap_head(self, order: str = "<", magic: int = 0xA1B2C3D4, link: int = 1, snaplen: int = 65535) -> bytes:
        # magic, version 2.4, zone 0, accuracy 0, snap length, link type
        return struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link)

    def pcap_record(
        self, packet: bytes, second: int, fraction: int = 0, order: str = "<", wire: int | None = None
    ) -> bytes:
        # seconds, fraction, captured, original
        return struct.pack(order + "IIII", second, fraction, len(packet), wire or len(packet)) + packet

    def pcap(self, packets: Iterable[bytes], link: int = 1, step: int = 1) -> bytes:
        """Microseconds, little-endian; packets `step` microseconds apart."""
        records = (
            self.pcap_record(packet, START + at * step // 10**6, at * step % 10**6) for at, packet in enumerate(packets)
        )
        return self.pcap_head(link=link) + b"".join(records)

    def block(self, kind: int, body: bytes, order: str = "<") -> bytes:
        body += b"\0" * (-len(body) % 4)
        size = struct.pack(order + "I", 12 + len(body))
        return struct.pack(order + "I", kind) + size + body + size

    def section(self, order: str = "<") -> bytes:
        # byte-order magic, version 1.0, section length unknown
        return self.block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)

    def interface(self, link: int = 1, order: str = "<", options: Iterable[tuple[int, bytes]] = ()) -> bytes:
        parts = (struct.pack(order + "HH", code, len(v)) + v + b"\0" * (-len(v) % 4) for code, v in options)
        return self.block(1, struct.pack(order + "HHI", link, 0, 0) + b"".join(parts), order)

    def enhanced(self, packet: bytes, ticks: int, interface: int = 0, order: str = "<") -> bytes:
        head = struct.pack(order + "IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(packet), len(packet))
        return self.block(6, head + packet, order)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], Result]:
    """Read a capture; its accounts must tile it and its row ids must differ."""
    numbers = itertools.count()

    def reading(data: bytes) -> Result:
        path = tmp_path / f"{next(numbers)}.pcap"
        path.write_bytes(data)
        return read_path(path)

    return reading


@pytest.fixture(scope="session")
def read_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Result]:
    """Read a shared capture, as all bounds are: once a run, since many tests ask for the rows of the same captures."""

    def reading(path: Path) -> Result:
        def make(folder: Path) -> None:
            folder.mkdir()
            (folder / "read").write_bytes(pickle.dumps(read_path(path)))

        name = f"capture-{hashlib.sha256(bytes(path)).hexdigest()[:24]}"
        found: Result = pickle.loads((made_once(tmp_path_factory, name, make) / "read").read_bytes())
        return found

    return reading


def read_path(path: Path) -> Result:
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    evidence = Evidence("E001", path.name, path, len(data), sha256)
    rows: dict[str, list[dict[str, Any]]] = {}
    problems: list[Problem] = []
    accounts: list[Account] = []
    for piece in PARSER.slices(evidence):
        for output in PARSER.parse(evidence, piece):
            if isinstance(output, Batch):
                finished = finish(output.family, output.rows, Provenance("E001", path.name, sha256))
                rows.setdefault(output.family, []).extend(said(finished))
            elif isinstance(output, Problem):
                problems.append(output)
            else:
                accounts.append(output)
    ledger, lost = balance("E001", path.name, len(data), accounts)
    assert lost == [], "accounts must tile the file"
    for family, found in rows.items():
        assert len({row["row_id"] for row in found}) == len(found), family
    return Result(data, rows, problems, ledger, accounts)


@pytest.fixture(scope="session")
def captures() -> list[Path]:
    """The shared real captures; the test is skipped where they are absent."""
    if not EVIDENCE.is_dir():
        pytest.skip(f"no shared evidence at {EVIDENCE}")
    return sorted(EVIDENCE.iterdir())
