"""Integrity of logs: where records are missing, out of order, doubled or cleared, and where clock or audit policy were changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from timelines.analyzers import Threshold
from timelines.analyzers._event_records import BACKWARDS, CONTIGUOUS, LEAST, LEAST_CLEARED, Again, Break, Log, read
from timelines.analyzers.event_record_gap import BETWEEN, LOST, lost_between
from timelines.schema import TIME, Column
from timelines.scope import Scope
from timelines.statistics import Statistic
from timelines.statistics._integrity_words import WORDS
from timelines.statistics._silent_logs import AROUND, HALF_A_DAY, WEEKS, Silence, silences
from timelines.statistics._stopped_logs import LONGER, OTHERS, SILENT, WATCHED, Stopped, stopped
from timelines.statistics._web_integrity import web_rows
from timelines.visible import visible

SHIFTED = Threshold(
    "SHIFTED", 1, "s", "The time service corrects parts of a second all day; a second or more is a clock that was set."
)

_COLUMNS = (
    Column(
        "kind",
        pa.string(),
        "`gap` (record numbers without records; in a file that an export numbered anew the message says so), "
        "`numbering` (begins anew), `backwards` (time), `cleared` (1102, 104), "
        "`audit-policy` (4719), `clock` (4616), `stopped` (a log, while others go on), `silent` (a log, for a time, while others go on); "
        "`repeated` (records or lines that stand twice), of web server logs `backwards`, `disorder` (lines without order of time), "
        "`silent`, `damaged`, `injected`, `joined` (odd lines) and `rotation` (files that do not fit).",
    ),
    Column("time", TIME, "Time of the row to go to: the record after a gap, the event, the last record of a log that stops.", "ns"),
    Column("host", pa.string(), "Machine whose log it is."),
    Column("log", pa.string(), "Windows channel: the one that was cleared, or in which the place lies; of other logs the family."),
    Column("exhibit", pa.string(), "E001 …: what was handed in."),
    Column("file", pa.string(), "Path inside the exhibit."),
    Column("record", pa.uint64(), "Record id, or line number, of the row to go to."),
    Column(
        "amount",
        pa.float64(),
        "Records missing or standing twice, lines counted, a size, or seconds: how far back, how much the clock changed, how long silent.",
    ),
    Column("unit", pa.string(), "`records`, `lines`, `bytes` or `s`."),
    Column("row_id", pa.string(), "The row to go to: `athar show CASE ROW_ID`."),
    Column("message", pa.string(), "In plain words, in the language asked for."),
)  # fmt: skip
_SCHEMA = pa.schema([column.field() for column in _COLUMNS])
# Event to kind, by family and provider.
_EVENTS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("windows/security", "Microsoft-Windows-Eventlog"): {"1102": "cleared"},
    ("windows/security", "Microsoft-Windows-Security-Auditing"): {"4719": "audit-policy", "4616": "clock"},
    ("windows/system", "Microsoft-Windows-Eventlog"): {"104": "cleared"},
}


def _count(scope: Scope) -> pa.Table:
    found = [*_places(scope), *_told(scope)]
    table = pa.Table.from_pylist(found, _SCHEMA)
    return table.sort_by(
        [(name, "ascending") for name in ("time", "host", "log", "exhibit", "file", "record", "kind", "row_id")]
    )


def _places(scope: Scope) -> list[dict[str, Any]]:
    """What the record numbers and times of whole logs show. It is seen over the whole timeline, then the filter takes rows to go to."""
    whole = read(scope.timeline)
    logs = [log for log, _ in whole]
    rows = [row for log, broken in whole for place in broken for row in _broken(log, place, scope.lang)]
    rows += [_again(log, log.again, scope.lang) for log in logs if log.again is not None]
    rows += [_between(earlier, later, scope.lang) for earlier, later in lost_between(logs)]
    rows += [_stopped(one, scope.lang) for one in stopped(scope.timeline, logs)]
    rows += [_silent(one, scope.lang) for one in silences(scope.timeline, logs)]
    rows += web_rows(scope.timeline, scope.lang)
    taken = scope.ask(
        "select row_id from taken where row_id in (select unnest(?))",
        TABLE.needs,
        values=[[row["row_id"] for row in rows]],
        twice="each",
    )
    kept = set(taken.column("row_id").to_pylist())
    return [row for row in rows if row["row_id"] in kept]


def _broken(log: Log, place: Break, lang: str) -> Iterator[dict[str, Any]]:
    if place.anew:
        kind, amount, unit = "numbering", None, None
    elif place.missing:
        kind, amount, unit = "gap", float(place.missing), "records"
    elif place.back >= BACKWARDS.value and place.after == place.before + 1:
        kind, amount, unit = "backwards", place.back, "s"
    else:
        return
    words = {"before": place.before, "after": place.after, "amount": _number(amount)}
    seen = {
        "kind": kind,
        "time": place.after_time,
        "record": place.after,
        "row_id": place.after_row,
        "amount": amount,
        "unit": unit,
    }
    said = "exported" if kind == "gap" and log.renumbered else kind
    yield _row(log, seen, WORDS[said][lang].format(**words))


def _again(log: Log, again: Again, lang: str) -> dict[str, Any]:
    seen = {
        "kind": "repeated",
        "time": again.time,
        "record": again.first,
        "row_id": again.row,
        "amount": float(again.records),
        "unit": "records",
    }
    return _row(log, seen, WORDS["repeated"][lang].format(amount=again.records, before=again.first, after=again.last))


def _between(earlier: Log, later: Log, lang: str) -> dict[str, Any]:
    missing = later.first - earlier.last - 1
    words = {
        "before": earlier.last,
        "after": later.first,
        "amount": missing,
        "other": visible(f"{earlier.exhibit}/{earlier.file}"),
    }
    seen = {
        "kind": "gap",
        "time": later.begins,
        "record": later.first,
        "row_id": later.first_row,
        "amount": float(missing),
        "unit": "records",
    }
    return _row(later, seen, WORDS["between"][lang].format(**words))


def _stopped(one: Stopped, lang: str) -> dict[str, Any]:
    log = one.log
    seen = {
        "kind": "stopped",
        "time": log.ends,
        "record": log.last,
        "row_id": log.last_row,
        "amount": one.seconds,
        "unit": "s",
    }
    return _row(log, seen, WORDS["stopped"][lang].format(others=one.others, amount=_number(one.seconds)))


def _silent(one: Silence, lang: str) -> dict[str, Any]:
    seen = {
        "kind": "silent",
        "time": one.time,
        "record": one.record,
        "row_id": one.row_id,
        "amount": one.seconds,
        "unit": "s",
    }
    words = WORDS["silent"][lang].format(others=one.others, amount=_number(one.seconds))
    return {**_row(one.log, seen, words), "exhibit": one.exhibit, "file": one.file}


def _row(log: Log, seen: Mapping[str, Any], message: str) -> dict[str, Any]:
    return {**seen, "host": log.host, "log": log.channel, "exhibit": log.exhibit, "file": log.file, "message": message}


def _number(amount: float | None) -> str:
    return "" if amount is None else f"{amount:.0f}"


def _told(scope: Scope) -> Iterator[dict[str, Any]]:
    """What single events report: clearings, changes of the audit policy and of the clock."""
    for (family, provider), kinds in _EVENTS.items():
        if not scope.families((family,)):
            continue
        which = f"\"Provider_Name\" = '{provider}' and event in {(*kinds, '')}"
        where = f"({scope.chosen.where}) and {which}" if scope.chosen.where else which
        present = scope.present(family)
        own = [present[name] for name in ("channel", "previoustime", "newtime") if name in present]
        chosen = replace(scope.chosen, families=(), where=where)
        table = scope.timeline.few(family, chosen, [*_TOLD, *own], scope.lang)
        plain = table.set_column(table.schema.get_field_index("time"), "time", table.column("time").cast(pa.int64()))
        for row in plain.to_pylist():
            yield from _event(kinds[row["event"]], row, {name.lower(): value for name, value in row.items()})


_TOLD = ("time", "host", "event", "object", "exhibit", "file", "record", "row_id", "message")


def _event(kind: str, row: Mapping[str, Any], named: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    amount = _seconds(named.get("previoustime"), named.get("newtime")) if kind == "clock" else None
    if amount is not None and abs(amount) < SHIFTED.value:
        return
    kept = {name: row[name] for name in ("time", "host", "exhibit", "file", "record", "message", "row_id")}
    log = row["object"] if kind == "cleared" and row["object"] else named.get("channel")
    yield {**kept, "kind": kind, "log": log, "amount": amount, "unit": None if amount is None else "s"}


def _seconds(before: str | None, after: str | None) -> float | None:
    """From one instant, as Windows renders it, to the other; None where one is no instant (Vista writes local words)."""
    from datetime import datetime

    try:
        moments = [datetime.fromisoformat(text) for text in (before or "", after or "")]
        return (moments[1] - moments[0]).total_seconds()
    except (ValueError, TypeError):
        return None


TABLE = Statistic(
    "integrity",
    "Integrity of logs",
    "One row a place or event, in order of time. Only in a file whose record numbers run on is a gap, a step back in time, a silence or "
    "an end remarkable: files of chosen events have gaps everywhere. A clearing is shown with the log that was cleared. "
    "Of web server logs it shows what `docs/analyzers.md` describes under `web_log_…`, with its thresholds: "
    "each place, or the first of a file.",
    ("windows/*", "web/*"),
    _COLUMNS,
    ("time", "kind", "message", "log", "row_id", "host"),
    _count,
    thresholds=(
        LEAST,
        LEAST_CLEARED,
        CONTIGUOUS,
        BACKWARDS,
        LOST,
        BETWEEN,
        SHIFTED,
        SILENT,
        LONGER,
        WATCHED,
        OTHERS,
        AROUND,
        HALF_A_DAY,
        WEEKS,
    ),
)
