"""Typed BinXML values as Windows stores them in the value area of a template instance.

Layout and type numbers: [MS-EVEN6] section 2.2.12 (ValueSpec) and section 2.2.13.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from typing import Any

FILETIME_EPOCH = 116_444_736_000_000_000  # 100 ns ticks from 1601-01-01 to 1970-01-01


class Kind(IntEnum):
    """BinXML value types ([MS-EVEN6] section 2.2.12) and the Python value that each takes."""

    NULL = 0x00  # None
    UNICODE = 0x01  # str
    ANSI = 0x02  # str, stored as Windows-1252
    INT8 = 0x03
    UINT8 = 0x04
    INT16 = 0x05
    UINT16 = 0x06
    INT32 = 0x07
    UINT32 = 0x08
    INT64 = 0x09
    UINT64 = 0x0A
    FLOAT = 0x0B
    DOUBLE = 0x0C
    BOOLEAN = 0x0D  # bool, 4 bytes
    BINARY = 0x0E  # bytes
    GUID = 0x0F  # str with or without braces
    SIZE_T = 0x10  # int, 8 bytes
    FILETIME = 0x11  # int, ns since 1970-01-01 UTC
    SYSTEMTIME = 0x12  # int, ns since 1970-01-01 UTC; stored to the millisecond
    SID = 0x13  # str, S-1-...
    HEX32 = 0x14  # int
    HEX64 = 0x15  # int
    BINXML = 0x21  # a nested fragment; written by binxml_writer
    # Arrays take sequences of what their items take.
    UNICODE_ARRAY = 0x81
    ANSI_ARRAY = 0x82
    INT8_ARRAY = 0x83
    UINT8_ARRAY = 0x84
    INT16_ARRAY = 0x85
    UINT16_ARRAY = 0x86
    INT32_ARRAY = 0x87
    UINT32_ARRAY = 0x88
    INT64_ARRAY = 0x89
    UINT64_ARRAY = 0x8A
    FLOAT_ARRAY = 0x8B
    DOUBLE_ARRAY = 0x8C
    BOOLEAN_ARRAY = 0x8D
    GUID_ARRAY = 0x8F
    SIZE_T_ARRAY = 0x90
    FILETIME_ARRAY = 0x91
    SYSTEMTIME_ARRAY = 0x92
    SID_ARRAY = 0x93
    HEX32_ARRAY = 0x94
    HEX64_ARRAY = 0x95


@lru_cache(maxsize=4096)
def _unicode(value: str) -> bytes:
    return value.encode("utf-16-le")


@lru_cache(maxsize=4096)
def _guid(value: str) -> bytes:
    return uuid.UUID(value.strip("{}")).bytes_le


@lru_cache(maxsize=1024)
def _sid(value: str) -> bytes:
    """[MS-DTYP] section 2.4.2.2: revision, count, 48-bit big-endian authority, 32-bit little-endian sub-authorities."""
    parts = value.split("-")
    if len(parts) < 3 or parts[0] != "S":
        raise ValueError(f"SID {value!r}: expected S-1-<authority>-<sub-authorities>")
    rest = [int(part) for part in parts[3:]]
    return struct.pack(f"<BB6s{len(rest)}I", int(parts[1]), len(rest), int(parts[2]).to_bytes(6, "big"), *rest)


def filetime(time_ns: int) -> int:
    """100 ns ticks since 1601-01-01 UTC."""
    return time_ns // 100 + FILETIME_EPOCH


def _systemtime(time_ns: int) -> bytes:
    """[MS-DTYP] section 2.3.13: year, month, weekday (Sunday is 0), day, hour, minute, second, milliseconds."""
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ns // 1_000_000)
    weekday = (when.weekday() + 1) % 7
    return struct.pack(
        "<8H", when.year, when.month, weekday, when.day, when.hour, when.minute, when.second, when.microsecond // 1000
    )


_ARRAY = 0x80
_TERMINATORS = {Kind.UNICODE_ARRAY: b"\0\0", Kind.ANSI_ARRAY: b"\0"}


_ENCODERS: dict[int, Callable[[Any], bytes]] = {
    Kind.UNICODE: _unicode,
    Kind.ANSI: lambda value: str(value).encode("cp1252"),
    Kind.INT8: struct.Struct("<b").pack,
    Kind.UINT8: struct.Struct("<B").pack,
    Kind.INT16: struct.Struct("<h").pack,
    Kind.UINT16: struct.Struct("<H").pack,
    Kind.INT32: struct.Struct("<i").pack,
    Kind.UINT32: struct.Struct("<I").pack,
    Kind.INT64: struct.Struct("<q").pack,
    Kind.UINT64: struct.Struct("<Q").pack,
    Kind.FLOAT: struct.Struct("<f").pack,
    Kind.DOUBLE: struct.Struct("<d").pack,
    Kind.BOOLEAN: struct.Struct("<I").pack,
    Kind.BINARY: bytes,
    Kind.GUID: _guid,
    Kind.SIZE_T: struct.Struct("<Q").pack,
    Kind.FILETIME: lambda value: struct.pack("<Q", filetime(value)),
    Kind.SYSTEMTIME: _systemtime,
    Kind.SID: _sid,
    Kind.HEX32: struct.Struct("<I").pack,
    Kind.HEX64: struct.Struct("<Q").pack,
}


def _bytes(kind: Kind, value: Any) -> bytes:
    """A value as it is stored; the items of an array end to end, those of texts each with its terminating null."""
    if kind in _ENCODERS:
        return _ENCODERS[kind](value)
    return b"".join(_ENCODERS[kind ^ _ARRAY](item) + _TERMINATORS.get(kind, b"") for item in value)


def encode(kind: Kind, value: object) -> tuple[int, bytes]:
    """The stored type and bytes of one value; None is stored as type 0 with no bytes, whatever its declared type.

    Raises ValueError for a value that its type cannot hold.
    """
    if value is None:
        return 0, b""
    try:
        return int(kind), _bytes(kind, value)
    except (struct.error, KeyError, TypeError, UnicodeEncodeError) as error:
        raise ValueError(f"{value!r} cannot be stored as {kind.name}: {error}") from error
