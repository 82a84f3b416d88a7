"""Typed BinXML values as the text that Windows renders, one at a time. MS-EVEN6 sections 2.2.14 to 2.2.17.

`parsers.windows.typed` renders whole columns; both must give the same text, which a test proves. Conventions: numbers decimal; HexInt,
SizeT and handles `0x1f`; GUID `{6E1B…}` upper case; SID `S-1-5-18`; FILETIME with seven decimals and SYSTEMTIME with three, both
ending in `Z`; booleans `true`/`false`; binary in upper-case hex; array items joined with ` ¦ `. Trailing NULs of strings are
terminators and fall away; other control characters stay. Lone surrogates are written `\\udXXX`.
"""

from __future__ import annotations

import math
import struct
from codecs import utf_16_le_decode
from collections.abc import Callable
from datetime import datetime, timedelta

from parsers.windows import ansi
from parsers.windows.document import Items

NULL, STRING, ANSI, BOOL, BINARY, GUID, SIZE, FILETIME, SYSTEMTIME, SID = 0, 1, 2, 13, 14, 15, 16, 17, 18, 19
HEX32, HEX64, HANDLE, BINXML, EVTXML = 20, 21, 32, 33, 35
ARRAY = 0x80
JOIN = " ¦ "  # between the items of an array
AS_HEX = "kept as hex"  # how the reason ends why a value is not what its type says

INTEGERS = {3: "<b", 4: "<B", 5: "<h", 6: "<H", 7: "<i", 8: "<I", 9: "<q", 10: "<Q"}
REALS = {11: "<f", 12: "<d"}
WIDTHS = {
    **{kind: struct.calcsize(form) for kind, form in (INTEGERS | REALS).items()},
    BOOL: 4,
    GUID: 16,
    FILETIME: 8,
    SYSTEMTIME: 16,
    HEX32: 4,
    HEX64: 8,
}
NULL_SIZES = (0, *sorted(set(WIDTHS.values())))  # a null keeps the room of a fixed type; its bytes mean nothing
_1601 = datetime(1601, 1, 1)
LAST = 2_650_467_743_999_999_999  # 9999-12-31T23:59:59.9999999 in 100 ns since 1601


class Unreadable(ValueError):
    """A value whose bytes do not fit its declared type."""


def utf16(raw: bytes) -> str:
    """UTF-16-LE text without its terminators; lone surrogates visible. Raises Unreadable for an odd number of bytes."""
    if len(raw) % 2:
        raise Unreadable(f"UTF-16 text of {len(raw)} bytes; expected an even number")
    try:
        return utf_16_le_decode(raw, "strict", True)[0].rstrip("\0")
    except UnicodeDecodeError:
        return visible_surrogates(raw.decode("utf-16-le", "surrogatepass").rstrip("\0"))


def visible_surrogates(text: str) -> str:
    """`text` with lone surrogates written as `\\udXXX`, so that it can be UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def guid(raw: bytes) -> str:
    """A GUID, braced and upper case. MS-DTYP 2.3.4.2."""
    first, second, third = struct.unpack_from("<IHH", raw)
    tail = raw[8:].hex().upper()
    return f"{{{first:08X}-{second:04X}-{third:04X}-{tail[:4]}-{tail[4:]}}}"


def sid(raw: bytes) -> str:
    """A security identifier. MS-DTYP 2.4.2.2: revision, count, 6 bytes of authority big-endian, sub-authorities."""
    if len(raw) < 8 or len(raw) != 8 + 4 * raw[1]:
        raise Unreadable(f"SID of {len(raw)} bytes; its count asks for {8 + 4 * raw[1] if len(raw) > 1 else 8}")
    authority = int.from_bytes(raw[2:8], "big")
    shown = str(authority) if authority < 2**32 else f"0x{authority:012X}"
    return "-".join(["S", str(raw[0]), shown, *map(str, struct.unpack_from(f"<{raw[1]}I", raw, 8))])


def filetime(ticks: int) -> str:
    """100 ns since 1601 as ISO 8601 with seven decimals; past the year 9999 the count itself in hex."""
    if ticks > LAST:
        return f"0x{ticks:x}"
    moment = _1601 + timedelta(seconds=ticks // 10_000_000)
    return f"{moment.isoformat()}.{ticks % 10_000_000:07d}Z"


def systemtime(raw: bytes) -> str:
    """Year, month, weekday, day, hour, minute, second, millisecond as ISO 8601, fields as they are. MS-DTYP 2.3.13."""
    year, month, _, day, hour, minute, second, milli = struct.unpack("<8H", raw)
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.{milli:03d}Z"


def real(raw: bytes) -> str:
    """A single or double in the shortest form that reads back equal; whole numbers without a fraction."""
    (number,) = struct.unpack("<f" if len(raw) == 4 else "<d", raw)
    if not math.isfinite(number):
        return str(number)
    if len(raw) == 4:
        shorter = (float(f"{number:.{digits}g}") for digits in range(6, 10))
        number = next((short for short in shorter if _same_single(short, raw)), number)
    return str(int(number)) if abs(number) < 1e15 and number == int(number) else repr(number)


def _same_single(number: float, raw: bytes) -> bool:
    try:
        return struct.pack("<f", number) == raw
    except OverflowError:
        return False


def _hexadecimal(raw: bytes) -> str:
    return f"0x{int.from_bytes(raw, 'little'):x}"


def _size(raw: bytes) -> str:
    if len(raw) not in (4, 8):
        raise Unreadable(f"pointer-sized value of {len(raw)} bytes; expected 4 or 8")
    return _hexadecimal(raw)


def _integer(kind: int) -> Callable[[bytes], str]:
    return lambda raw: str(int.from_bytes(raw, "little", signed=kind % 2 == 1))


RENDER: dict[int, Callable[[bytes], str]] = {
    STRING: utf16,
    ANSI: ansi.text,
    **{kind: _integer(kind) for kind in INTEGERS},
    **dict.fromkeys(REALS, real),
    BOOL: lambda raw: "true" if any(raw) else "false",
    BINARY: lambda raw: raw.hex().upper(),
    GUID: guid,
    SIZE: _size,
    FILETIME: lambda raw: filetime(int.from_bytes(raw, "little")),
    SYSTEMTIME: systemtime,
    SID: sid,
    HEX32: _hexadecimal,
    HEX64: _hexadecimal,
    HANDLE: _hexadecimal,
    EVTXML: utf16,
}


def render(kind: int, raw: bytes, page: int | None = None) -> str:
    """The text of one value of type `kind` (MS-EVEN6 2.2.14); `page`: the code page of ANSI text, if it was told. Raises Unreadable where
    type and bytes don't fit."""
    if kind & ARRAY:
        return _joined(tuple(_text(kind ^ ARRAY, item, page) for item in _items(kind ^ ARRAY, raw)))
    if kind not in RENDER:
        raise Unreadable(f"value of unknown type 0x{kind:02x}, {len(raw)} bytes")
    width = WIDTHS.get(kind)
    if width is not None and len(raw) != width:
        raise Unreadable(f"value of type 0x{kind:02x} takes {len(raw)} bytes; expected {width}")
    return _text(kind, raw, page)


def doubt(kind: int, raw: bytes, page: int | None) -> str:
    """Why the text of a value may be another than shown; empty where there is no doubt."""
    return ansi.doubt(raw, page) if kind & ~ARRAY == ANSI else ""


def _text(kind: int, raw: bytes, page: int | None) -> str:
    return ansi.text(raw, page) if kind == ANSI else RENDER[kind](raw)


def _joined(each: tuple[str, ...]) -> Items:
    items = Items(JOIN.join(each))
    items.each = each
    return items


def _items(kind: int, raw: bytes) -> list[bytes]:
    """The items of an array value: strings end in NUL, SIDs carry their length, the rest has its type's width."""
    if kind not in RENDER or kind in (BINARY, EVTXML):
        raise Unreadable(f"array of values of type 0x{kind:02x}, {len(raw)} bytes; no such array is known")
    if kind == STRING:
        return _split(raw, 2)
    if kind == ANSI:
        return _split(raw, 1)
    if kind == SID:
        return _sids(raw)
    width = WIDTHS.get(kind) or (4 if len(raw) % 8 else 8)
    if len(raw) % width:
        raise Unreadable(f"array of {len(raw)} bytes; its items take {width} each")
    return [raw[at : at + width] for at in range(0, len(raw), width)]


def _split(raw: bytes, width: int) -> list[bytes]:
    """Pieces of `raw` between NUL characters of `width` bytes; a last NUL ends the last piece."""
    if len(raw) % width:
        raise Unreadable(f"array of UTF-16 text of {len(raw)} bytes; expected an even number")
    if width == 1:
        return raw[:-1].split(b"\0") if raw.endswith(b"\0") else raw.split(b"\0")
    text = raw.decode("utf-16-le", "surrogatepass")
    pieces = (text[:-1] if text.endswith("\0") else text).split("\0")
    return [piece.encode("utf-16-le", "surrogatepass") for piece in pieces]


def _sids(raw: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(raw):
        length = 8 + 4 * raw[at + 1] if at + 1 < len(raw) else 8
        if at + length > len(raw):
            raise Unreadable(f"array of SIDs ends inside an item, {len(raw) - at} bytes left of {length}")
        found.append(raw[at : at + length])
        at += length
    return found
