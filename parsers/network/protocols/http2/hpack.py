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
_LEAD = 8  # bits by which short codes are found at once

Pair = tuple[bytes, bytes]


class HpackError(ValueError):
    """A header block that cannot be decoded; what follows it cannot either."""


_STATIC: tuple[Pair, ...] = tuple((name.encode(), value.encode()) for name, value in STATIC)


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

    __slots__ = ("_at", "_capacity", "_dynamic", "_raw", "_size")

    def __init__(self) -> None:
        self._dynamic: deque[Pair] = deque()
        self._size, self._capacity = 0, TABLE
        self._raw, self._at = b"", 0

    def decode(self, block: bytes) -> list[Pair]:
        """Names and values in order. Raises HpackError."""
        self._raw, self._at = block, 0
        found: list[Pair] = []
        total = 0
        while self._at < len(block):
            pair = self._pair(block[self._at])
            if pair is None:
                continue
            total += len(pair[0]) + len(pair[1]) + _ENTRY
            if total > LIST_LIMIT:
                raise HpackError(f"a header list grows beyond {LIST_LIMIT >> 10} KiB when decoded")
            found.append(pair)
        return found

    def _pair(self, lead: int) -> Pair | None:
        """One representation (RFC 7541 section 6); None for a change of the table's size."""
        if lead & 0x80:
            return self._entry(self._integer(7))
        if lead & 0x40:
            pair = self._literal(6)
            self._insert(pair)
            return pair
        if lead & 0x20:
            capacity = self._integer(5)
            if capacity > TABLE_LIMIT:
                raise HpackError(f"the table is to grow beyond {TABLE_LIMIT >> 20} MiB")
            self._capacity = capacity
            self._evict(0)
            return None
        return self._literal(4)

    def _literal(self, prefix: int) -> Pair:
        index = self._integer(prefix)
        name = self._entry(index)[0] if index else self._string()
        return name, self._string()

    def _entry(self, index: int) -> Pair:
        if 0 < index <= len(_STATIC):
            return _STATIC[index - 1]
        if 0 < index - len(_STATIC) <= len(self._dynamic):
            return self._dynamic[index - len(_STATIC) - 1]
        raise HpackError(f"index {index} names no entry")

    def _insert(self, pair: Pair) -> None:
        size = len(pair[0]) + len(pair[1]) + _ENTRY
        self._evict(size)
        if size <= self._capacity:
            self._dynamic.appendleft(pair)
            self._size += size

    def _evict(self, coming: int) -> None:
        while self._dynamic and self._size + coming > self._capacity:
            name, value = self._dynamic.pop()
            self._size -= len(name) + len(value) + _ENTRY

    def _integer(self, prefix: int) -> int:
        """RFC 7541 section 5.1."""
        mask = (1 << prefix) - 1
        value = self._byte() & mask
        if value < mask:
            return value
        for shift in range(0, 35, 7):
            byte = self._byte()
            value += (byte & 0x7F) << shift
            if not byte & 0x80:
                return value
        raise HpackError("an integer is too long")

    def _string(self) -> bytes:
        """RFC 7541 section 5.2."""
        if self._at >= len(self._raw):
            raise HpackError("the block ends amid an entry")
        coded = self._raw[self._at] & 0x80
        length = self._integer(7)
        raw = self._raw[self._at : self._at + length]
        if len(raw) < length:
            raise HpackError("the block ends amid an entry")
        self._at += length
        return huffman(raw) if coded else raw

    def _byte(self) -> int:
        if self._at >= len(self._raw):
            raise HpackError("the block ends amid an entry")
        self._at += 1
        return self._raw[self._at - 1]
