"""One record as XML, from its bytes: what `athar show` prints."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from parsers.windows.binxml import Reader
from parsers.windows.chunks import CHUNK, FILE_HEADER, MIN_RECORD, RECORD_HEADER, SIGNATURE
from parsers.windows.document import Element, Part
from timelines.visible import visible


def record_xml(evidence: memoryview, offset: int) -> str:
    """The record at byte `offset` of a whole event log, as Windows words it, an element a line.

    What could not be read follows as comments. Characters that XML does not allow are made visible.
    Raises ValueError when no record stands there.
    """
    base = FILE_HEADER + (offset - FILE_HEADER) // CHUNK * CHUNK
    chunk = bytes(evidence[base : base + CHUNK]) if offset >= FILE_HEADER else b""
    at = offset - base
    if chunk[at : at + 4] != SIGNATURE or at + MIN_RECORD > len(chunk):
        raise ValueError(f"no record at byte {offset}: found {chunk[at : at + 4]!r}, expected {SIGNATURE!r}")
    size = int.from_bytes(chunk[at + 4 : at + 8], "little")
    reader = Reader(chunk)
    roots = reader.fragment(at + RECORD_HEADER, min(at + size - 4, len(chunk)), [])
    lines = [line for root in roots for line in _lines(root, "")]
    lines += [f"<!-- byte {base + remark.at}: {_comment(remark.reason)} -->" for remark in reader.remarks]
    return "\n".join(lines)


def _lines(part: Part, indent: str) -> Iterator[str]:
    if not isinstance(part, Element):
        yield indent + _shown(str(part))
        return
    closing = _shown(part.name)
    tag = closing + "".join(f" {_shown(name)}={_quoted(text)}" for name, text in part.attributes if text)
    text = "".join(_shown(str(child)) for child in part.children if not isinstance(child, Element))
    if not part.children:
        yield f"{indent}<{tag}/>"
    elif not any(isinstance(child, Element) for child in part.children):
        yield f"{indent}<{tag}>{text}</{closing}>"
    else:
        yield f"{indent}<{tag}>"
        for child in part.children:
            if isinstance(child, Element) or str(child).strip():
                yield from _lines(child, indent + "  ")
        yield f"{indent}</{closing}>"


def _plain(text: str) -> str:
    return "".join(char if char in "\t\r\n" else visible(char) for char in text)


def _shown(text: str) -> str:
    return escape(_plain(text))


def _quoted(parts: list[Part]) -> str:
    return quoteattr(_plain("".join(str(part) for part in parts)))


def _comment(text: str) -> str:
    return visible(text).replace("--", "- -")
