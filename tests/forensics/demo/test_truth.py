"""Every trace that the truth names is a row of the timeline that our own parsers make, at the time the machine's clock showed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from forensics.demo import TRUTH, Step
from forensics.demo.cast import SRV02, WEB01
from forensics.demo.scenario import SECOND

NEAR = 6 * SECOND
TRACES = [(step, trace) for step in TRUTH for trace in step.traces if trace.kind != "gap"]


@pytest.fixture(scope="module")
def seen(evidence: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[int]]:
    """(file, event) -> times in ns by the clock of the machine, of every row that is not ordinary background alone."""
    from forensics import api, pipeline

    case = api.start(tmp_path_factory.mktemp("truth") / "case", [evidence], None)
    pipeline.ingest(case, workers=1)
    frame: Any = api.OpenCase(case).sql("select file, event, epoch_ns(time) as moment from timeline")
    out: dict[tuple[str, str], list[int]] = {}
    for file, event, moment in zip(frame["file"], frame["event"], frame["moment"], strict=True):
        out.setdefault((file, event), []).append(int(moment))
    return out


@pytest.mark.parametrize(
    ("step", "trace"), TRACES, ids=[f"{step.name}-{trace.file}-{trace.kind}" for step, trace in TRACES]
)
def test_a_trace_is_in_the_timeline(step: Step, trace: Any, seen: dict[tuple[str, str], list[int]]) -> None:
    machine = WEB01 if trace.file.startswith("WEB01/") else SRV02
    wanted = machine.clock(trace.time_ns or step.time_ns)
    assert min(abs(moment - wanted) for moment in seen[trace.file, trace.kind]) <= NEAR


def test_there_are_fifty_thousand_rows_of_ordinary_life(seen: dict[tuple[str, str], list[int]]) -> None:
    rows = sum(len(times) for times in seen.values())
    assert rows - 5_000 >= 50_000  # the incident itself leaves fewer than 5,000
