"""Detection: generated Sigma rules over generated process starts, ours against one scan a pattern and row.

Each tool runs in a fresh process, so that CPU seconds and peak memory are its own. Reading the rules is not measured.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 200_000
BASELINE_ROWS = 5_000  # the scan is so slow that more rows only cost time; the ratio is of seconds a row
RULES = 1_000
PATTERNS = 4  # of each rule: two in the command line, one image, one excluded parent
TOOLS = ("athar", "one scan a pattern")
_LOOKED_AT = ["CommandLine", "Image", "ParentImage"]
_SYLLABLES = (
    "ka",
    "ro",
    "mi",
    "tel",
    "dor",
    "vas",
    "quin",
    "lop",
    "zen",
    "har",
    "bix",
    "nor",
    "ful",
    "gra",
    "sen",
    "wim",
)


def _word(random: Random) -> str:
    return "".join(random.choice(_SYLLABLES) for _ in range(random.randrange(2, 5)))


def write_rules(path: Path, seed: int = 3) -> None:
    """Process creation rules from a seed, the same bytes each time."""
    random = Random(seed)
    texts = []
    for number in range(RULES):
        texts.append(
            f"title: Rule {number}\n"
            f"id: 00000000-0000-4000-8000-{number:012d}\n"
            "logsource: {product: windows, category: process_creation}\n"
            "detection:\n"
            "  selection:\n"
            f"    CommandLine|contains|all: [' -{_word(random)} ', '{_word(random)}.{_word(random)}']\n"
            f"    Image|endswith: '\\{_word(random)}.exe'\n"
            "  filter:\n"
            f"    ParentImage|endswith: '\\{_word(random)}.exe'\n"
            "  condition: selection and not filter\n"
        )
    path.write_text("---\n".join(texts), encoding="utf-8")


def process_starts(rows: int, seed: int = 5) -> pa.Table:
    """Sysmon process starts from a seed: command lines nearly all distinct, images few."""
    import pyarrow as pa

    random = Random(seed)
    images = [f"C:\\Program Files\\{_word(random)}\\{_word(random)}.exe" for _ in range(400)]
    lines = [
        f'"{random.choice(images)}" -{_word(random)} {_word(random)}.{_word(random)} /{_word(random)}:{random.randrange(10**6)}'
        for _ in range(rows)
    ]
    return pa.table(
        {
            "Channel": pa.array(["Microsoft-Windows-Sysmon/Operational"] * rows),
            "EventID": pa.array([1] * rows, pa.int32()),
            "CommandLine": pa.array(lines),
            "Image": pa.array([random.choice(images) for _ in range(rows)]),
            "ParentImage": pa.array([random.choice(images) for _ in range(rows)]),
        }
    )


def match_with_athar(rules: Path, rows: int) -> tuple[Callable[[], int], int]:
    """What to measure, and the bytes of text it looks at."""
    from timelines.detection import Engine, evaluate, load_rules

    loaded = load_rules([rules], own=False)
    table = process_starts(rows)
    return (lambda: sum(map(len, evaluate(Engine(loaded.rules), "windows/sysmon", table).values()))), table.nbytes


def match_by_scanning(rules: Path, rows: int) -> tuple[Callable[[], int], int]:
    """The same answer the plain way: every pattern looked for in every row."""
    import yaml

    wanted = [_needles(document["detection"]) for document in yaml.safe_load_all(rules.read_text("utf-8"))]
    table = process_starts(rows)
    events = [tuple(row[name].lower() for name in _LOOKED_AT) for row in table.select(_LOOKED_AT).to_pylist()]

    def scan() -> int:
        return sum(
            first in line and second in line and started.endswith(image) and not starter.endswith(parent)
            for line, started, starter in events
            for first, second, image, parent in wanted
        )

    return scan, table.nbytes


def _needles(block: dict[str, Any]) -> tuple[str, str, str, str]:
    first, second = block["selection"]["CommandLine|contains|all"]
    return (
        first.lower(),
        second.lower(),
        block["selection"]["Image|endswith"].lower(),
        block["filter"]["ParentImage|endswith"].lower(),
    )


def _child(tool: str, rules: Path, rows: int) -> None:
    make = match_with_athar if tool == TOOLS[0] else match_by_scanning
    work, size = make(rules, rows)
    cpu, wall = time.process_time(), time.perf_counter()
    matches = work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps({"bytes": size, "cpu_s": cpu, "wall_s": wall, "peak_mb": _peak_mb(), "matches": matches}))


def _peak_mb() -> float | None:
    try:
        import resource
    except ImportError:  # Windows has no such module
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def measure(repeat: int = 3) -> list[dict[str, Any]]:
    """One row a tool; `ratio` is the scan's CPU seconds a row over the tool's."""
    out: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.yml"
        write_rules(rules)
        for tool, rows in zip(TOOLS, (ROWS, BASELINE_ROWS), strict=True):
            runs = [_run(tool, rules, rows) for _ in range(repeat)]
            middle = {name: statistics.median(run[name] for run in runs) for name in ("bytes", "cpu_s", "wall_s")}
            peak = runs[0]["peak_mb"]
            work = f"{RULES:,} Sigma rules, {RULES * PATTERNS:,} patterns"
            out.append(
                {"work": work, "tool": tool, "rows": rows, **middle, "bytes": int(middle["bytes"]), "peak_mb": peak}
            )
    plain = out[1]["cpu_s"] / out[1]["rows"]
    for row in out:
        row["ratio"] = plain * row["rows"] / row["cpu_s"]
    return out


def _run(tool: str, rules: Path, rows: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.detection", tool, str(rules), str(rows)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    _child(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
