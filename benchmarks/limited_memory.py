"""Captures larger than memory: our pipeline where the system can keep half of a capture, with payload kept beside the packets that are set
aside and without (docs/decisions/0019-large-captures.md).

Linux, as root: memory is limited by a control group (cgroups(7), version 1 or 2). Only with ATHAR_BENCH_LARGE=1. `bytes` is what was read
from the disk; a machine that is busy otherwise hides what of the wall time is waiting for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.captures import Run, run_command
from forensics import own_process

SIZE = 3_000_000_000  # bytes of the capture
LIMIT = 1_600 << 20  # bytes of memory, for a process and what the system keeps of files for it
_ROOT = Path(__file__).resolve().parent.parent
_GROUPS = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))  # version 1, version 2
_LIMITS = {"memory": "memory.limit_in_bytes", "cgroup": "memory.max"}


def measure(repeat: int = 1) -> list[dict[str, object]]:
    """One run of each over the same capture, whatever `repeat` says: they take minutes. The capture's pages are let go of before."""
    if os.environ.get("ATHAR_BENCH_LARGE") != "1":
        print("captures larger than memory are read with ATHAR_BENCH_LARGE=1 alone", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(prefix="athar-bench-") as folder, _limited() as group:
        if group is None:
            print("no control group can be made here: memory is not limited", file=sys.stderr)
            return []
        path = Path(folder) / "mixed.pcap"
        writes = [sys.executable, "-m", "benchmarks.captures", "write", "mixed", str(SIZE), str(path)]
        subprocess.run(writes, cwd=_ROOT, check=True)
        runs = {tool: _read(path, Path(folder) / "read", keep, group) for tool, keep in _WAYS.items()}
    baseline = runs["payload read from the capture"][0].cpu_s
    work = f"real captures, copied, {SIZE / 1e6:,.0f} MB in {LIMIT / 1e6:,.0f} MB of memory"
    return [
        {"work": work, "tool": tool, "rows": run.rows, "bytes": read, "cpu_s": round(run.cpu_s, 2), "wall_s": round(run.wall_s, 2),
         "peak_mb": round(run.peak_mb), "ratio": baseline / run.cpu_s}
        for tool, (run, read) in runs.items()
    ]  # fmt: skip


_WAYS = {"payload read from the capture": False, "payload kept": True}


def _read(path: Path, told: Path, keep: bool, group: Path) -> tuple[Run, int]:
    """A run in a process of the control group, and the bytes that it read from the disk."""
    with path.open("rb") as capture:
        os.posix_fadvise(capture.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    joins = f'echo $$ > "{group}/cgroup.procs" && exec "$@"'
    command = [sys.executable, "-m", "benchmarks.limited_memory", str(path), str(told), str(int(keep))]
    run = run_command(["sh", "-c", joins, "sh", *command])
    return run, int(told.read_text())


@contextmanager
def _limited() -> Iterator[Path | None]:
    """A control group with LIMIT bytes of memory, or None."""
    for root in _GROUPS:
        group = root / f"athar-bench-{os.getpid()}"
        limit = group / _LIMITS[root.name]
        try:
            group.mkdir()
            limit.write_text(str(LIMIT))
        except OSError:
            if group.is_dir():
                group.rmdir()
            continue
        try:
            yield group
        finally:
            group.rmdir()
        return
    yield None


def main(path: str, told: str, keep: str) -> None:
    """Read a capture with one worker, keeping payload or not, and write down how much was read from the disk."""
    own_process.begin()
    from benchmarks.pipeline import load, to_parquet
    from parsers.network import kept_payload

    kept_payload.memory_size = lambda: 0 if keep == "1" else sys.maxsize  # type: ignore[assignment]
    load("network/capture")
    rows = to_parquet([Path(path)], "network/capture")
    (read,) = [line for line in Path("/proc/self/io").read_text().splitlines() if line.startswith("read_bytes: ")]
    Path(told).write_text(read.removeprefix("read_bytes: "))
    print(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
