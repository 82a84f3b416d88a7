"""Which texts of a large column any predicate may be true of: nearly all rules ask for what hardly any text holds.

From every predicate its cheapest literal pieces are taken, by how often they occur in a sample of the column; one pass over the bytes then
leaves out the texts that hold none of them. Predicates that require nothing, or what is common, are asked of all texts as before. The
sample decides how much work is saved, never an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from timelines.detection.columns import Ints
from timelines.detection.expressions import Predicate
from timelines.detection.required_text import cheapest, required
from timelines.detection.text_scans import CODES, WINDOWS, Flags, Places, count_windows, holding, laid_out

SAMPLE = 8_192  # texts whose windows are counted
MOST = 0.25  # share of texts that may be left; a predicate that would leave more is asked of all


@dataclass(frozen=True)
class LikelyTexts:
    """The predicates that only few texts may satisfy, and the windows that tell these texts."""

    predicates: frozenset[Predicate]
    wanted: Flags

    @classmethod
    def of(cls, predicates: Iterable[Predicate], texts: pa.StringArray) -> LikelyTexts | None:
        """None where no predicate tells texts apart."""
        each = [
            (predicate, requirement) for predicate in predicates if (requirement := required(predicate)) is not None
        ]
        if not each:
            return None
        sample = texts.take(pa.array(np.arange(0, len(texts), max(1, len(texts) // SAMPLE))))
        counts = cache(_Counts(sample).of)
        told = sorted(
            ((*cheapest(requirement, counts), at) for at, (_, requirement) in enumerate(each)),
            key=lambda one: (one[0], one[2]),
        )
        wanted, chosen, left = np.zeros(WINDOWS, np.bool_), set(), MOST * len(sample)
        for cost, grams, at in told:
            left -= cost
            if left < 0:
                break
            chosen.add(each[at][0])
            for gram in grams:
                _windows(wanted, gram)[...] = True
        return cls(frozenset(chosen), wanted) if chosen else None

    def among(self, texts: pa.StringArray) -> Ints:
        """The positions of the texts that any of the predicates may be true of, ascending."""
        found = np.zeros(len(texts), np.bool_)
        holding(*laid_out(texts), self.wanted, found)
        return np.flatnonzero(found).astype(np.int64)


class _Counts:
    """How often characters, pairs and windows of three begin in a sample."""

    def __init__(self, sample: pa.StringArray) -> None:
        self._threes: Places = np.zeros(WINDOWS, np.int32)
        count_windows(*laid_out(sample), self._threes)
        self._twos = self._threes.reshape(-1, CODES).sum(axis=1)
        self._ones = self._twos.reshape(-1, CODES).sum(axis=1)

    def of(self, gram: str) -> int:
        return int((self._ones, self._twos, self._threes)[len(gram) - 1][_code(gram)])


def _code(gram: str) -> int:
    code = 0
    for character in gram:
        code = code * CODES + ord(character)
    return code


def _windows(table: Flags, gram: str) -> Flags:
    """The part of a table of windows that begins with a gram."""
    width = CODES ** (3 - len(gram))
    return table[_code(gram) * width : (_code(gram) + 1) * width]
