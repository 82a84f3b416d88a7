"""A group of alike records as columns: each slot decoded once for all rows, then put where the document says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Int64s, numbers_at
from parsers.windows import values
from parsers.windows.document import Part, Slot
from parsers.windows.groups import Group, document
from parsers.windows.paths import RECORD, TIME, Field, Layout, Text, Unnameable, layout
from parsers.windows.typed import Columns, Values, Window, numbers, texts
from timelines import times
from timelines.schema import TIME as INSTANT

NUMBERS = (
    "EventID", "Qualifiers", "Version", "Level", "Task", "Opcode", "Execution_ProcessID", "Execution_ThreadID", RECORD
)  # fmt: skip
MAX_EXPANSION = 1 << 18  # bytes that one record's values may grow to by being repeated; a record has at most 64 KiB
TABLE_EXPANSION = 64 << 20  # the same for all records of a table
MAX_KEPT = 2048  # layouts remembered by a process


@dataclass(frozen=True, slots=True)
class Plan:
    """A layout with what decoding it needs: how often each (level, slot) is used."""

    layout: Layout
    uses: dict[tuple[int, int], int]
    repeats: int  # the most that one slot is used


_plans: dict[tuple[object, ...], Plan | None] = {}


@dataclass(slots=True)
class Decoded:
    """Records of one shape as columns. `rows`: (n,) into the piece's records. Text, int64 or instants in `system`, text in `fields`."""

    rows: Int64s
    system: dict[str, pa.Array]
    fields: list[tuple[Field, pa.Array]]
    trouble: list[tuple[int, int, str]] = field(default_factory=list)  # row of this table, offset in the piece, reason


def planned(roots: list[Part]) -> Plan | None:
    """How to decode records that say `roots`; None when their names have to be read record by record."""
    try:
        found = layout(roots)
    except Unnameable:
        return None
    texts = (*found.system.values(), *(value.text for value in found.fields))
    uses = Counter((piece.level, piece.index) for text in texts for piece in text if isinstance(piece, Slot))
    return Plan(found, dict(uses), max(uses.values(), default=0))


def _plan(group: Group) -> Plan | None:
    if group.key not in _plans:
        if len(_plans) > MAX_KEPT:
            _plans.clear()
        try:
            _plans[group.key] = planned(document(group))
        except Unnameable:
            _plans[group.key] = None
    return _plans[group.key]


def decode(window: Window, group: Group) -> Decoded | None:
    """All values of a group; None when its records have to be read one by one."""
    plan = _plan(group)
    return None if plan is None else arranged(window, plan, group.rows, group.levels)


def arranged(window: Window, plan: Plan, rows: Int64s, levels: tuple[Values, ...]) -> Decoded | None:
    """Values put where `plan` says; None when some record's values are repeated until they swell past MAX_EXPANSION."""
    if plan.repeats > 3 and _swells(plan, levels):
        return None
    system_texts, listed = plan.layout.system, plan.layout.fields
    ready: dict[str, pa.Array] = {}
    for column, text in system_texts.items():
        if len(text) == 1 and isinstance(text[0], Slot):
            found = _direct(window, levels, column, text[0])
            if found is not None:
                ready[column] = found
    direct = {
        (piece.level, piece.index) for column in ready for piece in system_texts[column] if isinstance(piece, Slot)
    }
    columns = _decoded(window, levels, [slot for slot in plan.uses if slot not in direct or plan.uses[slot] > 1])
    count = len(rows)
    system = {
        column: ready[column] if column in ready else _joined(text, columns, count)
        for column, text in system_texts.items()
    }
    fields = [(value, _joined(value.text, columns, count)) for value in listed]
    trouble = sorted(item for level in columns for item in level.trouble)
    return Decoded(rows, system, fields, trouble)


def _swells(plan: Plan, levels: tuple[Values, ...]) -> bool:
    """Whether some record's values are repeated until they pass MAX_EXPANSION."""
    total = np.zeros(len(levels[0]), np.int64)
    for (level, index), times_used in plan.uses.items():
        total += levels[level].size[index] * times_used
    return bool((total > MAX_EXPANSION).any() or total.sum() > TABLE_EXPANSION)


def _direct(window: Window, levels: tuple[Values, ...], column: str, slot: Slot) -> pa.Array | None:
    """Numbers and the time straight from their bytes, where they have the usual types."""
    held = levels[slot.level]
    if column in NUMBERS:
        return numbers(window, held, slot.index, wide=column == RECORD)
    if column != TIME or (held.kind[slot.index] != values.FILETIME).any() or (held.size[slot.index] != 8).any():
        return None
    instants, valid = times.from_filetime(numbers_at(window.data, held.start[slot.index], "<u8"))
    return pa.array(instants, pa.int64(), mask=~valid).view(INSTANT)


def _decoded(window: Window, levels: tuple[Values, ...], wanted: list[tuple[int, int]]) -> list[Columns]:
    """Every (level, slot) that is wanted as text, by level."""
    indices: list[list[int]] = [[] for _ in levels]
    for level, index in sorted(wanted):
        indices[level].append(index)
    return [texts(window, held, chosen) for held, chosen in zip(levels, indices, strict=True)]


def _joined(text: Text, columns: list[Columns], count: int) -> pa.Array:
    """The column of a value: its pieces one after the other, null where it has none."""
    pieces = [piece if isinstance(piece, str) else columns[piece.level].text[piece.index] for piece in text]
    if not pieces:
        return pa.nulls(count, pa.string())
    if all(isinstance(piece, str) for piece in pieces):
        return pa.repeat("".join(str(piece) for piece in pieces), count)
    if len(pieces) == 1:
        return pieces[0]
    spread = [pa.repeat(piece, count) if isinstance(piece, str) else piece for piece in pieces]
    joined = pc.binary_join_element_wise(*spread, "", null_handling="replace", null_replacement="")
    if any(isinstance(piece, str) for piece in pieces):
        return joined
    empty = np.logical_and.reduce([piece.is_null().to_numpy(zero_copy_only=False) for piece in spread])
    return pc.if_else(pa.array(empty), pa.scalar(None, pa.string()), joined)
