"""Parts: the Parquet files of a timeline, what the manifest says of each, and how one is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from timelines.secrecy import masked

PROBLEMS, LEDGER, LEDGER_PARTS = "_problems", "_ledger", "_ledger_parts"
UNCODED = ("row_id", "offset", "length", "record", "time")

PROBLEM_SCHEMA = pa.schema(
    [
        ("exhibit", pa.string()),
        ("file", pa.string()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("reason", pa.string()),
    ]
)
LEDGER_SCHEMA = pa.schema(
    [("exhibit", pa.string()), ("file", pa.string())]
    + [(name, pa.int64()) for name in ("size", "read", "free", "unsupported", "damaged")]
)
LEDGER_PART_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("exhibit", "file", "kind", "part")]
    + [(name, pa.int64()) for name in ("bytes", "ranges")]
)


@dataclass(frozen=True, slots=True)
class PartInfo:
    """One Parquet file as the manifest lists it. `path` is relative to the timeline folder, times are UTC ns."""

    path: str
    family: str
    rows: int
    size: int
    sha256: str
    first: int | None
    last: int | None


@dataclass(frozen=True)
class Part:
    """A part with its place on disk, to be read by detection and analyzers."""

    root: Path
    info: PartInfo

    @property
    def family(self) -> str:
        return self.info.family

    @property
    def rows(self) -> int:
        return self.info.rows

    @property
    def path(self) -> Path:
        return self.root / self.info.path

    @property
    def schema(self) -> pa.Schema:
        return _schema(self.path, self.info.sha256)

    @property
    def _metadata(self) -> pq.FileMetaData:
        return _metadata(self.path, self.info.sha256)

    def read(
        self, columns: Sequence[str] | None = None, secrets: bool = False, groups: Collection[int] | None = None
    ) -> Iterator[pa.Table]:
        """One table a row group (of all, or of those with these numbers) with the asked columns that this part has; text columns are
        dictionary-encoded. Secrets are masked unless asked for."""
        names = [n for n in (columns if columns is not None else self.schema.names) if n in self.schema.names]
        texts = [n for n in names if pa.types.is_string(self.schema.field(n).type) and n not in UNCODED]
        with pq.ParquetFile(self.path, metadata=self._metadata, read_dictionary=texts, memory_map=True) as file:
            for group in range(file.num_row_groups) if groups is None else sorted(groups):
                # a few columns of a row group: threads cost more CPU than they save in time
                table = file.read_row_group(group, columns=names, use_threads=False).unify_dictionaries()
                table = pa.Table.from_arrays(table.columns, schema=_nullable(table.schema))
                yield table if secrets else masked(table, self.family)


@lru_cache(maxsize=4096)
def _schema(path: Path, sha256: str) -> pa.Schema:
    """The schema of a part, whose bytes never change under one digest."""
    return _nullable(pq.read_schema(path))


def _nullable(schema: pa.Schema) -> pa.Schema:
    """The same whether or not a column of a part happens to hold a null: tables of several parts are put together."""
    return pa.schema([field.with_nullable(True) for field in schema], schema.metadata)


@lru_cache(maxsize=64)  # some 50 kB each
def _metadata(path: Path, sha256: str) -> pq.FileMetaData:
    """What a part's end says of its columns: parts are read several times, some columns at a time."""
    return pq.read_metadata(path)
