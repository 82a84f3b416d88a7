"""Rules against tables: plans are made once a shape, questions once a set of predicates, answers once a distinct value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from timelines.detection.binding import asked, bind, witnesses
from timelines.detection.board import Board, Node
from timelines.detection.columns import Bools, Ints
from timelines.detection.expressions import TRUE, Predicate, fields_of
from timelines.detection.logsources import Column, LogSource, Shape
from timelines.detection.questions import Questions
from timelines.detection.rules import Rule
from timelines.schema import own_name

KEPT_COLUMNS = (
    16_000  # of the shapes whose plans are kept, some 6 kB each; Windows' own events together have some hundred
)
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
    """A log source with the rules that speak of it; `fields` are all those that they name, `asked` those of its own condition."""

    source: LogSource
    rules: tuple[int, ...]
    fields: tuple[str, ...]
    keywords: bool
    asked: tuple[str, ...]

    @classmethod
    def of(cls, source: LogSource, places: Sequence[int], rules: Sequence[Rule]) -> View:
        names = {name for at in places for name in fields_of(rules[at].condition)}
        own = {name for name in fields_of(source.condition) if name is not None}
        fields = tuple(sorted(name for name in names if name is not None))
        return cls(source, tuple(places), fields, None in names, tuple(sorted(own)))

    def columns(self, shape: Shape) -> tuple[object, ...]:
        """Where a shape has what the rules ask for: shapes for which this is equal share a plan."""
        found = tuple(shape.columns(self.source, name) for name in self.fields)
        own = tuple(shape.columns(_SYSTEM, name) for name in self.asked)
        return found, own, shape.every(self.source) if self.keywords else ()


class ViewPlan:
    """One log source on one shape: its row condition, and (made when first needed) its rules bound to the shape's columns."""

    def __init__(self, view: View, shape: Shape, rules: Sequence[Rule]) -> None:
        self.source = view.source
        self.where = bind(view.source.condition, shape, _SYSTEM)
        self._view, self._shape, self._rules = view, shape, rules

    @cached_property
    def _index(self) -> tuple[tuple[int, ...], Mapping[Column, Mapping[Predicate, tuple[int, ...]]]]:
        """Places in `bound` of conditions that may hold without any witness, and of the others by what their witnesses ask."""
        always: list[int] = []
        found: dict[Column, dict[Predicate, list[int]]] = {}
        for at, (_, node) in enumerate(self.bound):
            slots = witnesses(node)
            if slots is None:
                always.append(at)
            for slot in slots or ():
                found.setdefault(slot.column, {}).setdefault(slot.predicate, []).append(at)
        fixed = {column: {predicate: tuple(at) for predicate, at in by.items()} for column, by in found.items()}
        return tuple(always), fixed

    def likely(self, board: Board) -> Iterator[tuple[int, Node]]:
        """The bound rules that some row of a table may satisfy: thousands that match nothing cost nothing."""
        always, index = self._index
        places = set(always)
        for column, by_predicate in index.items():
            for predicate in board.hits(column):
                places.update(by_predicate.get(predicate, ()))
        return (self.bound[at] for at in sorted(places) if self.bound[at][1].possible(board))

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
        self._views = [View.of(source, at, self.rules) for source, at in by_source.values()]
        self._made: dict[tuple[int, tuple[object, ...]], ViewPlan] = {}
        self._plans: dict[tuple[str, tuple[tuple[str, str], ...]], list[ViewPlan]] = {}
        self._columns = 0  # of all shapes in `_plans`
        self._questions: dict[frozenset[Predicate], Questions] = {}
        self._asked: dict[tuple[ViewPlan, ...], dict[Column, Questions]] = {}

    def plans(self, family: str, schema: pa.Schema) -> list[ViewPlan]:
        """The log sources that rows of this family and shape can belong to."""
        key = (
            family,
            tuple((column.name, own_name(column)) for column in schema),
        )  # equal schemas may differ in own names
        if key not in self._plans:
            self._make_room(len(schema))
            shape = Shape(schema)
            made = (self._plan(view, shape) for view in self._views if view.source.covers(family))
            self._plans[key] = [plan for plan in made if plan.where is not None]
        return self._plans[key]

    def _make_room(self, columns: int) -> None:
        """Forget all plans where those of one shape more would be too many: evidence may name any number of columns."""
        if self._columns + columns > KEPT_COLUMNS:
            self._plans, self._made, self._asked, self._columns = {}, {}, {}, 0
        self._columns += columns

    def _plan(self, view: View, shape: Shape) -> ViewPlan:
        key = (id(view), view.columns(shape))  # views live as long as the engine
        if key not in self._made:
            self._made[key] = ViewPlan(view, shape, self.rules)
        return self._made[key]

    def where_questions(self, plans: Sequence[ViewPlan]) -> dict[Column, Questions]:
        """What the log sources' own conditions ask."""
        return self._grouped(asked(plan.where for plan in plans if plan.where is not None))

    def questions(self, plans: Sequence[ViewPlan]) -> dict[Column, Questions]:
        """What the log sources and all their rules ask of this shape, by column."""
        key = tuple(plans)  # each is equal to itself alone
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
            for at, node in plan.likely(board):
                mask = node.rows(board) & inside
                if at in taken:
                    mask &= ~taken[at]  # a row that two log sources share is one match
                if mask.any():
                    taken[at] = taken[at] | mask if at in taken else mask
                    found.append(Match(at, np.flatnonzero(mask).astype(np.int64), node, plan.source))
            yield plan, count, found


def column_names(columns: Sequence[Column]) -> list[str]:
    """The stored columns that these need, each once, in order."""
    return list(dict.fromkeys(name for column in columns for name in column.read))


def evaluate(engine: Engine, family: str, table: pa.Table) -> dict[int, Ints]:
    """Positions of the rows that satisfy each rule (by its place in the rule set), ascending; rules without any are left out."""
    plans = engine.plans(family, table.schema)
    board = Board(table, engine.questions(plans))
    out: dict[int, list[Ints]] = {}
    for _, _, found in engine.matches(plans, board):
        for match in found:
            out.setdefault(match.rule, []).append(match.rows)
    return {at: np.sort(np.concatenate(rows)) for at, rows in sorted(out.items())}
