"""What the rules ask of one column of one table, each answered when first needed.

Of a large column the few texts that rules may hold for are found first (`likely_texts`), and most is asked of these alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from timelines.detection.columns import Bools, Holders, Ints, Values
from timelines.detection.expressions import Predicate, Regex
from timelines.detection.folding import fold_array
from timelines.detection.questions import Hits, Questions, ask_late
from timelines.detection.regex_union import RegexUnion

if TYPE_CHECKING:
    from timelines.detection.likely_texts import LikelyTexts


@dataclass
class _Texts:
    """Texts with what is asked of them; `together` where their regular expressions are worth asking as one."""

    texts: pa.StringArray
    questions: Questions
    together: bool

    @cached_property
    def folded(self) -> pa.StringArray:
        """The texts with their case folded."""
        return fold_array(self.texts)

    @cached_property
    def hits(self) -> Hits:
        return self.questions.ask(self.texts, self.folded)

    @cached_property
    def _union(self) -> RegexUnion:
        return RegexUnion(self.questions.regexes, self.texts)

    def late(self, predicate: Predicate) -> Ints:
        if isinstance(predicate, Regex):
            return self._union.ask(predicate) if self.together else ask_late(predicate, self.texts, self.texts)
        return ask_late(predicate, self.texts, self.folded)


@dataclass(frozen=True)
class _Likely:
    """`at`: positions of the texts that may satisfy what tells texts apart; `few` these texts; `rest` all of them, with all else."""

    told: LikelyTexts
    at: Ints
    few: _Texts
    rest: _Texts


class Answers:
    """`values` of a column and the `questions` to it. `decoded`: values as clients wrote them, many and distinct."""

    def __init__(self, values: Values, questions: Questions, decoded: bool) -> None:
        self.values = values
        self._all = _Texts(values.texts, questions, decoded)

    @property
    def folded(self) -> pa.StringArray:
        """The column's texts with their case folded."""
        return self._all.folded

    @cached_property
    def hits(self) -> Hits:
        """The predicates that hold for any text, with the positions of those texts; late ones only once they were asked."""
        likely = self._likely
        if likely is None:
            return self._all.hits
        return {**likely.rest.hits, **{predicate: likely.at[found] for predicate, found in likely.few.hits.items()}}

    def late(self, predicate: Predicate) -> Ints:
        """The positions of the texts that a late predicate holds for."""
        likely = self._likely
        if likely is None:
            return self._all.late(predicate)
        return likely.at[likely.few.late(predicate)] if self.told_apart(predicate) else likely.rest.late(predicate)

    def told_apart(self, predicate: Predicate) -> bool:
        """Whether only few texts have to be asked."""
        return self._likely is not None and predicate in self._likely.told.predicates

    def rows(self, predicate: Predicate, found: Ints) -> Bools:
        """(n,) bool: the rows that have any of the texts `found`, for which the predicate holds."""
        if self.told_apart(predicate) and self.values.parent is None:
            return self._holders.spread(found)
        return self.values.spread(found)

    @cached_property
    def _holders(self) -> Holders:
        assert self._likely is not None
        return self.values.holders(self._likely.at)

    @cached_property
    def _likely(self) -> _Likely | None:
        """None for a column that is not large, or of which nothing tells texts apart."""
        texts = self.values.texts
        parted = self._all.questions.parted(texts)
        if parted is None:
            return None
        at, together = parted.likely.among(texts), self._all.together
        if len(at) * 2 > len(texts):  # not what the sample was like
            self._all.questions.part_anew(texts)
            return None
        few = _Texts(texts.take(pa.array(at)), parted.few, together)
        return _Likely(parted.likely, at, few, _Texts(texts, parted.rest, together))
