"""Event logs to measure with: the full chunks of real logs when they are beside the checkout, else of logs written from a seed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "evidence" / "windows"
FILE_HEADER, CHUNK = 4096, 65_536


def real_logs() -> list[Path]:
    return sorted(REAL.rglob("*.evtx")) if REAL.is_dir() else []


def full_chunks() -> tuple[bytes, list[bytes]]:
    """A file header, and every full chunk of the real logs; of an invented log where there are none."""
    head, chunks = b"", []
    for log in real_logs():
        data = log.read_bytes()
        head = head or data[:FILE_HEADER]
        chunks += _full(data)
    if chunks:
        return head, chunks
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "invented.evtx"
        _write_invented(path, 20_000)
        data = path.read_bytes()
    return data[:FILE_HEADER], _full(data)


def _full(data: bytes) -> list[bytes]:
    found = []
    for at in range(FILE_HEADER, len(data) - CHUNK + 1, CHUNK):
        free = int.from_bytes(data[at + 48 : at + 52], "little")  # offset of the chunk's free space
        if data[at : at + 8] == b"ElfChnk\0" and 60_000 < free <= CHUNK:
            found.append(data[at : at + CHUNK])
    return found


def write_large(path: Path, size: int) -> int:
    """One log of at least `size` bytes, the full chunks over and over; returns its size."""
    head, chunks = full_chunks()
    with path.open("wb") as out:
        out.write(head)
        while out.tell() < size:
            out.writelines(chunks)
    return path.stat().st_size


def write_small(folder: Path, count: int) -> tuple[list[Path], Path]:
    """`count` logs of one chunk each, and one log of the same chunks."""
    head, chunks = full_chunks()
    folder.mkdir()
    paths = []
    whole = folder.parent / f"{folder.name}-in-one.evtx"
    with whole.open("wb") as out:
        out.write(head)
        for number in range(count):
            chunk = chunks[number % len(chunks)]
            out.write(chunk)
            paths.append(folder / f"{number:05d}.evtx")
            paths[-1].write_bytes(head + chunk)
    return paths, whole


def _write_invented(path: Path, records: int) -> int:
    from forensics.demo.binxml_values import Kind
    from forensics.demo.evtx_writer import Event, write_log

    def events() -> Iterator[Event]:
        for number in range(records):
            names = (
                f"user{number % 90}",
                f"C:\\Program Files\\Example\\tool{number % 300}.exe",
                f"tool --item {number}",
            )
            yield Event(
                provider="Microsoft-Windows-Security-Auditing",
                provider_guid="{54849625-5478-4994-A5BA-3E3B0328C30D}",
                event_id=4688,
                time_ns=1_768_392_000_000_000_000 + number * 10_000_000,
                record_id=number + 1,
                computer="WEB01.tamrirt.example",
                data=(
                    ("SubjectUserSid", Kind.SID, "S-1-5-18"),
                    ("SubjectUserName", Kind.UNICODE, names[0]),
                    ("SubjectLogonId", Kind.HEX64, 999 + number % 40),
                    ("NewProcessName", Kind.UNICODE, names[1]),
                    ("CommandLine", Kind.UNICODE, names[2]),
                ),
            )

    write_log(path, "Security", events())
    return path.stat().st_size
