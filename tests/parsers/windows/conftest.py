"""Hand-made event logs: the bytes of a file, chunk, record and BinXML fragment, and what the parser makes of them."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parsers.base import Batch, Evidence
from parsers.windows.binxml import name_hash
from parsers.windows.evtx import PARSER
from parsers.windows.flat import Notes
from parsers.windows.typed import Values, Window
from parsers.windows.visit import Visit
from timelines.problems import Account, LedgerRow, Problem, balance

NOON = 132_593_328_000_000_000  # FILETIME of 2021-03-04 12:00:00 UTC
GUID = bytes(range(16))


def noted(window: Window, starts: Any, sizes: Any, kinds: Any, many: int) -> tuple[Visit, Values]:
    """A visit that noted values at some places, `many` a record, record after record."""
    visit = Visit(window, Notes.begun(0, 0), np.empty(0, np.int32))

    visit.notes.grow(len(starts))
    flat = visit.notes.flat
    flat.start[: len(starts)], flat.size[: len(starts)], flat.kind[: len(starts)] = starts, sizes, kinds
    flat.total[1] = len(starts)
    visit.tell(0)
    return visit, Values.of(visit.notes, np.arange(len(starts) // many, dtype=np.int32) * many, many)


class Made:
    """Makes the pieces of a log; positions count from the chunk's start, as BinXML's do."""

    noon = NOON

    def name(self, text: str) -> bytes:
        # offset of the next name in its bucket, hash, characters, text, NUL
        raw = text.encode("utf-16-le")
        return struct.pack("<IHH", 0, name_hash(raw), len(raw) // 2) + raw + b"\0\0"

    def element(self, at: int, name: str, inside: bytes | Callable[[int], bytes], lean: bool = False) -> bytes:
        """Element without attributes whose name stands inline; `inside` follows the start tag."""
        prefix = 5 if lean else 7  # token, (dependency,) size
        name_at = at + prefix + 4
        start = (
            struct.pack("<I", name_at) + self.name(name) + b"\x02"
        )  # offset of the name, the name, CloseStartElement
        body = inside(at + prefix + len(start)) if callable(inside) else inside
        rest = start + body + b"\x04"  # EndElement
        head = b"\x01" + (b"" if lean else b"\xff\xff") + struct.pack("<I", len(rest))
        return head + rest

    def text(self, value: str) -> bytes:
        return b"\x05\x01" + struct.pack("<H", len(value)) + value.encode("utf-16-le")  # Value, type string, characters

    def slot(self, index: int, kind: int, optional: bool = False) -> bytes:
        return (b"\x0e" if optional else b"\x0d") + struct.pack("<HB", index, kind)

    def data(self, at: int, name: str, value: bytes) -> bytes:
        """`<Data Name="name">value</Data>`."""
        first = at + 11
        out = struct.pack("<I", first) + self.name("Data")
        attributes_at = first + len(self.name("Data")) + 4  # past the attribute list's size
        attribute = b"\x06" + struct.pack("<I", attributes_at + 5) + self.name("Name") + self.text(name)
        out += struct.pack("<I", len(attribute)) + attribute + b"\x02" + value + b"\x04"
        return b"\x41\xff\xff" + struct.pack("<I", len(out)) + out  # OpenStartElement with attributes

    def run(self, at: int, *makers: Callable[[int], bytes]) -> bytes:
        """Pieces one after the other, each told where it stands."""
        out = b""
        for make in makers:
            out += make(at + len(out))
        return out

    def instance(
        self, at: int, body: Callable[[int], bytes], values: list[tuple[int, bytes]], guid: bytes = GUID
    ) -> bytes:
        """Fragment header and template instance with its definition inline, then the values."""
        definition = at + 14
        inner = b"\x0f\x01\x01\x00" + body(definition + 28) + b"\x00"  # fragment header, document, EOF
        out = b"\x0f\x01\x01\x00" + b"\x0c\x01" + guid[:4] + struct.pack("<I", definition)
        out += struct.pack("<I", 0) + guid + struct.pack("<I", len(inner)) + inner  # next definition, GUID, size
        return out + self.values(values)

    def again(self, definition: int, values: list[tuple[int, bytes]], guid: bytes = GUID) -> bytes:
        """A template instance whose definition stands elsewhere."""
        return b"\x0f\x01\x01\x00" + b"\x0c\x01" + guid[:4] + struct.pack("<I", definition) + self.values(values)

    def values(self, values: list[tuple[int, bytes]]) -> bytes:
        out = struct.pack("<I", len(values))
        out += b"".join(struct.pack("<HBB", len(raw), kind, 0) for kind, raw in values)
        return out + b"".join(raw for _, raw in values)

    def record(self, number: int, binxml: bytes, ticks: int = NOON) -> bytes:
        size = 24 + len(binxml) + 4
        return struct.pack("<4sIQQ", b"**\0\0", size, number, ticks) + binxml + struct.pack("<I", size)

    def records(self, *makers: Callable[[int], bytes], ticks: int = NOON) -> bytes:
        """Records numbered from 1; each maker is told where its BinXML stands in the chunk."""
        out = b""
        for number, make in enumerate(makers, 1):
            out += self.record(number, make(512 + len(out) + 24), ticks)
        return out

    def chunk(self, records: bytes) -> bytes:
        free = 512 + len(records)
        head = bytearray(512)
        struct.pack_into("<8sQQQQIIII", head, 0, b"ElfChnk\0", 1, 1, 1, 1, 128, 512, free, zlib.crc32(records))
        head[124:128] = struct.pack("<I", zlib.crc32(head[128:512], zlib.crc32(head[:120])))
        return (bytes(head) + records).ljust(65_536, b"\0")

    def log(self, *chunks: bytes) -> bytes:
        head = bytearray(4096)
        struct.pack_into(
            "<8sQQQIHHHH", head, 0, b"ElfFile\0", 0, max(0, len(chunks) - 1), 2, 128, 1, 3, 4096, len(chunks)
        )
        head[124:128] = struct.pack("<I", zlib.crc32(head[:120]))
        return bytes(head) + b"".join(chunks)

    def system(self, at: int) -> bytes:
        """`<System>`: EventID slot 0, TimeCreated/@SystemTime slot 1, Channel slot 2, EventRecordID slot 3."""

        def time(at: int) -> bytes:
            first = at + 11
            attributes_at = first + len(self.name("TimeCreated")) + 4
            attribute = b"\x06" + struct.pack("<I", attributes_at + 5) + self.name("SystemTime") + self.slot(1, 17)
            out = (
                struct.pack("<I", first)
                + self.name("TimeCreated")
                + struct.pack("<I", len(attribute))
                + attribute
                + b"\x03"
            )
            return b"\x41\xff\xff" + struct.pack("<I", len(out)) + out

        return self.element(
            at,
            "System",
            lambda at: self.run(
                at,
                lambda at: self.element(at, "EventID", self.slot(0, 6)),
                time,
                lambda at: self.element(at, "Channel", self.slot(2, 1)),
                lambda at: self.element(at, "EventRecordID", self.slot(3, 10)),
            ),
        )

    def head_values(
        self, number: int, event: int = 4624, ticks: int = NOON, channel: str = "Security"
    ) -> list[tuple[int, bytes]]:
        return [
            (6, struct.pack("<H", event)),  # UInt16
            (17, struct.pack("<Q", ticks)),  # FILETIME
            (1, channel.encode("utf-16-le")),  # string
            (10, struct.pack("<Q", number)),  # UInt64
        ]

    def event(self, at: int, rest: Callable[[int], bytes]) -> bytes:
        return self.element(at, "Event", lambda at: self.run(at, self.system, rest))


@dataclass
class Read:
    """Everything the parser said about a file."""

    batches: list[Batch]
    problems: list[Problem]
    ledger: LedgerRow
    uncounted: list[Problem]
    parts: dict[tuple[str, str], int] = field(default_factory=dict)  # bytes by kind and part

    @property
    def rows(self) -> list[dict[str, Any]]:
        """All rows as dictionaries, in file order, each with its family."""
        found = [{"family": batch.family, **row} for batch in self.batches for row in batch.rows.to_pylist()]
        return sorted(found, key=lambda row: row["offset"])

    @property
    def reasons(self) -> list[str]:
        return [problem.reason for problem in self.problems]


def parse(path: Path) -> Read:
    data = path.read_bytes()
    evidence = Evidence("E001", path.name, path, len(data), hashlib.sha256(data).hexdigest())
    read = Read([], [], LedgerRow("", "", 0, 0, 0, 0, 0), [])
    accounts: list[Account] = []
    for piece in PARSER.slices(evidence):
        for item in PARSER.parse(evidence, piece):
            if isinstance(item, Batch):
                item.rows.validate(full=True)
                read.batches.append(item)
            elif isinstance(item, Problem):
                read.problems.append(item)
            else:
                accounts.append(item)
                key = (item.kind, item.part)
                read.parts[key] = read.parts.get(key, 0) + int(item.lengths.sum())
    read.ledger, read.uncounted = balance("E001", evidence.file, evidence.size, accounts)
    return read


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes | Path], Read]:
    """Parse a file, or bytes as one; every byte must be accounted for."""

    def reading(source: bytes | Path) -> Read:
        path = source if isinstance(source, Path) else tmp_path / "made.evtx"
        if isinstance(source, bytes):
            path.write_bytes(source)
        found = parse(path)
        assert found.uncounted == []
        return found

    return reading
