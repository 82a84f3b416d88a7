"""CSV: one row a line, core columns and message, for spreadsheets and for scripts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from cases.exchange import Counts, Options, comma_lines, instants
from cases.exchange.content import Content
from timelines.query import Filter, Timeline
from timelines.schema import core_schema


@dataclass(frozen=True, slots=True)
class Csv:
    """Instants are ISO 8601 in UTC with nine digits. Cells are neutral: text that a spreadsheet would run gets an apostrophe, and
    control characters are written `⟨U+XXXX⟩`; for exact text take `jsonl` or `parquet`."""

    name: str = "csv"
    suffixes: tuple[str, ...] = (".csv",)
    doc: str = "Timeline as CSV: core columns and message, nanoseconds; formulas neutralised."
    redactable: bool = True

    def write(self, case: Content, timeline: Timeline, path: Path, options: Options) -> Counts:
        schema = _texts(core_schema().append(pa.field("message", pa.string())))
        rows = 0
        with comma_lines.writer(path, schema) as writer:
            for table in timeline.batches(Filter(), lang=options.lang):
                at = table.schema.get_field_index("time")
                written = table.set_column(at, "time", instants.nanoseconds(table.column(at)))
                writer.write_table(comma_lines.neutral(written).cast(schema))
                rows += table.num_rows
        return {"rows": rows}


def _texts(schema: pa.Schema) -> pa.Schema:
    """The schema with instants and text as large text, and numbers as they are."""
    numeric = pa.types.is_integer
    return pa.schema([f if numeric(f.type) else pa.field(f.name, pa.large_string()) for f in schema])


EXCHANGE = Csv()
