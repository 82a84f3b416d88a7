"""Header lists of HTTP/2: HPACK decoding (RFC 7541) with bounded tables and lists."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import NamedTuple

from parsers.network.protocols import text
from parsers.network.protocols.http2.hpack_tables import LENGTHS, STATIC

TABLE = 4_096  # bytes of the dynamic table before the other side names another size (RFC 9113 section 6.5.2)
TABLE_LIMIT = 1 << 20  # bytes of it that are kept at most
LIST_LIMIT = 262_144  # bytes of one decoded header list: a small block can name a large entry thousands of times
_END = 256
ENTRY = 32  # bytes that each entry counts beside its name and value (RFC 7541 section 4.1)
_REMEMBERED = 256  # bytes of a code whose text is kept for the next time
_CUT = "the block ends amid an entry"
_made = tuple.__new__  # the constructor of a named tuple takes twice as long
_LEAD = 8  # bits by which short codes are found at once

Text = tuple[str, int]  # and its bytes on the wire, any Huffman code taken off


class Entry(NamedTuple):
    """A name with a value as text, what they count in a table or list (RFC 7541 section 4.1), the bytes of the name alone, and the name in
    lower and upper case."""

    name: str
    value: str
    size: int
    named: int
    lower: str
    upper: str


class HpackError(ValueError):
    """A header block that cannot be decoded; what follows it cannot either."""


def _codes() -> dict[tuple[int, int], int]:
    """(length, code) of every symbol."""
    found: dict[tuple[int, int], int] = {}
    code, before = 0, 0
    for length, symbol in sorted((length, symbol) for symbol, length in enumerate(LENGTHS)):
        code <<= length - before
        before = length
        found[length, code] = symbol
        code += 1
    return found


_CODES = _codes()
_SHORT: list[tuple[int, int] | None] = [None] * (1 << _LEAD)
for (_length, _code), _symbol in _CODES.items():
    if _length <= _LEAD:
        for _tail in range(1 << (_LEAD - _length)):
            _SHORT[_code << (_LEAD - _length) | _tail] = (_symbol, _length)


def huffman(raw: bytes) -> bytes:
    """Bytes of a Huffman code (RFC 7541 section 5.2). Raises HpackError for a code that is none, or padding that is not all ones."""
    out = bytearray()
    bits, count = 0, 0
    for byte in raw:
        bits, count = bits << 8 | byte, count + 8
        while count >= _LEAD:
            short = _SHORT[bits >> (count - _LEAD)]
            symbol, length = short if short is not None else _long(bits, count)
            if symbol < 0:
                break  # its end is in the next byte
            out.append(symbol)
            count -= length
            bits &= (1 << count) - 1
    while count:
        short = _SHORT[(bits << (_LEAD - count) | (1 << (_LEAD - count)) - 1)] if count < _LEAD else None
        if short is None or short[1] > count:
            break
        out.append(short[0])
        count -= short[1]
        bits &= (1 << count) - 1
    if count > 7 or bits != (1 << count) - 1:
        raise HpackError("a string's padding is not the start of the end code")
    return bytes(out)


def _long(bits: int, count: int) -> tuple[int, int]:
    """The symbol and length of a code of more than _LEAD bits; (-1, 0) when `bits` hold only the start of one."""
    for length in range(_LEAD + 1, min(count, 30) + 1):
        symbol = _CODES.get((length, bits >> (count - length)))
        if symbol is not None:
            if symbol == _END:
                raise HpackError("a string holds the end code")
            return symbol, length
    if count > 30:
        raise HpackError("a string holds a code that is none")
    return -1, 0


def _entry(name: Text, value: Text) -> Entry:
    lower, upper = _forms(name[0]) if len(name[0]) <= _REMEMBERED else (name[0].lower(), name[0].upper())
    return Entry(name[0], value[0], name[1] + value[1] + ENTRY, name[1], lower, upper)


@lru_cache(maxsize=1 << 10)
def _forms(name: str) -> tuple[str, str]:
    """A name in lower and upper case."""
    return name.lower(), name.upper()


_STATIC = tuple(_entry((name, len(name)), (value, len(value))) for name, value in STATIC)
_STATICS = len(_STATIC)


class Decoder:
    """The header lists that one side sends, in order: each depends on those before."""

    __slots__ = ("_capacity", "_dynamic", "_size")

    def __init__(self) -> None:
        self._dynamic: deque[Entry] = deque()
        self._size, self._capacity = 0, TABLE

    def decode(self, block: bytes) -> list[Entry]:
        """Names and values in order (RFC 7541 section 6). Raises HpackError."""
        found: list[Entry] = []
        at, end, total = 0, len(block), 0
        while at < end:
            lead = block[at]
            at += 1
            if lead & 0x80:
                index = lead & 0x7F
                if index == 0x7F:
                    index, at = _longer(block, at, 0x7F)
                entry = _STATIC[index - 1] if 0 < index <= _STATICS else self._kept(index)
            elif lead & 0xE0 == 0x20:
                capacity, at = (lead & 0x1F, at) if lead & 0x1F < 0x1F else _longer(block, at, 0x1F)
                self._resize(capacity)
                continue
            else:
                entry, at = self._literal(block, at, lead)
            total += entry[2]
            if total > LIST_LIMIT:
                raise HpackError(f"a header list grows beyond {LIST_LIMIT >> 10} KiB when decoded")
            found.append(entry)
        return found

    def _literal(self, block: bytes, at: int, lead: int) -> tuple[Entry, int]:
        """A name, told or by its number, and a value; the table keeps them where bit 0x40 says so."""
        mask = 0x3F if lead & 0x40 else 0x0F
        index = lead & mask
        if index == mask:
            index, at = _longer(block, at, mask)
        if index:
            name, _, _, named, lower, upper = _STATIC[index - 1] if index <= _STATICS else self._kept(index)
            (value, length), at = _string(block, at)
            entry = _made(Entry, (name, value, named + length + ENTRY, named, lower, upper))
        else:
            told, at = _string(block, at)
            given, at = _string(block, at)
            entry = _entry(told, given)
        if lead & 0x40:
            self._insert(entry)
        return entry, at

    def _kept(self, index: int) -> Entry:
        """An entry of the dynamic table, which follows the static one."""
        if 0 < index - _STATICS <= len(self._dynamic):
            return self._dynamic[index - _STATICS - 1]
        raise HpackError(f"index {index} names no entry")

    def _resize(self, capacity: int) -> None:
        if capacity > TABLE_LIMIT:
            raise HpackError(f"the table is to grow beyond {TABLE_LIMIT >> 20} MiB")
        self._capacity = capacity
        self._evict(0)

    def _insert(self, entry: Entry) -> None:
        if self._size + entry.size > self._capacity:
            self._evict(entry.size)
        if entry.size <= self._capacity:
            self._dynamic.appendleft(entry)
            self._size += entry.size

    def _evict(self, coming: int) -> None:
        while self._dynamic and self._size + coming > self._capacity:
            self._size -= self._dynamic.pop().size


def _longer(block: bytes, at: int, value: int) -> tuple[int, int]:
    """An integer that its prefix does not hold, with the place behind it (RFC 7541 section 5.1)."""
    for shift in range(0, 35, 7):
        if at >= len(block):
            raise HpackError(_CUT)
        byte = block[at]
        at += 1
        value += (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
    raise HpackError("an integer is too long")


def _string(block: bytes, at: int) -> tuple[Text, int]:
    """A string with the place behind it (RFC 7541 section 5.2)."""
    if at >= len(block):
        raise HpackError(_CUT)
    lead = block[at]
    length = lead & 0x7F
    at += 1
    if length == 0x7F:
        length, at = _longer(block, at, 0x7F)
    raw = block[at : at + length]
    if len(raw) < length:
        raise HpackError(_CUT)
    return (_again if length <= _REMEMBERED else _shown)(raw, lead > 0x7F), at + length


def _shown(raw: bytes, coded: bool) -> Text:
    """The text of a string, and its bytes once a Huffman code is taken off."""
    plain = huffman(raw) if coded else raw
    return text(plain), len(plain)


_again = lru_cache(maxsize=1 << 13)(_shown)  # the headers of one client are alike from connection to connection
