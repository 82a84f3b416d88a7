"""Values of RESP, the protocol of Redis, shortened: https://redis.io/docs/latest/develop/reference/protocol-spec/"""

from __future__ import annotations

from dataclasses import dataclass

from parsers.network.protocols import text
from parsers.network.protocols.lines import Lines

ITEMS = 1_024  # items of a list that are kept
SKIPPED = 1_000_000  # items that are passed over
DEPTH = 16  # lists within one another
TEXT_LIMIT = 1_024  # bytes of one text that are kept
_LISTS = {b"*": 1, b"~": 1, b">": 1, b"%": 2}


@dataclass(frozen=True, slots=True)
class Value:
    """A value: its kind (the byte before it), its text or its items, where it begins and ends in the stream."""

    kind: bytes
    text: str | None
    items: tuple[Value, ...]
    begin: int
    end: int

    @property
    def shown(self) -> str | None:
        if self.kind not in _LISTS:
            return self.text
        return "[" + ", ".join(item.shown or "" for item in self.items)[:TEXT_LIMIT] + "]"


def value(lines: Lines, depth: int = 0) -> Value | None:
    """The next value, or None at the end and where there is none."""
    line = lines.next()
    if line is None or not line.raw:
        return None
    kind, rest = line.raw[:1], line.raw[1:]
    if kind in b"$=!":
        if not _count(rest):
            return Value(kind, None, (), line.begin, line.end) if rest == b"-1" else None
        begin, size = line.end, int(rest)
        lines.at = begin + size + 2
        return Value(kind, text(lines.stream.read(begin, min(size, TEXT_LIMIT))), (), line.begin, lines.at)
    if kind in _LISTS:
        if not _count(rest):
            return Value(kind, None, (), line.begin, line.end) if rest == b"-1" else None
        return _items(lines, kind, int(rest) * _LISTS[kind], line.begin, depth)
    if kind in b"+-:_#,(":
        return Value(kind, text(rest[:TEXT_LIMIT]), (), line.begin, line.end)
    return None


def _count(raw: bytes) -> bool:
    return raw.isdigit() and len(raw) < 12


def _items(lines: Lines, kind: bytes, count: int, begin: int, depth: int) -> Value | None:
    if depth >= DEPTH:
        return None
    kept: list[Value] = []
    for at in range(min(count, SKIPPED)):
        item = value(lines, depth + 1)
        if item is None:
            break
        if at < ITEMS:
            kept.append(item)
    return Value(kind, None, tuple(kept), begin, lines.at)
