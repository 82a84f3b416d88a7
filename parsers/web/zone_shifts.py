"""Two clocks that are apart by the same whole quarters of an hour on nearly all lines: a zone that is wrong, not lines that are.

That is one thing to say of the log (`timelines.analyzers.web_log_zone_shift`): only lines that depart from it are marked.
"""

from __future__ import annotations

import numpy as np

from parsers.gather import Bools, Int64s
from parsers.web.formats import State

MINUTES_APART = 10  # a line is passed on within seconds; a clock this far off, or a line this late, is worth a remark
APART_NS = MINUTES_APART * 60 * 10**9
QUARTER_NS = 900 * 10**9  # zones of the world are whole quarters of an hour apart
PASSED_ON_NS = 60 * 10**9  # of a line, to the log service
LEAST = 10  # lines that show a shift; fewer are marked each
NEARLY_ALL = 0.9  # of a batch's lines
SOME = 0.1  # of a batch's lines, of each of two shifts an hour apart: summer time began or ended among them
_HOUR = 4  # quarters
_KEY = "zone-shifts"


def apart(between: Int64s, compared: Bools, state: State) -> Bools:
    """Lines (n,) whose two times, `between` ns from one another, are too far apart, but for a shift of the whole log.

    `compared`: lines that have both; `state` keeps the slice's shifts.
    """
    far: Bools = compared & (np.abs(between) > APART_NS)
    if not far.any():
        return far
    quarters = np.rint(between / QUARTER_NS).astype(np.int64)
    whole = np.abs(between - quarters * QUARTER_NS) <= PASSED_ON_NS
    known = state.setdefault(_KEY, set())
    assert isinstance(known, set)
    known |= _shifts(quarters[compared & whole], int(compared.sum()))
    return np.asarray(far & ~(whole & np.isin(quarters, sorted(known))))


def _shifts(quarters: Int64s, compared: int) -> set[int]:
    """The shifts, in quarters of an hour, that nearly all lines have; two only where they are an hour apart."""
    found, counts = np.unique(quarters, return_counts=True)
    if compared < LEAST or not len(found):
        return set()
    order = np.argsort(-counts, kind="stable")[:2]
    first, *second = found[order].tolist()
    most, *next_most = counts[order].tolist()
    if most >= NEARLY_ALL * compared:
        return {first}
    if not second or abs(first - second[0]) != _HOUR or next_most[0] < max(SOME * compared, LEAST):
        return set()
    return {first, second[0]} if most + next_most[0] >= NEARLY_ALL * compared else set()
