"""Timesketch: JSON lines with every column, or CSV with the core ones; names that its analyzers know, from plaso.

Timesketch requires `datetime`, `timestamp_desc` and `message`; it keeps microseconds. A row without a time cannot be imported, so such
rows are left out and counted: take them from `jsonl`. Lucene refuses a document that holds a term above 32,766 bytes, so longer values
are cut, marked, and counted: the whole value is in the case and in `jsonl`.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from cases.exchange import Counts, Options, comma_lines, instants, json_lines
from cases.exchange.content import Content
from cases.exchange.remarks import Remarks
from timelines.query import Filter, Timeline
from timelines.schema import CORE_NAMES, SORT_KEYS, core_schema

TERM = 32_766  # bytes, Lucene's IndexWriter.MAX_TERM_LENGTH
_KEPT = 32_000  # bytes kept of a longer value, so that the mark fits behind it
_OURS = {"host": "hostname", "user": "username"}  # core columns under plaso's names
_RESERVED = frozenset(
    {"datetime", "timestamp", "timestamp_desc", "message", "data_type", "tag", "label", *_OURS.values()}
)
# Names under which plaso gives the same values, beside our own: family prefix, data type, {plaso's name: our column}.
_IIS = "iis:log:line"
_KINDS: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "windows/",
        "windows:evtx:record",
        {
            "event_identifier": "EventID",
            "record_number": "record",
            "source_name": "Provider_Name",
            "computer_name": "Computer",
        },
    ),
    (
        "web/access",
        "apache:access_log:entry",
        {
            "ip_address": "c_ip",
            "http_response_code": "sc_status",
            "http_request_referer": "cs_referer",
            "http_request_user_agent": "cs_user_agent",
        },
    ),
)


@dataclass
class _Tally:
    rows: int = 0
    left_out_without_time: int = 0
    values_cut: int = 0


@dataclass(frozen=True, slots=True)
class Timesketch:
    """`datetime` in UTC to the microsecond, `timestamp` as the same number since 1970, tags from flags, findings and ATT&CK."""

    name: str = "timesketch"
    suffixes: tuple[str, ...] = (".jsonl", ".csv")
    doc: str = "Timeline for Timesketch: JSON lines with all columns; CSV with the core ones by suffix."
    redactable: bool = True

    def write(self, case: Content, timeline: Timeline, path: Path, options: Options) -> Counts:
        tally = _Tally()
        remarks = Remarks.of(case)
        if path.suffix.lower() == ".csv":
            _csv(timeline, path, options, remarks, tally)
        else:
            _jsonl(timeline, path, options, remarks, tally)
        return {
            "rows": tally.rows,
            "left_out_without_time": tally.left_out_without_time,
            "values_cut": tally.values_cut,
        }


def _jsonl(timeline: Timeline, path: Path, options: Options, remarks: Remarks, tally: _Tally) -> None:
    with path.open("wb") as handle:
        for span in timeline.spans(Filter(), options.lang):
            merged = json_lines.Span()
            for family, table in span:
                timed = _timed(table, tally)
                fields = _core(family, timed, remarks, tally)
                own = [name for name in timed.schema.names if name not in (*CORE_NAMES, "message")]
                for name in own:
                    fields[_free(_own(name), fields)] = timed.column(name)
                merged.add(timed, pa.table(_bounded(fields, tally)))
            merged.write(handle)


def _csv(timeline: Timeline, path: Path, options: Options, remarks: Remarks, tally: _Tally) -> None:
    numbers = {"timestamp": pa.int64()} | {f.name: f.type for f in core_schema() if pa.types.is_integer(f.type)}
    names = list(_core("", core_schema().append(pa.field("message", pa.string())).empty_table(), remarks, _Tally()))
    schema = pa.schema([pa.field(name, numbers.get(name, pa.large_string())) for name in names])
    with comma_lines.writer(path, schema) as writer:
        for span in timeline.spans(Filter(), options.lang):
            tables = []
            for family, table in span:
                timed = _timed(table, tally)
                fields = _bounded(_core(family, timed, remarks, tally), tally)
                fields["tag"] = json_lines.values(fields["tag"])
                keys = {f"sort {key}": timed.column(key) for key in SORT_KEYS}
                tables.append(comma_lines.neutral(pa.table({name: fields[name] for name in names})).cast(schema))
                tables[-1] = pa.table({**dict(zip(names, tables[-1].columns, strict=True)), **keys})
            if tables:
                merged = pa.concat_tables(tables).sort_by([(f"sort {key}", "ascending") for key in SORT_KEYS])
                writer.write_table(merged.select(names))


def _timed(table: pa.Table, tally: _Tally) -> pa.Table:
    timed = table.filter(table.column("time").is_valid())
    tally.rows += timed.num_rows
    tally.left_out_without_time += table.num_rows - timed.num_rows
    return timed


def _core(family: str, table: pa.Table, remarks: Remarks, tally: _Tally) -> dict[str, pa.ChunkedArray]:
    """Timesketch's own fields, the core columns, and plaso's names for some of the family's."""
    time = table.column("time")
    kind, alike = _kind(family, table)
    fields = {
        "datetime": instants.microseconds(time),
        "timestamp": instants.epoch_microseconds(time),
        "timestamp_desc": pc.fill_null(table.column("time_desc"), "Time of the record"),
        "message": table.column("message"),
        "data_type": kind,
        "tag": pa.chunked_array([remarks.lists(table)]),
    }
    for name in CORE_NAMES:
        if name not in ("time", "time_desc"):
            fields[_OURS.get(name, name)] = table.column(name)
    return fields | alike


def _kind(family: str, table: pa.Table) -> tuple[pa.ChunkedArray, dict[str, pa.ChunkedArray]]:
    """The data type of each row, and the columns that carry plaso's names."""
    for prefix, kind, names in _KINDS:
        if family.startswith(prefix):
            present = set(table.schema.names)
            alike = {theirs: table.column(ours) for theirs, ours in names.items() if ours in present}
            kinds = [kind] * len(table)
            if family == "web/access" and "log_format" in present:
                kinds = [_IIS if name == "iis-w3c" else kind for name in table.column("log_format").to_pylist()]
            return pa.chunked_array([pa.array(kinds, pa.string())]), alike
    return pa.chunked_array([pa.repeat(f"athar:{family.replace('/', ':')}", len(table))]), {}


def _own(name: str) -> str:
    """The evidence chooses names: none may stand for one of Timesketch's, nor make an object of a text (a dot does)."""
    plain = re.sub(r"[.\x00-\x20\"']", "_", name).lstrip("_") or "Data"
    return f"{plain}_" if plain in _RESERVED or plain in CORE_NAMES else plain


def _free(name: str, taken: Container[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _bounded(fields: dict[str, pa.ChunkedArray], tally: _Tally) -> dict[str, pa.ChunkedArray]:
    for name, column in fields.items():
        if pa.types.is_string(column.type) and (pc.max(pc.binary_length(column)).as_py() or 0) > TERM:
            values = column.to_pylist()
            long = [at for at, text in enumerate(values) if text is not None and len(text.encode()) > TERM]
            for at in long:
                whole = values[at].encode()
                values[at] = f"{whole[:_KEPT].decode('utf-8', 'ignore')} … [cut by the export: {len(whole)} bytes]"
            tally.values_cut += len(long)
            fields[name] = pa.chunked_array([pa.array(values, pa.string())])
    return fields


EXCHANGE = Timesketch()
