"""The logs of each Windows machine as their record numbers tell them: what each file holds, and where its numbers break off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import present
from timelines.clocks import SECOND

if TYPE_CHECKING:
    from timelines.query import Timeline

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
    """The records of one host and channel in one file, without recovered ones. `renumbered` counts records whose header bears another
    number than the event: an export or a clearing numbered them anew."""

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


def logs(timeline: Timeline) -> list[Log]:
    """Every host's channel in every file, in order of host, channel, exhibit and file."""
    found = _records(timeline)
    if not found:
        return []
    table = timeline.sql(f"with steps as ({found}) {_LOGS}")
    return [Log(**row) for row in table.to_pylist()]


_LOGS = """
select exhibit, file, channel, host, family, records, steps, renumbered, head.record as first, tail.record as last,
    head.row_id as first_row, tail.row_id as last_row, head.event as first_event, head.object as first_object,
    head.t as begins, tail.t as ends
from (select exhibit, file, channel, host, min(family) as family, count(*) as records, count(*) filter (step = 1) as steps,
    count(*) filter (renumbered) as renumbered, min_by(held, place) as head, max_by(held, place) as tail
    from (select *, {'record': record, 'row_id': row_id, 'event': event, 'object': object, 't': t} as held from steps)
    group by exhibit, file, channel, host)
order by lower(host), lower(channel), exhibit, file, channel, host
"""
_BREAKS = f"""
select exhibit, file, channel, host, record as after, row_id as after_row, t as after_time, before, before_row, before_time,
    least("offset", before_offset) as low, greatest("offset", before_offset) as high
from steps join (select unnest(?) as exhibit, unnest(?) as file, unnest(?) as channel, unnest(?) as host)
    using (exhibit, file, channel, host)
where step <> 1 or before_time - t >= {int(BACKWARDS.value) * SECOND}
order by exhibit, file, channel, host, place
"""


def _records(timeline: Timeline) -> str:
    """SQL for all Windows records, each with its neighbour before it in order of record number. Empty where there are none."""
    views = [
        family.replace("/", "_").replace("-", "_")
        for family in timeline.families()
        if family.startswith("windows/") and present(timeline, family) >= {"Channel", "Computer"}
    ]
    rows = " union all ".join(
        'select exhibit, file, "Channel" as channel, "Computer" as host, family, record::hugeint as record, epoch_ns(time) as t, '
        f"row_id, event, object, \"offset\", coalesce(flags, '') as flags from {view} "
        'where record is not null and "Channel" is not null and "Computer" is not null'
        for view in views
    )
    if not rows:
        return ""
    before = 'partition by exhibit, file, channel, host order by record, "offset", row_id'
    return f"""select *, {{'record': record, 'offset': "offset", 'row_id': row_id}} as place, record - lag(record) over w as step,
        lag(record) over w as before, lag(row_id) over w as before_row, lag(t) over w as before_time, lag("offset") over w as before_offset,
        list_contains(string_split(flags, ','), 'id-differs') as renumbered
        from ({rows}) where not list_contains(string_split(flags, ','), 'recovered') window w as ({before})"""


def breaks(timeline: Timeline, whole: Sequence[Log]) -> dict[tuple[str, str, str, str], list[Break]]:
    """The breaks of these logs, in order of record number."""
    wanted: list[Any] = [[getattr(log, name) for log in whole] for name in ("exhibit", "file", "channel", "host")]
    table = timeline.sql(f"with steps as ({_records(timeline)}) {_BREAKS}", wanted)
    out: dict[tuple[str, str, str, str], list[Break]] = {}
    for row in table.to_pylist():
        key = (row.pop("exhibit"), row.pop("file"), row.pop("channel"), row.pop("host"))
        out.setdefault(key, []).append(Break(**row))
    return out


def damaged(timeline: Timeline, log: Log, place: Break) -> bool:
    """Whether the reader reports damage in the bytes from one record to the other."""
    found = timeline.sql(
        'select count(*) as n from problems where exhibit = ? and file = ? and "offset" + "length" >= ? and "offset" <= ?',
        [log.exhibit, log.file, place.low, place.high],
    )
    return bool(found.column("n")[0].as_py())
