"""Runs a fuzzer over a reader: `python -m tests.fuzz atheris --of captures --minutes 30 --out FOLDER`.

`atheris` (coverage-guided, has to be installed apart: it has no wheels for Windows) or `hypothesis`. One input may take LIMIT_S seconds
of processor time and MEMORY bytes of address space. What breaks is kept in FOLDER, a few
times for each place that it broke in; inputs go on. atheris' own tables grow with every input, so it runs in processes of INPUTS each, one
after the other, which hand on the corpus (`relay.py`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from tests.fuzz.relay import Tally, relayed

LIMIT_S = 20
MEMORY = 4 << 30
INPUTS = 12_000  # of one process under atheris: it grows by 0.1 to 0.3 MB each


class Slow(Exception):
    """An input took longer than LIMIT_S."""


def _slow(number: int, frame: FrameType | None) -> None:
    raise Slow


class Target(Protocol):
    """A reader to be fuzzed."""

    def one(self, choices: bytes, folder: Path) -> tuple[str, bytes, Callable[[], object]]:
        """The input that `choices` decide: what its file name ends in, its bytes, and what checks it."""
        ...

    def first(self) -> list[bytes]:
        """Choices to begin with, so that no part of the reader has to be come upon by chance."""
        ...


class EventLogs:
    """Windows event logs, made from chunks of each so manieth real one and of our own writer."""

    instrumented = ("parsers.windows", "timelines")

    def __init__(self, every: int) -> None:
        from tests.fuzz.seeds import all_seeds

        self.seeds = all_seeds(every)

    def one(self, choices: bytes, folder: Path) -> tuple[str, bytes, Callable[[], object]]:
        from tests.fuzz.checks import check
        from tests.fuzz.mutation import mutated

        log = mutated(self.seeds, choices)
        return ".evtx", log, lambda: check(log, folder)

    def first(self) -> list[bytes]:
        return []


class Captures:
    """Packet captures: real ones, and conversations of each protocol."""

    instrumented = ("parsers.network",)

    def __init__(self, every: int) -> None:
        from tests.fuzz.capture_mutation import seeds

        self.seeds = seeds(every)

    def one(self, choices: bytes, folder: Path) -> tuple[str, bytes, Callable[[], object]]:
        from tests.fuzz.capture_checks import check
        from tests.fuzz.capture_mutation import mutated

        made = mutated(self.seeds, choices)
        return f".{made.service or 'any'}.pcap", made.data, lambda: check(made.data, folder, made.service)

    def first(self) -> list[bytes]:
        from tests.fuzz.capture_mutation import first

        return first(self.seeds)


TARGETS: dict[str, Any] = {"logs": EventLogs, "captures": Captures}


class Run:
    """Counts inputs, keeps the first that broke at each place, and ends when its time is over, or after `most` inputs."""

    def __init__(self, target: Target, out: Path, minutes: float, most: int = sys.maxsize) -> None:
        self.target, self.out, self.until, self.most = target, out, time.monotonic() + 60 * minutes, most
        self.inputs, self.broken, self.slowest = 0, {}, 0.0
        self.given: Counter[str] = Counter()
        self.folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        out.mkdir(parents=True, exist_ok=True)
        signal.signal(signal.SIGVTALRM, _slow)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    def one(self, choices: bytes) -> None:
        if time.monotonic() > self.until or self.inputs >= self.most:
            print(self.told(), flush=True)
            (self.out / Tally.NAME).write_text(json.dumps([self.inputs, self.slowest, self.broken, self.given]))
            os._exit(1 if self.broken else 0)
        self.inputs += 1
        ending, data, check = self.target.one(choices, self.folder)
        self.given[ending] += 1
        began = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT_S)
        try:
            check()
        except Exception as error:  # noqa: BLE001  whatever it is, it is what the run is for
            self._keep(error, data, ending)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        took = time.process_time() - began
        if took > max(self.slowest, 2.0):
            (self.out / f"slowest{ending}").write_bytes(data)
        self.slowest = max(self.slowest, took)
        if self.inputs % 500 == 0:
            print(self.told(), flush=True)

    def _keep(self, error: Exception, data: bytes, ending: str) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} {Path(frame.filename).name}:{frame.lineno}"
        self.broken[place] = self.broken.get(place, 0) + 1
        if self.broken[place] <= 5:
            name = f"{hashlib.sha256(data).hexdigest()[:12]}{ending}"
            (self.out / name).write_bytes(data)
            print(f"{place}: {name}\n{''.join(traceback.format_exception(error)[-4:])[-1800:]}", flush=True)

    def told(self) -> str:
        memory = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20
        return f"{self.inputs} inputs, slowest {self.slowest:.1f} s, {memory} MiB, broken: {self.broken or 'none'}"


def _hypothesis(run: Run) -> None:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    @settings(
        max_examples=1_000_000,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.binary(max_size=200))
    def drawn(choices: bytes) -> None:
        run.one(choices)

    while True:
        drawn()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("engine", choices=("atheris", "hypothesis"))
    parser.add_argument("--of", choices=sorted(TARGETS), default="logs")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "athar-fuzz")
    parser.add_argument(
        "--every", type=int, default=12, help="take chunks of each so manieth real log, or every so manieth capture"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one-process", action="store_true", help="of INPUTS under atheris; what the others start")
    asked = parser.parse_args()
    if asked.engine == "atheris" and not asked.one_process:
        sys.exit(relayed(sys.argv[1:], asked.out, asked.minutes, asked.seed))
    target = TARGETS[asked.of]
    if asked.engine == "hypothesis":
        _hypothesis(Run(target(asked.every), asked.out, asked.minutes))
        return
    import atheris

    os.environ["NUMBA_DISABLE_JIT"] = (
        "1"  # instrumented kernels can't be compiled; as plain Python they are covered too
    )
    with atheris.instrument_imports(include=list(target.instrumented)):
        import tests.fuzz.capture_checks
        import tests.fuzz.checks  # noqa: F401
        from parsers.network.protocols import all_dissectors

        all_dissectors()
    run = Run(target(asked.every), asked.out, asked.minutes, INPUTS)
    corpus = asked.out / "corpus"
    corpus.mkdir(exist_ok=True)
    for choices in run.target.first():
        (corpus / hashlib.sha1(choices, usedforsecurity=False).hexdigest()).write_bytes(choices)
    options = ["-max_len=200", "-len_control=0", "-timeout=600", "-rss_limit_mb=0", f"-seed={asked.seed}"]
    atheris.Setup([sys.argv[0], f"-artifact_prefix={asked.out}/", *options, str(corpus)], run.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
