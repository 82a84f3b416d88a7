"""Reasons of rules that only correlations use, made when it is known which of their rows are cited.

Such a rule may match every request of a log, each with a reason of its own; only rows behind a correlation's hits need theirs, and are
looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from timelines.detection.board import Board
from timelines.detection.cited import RuleHits
from timelines.detection.columns import Ints
from timelines.detection.engine import Engine, column_names
from timelines.detection.found_rows import FoundRows, Rows
from timelines.detection.reasons import reasons_of
from timelines.detection.repeated import Repeated
from timelines.detection.rules import Rule


def late_reasons(rules: Sequence[Rule], found: FoundRows, asked: Mapping[int, Ints]) -> dict[int, RuleHits]:
    """By a rule's place among `rules`, the rows (ascending numbers of found rows) that are `asked` of it and why it matched each."""
    places = sorted(at for at, rows in asked.items() if len(rows))
    if not places:
        return {}
    engine = Engine([rules[at] for at in places])
    told: dict[int, list[tuple[Ints, Repeated[str]]]] = {}
    every = np.unique(np.concatenate([asked[at] for at in places]))
    order = every[np.lexsort((found.place[every], found.origin[every]))]
    tables, firsts = np.unique(found.origin[order], return_index=True)
    for table, rows in zip(tables.tolist(), np.split(order, firsts[1:]), strict=True):
        for rule, mine, why in _table(engine, found.tables[table], found.place[rows]):
            told.setdefault(places[rule], []).append((rows[mine], why))
    out = {}
    for at, pieces in told.items():
        rows = np.concatenate([piece for piece, _ in pieces])
        kept = np.flatnonzero(np.isin(rows, asked[at]))
        kept = kept[np.argsort(rows[kept], kind="stable")]
        out[at] = RuleHits(rows[kept], Repeated.compact([why.packed() for _, why in pieces]).take(kept))
    return out


def _table(
    engine: Engine, of: tuple[Rows, int], positions: npt.NDArray[np.int32]
) -> list[tuple[int, Ints, Repeated[str]]]:
    """What the rules find among rows of one table of a part: the rule, places in `positions`, the reasons."""
    part, number = of
    plans = engine.plans(part.family, part.schema)
    questions = engine.questions(plans)
    (table,) = part.read(column_names(list(questions)) or ["row_id"], groups=[number])
    board = Board(table.take(pa.array(positions)), questions)
    return [
        (match.rule, match.rows, reasons_of(match, board))
        for _, _, matches in engine.matches(plans, board)
        for match in matches
    ]
