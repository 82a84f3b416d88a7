"""Captures: our columns against dpkt and scapy loops that count the packets of each 5-tuple.

`athar, flows` does what the loops do; `athar` also orders streams and makes all rows of net/conn, net/dns and net/http. Each tool
runs in a fresh process, so that CPU seconds and peak memory are its own, start-up included. scapy reads the first SCAPY_PACKETS
only; its CPU and wall seconds are scaled to the whole file by the packet.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

FLOWS = 16_000  # a quarter DNS, half HTTP, a quarter bulk: one packet in twenty carries a message, as in mixed real captures
BODY = 30_000  # bytes of an HTTP response
BULK = 60  # packets of a bulk flow
SCAPY_PACKETS = 20_000
TOOLS = ("athar, flows", "athar", "dpkt loop", "scapy loop")
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


def read_with_athar(path: Path) -> tuple[int, int]:
    """Flows, and all rows, that our parser makes of the capture."""
    from parsers.base import Batch, Evidence
    from parsers.network.capture import PARSER

    evidence = Evidence("E001", path.name, path, path.stat().st_size, "0" * 64)
    batches = [b for piece in PARSER.slices(evidence) for b in PARSER.parse(evidence, piece) if isinstance(b, Batch)]
    flows = sum(batch.rows.num_rows for batch in batches if batch.family == "net/conn")
    return flows, sum(batch.rows.num_rows for batch in batches)


def count_with_athar(path: Path) -> tuple[int, int]:
    """Flows alone: the walk, the headers and the flow table of our parser."""
    from parsers.base import Evidence
    from parsers.gather import as_bytes
    from parsers.network import flows, packets, pcap

    view = Evidence("E001", path.name, path, path.stat().st_size, "0" * 64).open()
    buffer = as_bytes(view)
    walked = pcap.walk(view, buffer).packets
    found = len(flows.build(packets.decode(buffer, walked), walked))
    return found, found


def read_with_dpkt(path: Path) -> tuple[int, int]:
    """5-tuples, both directions merged, in a loop over dpkt's reader."""
    import dpkt

    counts: dict[tuple[object, ...], int] = {}
    with path.open("rb") as handle:
        for _, raw in dpkt.pcap.Reader(handle):
            ip = dpkt.ethernet.Ethernet(raw).data
            if not isinstance(ip, dpkt.ip.IP):
                continue
            one, two = (ip.src, ip.data.sport), (ip.dst, ip.data.dport)
            key = (ip.p, one, two) if one < two else (ip.p, two, one)
            counts[key] = counts.get(key, 0) + 1
    return len(counts), len(counts)


def read_with_scapy(path: Path) -> tuple[int, int]:
    """5-tuples of the first SCAPY_PACKETS packets, in a loop over scapy's reader."""
    import logging

    logging.getLogger("scapy").setLevel(logging.CRITICAL)
    from scapy.layers.inet import IP, TCP, UDP
    from scapy.layers.l2 import Ether
    from scapy.utils import PcapReader

    counts: dict[tuple[object, ...], int] = {}
    assert Ether is not None  # importing it registers Ethernet for the reader
    with PcapReader(str(path)) as reader:
        for number, packet in enumerate(reader):
            if number == SCAPY_PACKETS:
                break
            layer = packet[TCP] if TCP in packet else packet[UDP]
            ip = packet[IP]
            one, two = (ip.src, layer.sport), (ip.dst, layer.dport)
            key = (ip.proto, one, two) if one < two else (ip.proto, two, one)
            counts[key] = counts.get(key, 0) + 1
    return len(counts), len(counts)


_READERS: dict[str, Callable[[Path], tuple[int, int]]] = {
    "athar, flows": count_with_athar,
    "athar": read_with_athar,
    "dpkt loop": read_with_dpkt,
    "scapy loop": read_with_scapy,
}


def measure(repeat: int = 3) -> list[dict[str, object]]:
    """The median of `repeat` runs of each tool over one generated capture; `ratio` is the dpkt loop's CPU seconds over the tool's.

    `rows` are flows for the loops; for us all rows of four families.
    """
    with tempfile.TemporaryDirectory() as folder:
        capture = Path(folder) / "capture.pcap"
        written = _run("write", capture)  # in a process of its own: a child's peak memory is never below its parent's
        packets, size = int(written["packets"]), int(written["bytes"])
        runs = {
            tool: sorted((_run(tool, capture) for _ in range(repeat)), key=lambda run: run["cpu_s"]) for tool in TOOLS
        }
    found = {tool: many[len(many) // 2] for tool, many in runs.items()}
    scale = packets / SCAPY_PACKETS
    found["scapy loop"] |= {name: found["scapy loop"][name] * scale for name in ("cpu_s", "wall_s")}
    baseline = found["dpkt loop"]["cpu_s"]
    names = {"scapy loop": f"scapy loop ({SCAPY_PACKETS:,} packets, scaled)"}
    return [
        {
            "work": f"capture of {packets:,} packets to flows" + (", DNS, HTTP" if tool == "athar" else ""),
            "tool": names.get(tool, tool),
            "rows": int(run["rows"]),
            "bytes": size,
            "cpu_s": round(run["cpu_s"], 2),
            "wall_s": round(run["wall_s"], 2),
            "peak_mb": round(run["peak_mb"]),
            "ratio": baseline / run["cpu_s"],
        }
        for tool, run in found.items()
    ]


def _run(tool: str, capture: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.captures", tool, str(capture)]
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _peak_mb() -> float:
    """Peak resident memory of this process, or NaN where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1_048_576 if sys.platform == "darwin" else peak / 1024


def main(tool: str, capture: str) -> None:
    """One tool's run in this process, start-up and imports included: figures as JSON on standard output."""
    if tool == "write":
        packets, size = write_capture(Path(capture))
        print(json.dumps({"packets": packets, "bytes": size}))
        return
    wall = time.perf_counter()
    _, rows = _READERS[tool](Path(capture))
    print(
        json.dumps(
            {"rows": rows, "cpu_s": time.process_time(), "wall_s": time.perf_counter() - wall, "peak_mb": _peak_mb()}
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
