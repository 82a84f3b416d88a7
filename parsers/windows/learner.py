"""One document without a template, read token by token to learn which steps lead through others like it. MS-EVEN6 section 2.2.12."""

from __future__ import annotations

from parsers.windows import values
from parsers.windows.binxml import MAX_TOKENS, Reader
from parsers.windows.document import Element, Part, Slot
from parsers.windows.step import LEAN, Step
from parsers.windows.token_walk import MAX_ELEMENTS
from parsers.windows.tokens import (
    ATTRIBUTE,
    CHARACTER,
    CLOSE_EMPTY,
    CLOSE_START,
    END,
    ENTITIES,
    ENTITY,
    EOF,
    HEADER,
    MORE,
    OPEN,
    VALUE,
)


class Learner:
    """Reads one document token by token, noting what must stand where."""

    def __init__(self, reader: Reader, end: int) -> None:
        self.reader, self.end = reader, end
        self.steps: list[Step] = []
        self.roots: list[Part] = []
        self.open: list[Element] = []
        self.sink: list[Part] | None = None
        self.values = 0

    def learn(self, at: int) -> bool:
        """Whether the whole document is made of elements, attributes and texts."""
        chunk = self.reader.chunk
        if chunk[at : at + 1] != bytes([HEADER]):
            return False
        self.steps.append(Step(chunk[at : at + 4]))
        at += 4
        while at < self.end and len(self.steps) < MAX_TOKENS:
            token = chunk[at]
            code = token & ~MORE
            if code == EOF:
                self.steps.append(Step(b"\0"))
                return not self.open and not _mixed(self.roots)
            step = self._step(code, token, at)
            if step is None:
                return False
            at = step
        self.steps.append(Step(b"", ended=True))
        return at == self.end and not self.open and not _mixed(self.roots)

    def _step(self, code: int, token: int, at: int) -> int | None:
        if code in (OPEN, ATTRIBUTE):
            return self._named(code, token, at)
        if code == VALUE:
            return self._text(token, at)
        if code in (ENTITY, CHARACTER):
            return self._character(code, token, at)
        if code not in (CLOSE_START, CLOSE_EMPTY, END) or not self.open:
            return None
        self.steps.append(Step(bytes([token])))
        self.sink = None
        if code != CLOSE_START:
            self.open.pop()
        return at + 1

    def _named(self, code: int, token: int, at: int) -> int | None:
        lean = self.reader.lean(at + 1, self.end)
        offset = 1 if code == ATTRIBUTE else LEAN if lean else LEAN + 2
        place = at + offset
        known = self.reader.try_name(place, self.end)
        if known is None or (code == ATTRIBUTE and not self.open) or len(self.open) >= MAX_ELEMENTS:
            return None
        name, target, past, after = known
        tail = 4 if code == OPEN and token & MORE else 0
        head = bytes([token])
        self.steps.append(Step(head, self.reader.chunk[target + 4 : past], offset, tail))
        if code == ATTRIBUTE:
            self.sink = []
            self.open[-1].attributes.append((name, self.sink))
        else:
            element = Element(name)
            (self.open[-1].children if self.open else self.roots).append(element)
            self.open.append(element)
            self.sink = None
        return after + tail

    def _character(self, code: int, token: int, at: int) -> int | None:
        """A character that a text can't hold as it is: by name, or by number. Which it is, is part of the shape."""
        if not self.open:
            return None
        if code == CHARACTER:
            raw = self.reader.chunk[at : at + 3]
            if at + 3 > self.end:
                return None
            self.steps.append(Step(raw))
            said, after = values.visible_surrogates(chr(raw[1] | raw[2] << 8)), at + 3
        else:
            known = self.reader.try_name(at + 1, self.end)
            if known is None:
                return None
            name, target, past, after = known
            self.steps.append(Step(bytes([token]), self.reader.chunk[target + 4 : past], 1))
            said = ENTITIES.get(name, f"&{name};")
        (self.open[-1].children if self.sink is None else self.sink).append(said)
        return after

    def _text(self, token: int, at: int) -> int | None:
        chunk = self.reader.chunk
        if at + 4 > self.end or chunk[at + 1] != values.STRING or not self.open:
            return None
        count = int.from_bytes(chunk[at + 2 : at + 4], "little")
        raw = chunk[at + 4 : at + 4 + 2 * count]
        if at + 4 + 2 * count > self.end:
            return None
        head = bytes([token, values.STRING])
        element = self.open[-1]
        if self.sink is not None and element.name in ("Data", "ComplexData") and element.attributes[-1][0] == "Name":
            self.steps.append(Step(head, text=raw))
            self.sink.append(values.utf16(raw))
        else:
            self.steps.append(Step(head, value=True))
            (element.children if self.sink is None else self.sink).append(Slot(self.values, values.STRING))
            self.values += 1
        return at + 4 + 2 * count


def _mixed(parts: list[Part]) -> bool:
    """Whether characters stand beside elements: where all text there is white space, which is seen record by record, it is layout."""
    inner = [part for part in parts if isinstance(part, Element)]
    return (bool(inner) and any(isinstance(part, str) for part in parts)) or any(_mixed(one.children) for one in inner)
