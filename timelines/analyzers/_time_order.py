"""Where the times of a log go back, and what that looks like: from there on, for some lines only, or all over the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from timelines.analyzers import Threshold

Ints = npt.NDArray[np.int64]
Shape = Literal["back", "behind", "ahead"]
SECOND = 1_000_000_000

TOLERANCE = Threshold(
    "TOLERANCE",
    60,
    "s",
    "Apache writes the begin of a request when it ends, nginx its end, both sometimes through buffers: lines swap places by the length of "
    "a request, hardly ever more than a minute.",
)
LATE = Threshold(
    "LATE",
    600,
    "s",
    "Of lines that alone are earlier than their neighbours; a request with a small answer and no connection kept open takes less.",
)
NEAR = Threshold(
    "NEAR", 1000, "lines", "As many lines before and after a step are looked at to see where the log goes on."
)
FOLLOWED = Threshold(
    "FOLLOWED",
    20,
    "lines",
    "So many have to follow at the old time before lines count as ahead of it; fewer may be late themselves.",
)
DISORDER = Threshold(
    "DISORDER", 10, "s", "Earlier than the line just before; requests of a busy server swap by seconds."
)
MIXED = Threshold(
    "MIXED",
    0.1,
    "of all lines",
    "So many lines further back than DISORDER: a server with some slow requests stays far below.",
)
LEAST = Threshold("LEAST", 100, "lines", "With fewer lines no share of them says anything.")
USUAL = Threshold(
    "USUAL",
    0.01,
    "of all lines",
    "More steps back than that are the log's own habit (buffers, long requests): told as one, not each.",
)
THRESHOLDS = (TOLERANCE, LATE, NEAR, FOLLOWED, DISORDER, MIXED, LEAST, USUAL)
KEPT = 100  # lines further back than DISORDER that are looked at
STEPS = 1000  # steps that are judged, of one file: a list of more serves nobody


@dataclass(frozen=True, slots=True)
class Step:
    """A step back in time. `before` and `after` are the offsets of the lines on both sides, `ns` how far back it goes; for lines that
    stand out, `first` and `last` are the offsets of these, `lines` their number."""

    shape: Shape
    before: int
    after: int
    ns: int
    first: int
    last: int
    lines: int


@dataclass(slots=True)
class Order:
    """What was seen of one file: its lines, those further back than DISORDER, the first of these (offsets), the steps back beyond
    TOLERANCE and, of these, those that were judged."""

    lines: int = 0
    behind: int = 0
    behind_at: tuple[int, ...] = ()
    downs: int = 0
    steps: tuple[Step, ...] = ()

    @property
    def mixed(self) -> bool:
        """Whether lines all over the file are out of order."""
        late = sum(step.shape == "behind" for step in self.steps)
        many = self.lines >= LEAST.value and self.behind >= MIXED.value * self.lines
        return many or (self.usual and 2 * late <= len(self.steps))

    @property
    def usual(self) -> bool:
        """Whether steps back are the log's own habit."""
        return self.lines >= LEAST.value and self.downs > max(USUAL.value * self.lines, 3)


def order_of(pages: Iterable[tuple[Ints, Ints]]) -> Order:
    """What the pages of one file show: (n,) offsets and (n,) times (UTC ns) each, in file order."""
    seen, steps = Order(), list[Step]()
    for offsets, times, fresh, judged in _overlapping(pages):
        back = times[:-1] - times[1:]
        behind = np.flatnonzero(back > int(DISORDER.value) * SECOND) + 1
        new = behind[behind >= fresh]
        seen.lines += len(times) - fresh
        seen.behind += len(new)
        seen.behind_at = (*seen.behind_at, *offsets[new[:KEPT]].tolist())[:KEPT]
        found = behind[back[behind - 1] > int(TOLERANCE.value) * SECOND]
        found = found[(found >= judged[0]) & (found < judged[1])]
        seen.downs += len(found)
        if len(steps) < STEPS:
            steps += _judged(offsets, times, found[: STEPS - len(steps)])
    seen.steps = tuple(steps)
    return seen


def _overlapping(pages: Iterable[tuple[Ints, Ints]]) -> Iterator[tuple[Ints, Ints, int, tuple[int, int]]]:
    """The pages, each with the lines before it that are needed beside: offsets, times, where the new lines begin, and which lines are to
    be judged now (those with NEAR lines on both sides, and those at the file's ends)."""
    near = int(NEAR.value)
    offsets = times = np.empty(0, np.int64)
    begin = 1  # the first line not judged yet
    waiting: tuple[Ints, Ints] | None = None
    for page in pages:
        if waiting is not None:
            held = _joined(offsets, times, waiting)
            fresh, end = len(offsets), max(len(held[0]) - near, begin)
            yield *held, fresh, (begin, end)
            cut = max(end - near, 0)
            offsets, times, begin = held[0][cut:], held[1][cut:], end - cut
        waiting = page
    if waiting is not None:
        held = _joined(offsets, times, waiting)
        yield *held, len(offsets), (begin, len(held[0]))


def _joined(offsets: Ints, times: Ints, page: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    return np.concatenate((offsets, page[0])), np.concatenate((times, page[1]))


def _judged(offsets: Ints, times: Ints, found: Ints) -> list[Step]:
    steps: list[Step] = []
    done = 0  # lines up to here belong to what was already told
    for at in found.tolist():
        if at < done:
            continue
        shape, first, end = _shape(times, at)
        steps.append(
            Step(
                shape,
                int(offsets[at - 1]),
                int(offsets[at]),
                int(times[at - 1] - times[at]),
                int(offsets[first]),
                int(offsets[end - 1]),
                end - first,
            )
        )
        done = end if shape == "behind" else at + 1
    return steps


def _shape(times: Ints, at: int) -> tuple[Shape, int, int]:
    """What a step back at line `at` is, and the lines [first, end) that stand out (the line itself where the log goes on from there).

    behind: after some lines the time leaps forward to where it stood. ahead: some lines before had leapt forward, and the log goes on
    from where it stood before these.
    """
    near, tolerance = int(NEAR.value), int(TOLERANCE.value) * SECOND
    drop = times[at - 1] - times[at]
    after = times[at : at + near]
    caught = np.flatnonzero(after >= times[at - 1] - tolerance)
    if len(caught) and 2 * (after[caught[0]] - after[caught[0] - 1]) >= drop:
        return "behind", at, at + int(caught[0])
    low = max(at - near, 0)
    earlier = np.flatnonzero(times[low:at] <= times[at] + tolerance)
    if len(earlier):
        last = low + int(earlier[-1])
        leap = times[last + 1] - times[last]
        following = int(caught[0]) if len(caught) else len(after)
        resumed = times[at] >= times[last] - tolerance
        if 2 * leap >= drop and resumed and following >= max(int(FOLLOWED.value), at - last - 1):
            return "ahead", last + 1, at
    return "back", at, at + 1
