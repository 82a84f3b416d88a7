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
_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_VERSION = re.compile(rb"HTTP/(\d{1,3}\.\d{1,3})")
_FOLD = re.compile(rb"\r?\n[ \t]+")
STATUS_LINE = re.compile(rb"HTTP/(\d+\.\d+)[ \t]+(\d{3})(?:[ \t]+(.*))?\s*", re.DOTALL)
FirstLine = Callable[[bytes], "tuple[bytes, ...] | None"]


class Fields(NamedTuple):
    """Header fields: values by lower-case name, repeated ones joined by commas; the names as sent, in upper case; whether a line was
    folded, and whether space stood between a name and its colon."""

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
    return None if parts is None else Head(at, at + size, parts, fields(rest), end is not None)


def _end(raw: bytes) -> int | None:
    """Behind the first empty line."""
    at = raw.find(b"\n\r\n")
    bare = raw.find(b"\n\n", 0, at + 1 if at >= 0 else len(raw))
    if bare >= 0:
        return bare + 2
    return at + 3 if at >= 0 else None


def fields(raw: bytes) -> Fields:
    """The header fields of `raw`, first line taken off. Lines that are none are passed over."""
    values: dict[str, str] = {}
    names: list[str] = []
    again: dict[str, list[str]] = {}
    spaced = False
    # obsolete line folding, RFC 9112 section 5.2
    folded = b"\n " in raw or b"\n\t" in raw
    for line in (_FOLD.sub(b" ", raw) if folded else raw).split(b"\n"):
        field = _known(line) if len(line) <= _LINE else _field(line)
        if field is None:
            continue
        name, shown, value, gap = field
        if name in values:
            again.setdefault(name, [values[name]]).append(value)
        else:
            values[name] = value
        names.append(shown)
        spaced |= gap
    for name, parts in again.items():
        values[name] = ", ".join(parts)
    return Fields(values, names, folded, spaced)


def _field(line: bytes) -> tuple[str, str, str, bool] | None:
    """Name in lower and upper case, value, and whether space stands before the colon."""
    key, colon, value = line.partition(b":")
    if not colon:
        return None
    name = key.strip()
    return text(name.lower()), text(name.upper()), text(value.strip()), key != key.rstrip()


_known = lru_cache(_KNOWN_LINES)(_field)
