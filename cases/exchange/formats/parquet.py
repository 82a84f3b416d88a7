"""Parquet: one file of the whole timeline, typed, for pandas, DuckDB, Spark and others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from cases.exchange import Counts, Options
from cases.exchange.content import Content
from timelines.query import Filter, Timeline
from timelines.schema import core_schema


@dataclass(frozen=True, slots=True)
class Parquet:
    """Core columns in their own types (`docs/columns.md`) and `message`; `time` is `timestamp[ns, UTC]`; rows are in order."""

    name: str = "parquet"
    suffixes: tuple[str, ...] = (".parquet",)
    doc: str = "Timeline as one Parquet file: core columns and message, typed, nanoseconds."
    redactable: bool = True

    def write(self, case: Content, timeline: Timeline, path: Path, options: Options) -> Counts:
        import pyarrow.parquet as pq

        schema = core_schema().append(pa.field("message", pa.string()))
        rows = 0
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for table in timeline.batches(Filter(), lang=options.lang):
                writer.write_table(table.cast(schema))
                rows += table.num_rows
        return {"rows": rows}


EXCHANGE = Parquet()
