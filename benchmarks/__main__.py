"""`python -m benchmarks [NAME ...]`: every measurement, its baseline in the same run, and the ratio between the two.

Machines differ and drift; the ratio is what to quote. Each tool runs in a process of its own, so that peak memory is its own.
Of access logs, the whole process is counted of GoAccess, `athar to Parquet` and the same with all web rules: start, imports and end
too, with byte-compiled modules, compiled loops and rules kept from an earlier run. Lines that say `loaded` leave out what a process
loads before it begins to read.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import platform
import sys
from collections.abc import Sequence
from typing import Any

import benchmarks

COLUMNS = ("work", "tool", "rows", "bytes", "cpu_s", "wall_s", "peak_mb", "ratio")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named measurements, or all. Returns the exit code."""
    known = [info.name for info in pkgutil.iter_modules(benchmarks.__path__) if not info.name.startswith("_")]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(known)}; all unless named")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each tool; the median is shown, or the best")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - set(known))
    if unknown:
        parser.error(f"no measurement {unknown[0]!r}; there are {', '.join(known)}")
    rows: list[dict[str, Any]] = []
    for name in asked.names or known:
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "measure"):
            continue
        print(f"measuring {name} …", file=sys.stderr)
        rows += module.measure(repeat=asked.repeat)
    if asked.json:
        for row in rows:
            print(json.dumps(row))
    else:
        _print(rows)
    return 0


def _print(rows: Sequence[dict[str, Any]]) -> None:
    print(
        f"Python {platform.python_version()}, {platform.system()}. ratio: CPU seconds of the baseline (1.00)"
        " over the tool's, for the same work; above 1 is faster than the baseline.\n"
    )
    texts = [[_cell(row.get(name)) for name in COLUMNS] for row in rows]
    widths = [max(map(len, column)) for column in zip(COLUMNS, *texts, strict=True)]
    for cells in [list(COLUMNS), *texts]:
        parts = [
            cell.ljust(w) if at < 2 else cell.rjust(w) for at, (cell, w) in enumerate(zip(cells, widths, strict=True))
        ]
        print("  ".join(parts).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    sys.exit(main())
