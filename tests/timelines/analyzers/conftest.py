"""Small timelines made by hand: rows by family and file, in one part or many, in any order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from timelines.problems import Problem
from timelines.query import Timeline
from timelines.rows import Provenance, finish
from timelines.store import Store

SECOND = 1_000_000_000
MIDNIGHT = 1_767_225_600  # 2026-01-01T00:00:00Z


@dataclass(frozen=True)
class Rows:
    """Rows of one family in one file. `seconds` are s since MIDNIGHT (fractions allowed) or None; columns are by name, (n,) values."""

    family: str
    file: str
    seconds: Sequence[float | None]
    columns: Mapping[str, Sequence[Any]]
    exhibit: str = "E001"

    def batch(self) -> pa.RecordBatch:
        count = len(self.seconds)
        times = [None if s is None else MIDNIGHT * SECOND + round(s * 1000) * 1_000_000 for s in self.seconds]
        data = {
            "time": pa.array(times, pa.timestamp("ns", tz="UTC")),
            "offset": pa.array(range(0, 100 * count, 100), pa.int64()),
            "length": pa.array([100] * count, pa.int64()),
            **{
                name: values if isinstance(values, pa.Array) else pa.array(list(values))
                for name, values in self.columns.items()
            },
        }
        digest = self.file.encode().hex().ljust(64, "0")[:64]
        return finish(self.family, pa.RecordBatch.from_pydict(data), Provenance(self.exhibit, self.file, digest))


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Callable[..., Timeline]:
    """A timeline of these rows. `slices` says in how many parts each file's rows are written; `turned` turns all orders around."""

    def make(*given: Rows, problems: Sequence[Problem] = (), slices: int = 1, turned: bool = False) -> Timeline:
        root: Path = tmp_path_factory.mktemp("timeline")
        store = Store(root)
        tasks = {}
        for number, rows in enumerate(reversed(given) if turned else given):
            batch = rows.batch()
            if turned:
                batch = batch.take(pa.array(range(batch.num_rows - 1, -1, -1), pa.int64()))
            step = max(-(-batch.num_rows // slices), 1)
            for at in range(0, batch.num_rows, step):
                writer = store.writer(f"t{number}-{at}")
                writer.add(batch.slice(at, step))
                tasks[f"t{number}-{at}"] = writer.close([], [])
        writer = store.writer("p")
        tasks["p"] = writer.close(list(problems), [])
        store.commit(tasks)
        return Timeline(root)

    return make
