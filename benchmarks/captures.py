"""Captures: our whole pipeline, from the file to committed Parquet with every record type, against tshark's fields and NFStream's flows.

What is read: copies of the shared real captures, readdressed (`mixed_capture.py`), which are dense in records of many protocols; and plain
traffic made up (`generated_capture.py`), which is mostly payload. CPU seconds, wall seconds and peak memory are those of a process of its
own and of its workers, start-up included. docs/benchmarks-captures.md says how to run it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pipeline import used
from forensics import own_process

SIZES = (100 << 20,)  # bytes of the mixed capture
LARGE_SIZES = (800_000_000, 3_000_000_000)  # with ATHAR_BENCH_LARGE=1
FLOWS, LARGE_FLOWS = 4_500, 35_000  # of the one made up: about 100 and 800 MB
NFSTREAM = "ATHAR_NFSTREAM_PYTHON"  # names an interpreter that has NFStream, which is no dependency of ours
FIELDS = (
    "frame.number", "frame.time_epoch", "ip.src", "ip.dst", "tcp.srcport", "tcp.dstport", "http.request.method", "http.host",
    "http.request.uri", "http.user_agent", "http.response.code", "http.content_type", "http.content_length", "dns.id",
    "dns.qry.name", "dns.qry.type", "dns.flags.rcode", "dns.a", "dns.aaaa", "tls.handshake.type",
    "tls.handshake.extensions_server_name", "tls.handshake.version", "tls.handshake.ciphersuite", "tls.handshake.ja3",
)  # fmt: skip
_COUNT_FLOWS = "import sys, nfstream; print(sum(1 for _ in nfstream.NFStreamer(source=sys.argv[1], n_meters=1)))"


@dataclass(frozen=True, slots=True)
class Run:
    """What one tool took over one capture. `rows` is what it counted: rows, packets or flows; None where it does not tell."""

    rows: int | None
    cpu_s: float
    wall_s: float
    peak_mb: float


def measure(repeat: int = 3) -> list[dict[str, object]]:
    """The median, by CPU seconds, of `repeat` runs of each tool over each capture. `ratio` is tshark's CPU seconds over the tool's."""
    large = os.environ.get("ATHAR_BENCH_LARGE") == "1"
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="athar-bench-") as folder:
        for work, path in _captures(Path(folder), large):
            runs = _medians(_tools(path, Path(folder)), repeat)
            baseline = runs["tshark -T fields"]
            rows += [
                _row(f"{work}, {path.stat().st_size / 1e6:,.0f} MB", tool, run, baseline) for tool, run in runs.items()
            ]
            path.unlink()
    return rows


def _captures(folder: Path, large: bool) -> Iterator[tuple[str, Path]]:
    """Captures are written in a process of their own: a child's peak memory is never below its parent's."""
    from benchmarks.mixed_capture import EVIDENCE

    wanted = [("plain traffic", "generated", LARGE_FLOWS if large else FLOWS)]
    if EVIDENCE.is_dir():
        wanted += [("real captures, copied", "mixed", size) for size in (LARGE_SIZES if large else SIZES)]
    else:
        print(f"no shared evidence at {EVIDENCE}: only the capture made up is read", file=sys.stderr)
    for work, kind, size in wanted:
        path = folder / f"{kind}-{size}.pcap"
        subprocess.run([*_ourselves("write"), kind, str(size), str(path)], cwd=_ROOT, check=True)
        yield work, path


_ROOT = Path(__file__).resolve().parent.parent


def _ourselves(what: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.captures", what]


def _tools(path: Path, folder: Path) -> dict[str, list[str] | None]:
    """The command of each tool; None where the tool is missing."""
    tshark, other = shutil.which("tshark"), _nfstream()
    fields = [word for field in FIELDS for word in ("-e", field)]
    return {
        "tshark -T fields": [tshark, "-n", "-r", str(path), "-T", "fields", *fields] if tshark else None,
        "NFStream": [other, "-c", _COUNT_FLOWS, str(path)] if other else None,
        "athar": [*_ourselves("athar"), "1", str(path), str(folder / "case")],
        "athar, two workers": [*_ourselves("athar"), "2", str(path), str(folder / "case")],
    }


def _nfstream() -> str | None:
    named = os.environ.get(NFSTREAM)
    return named or (sys.executable if importlib.util.find_spec("nfstream") else None)


def _medians(tools: Mapping[str, list[str] | None], repeat: int) -> dict[str, Run | None]:
    """The median run of each tool by CPU seconds; None of one that is missing. They take turns: the speed of a machine changes."""
    for tool in (tool for tool, command in tools.items() if command is None):
        print(f"{tool} is missing" + (f": set {NFSTREAM}" if tool == "NFStream" else ""), file=sys.stderr)
    turns = [{tool: run_command(command) for tool, command in tools.items() if command} for _ in range(repeat)]
    runs = {tool: sorted((turn[tool] for turn in turns), key=lambda run: run.cpu_s) for tool in turns[0]}
    return {tool: runs[tool][repeat // 2] if tool in runs else None for tool in tools}


def run_command(command: list[str]) -> Run:
    """One run. Output is thrown away but for a count on its last line."""
    with tempfile.TemporaryFile() as out:
        begin = time.perf_counter()
        child = subprocess.Popen(command, cwd=_ROOT, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise RuntimeError(f"{command[0]} ended with {child.returncode}")
        out.seek(max(out.seek(0, 2) - 200, 0))
        last = out.read().split(b"\n")[-2:-1]
    peak = usage.ru_maxrss / (1_048_576 if sys.platform == "darwin" else 1_024)
    count = int(last[0]) if last and last[0].isdigit() else None
    return Run(count, usage.ru_utime + usage.ru_stime, wall, peak)


def _row(work: str, tool: str, run: Run | None, baseline: Run | None) -> dict[str, object]:
    if run is None:
        return {"work": work, "tool": f"{tool} (missing)"}
    ratio = baseline.cpu_s / run.cpu_s if baseline is not None else None
    figures = {"cpu_s": round(run.cpu_s, 2), "wall_s": round(run.wall_s, 2), "peak_mb": round(run.peak_mb)}
    return {"work": work, "tool": tool, "rows": run.rows, **figures, "ratio": ratio}


def read(path: Path, case: Path, workers: int) -> int:
    """Take a capture in and read it to committed Parquet, no rules, in a process that begins as the command's does. Returns its rows."""
    own_process.begin()
    from forensics.executors import prepare

    prepare(workers)  # as `athar run` does, before it loads what it needs itself
    from forensics import api, pipeline
    from forensics.frameless import frameless

    frameless()
    shutil.rmtree(case, ignore_errors=True)
    return pipeline.ingest(api.start(case, [path], None, None), workers).rows


def main(what: str, *arguments: str) -> None:
    """`write KIND SIZE PATH`: make a capture; `athar WORKERS PATH CASE`: read one, and print how many rows it gave."""
    if what == "write":
        from benchmarks.generated_capture import write_capture
        from benchmarks.mixed_capture import write_mixed

        kind, size, path = arguments
        made = write_mixed(Path(path), int(size)) if kind == "mixed" else write_capture(Path(path), int(size))
        print(json.dumps({"packets": made[0], "bytes": made[1]}), file=sys.stderr)
        return
    workers, path, case = arguments
    rows = read(Path(path), Path(case), int(workers))
    used()  # ends the process that workers were forked from: what they took is counted with this one's
    print(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
