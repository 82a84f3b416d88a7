"""Why rows satisfied a rule: the conditions that held, with the values they held for. In columns: rows of which the same conditions held
differ in values alone, so that the words are put together once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from timelines.detection.binding import leaves
from timelines.detection.board import AllOf, AnyOf, Board, Node, Pair, Slot
from timelines.detection.columns import Bools, Ints
from timelines.detection.engine import Match
from timelines.detection.explain import PLACES, words
from timelines.detection.logsources import Column
from timelines.detection.repeated import Compact, Repeated, firsts, ranked
from timelines.detection.shown_values import Shown, joined, shown

REASONS = 6  # clauses in one reason; a reader needs the telling ones, the row itself has the rest
BLOCK = 1 << 14  # rows whose reasons are made at a time
NOTHING = "none of the excluded values occurs in this row"
_TEXT = pa.large_string()
_Held = tuple[Slot | Pair, Bools]  # a condition, and (k,) the rows it is told of


def reasons_of(match: Match, board: Board) -> Repeated[str]:
    """The reason of each row, made once for each distinct combination of the values that the rule looks at."""
    columns = list(dict.fromkeys(c for leaf in leaves(match.node) for c in _columns_of(leaf)))
    values = [board.values(column) for column in columns]
    if any(value.parent is not None for value in values):
        return Repeated(Compact(reasons(match.node, board, match.rows)), np.arange(len(match.rows)))
    key = np.zeros(len(match.rows), np.int64)
    count = 1
    for value in values:
        used, codes = ranked(value.codes[match.rows], value.count)
        if count == 1:
            count, key = len(used), codes
        elif len(used) > 1:
            used, key = np.unique(key * len(used) + codes, return_inverse=True)
            count = len(used)
    return Repeated(Compact(reasons(match.node, board, match.rows[firsts(key, count)])), key)


def reasons(node: Node, board: Board, rows: Ints) -> pa.LargeStringArray:
    """The conditions that held for each row, with the values: at most REASONS, positive ones; else that nothing excluded occurs.

    Conditions on one value stand together: `CommandLine contains 'a' and ends with 'b' (the value)`.
    """
    blocks = [_reasons(node, board, rows[first : first + BLOCK]) for first in range(0, len(rows), BLOCK)]
    return pa.concat_arrays(blocks) if blocks else pa.array([], _TEXT)


def _reasons(node: Node, board: Board, rows: Ints) -> pa.LargeStringArray:
    held = list(_held(node, board, rows, np.ones(len(rows), np.bool_)))

    @cache
    def values(number: int) -> tuple[Shown, Ints]:
        leaf, mask = held[number]
        return shown(leaf, board, rows[mask]), np.cumsum(mask) - 1

    def value(number: int, places: Ints) -> pa.LargeStringArray:
        found, at = values(number)
        return found.at(at[places])

    kinds = _kinds([mask for _, mask in held], len(rows))
    order = np.argsort(kinds, kind="stable")
    told = []
    for places in np.split(order, np.flatnonzero(np.diff(kinds[order])) + 1):
        clauses: dict[tuple[str, str], int] = {}
        for number in [number for number, (_, mask) in enumerate(held) if mask[places[0]]]:
            clauses.setdefault(_said(held[number][0]), number)
        told.append(_told(clauses, places, value))
    return pa.concat_arrays(told).take(pa.array(order.argsort()))


def _held(node: Node, board: Board, rows: Ints, mask: Bools) -> Iterator[_Held]:
    """The conditions that are told of the rows of `mask`, in order: of alternatives all single ones that hold, or else the first."""
    match node:
        case Slot() | Pair():
            yield node, mask
        case AllOf(args=args):
            for arg in args:
                yield from _held(arg, board, rows, mask)
        case AnyOf():
            left = mask
            for arg in board.likely(node):
                here = left & arg.rows(board)[rows]
                if here.any():
                    yield from _held(arg, board, rows, here)
                    left = left if isinstance(arg, Slot) else left & ~here
        case _:
            return


def _kinds(masks: Sequence[Bools], count: int) -> Ints:
    """(n,) a number for each row: the same for rows that the same masks hold for."""
    kinds = np.zeros(count, np.int64)
    for number, mask in enumerate(masks):
        kinds = kinds * 2 + mask
        if number % 32 == 31:  # of at most BLOCK kinds
            kinds = np.unique(kinds, return_inverse=True)[1].reshape(-1)
    return kinds


def _said(leaf: Slot | Pair) -> tuple[str, str]:
    """The field that a condition is about, and the condition in words: each is told once, of whatever column it held."""
    if isinstance(leaf, Pair):
        return leaf.same.field, f"{PLACES[leaf.place]} the value of {leaf.same.other}"
    field = leaf.test.field if leaf.test.field is not None else leaf.column.names[0]
    return field, words(leaf.predicate)


def _told(
    clauses: dict[tuple[str, str], int], places: Ints, value: Callable[[int, Ints], pa.LargeStringArray]
) -> pa.LargeStringArray:
    """(k,) the reasons of rows that the same conditions held for."""
    if not clauses:
        return pa.array([NOTHING] * len(places), _TEXT)
    groups: dict[str, dict[str, int]] = {}
    for (field, said), number in list(clauses.items())[:REASONS]:
        groups.setdefault(field, {})[said] = number
    parts = []
    for field, group in groups.items():
        words_of = f"{field} {' and '.join(group)}"
        shown_value = pc.coalesce(*(value(number, places) for number in group.values()))
        with_value = joined([f"{words_of} (", shown_value, ")"])
        parts.append(pc.coalesce(with_value, pa.scalar(words_of, _TEXT)))
    left = len(clauses) - REASONS
    return joined([*parts, f"and {left} more"] if left > 0 else parts, "; ")


def _columns_of(leaf: Slot | Pair) -> tuple[Column, ...]:
    return (leaf.column,) if isinstance(leaf, Slot) else (leaf.left, leaf.right)
