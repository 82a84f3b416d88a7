"""Events that can have a part in a counting correlation, found by columns before any of them becomes an object.

A busy log has hundreds of thousands of refused requests and a rule that asks for a hundred of them from one address within minutes: all
but a few lie in no window that holds as many. Leaving those out changes no window that satisfies the condition.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc

from timelines.detection.cited import RuleHits
from timelines.detection.columns import Bools, Ints
from timelines.detection.folding import fold_array
from timelines.detection.repeated import Compact, Repeated
from timelines.detection.rules import Correlation

_LATEST = np.iinfo(np.int64).max
_COUNTING = ("event_count", "value_count")  # a window with so many values has as many events at least


def likely_events(correlation: Correlation, hits: RuleHits, clock: Ints, timed: Bools) -> Ints:
    """Places among a rule's hits (ascending) that may lie in a window with enough events. `clock`, `timed`: of the found rows, UTC ns.

    All places where the condition has no lower bound, or counts the events of several rules together.
    """
    every = np.arange(len(hits.rows), dtype=np.int64)
    least = max(
        (limit.count + (limit.op == "gt") for limit in correlation.limits if limit.op in ("gte", "gt", "eq")), default=0
    )
    if correlation.type not in _COUNTING or len(correlation.rules) != 1 or least <= 1:
        return every
    names = correlation.fields[correlation.rules[0]]
    groups = _groups([hits.fields[name] for name in names], len(every))
    kept = every[timed[hits.rows] & (groups >= 0)]
    times, group = clock[hits.rows[kept]], groups[kept]
    order = np.lexsort((times, group))
    return np.sort(kept[order[_crowded(times[order], group[order], correlation.timespan, int(np.ceil(least)))]])


def _groups(columns: Sequence[Sequence[str | None]], count: int) -> Ints:
    """(n,) a number for each group, values compared without regard to case; -1 where a value is missing or empty."""
    groups = np.zeros(count, np.int64)
    missing = np.zeros(count, np.bool_)
    for column in columns:
        texts = Repeated.of(column).packed()
        folded = fold_array(Compact.of(texts.distinct).array)
        coded = pc.if_else(pc.equal(folded, ""), None, folded).dictionary_encode()
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)[texts.codes]
        missing |= codes < 0
        _, groups = np.unique(groups * (len(coded.dictionary) + 1) + codes, return_inverse=True)
    groups[missing] = -1
    return groups


def _crowded(times: Ints, groups: Ints, span: int, least: int) -> Bools:
    """(n,) bool: the events (by group, then time) in any window of `span` ns, begun by an event, with at least `least` events."""
    borders = np.flatnonzero(np.diff(groups, prepend=-1, append=-2))
    marks = np.zeros(len(times) + 1, np.int64)
    large = np.flatnonzero(
        np.diff(borders) >= least
    )  # the others, of which there may be a million, hold no such window
    for begin, end in zip(borders[large].tolist(), borders[large + 1].tolist(), strict=True):
        mine = times[begin:end]
        last = np.searchsorted(mine, np.minimum(mine, _LATEST - span) + span, "right")
        first = np.flatnonzero(last - np.searchsorted(mine, mine, "left") >= least)
        np.add.at(marks, begin + np.searchsorted(mine, mine[first], "left"), 1)
        np.add.at(marks, begin + last[first], -1)
    return np.cumsum(marks)[:-1] > 0
