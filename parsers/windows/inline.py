"""Records without templates, many at once: forwarded events carry their whole document as binary XML, names and all.

Alike records have the same tokens and differ in lengths, offsets and texts. One of them is read to learn the steps; the others take
the same steps in lockstep. Where some can't follow they part, at the step they reached, and follow another. MS-EVEN6 section 2.2.12.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from parsers.gather import Bools, Int64s, numbers_at
from parsers.windows import values
from parsers.windows.binxml import MAX_TOKENS, Reader
from parsers.windows.chunks import CHUNK
from parsers.windows.columns import Plan, Shape, bounded, planned
from parsers.windows.document import Element, Part, Slot
from parsers.windows.groups import Fragments
from parsers.windows.instances import Visit
from parsers.windows.token_walk import MAX_ELEMENTS
from parsers.windows.tokens import ATTRIBUTE, CLOSE_EMPTY, CLOSE_START, END, EOF, HEADER, MORE, OPEN, VALUE
from parsers.windows.typed import Values, Window

LEAN = 5  # bytes before the name of an element that lacks the dependency: token, size
FAILURES = 8  # records that can't be learned from before the rest is left to be read one by one; more where there are many records
A_FAILURE_IN = 100  # records
FEW = 12  # records below which reading them one by one costs less than the steps


@dataclass(frozen=True, slots=True)
class Step:
    """What must stand at a place: `code` is its first bytes; then a name at `name_at`, or a text, or nothing."""

    code: bytes
    name: bytes = b""  # hash, length and characters; empty where no name stands
    name_at: int = 0
    tail: int = 0  # bytes behind the name
    text: bytes | None = None  # a text that is part of the shape: the name of a Data element
    value: bool = False  # a text that is a value


@dataclass(frozen=True, slots=True)
class _Walkers:
    """Records on their way: (n,) indices into the fragments, places, ends, chunk bases, and `ids` in the notebook of passed values."""

    rows: Int64s
    at: Int64s
    end: Int64s
    base: Int64s
    ids: Int64s

    def only(self, chosen: Bools) -> _Walkers:
        return _Walkers(self.rows[chosen], self.at[chosen], self.end[chosen], self.base[chosen], self.ids[chosen])

    def on(self, at: Int64s) -> _Walkers:
        return _Walkers(self.rows, at, self.end, self.base, self.ids)


class _Passed:
    """Start and size of the values that walkers have passed: the first value of each, the second …"""

    def __init__(self, count: int) -> None:
        self._count = count
        self._held: list[tuple[Int64s, Int64s]] = []

    def note(self, number: int, ids: Int64s, start: Int64s, size: Int64s) -> None:
        if number == len(self._held):
            self._held.append((np.empty(self._count, np.int64), np.empty(self._count, np.int64)))
        starts, sizes = self._held[number]
        starts[ids], sizes[ids] = start, size

    def values(self, visit: Visit, number: int, ids: Int64s) -> Values:
        """The first `number` values of some walkers."""
        starts, sizes = np.empty((len(ids), number), np.int64), np.empty((len(ids), number), np.int64)
        for at, (start, size) in enumerate(self._held[:number]):
            starts[:, at], sizes[:, at] = start[ids], size[ids]
        flat = starts.reshape(-1), sizes.reshape(-1)
        first = visit.values(*flat, np.full(len(flat[0]), values.STRING, np.uint8))
        return Values.of(visit.notes, first + np.arange(len(ids), dtype=np.int32) * number, number)


@dataclass(frozen=True, slots=True)
class _Learned:
    """A document that was read once: how to decode records that take its steps (None: one by one)."""

    plan: Plan | None


@dataclass(slots=True)
class _Node:
    """What documents are known to go on with after the same first steps, of which `values` pass a value."""

    values: int = 0
    ahead: dict[Step, _Node] = field(default_factory=dict)
    learned: _Learned | None = None


@dataclass(slots=True)
class _Library:
    """The documents that this process has read: those of one piece are mostly those of the next."""

    root: _Node = field(default_factory=_Node)
    held: int = 0


@dataclass(frozen=True, slots=True)
class _Stop:
    """Records that stand at a node, and how many of the steps ahead they could not take."""

    node: _Node
    walkers: _Walkers
    tried: int = 0


_library = _Library()
MAX_KEPT = 256  # documents remembered, some 100 kB each
STEPS = 256  # steps of such a document; a longer one counts as several


def inline(visit: Visit, fragments: Fragments, odd: Int64s) -> tuple[list[Shape], Int64s]:
    """The shapes of those of the `odd` fragments that are plain documents, and the rest to be read one by one."""
    window, start = visit.window, fragments.at[odd] + 4
    plain = start + 1 < fragments.end[odd]
    token = window.data[np.where(plain, start, 0)]
    plain &= (token & ~np.uint8(MORE)) == OPEN
    rows = odd[plain]
    if _library.held >= MAX_KEPT:
        _library.root, _library.held = _Node(), 0
    first = _Walkers(rows, fragments.at[rows], fragments.end[rows], fragments.base[rows], np.arange(len(rows)))
    waiting = [_Stop(_library.root, first)]
    passed = _Passed(len(rows))
    shapes: list[Shape] = []
    rest = [odd[~plain]]
    failures, patience = 0, max(FAILURES, len(rows) // A_FAILURE_IN)
    while waiting:
        stop = waiting.pop()
        if len(stop.walkers.rows) < FEW:
            rest.append(stop.walkers.rows)
            continue
        arrived, node, walkers = _follow(window, stop, (waiting, passed))
        if arrived is not None:
            held = passed.values(visit, node.values, walkers.ids)
            found = None if arrived.plan is None else bounded(arrived.plan, walkers.rows, (held,))
            if found is None:
                rest.append(walkers.rows)
            else:
                shapes.append(found)
        elif len(walkers.rows) < FEW or failures > patience or _library.held >= 2 * MAX_KEPT:
            rest.append(walkers.rows)
        else:
            tried = len(node.ahead)
            if not _learn(window, fragments, int(walkers.rows[0])):
                failures += 1
                rest.append(walkers.rows[:1])
                walkers = walkers.only(np.arange(len(walkers.rows)) > 0)
            waiting.append(_Stop(node, walkers, tried))
    return sorted(shapes, key=lambda shape: int(shape.rows[0])), np.sort(np.concatenate(rest))


def _follow(window: Window, stop: _Stop, notes: tuple[list[_Stop], _Passed]) -> tuple[_Learned | None, _Node, _Walkers]:
    """Take known steps as far as they lead: the document whose end was reached, or None and who stands where no known step leads on.

    Where walkers part they go to `waiting`, each with the node that they have reached.
    """
    waiting, passed = notes
    node, walkers, tried = stop.node, stop.walkers, stop.tried
    while node.learned is None and len(walkers.rows):
        branches: list[tuple[_Node, _Walkers]] = []
        for step, following in islice(node.ahead.items(), tried, None):
            ahead, able = _take(window, step, walkers, (passed, node.values))
            if able.all():
                branches.append((following, ahead))
                walkers = ahead.only(~able)
                break
            if able.any():
                branches.append((following, ahead.only(able)))
                walkers = walkers.only(~able)
        if len(walkers.rows) or len(branches) != 1:
            waiting += [_Stop(*branch) for branch in branches]
            return None, node, walkers
        ((node, walkers),), tried = branches, 0
    return node.learned, node, walkers


def _take(window: Window, step: Step, walkers: _Walkers, notes: tuple[_Passed, int]) -> tuple[_Walkers, Bools]:
    """Where the walkers stand after a step, and which of them could take it."""
    at, data = walkers.at, window.data
    reach = step.name_at + 4 + step.tail if step.name else 4 if step.value or step.text is not None else len(step.code)
    able = at + reach <= walkers.end
    safe = np.where(able, at, 0)  # place 0 of the piece for those that can't
    if len(step.code) == 1:
        able &= data[safe] == step.code[0]
    else:
        able &= (data[safe[:, None] + np.arange(len(step.code))] == np.frombuffer(step.code, np.uint8)).all(axis=1)
    if step.name:
        if step.name_at == LEAN:  # the plain reader takes an element that is larger than its record for another kind
            able &= safe + 5 + numbers_at(data, safe + 1, "<u4").astype(np.int64) <= walkers.end
        ahead, known = _named(window, step, safe, walkers.base)
        able &= known & (ahead <= walkers.end)
    elif step.value or step.text is not None:
        counts = data[safe + 2].astype(np.int64) | (data[safe + 3].astype(np.int64) << 8)
        start, size = safe + 4, 2 * counts
        ahead = start + size
        able &= ahead <= walkers.end
        if step.value:
            notes[0].note(notes[1], walkers.ids, start, size)
        else:
            able &= _same(window, np.where(able, start, 0), size, step.text or b"")
    else:
        ahead = safe + len(step.code) + step.tail
    return walkers.on(ahead), able


def _named(window: Window, step: Step, at: Int64s, base: Int64s) -> tuple[Int64s, Bools]:
    """Past a name, and whether it is the step's: it stands right here, or elsewhere in the chunk."""
    place = at + step.name_at
    quads = numbers_at(window.data, place, "<u4").astype(np.int64)
    target = base + quads
    here = target == place + 4
    fits = (quads + 4 + len(step.name) <= CHUNK) & (target + 4 + len(step.name) <= len(window.data))
    found = window.data[np.where(fits, target + 4, 0)[:, None] + np.arange(len(step.name))]
    same = fits & (found == np.frombuffer(step.name, np.uint8)).all(axis=1)
    return place + 4 + np.where(here, 4 + len(step.name) + 2, 0) + step.tail, same


def _same(window: Window, start: Int64s, size: Int64s, text: bytes) -> Bools:
    equal: Bools = size == len(text)
    if text:
        inside = equal & (start + len(text) <= len(window.data))
        found = window.data[np.where(inside, start, 0)[:, None] + np.arange(len(text))]
        equal = inside & (found == np.frombuffer(text, np.uint8)).all(axis=1)
    return equal


def _learn(window: Window, fragments: Fragments, row: int) -> bool:
    """Add the document of one record to what is known; whether it is made of plain text alone, and new."""
    base = int(fragments.base[row])
    chunk = window.data[base : base + CHUNK].tobytes()
    learner = _Learner(Reader(chunk), int(fragments.end[row]) - base)
    if not learner.learn(int(fragments.at[row]) - base):
        return False
    at = _library.root
    for step in learner.steps:
        at = at.ahead.setdefault(step, _Node(at.values + step.value))
    if at.ahead or at.learned is not None:
        return False
    at.learned = _Learned(planned(learner.roots))
    _library.held += 1 + len(learner.steps) // STEPS
    return True


class _Learner:
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
                return not self.open
            step = self._step(code, token, at)
            if step is None:
                return False
            at = step
        return at == self.end and not self.open

    def _step(self, code: int, token: int, at: int) -> int | None:
        if code in (OPEN, ATTRIBUTE):
            return self._named(code, token, at)
        if code == VALUE:
            return self._text(token, at)
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
