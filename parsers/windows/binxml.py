"""Binary XML, read plainly and tolerantly, one fragment at a time. MS-EVEN6 sections 2.2.12 to 2.2.17.

The same reader parses a template's definition (substitutions stay as `Slot`s) and a whole record (substitutions become text). It never
raises for what it finds: it keeps what it could read and adds a `Remark` for what it could not. Depth, tokens and text are bounded.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from parsers.windows import values
from parsers.windows.document import Broken, Element, Hex, Part, Remark
from parsers.windows.token_walk import Walk

MAX_DEPTH = 16  # fragments inside fragments; Windows uses two or three
MAX_TOKENS = 16_384  # a record of 64 KiB has no room for more that are honest
TOKENS_A_CHUNK = 1 << 18  # an honest chunk needs a third of it; past that its records are not expanded further
MAX_NAME = 1024  # characters of a name that is to be proved; Windows' own have some dozens
MAX_TEXT = 1 << 20  # characters rendered from one record; a record is at most 64 KiB


class Library(Protocol):
    """What is known of template definitions when newer bytes may stand over them. `ident`: the first four bytes of a template's GUID."""

    def stands(self, place: int, ident: bytes) -> bool:
        """Whether the definition at `place` of the chunk is of this template and reads to its end."""
        ...

    def same(self, ident: bytes, kinds: Sequence[int]) -> tuple[Sequence[Part], str] | None:
        """A document for an instance of this template with values of these types, and how it was come by, in words."""
        ...


@dataclass(slots=True)
class Reader:
    """Reads fragments of one chunk. `chunk` is its bytes; all offsets count from its start."""

    chunk: bytes
    remarks: list[Remark] = field(default_factory=list)
    names: list[tuple[int, int, int]] = field(
        default_factory=list
    )  # each use of a name: its offset's place, the name's, its end
    omitted: list[Element] = field(
        default_factory=list
    )  # elements that Windows leaves out, since the value they depend on is null
    tokens: int = 0
    text: int = 0
    limit: int = MAX_TOKENS
    room: int = MAX_TEXT
    known: dict[int, tuple[str, int]] = field(default_factory=dict)  # names of this chunk by offset: text and end
    strict: bool = False  # names are proved by their hash: in free space others may have been written over them
    library: Library | None = None  # asked for definitions that may not be where they should
    page: int | None = None  # the code page of ANSI text, if it was told

    def fragment(self, at: int, end: int, slots: list[tuple[int, int, int]] | None, depth: int = 0) -> list[Part]:
        """Everything from `at` to `end`: the roots, in order.

        `slots` are (kind, start, length) of the substitution values, or None to keep `Slot`s.
        """
        roots: list[Part] = []
        try:
            if depth > MAX_DEPTH:
                raise Broken(at, f"binary XML nested deeper than {MAX_DEPTH} fragments; not read further")
            Walk(self, roots, end, slots, depth).run(at)
        except Broken as broken:
            self.remarks.append(broken.remark)
        return roots

    def unpack(self, form: struct.Struct, at: int, end: int) -> tuple[int, ...]:
        """Integers at `at`. Raises when they reach past `end`."""
        if at < 0 or at + form.size > end:
            raise Broken(
                min(max(at, 0), end), f"no field of {form.size} bytes at byte {at}: its room ends at {end} of the chunk"
            )
        return form.unpack_from(self.chunk, at)

    def characters(self, at: int, count: int, end: int) -> str:
        """`count` UTF-16 units at `at`."""
        if at + 2 * count > end:
            raise Broken(min(at, end), f"text of {count} characters reaches past byte {end} of the chunk")
        self.spend(count, at)
        return values.utf16(self.chunk[at : at + 2 * count])

    def spend(self, characters: int, at: int) -> None:
        """Count text that stands at `at` towards the limits. Raises when the record has passed them."""
        self.text += characters
        if self.tokens > self.limit or self.text > self.room:
            raise Broken(at, f"binary XML expands past {self.limit} tokens or {self.room} characters; not read further")

    def told(self) -> list[Remark]:
        """The remarks, each once: what stands in a template is read for each use of it, and may be as odd each time."""
        return list(dict.fromkeys(self.remarks))

    def name(self, at: int, end: int) -> tuple[str, int]:
        """The name whose offset stands at `at`, and where reading goes on (past the name when it stands right there)."""
        (target,) = self.unpack(_U32, at, end)
        found = self.known.get(target)
        if found is None:
            _, digest, count = self.unpack(_NAME, target, len(self.chunk))
            if self.strict and not 0 < count <= MAX_NAME:  # zeros would be a name without characters, whose hash fits
                raise Broken(at, f"no name at byte {target} of the chunk: {count} characters; expected 1 to {MAX_NAME}")
            text = self.characters(target + _NAME.size, count, len(self.chunk))
            if self.strict and digest != name_hash(self.chunk[target + _NAME.size : target + _NAME.size + 2 * count]):
                raise Broken(at, f"the name at byte {target} of the chunk was written over: its hash is another")
            found = self.known[target] = (text, target + _NAME.size + 2 * count)
        text, past = found
        self.names.append((at, target, past))
        return text, past + 2 if target == at + 4 else at + 4

    def try_name(self, at: int, end: int) -> tuple[str, int, int, int] | None:
        """The name whose offset stands at `at`: its text, where it begins and ends, where reading goes on; None if unreadable."""
        try:
            text, after = self.name(at, end)
        except Broken:
            return None
        _, target, past = self.names[-1]
        return text, target, past, after

    def lean(self, at: int, end: int) -> bool:
        """Whether the element whose token ends at `at` lacks the dependency, as elements outside templates do."""
        size, target = _LEAN_ELEMENT.unpack_from(self.chunk, at) if at + _LEAN_ELEMENT.size <= end else (end, 0)
        if at + _ELEMENT.size > end:
            return True
        _, full_size, full_target = _ELEMENT.unpack_from(self.chunk, at)
        room = len(self.chunk) - _NAME.size
        if at + 6 + full_size <= end and full_target < room:
            return False
        if at + 4 + size <= end and target < room:
            return True
        # neither size can be: what stands where a name is expected tells
        return not self._proved(full_target) and self._proved(target)

    def _proved(self, target: int) -> bool:
        """Whether a name stands at `target`, by its hash."""
        if target + _NAME.size > len(self.chunk):
            return False
        _, digest, count = _NAME.unpack_from(self.chunk, target)
        begin = target + _NAME.size
        text = self.chunk[begin : begin + 2 * count]
        return bool(0 < count <= MAX_NAME and len(text) == 2 * count and name_hash(text) == digest)

    def template(self, at: int, end: int) -> tuple[int, int, int]:
        """A template instance at `at` (past its token): where its definition's body begins and ends, and where its values begin."""
        _, ident, definition = self.unpack(_INSTANCE, at, end)
        after = at + _INSTANCE.size
        (held,) = self.unpack(_U32, definition + 4, len(self.chunk))
        if held != ident:
            raise Broken(
                definition, f"template {ident:08x} is not at byte {definition} of the chunk, as the record says"
            )
        (size,) = self.unpack(_U32, definition + 20, len(self.chunk))
        body = definition + 24
        if size < _MIN_DEFINITION or body + size > len(self.chunk):
            raise Broken(
                definition, f"no template: {size} bytes; expected {_MIN_DEFINITION} to {len(self.chunk) - body}"
            )
        return body, body + size, body + size if definition == after else after

    def past(self, at: int, end: int) -> int:
        """Where the values of a template instance at `at` begin whose definition is not to be read: behind it where it stands inline."""
        _, _, definition = self.unpack(_INSTANCE, at, end)
        after = at + _INSTANCE.size
        if definition != after:
            return after
        (size,) = self.unpack(_U32, definition + 20, end)
        return after + 24 + size

    def slots(self, at: int, end: int) -> tuple[list[tuple[int, int, int]], int]:
        """A template instance's values at `at`: (kind, start, length) of each, and where they end."""
        (count,) = self.unpack(_U32, at, end)
        start = at + 4 + 4 * count
        if start > end:
            raise Broken(at, f"template instance with {count} values reaches past its end")
        found = []
        for size, kind, _ in _DESCRIPTOR.iter_unpack(self.chunk[at + 4 : start]):
            if start + size > end:
                raise Broken(start, f"value of {size} bytes reaches past its record's end")
            found.append((kind, start, size))
            start += size
        return found, start

    def value(self, kind: int, at: int, size: int, depth: int) -> list[Part]:
        """One substitution value as parts of the document; no part at all for null."""
        if kind == values.NULL:
            if size in values.NULL_SIZES:
                return []
            self.remarks.append(Remark(at, f"null value that takes {size} bytes; {values.AS_HEX}"))
            return [Hex(self.chunk[at : at + size].hex().upper())]
        if kind == values.BINXML:
            return self.fragment(at, at + size, [], depth + 1)
        return [self.rendered(kind, at, size)]

    def rendered(self, kind: int, at: int, size: int) -> str:
        """A value's text, or its bytes in hex and a remark."""
        raw = self.chunk[at : at + size]
        try:
            text = values.render(kind, raw, self.page)
            if why := values.doubt(kind, raw, self.page):
                self.remarks.append(Remark(at, why))
        except values.Unreadable as error:
            self.remarks.append(Remark(at, f"{error}; {values.AS_HEX}"))
            text = Hex(raw.hex().upper())
        self.spend(len(text), at)
        return Hex(text) if kind == values.BINARY else text


def name_hash(text: bytes) -> int:
    """The hash that stands before a name, UTF-16-LE: times 65,599 and the next unit, of which 16 bits are kept."""
    digest = 0
    for (unit,) in _LENGTH.iter_unpack(text):
        digest = (digest * 65_599 + unit) & 0xFFFF
    return digest


_MIN_DEFINITION = 16  # fragment header and one empty element
_U32 = struct.Struct("<I")
_NAME = struct.Struct("<IHH")  # next name of the bucket, hash, characters
_INSTANCE = struct.Struct("<BII")  # always 1, template id, definition's offset
_DESCRIPTOR = struct.Struct("<HBB")  # size, type, padding
_ELEMENT = struct.Struct("<HII")  # dependency, size, name's offset
_LEAN_ELEMENT = struct.Struct("<II")  # the same without dependency, in fragments that stand outside templates
_LENGTH = struct.Struct("<H")
