"""Parts of a multipart body: uploads of forms, ranges of a file (RFC 7578, RFC 2046 section 5.1, RFC 9110 section 14.6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from parsers.network.protocols import CutShort
from parsers.network.protocols.http1.heads import fields
from parsers.network.protocols.http1.parameters import parameters

PARTS = 1_000  # parts read of one body
PART_HEAD = 8_192  # bytes of one part's header fields
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_BOUNDARY = 200  # characters; RFC 2046 allows 70


class Part(NamedTuple):
    """One part: its header fields, where its bytes lie in the content, and whether its end was seen."""

    headers: dict[str, str]
    begin: int
    stop: int
    whole: bool


def boundary(content_type: str | None) -> bytes | None:
    """The boundary that a multipart type names."""
    if not content_type or not content_type.lower().lstrip().startswith("multipart/"):
        return None
    named = parameters(content_type).get("boundary", "")
    return named.encode("utf-8", "surrogateescape") if 0 < len(named) <= _BOUNDARY else None


def parts(content: Callable[[], Iterable[bytes]], mark: bytes) -> Iterator[Part]:
    """The parts of `content` divided by the boundary `mark`. Content is read once; no more than a part's head of it is kept. Lines may
    end with LF alone, as some clients send them."""
    delimiter = b"\n--" + mark
    held, base, number = b"\r\n", -2, 0  # the first delimiter may stand at the very start
    head: dict[str, str] | None = None
    begin = 0
    for piece in _until_cut(content):
        held += piece
        while (at := held.find(delimiter)) >= 0:
            after = at + len(delimiter)
            end = _head_end(held, after)
            if end is None and len(held) - after < PART_HEAD and piece:
                break  # its head is still to come
            if head is not None:
                stop = base + at - (held[at - 1 : at] == b"\r")
                yield Part(head, begin, max(stop, begin), True)
                number += 1
            if held[after : after + 2] == b"--" or end is None or number >= PARTS:
                return
            head, begin = fields(held[after:end]).values, base + end
            base, held = base + end - 2, b"\r\n" + held[end:]  # an empty part ends where it begins
        keep = max(at - 1 if at >= 0 else len(held) - len(delimiter), 0)  # a CR may stand before it
        if not piece:
            break
        base, held = base + keep, held[keep:]
    if head is not None:
        yield Part(head, begin, max(base + len(held), begin), False)


def _head_end(held: bytes, after: int) -> int | None:
    """Behind the empty line that ends a part's head; where a delimiter closes the body, right behind it."""
    if held[after : after + 2] == b"--":
        return after + 2
    found = _EMPTY_LINE.search(held, after, after + PART_HEAD)
    return found.end() if found else None


def _until_cut(content: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
    """The pieces of content, then an empty one at its end, however it ends."""
    with suppress(CutShort):  # what was given is all there is; whoever reads the content itself is told
        yield from content()
    yield b""
