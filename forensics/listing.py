"""The timeline written out, batch after batch: a table, CSV, JSON lines or Parquet. Memory stays flat."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

from forensics import instants, terminal
from timelines.query import Filter, Timeline
from timelines.schema import CORE_NAMES
from timelines.visible import neutral_cell, neutral_sentence

_BOOKKEEPING = ("family", "exhibit", "file", "row_id", "time_desc", "time_quality", "flags", "offset", "length")
ON_SCREEN = 200  # rows that a terminal is shown unless it asks for more


@dataclass(frozen=True, slots=True)
class Request:
    """What to list and how. `limit` 0 means all rows."""

    chosen: Filter
    columns: tuple[str, ...]
    form: str
    output: Path | None
    grep: str | None
    limit: int
    lang: str

    @classmethod
    def of(cls, asked: Mapping[str, Any], shown: Sequence[str]) -> Request:
        """From the options of `athar timeline`. Raises ValueError for an instant that is none or a format that needs a file."""
        form, on_screen = form_of(asked)
        output: Path | None = asked["output"]
        default = shown if form == "table" else (*CORE_NAMES, "message")
        columns = tuple(c.strip() for c in asked["columns"].split(",")) if asked["columns"] else tuple(default)
        limit = asked["limit"] if asked["limit"] is not None else (ON_SCREEN if form == "table" and on_screen else 0)
        return cls(chosen(asked), columns, form, output, asked["grep"], limit, asked["lang"])


def form_of(asked: Mapping[str, Any]) -> tuple[str, bool]:
    """The format that options ask for, and whether a terminal shows it. Raises ValueError for one that needs a file."""
    output: Path | None = asked["output"]
    by_suffix = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
    on_screen = output is None and sys.stdout.isatty()
    form = asked["form"] or (
        "jsonl" if asked["as_json"] else by_suffix.get(output.suffix.lower() if output else "", "")
    )
    form = form or ("table" if on_screen else "csv")
    if form == "parquet" and output is None:
        raise ValueError("--format parquet needs -o FILE: a terminal or pipe cannot hold it")
    return form, on_screen


def chosen(asked: Mapping[str, Any]) -> Filter:
    """What the options of `forensics.filter_options` and `--where` ask for. Raises ValueError for an instant that is none."""
    return Filter(
        start=instants.to_ns(asked["start"]),
        end=instants.to_ns(asked["end"]),
        families=asked["families"],
        events=asked["events"],
        hosts=asked["hosts"],
        users=asked["users"],
        ips=asked["ips"],
        where=asked["where"],
    )


def write(timeline: Timeline, request: Request) -> int:
    """Write the rows that the request chooses. Returns the exit code: 0, also when no row is chosen."""
    batches = limited(_grepped(timeline, request), request.limit)
    if request.form == "table":
        _table(batches, request)
    else:
        put(batches, request.columns, request.form, request.output)
    return 0


def put(tables: Iterator[pa.Table], columns: Sequence[str], form: str, output: Path | None) -> None:
    """Write tables of these columns as csv, jsonl or parquet, to a file or standard output."""
    if form == "parquet":
        _parquet(tables, output)
        return
    with _stream(output) as handle:
        (_csv if form == "csv" else _jsonl)(tables, columns, handle)


def _grepped(timeline: Timeline, request: Request) -> Iterator[pa.Table]:
    """Rows whose sentence or values hold the text; where a row lies (exhibit, file, family, id) is not searched."""
    if request.grep is None:
        yield from timeline.batches(request.chosen, request.columns, request.lang)
        return
    sought = [name for name in (*CORE_NAMES, "message") if name not in _BOOKKEEPING]
    columns = list(dict.fromkeys([*request.columns, *sought]))
    for table in timeline.batches(request.chosen, columns, request.lang):
        found = pa.array([False] * table.num_rows)
        for name in columns:
            column = table.column(name)
            if name not in _BOOKKEEPING and not pa.types.is_timestamp(column.type):
                hit = pc.match_substring(column.cast(pa.string()), request.grep, ignore_case=True)
                found = pc.or_(found, hit.fill_null(False))
        yield table.filter(found).select(list(request.columns))


def limited(tables: Iterator[pa.Table], limit: int) -> Iterator[pa.Table]:
    """The first so many rows; 0 is all."""
    left = limit
    for table in tables:
        if not limit:
            yield table
            continue
        yield table.slice(0, left)
        left -= min(left, table.num_rows)
        if not left:
            return


def cells(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Rows for people: instants as text, everything else as it is."""
    texts = []
    for column in table.columns:
        if pa.types.is_timestamp(column.type):
            texts.append([None if ns is None else terminal.instant(ns) for ns in column.cast(pa.int64()).to_pylist()])
        else:
            texts.append(column.to_pylist())
    for values in zip(*texts, strict=True):
        yield dict(zip(table.schema.names, values, strict=True))


def _table(tables: Iterator[pa.Table], request: Request) -> None:
    rows = [tuple(row.values()) for table in tables for row in cells(table)]
    note = f"{len(rows):,} rows"
    if request.limit and len(rows) >= request.limit:
        note += "; there may be more: --limit 0 for all, or -o FILE"
    terminal.table("", request.columns, rows, note)


def _csv(tables: Iterator[pa.Table], columns: Sequence[str], handle: IO[str]) -> None:
    writer = csv.writer(handle, lineterminator="\n")
    writer.writerow(columns)
    for table in tables:
        for row in cells(table):
            writer.writerow([_csv_cell(name, value) for name, value in row.items()])


def _csv_cell(name: str, value: object) -> object:
    if isinstance(value, str):
        return neutral_sentence(value) if name == "message" else neutral_cell(value)
    return "" if value is None else value


def _jsonl(tables: Iterator[pa.Table], columns: Sequence[str], handle: IO[str]) -> None:
    for table in tables:
        for row in cells(table):
            handle.write(json.dumps(row, ensure_ascii=True) + "\n")


def _parquet(tables: Iterator[pa.Table], output: Path | None) -> None:
    import pyarrow.parquet as pq

    if output is None:
        raise ValueError("--format parquet needs -o FILE")
    writer: pq.ParquetWriter | None = None
    try:
        for table in tables:
            writer = writer or pq.ParquetWriter(output, table.schema, compression="zstd")
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise terminal.Failure("no row fits; nothing written", 0)


@contextmanager
def _stream(output: Path | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        return
    with output.open("w", encoding="utf-8", newline="") as handle:
        yield handle
