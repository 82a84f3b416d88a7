"""A small sound sample for every parser, by its name: who adds a parser adds a sample."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log

NOON = 1_768_392_000_000_000_000  # 2026-01-14 12:00:00 UTC, in ns


def _evtx(folder: Path) -> bytes:
    events = [
        Event(
            provider="Microsoft-Windows-Security-Auditing",
            provider_guid="{54849625-5478-4994-A5BA-3E3B0328C30D}",
            event_id=4624 + number % 2,
            time_ns=NOON + number * 1_000_000_000,
            record_id=number + 1,
            computer="WEB01.tamrirt.example",
            data=(("TargetUserName", Kind.UNICODE, f"user{number}"), ("LogonType", Kind.UINT32, 3)),
        )
        for number in range(5)
    ]
    write_log(folder / "made.evtx", "Security", events)
    return (folder / "made.evtx").read_bytes()


def _capture(folder: Path) -> bytes:
    query = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + b"\x03www\x07example\x00" + struct.pack("!2H", 1, 1)
    udp = struct.pack("!4H", 53000, 53, 8 + len(query), 0) + query
    ip = struct.pack("!2B3H2BH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, b"\xc0\0\2\1", b"\xc6\x33\x64\x01") + udp
    frame = b"\2\0\0\0\0\1" + b"\2\0\0\0\0\2" + b"\x08\0" + ip
    header = struct.pack("<I2H4I", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)  # pcap: little-endian, µs, Ethernet
    record = struct.pack("<4I", NOON // 10**9, 0, len(frame), len(frame)) + frame
    return header + record * 3


def _access(folder: Path) -> bytes:
    line = '192.0.2.{n} - - [14/Jan/2026:12:00:0{n} +0000] "GET /page/{n} HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n'
    return "".join(line.format(n=number) for number in range(6)).encode()


def _apache_error(folder: Path) -> bytes:
    line = (
        "[Wed Jan 14 12:00:0{n}.123456 2026] [core:error] [pid 412:tid 7] [client 192.0.2.{n}:4711] "
        "AH00126: Invalid URI in request GET /../{n} HTTP/1.1\n"
    )
    return "".join(line.format(n=number) for number in range(5)).encode()


def _iis(folder: Path) -> bytes:
    head = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2026-01-14 12:00:00\n"
    fields = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port c-ip cs(User-Agent) sc-status sc-win32-status\n"
    line = "2026-01-14 12:00:0{n} 192.0.2.10 GET /a{n}.aspx q={n} 443 198.51.100.{n} Mozilla/5.0 200 0\n"
    return (head + fields + "".join(line.format(n=number) for number in range(5))).encode()


def _audit(folder: Path) -> bytes:
    part = (
        "--c703661{n}-A--\n[14/Jan/2026:12:00:0{n} +0000] Id{n} 192.0.2.{n} 51234 198.51.100.2 80\n--c703661{n}-B--\n"
        "GET /page/{n} HTTP/1.1\nHost: www.example.org\n\n--c703661{n}-F--\nHTTP/1.1 403 Forbidden\n\n--c703661{n}-Z--\n\n"
    )
    return "".join(part.format(n=number) for number in range(5)).encode()


def _journal(folder: Path) -> bytes:
    lines = _access(folder).splitlines()
    head = b"__REALTIME_TIMESTAMP=1768392000000000\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER=nginx\nMESSAGE="
    return b"".join(head + line + b"\n\n" for line in lines)


SAMPLES: dict[str, Callable[[Path], bytes]] = {
    "network/capture": _capture,
    "web/journal-export": _journal,
    "web/log": _access,
    "web/modsecurity-audit": _audit,
    "windows/evtx": _evtx,
    "windows/evtx-carve": lambda folder: _evtx(folder)[4096:],
}


@pytest.fixture
def sample(tmp_path: Path) -> Callable[[str], bytes]:
    """The sample of a parser. Fails for a parser that has none."""

    def find(name: str) -> bytes:
        if name not in SAMPLES:
            pytest.fail(f"parser {name!r} has no sample: add one to SAMPLES in tests/contract/conftest.py")
        return SAMPLES[name](tmp_path)

    return find
