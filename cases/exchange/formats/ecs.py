"""Elastic Common Schema: one JSON document a line, under dotted names, for Elasticsearch, OpenSearch and Splunk.

Names are flat and dotted (`"source.ip": "192.0.2.7"`): Elasticsearch expands them when it indexes, and every other reader can
select them without a path language. A column whose ECS name another column already took, or that has none, stands under
`winlog.event_data.` (what Windows events name themselves, as Winlogbeat writes it) or `athar.`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from cases.exchange import Counts, Options, json_lines
from cases.exchange.content import Content
from cases.exchange.remarks import Remarks
from timelines.families import all_families
from timelines.query import Filter, Timeline
from timelines.schema import CORE

VERSION = "8.17.0"  # of ECS; every name used here exists since 8.0
_LONG = 2**63 - 1  # the largest number that Elasticsearch's `long` holds
_ADDRESSES = {"src_ip": "source", "dst_ip": "destination"}


@dataclass(frozen=True, slots=True)
class Ecs:
    """`@timestamp` has nine digits; Elasticsearch keeps them in fields of type `date_nanos`. Rows without a time have no `@timestamp`."""

    name: str = "ecs"
    suffixes: tuple[str, ...] = (".jsonl", ".ndjson")
    doc: str = "Timeline as JSON lines under dotted Elastic Common Schema names, with all columns."
    redactable: bool = True

    def write(self, case: Content, timeline: Timeline, path: Path, options: Options) -> Counts:
        remarks = Remarks.of(case)
        rows = timeless = 0
        with path.open("wb") as handle:
            for span in timeline.spans(Filter(), options.lang):
                merged = json_lines.Span()
                for family, table in span:
                    merged.add(table, _document(family, table, remarks))
                    rows += table.num_rows
                    timeless += table.column("time").null_count
                merged.write(handle)
        return {"rows": rows, "rows_without_time": timeless}


def names(family: str, columns: list[str]) -> dict[str, str]:
    """The ECS name of each column of a family; no name is given twice, and core columns choose first."""
    declared = all_families().get(family)
    own = {column.name: column.ecs for column in (declared.columns if declared else ())}
    wanted = {column.name: column.ecs for column in CORE} | own | {"message": "message"}
    taken: set[str] = set()
    found: dict[str, str] = {}
    for column in columns:
        name = wanted.get(column, "")
        if not name or name in taken:
            name = _other(family, column, column in wanted)
        taken.add(name)
        found[column] = name
    return found


def _other(family: str, column: str, declared: bool) -> str:
    plain = re.sub(r"[.\x00-\x20]", "_", column)
    if family.startswith("windows/") and not declared:
        return f"winlog.event_data.{plain}"
    return f"athar.{plain}" if column in {c.name for c in CORE} else f"athar.{family.replace('/', '.')}.{plain}"


def _document(family: str, table: pa.Table, remarks: Remarks) -> pa.Table:
    count = table.num_rows
    given = names(family, table.schema.names)
    fields = {given[name]: table.column(name) for name in table.schema.names if table.column(name).null_count < count}
    for column, side in _ADDRESSES.items():
        if f"{side}.ip" in fields:
            fields[f"{side}.address"] = table.column(column)
            fields[f"{side}.ip"] = _addresses(table.column(column))
    if "event.sequence" in fields:
        record = table.column("record")
        fits = pc.less_equal(record, pa.scalar(_LONG, pa.uint64()))
        fields["event.sequence"] = pc.if_else(fits, record, None)
        fields["athar.record"] = record.cast(pa.string())
    fields["event.kind"] = pa.repeat("event", count)
    fields["event.module"] = pa.repeat(family.partition("/")[0], count)
    fields["ecs.version"] = pa.repeat(VERSION, count)
    fields["tags"] = remarks.lists(table)
    return pa.table(fields)


def _addresses(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """What Elasticsearch's type `ip` takes: zones of link-local addresses and names drop out (they stay in `.address`)."""
    encoded = column.combine_chunks().dictionary_encode()
    sound = pa.array([text if _is_address(text) else None for text in encoded.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([sound.take(encoded.indices)])


def _is_address(text: str | None) -> bool:
    try:
        return text is not None and "%" not in text and bool(ipaddress.ip_address(text))
    except ValueError:
        return False


EXCHANGE = Ecs()
