"""Lines that stand under one `#Fields` directive, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Int64s
from parsers.web.counted_marks import Marks
from parsers.web.dates import w3c_times
from parsers.web.entry_days import EntryDays
from parsers.web.layouts import Layout
from parsers.web.lines import Lines
from parsers.web.numerals import nullable
from parsers.web.remarks import Remarks
from parsers.web.requests import addresses, claimed, joined_target, outcomes, split_target
from parsers.web.spans import Spans, chosen
from timelines.schema import TIME

TIME_DESC = "Request logged"
_DASH = 45
_AS_WRITTEN = 32  # bytes of a misfit that a problem quotes


@dataclass(frozen=True, slots=True)
class Section:
    """Rows `rows` of a block, all under `layout`. `spaces` are the block's; `odd` masks lines with control and with high bytes; `days` says
    the day of lines that do not."""

    lines: Lines
    rows: Int64s
    layout: Layout
    spaces: Marks
    odd: tuple[Bools, Bools]
    days: EntryDays

    def fitting(self) -> tuple[Int64s, dict[int, str]]:
        """The rows that fit the layout, and for the others why not: field count, date and time, numbers."""
        expected = len(self.layout.names)
        counts = self.spaces.count[self.rows] + 1
        told = {
            count: f"{count} fields, expected {expected} by the #Fields directive in force; counted as damaged"
            for count in np.unique(counts[counts != expected]).tolist()
        }
        misfits = zip(self.rows[counts != expected].tolist(), counts[counts != expected].tolist(), strict=True)
        reasons = {row: told[count] for row, count in misfits}
        rows = self.rows[counts == expected]
        spans = self._spans(rows)
        for place, reason in self._misfits(spans):
            reasons.setdefault(int(rows[place]), reason)
        return rows[[row not in reasons for row in rows.tolist()]] if reasons else rows, reasons

    def _spans(self, rows: Int64s) -> Spans:
        """Fields in the layout's order, then two for the halves of a `cs-uri`."""
        part = self.lines.take(rows)
        count = len(self.layout.names)
        spans = Spans.empty(part, count + 2)
        begin = part.starts
        for place in range(count):
            end = part.ends if place == count - 1 else self.spaces.nth(rows, place)
            spans.put(place, np.arange(len(rows)), begin, end)
            begin = end + 1
        return spans

    def _misfits(self, spans: Spans) -> list[tuple[int, str]]:
        """Rows of `spans` with a field of the wrong kind, and what it is."""
        found: list[tuple[int, str]] = []
        date, time = self.layout.index("date"), self.layout.index("time")
        if date >= 0 and time >= 0:
            written = _instants(spans, date, time)[1]
            found += [(row, _wrong(spans, row, date, "a date and time")) for row in np.flatnonzero(~written).tolist()]
        for place, field, column in self.layout.targets():
            if column is None or not pa.types.is_integer(field.type):
                continue
            wrong = ~(spans.numbers(place)[1] | _dash(spans, place))
            found += [(row, _wrong(spans, row, place, "a number")) for row in np.flatnonzero(wrong).tolist()]
        return found

    def batch(self, rows: Int64s) -> pa.RecordBatch:
        """The rows as a batch of `web/access`."""
        spans = self._spans(rows)
        remarks = Remarks(len(rows))
        control, high = (mask[rows] for mask in self.odd)
        if (whole := self.layout.index("cs-uri")) >= 0:
            split_target(spans, whole, len(self.layout.names), len(self.layout.names) + 1)
        spans.repair(np.flatnonzero(high))
        remarks.mark(control, "control-bytes")
        remarks.mark(spans.invalid, "bad-encoding")
        remarks.mark(spans.lines.unterminated(), "no-line-end")
        columns = self._instant_columns(spans, remarks)
        quality = self._quality(spans, remarks)
        fields = {name: pa.field(name, array.type) for name, array in columns.items()}
        for place, field, _ in self.layout.targets():
            fields[field.name] = field
            if pa.types.is_integer(field.type):
                columns[field.name] = nullable(*spans.numbers(place), field.type)
            else:
                columns[field.name] = spans.text(place)
        for name, array in (_derived(self.layout, spans, columns) | _provenance(spans.lines, quality, remarks)).items():
            columns[name], fields[name] = array, pa.field(name, array.type)
        return pa.RecordBatch.from_arrays([columns[name] for name in fields], schema=pa.schema(list(fields.values())))

    def _instant_columns(self, spans: Spans, remarks: Remarks) -> dict[str, pa.Array]:
        """`time` and `time_quality`: UTC by the format's rule, null where the layout lacks a time, or nothing says the day."""
        date, time = self.layout.index("date"), self.layout.index("time")
        count = len(spans.lines)
        if time < 0:
            remarks.mark(np.ones(count, np.bool_), "no-date")
            return {"time": pa.nulls(count, TIME), "time_quality": pa.repeat("unknown", count)}
        if date < 0:
            clock = spans.starts[time], spans.ends[time]
            ns, real, told = self.days.instants(spans.lines.data, spans.lines.offsets, clock)
            remarks.mark(real, "inferred-day")
            remarks.mark(told & ~real, "no-date")
            remarks.mark(~told, "bad-time")
        else:
            ns, _, real = _instants(spans, date, time)
            remarks.mark(~real, "bad-time")
        return {
            "time": pa.array(ns, mask=~real).cast(pa.timestamp("ns")).cast(TIME),
            "time_quality": chosen(("utc", "unknown"), (~real).astype(np.int64)),
        }

    def _quality(self, spans: Spans, remarks: Remarks) -> Int64s:
        """0 `fast`; 1 `loose` where a field is empty, which the format forbids."""
        count = len(self.layout.names)
        hollow: Bools = np.any(spans.ends[:count] <= spans.starts[:count], axis=0)
        remarks.mark(hollow, "empty-field")
        return np.asarray(hollow, np.int64)


def _instants(spans: Spans, date: int, time: int) -> tuple[Int64s, Bools, Bools]:
    """UTC ns; where date and time are written as the format says; where they are a real instant."""
    ns, written, real = w3c_times(spans.lines.data, spans.starts[date], spans.starts[time], spans.ends[time])
    whole = spans.ends[date] - spans.starts[date] == 10
    return ns, written & whole, real & whole


def _dash(spans: Spans, place: int) -> Bools:
    starts = spans.starts[place]
    dash: Bools = (spans.ends[place] - starts == 1) & (
        spans.lines.data[np.minimum(starts, len(spans.lines.data) - 1)] == _DASH
    )
    return dash


def _wrong(spans: Spans, row: int, place: int, expected: str) -> str:
    raw = spans.lines.data[spans.starts[place, row] : spans.ends[place, row]].tobytes()
    shown = raw[:_AS_WRITTEN].decode("utf-8", "backslashreplace")
    return (
        f"field {place + 1} holds {shown!r}, expected {expected} by the #Fields directive in force; counted as damaged"
    )


def _derived(layout: Layout, spans: Spans, columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """The whole target where the log has it in two, its halves where the log has it whole; outcome, protocol, source address."""
    count = len(spans.lines)
    found: dict[str, pa.Array] = {"protocol": pa.repeat("http", count)}
    whole = layout.index("cs-uri")
    if "cs_uri_stem" in columns and "cs_uri" not in columns:
        found["cs_uri"] = joined_target(columns["cs_uri_stem"], columns.get("cs_uri_query"))
    elif whole >= 0 and "cs_uri_stem" not in columns:
        found["cs_uri_stem"] = spans.text(len(layout.names))
        found["cs_uri_query"] = spans.text(len(layout.names) + 1, dash_is_null=False)
    if "sc_status" in columns:
        place = layout.index("sc-status")
        found["outcome"] = outcomes(*spans.numbers(place))
    if "c_ip" in columns:
        found["src_ip"] = addresses(columns["c_ip"])
    if (first := claimed(columns)) is not None:
        found["client_claimed"] = first
    return found


def _provenance(lines: Lines, quality: Int64s, remarks: Remarks) -> dict[str, pa.Array]:
    """Where each row came from and how it was read."""
    return {
        "time_desc": pa.repeat(TIME_DESC, len(lines)),
        "event": pa.repeat("http.request", len(lines)),
        "record": pa.array(lines.numbers.astype(np.uint64)),
        "offset": pa.array(lines.offsets),
        "length": pa.array(lines.lengths),
        "flags": remarks.column(),
        "parse_quality": chosen(("fast", "loose"), quality),
    }
