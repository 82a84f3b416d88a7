"""Heads of HTTP/1 messages: first lines and header fields (RFC 9112 sections 2 to 5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from parsers.network.protocols import text
from parsers.network.protocols.http1.window import AHEAD, Window

HEAD_LIMIT = 65_536  # bytes of one message's head; servers refuse more than 8 to 64 KiB
_KNOWN_LINES = 4_096  # header lines kept parsed: the same ones come again and again
_LINE = 256  # bytes of a line that is kept parsed
_KNOWN_BLOCKS, _BLOCK = (
    256,
    2_048,
)  # whole heads kept parsed, and bytes of the longest: a client sends the same one for each image of a page
_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_VERSION = re.compile(rb"HTTP/(\d{1,3}\.\d{1,3})")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")
STATUS_LINE = re.compile(rb"HTTP/(\d+\.\d+)[ \t]+(\d{3})(?:[ \t]+(.*))?\s*", re.DOTALL)
_Field = tuple[str, str, str, bool]
FirstLine = Callable[[bytes], "tuple[bytes, ...] | None"]


class Fields(NamedTuple):
    """Header fields: values by lower-case name, repeated ones joined by commas; the names as sent, in upper case; whether a line was
    folded, and whether space stood between a name and its colon. Heads that are alike share one: never to be changed."""

    values: dict[str, str]
    names: list[str]
    folded: bool
    spaced: bool


class Head(NamedTuple):
    """The head of one message: where it and its body begin in the stream, its first line's parts, its fields, whether it is whole."""

    begin: int
    body: int
    parts: tuple[bytes, ...]
    fields: Fields
    whole: bool

    @property
    def headers(self) -> dict[str, str]:
        return self.fields.values


def request_line(line: bytes) -> tuple[bytes, ...] | None:
    """Method, target and version (RFC 9112 section 3), or None. The target may hold spaces, as scanners and broken clients send them."""
    words = line.split()
    version = _VERSION.fullmatch(words[-1]) if len(words) > 1 else None
    if version is None or not _METHOD.fullmatch(words[0]):
        return None
    if len(words) == 3:
        return words[0], words[1], version[1]
    begin = line.index(words[0]) + len(words[0])
    return words[0], line[begin : line.rindex(words[-1])].strip(), version[1]


def status_line(line: bytes) -> tuple[bytes, ...] | None:
    """Version, status and reason (RFC 9112 section 4), or None."""
    found = STATUS_LINE.fullmatch(line)
    return tuple(part or b"" for part in found.groups()) if found else None


def head_at(window: Window, at: int, first_line: FirstLine) -> Head | None:
    """The head at `at`, or None when the bytes there are none. A head that the capture cuts keeps what there is."""
    raw = window.peek(at, AHEAD)
    end = _end(raw)
    if end is None and len(raw) == AHEAD:
        raw = window.peek(at, HEAD_LIMIT)
        end = _end(raw)
    size = len(raw) if end is None else end
    line, _, rest = raw[:size].partition(b"\n")
    parts = first_line(line)
    if parts is None:
        return None
    found = _known_block(rest) if len(rest) <= _BLOCK else fields(rest)
    return Head(at, at + size, parts, found, end is not None)


def _end(raw: bytes) -> int | None:
    """Behind the first empty line."""
    found = _EMPTY_LINE.search(raw)
    return found.end() if found else None


def fields(raw: bytes) -> Fields:
    """The header fields of `raw`, first line taken off. Lines that are none are passed over."""
    folded = b"\n " in raw or b"\n\t" in raw  # obsolete line folding, RFC 9112 section 5.2
    lines = (_FOLD.sub(b" ", raw) if folded else raw).split(b"\n")
    read = _known if max(map(len, lines)) <= _LINE else _field
    found = [field for field in map(read, lines) if field is not None]
    values = {name: value for name, _, value, _ in found}
    if len(values) < len(found):
        values = _joined(found)
    spaced = (b" :" in raw or b"\t:" in raw) and any(gap for _, _, _, gap in found)
    return Fields(values, [shown for _, shown, _, _ in found], folded, spaced)


def _joined(found: list[_Field]) -> dict[str, str]:
    """Values by name where names are repeated."""
    values: dict[str, list[str]] = {}
    for name, _, value, _ in found:
        values.setdefault(name, []).append(value)
    return {name: ", ".join(parts) for name, parts in values.items()}


def _field(line: bytes) -> _Field | None:
    """Name in lower and upper case, value, and whether space stands before the colon."""
    key, colon, value = line.partition(b":")
    if not colon:
        return None
    name = key.strip()
    return text(name.lower()), text(name.upper()), text(value.strip()), key != key.rstrip()


_known = lru_cache(_KNOWN_LINES)(_field)
_known_block = lru_cache(_KNOWN_BLOCKS)(fields)
