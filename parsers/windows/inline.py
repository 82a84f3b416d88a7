"""Records without templates, many at once: forwarded events carry their whole document as binary XML, names and all.

Alike records have the same tokens and differ in lengths, offsets and texts. One of them is read to learn the steps; the others take the
same steps. Where some can't follow they stay, at the step they reached, until another was learned from. MS-EVEN6 section 2.2.12.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from parsers.gather import Bools, Int64s
from parsers.interned import steady
from parsers.windows import values
from parsers.windows.binxml import Reader
from parsers.windows.chunks import CHUNK
from parsers.windows.columns import Plan, Shape, bounded, planned
from parsers.windows.flat import ONE, Int32s
from parsers.windows.groups import Fragments
from parsers.windows.learner import Learner
from parsers.windows.steps import Known, Walk, follow, note
from parsers.windows.tokens import MORE, OPEN
from parsers.windows.typed import Values, begun
from parsers.windows.visit import Visit

FAILURES = 8  # records that can't be learned from before the rest is left to be read one by one; more where there are many records
A_FAILURE_IN = 100  # records
FEW = 12  # records below which reading them one by one costs less than the steps
MAX_KEPT = 256  # documents remembered, some 100 kB each
FIRST = 512  # records that go through their documents before the others: mostly they teach all there is to know
STEPS = 256  # steps of such a document; a longer one counts as several


@dataclass(slots=True)
class _Library:
    """The documents that this process has read: those of one piece are mostly those of the next."""

    known: Known = field(default_factory=Known)
    plans: list[Plan | None] = field(default_factory=list)  # by document, how to decode it; None: one by one
    held: int = 0

    def learn(self, learner: Learner, at: int) -> bool:
        """Add the document at a place; whether it is made of plain text alone, and new."""
        if not learner.learn(at):
            return False
        node = self.known.add(learner.steps)
        if node < 0:
            return False
        self.known.tree.learned[node] = len(self.plans)
        self.plans.append(planned(learner.roots))
        self.held += 1 + len(learner.steps) // STEPS
        return True


_library = _Library()


def forget() -> None:
    """Bring what is remembered of documents back to nothing."""
    _library.known, _library.plans, _library.held = Known(), [], 0


def inline(visit: Visit, fragments: Fragments, odd: Int64s) -> tuple[list[Shape], Int64s]:
    """The shapes of those of the `odd` fragments that are plain documents, and the rest to be read one by one."""
    data, start = visit.window.data, fragments.at[odd] + 4
    plain = start + 1 < fragments.end[odd]
    plain &= (data[np.where(plain, start, 0)] & ~np.uint8(MORE)) == OPEN
    rows = odd[plain]
    if _library.held >= MAX_KEPT:
        forget()
    bounds = np.stack((fragments.at[rows], fragments.end[rows], fragments.base[rows]), axis=1)
    walk, began = Walk.begun(bounds), int(visit.notes.flat.total[1])
    shapes: list[Shape] = []
    rest = [odd[~plain]]
    ended = _walked(visit, walk)
    _note(visit, walk, np.flatnonzero(ended & (walk.first < 0)))
    visit.tell(began)
    for node in np.unique(walk.node[ended]).tolist():
        which = np.flatnonzero(ended & (walk.node == node))
        plan = _library.plans[int(_library.known.tree.learned[node])]
        held = _texts(visit, walk.first[which], _library.known.values[node])
        # few are read one by one also where an earlier log taught their steps: the order of rows must not hang on it
        found = None if plan is None or len(which) < FEW else bounded(plan, rows[which], (held,))
        if found is None:
            rest.append(rows[which])
        else:
            shapes.append(found)
    rest.append(rows[~ended])
    return sorted(shapes, key=lambda shape: int(shape.rows[0])), np.sort(np.concatenate(rest))


def _texts(visit: Visit, first: Int32s, many: int) -> Values:
    """The values of documents of one kind, with what is known of their columns: all are texts, and none is null."""
    sizes, sums = visit.notes.flat.size[first[:, None] + np.arange(many, dtype=np.int32)], begun(many)
    sums[:, :3] = len(first), values.STRING, values.STRING
    sums[:, 3], sums[:, 4] = sizes.min(axis=0), sizes.max(axis=0)
    sums[:, 5] = np.bitwise_or.reduce(sizes, axis=0)
    return Values(visit.notes, first, many, sums)


def _walked(visit: Visit, walk: Walk) -> Bools:
    """Take all records through their documents, learning those that are new; which came to an end."""
    data, count = visit.window.data, len(walk.node)
    failures, patience = 0, max(FAILURES, count // A_FAILURE_IN)
    waiting = [np.arange(count)]
    if count > 2 * FIRST:
        waiting.append(np.arange(0, count, count // FIRST))
    while waiting:
        rows = waiting.pop()
        _follow(visit, walk, rows)
        stuck = rows[_library.known.tree.learned[walk.node[rows]] < 0]
        for node in np.unique(walk.node[stuck]).tolist():
            here = stuck[walk.node[stuck] == node]
            while len(here) >= FEW and failures <= patience and _library.held < 2 * MAX_KEPT:
                begin, end, base = walk.bounds[int(here[0])].tolist()
                if _library.learn(Learner(Reader(data[base : base + CHUNK].tobytes()), end - base), begin - base):
                    waiting.append(here)
                    break
                failures, here = failures + 1, here[1:]
    return np.asarray(_library.known.tree.learned[walk.node] >= 0)


def _follow(visit: Visit, walk: Walk, rows: Int64s) -> None:
    data, at = steady(visit.window.data), 0
    while (at := follow(data, _library.known.tree, walk, rows, at, visit.notes.flat)) < len(rows):
        visit.notes.grow()


def _note(visit: Visit, walk: Walk, rows: Int64s) -> None:
    """Note the values of records that had to wait until their documents were learned."""
    visit.notes.grow(sum(_library.known.values[node] for node in walk.node[rows].tolist()) + ONE)
    note(steady(visit.window.data), _library.known.tree, walk, rows, visit.notes.flat)
