"""Silences of access logs, and which of them the rhythm of the log makes implausible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import present
from timelines.clocks import SECOND, log_files

if TYPE_CHECKING:
    from timelines.query import Timeline

Ints = npt.NDArray[np.int64]
MINUTE = 60 * SECOND
DAY = 1440  # minutes

SHORTEST = Threshold("SHORTEST", 5, "min", "A restart takes less; shorter silences are common on any server.")
LONGEST = Threshold(
    "LONGEST", 4320, "min", "Longer silences are days without a log or without work, which a rate cannot judge."
)
HALF_A_DAY = Threshold(
    "HALF_A_DAY",
    720,
    "min",
    "A longer silence may be a night, a Sunday or a weekend, which only whole weeks beside it show.",
)
WEEK = Threshold(
    "WEEK", 7, "other days", "To compare a silence beyond HALF_A_DAY with: so many hold each day of the week once."
)
LONGEST_ALONE = Threshold(
    "LONGEST_ALONE",
    120,
    "min",
    "Where the log covers no other day, nothing tells a night or a closing hour from a loss.",
)
BESIDE = Threshold(
    "BESIDE", 60, "min", "What counts as just before and just after: long enough for a rate, short enough for the hour."
)
CLIENTS = Threshold("CLIENTS", 10, "clients", "On either side; a few clients fall silent together, many do not.")
BUSY = Threshold(
    "BUSY",
    0.2,
    "of minutes",
    "Of the minutes beside it, those with lines; below one in five a silence says too little.",
)
IMPLAUSIBLE = Threshold(
    "IMPLAUSIBLE",
    9,
    "powers of ten",
    "One in a thousand million that chance leaves such a silence anywhere in the whole log.",
)
DAYS = Threshold("DAYS", 7, "days", "The same hours up to a week before and after; the quietest of them counts.")
THRESHOLDS = (SHORTEST, LONGEST, HALF_A_DAY, WEEK, LONGEST_ALONE, BESIDE, CLIENTS, BUSY, IMPLAUSIBLE, DAYS)


@dataclass(frozen=True, slots=True)
class Hole:
    """A silence of one log: the last line before it and the first after it (UTC ns), whole minutes between them, the share of
    minutes beside it (or in the same hours of other days) that have lines, and how improbable it is, as a power of ten."""

    exhibit: str
    series: str
    first: int
    last: int
    minutes: int
    busy: float
    days: int
    power: float


@dataclass(frozen=True, slots=True)
class Activity:
    """Which client has lines in which minute of one log: (n,) minutes since 1970 ascending, (n,) client numbers."""

    minutes: Ints
    clients: Ints

    def busy(self, begin: int, end: int) -> tuple[int, int]:
        """Minutes of [begin, end) with lines of any client but the most present one, and how many clients have lines there.

        The most present one is left out since one program (a probe, a scanner) that stops is one event, not many.
        """
        at, to = np.searchsorted(self.minutes, (begin, end))
        if at == to:
            return 0, 0
        clients, numbers, counts = np.unique(self.clients[at:to], return_inverse=True, return_counts=True)
        others = self.minutes[at:to][numbers != int(np.argmax(counts))]
        return len(np.unique(others)), len(clients)


def holes(timeline: Timeline) -> Iterator[Hole]:
    """The implausible silences of every log, in order."""
    if "src_ip" not in present(timeline, "web/access"):
        return
    files = log_files(timeline)
    silences = timeline.sql(_SILENCES, [*files, int(SHORTEST.value) * MINUTE, int(LONGEST.value + 2) * MINUTE])
    logs = dict.fromkeys(
        zip(silences.column("exhibit").to_pylist(), silences.column("series").to_pylist(), strict=True)
    )
    for exhibit, series in logs:
        table = timeline.sql(_ACTIVITY, [*files, exhibit, series])
        clients = table.column("client").combine_chunks().dictionary_encode().indices
        activity = Activity(table.column("minute").to_numpy(), clients.to_numpy(zero_copy_only=False).astype(np.int64))
        mine = silences.filter(pc.and_(pc.equal(silences["exhibit"], exhibit), pc.equal(silences["series"], series)))
        for first, last in _likely(activity, mine):
            found = _judged(activity, first, last)
            if found is not None:
                yield replace(found, exhibit=exhibit, series=series)


FILES = "with files as (select unnest(?) as exhibit, unnest(?) as file, unnest(?) as series)"
_SILENCES = f"""{FILES},
seconds as (select distinct exhibit, series, epoch_ns(time) as t from web_access join files using (exhibit, file) where time is not null),
steps as (select exhibit, series, t, lead(t) over (partition by exhibit, series order by t) as next from seconds)
select * from steps where next - t >= ? and next - t <= ? order by exhibit, series, t
"""
_ACTIVITY = f"""{FILES}
select distinct epoch_ns(time) // {MINUTE} as minute, coalesce(src_ip, '') as client from web_access join files using (exhibit, file)
where time is not null and exhibit = ? and series = ? order by minute, client
"""


def _likely(activity: Activity, silences: pa.Table) -> list[tuple[int, int]]:
    """The silences that have enough busy minutes on both sides, by one search for all of them."""
    first, last = silences.column("t").to_numpy(), silences.column("next").to_numpy()
    minutes = np.unique(activity.minutes)
    before, after = first // MINUTE, last // MINUTE
    width = int(BESIDE.value)
    left = np.searchsorted(minutes, before, "right") - np.searchsorted(minutes, before - width + 1)
    right = np.searchsorted(minutes, after + width) - np.searchsorted(minutes, after)
    enough = np.minimum(left, right) >= BUSY.value * width
    return list(zip(first[enough].tolist(), last[enough].tolist(), strict=True))


def _judged(activity: Activity, first: int, last: int) -> Hole | None:
    """The silence as a hole, if it is implausible."""
    width, begin, end = int(BESIDE.value), first // MINUTE + 1, last // MINUTE
    minutes = end - begin
    sides = [activity.busy(begin - width, begin), activity.busy(end, end + width)]
    if min(clients for _, clients in sides) < CLIENTS.value or minutes < 1:
        return None
    shares = [busy / (width + 1) for busy, _ in sides]
    start, stop = int(activity.minutes[0]), int(activity.minutes[-1]) + 1
    shifts = [
        k * DAY
        for k in range(-int(DAYS.value), int(DAYS.value) + 1)
        if abs(k) * DAY >= minutes and start <= begin + k * DAY and end + k * DAY <= stop
    ]
    if minutes > HALF_A_DAY.value and len(shifts) < WEEK.value:
        return None
    shares += [activity.busy(begin + shift, end + shift)[0] / (minutes + 1) for shift in shifts]
    share = min(shares)
    if share < BUSY.value or (not shifts and minutes > LONGEST_ALONE.value):
        return None
    power = -minutes * float(np.log10(1 - share)) - float(np.log10(stop - start))
    if power < IMPLAUSIBLE.value:
        return None
    return Hole("", "", first, last, minutes, share, len(shifts), round(power, 1))
