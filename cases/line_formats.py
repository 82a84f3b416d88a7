"""By which formats the lines of each exhibit's logs were read, and how many lines depart from them."""

from __future__ import annotations

from cases.summary import FormatCount
from timelines.query import Timeline
from timelines.views import families_of

_COUNTS = """select exhibit, log_format as name, count(*) as "rows", count(*) filter ({loose}) as loose from ({rows})
    where log_format is not null group by all order by exhibit, "rows" desc, name"""


def formats_read(timeline: Timeline) -> dict[str, tuple[FormatCount, ...]]:
    """By exhibit, the formats of its lines, those with most lines first."""
    parts = []
    for family in timeline.families():
        held = {name for part in timeline.parts(family) for name in part.schema.names}
        if "log_format" in held:
            quality = "parse_quality" if "parse_quality" in held else "null::varchar"
            view = families_of(timeline.store)[family].view
            parts.append(f"select exhibit, log_format, {quality} as quality from {view}")
    found: dict[str, tuple[FormatCount, ...]] = {}
    if parts:
        query = _COUNTS.format(rows=" union all ".join(parts), loose="quality = 'loose'")
        for row in timeline.sql(query).to_pylist():
            counted = FormatCount(row["name"], row["rows"], row["loose"])
            found[row["exhibit"]] = (*found.get(row["exhibit"], ()), counted)
    return found
