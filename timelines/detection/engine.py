"""Rules against tables: plans are made once a shape, questions once a set of predicates, answers once a distinct value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from timelines.detection.binding import asked, bind
from timelines.detection.board import Board, Node
from timelines.detection.columns import Bools, Ints
from timelines.detection.expressions import TRUE, Predicate
from timelines.detection.logsources import Column, LogSource, Shape
from timelines.detection.questions import Questions
from timelines.detection.rules import Rule
from timelines.schema import own_name

_SYSTEM = LogSource("conditions of log sources", (), TRUE, stored=True)


@dataclass(frozen=True, slots=True)
class Match:
    """Rows of one table that satisfy one rule. `rule` is its place in the rule set, `rows` (k,) positions, ascending."""

    rule: int
    rows: Ints
    node: Node
    source: LogSource


@dataclass(frozen=True, slots=True)
class View:
    """A log source with the rules that speak of it."""

    source: LogSource
    rules: tuple[int, ...]


class ViewPlan:
    """One log source on one shape: its row condition, and (made when first needed) its rules bound to the shape's columns."""

    def __init__(self, view: View, shape: Shape, rules: Sequence[Rule]) -> None:
        self.source = view.source
        self.where = bind(view.source.condition, shape, _SYSTEM)
        self._view, self._shape, self._rules = view, shape, rules

    @cached_property
    def bound(self) -> tuple[tuple[int, Node], ...]:
        nodes = ((at, bind(self._rules[at].condition, self._shape, self.source)) for at in self._view.rules)
        return tuple((at, node) for at, node in nodes if node is not None)


class Engine:
    """A rule set made ready. Results do not depend on how rows are cut into tables, nor on their order."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        by_source: dict[int, tuple[LogSource, list[int]]] = {}
        for at, rule in enumerate(self.rules):
            for source in rule.sources:
                by_source.setdefault(id(source), (source, []))[1].append(at)
        self._views = [View(source, tuple(at)) for source, at in by_source.values()]
        self._plans: dict[tuple[str, tuple[tuple[str, str], ...]], list[ViewPlan]] = {}
        self._questions: dict[frozenset[Predicate], Questions] = {}
        self._asked: dict[tuple[int, ...], dict[Column, Questions]] = {}

    def plans(self, family: str, schema: pa.Schema) -> list[ViewPlan]:
        """The log sources that rows of this family and shape can belong to."""
        key = (
            family,
            tuple((column.name, own_name(column)) for column in schema),
        )  # equal schemas may differ in own names
        if key not in self._plans:
            shape = Shape(schema)
            made = (ViewPlan(v, shape, self.rules) for v in self._views if v.source.covers(family))
            self._plans[key] = [plan for plan in made if plan.where is not None]
        return self._plans[key]

    def where_questions(self, plans: Sequence[ViewPlan]) -> dict[Column, Questions]:
        """What the log sources' own conditions ask."""
        return self._grouped(asked(plan.where for plan in plans if plan.where is not None))

    def questions(self, plans: Sequence[ViewPlan]) -> dict[Column, Questions]:
        """What the log sources and all their rules ask of this shape, by column."""
        key = tuple(id(plan) for plan in plans)  # plans live as long as the engine
        if key not in self._asked:
            nodes = [plan.where for plan in plans if plan.where is not None]
            nodes += [node for plan in plans for _, node in plan.bound]
            self._asked[key] = self._grouped(asked(nodes))
        return self._asked[key]

    def _grouped(self, wanted: dict[Column, dict[Predicate, None]]) -> dict[Column, Questions]:
        out = {}
        for column, predicates in wanted.items():
            key = frozenset(predicates)
            if key not in self._questions:
                self._questions[key] = Questions(predicates)
            out[column] = self._questions[key]
        return out

    def matches(self, plans: Sequence[ViewPlan], board: Board) -> Iterator[tuple[ViewPlan, int, list[Match]]]:
        """For each log source with rows in this table: how many rows it has, and what its rules found among them."""
        taken: dict[int, Bools] = {}
        for plan in plans:
            assert plan.where is not None
            if not plan.where.possible(board):
                continue
            inside = plan.where.rows(board)
            count = int(inside.sum())
            if not count:
                continue
            found: list[Match] = []
            for at, node in plan.bound:
                if not node.possible(board):
                    continue
                mask = node.rows(board) & inside
                if at in taken:
                    mask &= ~taken[at]  # a row that two log sources share is one match
                if mask.any():
                    taken[at] = taken[at] | mask if at in taken else mask
                    found.append(Match(at, np.flatnonzero(mask).astype(np.int64), node, plan.source))
            yield plan, count, found


def column_names(columns: Sequence[Column]) -> list[str]:
    """The stored columns that these need, each once, in order."""
    return list(dict.fromkeys(name for column in columns for name in column.names))


def evaluate(engine: Engine, family: str, table: pa.Table) -> dict[int, Ints]:
    """Positions of the rows that satisfy each rule (by its place in the rule set), ascending; rules without any are left out."""
    plans = engine.plans(family, table.schema)
    board = Board(table, engine.questions(plans))
    out: dict[int, list[Ints]] = {}
    for _, _, found in engine.matches(plans, board):
        for match in found:
            out.setdefault(match.rule, []).append(match.rows)
    return {at: np.sort(np.concatenate(rows)) for at, rows in sorted(out.items())}
