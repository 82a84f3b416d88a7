"""JSON lines: one row a line, core columns and message, exact values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cases.exchange import Counts, Options, json_lines
from cases.exchange.content import Content
from timelines.query import Filter, Timeline


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Every row has the same keys; instants are ISO 8601 in UTC with nine digits; evidence text is exact, escaped to ASCII."""

    name: str = "jsonl"
    suffixes: tuple[str, ...] = (".jsonl", ".ndjson")
    doc: str = "Timeline as JSON lines: core columns and message, exact text, nanoseconds."
    redactable: bool = True

    def write(self, case: Content, timeline: Timeline, path: Path, options: Options) -> Counts:
        rows = 0
        with path.open("wb") as handle:
            for table in timeline.batches(Filter(), lang=options.lang):
                json_lines.write(handle, json_lines.objects(table, nulls=True))
                rows += table.num_rows
        return {"rows": rows}


EXCHANGE = JsonLines()
