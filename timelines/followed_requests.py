"""What the addresses behind findings were given within the hour after they asked: scripts and accounts known to nobody before.

All findings are asked about at once: each as a question of its own would read the whole log again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import present
from timelines.cited_requests import ASKED, PAGE
from timelines.query import ORDER

if TYPE_CHECKING:
    from timelines.findings import Finding
    from timelines.query import Timeline

AFTER = Threshold("AFTER", 3_600, "s", "What an address does within the hour after it asked.")
SCRIPT = r"(?i)\.(?:php\d?|phtml|phar|aspx?|ashx|asmx|jspx?|cfm|cgi|pl)$"
_WITH = "rows_with_followed"
_FIRST = f"""
with spans as (select finding, exhibit, c_ip, min(epoch_ns(time)) as first, max(epoch_ns(time)) as last
    from web_access join {ASKED} using (row_id) where c_ip <> '' and time is not null group by all),
given as (select row_id, exhibit, c_ip, {{what}} as what, file, "offset", epoch_ns(time) as t from web_access where {{served}}),
known as (select {{of}}, min(epoch_ns(time)) as since from web_access where sc_status between 200 and 399 and {{asked}} group by all)
select finding, arg_min({{{{'row_id': g.row_id, 'what': g.what, 'file': g.file, 'offset': g."offset", 'client': g.c_ip, 'time': g.t}}}},
    (g.t, g.file, g."offset", g.exhibit, g.row_id)) as row
from given g join known k on {{same}}
    join spans s on g.exhibit = s.exhibit and g.c_ip = s.c_ip and g.t > first and g.t <= last + {int(AFTER.value) * 1_000_000_000}
where k.since > s.first and not exists (select 1 from {ASKED} r where r.finding = s.finding and r.row_id = g.row_id)
group by finding order by finding
"""
_SCRIPTS = _FIRST.format(
    what="cs_uri_stem",
    served=f"sc_status = 200 and regexp_matches(cs_uri_stem, '{SCRIPT}')",
    asked=f"regexp_matches(cs_uri_stem, '{SCRIPT}')",
    of="exhibit, cs_uri_stem as what",
    same="g.exhibit = k.exhibit and g.what = k.what",
)
_ACCOUNTS = _FIRST.format(
    what="cs_username",
    served="sc_status between 200 and 399 and cs_username is not null",
    asked="cs_username is not null",
    of="exhibit, c_ip, cs_username as what",
    same="g.exhibit = k.exhibit and g.c_ip = k.c_ip and g.what = k.what",
)

Followed = Mapping[str, dict[str, Any]]  # by kind (`script`, `account`) a row: its id, `what`, place, client and time


def followed_by(asked: Timeline) -> Mapping[int, Followed]:
    """By a finding's number the first script that nobody was given before, and the first account, that served an address within the hour
    after it asked; of a timeline `with_asked`."""
    found: dict[int, dict[str, dict[str, Any]]] = {}
    questions = {"script": _SCRIPTS}
    if "cs_username" in present(asked, "web/access"):
        questions["account"] = _ACCOUNTS
    for kind, question in questions.items():
        for one in asked.sql(question).to_pylist():
            found.setdefault(one["finding"], {})[kind] = one["row"]
    return found


def rows_with(
    timeline: Timeline, findings: Mapping[int, Finding], followed: Mapping[int, Followed]
) -> dict[int, tuple[str, ...]]:
    """The rows of the findings and what followed them, each finding's in the timeline's order."""
    out: dict[int, tuple[str, ...]] = {}
    held: dict[int, list[str]] = {}
    for number, finding in findings.items():
        held[number] = sorted({*finding.rows, *(row["row_id"] for row in followed[number].values())})
        if sum(map(len, held.values())) >= PAGE:
            out |= _in_order(timeline, held)
            held = {}
    return out | _in_order(timeline, held)


def _in_order(timeline: Timeline, rows: Mapping[int, list[str]]) -> dict[int, tuple[str, ...]]:
    if not rows:
        return {}
    numbers = np.repeat(np.array(list(rows), np.int32), [len(mine) for mine in rows.values()])
    ids = pa.chunked_array([pa.array(mine, pa.string()) for mine in rows.values()])
    beside = timeline.beside(_WITH, pa.table({"finding": pa.array(numbers), "row_id": ids}))
    ordered = beside.sql(f"select finding, row_id from timeline join {_WITH} using (row_id) {ORDER}")
    told: dict[int, list[str]] = {number: [] for number in rows}
    for number, row in zip(ordered.column("finding").to_pylist(), ordered.column("row_id").to_pylist(), strict=True):
        told[number].append(row)
    return {number: tuple(mine) for number, mine in told.items()}
