"""Did guessing work? Whether one of many attempts to log in was answered otherwise than all the others of the same client.

A log keeps neither passwords nor pages. What stands out is the answer: a redirection among refusals, a page among redirections.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from timelines.analyzers import Threshold
from timelines.cited_requests import ASKED
from timelines.findings import Finding

if TYPE_CHECKING:
    from timelines.query import Timeline

GUESSING = "T1110"  # the technique, and its sub-techniques, whose findings are asked about
AFTER = Threshold(
    "AFTER", 3_600, "s", "A password that was found is used soon; within the hour after the last attempt."
)
TRIED = Threshold("TRIED", 5, "attempts", "With one answer, of a client on one page; fewer show no usual answer.")
_LOGIN = f"""
with cited as (select finding, exhibit, c_ip as client, cs_uri_stem as path, cs_method as method, sc_status as status, epoch_ns(time) as t
    from web_access join {ASKED} using (row_id) where sc_status is not null and time is not null),
counted as (select finding, exhibit, client, path, method, status, count(*) as tried, min(t) as first, max(t) as last from cited
    group by all),
usual as (select finding, exhibit, client, path, method, arg_max(status, (tried, -status)) as usual, max(tried) as tried,
    min(first) as first, max(last) as last from counted group by all)
select finding, arg_min({{'row_id': a.row_id, 'what': a.cs_uri_stem, 'file': a.file, 'offset': a."offset", 'client': a.c_ip,
    'time': epoch_ns(a.time), 'status': a.sc_status, 'usual': usual, 'tried': tried}},
    (a.time, a.exhibit, a.file, a."offset", a.row_id)) as row
from web_access a join usual u on a.exhibit = u.exhibit and a.c_ip = u.client and a.cs_uri_stem = u.path and a.cs_method = u.method
where tried >= {int(TRIED.value)} and a.sc_status between 200 and 399 and a.sc_status <> usual
    and epoch_ns(a.time) > first and epoch_ns(a.time) <= last + {int(AFTER.value) * 1_000_000_000}
group by finding order by finding
"""


def of_logins(finding: Finding) -> bool:
    """Whether a finding speaks of attempts to log in to a site."""
    guessed = any(name == GUESSING or name.startswith(GUESSING + ".") for name in finding.attack)
    return guessed and "web/access" in finding.families and bool(finding.rows)


def answered_otherwise(asked: Timeline) -> Mapping[int, dict[str, Any]]:
    """By a finding's number, of a timeline `with_asked`, the first request that was answered otherwise than the other attempts among its
    rows, and favourably (status 200 to 399): of the same client, to the same page, until an hour after the last. Needs `cs_method` and
    `cs_uri_stem`."""
    return {one["finding"]: one["row"] for one in asked.sql(_LOGIN).to_pylist()}
