"""A task's rows become Parquet parts: shapes put side by side, each text written once, under names that depend on the task alone.

Within a part rows are ordered by shape, and in a shape by event and file (see `Shape.sorted`). Shapes are in the order of their first
event, so that a row group holds few kinds of event.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from timelines import part_file
from timelines.hashing import sha256_file
from timelines.layouts import layouts
from timelines.parts import (
    LEDGER,
    LEDGER_PART_SCHEMA,
    LEDGER_PARTS,
    LEDGER_SCHEMA,
    PROBLEM_SCHEMA,
    PROBLEMS,
    PartInfo,
)
from timelines.problems import LedgerPart, LedgerRow, Problem
from timelines.shapes import Shape, columns_of, side_by_side
from timelines.words import Dictionaries, Words

BIG_SHAPE = 20_000  # rows of one shape in one task that earn a part of their own
FLUSH_BYTES = 192 << 20  # Arrow bytes that a writer holds before it writes parts
WIDE = 2_000  # columns of a part of several shapes; Windows' own events together have fewer, hostile logs may name any number
PARTS = 32  # parts of several shapes that a task makes of one family; Windows' own events need one or two
A_CHUNK = 400  # bytes that a column of a batch takes besides its values; of a shape that is new, twice as many
FOLDED = "OtherFields"  # text column of the rows that have no room in these parts: JSON of the fields that could not be columns
CELLS = 1 << 26  # rows x columns of such a part: a column costs memory also in the rows that lack it


class PartWriter:
    """Collects a task's rows and writes them as parts."""

    def __init__(self, root: Path, task: str) -> None:
        self._root = root
        self._task = task
        self._held: dict[tuple[str, tuple[tuple[str, str], ...]], Shape] = {}
        self._dictionaries: Dictionaries = {}
        self._bytes = 0
        self._parts: list[PartInfo] = []
        self._united: Counter[str] = Counter()  # parts of several shapes by family
        self._crowded: dict[
            tuple[str, str], tuple[int, int]
        ] = {}  # by exhibit and file: rows that were folded, the first's offset

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows made by `timelines.rows.finish`; all of a batch are of one family."""
        if batch.num_rows == 0:
            return
        family = batch.column("family")[0].as_py()
        key = family, layouts.of(batch.schema).names
        shape = self._held.get(key)
        if shape is None:
            shape = self._held[key] = Shape(family, batch.schema)
            self._bytes += 2 * A_CHUNK * batch.num_columns
        self._bytes += shape.add(batch, self._dictionaries) + A_CHUNK * batch.num_columns
        if self._bytes > FLUSH_BYTES:
            self._flush()

    def close(
        self, problems: Sequence[Problem], ledger: Sequence[LedgerRow], detail: Sequence[LedgerPart] = ()
    ) -> list[PartInfo]:
        """Write what is held, the task's problems and its ledger rows, and these in detail. Returns all parts of the task."""
        self._flush()
        if problems:
            self._write(PROBLEMS, _table(problems, PROBLEM_SCHEMA), PROBLEM_SCHEMA)
        if ledger:
            self._write(LEDGER, _table(ledger, LEDGER_SCHEMA), LEDGER_SCHEMA)
        if detail:
            self._write(LEDGER_PARTS, _table(detail, LEDGER_PART_SCHEMA), LEDGER_PART_SCHEMA)
        return self._parts

    def _flush(self) -> None:
        shapes = sorted(self._held.values(), key=lambda shape: (shape.family, shape.layout.names))
        words = Words(self._dictionaries)
        self._held, self._dictionaries, self._bytes = {}, {}, 0
        small: dict[str, list[Shape]] = {}
        big = [shape for shape in shapes if shape.rows >= BIG_SHAPE]
        for shape in shapes:
            if shape.rows < BIG_SHAPE:
                small.setdefault(shape.family, []).append(shape)
        del shapes  # what is written is let go of at once: each is copied while it is put in order
        for family in list(small):
            alike = small.pop(family)
            groups, rest = _united(alike, PARTS - self._united[family])
            self._united[family] += len(groups)
            for group in groups:
                self._write(family, _together(group, words), columns_of(group))
            for group in _crowded(rest, words):
                table = _together(group, words)
                self._note(table)
                self._write(family, table, columns_of(group))
            del alike, groups, rest
        big.reverse()
        while big:
            family, schema = big[-1].family, big[-1].schema
            self._write(family, _together([big.pop()], words), schema)

    def crowded(self) -> list[Problem]:
        """Write what is held. Returns what has to be told of rows of which some fields are no columns, a file each."""
        self._flush()
        return [
            Problem(
                exhibit,
                file,
                offset,
                0,
                f"fields are named in too many ways: some of {rows} rows stand together in {FOLDED}",
            )
            for (exhibit, file), (rows, offset) in sorted(self._crowded.items())
        ]

    def _note(self, table: pa.Table) -> None:
        if FOLDED not in table.schema.names:
            return
        names = ["exhibit", "file"]
        wanted = table.select([*names, "offset", FOLDED]).filter(pc.field(FOLDED).is_valid())
        for row in wanted.group_by(names).aggregate([("offset", "min"), ("offset", "count")]).to_pylist():
            rows, first = self._crowded.get((row["exhibit"], row["file"]), (0, row["offset_min"]))
            self._crowded[row["exhibit"], row["file"]] = rows + row["offset_count"], min(first, row["offset_min"])

    def _write(self, family: str, table: pa.Table, schema: pa.Schema) -> None:
        relative = f"{family}/{self._task}-{len(self._parts):03d}.parquet"
        path = self._root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        working = path.with_suffix(".part")
        part_file.write(working, table, schema, small=True)
        os.replace(working, path)
        first, last = _span(table) if "time" in table.schema.names else (None, None)
        size = path.stat().st_size
        self._parts.append(PartInfo(relative, family, table.num_rows, size, sha256_file(path), first, last))


def _together(shapes: Sequence[Shape], words: Words) -> pa.Table:
    """The rows of shapes as one table, with small dictionaries unless the row groups that it is written as get such of their own."""
    return side_by_side(shapes, words, part_file.one_group(sum(shape.rows for shape in shapes)))


def _table(items: Sequence[object], schema: pa.Schema) -> pa.Table:
    """Dataclasses as a table of their fields."""
    columns = [pa.array(list(map(attrgetter(field.name), items)), field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _span(table: pa.Table) -> tuple[int | None, int | None]:
    bounds = pc.min_max(table.column("time"))
    return bounds["min"].value, bounds["max"].value


@dataclass(slots=True)
class _Group:
    """Shapes that make one part, and its columns: as they are spelled and as the evidence names them, by their lower-case names."""

    names: dict[str, tuple[str, str]]
    rows: int
    shapes: list[Shape]

    def takes(self, shape: Shape) -> bool:
        """Whether no column would be spelled in two ways (SQL takes the two for one) or have two own names, and the part stays bounded."""
        named = shape.layout.lower
        if any(self.names.get(lower, both) != both for lower, both in named):
            return False
        width = len(self.names) + sum(lower not in self.names for lower, _ in named)
        return width <= WIDE and width * (self.rows + shape.rows) <= CELLS

    def foreign(self, shape: Shape) -> set[str]:
        """The columns of a shape that can't stand beside those of the part: spelled otherwise, of another own name, or too many."""
        found, new = set(), 0
        for lower, (name, own) in shape.layout.lower:
            known = self.names.get(lower)
            new += known is None
            if (
                (known or (name, own)) != (name, own)
                or (known is None and len(self.names) + new > WIDE)
                or name == FOLDED
            ):
                found.add(name)
        return found

    def add(self, shape: Shape) -> None:
        self.names.update(shape.layout.lower)
        self.rows += shape.rows
        self.shapes.append(shape)


def _united(shapes: Sequence[Shape], most: int) -> tuple[list[list[Shape]], list[Shape]]:
    """Group shapes into those that make one part each, `most` parts; and the shapes that have no room in these."""
    groups: list[_Group] = []
    rest: list[Shape] = []
    for shape in shapes:
        group = next((g for g in groups if g.takes(shape)), None)
        if group is None and len(groups) >= most:
            rest.append(shape)
            continue
        if group is None:
            group = _Group({}, 0, [])
            groups.append(group)
        group.add(shape)
    return [group.shapes for group in groups], rest


def _crowded(shapes: Sequence[Shape], words: Words) -> list[list[Shape]]:
    """Group shapes without regard to what their fields are called: those that can't be columns beside the others are folded into one.
    Columns of the timeline and of a family are the same in all shapes, and stay."""
    groups: list[_Group] = []
    into = pa.field(FOLDED, pa.string())
    for shape in shapes:
        if not groups or max(len(groups[-1].names), len(shape.schema)) * (groups[-1].rows + shape.rows) > CELLS:
            groups.append(_Group({FOLDED.lower(): (FOLDED, FOLDED)}, 0, []))
        group = groups[-1]
        gone = group.foreign(shape)
        group.add(shape.folded(gone, into, words) if gone else shape)
    return [group.shapes for group in groups]
