"""Events by kind: how often, from when to when, on which machines."""

from __future__ import annotations

import pyarrow as pa

from timelines.meanings import meaning
from timelines.schema import TIME, Column
from timelines.scope import Scope, listed
from timelines.statistics import Statistic

_COLUMNS = (
    Column("family", pa.string(), "Family of the rows, such as `windows/security`."),
    Column("channel", pa.string(), "Windows log the events were written to; null outside Windows."),
    Column("provider", pa.string(), "What wrote the events; null outside Windows."),
    Column("event", pa.string(), "Windows EventID as text, or a verb such as `dns.query`."),
    Column(
        "meaning",
        pa.string(),
        "What such an event means, in the language asked for; a general word where it is not known.",
    ),
    Column("rows", pa.int64(), "How many."),
    Column("first", TIME, "The earliest.", "ns"),
    Column("last", TIME, "The latest.", "ns"),
    Column("hosts", pa.string(), "Machines that wrote them, in order, joined by commas."),
)
_COUNTS = f"""
select family, min(channel) as channel, min(provider) as provider, event, count(*) as "rows", min(time) as first, max(time) as last,
{listed("host")} as hosts
from taken group by family, lower(channel), lower(provider), event
order by "rows" desc, family, lower(channel) nulls first, lower(provider) nulls first, event nulls first
"""


def _count(scope: Scope) -> pa.Table:
    own = {"channel": ("Channel",), "provider": ("Provider_Name",)}
    table = scope.ask(_COUNTS, TABLE.needs, own)
    kinds = zip(*(table.column(name).to_pylist() for name in ("family", "provider", "event")), strict=True)
    means = [meaning(family, provider, event).title.get(scope.lang) for family, provider, event in kinds]
    return table.append_column("meaning", pa.array(means, pa.string()))


TABLE = Statistic(
    "events",
    "Events by kind",
    "One row a family, channel, provider and event; the most frequent first.",
    ("*",),
    _COLUMNS,
    ("event", "meaning", "rows", "first", "last"),
    _count,
)
