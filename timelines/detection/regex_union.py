"""Many regular expressions of one column: all asked as one first, since hardly any value satisfies any of them.

RE2 answers a union in one pass that costs about as much as one of its expressions; each is then asked of the values that remain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import pyarrow as pa
import re2

from timelines.detection.columns import Ints
from timelines.detection.expressions import Regex
from timelines.detection.questions import ask_late, found_in, is_run
from timelines.detection.regex_dialect import for_re2

TOGETHER = 24  # expressions in one union
SIZE = 12_000  # instructions of one union; from some 18,000 on RE2 gives up its fast way and takes fifty times as long
_REPEATED = re.compile(r"\{\d")  # so many times over: what makes a short expression a large program


class RegexUnion:
    """The answers of a column's regular expressions on fixed texts, each made when first needed."""

    def __init__(self, regexes: Sequence[Regex], texts: pa.StringArray) -> None:
        self._texts = texts
        self._unions = _parted(tuple(regex for regex in regexes if not is_run(regex)))
        self._place = {regex: at for at, union in enumerate(self._unions) for regex in union}
        self._likely: dict[int, Ints | None] = {}

    def ask(self, regex: Regex) -> Ints:
        """The positions of the texts that the expression is found in, ascending."""
        place = self._place.get(regex)
        if place is None or len(self._unions[place]) == 1:
            return ask_late(regex, self._texts, self._texts)
        if place not in self._likely:
            self._likely[place] = self._found(self._unions[place])
        likely = self._likely[place]
        if likely is None:
            return ask_late(regex, self._texts, self._texts)
        few = self._texts.take(pa.array(likely))
        return likely[ask_late(regex, few, few)]

    def _found(self, union: Sequence[Regex]) -> Ints | None:
        """The texts that any of the expressions is found in; None where RE2 takes the union for too large."""
        pattern = "|".join(f"(?:{for_re2(regex.pattern)})" for regex in union)
        try:
            return found_in(self._texts, pattern)
        except ValueError:
            return None


@lru_cache(maxsize=64)
def _parted(regexes: tuple[Regex, ...]) -> Sequence[Sequence[Regex]]:
    """The expressions in unions of a size that RE2 takes, in order."""
    out: list[list[Regex]] = []
    held = 0
    for regex in regexes:
        size = _size(regex.pattern)
        held += size
        if not out or held > SIZE or len(out[-1]) == TOGETHER:
            out.append([])
            held = size
        out[-1].append(regex)
    return out


@lru_cache(maxsize=4096)
def _size(pattern: str) -> int:
    """About how many instructions RE2's program of an expression has: mostly fewer than the expression has characters."""
    if not _REPEATED.search(pattern):
        return len(pattern)
    options = re2.Options()
    options.log_errors = False
    try:
        return max(len(pattern), int(re2.compile(for_re2(pattern), options=options).programsize))
    except re2.error:  # asked on its own, where what RE2 says of it is told
        return SIZE
