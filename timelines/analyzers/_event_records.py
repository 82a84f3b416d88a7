"""The logs of each Windows machine as their record numbers tell them: what each file holds, and where its numbers break off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import present
from timelines.clocks import SECOND

if TYPE_CHECKING:
    from timelines.query import Timeline

Ints = npt.NDArray[np.int64]

LEAST = Threshold("LEAST", 50, "records", "With fewer, nothing tells a log from a choice of its events.")
LEAST_CLEARED = Threshold(
    "LEAST_CLEARED", 10, "records", "A log begun by its own clearing is young; a single picked event is no log."
)
CONTIGUOUS = Threshold(
    "CONTIGUOUS",
    0.99,
    "of neighbours",
    "That differ by one. Chosen events (an export by filter) have gaps everywhere; a log has next to none.",
)
BACKWARDS = Threshold(
    "BACKWARDS", 60, "s", "Events written by several threads swap places within seconds, not minutes."
)


@dataclass(frozen=True, slots=True)
class Log:
    """The records of one host and channel in one file, without recovered ones and those that stand `again`, with the same number and time.
    `renumbered` counts records whose header bears another number than the event: an export or a clearing numbered them anew."""

    exhibit: str
    file: str
    channel: str
    host: str
    family: str
    records: int
    steps: int
    renumbered: int
    first: int
    last: int
    first_row: str
    last_row: str
    first_event: str | None
    first_object: str | None
    begins: int | None
    ends: int | None
    again: Again | None

    @property
    def cleared(self) -> bool:
        """Whether the first record reports that this very log was cleared."""
        named = {"1102": "security", "104": (self.first_object or "").lower()}
        return self.first_event in named and named[self.first_event] == self.channel.lower()

    @property
    def whole(self) -> bool:
        """Whether this is a log, not a choice of its events."""
        least = LEAST_CLEARED.value if self.cleared else LEAST.value
        return self.records >= least and self.steps >= CONTIGUOUS.value * (self.records - 1)


@dataclass(frozen=True, slots=True)
class Again:
    """How many records of a log stand again in its file, the lowest and the highest number of these, and where the first does."""

    records: int
    first: int
    last: int
    row: str
    time: int | None


@dataclass(frozen=True, slots=True)
class Break:
    """A place in a log, in order of record number, where neighbours do not follow each other: record, row and time (UTC ns) of both,
    and the bytes from one to the other."""

    before: int
    after: int
    before_row: str
    after_row: str
    before_time: int | None
    after_time: int | None
    low: int
    high: int

    @property
    def missing(self) -> int:
        return max(self.after - self.before - 1, 0)

    @property
    def back(self) -> float:
        """Seconds by which the time goes back; 0 where it does not, or is unknown."""
        if self.before_time is None or self.after_time is None:
            return 0.0
        return max(self.before_time - self.after_time, 0) / SECOND

    @property
    def anew(self) -> bool:
        """Whether the numbering does not go on here: a repeated number at another time, or a jump ahead with a step back in time."""
        if self.after == self.before:
            return None not in (self.before_time, self.after_time) and self.before_time != self.after_time
        return self.back >= BACKWARDS.value and self.after != self.before + 1

    @property
    def place(self) -> str:
        return f"{self.before}–{self.after}"


@dataclass(frozen=True, slots=True)
class Numbered:
    """Records in order of log, number and offset: (n,) each. `log` indexes the groups; `timed` says where `time` (UTC ns) is one."""

    log: Ints
    number: npt.NDArray[np.uint64]
    offset: Ints
    time: Ints
    timed: npt.NDArray[np.bool_]

    def where(self, which: npt.NDArray[np.bool_]) -> Numbered:
        return Numbered(self.log[which], self.number[which], self.offset[which], self.time[which], self.timed[which])

    def again(self) -> npt.NDArray[np.bool_]:
        """(n,) what has the log, number and time of the record before."""
        same = (self.log[1:] == self.log[:-1]) & (self.number[1:] == self.number[:-1])
        same &= (self.timed[1:] == self.timed[:-1]) & (self.time[1:] == self.time[:-1])
        return np.concatenate((np.zeros(min(len(self.log), 1), np.bool_), same))


def read(timeline: Timeline) -> list[tuple[Log, list[Break]]]:
    """Every whole log with its breaks in order of record number; logs in order of host, channel, exhibit and file."""
    found = records(timeline)
    groups = timeline.sql(_GROUPS.format(found), [int(LEAST_CLEARED.value)]).to_pylist() if found else []
    if not groups:
        return []
    names = [[group[name] for group in groups] for name in _KEYS]
    whole = _ordered(timeline.sql(_NUMBERS.format(found), [*names, list(range(len(groups)))]))
    copies = whole.again()
    rows, repeated = whole.where(~copies), _repeated(timeline, found, groups, whole.where(copies))
    same = rows.log[1:] == rows.log[:-1]
    one = rows.number[1:] - rows.number[:-1] == 1
    back = rows.timed[1:] & rows.timed[:-1] & (rows.time[:-1] - rows.time[1:] >= int(BACKWARDS.value) * SECOND)
    count = np.bincount(rows.log, minlength=len(groups))
    steps = np.bincount(rows.log[1:][same & one], minlength=len(groups))
    likely = steps >= CONTIGUOUS.value * (count - 1)
    firsts = np.flatnonzero(np.concatenate([[True], ~same]))
    lasts = np.flatnonzero(np.concatenate([~same, [True]]))
    places = np.flatnonzero(same & (~one | back) & likely[rows.log[1:]])
    wanted = np.unique(
        np.concatenate([firsts[likely[rows.log[firsts]]], lasts[likely[rows.log[lasts]]], places, places + 1])
    )
    known = _details(timeline, found, groups, rows, wanted)
    out = []
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        number = int(rows.log[first])
        if likely[number]:
            counts = int(count[number]), int(steps[number])
            log = _log(groups[number], (known[first], known[last]), counts, repeated.get(number))
            mine = places[np.searchsorted(places, first) : np.searchsorted(places, last)].tolist()
            out.append((log, [_break(known[at], known[at + 1]) for at in mine]))
    return [(log, broken) for log, broken in out if log.whole]


_ASKED = (
    "exhibit",
    "file",
    "Channel",
    "Computer",
    "family",
    "record",
    "time",
    "row_id",
    "event",
    "object",
    "offset",
    "flags",
)
_KEYS = ("exhibit", "file", "channel", "host")
_GROUPS = """
select exhibit, file, channel, host, min(family) as family, count(*) filter (contains(flags, 'id-differs')) as renumbered
from ({}) group by exhibit, file, channel, host having count(*) >= ? order by lower(host), lower(channel), exhibit, file, channel, host
"""
_NUMBERS = """
with groups as (select unnest(?) as exhibit, unnest(?) as file, unnest(?) as channel, unnest(?) as host, unnest(?) as log)
select log, record, "offset", epoch_ns(time) as t from ({}) join groups using (exhibit, file, channel, host)
"""
_DETAILS = """
with wanted as (
    select unnest(?) as exhibit, unnest(?) as file, unnest(?) as record, unnest(?) as "offset", unnest(?) as place)
select place, row_id, event, object, record, epoch_ns(time) as t, "offset"
from ({}) join wanted using (exhibit, file, record, "offset") order by place
"""


def records(timeline: Timeline) -> str:
    """SQL for all Windows records but recovered ones. Empty where there are none."""
    rows = [
        timeline.narrow(family, _ASKED)
        for family in timeline.families()
        if family.startswith("windows/") and present(timeline, family) >= {"Channel", "Computer"}
    ]
    return " union all ".join(
        'select exhibit, file, "Channel" as channel, "Computer" as host, family, record, time, row_id, event, object, "offset", '
        f'coalesce(flags, \'\') as flags from {one} where record is not null and "Channel" is not null and "Computer" is not null '
        "and not contains(coalesce(flags, ''), 'recovered')"
        for one in rows
    )


def _ordered(table: pa.Table) -> Numbered:
    log, number, offset = (table.column(name).to_numpy() for name in ("log", "record", "offset"))
    time = table.column("t")
    order = np.lexsort((offset, number, log))
    timed = time.is_valid().to_numpy()[order]
    return Numbered(log[order], number[order], offset[order], time.fill_null(0).to_numpy()[order], timed)


def _details(
    timeline: Timeline, found: str, groups: Sequence[Mapping[str, Any]], rows: Numbered, wanted: Ints
) -> dict[int, Mapping[str, Any]]:
    """What else is told of these places of `rows`: row id, event, object."""
    of = [groups[at] for at in rows.log[wanted].tolist()]
    places = [rows.number[wanted].tolist(), rows.offset[wanted].tolist(), wanted.tolist()]
    table = timeline.sql(_DETAILS.format(found), [[g["exhibit"] for g in of], [g["file"] for g in of], *places])
    return {row["place"]: row for row in table.to_pylist()}


def _repeated(
    timeline: Timeline, found: str, groups: Sequence[Mapping[str, Any]], copies: Numbered
) -> dict[int, Again]:
    """By log, what stands again; `copies` in order of log and number."""
    logs, firsts, counts = np.unique(copies.log, return_index=True, return_counts=True)
    known = _details(timeline, found, groups, copies, firsts) if len(logs) else {}
    return {
        log: Again(count, known[at]["record"], int(copies.number[at + count - 1]), known[at]["row_id"], known[at]["t"])
        for log, at, count in zip(logs.tolist(), firsts.tolist(), counts.tolist(), strict=True)
    }


def _log(
    group: Mapping[str, Any],
    ends: tuple[Mapping[str, Any], Mapping[str, Any]],
    counts: tuple[int, int],
    again: Again | None,
) -> Log:
    head, tail = ends
    return Log(
        **group,
        records=counts[0],
        steps=counts[1],
        first=head["record"],
        last=tail["record"],
        first_row=head["row_id"],
        last_row=tail["row_id"],
        first_event=head["event"],
        first_object=head["object"],
        begins=head["t"],
        ends=tail["t"],
        again=again,
    )


def _break(before: Mapping[str, Any], after: Mapping[str, Any]) -> Break:
    low, high = sorted((before["offset"], after["offset"]))
    rows = (before["row_id"], after["row_id"])
    return Break(before["record"], after["record"], *rows, before["t"], after["t"], low, high)


def damaged(timeline: Timeline, log: Log, place: Break) -> bool:
    """Whether the reader reports damage in the bytes from one record to the other."""
    found = timeline.sql(
        'select count(*) as n from problems where exhibit = ? and file = ? and "offset" + "length" >= ? and "offset" <= ?',
        [log.exhibit, log.file, place.low, place.high],
    )
    return bool(found.column("n")[0].as_py())
