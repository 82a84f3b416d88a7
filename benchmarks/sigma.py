"""SigmaHQ's Windows rules over a large event log: from committed Parquet to matches with reasons, against the Rust `evtx` package's JSON.

The log is made of the full chunks of real logs; without the rules and logs beside the checkout there is nothing to measure. Detection is
measured with a compiled rule set that an earlier run kept; loading is told apart, cold and warm. Each tool runs in a fresh process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.event_logs import ROOT, real_logs, write_large
from benchmarks.evtx import BASELINE
from benchmarks.pipeline import used

RULES = ROOT.parent / "shared" / "rules" / "sigma"
LARGE = 992 << 20  # bytes of the log: some 770,000 records
SMALLER = 248 << 20  # a quarter
FEW = (100, 1_000)  # rules


def _loaded(count: int | None) -> Any:
    """The rules that speak of Windows rows, or `count` of them, spread over all; from the cache."""
    from dataclasses import replace

    from timelines.detection import load_rules
    from timelines.detection.rule_cache import cached
    from timelines.families import all_families

    found = cached([RULES], {}, lambda: load_rules([RULES], own=False))
    windows = [family for family in all_families() if family.startswith("windows/")]
    rules = tuple(r for r in found.rules if any(source.covers(family) for source in r.sources for family in windows))
    return replace(found, rules=rules if count is None else rules[:: max(1, len(rules) // count)][:count])


def load(_: Path) -> Callable[[], int]:
    def work() -> int:
        return len(_loaded(None).rules)

    return work


def detect_with(count: int | None) -> Callable[[Path], Callable[[], int]]:
    def ready(timeline: Path) -> Callable[[], int]:
        from timelines.detection import detect
        from timelines.query import Timeline

        rules = _loaded(count)

        def work() -> int:
            held = Timeline(timeline)
            detect(held, rules)
            return sum(held.counts().values())

        return work

    return ready


def evtx_text(log: Path) -> Callable[[], int]:
    from benchmarks.evtx import read_with_evtx

    return lambda: read_with_evtx([log])


TOOLS: dict[str, Callable[[Path], Callable[[], int]]] = {
    BASELINE: evtx_text,
    "athar, load rules": load,
    "athar, all rules": detect_with(None),
    **{f"athar, {count:,} rules": detect_with(count) for count in FEW},
}


def measure(repeat: int = 3) -> list[dict[str, object]]:
    """The best of `repeat` runs of each tool; `ratio` is `evtx`'s CPU seconds for the same records over the tool's."""
    from importlib.util import find_spec

    if not (RULES.is_dir() and real_logs() and find_spec("evtx")):
        print("no rules, logs or evtx beside this checkout: nothing measured", file=sys.stderr)
        return []
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name, _environment("ATHAR_CACHE", f"{name}/cache"):
        folder = Path(name)
        rows.append(
            {"work": "load SigmaHQ's Windows rules, cold", "tool": "athar", **_run("athar, load rules", folder)}
        )
        warm = _best("athar, load rules", folder, repeat)
        rows.append({"work": "the same, kept from an earlier run", "tool": "athar", **warm})
        for size, tools in ((SMALLER, ("athar, all rules",)), (LARGE, tuple(TOOLS)[2:])):
            log, timeline = folder / "log.evtx", folder / f"timeline-{size}"
            write_large(log, size)
            _read_in(log, timeline)
            base = _best(BASELINE, log, repeat)
            work = f"Sigma over {base['rows']:,.0f} records"
            rows.append({"work": work, "tool": BASELINE, "bytes": size, **base, "ratio": 1.0})
            for tool in tools:
                best = _best(tool, timeline, repeat)
                rows.append({"work": work, "tool": tool, "bytes": size, **best, "ratio": base["cpu_s"] / best["cpu_s"]})
    return rows


def _read_in(log: Path, timeline: Path) -> None:
    """In a process of its own: what a parent has held counts as its children's peak."""
    code = (
        "import sys, pathlib as p, benchmarks.pipeline as b; "
        "b.to_timeline([p.Path(sys.argv[1])], p.Path(sys.argv[2]), 'windows/evtx')"
    )
    subprocess.run([sys.executable, "-c", code, str(log), str(timeline)], cwd=ROOT, check=True)


class _environment:
    def __init__(self, name: str, value: str) -> None:
        self.name, self.value, self.before = name, value, os.environ.get(name)

    def __enter__(self) -> None:
        os.environ[self.name] = self.value

    def __exit__(self, *_: object) -> None:
        if self.before is None:
            del os.environ[self.name]
        else:
            os.environ[self.name] = self.before


def _best(tool: str, path: Path, repeat: int) -> dict[str, Any]:
    return min((_run(tool, path) for _ in range(repeat)), key=lambda run: run["cpu_s"])


def _run(tool: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.sigma", tool, str(path)]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    measured: dict[str, Any] = json.loads(answer)
    return measured


def main() -> None:
    """`python -m benchmarks.sigma TOOL PATH`: run one tool here over a log or timeline folder and print what it took."""
    if sys.argv[1] != BASELINE:  # loaded before the clock starts
        import pandas  # noqa: F401 - pyarrow loads it at its first array

        import timelines.detection  # noqa: F401
    work = TOOLS[sys.argv[1]](Path(sys.argv[2]))
    (cpu, _), wall = used(), time.perf_counter()
    rows = work()
    wall = time.perf_counter() - wall
    after, peak = used()
    print(json.dumps({"rows": rows, "cpu_s": after - cpu, "wall_s": wall, "peak_mb": peak}))


if __name__ == "__main__":
    main()
