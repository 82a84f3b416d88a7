"""Groups of alike records as columns: what all of them hold is decoded together, then put where each document says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from parsers.gather import Int64s
from parsers.windows.document import Part, Slot
from parsers.windows.gathered import Gathering, kinds_of
from parsers.windows.groups import Group, document
from parsers.windows.lexicon import Lexicon
from parsers.windows.numerals import Numerals
from parsers.windows.paths import TIME, Layout, Unnameable, layout
from parsers.windows.tables import NUMBERS, Decoded, Said, arranged
from parsers.windows.typed import Values
from parsers.windows.visit import Visit
from parsers.windows.words import Asked
from timelines.remembered import Remembered

MAX_EXPANSION = 1 << 18  # bytes that one record's values may grow to by being repeated; a record has at most 64 KiB
TABLE_EXPANSION = 64 << 20  # the same for all records of a table
WRITTEN = 512  # characters that stand in a template itself and thus in all its records; Windows' own have some 200
KEPT_BYTES = 24 << 20  # layouts remembered by a process, some 30 kB each
A_FIELD = 400  # bytes that a field of a layout takes besides its names


@dataclass(frozen=True, slots=True)
class Plan:
    """A layout with what decoding it needs: how often each (level, slot) is used, and how much text it has of its own."""

    layout: Layout
    uses: dict[tuple[int, int], int]
    repeats: int  # the most that one slot is used
    written: int  # characters of the document itself


_plans: Remembered[tuple[object, ...], Plan | None] = Remembered(KEPT_BYTES)


def planned(roots: list[Part]) -> Plan | None:
    """How to decode records that say `roots`; None when their names have to be read record by record."""
    try:
        found = layout(roots)
    except Unnameable:
        return None
    texts = (*found.system.values(), *(value.text for value in found.fields))
    uses = Counter((piece.level, piece.index) for text in texts for piece in text if isinstance(piece, Slot))
    written = sum(len(piece) for text in texts for piece in text if isinstance(piece, str))
    return Plan(found, dict(uses), max(uses.values(), default=0), written)


def _plan(group: Group) -> Plan | None:
    if group.key in _plans.held:
        return _plans.held[group.key]
    try:
        plan = planned(document(group))
    except Unnameable:
        plan = None
    return _plans.put(group.key, plan, _weight(group.key, plan))


def _weight(key: tuple[object, ...], plan: Plan | None) -> int:
    """About how many bytes a plan takes, with the key that it is remembered by."""
    named = 0 if plan is None else sum(A_FIELD + len(field.own) + len(field.stored) for field in plan.layout.fields)
    used = 0 if plan is None else 2 * plan.written + 300 * len(plan.uses)
    return 1_000 + named + used + 64 * _items(key)


def _items(key: tuple[object, ...]) -> int:
    return sum(_items(item) if isinstance(item, tuple) else 1 for item in key) + 1


@dataclass(frozen=True, slots=True)
class Shape:
    """Records that say the same, how to decode them, and their values. `rows`: (n,) ascending; `levels`: n rows each."""

    plan: Plan
    rows: Int64s
    levels: tuple[Values, ...]


def shape(group: Group) -> Shape | None:
    """A group with how to decode it; None when its records have to be read one by one."""
    plan = _plan(group)
    return None if plan is None else bounded(plan, group.rows, group.levels)


def bounded(plan: Plan, rows: Int64s, levels: tuple[Values, ...]) -> Shape | None:
    """A shape; None when some record's values are repeated until they swell past MAX_EXPANSION, or a template's own text is."""
    swells = (plan.repeats > 3 and _swells(plan, levels)) or (plan.written > WRITTEN and _bloated(plan, levels))
    return None if swells else Shape(plan, rows, levels)


def _bloated(plan: Plan, levels: tuple[Values, ...]) -> bool:
    """Whether a long text stands once in a template to be repeated by many small records: 64 KiB of evidence can ask for 10 MB."""
    given = sum(int(level.size(index).sum()) for level in levels for index in range(level.many))
    return plan.written * len(levels[0]) > 4 * given + WRITTEN * len(levels[0])


def _swells(plan: Plan, levels: tuple[Values, ...]) -> bool:
    total = np.zeros(len(levels[0]), np.int64)
    for (level, index), times_used in plan.uses.items():
        total += levels[level].size(index).astype(np.int64) * times_used
    return bool((total > MAX_EXPANSION).any() or total.sum() > TABLE_EXPANSION)


def decode(visit: Visit, shapes: list[Shape]) -> list[Decoded]:
    """All values of the shapes, in order of the first of those that stand in one table. Values of one type are decoded at once, whatever
    shape they are of."""
    gathering = Gathering(visit.notes.flat)
    lexicon, numerals = Lexicon(visit, gathering), Numerals(gathering)
    kinds = iter(kinds_of([level for one in shapes for level in one.levels]))
    asked = [
        _ask(one, [next(kinds) for _ in one.levels], (lexicon, numerals), number) for number, one in enumerate(shapes)
    ]
    gathered = gathering.read(int(visit.notes.texts.total[0]))
    words, numbers = lexicon.close(gathered), numerals.close(gathered)
    said = [
        Said(one.plan.layout, one.rows, one.levels, texts, numbers.get(number, {}))
        for number, (one, texts) in enumerate(zip(shapes, asked, strict=True))
    ]
    return arranged(said, words)


def _ask(one: Shape, kinds: list[list[int]], takers: tuple[Lexicon, Numerals], number: int) -> list[dict[int, Asked]]:
    """Ask for every value that the shape uses: numbers and the time as they are, where they have the usual types, else as text.
    `kinds`: the types of each level's values."""
    lexicon, numerals = takers
    system, direct = one.plan.layout.system, set()
    for column in (*NUMBERS, TIME):
        text = system.get(column, ())
        if len(text) == 1 and isinstance(text[0], Slot):
            level, index = text[0].level, text[0].index
            if numerals.ask(number, column, one.levels[level], index, kinds[level][index]):
                direct.add((level, index))
    wanted: list[list[int]] = [[] for _ in one.levels]
    for level, index in sorted(one.plan.uses):
        if (level, index) not in direct or one.plan.uses[level, index] > 1:
            wanted[level].append(index)
    return [lexicon.ask(*each) for each in zip(one.levels, wanted, kinds, strict=True)]
