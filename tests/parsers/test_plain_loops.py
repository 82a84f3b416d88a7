"""Readers whose compiled loops run as the plain Python that they are give the same rows: so fuzzers and debuggers see what users get."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log

_READ = """
import hashlib, pathlib, sys
from parsers.base import Batch, Evidence
from parsers.registry import by_name
for name in sys.argv[1:]:
    parser, path = name.split("=")
    path = pathlib.Path(path)
    evidence = Evidence("E001", path.name, path, path.stat().st_size, "0" * 64)
    found, digest = 0, hashlib.sha256()
    for piece in by_name(parser).slices(evidence):
        for item in by_name(parser).parse(evidence, piece):
            found += item.rows.num_rows if isinstance(item, Batch) else 0
            digest.update(repr((item.family, item.rows.to_pylist()) if isinstance(item, Batch) else item).encode())
    print(parser, found, digest.hexdigest())
"""


def _log(path: Path) -> None:
    """Events of two shapes, as Windows' own services write them."""
    write_log(
        path,
        "Security",
        (
            Event(
                provider="Microsoft-Windows-Security-Auditing",
                provider_guid="{54849625-5478-4994-A5BA-3E3B0328C30D}",
                event_id=4688 + number % 2,
                time_ns=1_768_392_000_000_000_000 + number * 10_000_000,
                record_id=number + 1,
                computer="WEB01.tamrirt.example",
                data=(
                    ("SubjectLogonId", Kind.HEX64, 999),
                    ("Status", Kind.HEX32, 0xC000006D),  # numbers whose highest bit is set
                    ("Mask", Kind.UINT32, 0xFFFFFFFE),
                    ("Handle", Kind.UINT64, 2**64 - 2),
                    ("CommandLine", Kind.UNICODE, f"tool --item {number}"),
                )[: 4 + number % 2],
            )
            for number in range(40)
        ),
    )


def _capture(path: Path) -> None:
    """So many DNS questions that packets are visited by compiled loops where there are such."""
    question = b"\1\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1"
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1))
        for number in range(2_100):
            payload = struct.pack(">H", number) + question
            udp = struct.pack(">HHHH", 40_000 + number % 9, 53, 8 + len(payload), 0) + payload
            ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0) + bytes(
                [192, 0, 2, 7, 198, 51, 100, 53]
            )
            frame = bytes(12) + b"\x08\0" + ip + udp
            out.write(struct.pack("<IIII", 1_768_392_000, number, len(frame), len(frame)) + frame)


def test_plain_loops_read_what_compiled_ones_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evtx, pcap, web = tmp_path / "made.evtx", tmp_path / "made.pcap", tmp_path / "access.log"
    _log(evtx)
    _capture(pcap)
    line = '192.0.2.{} - - [14/Jan/2026:12:00:00 +0000] "GET /page/{} HTTP/1.1" 200 5 "-" "curl/8.0"\n'
    web.write_text("".join(line.format(number % 250, number) for number in range(300)))
    asked = [f"windows/evtx={evtx}", f"network/capture={pcap}", f"web/log={web}"]
    plain = subprocess.run(
        [sys.executable, "-c", _READ, *asked],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
    ).stdout.splitlines()
    monkeypatch.setattr(sys, "argv", ["", *asked])
    exec(_READ, {})
    told = capsys.readouterr().out.splitlines()
    assert told == plain
    rows = {line.split()[0]: int(line.split()[1]) for line in told}
    assert rows["windows/evtx"] == 40
    assert rows["web/log"] == 300
    assert rows["network/capture"] > 2_100
