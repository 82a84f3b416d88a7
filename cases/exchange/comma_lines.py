"""Tables as CSV, batch after batch: text quoted and neutral, nulls empty, UTF-8 without a mark, lines end in `\\n`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from cases.exchange import cells


@contextmanager
def writer(path: Path | BinaryIO, schema: pa.Schema) -> Iterator[Any]:
    """A writer of tables of this schema; the heading is written even when no table comes."""
    from pyarrow import csv

    with csv.CSVWriter(path, schema) as open_writer:
        yield open_writer


def neutral(table: pa.Table) -> pa.Table:
    """Every text column made fit for cells; `message` keeps the isolates around its values."""
    for at, name in enumerate(table.schema.names):
        if pa.types.is_string(table.schema.field(at).type) or pa.types.is_large_string(table.schema.field(at).type):
            make = cells.comma_sentence if name == "message" else cells.comma_cell
            table = table.set_column(at, name, cells.column(table.column(at), make))
    return table
