"""Windows logs that stop while the machine's other logs go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from timelines.analyzers import Threshold
from timelines.analyzers._event_records import Log, records
from timelines.clocks import SECOND
from timelines.query import Timeline

SILENT = Threshold(
    "SILENT", 3_600, "s", "Shorter than an hour is how far apart the logs of one machine are copied, or a quiet moment."
)
LONGER = Threshold(
    "LONGER", 3, "times", "As long as the log's own longest silence before; what it did once already is its rhythm."
)
WATCHED = Threshold(
    "WATCHED",
    86_400,
    "s",
    "Or as long as it is silent: a log that covers less shows no rhythm, such as that of one installation.",
)
OTHERS = Threshold(
    "OTHERS",
    50,
    "records",
    "Of the machine's other logs after that; fewer are a machine that is shutting down or idle.",
)


@dataclass(frozen=True, slots=True)
class Stopped:
    """A log, the seconds by which others of its machine outlast it, and how many records of theirs follow."""

    log: Log
    seconds: float
    others: int


def stopped(timeline: Timeline, logs: Sequence[Log]) -> list[Stopped]:
    """The logs that stop, in order of host and channel. Files of one log are taken together: an older copy does not stop, it is older.

    Only logs of one exhibit are compared: what was handed in at another time ends at another time. Recovered records do not count.
    """
    latest = []
    for _, files in groupby(logs, key=lambda log: (log.host.lower(), log.channel.lower())):
        latest.append(
            max(files, key=lambda log: (log.ends if log.ends is not None else -(2**63), log.exhibit, log.file))
        )
    asked = [log for log in latest if log.ends is not None]
    if not asked:
        return []
    hosts, channels, exhibits = zip(*((x.host.lower(), x.channel.lower(), x.exhibit) for x in asked), strict=True)
    after = timeline.sql(
        _AFTER.format(_relation(timeline)),
        [hosts, channels, exhibits, [log.ends for log in asked], list(range(len(asked)))],
    ).to_pylist()
    late = [
        Stopped(log, (row["until"] - row["ends"]) / SECOND, row["others"])
        for row in after
        for log in (asked[row["place"]],)
        if row["others"] >= OTHERS.value
    ]
    late = [one for one in late if one.seconds >= SILENT.value and _watched(one.log) >= min(one.seconds, WATCHED.value)]
    if not late:
        return []
    names = [[one.log.host.lower() for one in late], [one.log.channel.lower() for one in late], list(range(len(late)))]
    longest = timeline.sql(_LONGEST.format(_relation(timeline)), names).column("silence").to_pylist()
    return [one for one, silence in zip(late, longest, strict=True) if one.seconds * SECOND >= LONGER.value * silence]


def _watched(log: Log) -> float:
    """Seconds that the log covers, by the times of its first and last record."""
    return ((log.ends or 0) - (log.begins if log.begins is not None else log.ends or 0)) / SECOND


_AFTER = """
with asked as (select unnest(?) as h, unnest(?) as c, unnest(?) as x, unnest(?) as ends, unnest(?) as place)
select place, any_value(asked.ends) as ends, count(*) as others, max(t) as until from asked join ({}) r
on r.h = asked.h and r.x = asked.x and r.c <> asked.c and r.t > asked.ends group by place order by place
"""
_LONGEST = """
with asked as (select unnest(?) as h, unnest(?) as c, unnest(?) as place),
steps as (select place, t - lag(t) over (partition by place order by t) as step from asked join ({}) r on r.h = asked.h and r.c = asked.c)
select place, coalesce(max(step), 0) as silence from steps group by place order by place
"""


def _relation(timeline: Timeline) -> str:
    """SQL for host, channel, exhibit and time (UTC ns) of every record that has them."""
    return (
        "select lower(host) as h, lower(channel) as c, exhibit as x, epoch_ns(time) as t "
        f"from ({records(timeline)}) where time is not null"
    )
