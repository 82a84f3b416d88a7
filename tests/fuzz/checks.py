"""What must hold for any bytes that call themselves an event log, however they are read.

No exception; every byte accounted for once; the same rows whether a file is read whole, chunk by chunk or beside others; the same rows in
the Parquet parts; and the same bytes of those parts whatever this process has read before.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from parsers.base import Batch, Evidence, Shared, Slice
from parsers.gather import Bytes
from parsers.windows import columns, events, evtx, inline, lexicon, templates
from parsers.windows.chunks import CHUNK, FILE_HEADER
from parsers.windows.evtx import PARSER
from tests.fuzz.incomplete_rows import completed
from timelines import coded, mapping, named_columns, place_texts
from timelines import rows as timeline_rows
from timelines.accounts import Accounts, balances
from timelines.layouts import layouts
from timelines.part_writer import PartWriter
from timelines.parts import PartInfo
from timelines.problems import Account, LedgerRow, Problem, balance
from timelines.rows import Origins, Provenance, finish, finish_together

Rows = dict[str, dict[str, Any]]  # by row id, the values that are there
FAULTS = ("claimed twice", "not accounted for", "bytes outside")


def forget() -> None:
    """Bring what this process remembers of other logs back to nothing."""
    templates._kept.clear()
    templates._keys.clear()
    columns._plans.clear()
    events._schemas.clear()
    named_columns._known_names.clear()
    mapping._filtered.clear()
    place_texts.forget()
    inline.forget()
    lexicon._remembered.cache_clear()
    coded._singles.clear()
    layouts.clear()
    timeline_rows._complete.clear()


def check(data: bytes, folder: Path, beside: bytes | None = None) -> Rows:
    """Read `data` in every way that the product has. Raises AssertionError where two ways differ, and whatever a reader raises."""
    folder.mkdir(parents=True, exist_ok=True)
    evidence = _evidence(folder, "log.evtx", data)
    whole, parts = _whole(evidence, folder / "parts")
    forget()
    again, fresh = _whole(evidence, folder / "parts")
    assert again == whole, _apart(whole, again)
    assert [part.sha256 for part in fresh] == [part.sha256 for part in parts], "parts depend on what was read before"
    assert _read_back(folder / "parts", fresh) == whole, _apart(whole, _read_back(folder / "parts", fresh))
    sliced = _sliced(evidence)
    assert completed(sliced, whole) == whole, _apart(whole, completed(sliced, whole))
    plain = _one_by_one(evidence)
    assert _values(plain) == _values(whole), _apart(whole, plain)
    if PARSER.joins(len(data)):
        others = [_evidence(folder, "beside.evtx", beside)] if beside and PARSER.joins(len(beside)) else []
        together = _together([*others, evidence, _evidence(folder, "twin.evtx", data)])
        assert together[-2] == whole, _apart(whole, together[-2])
        assert len(together[-1]) == len(whole)
    return whole


def _evidence(folder: Path, name: str, data: bytes) -> Evidence:
    path = folder / name
    path.write_bytes(data)
    return Evidence("E001", name, path, len(data), hashlib.sha256(name.encode() + data).hexdigest())


def _origin(evidence: Evidence) -> Provenance:
    return Provenance(evidence.exhibit, evidence.file, evidence.sha256)


def _whole(evidence: Evidence, folder: Path) -> tuple[Rows, list[PartInfo]]:
    """The rows, and the parts that they were written to."""
    shutil.rmtree(folder, ignore_errors=True)
    writer = PartWriter(folder, "task")
    rows: Rows = {}
    problems: list[Problem] = []
    accounts: list[Account] = []
    for piece in PARSER.slices(evidence):
        for item in PARSER.parse(evidence, piece):
            if isinstance(item, Batch):
                item.rows.validate(full=True)
                batch = finish(item.family, item.rows, _origin(evidence))
                batch.validate(full=True)
                writer.add(batch)
                _take(rows, batch)
            else:
                (problems if isinstance(item, Problem) else accounts).append(item)
    ledger = _balanced(evidence, accounts)
    return rows, writer.close(problems, [ledger])


def _balanced(evidence: Evidence, accounts: list[Account]) -> LedgerRow:
    ledger, uncounted = balance(evidence.exhibit, evidence.file, evidence.size, accounts)
    assert uncounted == []
    assert ledger.read + ledger.free + ledger.unsupported + ledger.damaged == ledger.size == evidence.size
    return ledger


def _sliced(evidence: Evidence) -> Rows:
    """The rows when each chunk is a piece of its own."""
    rows: Rows = {}
    bounds = [0, *range(FILE_HEADER + CHUNK, evidence.size, CHUNK), evidence.size]
    for start, stop in pairwise(bounds):
        for item in PARSER.parse(evidence, Slice(start, stop)):
            if isinstance(item, Batch):
                _take(rows, finish(item.family, item.rows, _origin(evidence)))
    return rows


def _one_by_one(evidence: Evidence) -> Rows:
    """The rows when no record is grouped with others: what the plain reader makes of each."""
    rows: Rows = {}
    with (
        patch.object(evtx, "grouped", lambda visit, span, room: ([], np.arange(span[1] - span[0]))),
        patch.object(evtx, "inline", lambda visit, fragments, odd: ([], odd)),
    ):
        for piece in PARSER.slices(evidence):
            for item in PARSER.parse(evidence, piece):
                if isinstance(item, Batch):
                    _take(rows, finish(item.family, item.rows, _origin(evidence)))
    return rows


def _end_to_end(files: list[Evidence]) -> Bytes:
    return np.frombuffer(b"".join(evidence.path.read_bytes() for evidence in files), np.uint8)


def _together(files: list[Evidence]) -> list[Rows]:
    rows: list[Rows] = [{} for _ in files]
    origins = Origins([_origin(evidence) for evidence in files])
    for item in PARSER.parse_together(files, _end_to_end(files)):
        if isinstance(item, Shared):
            found = finish_together(item.batch.family, item.batch.rows, origins, item.files)
            for file in sorted(set(item.files.tolist())):
                _take(rows[file], found.filter(pa.array(item.files == file)))
        elif isinstance(item, Accounts):
            told = balances([(evidence.exhibit, evidence.file, evidence.size) for evidence in files], item)
            for file, evidence in enumerate(files):
                assert told[file].row == _balanced(evidence, item.one(file))
                assert not told[file].faults
    return rows


def _values(rows: Rows) -> dict[str, list[str]]:
    """By row, its values in order. Names are left out: the plain reader can't number what is null, as templates do."""
    return {row_id: sorted(map(str, values.values())) for row_id, values in rows.items()}


def _read_back(folder: Path, parts: Iterable[PartInfo]) -> Rows:
    rows: Rows = {}
    for part in parts:
        if not part.family.startswith("_"):
            table = pq.read_table(folder / part.path)
            assert table.num_rows == part.rows
            for batch in table.to_batches():
                _take(rows, batch)
    return rows


def _take(rows: Rows, batch: pa.RecordBatch) -> None:
    """Note the values of a batch; times as numbers, null as no value."""
    held = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_timestamp(column.type):
            column = column.view(pa.int64())
        if column.null_count < len(column):
            held.append((field.name, column.to_pylist()))
    for row in range(batch.num_rows):
        values = {name: texts[row] for name, texts in held if texts[row] is not None}
        assert values["row_id"] not in rows, "two rows of one id"
        rows[values["row_id"]] = values


def _apart(left: Rows, right: Rows) -> str:
    """The first values that two readings differ in."""
    for row_id in left.keys() | right.keys():
        one, other = left.get(row_id, {}), right.get(row_id, {})
        names = [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
        if names:
            return str({name: (str(one.get(name))[:200], str(other.get(name))[:200]) for name in sorted(names)})
    return "same rows in another order"
