"""The steps that documents without templates are known to take, as a tree, and a compiled loop that takes them for many records.

Each record is walked from token to token as far as known steps lead, and stays where none does until more are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from parsers.gather import Bytes, Int64s
from parsers.windows import values
from parsers.windows.flat import Flat, Int32s, Whole
from parsers.windows.step import LEAN, Step, merged
from parsers.windows.structures import CHUNK
from timelines.compiled import compiled, inlined
from timelines.words_at import WORD, word

PLAIN, NAME, TEXT, VALUE, ENDED = range(5)  # what a step reads behind its first bytes; ENDED: the record ends there
_STRING = values.STRING


class Tree(NamedTuple):
    """`first`: by node, its first step (-1: none); `learned`: by node, the document that ends there (-1: none); `steps`: (s, 9) what is
    read, next step of the same node, node that it leads to, where code and name or text lie in `bytes` and how long each
    is, place of the name and what follows it."""

    first: Int32s
    learned: Int32s
    steps: Int32s
    bytes: Bytes


_READ, _NEXT, _TO, _CODE, _CODED, _SAID, _LENGTH, _NAME_AT, _TAIL = range(9)


class Walk(NamedTuple):
    """Records on their way: (n, 3) begins, ends and bases; the `node` of each, the step `tried` last there, the place `at`, and the `first`
    of its values (-1: not noted). `tries`: (1,) steps that were tried."""

    bounds: Int64s
    node: Int32s
    tried: Int32s
    at: Int64s
    first: Int32s
    tries: Int64s

    @classmethod
    def begun(cls, bounds: Int64s) -> Walk:
        count = len(bounds)
        none = np.full((2, count), -1, np.int32)
        return cls(bounds, np.zeros(count, np.int32), none[0], bounds[:, 0].copy(), none[1], np.zeros(1, np.int64))


@inlined
def _stands(data: Bytes, at: Whole, tree: Tree, begin: Whole, size: Whole) -> bool:
    """Whether bytes that are known stand at a place."""
    if at < 0 or at + size > len(data):
        return False
    if size < 8:
        if at + 8 > len(data):
            same = True
            for byte in range(size):
                same &= data[at + byte] == tree.bytes[begin + byte]
            return same
        other = word(data, at) ^ word(tree.bytes, begin)
        return bool(size == 0 or other << np.uint64(64 - 8 * size) == 0)
    step = np.int64(0)
    while step + 8 < size:
        if word(data, at + step) != word(tree.bytes, begin + step):
            return False
        step += 8
    return bool(word(data, at + size - 8) == word(tree.bytes, begin + size - 8))  # the last eight bytes


@inlined
def _whole(data: Bytes, at: Whole, size: Whole) -> Whole:
    """A number of some bytes."""
    if at + 8 <= len(data):
        return np.int64(word(data, at) & (np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - 8 * size)))
    number = np.int64(0)
    for step in range(size):
        number |= np.int64(data[at + step]) << (8 * step)
    return number


@inlined
def _named(data: Bytes, tree: Tree, step: Whole, token: Whole, base: Whole) -> Whole:
    """Where reading goes on behind the name of a step, which stands right here or elsewhere in the chunk; -1 where it does not."""
    place, length = token + np.int64(tree.steps[step, _NAME_AT]), np.int64(tree.steps[step, _LENGTH])
    quad = _whole(data, place, 4)
    target = base + quad
    if quad + 4 + length > CHUNK or not _stands(data, target + 4, tree, tree.steps[step, _SAID], length):
        return np.int64(-1)
    here = 4 + length + 2 if target == place + 4 else 0
    return place + 4 + here + np.int64(tree.steps[step, _TAIL])


@inlined
def _past(data: Bytes, tree: Tree, step: Whole, at: Whole, end: Whole, base: Whole) -> Whole:
    """Where a record stands after a step, -1 where it can't take it."""
    what, coded = tree.steps[step, _READ], np.int64(tree.steps[step, _CODED])
    token, reach = at + coded - 1, coded
    if what == NAME:
        reach += np.int64(tree.steps[step, _NAME_AT] + 3 + tree.steps[step, _TAIL])
    elif what not in (PLAIN, ENDED):
        reach += 2
    if at + reach > end or not _stands(data, at, tree, tree.steps[step, _CODE], coded):
        return np.int64(-1)
    ahead = np.int64(at + coded)
    if what == NAME:
        # the plain reader takes an element that is larger than its record for another kind
        if tree.steps[step, _NAME_AT] == LEAN and token + LEAN + _whole(data, token + 1, 4) > end:
            return np.int64(-1)
        ahead = np.int64(_named(data, tree, step, token, base))
    elif what == ENDED:
        return ahead if ahead == end else np.int64(-1)
    elif what != PLAIN:
        size = 2 * _whole(data, ahead, 2)
        ahead += 2 + size
        length = np.int64(tree.steps[step, _LENGTH])
        if ahead > end or (
            what == TEXT and (size != length or not _stands(data, ahead - size, tree, tree.steps[step, _SAID], length))
        ):
            return np.int64(-1)
    return ahead if ahead <= end else np.int64(-1)


@compiled
def _called_past(data: Bytes, tree: Tree, step: Whole, at: Whole, end: Whole, base: Whole) -> Whole:
    """The same, called: where it is not hot, and put in twice would take most of the time of compiling."""
    return _past(data, tree, step, at, end, base)


@inlined
def _noted(flat: Flat, value: Whole, begin: Whole, end: Whole) -> Whole:
    """Note a value between two places as the `value`-th; the number of the next."""
    flat.start[value], flat.size[value], flat.kind[value] = begin, end - begin, _STRING
    return value + 1


@compiled
def follow(data: Bytes, tree: Tree, walk: Walk, rows: Int64s, begin: int, flat: Flat) -> int:
    """Take known steps as far as they lead the records `rows` from number `begin` on, noting the values of those that come to the end
    from their begin on; the number of the record whose values had no room is returned."""
    for which in range(begin, len(rows)):
        row = rows[which]
        node, at = np.int64(walk.node[row]), np.int64(walk.at[row])
        end, base, last = walk.bounds[row, 1], walk.bounds[row, 2], np.int64(walk.tried[row])
        whole, first = at == walk.bounds[row, 0], np.int64(flat.total[1])
        value = first
        while tree.learned[node] < 0:
            step = np.int64(tree.first[node]) if last < 0 else np.int64(tree.steps[last, _NEXT])
            ahead = np.int64(-1)
            while step >= 0:
                walk.tries[0] += 1
                ahead = np.int64(_past(data, tree, step, at, end, base))
                if ahead >= 0:
                    break
                last = step
                step = np.int64(tree.steps[step, _NEXT])
            if ahead < 0:
                break
            if whole and tree.steps[step, _READ] == VALUE:
                if value == len(flat.start):
                    return which
                value = np.int64(_noted(flat, value, at + tree.steps[step, _CODED] + 2, ahead))
            node, at, last = np.int64(tree.steps[step, _TO]), ahead, np.int64(-1)
        walk.node[row], walk.at[row], walk.tried[row] = node, at, last
        if whole and tree.learned[node] >= 0:
            walk.first[row], flat.total[1] = first, value
    return len(rows)


@compiled
def note(data: Bytes, tree: Tree, walk: Walk, rows: Int64s, flat: Flat) -> int:
    """Note the values of records that have come to the end in several goes; there is room for them. The end of all values is returned."""
    for which in range(len(rows)):
        row = rows[which]
        node, at, end, base = np.int64(0), walk.bounds[row, 0], walk.bounds[row, 1], walk.bounds[row, 2]
        walk.first[row], value = flat.total[1], np.int64(flat.total[1])
        while tree.learned[node] < 0:
            step = np.int64(tree.first[node])
            ahead = np.int64(_called_past(data, tree, step, at, end, base))
            while ahead < 0:
                step = np.int64(tree.steps[step, _NEXT])
                ahead = np.int64(_called_past(data, tree, step, at, end, base))
            if tree.steps[step, _READ] == VALUE:
                value = np.int64(_noted(flat, value, at + tree.steps[step, _CODED] + 2, ahead))
            node, at = np.int64(tree.steps[step, _TO]), ahead
        flat.total[1] = value
    return int(flat.total[1])


def _spaced(known: bytes) -> Bytes:
    """Known bytes, and WORD more, so that a number can be read at each of them."""
    return np.frombuffer(known + bytes(WORD), np.uint8)


@dataclass(slots=True)
class Known:
    """The tree as it grows. `values`: by node, how many values were passed."""

    tree: Tree = field(
        default_factory=lambda: Tree(
            np.full(1, -1, np.int32), np.full(1, -1, np.int32), np.empty((0, 9), np.int32), _spaced(b"")
        )
    )
    values: list[int] = field(default_factory=lambda: [0])
    _ahead: list[dict[Step, int]] = field(default_factory=lambda: [{}])  # by node, the steps that lead on
    _held: dict[bytes, int] = field(default_factory=dict)  # where bytes lie that a step reads

    def add(self, steps: list[Step]) -> int:
        """Add the steps of a document; the node that it ends at, or -1 where others go on from there, or end there too."""
        node = 0
        rows: list[tuple[int, ...]] = []
        more: list[tuple[int, int]] = []
        said = bytearray()
        for step in merged(steps):
            number = self._ahead[node].get(step, -1)
            if number < 0:
                number = len(self.tree.steps) + len(rows)
                rows.append(self._row(step, said))
                more.append((node, number))
                self._ahead[node][step] = number
                self._ahead.append({})
                self.values.append(self.values[node] + step.value)
            node = number + 1  # a step leads to a node of its own
        self._put(rows, more, bytes(said))
        return -1 if self._ahead[node] or self.tree.learned[node] >= 0 else node

    def _row(self, step: Step, said: bytearray) -> tuple[int, ...]:
        what = (
            ENDED
            if step.ended
            else VALUE
            if step.value
            else TEXT
            if step.text is not None
            else NAME
            if step.name
            else PLAIN
        )
        code, text = self._place(step.code, said), self._place(step.name or step.text or b"", said)
        number = len(self._ahead)
        return (
            what,
            -1,
            number,
            code,
            len(step.code),
            text,
            len(step.name or step.text or b""),
            step.name_at,
            step.tail,
        )

    def _place(self, raw: bytes, said: bytearray) -> int:
        if raw not in self._held:
            self._held[raw] = len(self.tree.bytes) - WORD + len(said)
            said += raw
        return self._held[raw]

    def _put(self, rows: list[tuple[int, ...]], more: list[tuple[int, int]], said: bytes) -> None:
        """Lengthen the arrays; a step follows those that its node had before."""
        tree, none = self.tree, np.full(len(rows), -1, np.int32)
        steps = np.concatenate((tree.steps, np.array(rows, np.int32).reshape(-1, 9)))
        first = np.concatenate((tree.first, none))
        for node, number in more:
            before = [other for other in self._ahead[node].values() if other < number]
            if before:
                steps[before[-1], _NEXT] = number
            else:
                first[node] = number
        learned = np.concatenate((tree.learned, none))
        self.tree = Tree(first, learned, steps, _spaced(tree.bytes[:-WORD].tobytes() + said))
