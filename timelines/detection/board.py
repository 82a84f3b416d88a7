"""One table under evaluation: the answers of its columns, and rules as boolean algebra over whole rows.

A predicate that holds for no value of a column is known before any row is touched, so a rule that needs it costs a dictionary lookup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa

from timelines.detection.answers import Answers
from timelines.detection.columns import DECODED, Bools, Ints, Values, values_of
from timelines.detection.expressions import Place, Predicate, Present, SameAs, Test
from timelines.detection.joined_columns import column_of
from timelines.detection.logsources import Column
from timelines.detection.questions import NONE, Questions, ask_late, late

FEW = 4  # a late predicate is asked of some rows' values alone when these are less than one in so many


class Node(Protocol):
    """A condition bound to the columns of one shape."""

    def possible(self, board: Board) -> bool:
        """False only when no row can satisfy it; costs no work on rows."""
        ...

    def rows(self, board: Board, within: Bools | None = None) -> Bools:
        """(n,) bool: the rows that satisfy it. Only the rows of `within` need be right: the caller drops the others."""
        ...


class Board:
    """Values, answers and row masks of one table, each made when first needed."""

    def __init__(self, table: pa.Table, questions: Mapping[Column, Questions]) -> None:
        self.count: int = table.num_rows
        self._table = table
        self._questions = questions
        self._answers: dict[Column, Answers] = {}
        self._masks: dict[tuple[Column, Predicate], Bools] = {}
        self._told: dict[int, tuple[Bools, ...]] = {}
        self._likely: dict[int, tuple[Node, ...]] = {}

    def values(self, column: Column) -> Values:
        return self.answers(column).values

    def answers(self, column: Column) -> Answers:
        if column not in self._answers:
            values = values_of(column_of(self._table, column), column.form)
            self._answers[column] = Answers(values, self._questions.get(column, NONE), column.form in DECODED)
        return self._answers[column]

    def folded(self, column: Column) -> pa.StringArray:
        """The column's texts with their case folded."""
        return self.answers(column).folded

    def hits(self, column: Column) -> dict[Predicate, Ints]:
        """The predicates that hold for any value of the column, with those values; late ones only once they were asked."""
        return self.answers(column).hits

    def mask(self, column: Column, predicate: Predicate, within: Bools | None = None) -> Bools:
        """(n,) bool: rows with a value for which the predicate holds. A late predicate may be asked of the rows of `within` alone."""
        key = (column, predicate)
        if key in self._masks:
            return self._masks[key]
        if within is not None and column.form == "raw":
            few = self._asked_of_few(column, predicate, within)
            if few is not None:
                return few
        self._masks[key] = self._make_mask(column, predicate)
        return self._masks[key]

    def slot(self, slot: Slot) -> Bools:
        """The same for a slot, all rows; found again by the slot itself, which is cheaper than by what it asks."""
        if id(slot) not in self._told:  # slots live as long as the plans that made the board's questions
            self._told[id(slot)] = (self.mask(slot.column, slot.predicate),)
        return self._told[id(slot)][0]

    def likely(self, node: AnyOf) -> tuple[Node, ...]:
        """The parts of an Or that some row may satisfy, in the order written."""
        if id(node) not in self._likely:
            self._likely[id(node)] = tuple(node.possible_parts(self))
        return self._likely[id(node)]

    def _make_mask(self, column: Column, predicate: Predicate) -> Bools:
        if isinstance(predicate, Present):
            present = self.values(column).present()
            return present if predicate.wanted else ~present
        answers = self.answers(column)
        found = answers.hits.get(predicate)
        if found is None and late(predicate):
            found = answers.late(predicate)
        return np.zeros(self.count, np.bool_) if found is None else answers.rows(predicate, found)

    def _asked_of_few(self, column: Column, predicate: Predicate, within: Bools) -> Bools | None:
        """The answer for the values of some rows; None where those are no small part of the column."""
        answers = self.answers(column)
        values = answers.values
        if values.parent is not None or answers.told_apart(predicate):
            return None
        there = np.zeros(values.count + 1, np.bool_)  # the last one stands for code -1: no value
        there[values.codes[within]] = True
        codes = np.flatnonzero(there[:-1])
        if len(codes) * FEW > values.count:
            return None
        chosen = pa.array(codes)
        return values.spread(codes[ask_late(predicate, values.texts.take(chosen), self.folded(column).take(chosen))])


@dataclass(slots=True, eq=False)  # made for every value of every rule, once a shape: frozen costs three times as much
class Slot:
    """A predicate on a column. `test` is what the rule says, for its words; `late` whether its answer is worth putting off."""

    column: Column
    predicate: Predicate
    test: Test
    late: bool

    @property
    def answered(self) -> bool:
        """Whether it is answered with the rest of its column, before any row is looked at."""
        return not (self.late or isinstance(self.predicate, Present))

    def possible(self, board: Board) -> bool:
        return not self.answered or self.predicate in board.hits(self.column)

    def rows(self, board: Board, within: Bools | None = None) -> Bools:
        if self.late and within is not None:
            return board.mask(self.column, self.predicate, within)
        return board.slot(self)


@dataclass(frozen=True, slots=True)
class Pair:
    """One column's value against another's in the same row, once for each distinct pair of values."""

    left: Column
    right: Column
    place: Place
    same: SameAs

    def possible(self, board: Board) -> bool:
        return board.values(self.left).count > 0 and board.values(self.right).count > 0

    def rows(self, board: Board, within: Bools | None = None) -> Bools:
        left, right = board.values(self.left), board.values(self.right)
        asked = left.present() & right.present()
        if within is not None:
            asked &= within
        at = np.flatnonzero(asked)
        out = np.zeros(board.count, np.bool_)
        mine, other = left.forms(board.folded(self.left)), right.forms(board.folded(self.right))
        if left.parent is not None or right.parent is not None:
            out[at] = [self._holds(left.elements(mine, row), right.elements(other, row)) for row in at.tolist()]
            return out
        codes = np.stack([left.codes[at], right.codes[at]], axis=1)
        pairs, inverse = np.unique(codes, axis=0, return_inverse=True)
        answers = np.array([self._holds(mine[a], other[b]) for a, b in pairs.tolist()], np.bool_)
        out[at] = answers[inverse.reshape(-1)]
        return out

    def _holds(self, left: list[str], right: list[str]) -> bool:
        return any(_has(value, other, self.place) for value in left for other in right)


def _has(value: str, other: str, place: Place) -> bool:
    if place == "contains":
        return other in value
    if place == "startswith":
        return value.startswith(other)
    return value.endswith(other) if place == "endswith" else value == other


@dataclass(frozen=True, slots=True)
class AllOf:
    """And. `args` stand as the rule has them, `order` with those first that cost least."""

    args: tuple[Node, ...]
    order: tuple[Node, ...]

    def possible(self, board: Board) -> bool:
        return all(arg.possible(board) for arg in self.order)

    def rows(self, board: Board, within: Bools | None = None) -> Bools:
        out = self.order[0].rows(board, within)
        for arg in self.order[1:]:
            if not out.any():
                break
            out = out & arg.rows(board, out)
        return out


@dataclass(frozen=True, slots=True)
class _Index:
    """The places of an Or's args that are answered with the rest of their column, by what they ask, and of all others."""

    asked: Mapping[Column, Mapping[Predicate, int]]
    rest: tuple[int, ...]

    @classmethod
    def of(cls, args: tuple[Node, ...]) -> _Index:
        asked: dict[Column, dict[Predicate, int]] = {}
        rest = []
        for at, arg in enumerate(args):
            if isinstance(arg, Slot) and arg.answered and arg.predicate not in asked.get(arg.column, {}):
                asked.setdefault(arg.column, {})[arg.predicate] = at
            else:
                rest.append(at)
        return cls(asked, tuple(rest))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Or."""

    args: tuple[Node, ...]
    _index: list[_Index] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def index(self) -> _Index:
        """Made when first needed: most conditions never are."""
        if not self._index:
            self._index.append(_Index.of(self.args))
        return self._index[0]

    def possible(self, board: Board) -> bool:
        return bool(board.likely(self))

    def possible_parts(self, board: Board) -> Iterator[Node]:
        """The args that some row may satisfy: few predicates hold for any value of a column, many are asked."""
        places = [at for at in self.index.rest if self.args[at].possible(board)]
        for column, asked in self.index.asked.items():
            held = board.hits(column)
            if len(held) < len(asked):
                places += [asked[predicate] for predicate in held if predicate in asked]
            else:
                places += [at for predicate, at in asked.items() if predicate in held]
        return (self.args[at] for at in sorted(places))

    def rows(self, board: Board, within: Bools | None = None) -> Bools:
        parts = board.likely(self)
        if len(parts) == 1:
            return parts[0].rows(board, within)
        out = np.zeros(board.count, np.bool_)
        for arg in parts:
            out |= arg.rows(board, within)
        return out


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Not: every row that does not satisfy `arg`, those without the field among them (Sigma: a missing field compares false)."""

    arg: Node

    def possible(self, board: Board) -> bool:
        return True

    def rows(self, board: Board, within: Bools | None = None) -> Bools:
        return ~self.arg.rows(board, within) if self.arg.possible(board) else np.ones(board.count, np.bool_)


@dataclass(frozen=True, slots=True)
class Always:
    """A condition that this shape satisfies in every row."""

    def possible(self, board: Board) -> bool:
        return board.count > 0

    def rows(self, board: Board, within: Bools | None = None) -> Bools:
        return np.ones(board.count, np.bool_)
