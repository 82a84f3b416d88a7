"""Writes Windows event logs (EVTX 3.1): file header, 64 KiB chunks with checksums, records that instantiate templates.

Templates are defined inside the first record of a chunk that uses them and referred to by offset afterwards, as Windows does.
Layout: libyal's "Windows XML Event Log (EVTX) format", checked against logs written by Windows.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from forensics.demo.binxml_values import Kind, encode, filetime
from forensics.demo.binxml_writer import END_OF_FRAGMENT, INSTANCE_FIXED, Element, Fragments, Substitution, Template

CHUNK_BYTES = 65_536
FILE_HEADER_BYTES = 4_096
CHUNK_HEADER_BYTES = 512
RECORD_HEADER_BYTES = 24

EVENT_NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"

Value = tuple[str, Kind, object]


@dataclass(frozen=True, slots=True)
class UserData:
    """The UserData of an event: one element with its own namespace and typed children."""

    element: str
    namespace: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `time_ns` is ns since 1970-01-01 UTC (stored to 100 ns); a data name of "" writes an unnamed Data.

    With `nested` the EventData is a BinXML value with a template of its own, as manifest providers write it; without it
    the event has a single template. UserData is always nested.
    """

    provider: str
    provider_guid: str | None
    event_id: int
    time_ns: int
    record_id: int
    computer: str
    version: int = 0
    level: int = 4
    task: int = 0
    opcode: int = 0
    keywords: int = 0x8000000000000000
    pid: int = 4
    tid: int = 8
    user_sid: str | None = None
    activity_id: str | None = None
    qualifiers: int | None = None
    data: tuple[Value, ...] = ()
    user_data: UserData | None = None
    nested: bool = True


def _optional(index: int, kind: Kind) -> Substitution:
    return Substitution(index, kind, optional=True)


def _leaf(name: str, index: int, kind: Kind) -> Element:
    return Element(name, (), (_optional(index, kind),))


# Which value fills which place of the System element; the same numbers that Windows uses.
_SYSTEM_KINDS = (
    Kind.UINT8, Kind.UINT8, Kind.UINT16, Kind.UINT16, Kind.UINT16, Kind.HEX64, Kind.FILETIME, Kind.GUID, Kind.UINT32,
    Kind.UINT32, Kind.UINT64, Kind.UINT8, Kind.SID, Kind.GUID, Kind.UNICODE, Kind.GUID, Kind.UNICODE,
)  # fmt: skip
_FIRST_OWN = len(_SYSTEM_KINDS)


def _system(computer: str) -> Element:
    qualifiers = ("Qualifiers", _optional(4, Kind.UINT16))
    activities = (("ActivityID", _optional(7, Kind.GUID)), ("RelatedActivityID", _optional(13, Kind.GUID)))
    return Element(
        "System",
        (),
        (
            Element("Provider", (("Name", _optional(14, Kind.UNICODE)), ("Guid", _optional(15, Kind.GUID)))),
            Element("EventID", (qualifiers,), (_optional(3, Kind.UINT16),)),
            _leaf("Version", 11, Kind.UINT8),
            _leaf("Level", 0, Kind.UINT8),
            _leaf("Task", 2, Kind.UINT16),
            _leaf("Opcode", 1, Kind.UINT8),
            _leaf("Keywords", 5, Kind.HEX64),
            Element("TimeCreated", (("SystemTime", _optional(6, Kind.FILETIME)),)),
            _leaf("EventRecordID", 10, Kind.UINT64),
            Element("Correlation", activities),
            Element("Execution", (("ProcessID", _optional(8, Kind.UINT32)), ("ThreadID", _optional(9, Kind.UINT32)))),
            _leaf("Channel", 16, Kind.UNICODE),
            Element("Computer", (), (computer,)),
            Element("Security", (("UserID", _optional(12, Kind.SID)),)),
        ),
    )


Shape = tuple[tuple[str, Kind], ...]


def _event_data(shape: Shape, first: int) -> Element:
    children = tuple(
        Element("Data", (("Name", name),) if name else (), (Substitution(first + number, kind),))
        for number, (name, kind) in enumerate(shape)
    )
    return Element("EventData", (), children)


def _event(*parts: Element | Substitution, computer: str) -> Template:
    return Template(Element("Event", (("xmlns", EVENT_NAMESPACE),), (_system(computer), *parts)))


@lru_cache(maxsize=256)
def _outer(computer: str, shape: Shape | None, has_user_data: bool) -> Template:
    """The template of the whole event: with its EventData if `shape` is given, else with a place for a nested one."""
    if shape is not None:
        return _event(*((_event_data(shape, _FIRST_OWN),) if shape else ()), computer=computer)
    place = _optional(_FIRST_OWN, Kind.BINXML)
    return _event(Element("UserData", (), (place,)) if has_user_data else place, computer=computer)


@lru_cache(maxsize=1024)
def _inner(shape: Shape, element: str, namespace: str) -> Template:
    if not element:
        return Template(_event_data(shape, 0))
    children = tuple(Element(name, (), (Substitution(i, kind),)) for i, (name, kind) in enumerate(shape))
    return Template(Element(element, (("xmlns", namespace),), children))


def _pack(values: list[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    """Value descriptors (size, type, 0) and the values themselves, end to end."""
    if any(len(raw) > 0xFFFF for _, raw in values):
        raise ValueError("a value takes more than 65535 bytes, which its descriptor cannot say")
    flat = [part for kind, raw in values for part in (len(raw), kind)]
    return struct.pack("<" + "HBx" * len(values), *flat), b"".join([raw for _, raw in values])


def _system_values(event: Event, channel: str) -> list[tuple[int, bytes]]:
    plain = (
        event.level, event.opcode, event.task, event.event_id, event.qualifiers, event.keywords, event.time_ns,
        event.activity_id, event.pid, event.tid, event.record_id, event.version, event.user_sid, None, event.provider,
        event.provider_guid, channel,
    )  # fmt: skip
    return [encode(kind, value) for kind, value in zip(_SYSTEM_KINDS, plain, strict=True)]


class _Chunk:
    """One 64 KiB chunk being filled. `number` is the running number of its first record in the file."""

    def __init__(self, number: int) -> None:
        self.out = bytearray(CHUNK_HEADER_BYTES)
        self.fragments = Fragments(self.out)
        self.first_number = number
        self.records = 0
        self.first_id = self.last_id = 0
        self.last_offset = 0

    def add(self, event: Event, channel: str, number: int) -> bool:
        """Append a record whose header says `number`; False, with nothing written, when it does not fit."""
        body = event.user_data.values if event.user_data else event.data
        shape = tuple((name, kind) for name, kind, _ in body)
        own = [encode(kind, value) for _, kind, value in body]
        values = _system_values(event, channel)
        inner = None
        if event.user_data:
            inner = _inner(shape, event.user_data.element, event.user_data.namespace)
        elif event.nested and shape:
            inner = _inner(shape, "", "")
        if inner is None:
            outer = _outer(event.computer, shape, False)
            values += own
        else:
            outer = _outer(event.computer, None, event.user_data is not None)
            values.append((Kind.BINXML, b""))
        packed, packed_own = _pack(values), _pack(own)
        bound = RECORD_HEADER_BYTES + INSTANCE_FIXED + len(packed[0]) + len(packed[1]) + self.fragments.cost(outer) + 16
        if inner is not None:
            bound += INSTANCE_FIXED + len(packed_own[0]) + len(packed_own[1]) + self.fragments.cost(inner)
        if len(self.out) + bound > CHUNK_BYTES:
            return False
        self._write(event, number, (outer, packed), (inner, packed_own) if inner is not None else None)
        return True

    def _write(
        self,
        event: Event,
        number: int,
        outer: tuple[Template, tuple[bytes, bytes]],
        inner: tuple[Template, tuple[bytes, bytes]] | None,
    ) -> None:
        out, start = self.out, len(self.out)
        out += struct.pack("<4sIQQ", b"**\0\0", 0, number, filetime(event.time_ns))
        template, (descriptors, values) = outer
        place = self.fragments.open_instance(template, descriptors)
        out += values
        if inner is not None:
            begin = len(out)
            template, (own_descriptors, own_values) = inner
            self.fragments.open_instance(template, own_descriptors)
            out += own_values + END_OF_FRAGMENT
            # The nested fragment is the last value; its size is known only now.
            struct.pack_into("<H", out, place + len(descriptors) - 4, len(out) - begin)
        out += END_OF_FRAGMENT
        out += bytes(-(len(out) - start + 4) % 8)
        size = len(out) - start + 4
        out += struct.pack("<I", size)
        struct.pack_into("<I", out, start + 4, size)
        self.first_id = self.first_id if self.records else number
        self.last_id, self.last_offset = number, start
        self.records += 1

    def close(self) -> bytes:
        """The finished chunk, CHUNK_BYTES long: header, tables and both checksums filled in."""
        free = len(self.out)
        self.out += bytes(CHUNK_BYTES - free)
        last_number = self.first_number + self.records - 1
        struct.pack_into(
            "<8sQQQQIIII", self.out, 0, b"ElfChnk\0", self.first_number, last_number, self.first_id, self.last_id,
            128, self.last_offset, free, zlib.crc32(self.out[CHUNK_HEADER_BYTES:free]),
        )  # fmt: skip
        struct.pack_into("<I", self.out, 120, 1)
        struct.pack_into("<64I", self.out, 128, *self.fragments.names.buckets)
        struct.pack_into("<32I", self.out, 384, *self.fragments.buckets)
        checksum = zlib.crc32(self.out[128:CHUNK_HEADER_BYTES], zlib.crc32(self.out[:120]))
        struct.pack_into("<I", self.out, 124, checksum)
        return bytes(self.out)


def file_header(chunks: int, next_record: int) -> bytes:
    """The header of a log of so many chunks; its count has 16 bits, and readers look at all chunks whatever it says."""
    header = bytearray(FILE_HEADER_BYTES)
    struct.pack_into(
        "<8sQQQIHHHH",
        header,
        0,
        b"ElfFile\0",
        0,
        max(chunks - 1, 0),
        next_record,
        128,
        1,
        3,
        FILE_HEADER_BYTES,
        chunks & 0xFFFF,
    )
    struct.pack_into("<I", header, 124, zlib.crc32(header[:120]))
    return bytes(header)


def write_log(path: Path, channel: str, events: Iterable[Event], renumber: bool = False) -> int:
    """Write an event log with the events in the order given; returns how many.

    The number in a record's header is its EventRecordID. With `renumber` the headers count from 1 instead, which is what
    Windows leaves in a log that was exported, or that was cleared and went on.
    Raises ValueError for an event that does not fit into one chunk or holds a value that its type cannot.
    """
    total, chunks, number = 0, 0, 0
    with path.open("wb") as handle:
        handle.write(bytes(FILE_HEADER_BYTES))
        chunk = _Chunk(1)
        for event in events:
            number = total + 1 if renumber else event.record_id
            if not chunk.add(event, channel, number):
                handle.write(chunk.close())
                chunks += 1
                chunk = _Chunk(total + 1)
                if not chunk.add(event, channel, number):
                    raise ValueError(f"{path.name}: event record {number} is larger than a 64 KiB chunk")
            total += 1
        if chunk.records or not chunks:
            handle.write(chunk.close())
            chunks += 1
        handle.seek(0)
        handle.write(file_header(chunks, number + 1))
    return total
