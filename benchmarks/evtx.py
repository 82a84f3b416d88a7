"""Windows event logs: our columns against the Rust `evtx` package's iteration, which yields JSON text, and against that text parsed.

Two works: one large log (made of the full chunks of real logs when they are beside the checkout, else written from a seed) and many small
ones. Each tool runs in a fresh process, so that CPU seconds and peak memory are its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

LARGE = 128 << 20  # bytes of the large log
SMALL = 200  # small logs written when there are no real ones
ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "evidence" / "windows"
BASELINE = "evtx JSON text"
FILE_HEADER, CHUNK = 4096, 65_536


def real_logs() -> list[Path]:
    return sorted(REAL.rglob("*.evtx")) if REAL.is_dir() else []


def write_large(path: Path, size: int = LARGE) -> int:
    """One log of at least `size` bytes; returns its size. The chunks of real logs that are full, over and over, else invented events."""
    head, chunks = b"", []
    for log in real_logs():
        data = log.read_bytes()
        head = head or data[:FILE_HEADER]
        for at in range(FILE_HEADER, len(data) - CHUNK + 1, CHUNK):
            free = int.from_bytes(data[at + 48 : at + 52], "little")  # offset of the chunk's free space
            if data[at : at + 8] == b"ElfChnk\0" and 60_000 < free <= CHUNK:
                chunks.append(data[at : at + CHUNK])
    if not chunks:
        return _write_invented(path, size // 600)
    with path.open("wb") as out:
        out.write(head)
        while out.tell() < size:
            out.writelines(chunks)
    return path.stat().st_size


def _write_invented(path: Path, records: int) -> int:
    from forensics.demo.binxml_values import Kind
    from forensics.demo.evtx_writer import Event, write_log

    def events() -> Iterator[Event]:
        for number in range(records):
            names = (
                f"user{number % 90}",
                f"C:\\Program Files\\Example\\tool{number % 300}.exe",
                f"tool --item {number}",
            )
            yield Event(
                provider="Microsoft-Windows-Security-Auditing",
                provider_guid="{54849625-5478-4994-A5BA-3E3B0328C30D}",
                event_id=4688,
                time_ns=1_768_392_000_000_000_000 + number * 10_000_000,
                record_id=number + 1,
                computer="WEB01.tamrirt.example",
                data=(
                    ("SubjectUserSid", Kind.SID, "S-1-5-18"),
                    ("SubjectUserName", Kind.UNICODE, names[0]),
                    ("SubjectLogonId", Kind.HEX64, 999 + number % 40),
                    ("NewProcessName", Kind.UNICODE, names[1]),
                    ("CommandLine", Kind.UNICODE, names[2]),
                ),
            )

    write_log(path, "Security", events())
    return path.stat().st_size


def _batches(logs: list[Path]) -> Iterator[tuple[str, Any, list[tuple[Path, int]]]]:
    """Family, rows and whose they are, read as a task reads them: small logs together, large ones piece by piece."""
    from forensics.tasks import TOGETHER_BYTES
    from parsers.base import Batch, Evidence, Shared
    from parsers.windows.evtx import PARSER

    together: list[tuple[Evidence, bytes]] = []
    for path in logs:
        evidence = Evidence("E001", path.name, path, path.stat().st_size, "0" * 64)
        if PARSER.joins(evidence.size):
            together.append((evidence, path.read_bytes()))
        else:
            for piece in PARSER.slices(evidence):
                for item in PARSER.parse(evidence, piece):
                    if isinstance(item, Batch):
                        yield item.family, item.rows, [(path, item.rows.num_rows)]
        if together and (path == logs[-1] or sum(len(held) for _, held in together) >= TOGETHER_BYTES):
            for shared in PARSER.parse_together(together):
                if isinstance(shared, Shared):
                    runs = [(together[file][0].path, rows) for file, rows in shared.runs]
                    yield shared.batch.family, shared.batch.rows, runs
            together = []


def read_with_athar(logs: list[Path]) -> int:
    """Rows of all logs as finished timeline columns."""
    from timelines.rows import Provenance, finish_together

    count = 0
    for family, rows, runs in _batches(logs):
        origins = [(Provenance("E001", path.name, "0" * 64), many) for path, many in runs]
        count += finish_together(family, rows, origins).num_rows
    return count


def read_with_athar_parser(logs: list[Path]) -> int:
    """Rows of all logs as the parser's Arrow batches, before provenance and core columns are added."""
    return sum(rows.num_rows for _, rows, _ in _batches(logs))


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
    "athar, finished rows": read_with_athar,
    "athar, parser only": read_with_athar_parser,
    BASELINE: read_with_evtx,
    "evtx JSON, parsed": read_with_evtx_and_json,
}


def tools() -> list[str]:
    """What can run here: the Rust package is installed on Linux only."""
    from importlib.util import find_spec

    return [tool for tool in READERS if "evtx" not in tool or find_spec("evtx") is not None]


def measure(repeat: int = 3) -> list[dict[str, object]]:
    """The best of `repeat` runs of each tool; `ratio` is the CPU seconds of `evtx` giving JSON text over the tool's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "small").mkdir()
        large = folder / "large.evtx"
        write_large(large)
        small = real_logs()
        if not small:
            small = [folder / "small" / f"{number}.evtx" for number in range(SMALL)]
            for path in small:
                _write_invented(path, 60)
        works = {"EVTX, one large log": [large], f"EVTX, {len(small)} small logs": small}
        return [row for work, logs in works.items() for row in _compared(work, logs, repeat)]


def _compared(work: str, logs: list[Path], repeat: int) -> list[dict[str, object]]:
    size = sum(path.stat().st_size for path in logs)
    best = {tool: min((_run(tool, logs) for _ in range(repeat)), key=lambda run: run["cpu_s"]) for tool in tools()}
    base = best[BASELINE]["cpu_s"] if BASELINE in best else None
    return [
        {"work": work, "tool": tool, "bytes": size, **run, "ratio": base / run["cpu_s"] if base else None}
        for tool, run in best.items()
    ]


def _run(tool: str, logs: list[Path]) -> dict[str, float]:
    listed = "\n".join(map(str, logs))
    command = [sys.executable, "-m", "benchmarks.evtx", tool]
    answer = subprocess.run(command, cwd=ROOT, input=listed, check=True, capture_output=True, text=True).stdout
    measured: dict[str, float] = json.loads(answer)
    return measured


def peak_mb() -> float:
    """This process's largest resident size so far, in 10^6 bytes; 0 where the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def main() -> None:
    """`python -m benchmarks.evtx TOOL < LIST`: run one tool here over the logs of the list and print what it took."""
    if "athar" in sys.argv[1]:  # loaded before the clock starts
        import pandas  # noqa: F401 - pyarrow loads it at its first array

        import forensics.tasks  # noqa: F401
        import parsers.windows.evtx  # noqa: F401
        import timelines.rows  # noqa: F401
    logs = [Path(line) for line in sys.stdin.read().splitlines()]
    cpu, wall = time.process_time(), time.perf_counter()
    rows = READERS[sys.argv[1]](logs)
    taken = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    print(json.dumps({"rows": rows, **taken, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
