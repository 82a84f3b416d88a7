"""One pass of all rules over a timeline: which rows each log source has, which rows each rule finds, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from timelines.detection.board import Board
from timelines.detection.columns import Ints
from timelines.detection.engine import Engine, Match, ViewPlan, column_names
from timelines.detection.found_rows import ORDER, FoundRows, Gathering
from timelines.detection.logsources import Column, Shape
from timelines.detection.reasons import reasons_of
from timelines.detection.repeated import Repeated

if TYPE_CHECKING:
    from timelines.parts import Part
    from timelines.query import Timeline

Progress = Callable[[str, int], None]  # family, rows done since the last call
UNTOLD = ""


@dataclass
class Seen:
    """What one rule looked at."""

    rows: int = 0
    families: dict[str, None] = field(default_factory=dict)


@dataclass
class Survey:
    """The pass's result: rows with hits, and what each rule looked at (by its place in the rule set)."""

    found: FoundRows
    seen: Mapping[int, Seen]


def survey(
    timeline: Timeline, engine: Engine, wanted: Mapping[int, Sequence[str]], progress: Progress | None = None
) -> Survey:
    """Run the rules over every part. `wanted` names per rule the fields whose values correlations need."""
    gathering, seen = Gathering(), {at: Seen() for at in range(len(engine.rules))}
    for family in sorted(timeline.families()):
        for part in timeline.parts(family):
            _survey_part(part, engine, wanted, gathering, seen)
            if progress is not None:
                progress(family, part.rows)
    pa.default_memory_pool().release_unused()  # what follows works in DuckDB's memory, beside Arrow's
    return Survey(gathering.finish(), seen)


def _survey_part(
    part: Part, engine: Engine, wanted: Mapping[int, Sequence[str]], gathering: Gathering, seen: dict[int, Seen]
) -> None:
    plans = _with_rows(part, engine)
    questions = engine.questions(plans) if plans else {}
    if not any(plan.bound for plan in plans):
        return
    shape = Shape(part.schema)
    names = column_names([*questions, *_field_columns(shape, plans, wanted)]) or ["row_id"]
    groups: list[list[_Found]] = []
    for table in part.read(names):
        board = Board(table, questions)
        found: list[_Found] = []
        for plan, count, matches in engine.matches(plans, board):
            for at, _ in plan.bound:
                seen[at].rows += count
                seen[at].families[part.family] = None
            found += [_told(engine, match, board, shape, wanted.get(match.rule, ())) for match in matches]
        groups.append(found)
    numbers = [number for number, found in enumerate(groups) if found]
    for number, table in zip(numbers, part.read(ORDER, groups=numbers), strict=True):
        rows = np.unique(np.concatenate([item.rows for item in groups[number]]))
        here = gathering.add_rows(part, number, table, rows)
        for item in groups[number]:
            gathering.add_hits(item.rule, here[np.searchsorted(rows, item.rows)], item.why, item.fields)


@dataclass(frozen=True, slots=True)
class _Found:
    """A match told: positions in the table, the reason of each, and the field values that correlations need.

    The reason is UNTOLD of rules that only correlations use: few of their rows are cited in the end (`late_reasons`).
    """

    rule: int
    rows: Ints
    why: Repeated[str]
    fields: Mapping[str, Repeated[str | None]]


def _with_rows(part: Part, engine: Engine) -> list[ViewPlan]:
    """The log sources that have rows in this part: only their rules need be bound, and only their columns read."""
    plans = engine.plans(part.family, part.schema)
    questions = engine.where_questions(plans)
    names = column_names(list(questions))
    if not names:
        return plans
    left = list(plans)
    out: list[ViewPlan] = []
    for table in part.read(names):
        board = Board(table, questions)
        here = [p for p in left if p.where is not None and p.where.possible(board) and p.where.rows(board).any()]
        out += here
        left = [plan for plan in left if plan not in here]
        if not left:
            break
    return [plan for plan in plans if plan in out]


def _field_columns(shape: Shape, plans: Sequence[ViewPlan], wanted: Mapping[int, Sequence[str]]) -> list[Column]:
    return [
        column
        for plan in plans
        for at, _ in plan.bound
        for name in wanted.get(at, ())
        for column in shape.columns(plan.source, name)
    ]


def _told(engine: Engine, match: Match, board: Board, shape: Shape, names: Sequence[str]) -> _Found:
    fields = {}
    for name in names:
        columns = [board.values(column) for column in shape.columns(match.source, name)]
        fields[name] = _first_given([values.firsts(match.rows) for values in columns], len(match.rows)).packed()
    told = engine.rules[match.rule].output
    reasons = reasons_of(match, board) if told else Repeated([UNTOLD], np.zeros(len(match.rows), np.int32))
    return _Found(match.rule, match.rows, reasons.packed(), fields)


def _first_given(columns: Sequence[Repeated[str | None]], count: int) -> Repeated[str | None]:
    """For each of `count` rows the first of its texts that is not empty."""
    if not columns:
        return Repeated([None], np.zeros(count, np.int32))
    if len(columns) == 1:
        return Repeated([text or None for text in columns[0].distinct], columns[0].codes)
    return Repeated.of(next(filter(None, texts), None) for texts in zip(*columns, strict=True))
