"""Did guessing work? Whether one of many attempts to log in was answered otherwise than all the others of the same client.

A log keeps neither passwords nor pages. What stands out is the answer: a redirection among refusals, a page among redirections.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from timelines.analyzers import Threshold
from timelines.findings import Finding

if TYPE_CHECKING:
    from timelines.query import Timeline

GUESSING = "T1110"  # the technique, and its sub-techniques, whose findings are asked about
AFTER = Threshold(
    "AFTER", 3_600, "s", "A password that was found is used soon; within the hour after the last attempt."
)
TRIED = Threshold("TRIED", 5, "attempts", "With one answer, of a client on one page; fewer show no usual answer.")
_LOGIN = f"""
with cited as (select exhibit, c_ip as client, cs_uri_stem as path, cs_method as method, sc_status as status, epoch_ns(time) as t
    from web_access where row_id in (select unnest(?)) and sc_status is not null and time is not null),
counted as (select exhibit, client, path, method, status, count(*) as tried, min(t) as first, max(t) as last from cited group by all),
usual as (select exhibit, client, path, method, arg_max(status, (tried, -status)) as usual, max(tried) as tried, min(first) as first,
    max(last) as last from counted group by all)
select a.row_id, a.cs_uri_stem as what, a.file, a."offset", a.c_ip as client, epoch_ns(a.time) as time, a.sc_status as status, usual, tried
from web_access a join usual u on a.exhibit = u.exhibit and a.c_ip = u.client and a.cs_uri_stem = u.path and a.cs_method = u.method
where tried >= {int(TRIED.value)} and a.sc_status between 200 and 399 and a.sc_status <> usual
    and epoch_ns(a.time) > first and epoch_ns(a.time) <= last + {int(AFTER.value) * 1_000_000_000}
order by a.time, a.exhibit, a.file, a."offset", a.row_id limit 1
"""


def of_logins(finding: Finding) -> bool:
    """Whether a finding speaks of attempts to log in to a site."""
    guessed = any(name == GUESSING or name.startswith(GUESSING + ".") for name in finding.attack)
    return guessed and "web/access" in finding.families and bool(finding.rows)


def answered_otherwise(timeline: Timeline, rows: Sequence[str]) -> dict[str, Any] | None:
    """The first request that was answered otherwise than the other attempts among these rows, and favourably (status 200 to 399): of the
    same client, to the same page, until an hour after the last. None where there is none. Needs `cs_method` and `cs_uri_stem`."""
    found: list[dict[str, Any]] = timeline.sql(_LOGIN, [list(rows)]).to_pylist()
    return found[0] if found else None
