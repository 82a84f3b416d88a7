"""Heads of HTTP/1 messages: first lines and header fields (RFC 9112 sections 2 to 5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
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
# First lines as nearly all write them, found without taking the line apart
_PLAIN_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}) (\S+) HTTP/(\d{1,3}\.\d{1,3})\r\n")
_PLAIN_STATUS = re.compile(rb"HTTP/(\d+\.\d+) (\d{3}) ([^\r\n]*)\r\n")
_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_VERSION = re.compile(rb"HTTP/(\d{1,3}\.\d{1,3})")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")
STATUS_LINE = re.compile(rb"HTTP/(\d+\.\d+)[ \t]+(\d{3})(?:[ \t]+(.*))?\s*", re.DOTALL)
_Field = tuple[str, str, str, bool]
_made = tuple.__new__  # the constructor of a named tuple takes twice as long


class Wrapping(NamedTuple):
    """What header fields say of a body: content codings that can be taken off, the boundary of its parts, its media type, its file name,
    and further columns of its row."""

    applied: list[str]
    mark: bytes | None
    declared: str | None
    name: str | None
    values: dict[str, object]


@dataclass(slots=True, eq=False)  # made for every message: frozen costs three times as much
class Fields:
    """Header fields: values by lower-case name, repeated ones joined by commas; the names as sent, in upper case; whether a line was
    folded, and whether space stood between a name and its colon. Heads that are alike share one: never to be changed.

    What else is found out of them, once for all heads that are alike, is kept here: `wrapping` by `files.py`, `asked` and `listed` (the
    columns of a request, and the names in one text) by `rows.py`.
    """

    values: dict[str, str]
    names: list[str]
    folded: bool
    spaced: bool
    chunked: bool = field(init=False)
    length: int | None = field(init=False)
    sound: bool = field(init=False)
    wrapping: Wrapping | None = field(init=False, default=None)
    asked: dict[str, object] | None = field(init=False, default=None)
    listed: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """How the body is framed (RFC 9112 section 6.3): in chunks, or with a length; and whether all servers would agree on it."""
        values = self.values
        coding, declared = values.get("transfer-encoding"), values.get("content-length")
        self.chunked = coding is not None and "chunked" in coding.lower()
        self.length = _length(declared) if declared is not None else None
        lengthy = declared is None or declared.isdecimal()
        self.sound = coding is None and lengthy and not self.folded and not self.spaced


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


def _length(declared: str) -> int | None:
    """The first number of a Content-Length."""
    first = declared.split(",")[0].strip() if "," in declared else declared.strip()
    return int(first) if first.isascii() and first.isdigit() and len(first) < 19 else None


class FirstLine(NamedTuple):
    """How the first line of a message is read: whole lines that are plain, with their end, and any other line."""

    plain: re.Pattern[bytes]
    other: Callable[[bytes], tuple[bytes, ...] | None]


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


REQUEST_LINE, ANSWER_LINE = FirstLine(_PLAIN_REQUEST, request_line), FirstLine(_PLAIN_STATUS, status_line)


def plain_head(window: Window, at: int, first_line: FirstLine) -> Head | None:
    """The head at `at`, None where `head_at` has to look: one with a plain first line that ends within what is fetched at once."""
    raw = window.peek(at, AHEAD)
    end = raw.find(b"\n\r\n") + 1
    found = first_line.plain.match(raw, 0, end)
    if found is None or raw.find(b"\n\n", 0, end) >= 0:
        return None
    return _made(Head, (at, at + end + 2, found.groups(), _known_block(raw[found.end() : end]), True))


def head_at(window: Window, at: int, first_line: FirstLine) -> Head | None:
    """The head at `at`, or None when the bytes there are none. A head that the capture cuts keeps what there is."""
    raw = window.peek(at, AHEAD)
    end = _end(raw)
    if end is None and len(raw) == AHEAD:
        raw = window.peek(at, HEAD_LIMIT)
        end = _end(raw)
    size = len(raw) if end is None else end
    line, _, rest = raw[:size].partition(b"\n")
    parts = first_line.other(line)
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
