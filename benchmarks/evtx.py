"""Windows event logs: from file to committed Parquet, against the Rust `evtx` package's iteration, which yields JSON text.

Works: one large log (for memory, two larger ones if ATHAR_BENCH_LARGE is set), and many small logs against the same
chunks in one. Each tool runs in a fresh process, so that CPU seconds and peak memory are its own; those of its workers are added. Libraries
are loaded before the clock starts, those of `evtx` too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.event_logs import ROOT, write_large, write_small
from benchmarks.pipeline import load, to_parquet, used
from forensics import own_process

LARGE = 512 << 20  # bytes of the large log
LARGER = (1 << 30, 2 << 30)  # of larger ones, which show what a process pays once, and memory
SMALL = 1_000
BASELINE = "evtx JSON text"
PARSER = "windows/evtx"
TWO = "athar to Parquet, two workers"


def parser_only(logs: list[Path]) -> int:
    """Rows of all logs as the parser's Arrow batches, before provenance and core columns are added."""
    from parsers.base import Batch, Evidence
    from parsers.windows.evtx import PARSER as EVTX

    count = 0
    for path in logs:
        evidence = Evidence("E001", path.name, path, path.stat().st_size, "0" * 64)
        for piece in EVTX.slices(evidence):
            count += sum(item.rows.num_rows for item in EVTX.parse(evidence, piece) if isinstance(item, Batch))
    return count


def _texts(logs: list[Path]) -> Iterator[str]:
    """JSON of every record by the `evtx` package, one thread; `next`, because `for` ends at the first bad record."""
    from evtx import PyEvtxParser

    for path in logs:
        records: Any = PyEvtxParser(str(path), number_of_threads=1).records_json()
        while True:
            try:
                yield next(records)["data"]
            except StopIteration:
                break
            except RuntimeError:  # a record it cannot read; ours counts those as rows with a problem
                continue


def read_with_evtx(logs: list[Path]) -> int:
    return sum(1 for _ in _texts(logs))


def read_with_evtx_and_json(logs: list[Path]) -> int:
    return sum(1 for text in _texts(logs) if json.loads(text))


READERS: dict[str, Callable[[list[Path]], int]] = {
    BASELINE: read_with_evtx,
    "evtx JSON, parsed": read_with_evtx_and_json,
    "athar to Parquet": lambda logs: to_parquet(logs, PARSER, 1),
    TWO: lambda logs: to_parquet(logs, PARSER, 2),
    "athar, parser only": parser_only,
}


def tools() -> list[str]:
    """What can run here: the Rust package is installed on Linux only."""
    from importlib.util import find_spec

    return [tool for tool in READERS if "evtx" not in tool or find_spec("evtx") is not None]


def measure(repeat: int = 3) -> list[dict[str, object]]:
    """The best of `repeat` runs of each tool; `ratio` is the CPU seconds of `evtx` giving JSON text over the tool's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large = folder / "large.evtx"
        write_large(large, LARGE)
        rows = _compared({"EVTX, one large log": [large]}, tools(), repeat)
        large.unlink()
        small, one = write_small(folder / "small", SMALL)
        works = {f"EVTX, {SMALL:,} small logs": small, "EVTX, the same chunks in one log": [one]}
        rows += _compared(works, [BASELINE, "athar to Parquet"], repeat)
        for size in LARGER if os.environ.get("ATHAR_BENCH_LARGE") else ():
            write_large(large, size)
            rows += _compared(
                {f"EVTX, a log of {size >> 30} GiB": [large]}, [BASELINE, "athar to Parquet", TWO], repeat
            )
    return rows


def _compared(works: Mapping[str, list[Path]], wanted: list[str], repeat: int) -> list[dict[str, object]]:
    """The best of each tool over each work. They take turns: the speed of a machine changes."""
    here = [(work, tool) for work in works for tool in wanted if tool in tools()]
    turns = [{one: _run(one[1], works[one[0]]) for one in here} for _ in range(repeat)]
    best = {one: min((turn[one] for turn in turns), key=lambda run: run["cpu_s"]) for one in here}
    sizes = {work: sum(path.stat().st_size for path in logs) for work, logs in works.items()}
    rows: list[dict[str, object]] = []
    for (work, tool), run in best.items():
        base = best.get((work, BASELINE))
        ratio = base["cpu_s"] / run["cpu_s"] if base else None
        rows.append({"work": work, "tool": tool, "bytes": sizes[work], **run, "ratio": ratio})
    return rows


def _run(tool: str, logs: list[Path]) -> dict[str, float]:
    listed = "\n".join(map(str, logs))
    command = [sys.executable, "-m", "benchmarks.evtx", tool]
    answer = subprocess.run(command, cwd=ROOT, input=listed, check=True, capture_output=True, text=True).stdout
    measured: dict[str, float] = json.loads(answer)
    return measured


def chosen(arguments: Sequence[str] | None = None) -> tuple[str, list[Path]]:
    """The tool, and the logs: those named, those of a folder that is named, or those that standard input lists. Exits with one line
    where one is not there or no log is."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.evtx",
        description="Run one tool here over some logs; print rows, CPU and wall seconds, and the largest resident size as JSON.",
    )
    parser.add_argument("tool", metavar="TOOL", choices=READERS, help=f"one of: {'; '.join(READERS)}")
    parser.add_argument(
        "logs", metavar="LOG", nargs="*", type=Path, help="logs of one folder, or it; standard input lists them if none"
    )
    asked = parser.parse_args(arguments)
    given = asked.logs or [Path(line) for line in sys.stdin.read().splitlines()]
    logs = [log for path in given for log in (sorted(path.glob("*.evtx")) if path.is_dir() else [path])]
    missing = [log for log in logs if not log.is_file()]
    if missing:
        parser.error(f"{missing[0]}: no such file")
    if not logs:
        parser.error(
            f"no log: {', '.join(map(str, given)) or 'standard input'} has no .evtx file (subfolders are not searched)"
        )
    if len({log.parent for log in logs}) > 1:
        parser.error(f"logs of one folder can be read, {logs[0].parent} and {logs[-1].parent} are two")
    if asked.tool not in tools():
        parser.error(f"{asked.tool!r} needs the package evtx, which is not installed (pip install evtx, Linux)")
    return asked.tool, logs


def main(arguments: Sequence[str] | None = None) -> None:
    tool, logs = chosen(arguments)
    if "athar" in tool:  # loaded before the clock starts, in a process that begins as a command of ours does
        own_process.begin()
        load(PARSER, 2 if tool == TWO else 1)
    else:
        import_module("evtx")
    cpu, wall = time.process_time(), time.perf_counter()
    rows = READERS[tool](logs)
    wall = time.perf_counter() - wall
    after, peak = used()
    print(json.dumps({"rows": rows, "cpu_s": after - cpu, "wall_s": wall, "peak_mb": peak}))


if __name__ == "__main__":
    main()
