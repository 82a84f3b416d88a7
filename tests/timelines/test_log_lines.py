"""Where the lines of logs lie, when they are from and how far their times go back: found part by part, as a look at all lines tells it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

from timelines.log_lines import log_files
from timelines.query import Timeline
from timelines.rows import Provenance, finish
from timelines.store import Store

from .analyzers.conftest import Rows, made

__all__ = ["made"]


def _plainly(timeline: Timeline) -> list[tuple[object, ...]]:
    lines = defaultdict(list)
    table = timeline.sql('select exhibit, file, "offset", epoch_ns(time) as t from web_access where time is not null')
    for row in table.to_pylist():
        lines[row["exhibit"], row["file"]].append((row["offset"], row["t"]))
    found = []
    for (exhibit, file), held in sorted(lines.items()):
        offsets, times = zip(*sorted(held), strict=True)
        back = max([0, *(a - b for a, b in pairwise(times))])
        found.append((exhibit, file, len(held), min(times), max(times), offsets[0], offsets[-1], back))
    return found


def _told(timeline: Timeline) -> list[tuple[object, ...]]:
    return [
        (log.exhibit, log.file, log.lines, log.first, log.last, log.begin, log.end, log.back)
        for log in log_files(timeline)
    ]


@pytest.mark.parametrize("slices", [1, 3, 40])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_logs_are_as_a_look_at_every_line_tells(
    made: Callable[..., Timeline], slices: int, turned: bool, seed: int
) -> None:
    chance = Random(seed)
    logs = []
    for number in range(chance.randrange(1, 5)):
        seconds: list[float | None] = [
            60 * n + chance.choice((0, 0, 0, -30, -400)) for n in range(chance.randrange(1, 90))
        ]
        seconds = [None if chance.random() < 0.1 else second for second in seconds]
        logs.append(Rows("web/access", f"access.log.{number % 3}", seconds, {}, f"E00{1 + number // 3}"))
    timeline = made(*logs, slices=slices, turned=turned)
    assert _told(timeline) == _plainly(timeline)


def test_parts_that_lie_among_each_other_are_read_in_order(tmp_path: Path) -> None:
    store = Store(tmp_path)
    offsets = list(range(0, 6_000, 100))
    minutes = [n if n != 40 else 3 for n in range(60)]
    tasks = {}
    for half in range(2):
        batch = pa.RecordBatch.from_pydict(
            {
                "time": pa.array([60_000_000_000 * m for m in minutes[half::2]], pa.timestamp("ns", tz="UTC")),
                "offset": pa.array(offsets[half::2], pa.int64()),
                "length": pa.array([100] * 30, pa.int64()),
            }
        )
        writer = store.writer(f"t{half}")
        writer.add(finish("web/access", batch, Provenance("E001", "access.log", "0" * 64)))
        tasks[f"t{half}"] = writer.close([], [])
    store.commit(tasks)
    timeline = Timeline(tmp_path)
    assert _told(timeline) == _plainly(timeline)
    assert log_files(timeline)[0].back == 36 * 60_000_000_000


def test_lines_without_a_time_are_no_log(made: Callable[..., Timeline]) -> None:
    assert log_files(made(Rows("web/access", "access.log", [None, None], {}))) == []
