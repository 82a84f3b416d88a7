"""Runs a fuzzer over the event log reader: `python -m tests.fuzz atheris --minutes 30 --out FOLDER`.

`atheris` (coverage-guided, has to be installed apart: it has no wheels for Windows) or `hypothesis`. One input may take LIMIT_S seconds
of processor time and MEMORY bytes of address space. What breaks is kept in FOLDER, once for each place that it broke in; inputs go on.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType

LIMIT_S = 20
MEMORY = 4 << 30


class Slow(Exception):
    """An input took longer than LIMIT_S."""


def _slow(number: int, frame: FrameType | None) -> None:
    raise Slow


class Run:
    """Counts inputs, keeps the first that broke at each place, and ends when its time is over."""

    def __init__(self, out: Path, minutes: float, every: int) -> None:
        from tests.fuzz.seeds import all_seeds

        self.out, self.until = out, time.monotonic() + 60 * minutes
        self.seeds = all_seeds(every)
        self.inputs, self.broken, self.slowest = 0, {}, 0.0
        self.folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        out.mkdir(parents=True, exist_ok=True)
        signal.signal(signal.SIGVTALRM, _slow)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    def one(self, choices: bytes) -> None:
        from tests.fuzz.checks import check
        from tests.fuzz.mutation import mutated

        if time.monotonic() > self.until:
            print(self.told(), flush=True)
            os._exit(1 if self.broken else 0)
        self.inputs += 1
        log = mutated(self.seeds, choices)
        began = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT_S)
        try:
            check(log, self.folder)
        except Exception as error:  # noqa: BLE001  whatever it is, it is what the run is for
            self._keep(error, log)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        self.slowest = max(self.slowest, time.process_time() - began)
        if self.inputs % 500 == 0:
            print(self.told(), flush=True)

    def _keep(self, error: Exception, log: bytes) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} {Path(frame.filename).name}:{frame.lineno}"
        self.broken[place] = self.broken.get(place, 0) + 1
        if self.broken[place] <= 5:
            name = f"{hashlib.sha256(log).hexdigest()[:12]}.evtx"
            (self.out / name).write_bytes(log)
            print(f"{place}: {name}\n{''.join(traceback.format_exception(error)[-3:])[-1500:]}", flush=True)

    def told(self) -> str:
        return f"{self.inputs} inputs, slowest {self.slowest:.1f} s, broken: {self.broken or 'none'}"


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
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "athar-fuzz")
    parser.add_argument("--every", type=int, default=12, help="take chunks of each so manieth real log")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.engine == "hypothesis":
        _hypothesis(Run(asked.out, asked.minutes, asked.every))
        return
    import atheris

    with atheris.instrument_imports(include=["parsers.windows", "timelines"]):
        import tests.fuzz.checks  # noqa: F401
    run = Run(asked.out, asked.minutes, asked.every)
    options = ["-max_len=200", "-len_control=0", "-timeout=600", "-rss_limit_mb=0", f"-seed={asked.seed}"]
    atheris.Setup([sys.argv[0], f"-artifact_prefix={asked.out}/", *options], run.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
