"""One record as XML, from its bytes: what `athar show` prints."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from parsers.gather import Bytes, as_bytes
from parsers.windows import carve, evtx
from parsers.windows.binxml import Reader
from parsers.windows.definitions import Definitions, Shelf
from parsers.windows.document import Element, Items, Part
from parsers.windows.places import chunk_base
from parsers.windows.structures import (
    CHUNK,
    CHUNK_MAGIC,
    FILE_HEADER,
    FILE_MAGIC,
    MIN_RECORD,
    RECORD_HEADER,
    SIGNATURE,
)
from timelines.visible import visible

# MS-EVEN6 2.2.12: an element with an array in it stands once for each item. Characters of start tags repeated for one array; past them the
# items stay joined, since 64 KiB of record could ask for gigabytes.
MAX_REPEATED = 1 << 20
_LAYOUT = re.compile(r"([\t\r\n]+)")


def record_xml(evidence: memoryview, offset: int, page: int | None = None) -> str:
    """The record at byte `offset` of an event log, or of bytes that it was carved from, as Windows words it, an element a line.

    Old records are read as the timeline reads them, by templates that are proved. What could not be read follows as comments. Characters
    that XML does not allow are made visible. `page`: the code page of ANSI text, if it was told. Raises ValueError when no record stands
    there.
    """
    if bytes(evidence[offset : offset + 4]) != SIGNATURE or offset + MIN_RECORD > len(evidence):
        found = bytes(evidence[offset : offset + 4])
        raise ValueError(f"no record at byte {offset}: found {found!r}, expected {SIGNATURE!r}")
    base = chunk_base(evidence, offset)
    chunk = bytes(evidence[base : base + CHUNK])
    at = offset - base
    size = int.from_bytes(chunk[at + 4 : at + 8], "little")
    reader = Reader(chunk, page=page)
    if chunk[:8] != CHUNK_MAGIC or at >= int.from_bytes(chunk[48:52], "little"):  # in free space, or without its chunk
        start, window = _around(evidence, offset)
        reader.strict, reader.library = True, Shelf(Definitions(window, 0, len(window)), base - start, start)
    roots = reader.fragment(at + RECORD_HEADER, min(at + size - 4, len(chunk)), [])
    omitted = {id(element) for element in reader.omitted}
    lines = [line for root in roots for line in _lines(root, "", omitted)]
    lines += [f"<!-- byte {base + remark.at}: {_comment(remark.reason)} -->" for remark in reader.told()]
    return "\n".join(lines)


def _around(evidence: memoryview, offset: int) -> tuple[int, Bytes]:
    """The piece in which the reader saw a record, and where it begins."""
    if bytes(evidence[:8]) == FILE_MAGIC and offset >= FILE_HEADER:
        pieces = evtx.bounds(len(evidence))
        after = bisect_right(pieces, offset)
        bounds = pieces[after - 1], pieces[after]
    else:
        start = offset // carve.PIECE * carve.PIECE
        bounds = (max(0, start - carve.MARGIN), start + carve.PIECE + CHUNK)
    return bounds[0], as_bytes(evidence[bounds[0] : bounds[1]])


def _lines(part: Part, indent: str, omitted: set[int]) -> Iterator[str]:
    if not isinstance(part, Element):
        yield indent + _shown(str(part))
        return
    if id(part) in omitted:  # Windows leaves out what depends on a value that is null
        return
    match part.children:
        case [Items() as items] if len(items.each) * _head(part) <= MAX_REPEATED:
            for item in items.each:
                yield from _lines(Element(part.name, part.attributes, [item] if item else []), indent, omitted)
            return
    closing = _shown(part.name)
    text = "".join(_shown(str(child)) for child in part.children if not isinstance(child, Element))
    if part.name.startswith("?"):
        yield f"{indent}<{closing} {text}?>"
        return
    tag = closing + "".join(f" {_shown(name)}={_quoted(text)}" for name, text in part.attributes if text)
    if not part.children:
        yield f"{indent}<{tag}/>"
    elif not any(isinstance(child, Element) for child in part.children):
        yield f"{indent}<{tag}>{text}</{closing}>"
    else:
        yield f"{indent}<{tag}>"
        for child in part.children:
            if isinstance(child, Element) or str(child).strip():
                yield from _lines(child, indent + "  ", omitted)
        yield f"{indent}</{closing}>"


def _head(element: Element) -> int:
    """Characters of an element's start tag, about."""
    return (
        len(element.name)
        + sum(len(name) + sum(len(str(part)) for part in text) for name, text in element.attributes)
        + 8
    )


def _plain(text: str) -> str:
    pieces = _LAYOUT.split(text)
    pieces[::2] = [visible(piece) for piece in pieces[::2]]
    return "".join(pieces)


def _shown(text: str) -> str:
    return escape(_plain(text))


def _quoted(parts: list[Part]) -> str:
    return quoteattr(_plain("".join(str(part) for part in parts)))


def _comment(text: str) -> str:
    return visible(text).replace("--", "- -")
