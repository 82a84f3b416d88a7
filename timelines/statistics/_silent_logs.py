"""Windows logs that are silent for a time that their own rhythm makes implausible, while the machine's other logs go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from timelines.analyzers import Threshold
from timelines.analyzers._event_records import Log, records
from timelines.clocks import SECOND
from timelines.query import Timeline
from timelines.statistics._stopped_logs import LONGER, OTHERS, SILENT

AROUND = Threshold(
    "AROUND",
    3,
    "times",
    "As long as it is silent, the log has to cover besides: a program that runs on two days of a year has no rhythm.",
)
HALF_A_DAY = Threshold(
    "HALF_A_DAY", 43_200, "s", "From here a silence may be a night or a weekend, which a few days do not show."
)
WEEKS = Threshold(
    "WEEKS", 1_209_600, "s", "Two weeks: what a log has to cover besides, to show its nights and weekends."
)


@dataclass(frozen=True, slots=True)
class Silence:
    """The longest silence of a log: seconds, records of the machine's other logs in it, and the first record after it."""

    log: Log
    seconds: float
    others: int
    time: int
    exhibit: str
    file: str
    record: int
    row_id: str


def silences(timeline: Timeline, logs: Sequence[Log]) -> list[Silence]:
    """The implausible silences, in order of host and channel, one a log at most. All files of a log are taken together.

    Only other logs of the same exhibit tell that the machine ran: others were handed in from another time.
    """
    first: dict[tuple[str, str], Log] = {}
    for log in logs:
        first.setdefault((log.host.lower(), log.channel.lower()), log)
    asked = list(first.values())
    if not asked:
        return []
    hosts, channels = zip(*first, strict=True)
    found = timeline.sql(_LONGEST.format(_relation(timeline)), [hosts, channels, list(range(len(asked)))]).to_pylist()
    likely = [row for row in found if _implausible(row)]
    if not likely:
        return []
    names = ("place", "h", "c", "x", "since", "until")
    given = [[row[name] for row in likely] for name in names]
    after = timeline.sql(_AROUND.format(_relation(timeline)), given).to_pylist()
    return [
        Silence(
            asked[row["place"]],
            (row["until"] - row["since"]) / SECOND,
            row["others"],
            row["until"],
            row["x"],
            row["file"],
            row["record"],
            row["row_id"],
        )
        for row in after
        if row["others"] >= OTHERS.value
    ]


def _implausible(row: dict[str, int]) -> bool:
    """Whether the rhythm of the log is against its longest silence."""
    seconds, next_longest = (row["until"] - row["since"]) / SECOND, row["second"] / SECOND
    besides = row["covered"] / SECOND - seconds
    if seconds < SILENT.value or seconds < LONGER.value * next_longest or besides < AROUND.value * seconds:
        return False
    return seconds < HALF_A_DAY.value or besides >= WEEKS.value


_LONGEST = """
with asked as (select unnest(?) as h, unnest(?) as c, unnest(?) as place),
mine as (select place, asked.h, asked.c, x, t from asked join ({}) r on r.h = asked.h and r.c = asked.c),
steps as (select *, lag(t) over (partition by place order by t) as since from mine),
ranked as (
    select *, t - since as step, row_number() over (partition by place order by t - since desc, t) as n,
    max(t) over (partition by place) - min(t) over (partition by place) as covered from steps where since is not null)
select a.place, a.h, a.c, a.x, a.since, a.t as until, coalesce(b.step, 0) as second, a.covered
from ranked a left join ranked b on b.place = a.place and b.n = 2 where a.n = 1 order by a.place
"""
_AROUND = """
with asked as (select unnest(?) as place, unnest(?) as h, unnest(?) as c, unnest(?) as x, unnest(?) as since, unnest(?) as until),
r as ({}),
beside as (
    select place, count(*) as others from asked join r on r.h = asked.h and r.x = asked.x and r.c <> asked.c
    and r.t > since and r.t < until group by place),
next as (
    select place, file, record, row_id, row_number() over (partition by place order by record, file, "offset") as n
    from asked join r on r.h = asked.h and r.c = asked.c and r.x = asked.x and r.t = until)
select asked.place, asked.x, since, until, others, file, record, row_id
from asked join beside using (place) join next using (place) where n = 1 order by asked.place
"""


def _relation(timeline: Timeline) -> str:
    """SQL for host, channel, exhibit, time (UTC ns) and place of every record that has them."""
    return (
        'select lower(host) as h, lower(channel) as c, exhibit as x, epoch_ns(time) as t, file, record, row_id, "offset" '
        f"from ({records(timeline)}) where time is not null"
    )
