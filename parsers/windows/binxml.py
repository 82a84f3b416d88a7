"""Binary XML, read plainly and tolerantly, one fragment at a time. MS-EVEN6 sections 2.2.12 to 2.2.17.

The same reader parses a template's definition (substitutions stay as `Slot`s) and a whole record (substitutions become text). It never
raises for what it finds: it keeps what it could read and adds a `Remark` for what it could not. Depth, tokens and text are bounded.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from parsers.windows import ansi, tokens, values
from parsers.windows.document import Element, Hex, Part, Remark, Slot

MAX_DEPTH = 16  # fragments inside fragments; Windows uses two or three
MAX_ELEMENTS = 256  # elements inside elements
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


class _Broken(ValueError):
    def __init__(self, at: int, reason: str) -> None:
        super().__init__(reason)
        self.remark = Remark(at, reason)


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

    def fragment(self, at: int, end: int, slots: list[tuple[int, int, int]] | None, depth: int = 0) -> list[Part]:
        """Everything from `at` to `end`: the roots, in order.

        `slots` are (kind, start, length) of the substitution values, or None to keep `Slot`s.
        """
        roots: list[Part] = []
        try:
            if depth > MAX_DEPTH:
                raise _Broken(at, f"binary XML nested deeper than {MAX_DEPTH} fragments; not read further")
            _Walk(self, roots, end, slots, depth).run(at)
        except _Broken as broken:
            self.remarks.append(broken.remark)
        return roots

    def unpack(self, form: struct.Struct, at: int, end: int) -> tuple[int, ...]:
        """Integers at `at`. Raises when they reach past `end`."""
        if at < 0 or at + form.size > end:
            raise _Broken(
                min(max(at, 0), end), f"no field of {form.size} bytes at byte {at}: its room ends at {end} of the chunk"
            )
        return form.unpack_from(self.chunk, at)

    def characters(self, at: int, count: int, end: int) -> str:
        """`count` UTF-16 units at `at`."""
        if at + 2 * count > end:
            raise _Broken(min(at, end), f"text of {count} characters reaches past byte {end} of the chunk")
        self.spend(count)
        return values.utf16(self.chunk[at : at + 2 * count])

    def spend(self, characters: int) -> None:
        """Count text towards the limits. Raises when the record has passed them."""
        self.text += characters
        if self.tokens > self.limit or self.text > self.room:
            raise _Broken(0, f"binary XML expands past {self.limit} tokens or {self.room} characters; not read further")

    def name(self, at: int, end: int) -> tuple[str, int]:
        """The name whose offset stands at `at`, and where reading goes on (past the name when it stands right there)."""
        (target,) = self.unpack(_U32, at, end)
        found = self.known.get(target)
        if found is None:
            _, digest, count = self.unpack(_NAME, target, len(self.chunk))
            if self.strict and count > MAX_NAME:
                raise _Broken(
                    at, f"no name at byte {target} of the chunk: {count} characters; expected at most {MAX_NAME}"
                )
            text = self.characters(target + _NAME.size, count, len(self.chunk))
            if self.strict and digest != name_hash(self.chunk[target + _NAME.size : target + _NAME.size + 2 * count]):
                raise _Broken(at, f"the name at byte {target} of the chunk was written over: its hash is another")
            found = self.known[target] = (text, target + _NAME.size + 2 * count)
        text, past = found
        self.names.append((at, target, past))
        return text, past + 2 if target == at + 4 else at + 4

    def try_name(self, at: int, end: int) -> tuple[str, int, int, int] | None:
        """The name whose offset stands at `at`: its text, where it begins and ends, where reading goes on; None if unreadable."""
        try:
            text, after = self.name(at, end)
        except _Broken:
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
            raise _Broken(
                definition, f"template {ident:08x} is not at byte {definition} of the chunk, as the record says"
            )
        (size,) = self.unpack(_U32, definition + 20, len(self.chunk))
        body = definition + 24
        if size < _MIN_DEFINITION or body + size > len(self.chunk):
            raise _Broken(
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
            raise _Broken(at, f"template instance with {count} values reaches past its end")
        found = []
        for size, kind, _ in _DESCRIPTOR.iter_unpack(self.chunk[at + 4 : start]):
            if start + size > end:
                raise _Broken(start, f"value of {size} bytes reaches past its record's end")
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
            text = values.render(kind, raw)
            if why := ansi.doubt(kind, raw):
                self.remarks.append(Remark(at, why))
        except values.Unreadable as error:
            self.remarks.append(Remark(at, f"{error}; {values.AS_HEX}"))
            text = Hex(raw.hex().upper())
        self.spend(len(text))
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
_NO_VALUE = 0xFFFF  # an element that depends on none
_TYPED = struct.Struct("<BH")
_SLOT = struct.Struct("<HB")


@dataclass(slots=True)
class _Walk:
    """One pass over the tokens of a fragment."""

    reader: Reader
    roots: list[Part]
    end: int
    slots: list[tuple[int, int, int]] | None
    depth: int
    open: list[Element] = field(default_factory=list)
    attribute: list[Part] | None = None  # where text goes while a start tag is open
    instruction: Element | None = None  # the processing instruction whose data comes next

    def run(self, at: int) -> None:
        reader, chunk, end = self.reader, self.reader.chunk, self.end
        while at < end:
            token = chunk[at]
            code = token & ~tokens.MORE
            if code == tokens.EOF:
                return
            step = _STEPS.get(code)
            if step is None:
                raise _Broken(at, f"unknown binary XML token 0x{token:02x}")
            reader.tokens += 1
            if reader.tokens > reader.limit:
                reader.spend(0)
            at = step(self, at + 1, bool(token & tokens.MORE))
        if self.open:
            raise _Broken(at, f"binary XML ends inside element {self.open[-1].name}")

    def put(self, *parts: Part) -> None:
        sink = self.attribute
        if sink is None:
            sink = self.open[-1].children if self.open else self.roots
        sink.extend(parts)

    def header(self, at: int, more: bool) -> int:
        return at + 3  # major, minor version, flags

    def start(self, at: int, more: bool) -> int:
        """OpenStartElement (2.2.12): dependency, size, name; fragments outside templates lack the dependency."""
        lean = self.reader.lean(at, self.end)
        if lean and at + 4 <= self.end:
            (size,) = self.reader.unpack(_U32, at, self.end)
            if at + 4 + size > self.end:
                self.reader.remarks.append(
                    Remark(at, f"element of {size} bytes; {self.end - at - 4} are left; read by its name")
                )
        at += 4 if lean else 6
        (dependency,) = (_NO_VALUE,) if lean else self.reader.unpack(_LENGTH, at - 6, self.end)
        name, at = self.reader.name(at, self.end)
        element = Element(name)
        if self.slots is not None and dependency < len(self.slots) and self.slots[dependency][0] == values.NULL:
            self.reader.omitted.append(element)
        self.put(element)
        self.open.append(element)
        if len(self.open) > MAX_ELEMENTS:
            raise _Broken(at, f"more than {MAX_ELEMENTS} elements inside each other; not read further")
        return at + 4 if more else at

    def close_start(self, at: int, more: bool) -> int:
        self.attribute = None
        return at

    def finish(self, at: int, more: bool) -> int:
        self.attribute = None
        if not self.open:
            raise _Broken(at, "binary XML closes an element that is not open")
        self.open.pop()
        return at

    def named(self, at: int, more: bool) -> int:
        name, at = self.reader.name(at, self.end)
        if not self.open:
            raise _Broken(at, f"attribute {name} outside an element")
        self.attribute = []
        self.open[-1].attributes.append((name, self.attribute))
        return at

    def value(self, at: int, more: bool) -> int:
        """A literal: type, and for strings a count of characters (2.2.12, ValueText)."""
        kind, count = self.reader.unpack(_TYPED, at, self.end)
        if kind == values.STRING:
            self.put(self.reader.characters(at + 3, count, self.end))
            return at + 3 + 2 * count
        width = values.WIDTHS.get(kind)
        if width is None or at + 1 + width > self.end:
            raise _Broken(at, f"literal of type 0x{kind:02x} where text is expected")
        self.put(self.reader.rendered(kind, at + 1, width))
        return at + 1 + width

    def text(self, at: int, more: bool) -> int:
        (count,) = self.reader.unpack(_LENGTH, at, self.end)
        self.put(self.reader.characters(at + 2, count, self.end))
        return at + 2 + 2 * count

    def character(self, at: int, more: bool) -> int:
        (code,) = self.reader.unpack(_LENGTH, at, self.end)
        self.put(values.visible_surrogates(chr(code)))
        return at + 2

    def entity(self, at: int, more: bool) -> int:
        name, at = self.reader.name(at, self.end)
        self.put(tokens.ENTITIES.get(name, f"&{name};"))
        return at

    def target(self, at: int, more: bool) -> int:
        """A processing instruction, kept as an element `?target` that holds its data (2.2.12, PITarget and PIData)."""
        name, at = self.reader.name(at, self.end)
        self.attribute = None
        self.instruction = Element(f"?{name}")
        self.put(self.instruction)
        return at

    def instructed(self, at: int, more: bool) -> int:
        (count,) = self.reader.unpack(_LENGTH, at, self.end)
        text = self.reader.characters(at + 2, count, self.end)
        if self.instruction is None:
            raise _Broken(at, "data of a processing instruction without its target")
        self.instruction.children.append(text)
        self.instruction = None
        return at + 2 + 2 * count

    def slot(self, at: int, more: bool) -> int:
        index, kind = self.reader.unpack(_SLOT, at, self.end)
        if self.slots is None:
            self.put(Slot(index, kind))
        elif index < len(self.slots):
            parts = self.reader.value(*self.slots[index], self.depth)
            if self.attribute is not None and any(isinstance(part, Element) for part in parts):
                raise _Broken(at, "binary XML element as the value of an attribute")
            self.put(*parts)
        else:
            raise _Broken(at, f"template asks for value {index}; the record gives {len(self.slots)}")
        return at + 3

    def instance(self, at: int, more: bool) -> int:
        """A template instance (2.2.12, TemplateInstance): its definition filled with the values that follow."""
        if self.slots is None:
            raise _Broken(at, "template instance inside a template's definition")
        reader = self.reader
        try:
            body, stop, after = reader.template(at, self.end)
        except _Broken as broken:
            return self._without(at, broken.remark.reason)
        if reader.library is not None and not reader.library.stands(body - 24, reader.chunk[at + 1 : at + 5]):
            return self._without(at, "its template was written over in part", after)
        found, past = reader.slots(after, self.end)
        self.put(*reader.fragment(body, stop, found, self.depth + 1))
        return past

    def _without(self, at: int, reason: str, after: int | None = None) -> int:
        """An instance whose definition can't be read where it should stand: by the same template elsewhere, else its values alone."""
        reader = self.reader
        after = reader.past(at, self.end) if after is None else after
        found, past = reader.slots(after, self.end)
        same = None
        if reader.library is not None:
            same = reader.library.same(reader.chunk[at + 1 : at + 5], [kind for kind, _, _ in found])
        if same is None:
            reader.remarks.append(Remark(at, f"{reason}; its {len(found)} values kept as unnamed Data"))
            self.put(Element("EventData", [], [Element("Data", [], reader.value(*v, self.depth)) for v in found]))
            return past
        roots, how = same
        reader.remarks.append(Remark(at, f"{reason}; {how}"))
        self.put(*self._filled(roots, found))
        return past

    def _filled(self, parts: Sequence[Part], found: list[tuple[int, int, int]]) -> list[Part]:
        """A definition's document with the values in its slots."""
        out: list[Part] = []
        for part in parts:
            self.reader.tokens += 1
            self.reader.spend(0)
            if isinstance(part, Slot):
                out += self.reader.value(*found[part.index], self.depth)
            elif isinstance(part, Element):
                attributes = [(name, self._filled(text, found)) for name, text in part.attributes]
                out.append(Element(part.name, attributes, self._filled(part.children, found)))
            else:
                out.append(part)
        return out


_STEPS = {
    tokens.OPEN: _Walk.start,
    tokens.CLOSE_START: _Walk.close_start,
    tokens.CLOSE_EMPTY: _Walk.finish,
    tokens.END: _Walk.finish,
    tokens.VALUE: _Walk.value,
    tokens.ATTRIBUTE: _Walk.named,
    tokens.CDATA: _Walk.text,
    tokens.CHARACTER: _Walk.character,
    tokens.ENTITY: _Walk.entity,
    tokens.PI_TARGET: _Walk.target,
    tokens.PI_DATA: _Walk.instructed,
    tokens.TEMPLATE: _Walk.instance,
    tokens.NORMAL: _Walk.slot,
    tokens.OPTIONAL: _Walk.slot,
    tokens.HEADER: _Walk.header,
}
