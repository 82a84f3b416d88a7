"""The timeline on disk: Parquet parts, listed in one manifest that changes by atomic rename.

A part that the manifest does not list does not exist. A part holds rows of one family and of one shape, or of several shapes with few
rows each, and only the columns that those shapes have. Any tool that reads Parquet can read it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from timelines.hashing import sha256_file
from timelines.problems import LedgerRow, Problem

FORMAT = 1
ROW_GROUP = 131_072  # rows; large enough for cheap footers, small enough that min/max of time prune
BIG_SHAPE = 20_000  # rows of one shape in one task that earn a part of their own
FLUSH_BYTES = 192 << 20  # Arrow bytes that a writer holds before it writes parts
WIDE = 2_000  # columns of a part of several shapes; Windows' own events together have fewer, hostile logs may name any number
CELLS = 1 << 26  # rows x columns of such a part: a column costs memory also in the rows that lack it
MANIFEST = "manifest.json"
PROBLEMS, LEDGER = "_problems", "_ledger"
_NO_DICTIONARY = ("row_id", "offset", "length", "record", "time")

_PROBLEM_SCHEMA = pa.schema(
    [
        ("exhibit", pa.string()),
        ("file", pa.string()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("reason", pa.string()),
    ]
)
_LEDGER_SCHEMA = pa.schema(
    [("exhibit", pa.string()), ("file", pa.string())]
    + [(name, pa.int64()) for name in ("size", "read", "free", "unsupported", "damaged")]
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

    @cached_property
    def schema(self) -> pa.Schema:
        return pq.read_schema(self.path)

    def read(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """One table a row group with the asked columns that this part has; text columns are dictionary-encoded."""
        names = [n for n in (columns if columns is not None else self.schema.names) if n in self.schema.names]
        texts = [n for n in names if pa.types.is_string(self.schema.field(n).type) and n not in _NO_DICTIONARY]
        with pq.ParquetFile(self.path, read_dictionary=texts) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, columns=names).unify_dictionaries()


class PartWriter:
    """Collects a task's rows and writes them as parts under names that depend on the task alone."""

    def __init__(self, root: Path, task: str) -> None:
        self._root = root
        self._task = task
        self._held: dict[tuple[str, pa.Schema], list[pa.RecordBatch]] = {}
        self._bytes = 0
        self._parts: list[PartInfo] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows made by `timelines.rows.finish`; all of a batch are of one family."""
        if batch.num_rows == 0:
            return
        family = batch.column("family")[0].as_py()
        self._held.setdefault((family, batch.schema), []).append(batch)
        self._bytes += batch.nbytes
        if self._bytes > FLUSH_BYTES:
            self._flush()

    def close(self, problems: Sequence[Problem], ledger: Sequence[LedgerRow]) -> list[PartInfo]:
        """Write what is held, the task's problems and its ledger rows. Returns all parts of the task."""
        self._flush()
        if problems:
            rows = [asdict(p) for p in problems]
            self._write(PROBLEMS, pa.Table.from_pylist(rows, _PROBLEM_SCHEMA), sort=False)
        if ledger:
            self._write(LEDGER, pa.Table.from_pylist([asdict(row) for row in ledger], _LEDGER_SCHEMA), sort=False)
        return self._parts

    def _flush(self) -> None:
        big: list[tuple[str, pa.Table]] = []
        small: dict[str, list[pa.Table]] = {}
        for (family, schema), batches in self._held.items():
            table = pa.Table.from_batches(batches, schema)
            if table.num_rows >= BIG_SHAPE:
                big.append((family, table))
            else:
                small.setdefault(family, []).append(table)
        self._held, self._bytes = {}, 0
        for family, tables in small.items():
            for group in _united(tables):
                self._write(family, pa.concat_tables(group, promote_options="default"))
        for family, table in big:
            self._write(family, table)

    def _write(self, family: str, table: pa.Table, sort: bool = True) -> None:
        if sort:
            keys = [("event", "ascending"), ("time", "ascending"), ("file", "ascending"), ("offset", "ascending")]
            table = table.take(pc.sort_indices(table, sort_keys=keys))
        relative = f"{family}/{self._task}-{len(self._parts):03d}.parquet"
        path = self._root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        working = path.with_suffix(".part")
        encoded = [n for n in table.schema.names if n not in _NO_DICTIONARY]
        pq.write_table(
            table, working, row_group_size=ROW_GROUP, compression="zstd", compression_level=1, use_dictionary=encoded
        )
        os.replace(working, path)
        first, last = _span(table) if "time" in table.schema.names else (None, None)
        self._parts.append(
            PartInfo(relative, family, table.num_rows, path.stat().st_size, sha256_file(path), first, last)
        )


def _span(table: pa.Table) -> tuple[int | None, int | None]:
    bounds = pc.min_max(table.column("time").cast(pa.int64()))
    return bounds["min"].as_py(), bounds["max"].as_py()


@dataclass(slots=True)
class _Group:
    """Tables that make one part, and its columns: as they are spelled, by their lower-case names."""

    names: dict[str, str]
    rows: int
    tables: list[pa.Table]

    def takes(self, table: pa.Table) -> bool:
        """Whether no column would be spelled in two ways (SQL takes the two for one) and the part would stay bounded."""
        if any(self.names.get(name.lower(), name) != name for name in table.schema.names):
            return False
        width = len(self.names) + sum(name.lower() not in self.names for name in table.schema.names)
        return width <= WIDE and width * (self.rows + table.num_rows) <= CELLS

    def add(self, table: pa.Table) -> None:
        self.names.update((name.lower(), name) for name in table.schema.names)
        self.rows += table.num_rows
        self.tables.append(table)


def _united(tables: Sequence[pa.Table]) -> list[list[pa.Table]]:
    """Group tables of several shapes into those that make one part each."""
    groups: list[_Group] = []
    for table in tables:
        group = next((g for g in groups if g.takes(table)), None)
        if group is None:
            group = _Group({}, 0, [])
            groups.append(group)
        group.add(table)
    return [group.tables for group in groups]


class Store:
    """The timeline folder of a case. One process (the coordinator) writes the manifest; any number read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._tasks: dict[str, list[PartInfo]] = {}
        path = root / MANIFEST
        if path.exists():
            content = json.loads(path.read_text("utf-8"))
            if content.get("format") != FORMAT:
                raise ValueError(
                    f"{MANIFEST}: format {content.get('format')}, expected {FORMAT}; this case is from another version"
                )
            self._tasks = {task: [PartInfo(**part) for part in parts] for task, parts in content["tasks"].items()}

    def done(self, task: str) -> bool:
        """Whether a task's parts are in the manifest: then it need not run again."""
        return task in self._tasks

    def writer(self, task: str) -> PartWriter:
        return PartWriter(self.root, task)

    def commit(self, tasks: dict[str, list[PartInfo]]) -> None:
        """List the parts of finished tasks, by one atomic rename. Until then they do not exist."""
        self._tasks.update(tasks)
        ordered = {task: [asdict(part) for part in self._tasks[task]] for task in sorted(self._tasks)}
        self.root.mkdir(parents=True, exist_ok=True)
        working = self.root / f"{MANIFEST}.part"
        with working.open("w", encoding="utf-8", newline="\n") as handle:
            json.dump({"format": FORMAT, "tasks": ordered}, handle, indent=1, sort_keys=True)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(working, self.root / MANIFEST)

    def infos(self) -> list[PartInfo]:
        """Every listed part, in path order."""
        return sorted((part for parts in self._tasks.values() for part in parts), key=lambda part: part.path)

    def parts(self, family: str) -> tuple[Part, ...]:
        return tuple(Part(self.root, info) for info in self.infos() if info.family == family)

    def families(self) -> list[str]:
        """Families that have rows, in name order."""
        return sorted({info.family for info in self.infos() if not info.family.startswith("_")})

    def clear_strays(self) -> int:
        """Remove part files that no finished task owns, such as those of a killed worker. Returns how many."""
        listed = {info.path for info in self.infos()}
        strays = [
            path
            for path in self.root.rglob("*")
            if path.suffix in (".parquet", ".part") and path.relative_to(self.root).as_posix() not in listed
        ]
        for path in strays:
            path.unlink()
        return len(strays)
