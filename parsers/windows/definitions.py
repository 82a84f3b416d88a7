"""Template definitions of old records: whether one still stands where a record points, and where else in the file it stands.

A record names its template by the first four bytes of the template's GUID and by a place in its chunk. In free space newer records have
often been written over that place: then the definition there is of another template, or its names are gone, and to read by it would be to
invent. Names carry a hash, definitions their GUID: both are proved. The same template mostly stands in other chunks too. MS-EVEN6 2.2.12.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise

import numpy as np

from parsers.gather import Bools, Bytes, Int64s, numbers_at
from parsers.windows import values
from parsers.windows.binxml import MAX_TOKENS, TOKENS_A_CHUNK, Reader
from parsers.windows.brought import INLINE, brought
from parsers.windows.document import Element, Part, Slot
from parsers.windows.structures import CHUNK, DEFINITION, RECORD_HEADER
from parsers.windows.system_values import system_document
from timelines.remembered import Remembered

TWINS = 8  # definitions of one id that are tried
FRAGMENT = (
    b"\x0f\x01"  # how a record's binary XML begins; nested templates often lack it where the log was not exported
)
_INSTANCE = re.compile(
    rb"(?=\x0c\x01(.{4})(.{4}))", re.DOTALL
)  # template instance: id, place; other bytes may look like it
_INSTANCE_SIZE = 10
_BEGUN = 0x010C  # how it begins
PROVED_BYTES = 32 << 20  # remembered about places
A_PLACE = 400  # bytes that are remembered about one
MOST_TOKENS = 1 << 20  # of all different definitions of a file, some 64 bytes each; Windows' own have some hundred each


@dataclass(frozen=True, slots=True)
class Found:
    """A definition that was proved: its document with slots, where it stands in the window, and the types of its slots."""

    roots: tuple[Part, ...]
    at: int
    slots: dict[int, set[int]]

    def fits(self, kinds: Sequence[int]) -> bool:
        """Whether an instance whose values have these types can be of this template."""
        return all(
            index < len(kinds) and (kinds[index] in expected or kinds[index] == values.NULL)
            for index, expected in self.slots.items()
        )


@dataclass(frozen=True, slots=True)
class Visited:
    """Records of a window whose every template instance is known: their (n,) begins and ends, ascending; and the (p, 2) places where the
    definitions of all instances should stand, with their chunks."""

    begins: Int64s
    ends: Int64s
    places: Int64s

    def gaps(self, begin: int, end: int) -> Int64s:
        """(g, 2) begins and ends of the bytes between two places that are in no such record."""
        within = slice(np.searchsorted(self.ends, begin, side="right"), np.searchsorted(self.begins, end))
        ends = np.concatenate(([begin], np.minimum(self.ends[within], end)))
        begins = np.concatenate((np.maximum(self.begins[within], begin), [end]))
        wide = np.flatnonzero(begins > ends)
        gaps: Int64s = np.stack((ends[wide], begins[wide]), axis=1)
        return gaps


@dataclass(slots=True)
class Definitions:
    """Definitions of one file in the window: its bytes are [begin, end). `visited`: what is known of it without a search."""

    data: Bytes
    begin: int
    end: int
    visited: Visited | None = None
    _places: dict[bytes, list[tuple[int, int]]] | None = None  # by id: chunk base and place
    _proved: Remembered[tuple[int, int], Found | None] = field(default_factory=lambda: Remembered(PROVED_BYTES))
    _documents: dict[bytes, tuple[Part, ...]] = field(
        default_factory=dict
    )  # by digest: chunks repeat the same definitions
    _tokens: int = 0  # of all documents
    _spent: dict[int, int] = field(default_factory=dict)  # tokens read, by chunk
    _chunk: tuple[int, bytes] = (-1, b"")

    def proved(self, base: int, place: int, ident: bytes) -> Found | None:
        """The definition at `place` of the window in the chunk at `base`; None unless it is of template `ident` and all of it reads."""
        where, held = (base, place), self._proved.held
        found = held[where] if where in held else self._proved.put(where, self._read(base, place), A_PLACE)
        return found if found is not None and self.data[place + 4 : place + 8].tobytes() == ident else None

    def elsewhere(self, ident: bytes, kinds: Sequence[int]) -> Found | None:
        """A definition of template `ident` anywhere in the file whose slots have the types of an instance's values."""
        if self._places is None:
            self._places = self._all()
        for base, place in self._places.get(ident, ())[:TWINS]:
            found = self.proved(base, place, ident)
            if found is not None and found.fits(kinds):
                return found
        return None

    def _read(self, base: int, place: int) -> Found | None:
        if base != self._chunk[0]:  # a chunk may begin before the window; the definition itself may still be whole
            self._chunk = base, bytes(max(-base, 0)) + self.data[max(base, 0) : max(base + CHUNK, 0)].tobytes()
        chunk = self._chunk[1]
        body = place - base + DEFINITION
        if place < 0 or body > len(chunk):
            return None
        size = int.from_bytes(chunk[body - 4 : body], "little")
        if body + size > len(chunk):
            return None
        reader = Reader(chunk, limit=min(MAX_TOKENS, TOKENS_A_CHUNK - self._spent.get(base, 0)), strict=True)
        roots = reader.fragment(body, body + size, None)
        self._spent[base] = self._spent.get(base, 0) + reader.tokens
        if reader.remarks or not any(isinstance(root, Element) for root in roots):
            return None
        document = self._document(roots, reader.tokens)
        if document is None:
            return None
        slots: dict[int, set[int]] = {}
        _collect(roots, slots)
        return Found(document, place, slots)

    def _document(self, roots: list[Part], tokens: int) -> tuple[Part, ...] | None:
        """A document that is held once, however many chunks have it; None when those of the file are too large together."""
        digest = blake2b(repr(roots).encode(), digest_size=16).digest()
        if digest not in self._documents:
            if self._tokens + tokens > MOST_TOKENS:
                return None
            self._tokens += tokens
            self._documents[digest] = tuple(roots)
        return self._documents[digest]

    def _all(self) -> dict[bytes, list[tuple[int, int]]]:
        """Every place where an instance is followed by its own definition, which tells its chunk's base too."""
        gaps = np.array([[self.begin, self.end]]) if self.visited is None else self.visited.gaps(self.begin, self.end)
        found = [self._led_to(), *(self._few(some) for some in brought(self.data, gaps, self.end))]
        at = self._few(np.sort(np.concatenate(found)))
        idents = numbers_at(self.data, at + 2, "<u4")
        order = np.argsort(idents, kind="stable")
        places = at[order] + _INSTANCE_SIZE
        bases = places - numbers_at(self.data, at[order] + 6, "<u4")
        where = list(zip(bases.tolist(), places.tolist(), strict=True))
        distinct, begins = np.unique(idents[order], return_index=True)
        bounds = pairwise([*begins.tolist(), len(where)])
        return {
            ident.to_bytes(4, "little"): where[begin:end]
            for ident, (begin, end) in zip(distinct.tolist(), bounds, strict=True)
        }

    def _few(self, at: Int64s) -> Int64s:
        """Of instances, ascending, the first TWINS of each id."""
        idents = numbers_at(self.data, at + 2, "<u4")
        order = np.argsort(idents, kind="stable")
        _, begins, counts = np.unique(idents[order], return_index=True, return_counts=True)
        ranks = np.arange(len(at)) - np.repeat(begins, counts)
        few: Int64s = np.sort(at[order[ranks < TWINS]])
        return few

    def _led_to(self) -> Int64s:
        """The instances of visited records that are followed by their own definitions."""
        if self.visited is None or not len(self.visited.begins):
            return np.empty(0, np.int64)
        at = self.visited.places[:, 0] - _INSTANCE_SIZE
        at = at[(at >= self.begin) & (at + INLINE <= self.end)]
        at = at[numbers_at(self.data, at, "<u2") == _BEGUN]
        own = numbers_at(self.data, at + 2, "<u4") == numbers_at(self.data, at + 14, "<u4")
        own &= numbers_at(self.data, at + 6, "<u4") < CHUNK
        inside = np.searchsorted(self.visited.begins, at[own], side="right") - 1
        led: Int64s = at[own][(inside >= 0) & (at[own] < self.visited.ends[inside])]
        return led


def _collect(parts: Sequence[Part], slots: dict[int, set[int]]) -> None:
    for part in parts:
        if isinstance(part, Slot):
            slots.setdefault(part.index, set()).add(part.kind)
        elif isinstance(part, Element):
            _collect(part.children, slots)
            for _, text in part.attributes:
                _collect(text, slots)


def doubtful(data: Bytes, known: Definitions, rows: tuple[Int64s, Int64s, Int64s]) -> Bools:
    """For records by offset, size and chunk base: whether any template that they use is not where they say, or none is named."""
    out: list[bool] = []
    for offset, size, base in zip(*(array.tolist() for array in rows), strict=True):
        raw = data[offset + RECORD_HEADER : offset + size - 4].tobytes()
        hits = list(_INSTANCE.finditer(raw))
        sound = bool(hits) and hits[0].start() == 4 and raw.startswith(FRAGMENT)
        for hit in hits:
            if not sound:
                break
            sound = known.proved(base, base + int.from_bytes(hit[2], "little"), hit[1]) is not None
        out.append(not sound)
    return np.array(out, np.bool_)


def implied_base(record: bytes, offset: int) -> int | None:
    """Where the chunk of a record began that stands at `offset`, by a template that it brings along; None where it brings none."""
    for hit in _INSTANCE.finditer(record, RECORD_HEADER):
        place = hit.start() + _INSTANCE_SIZE
        if record[place + 4 : place + 8] == hit[1]:
            base = offset + place - int.from_bytes(hit[2], "little")
            if 0 <= base <= offset and offset + len(record) - base <= CHUNK:
                return base
    return None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The definitions that records of the chunk at `base` can use; `start` is where in the file the window begins."""

    definitions: Definitions
    base: int
    start: int

    def stands(self, place: int, ident: bytes) -> bool:
        return self.definitions.proved(self.base, self.base + place, ident) is not None

    def same(self, ident: bytes, kinds: Sequence[int]) -> tuple[Sequence[Part], str] | None:
        found = self.definitions.elsewhere(ident, kinds)
        if found is not None:
            return found.roots, f"read by the same template at byte {self.start + found.at}"
        system = system_document(kinds)
        return None if system is None else (system, "System read by the places that its values have in every event")
