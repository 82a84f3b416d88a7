"""Writes BinXML into one EVTX chunk: names, template definitions on first use, and template instances.

Grammar and tokens: [MS-EVEN6] section 2.2.12. All offsets are relative to the start of the chunk.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import cached_property, lru_cache

from forensics.demo.binxml_values import Kind

FRAGMENT_HEADER = b"\x0f\x01\x01\x00"
END_OF_FRAGMENT = b"\x00"
NO_DEPENDENCY = 0xFFFF

_OPEN, _OPEN_WITH_ATTRIBUTES = 0x01, 0x41
_CLOSE_START, _CLOSE_EMPTY, _END = b"\x02", b"\x03", b"\x04"
_ATTRIBUTE, _ATTRIBUTE_MORE = 0x06, 0x46
_SUBSTITUTION, _OPTIONAL_SUBSTITUTION = 0x0D, 0x0E
_INSTANCE = b"\x0c\x01"

INSTANCE_FIXED = len(FRAGMENT_HEADER) + len(_INSTANCE) + 4 + 4 + 4 + len(END_OF_FRAGMENT)  # id, offset, value count


@dataclass(frozen=True, slots=True)
class Substitution:
    """A place in a template that an instance fills with its value number `index`."""

    index: int
    kind: Kind
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """An XML element of a template. Attribute values and content are literal text or substitutions."""

    name: str
    attributes: tuple[tuple[str, str | Substitution], ...] = ()
    content: tuple[Element | Substitution | str, ...] = ()


@dataclass(frozen=True)
class Template:
    """A template definition; its GUID is a digest of its content, so that the same tree has the same identity."""

    root: Element

    @cached_property
    def guid(self) -> bytes:
        return hashlib.sha256(repr(self.root).encode()).digest()[:16]

    @cached_property
    def largest(self) -> int:
        """Bytes of the definition in a chunk that knows none of its names yet: the most it can take."""
        names = Names()
        out = bytearray()
        _definition(out, self, names)
        return len(out)


class Names:
    """The string table of a chunk: where each element and attribute name was first written."""

    def __init__(self) -> None:
        self.offsets: dict[str, int] = {}
        self.buckets = [0] * 64

    def write(self, out: bytearray, name: str) -> None:
        """Append a name's offset, and the name itself the first time it is used in this chunk."""
        known = self.offsets.get(name)
        if known is not None:
            out += struct.pack("<I", known)
            return
        here = len(out) + 4
        digest, text = _name_bytes(name)
        bucket = digest % 64
        out += struct.pack("<IIHH", here, self.buckets[bucket], digest, len(name)) + text
        self.buckets[bucket] = here
        self.offsets[name] = here


@lru_cache(maxsize=1024)
def _name_bytes(name: str) -> tuple[int, bytes]:
    """The 16-bit hash that chooses the bucket, and the text with its terminating null."""
    digest = 0
    for character in name:
        digest = (digest * 65599 + ord(character)) & 0xFFFFFFFF
    return digest & 0xFFFF, name.encode("utf-16-le") + b"\0\0"


def _value(out: bytearray, value: str | Substitution) -> None:
    if isinstance(value, Substitution):
        token = _OPTIONAL_SUBSTITUTION if value.optional else _SUBSTITUTION
        out += struct.pack("<BHB", token, value.index, value.kind)
        return
    text = value.encode("utf-16-le")
    out += struct.pack("<BBH", 0x05, Kind.UNICODE, len(text) // 2) + text


def _dependency(element: Element) -> int:
    """The optional substitution that the element stands or falls with, as Windows writes it; else 0xFFFF."""
    for part in element.content:
        if isinstance(part, Substitution) and part.optional:
            return part.index
    return NO_DEPENDENCY


def _element(out: bytearray, element: Element, names: Names) -> None:
    token = _OPEN_WITH_ATTRIBUTES if element.attributes else _OPEN
    out += struct.pack("<BHI", token, _dependency(element), 0)
    start = len(out)
    names.write(out, element.name)
    if element.attributes:
        out += b"\0\0\0\0"
        first = len(out)
        for position, (name, value) in enumerate(element.attributes, 1):
            out.append(_ATTRIBUTE if position == len(element.attributes) else _ATTRIBUTE_MORE)
            names.write(out, name)
            _value(out, value)
        struct.pack_into("<I", out, first - 4, len(out) - first)
    if element.content:
        out += _CLOSE_START
        for part in element.content:
            if isinstance(part, Element):
                _element(out, part, names)
            else:
                _value(out, part)
        out += _END
    else:
        out += _CLOSE_EMPTY
    struct.pack_into("<I", out, start - 4, len(out) - start)


def _definition(out: bytearray, template: Template, names: Names, previous: int = 0) -> None:
    """Append a template definition; `previous` is the definition before it in the same bucket of the chunk's table."""
    out += struct.pack("<I16sI", previous, template.guid, 0)
    start = len(out)
    out += FRAGMENT_HEADER
    _element(out, template.root, names)
    out += END_OF_FRAGMENT
    struct.pack_into("<I", out, start - 4, len(out) - start)


class Fragments:
    """BinXML of one chunk. `out` is the chunk itself, so that every offset written is relative to the chunk."""

    def __init__(self, out: bytearray) -> None:
        self.out = out
        self.names = Names()
        self.templates: dict[bytes, int] = {}
        self.buckets = [0] * 32

    def cost(self, template: Template) -> int:
        """The most bytes that a definition still has to take in this chunk."""
        return 0 if template.guid in self.templates else template.largest

    def open_instance(self, template: Template, descriptors: bytes) -> int:
        """Append a fragment with an instance up to and including its value descriptors (4 bytes a value).

        Returns where the descriptors begin. The caller appends the values and END_OF_FRAGMENT.
        """
        out, guid = self.out, template.guid
        out += FRAGMENT_HEADER + _INSTANCE + guid[:4]
        known = self.templates.get(guid)
        if known is None:
            here = len(out) + 4
            out += struct.pack("<I", here)
            bucket = guid[0] % 32
            _definition(out, template, self.names, self.buckets[bucket])
            self.buckets[bucket] = here
            self.templates[guid] = here
        else:
            out += struct.pack("<I", known)
        out += struct.pack("<I", len(descriptors) // 4)
        start = len(out)
        out += descriptors
        return start
