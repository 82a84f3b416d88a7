"""Lines of web server logs that no server writes: found by the remarks of their reader, and by what their values hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import present
from timelines.log_lines import FAMILIES

if TYPE_CHECKING:
    from timelines.query import Timeline

BETWEEN = Threshold(
    "BETWEEN",
    5,
    "lines",
    "Between a line that breaks off and the piece that ends it: a client can send some, one request is 8 KiB at most.",
)
REACH = Threshold(
    "REACH", 8192, "bytes", "From one to the other: what servers take of a request's line or of a header."
)
PLACES = Threshold("PLACES", 20, "lines", "Of each sort, cited and printed; `why` gives the whole numbers.")

SORTS = ("cut", "mixed", "holes", "control", "escapes", "inside", "split", "between", "turns", "marks")
_VALUES = (
    "cs_uri", "cs_uri_query", "request_line", "cs_user_agent", "cs_referer", "cs_username", "cs_host", "x_forwarded_for", "error_text",
)  # fmt: skip
_BREAK = r"(?i)(?:%0[ad]|%250[ad]|\\[rn]|\\x0[ad]|\\u000[ad]|[\r\n]).*"
# The date of an access log, or of W3C and error logs, as written or in percent signs.
_DATE = r"\d\d(?:/|%2f)[a-z]{3}(?:/|%2f)\d{4}(?::|%3a)\d\d(?::|%3a)\d\d|\d{4}[-/]\d\d[-/]\d\d(?: |\+|%20)\d\d(?::|%3a)\d\d(?::|%3a)\d\d"


@dataclass(slots=True)
class OddLines:
    """The odd lines of one file: how many of each sort, and of the first PLACES of each the offset, row id and line number."""

    family: str
    exhibit: str
    file: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SORTS, 0))
    places: dict[str, tuple[tuple[int, str, str], ...]] = field(default_factory=dict)

    def cited(self, *sorts: str) -> list[tuple[int, str, str]]:
        """The places of these sorts in file order, each once."""
        return sorted({place for sort in sorts for place in self.places.get(sort, ())})


def odd_lines(timeline: Timeline) -> Iterator[OddLines]:
    """Every file with such lines, in order of family, exhibit and file."""
    for family in FAMILIES:
        if not timeline.parts(family):
            continue
        found: dict[tuple[str, str], OddLines] = {}
        for query in (_flagged(timeline, family), _inside(timeline, family), _split(family)):
            for row in timeline.sql(query).to_pylist() if query else ():
                key = row["exhibit"], row["file"]
                log = found.setdefault(key, OddLines(family, *key))
                log.counts[row["sort"]] = row["n"]
                log.places[row["sort"]] = tuple((p["at"], p["id"], p["number"]) for p in row["places"])
        yield from (found[key] for key in sorted(found))


# `rows` have sort, exhibit, file, offset, row_id and number.
_GATHERED = f"""
select sort, exhibit, file, count(*) as n,
    arg_min({{'at': "offset", 'id': row_id, 'number': number}}, printf('%020d', "offset") || row_id, {int(PLACES.value)}) as places
from rows group by sort, exhibit, file order by sort, exhibit, file
"""
_PLACE = 'exhibit, file, "offset", row_id, coalesce(record, "offset")::varchar as number'
_FLAGS: Mapping[str, str] = {
    "truncated": "cut",
    "interleaved": "mixed",
    "line-end-differs": "turns",
    "byte-order-mark": "marks",
}


def _flagged(timeline: Timeline, family: str) -> str:
    """Lines with remarks of their reader; those with control characters by which."""
    view = family.replace("/", "_")
    whole = (
        " || ".join(f"coalesce({name}, '')" for name in (*_VALUES, "extra") if name in present(timeline, family))
        or "''"
    )
    # Zero bytes, and what stands in a line that is two, come of damage rather than of a client.
    client = (
        f"contains(flags, 'control-bytes') and not contains(flags, 'interleaved') and not contains({whole}, chr(0))"
    )
    tests = {f"contains(flags, '{flag}')": sort for flag, sort in _FLAGS.items()} | {
        f"contains(flags, 'hole-before') or contains(flags, 'control-bytes') and contains({whole}, chr(0))": "holes",
        client: "control",
        f"{client} and contains({whole}, chr(27))": "escapes",
    }
    sorts = ", ".join(f"case when {test} then '{sort}' end" for test, sort in tests.items())
    return f"""with every as (select unnest([{sorts}]) as sort, {_PLACE} from {view} where flags <> ''),
        rows as (select * from every where sort is not null) {_GATHERED}"""


def _inside(timeline: Timeline, family: str) -> str:
    """Values that hold a line break and, behind it, what looks like the date of another line."""
    held = [name for name in _VALUES if name in present(timeline, family)]
    if not held:
        return ""
    # The cheap tests come first: hardly any value holds a line break, written in whatever way.
    tests = " or ".join(
        f"((contains({name}, '%0') or contains({name}, '%25') or contains({name}, '\\') or contains({name}, chr(10))) "
        f"and regexp_matches({name}, '{_BREAK}(?:{_DATE})'))"
        for name in held
    )
    return f"with rows as (select 'inside' as sort, {_PLACE} from {family.replace('/', '_')} where {tests}) {_GATHERED}"


def _split(family: str) -> str:
    """Lines that break off, with a piece that could not be read soon behind them; and the lines between, told by their numbers: joins of
    equal values, or of the nearest one, so that a file full of damage costs no more than its lines."""
    view = family.replace("/", "_")
    most = int(BETWEEN.value)
    return f"""with cut as (select *, "offset" + "length" as stop from {view} where contains(flags, 'truncated')),
        near as (select cut.*, problems."offset" as tail from cut asof join problems
            on cut.exhibit = problems.exhibit and cut.file = problems.file and cut.stop <= problems."offset"),
        next as (select exhibit, file, row_id as first, tail, record + unnest(range(1, {most + 2}))::ubigint as record from near
            where tail <= stop + {int(REACH.value)}),
        inside as (select next.first, r.exhibit, r.file, r."offset", r.row_id, r.record from next join {view} r
            on r.exhibit = next.exhibit and r.file = next.file and r.record = next.record where r."offset" < next.tail),
        far as (select first from inside group by first having count(*) > {most}),
        rows as (select 'split' as sort, {_PLACE} from near
            where tail <= stop + {int(REACH.value)} and row_id not in (select first from far)
            union all select 'between', {_PLACE} from inside where first not in (select first from far))
        {_GATHERED}"""
