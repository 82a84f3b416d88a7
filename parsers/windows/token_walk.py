"""One pass over the tokens of a fragment of binary XML: what each says becomes elements, attributes and texts. MS-EVEN6 2.2.12."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parsers.windows import tokens, values
from parsers.windows.document import Broken, Element, Part, Remark, Slot

if TYPE_CHECKING:
    from parsers.windows.binxml import Reader

MAX_ELEMENTS = 256  # elements inside elements

_U32 = struct.Struct("<I")
_LENGTH = struct.Struct("<H")
_NO_VALUE = 0xFFFF  # an element that depends on none
_TYPED = struct.Struct("<BH")
_SLOT = struct.Struct("<HB")


@dataclass(slots=True)
class Walk:
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
                raise Broken(at, f"unknown binary XML token 0x{token:02x}")
            reader.tokens += 1
            if reader.tokens > reader.limit:
                reader.spend(0, at)
            at = step(self, at + 1, bool(token & tokens.MORE))
        if self.open:
            raise Broken(at, f"binary XML ends inside element {self.open[-1].name}")

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
            raise Broken(at, f"more than {MAX_ELEMENTS} elements inside each other; not read further")
        return at + 4 if more else at

    def close_start(self, at: int, more: bool) -> int:
        self.attribute = None
        return at

    def finish(self, at: int, more: bool) -> int:
        self.attribute = None
        if not self.open:
            raise Broken(at, "binary XML closes an element that is not open")
        self.open.pop()
        return at

    def named(self, at: int, more: bool) -> int:
        name, at = self.reader.name(at, self.end)
        if not self.open:
            raise Broken(at, f"attribute {name} outside an element")
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
            raise Broken(at, f"literal of type 0x{kind:02x} where text is expected")
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
            raise Broken(at, "data of a processing instruction without its target")
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
                raise Broken(at, "binary XML element as the value of an attribute")
            self.put(*parts)
        else:
            raise Broken(at, f"template asks for value {index}; the record gives {len(self.slots)}")
        return at + 3

    def instance(self, at: int, more: bool) -> int:
        """A template instance (2.2.12, TemplateInstance): its definition filled with the values that follow."""
        if self.slots is None:
            raise Broken(at, "template instance inside a template's definition")
        reader = self.reader
        try:
            body, stop, after = reader.template(at, self.end)
        except Broken as broken:
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
        self.put(*self._filled(roots, found, at))
        return past

    def _filled(self, parts: Sequence[Part], found: list[tuple[int, int, int]], at: int) -> list[Part]:
        """A definition's document with the values in its slots, for the instance at `at`."""
        out: list[Part] = []
        for part in parts:
            self.reader.tokens += 1
            self.reader.spend(0, at)
            if isinstance(part, Slot):
                out += self.reader.value(*found[part.index], self.depth)
            elif isinstance(part, Element):
                attributes = [(name, self._filled(text, found, at)) for name, text in part.attributes]
                out.append(Element(part.name, attributes, self._filled(part.children, found, at)))
            else:
                out.append(part)
        return out


_STEPS = {
    tokens.OPEN: Walk.start,
    tokens.CLOSE_START: Walk.close_start,
    tokens.CLOSE_EMPTY: Walk.finish,
    tokens.END: Walk.finish,
    tokens.VALUE: Walk.value,
    tokens.ATTRIBUTE: Walk.named,
    tokens.CDATA: Walk.text,
    tokens.CHARACTER: Walk.character,
    tokens.ENTITY: Walk.entity,
    tokens.PI_TARGET: Walk.target,
    tokens.PI_DATA: Walk.instructed,
    tokens.TEMPLATE: Walk.instance,
    tokens.NORMAL: Walk.slot,
    tokens.OPTIONAL: Walk.slot,
    tokens.HEADER: Walk.header,
}
