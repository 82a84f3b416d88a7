"""Logins to a site that nearly all fail, from many addresses that try a few times each: lists of stolen passwords tried out slowly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import Observed, conclude, moment, present
from timelines.analyzers._failing_logins_words import HOW, TEXTS
from timelines.analyzers._silences import FILES
from timelines.clocks import log_files, log_name
from timelines.detection.rules import About
from timelines.findings import Finding
from timelines.logs_once import lines_once

if TYPE_CHECKING:
    from timelines.query import Timeline

SPAN = Threshold("SPAN", 86_400, "s", "Days of UTC: what is tried slowly is tried for hours.")
CLIENTS = Threshold("CLIENTS", 50, "addresses", "With fewer a fault, or one organisation's machines, look the same.")
EACH = Threshold(
    "EACH", 10, "attempts", "By an address on average; with more, rules that look at each address tell of it."
)
FAILED = Threshold("FAILED", 0.9, "of the attempts", "Where people log in, more than half succeed.")
CITED_ROWS = Threshold(
    "CITED_ROWS", 100, "rows", "What was answered otherwise first, then the first attempts; `why` counts all."
)

# A page answered to a login is a failure only where others are sent on: some sites answer every login with a page.
_DAYS = f"""{FILES}, {{0}},
logins as (select a.row_id, a.exhibit, series, a.src_ip as client, a.cs_uri_stem as path, a.sc_status as status, epoch_ns(a.time) as t,
    epoch_ns(a.time) // {int(SPAN.value) * 10**9} as day
    from lines a join files using (exhibit, file)
    where a.cs_method = 'POST' and regexp_matches(a.cs_uri_stem, '(?i)login|signin|connexion|auth|xmlrpc') and a.sc_status is not null
        and a.time is not null and a.src_ip is not null)
"""
_FOUND = """,
days as (select exhibit, series, path, day, count(*) as attempts, count(distinct client) as clients, min(t) as first, max(t) as last,
    count_if(status in (401, 403, 429)) as refused, count_if(status between 200 and 299) as pages, count_if(status in (302, 303)) as sent_on
    from logins group by all)
select *, case when refused >= ? * attempts then 'refused' when sent_on > 0 and pages >= ? * attempts then 'shown again' end as how
from days where clients >= ? and attempts <= ? * clients and how is not null order by exhibit, series, path, day
"""
_CITED = """ select row_id from logins where exhibit = ? and series = ? and path = ? and day = ?
order by case when ? then status in (401, 403, 429) else status between 200 and 299 end, t, row_id limit ?"""


class WebLoginsFailing:
    """Counts, by day and login page, the logins sent and how they were answered, each line of a log once (rotated files read as one)."""

    name = "web_logins_failing"
    about = About(
        "web_logins_failing",
        TEXTS["en"]["title"],
        "medium",
        "athar:web_logins_failing.py",
        "web_logins_failing",
        "Within a day fifty addresses or more sent a login to one page, a few times each, and nine in ten failed.",
        ("T1110.004",),
        ("A fault of the site", "An old password on many machines"),
        TEXTS,
    )
    needs = ("web/access",)
    thresholds = (SPAN, CLIENTS, EACH, FAILED, CITED_ROWS)
    words = {"logins": TEXTS}  # noqa: RUF012 - never changed

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """One finding a log, page and day, in this order."""
        if not present(timeline, "web/access") >= {"cs_method", "cs_uri_stem", "sc_status", "src_ip"}:
            return
        lines, parameters = lines_once(timeline)
        asked = [*log_files(timeline), *parameters]
        limits = [FAILED.value, FAILED.value, int(CLIENTS.value), EACH.value]
        for seen in timeline.sql(_DAYS.format(lines) + _FOUND, [*asked, *limits]).to_pylist():
            place = [seen[name] for name in ("exhibit", "series", "path", "day")]
            last = [seen["how"] == "refused", int(CITED_ROWS.value)]
            rows = timeline.sql(_DAYS.format(lines) + _CITED, [*asked, *place, *last]).column("row_id").to_pylist()
            yield _finding(timeline, self.about, seen, rows)


def _finding(timeline: Timeline, about: About, seen: dict[str, Any], rows: list[str]) -> Finding:
    log = log_name(timeline, seen["exhibit"], seen["series"])
    failed = seen["refused"] if seen["how"] == "refused" else seen["pages"]
    counts = {
        "attempts": seen["attempts"],
        "clients": seen["clients"],
        "failed": failed,
        "other": seen["attempts"] - failed,
    }
    first, last = moment(seen["first"]), moment(seen["last"])
    why = (
        f"{seen['exhibit']}/{log}: {seen['attempts']} logins to {seen['path']} by {seen['clients']} addresses between {first} and {last}: "
        f"{failed} {seen['how']}, {counts['other']} answered otherwise"
    )
    return conclude(
        timeline,
        about if seen["how"] == "refused" else replace(about, level="low"),
        Observed(
            "\n".join((seen["exhibit"], seen["series"], seen["path"], str(seen["day"]))),
            ("web/access",),
            rows,
            why,
            {"log": log, "exhibit": seen["exhibit"], "path": seen["path"], "first": first, "last": last}
            | {name: str(count) for name, count in counts.items()},
            {"how": HOW[seen["how"]]},
        ),
    )


ANALYZER = WebLoginsFailing()
