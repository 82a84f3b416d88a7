"""A web server's log whose own times and those of the log service that took its lines are whole quarters of an hour apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import Observed, conclude, present
from timelines.analyzers._zone_shift_words import ASSUMED, TEXTS, WRITTEN
from timelines.detection.rules import About
from timelines.findings import Finding
from timelines.log_lines import FAMILIES

if TYPE_CHECKING:
    from timelines.query import Timeline

APART = Threshold("APART", 600, "s", "Lines are passed on within seconds; a difference below may be a late line.")
QUARTER = Threshold("QUARTER", 900, "s", "Time zones are whole quarters of an hour apart.")
LINES = Threshold("LINES", 10, "lines", "Fewer that differ so are marked each by their reader.")
SHIFTS = Threshold("SHIFTS", 6, "differences", "Listed of a log, those of most lines; summer time alone makes two.")


class WebLogZoneShift:
    """Looks at lines that a log service wrapped and that their reader did not mark though both times are far apart: it leaves these to be
    told once."""

    name = "web_log_zone_shift"
    about = About(
        "web_log_zone_shift",
        TEXTS["en"]["title"],
        "informational",
        "athar:web_log_zone_shift.py",
        "web_log_zone_shift",
        "Lines of a web server log whose own time and the log service's differ by the same whole quarters of an hour.",
        (),
        ("A time zone wrongly set, written or assumed",),
        TEXTS,
    )
    needs = ("web/*",)
    thresholds = (APART, QUARTER, LINES, SHIFTS)
    words = {"shift": TEXTS}  # noqa: RUF012 - never changed

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """One finding a log, in order of family, exhibit and file."""
        for family in FAMILIES:
            if not {"wrapper_time", "time"} <= present(timeline, family):
                continue
            rows = timeline.sql(_query(timeline, family)).to_pylist()
            for (exhibit, file), shifts in groupby(rows, key=lambda row: (row["exhibit"], row["file"])):
                told = list(shifts)
                if any(row["shift"] and row["lines"] >= LINES.value for row in told):
                    yield _finding(timeline, self.about, (family, exhibit, file), told)


def _query(timeline: Timeline, family: str) -> str:
    """By file and difference in quarters of an hour (0 where both times agree): how many lines, and the first and last of them."""
    assumed = "wrapper_year is not null" if "wrapper_year" in present(timeline, family) else "false"
    return f"""with compared as (select exhibit, file, "offset", row_id,
            (epoch_ns(time) - epoch_ns(wrapper_time)) / 1e9 as seconds,
            time_quality = 'assumed-zone' or {assumed} as assumed
        from {family.replace("/", "_")} where time is not null and wrapper_time is not null
            and not contains(flags, 'wrapper-time') and not contains(flags, 'wrapper-differs'))
    select exhibit, file,
        case when abs(seconds) > {int(APART.value)} then round(seconds / {int(QUARTER.value)})::bigint else 0 end as shift,
        count(*) as lines, arg_min(row_id, "offset") as first, arg_max(row_id, "offset") as last, bool_or(assumed) as assumed
    from compared group by all order by exhibit, file, lines desc, shift"""


def _finding(timeline: Timeline, about: About, place: tuple[str, str, str], told: list[dict[str, Any]]) -> Finding:
    family, exhibit, file = place
    apart = [row for row in told if row["shift"]][: int(SHIFTS.value)]
    differences = ", ".join(f"{_hours(row['shift'])} ({row['lines']})" for row in apart)
    compared = str(sum(row["lines"] for row in told))
    return conclude(
        timeline,
        about,
        Observed(
            f"{family}\n{apart[0]['first']}",
            (family,),
            [row[end] for row in apart for end in ("first", "last")],
            f"{exhibit}/{file}: own time minus the log service's {differences}; {compared} lines have both times",
            {"log": file, "exhibit": exhibit, "differences": differences, "compared": compared},
            {"assumed": ASSUMED if any(row["assumed"] for row in apart) else WRITTEN},
            {},
        ),
    )


def _hours(quarters: int) -> str:
    """`+01:30`"""
    hours, rest = divmod(abs(quarters), 4)
    return f"{'+' if quarters > 0 else '-'}{hours:02d}:{15 * rest:02d}"


ANALYZER = WebLogZoneShift()
OF_LOGS = True
