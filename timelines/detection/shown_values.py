"""The values that a reason shows, in columns: as written, and as decoded where only a decoded form satisfies the condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from timelines.detection.board import Board, Pair, Slot
from timelines.detection.columns import DECODED, Ints, Values
from timelines.detection.explain import VALUE_LENGTH, excerpt
from timelines.detection.expressions import Number, Predicate, Text
from timelines.detection.folding import fold_array
from timelines.detection.questions import Questions, ask_late, late
from timelines.detection.repeated import ranked

_PLAIN = "[^ -~]"  # RE2: what has a character that is not printable ASCII, and may have to be made visible
FEW = 64  # values that are made to be shown one by one: each of Arrow's functions costs as much as some of them
_TEXT = pa.large_string()


@dataclass(frozen=True, slots=True)
class Shown:
    """`texts`: (d,) values as shown, null where the words of the condition tell them; `which`: (k,) the one of each row."""

    texts: pa.LargeStringArray
    which: Ints

    def at(self, places: Ints) -> pa.LargeStringArray:
        return self.texts.take(pa.array(self.which[places]))


def shown(leaf: Slot | Pair, board: Board, rows: Ints) -> Shown:
    """The value of each row that a condition held for."""
    if isinstance(leaf, Slot):
        return _of_slot(leaf, board.values(leaf.column), rows)
    left, right = (_firsts(board.values(column), rows) for column in (leaf.left, leaf.right))
    first, second = (
        pc.fill_null(excerpts(texts.take(pa.array(which)), ""), pa.scalar("", _TEXT))
        for _, texts, which in (left, right)
    )
    return Shown(joined([first, second], "; "), np.arange(len(rows)))


def _firsts(values: Values, rows: Ints) -> tuple[Ints, pa.Array, Ints]:
    """The distinct values that the rows have, -1 for none (and of rows with lists, whose values have one form); their texts; which of
    them each row has."""
    if values.parent is not None:
        found = values.firsts(rows)
        return np.full(len(found.distinct), -1), pa.array(found.distinct, pa.string()), found.codes.astype(np.int64)
    used, which = ranked(values.codes[rows], values.count)
    return used, values.texts.take(pa.array(used, mask=used < 0)), which


def _of_slot(slot: Slot, values: Values, rows: Ints) -> Shown:
    used, texts, which = _firsts(values, rows)
    predicate = slot.predicate
    needle = predicate.needle if isinstance(predicate, Text) else ""
    told = excerpts(texts, needle)
    if slot.column.form != "raw":
        told = _with_decoded(told, (used, texts, values), predicate, slot.column.form)
    same = pc.equal(told, pa.scalar("", _TEXT))
    if isinstance(predicate, Number | Text):
        said = str(predicate.number) if isinstance(predicate, Number) else predicate.shown or predicate.needle
        same = pc.or_(same, pc.equal(texts, said))
    return Shown(pc.if_else(same, pa.scalar(None, _TEXT), told), which)


def _with_decoded(
    told: pa.LargeStringArray, of: tuple[Ints, pa.StringArray, Values], predicate: Predicate, form: str
) -> pa.LargeStringArray:
    """The values with the form that satisfied the predicate, where the value as written did not."""
    used, texts, values = of
    owners, places = _forms_that_hold(used, values, predicate)
    if len(owners) == 0:
        return told
    forms, written = values.texts.take(pa.array(places)), texts.take(pa.array(owners))
    mine = pc.and_(pc.not_equal(forms, ""), pc.not_equal(forms, written))
    if not pc.any(mine).as_py():
        return told
    owners, places = owners[mine.to_numpy(zero_copy_only=False)], places[mine.to_numpy(zero_copy_only=False)]
    needle = predicate.needle if isinstance(predicate, Text) else ""
    how = pa.array([_how(values, place, form) for place in places.tolist()], _TEXT)
    decoded = excerpts(forms.filter(mine), needle)
    said = joined([excerpts(written.filter(mine), ""), how, decoded])
    out = np.zeros(len(told), np.bool_)
    out[owners] = True
    return pc.replace_with_mask(told, pa.array(out), said)


def _how(values: Values, place: int, form: str) -> str:
    """How a form came from the value: `, decoded (percent twice): `."""
    if form not in DECODED:
        return ", also read as: "
    how = values.decoded[place - values.count]
    return f", decoded ({how}): " if how else ", decoded: "


def _forms_that_hold(used: Ints, values: Values, predicate: Predicate) -> tuple[Ints, Ints]:
    """Of the distinct values `used` those that satisfy a predicate in another form alone: their places, ascending, and the place of the
    first such form among the column's texts."""
    others = values.owner[values.count :]  # ascending, as `values_of` makes them
    first, last = np.searchsorted(others, used), np.searchsorted(others, used + 1)
    at = np.flatnonzero((last > first) & (used >= 0))
    if len(at) == 0:
        return at, at
    counts = (last - first)[at]
    before = np.repeat(np.cumsum(counts) - counts, counts)
    forms = np.arange(counts.sum()) - before + np.repeat(first[at], counts) + values.count
    places, owners = np.concatenate([used[at], forms]), np.concatenate([at, np.repeat(at, counts)])
    texts = values.texts.take(pa.array(places))
    found = np.sort(_asked(predicate, texts))
    holding, firsts = np.unique(owners[found], return_index=True)
    decoded = found[firsts] >= len(at)  # the value as written stands before its forms
    return holding[decoded], places[found[firsts[decoded]]]


def _asked(predicate: Predicate, texts: pa.StringArray) -> Ints:
    folded = fold_array(texts)
    if late(predicate):
        return ask_late(predicate, texts, folded)
    return Questions([predicate]).ask(texts, folded).get(predicate, np.empty(0, np.int64))


def excerpts(texts: pa.Array, needle: str) -> pa.LargeStringArray:
    """Values as shown, and where they are long the stretch around `needle` (folded); null stays null."""
    if len(texts) <= FEW:
        return _one_by_one(texts, needle)
    long = pc.greater(pc.utf8_length(texts), VALUE_LENGTH)
    odd = pc.fill_null(pc.or_(long, pc.match_substring_regex(texts, _PLAIN)), False)
    out = texts.cast(_TEXT)
    if not pc.any(odd).as_py():
        return out
    return pc.replace_with_mask(out, odd, _one_by_one(texts.filter(odd), needle))


def _one_by_one(texts: pa.Array, needle: str) -> pa.LargeStringArray:
    """The same one by one."""
    return pa.array([None if text is None else excerpt(text, needle) for text in texts.to_pylist()], _TEXT)


def joined(pieces: Sequence[pa.LargeStringArray | str], between: str = "") -> pa.LargeStringArray:
    """Columns of texts, and texts that are the same in each row, put together; null where any of a row is."""
    each = [pa.scalar(piece, _TEXT) if isinstance(piece, str) else piece for piece in pieces]
    return pc.binary_join_element_wise(*each, pa.scalar(between, _TEXT))
