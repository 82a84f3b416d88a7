"""A small log made by hand, which has one event of each way that events are written: reading it loads the compiled loops.

A worker process that is forked from one that has read it finds them loaded: a tenth of a second of its first task.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from parsers.base import Evidence, Joiner
from parsers.gather import Bytes
from parsers.windows.binxml import name_hash
from parsers.windows.brought import brought
from parsers.windows.flat import refilled
from parsers.windows.gathered import tell_alike
from parsers.windows.inline import FEW, forget
from parsers.windows.structures import (
    CHUNK,
    CHUNK_FIELDS,
    CHUNK_HEADER,
    CHUNK_MAGIC,
    FILE_HEADER,
    FILE_MAGIC,
    SIGNATURE,
)
from parsers.windows.tokens import CLOSE_START, END, EOF, HEADER, NORMAL, OPEN, TEMPLATE, VALUE
from parsers.windows.values import BINXML, STRING

_FRAGMENT = bytes([HEADER, 1, 1, 0])
_GUID = b"\x01\0\0\0" + bytes(12)
_TICKS = 132_000_000_000_000_000  # a FILETIME of 2019


def read_once(reader: Joiner) -> None:
    """Read the log from memory, and remember nothing of it."""
    log = sample()
    for _ in reader.parse_together([Evidence("", "", Path(), len(log), "0" * 64)], log):
        pass
    refilled(np.full(4, -1, np.int64), np.empty(0, np.uint64), 0)  # it has too few texts for this one
    list(brought(log, np.array([[0, FILE_HEADER]]), FILE_HEADER))  # and no old record
    tell_alike(
        np.empty(0, np.int32), np.empty(0, np.uint8), np.empty((0, 2), np.int64), np.empty(0, np.int32)
    )  # nor numbers
    forget()


def sample() -> Bytes:
    """(n,) uint8: a file header, and one chunk whose checksums fit."""
    records, at = b"", CHUNK_HEADER
    for number in range(2 + FEW):
        record = _record(number + 1, _templated(at + 24) if number < 2 else _plain(at + 24))
        records, at = records + record, at + len(record)
    last = 2 + FEW
    fields = CHUNK_FIELDS.pack(CHUNK_MAGIC, 1, last, 1, last, 128, at - len(record), at, zlib.crc32(records), 0)
    head = fields.ljust(120, b"\0")
    tables = bytes(CHUNK_HEADER - 128)
    chunk = head + bytes(4) + struct.pack("<I", zlib.crc32(tables, zlib.crc32(head[:120]))) + tables + records
    file = (FILE_MAGIC.ljust(42, b"\0") + struct.pack("<H", 1)).ljust(120, b"\0")  # one chunk
    whole = (file + bytes(4) + struct.pack("<I", zlib.crc32(file))).ljust(FILE_HEADER, b"\0") + chunk.ljust(
        CHUNK, b"\0"
    )
    return np.frombuffer(whole, np.uint8)


def _record(number: int, said: bytes) -> bytes:
    size = 24 + len(said) + 4
    size += -size % 4
    return (struct.pack("<4sIQQ", SIGNATURE, size, number, _TICKS) + said).ljust(size - 4, b"\0") + struct.pack(
        "<I", size
    )


def _named(at: int, name: str) -> bytes:
    """The place of a name that follows at once; `at` is where this stands in the chunk."""
    text = name.encode("utf-16-le")
    return struct.pack("<IIHH", at + 4, 0, name_hash(text), len(name)) + text + b"\0\0"


def _plain(at: int) -> bytes:
    """A document without a template: one element with a text."""
    start = at + len(_FRAGMENT)
    inner = _named(start + 5, "Event") + bytes([CLOSE_START, VALUE, STRING, 1, 0]) + b"a\0" + bytes([END])
    return _FRAGMENT + struct.pack("<BI", OPEN, len(inner)) + inner + bytes([EOF])


def _templated(at: int) -> bytes:
    """A template with its definition: one element that holds a text and an instance of the same template, which is empty there."""
    place = at + len(_FRAGMENT) + 10
    start = place + 24 + len(_FRAGMENT)
    slots = bytes([CLOSE_START, NORMAL, 0, 0, STRING, NORMAL, 1, 0, BINXML, END])
    inner = _named(start + 7, "Event") + slots
    body = _FRAGMENT + struct.pack("<BHI", OPEN, 0xFFFF, len(inner)) + inner + bytes([EOF])
    definition = struct.pack("<I16sI", 0, _GUID, len(body)) + body
    values = struct.pack("<IHBBHBB", 2, 2, STRING, 0, 0, BINXML, 0) + b"a\0"
    return _FRAGMENT + struct.pack("<BB4sI", TEMPLATE, 1, _GUID[:4], place) + definition + values + bytes([EOF])
