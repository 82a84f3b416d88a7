"""Header lists of HTTP/2: HPACK decoding (RFC 7541) with bounded tables and lists."""

from __future__ import annotations

from collections import deque
from functools import lru_cache

from parsers.network.protocols.http2.hpack_tables import LENGTHS, STATIC

TABLE = 4_096  # bytes of the dynamic table before the other side names another size (RFC 9113 section 6.5.2)
TABLE_LIMIT = 1 << 20  # bytes of it that are kept at most
LIST_LIMIT = 262_144  # bytes of one decoded header list: a small block can name a large entry thousands of times
_END = 256
_ENTRY = 32  # bytes that each entry counts beside its name and value (RFC 7541 section 4.1)
_REMEMBERED = 256  # bytes of a code whose text is kept for the next time
_CUT = "the block ends amid an entry"
_LEAD = 8  # bits by which short codes are found at once

Pair = tuple[bytes, bytes]


class HpackError(ValueError):
    """A header block that cannot be decoded; what follows it cannot either."""


_STATIC: tuple[Pair, ...] = tuple((name.encode(), value.encode()) for name, value in STATIC)
_STATICS = len(_STATIC)


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
    return _again(raw) if len(raw) <= _REMEMBERED else _decoded(raw)


@lru_cache(maxsize=1 << 13)
def _again(raw: bytes) -> bytes:
    """The same for short codes: the headers of one client are alike from connection to connection."""
    return _decoded(raw)


def _decoded(raw: bytes) -> bytes:
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


class Decoder:
    """The header lists that one side sends, in order: each depends on those before."""

    __slots__ = ("_capacity", "_dynamic", "_size")

    def __init__(self) -> None:
        self._dynamic: deque[Pair] = deque()
        self._size, self._capacity = 0, TABLE

    def decode(self, block: bytes) -> list[Pair]:
        """Names and values in order (RFC 7541 section 6). Raises HpackError."""
        found: list[Pair] = []
        at, end, total = 0, len(block), 0
        while at < end:
            lead = block[at]
            at += 1
            if lead & 0x80:
                index = lead & 0x7F
                if index == 0x7F:
                    index, at = _longer(block, at, 0x7F)
                pair = self._entry(index)
            elif lead & 0xE0 == 0x20:
                capacity, at = (lead & 0x1F, at) if lead & 0x1F < 0x1F else _longer(block, at, 0x1F)
                self._resize(capacity)
                continue
            else:
                pair, at = self._literal(block, at, lead)
            total += len(pair[0]) + len(pair[1]) + _ENTRY
            if total > LIST_LIMIT:
                raise HpackError(f"a header list grows beyond {LIST_LIMIT >> 10} KiB when decoded")
            found.append(pair)
        return found

    def _literal(self, block: bytes, at: int, lead: int) -> tuple[Pair, int]:
        """A name, told or by its number, and a value; the table keeps them where bit 0x40 says so."""
        mask = 0x3F if lead & 0x40 else 0x0F
        index = lead & mask
        if index == mask:
            index, at = _longer(block, at, mask)
        if index:
            name = self._entry(index)[0]
        else:
            name, at = _string(block, at)
        value, at = _string(block, at)
        pair = name, value
        if lead & 0x40:
            self._insert(pair)
        return pair, at

    def _entry(self, index: int) -> Pair:
        if 0 < index <= _STATICS:
            return _STATIC[index - 1]
        if 0 < index - _STATICS <= len(self._dynamic):
            return self._dynamic[index - _STATICS - 1]
        raise HpackError(f"index {index} names no entry")

    def _resize(self, capacity: int) -> None:
        if capacity > TABLE_LIMIT:
            raise HpackError(f"the table is to grow beyond {TABLE_LIMIT >> 20} MiB")
        self._capacity = capacity
        self._evict(0)

    def _insert(self, pair: Pair) -> None:
        size = len(pair[0]) + len(pair[1]) + _ENTRY
        if self._size + size > self._capacity:
            self._evict(size)
        if size <= self._capacity:
            self._dynamic.appendleft(pair)
            self._size += size

    def _evict(self, coming: int) -> None:
        while self._dynamic and self._size + coming > self._capacity:
            name, value = self._dynamic.pop()
            self._size -= len(name) + len(value) + _ENTRY


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


def _string(block: bytes, at: int) -> tuple[bytes, int]:
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
    return (huffman(raw) if lead & 0x80 else raw), at + length
