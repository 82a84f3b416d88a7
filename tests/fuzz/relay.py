"""A long run of atheris as processes one after the other: its tables grow with every input, so each takes some and hands on the corpus."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar


@dataclass
class Tally:
    """What the processes so far have done: inputs, the slowest of them, what broke where and how often, inputs by kind."""

    NAME: ClassVar[str] = "tally.json"  # what a process leaves behind
    processes: int = 0
    inputs: int = 0
    slowest: float = 0.0
    broken: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)

    def take(self, left: Path) -> bool:
        """Add what a process left behind; False where it died before it could."""
        if not left.exists():
            return False
        inputs, slowest, broken, given = json.loads(left.read_text())
        left.unlink()
        self.processes, self.inputs, self.slowest = self.processes + 1, self.inputs + inputs, max(self.slowest, slowest)
        self.broken.update(broken)
        self.given.update(given)
        return True

    def told(self) -> str:
        """The same in words, with the least and the most that any kind of input was given."""
        kinds = self.given.most_common()
        span = f", {len(kinds)} kinds of {kinds[-1][1]} to {kinds[0][1]} each" if kinds else ""
        broken = dict(self.broken) or "none"
        return (
            f"{self.inputs} inputs in {self.processes} processes{span}, slowest {self.slowest:.1f} s, broken: {broken}"
        )


def relayed(arguments: list[str], out: Path, minutes: float, seed: int) -> int:
    """Start processes with these arguments until the time is over. Returns 1 when anything broke, or a process died."""
    out.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * minutes
    tally, died = Tally(), 0
    (out / Tally.NAME).unlink(missing_ok=True)
    while (left := (until - time.monotonic()) / 60) > 0.2 and died < 5:
        again = [*arguments, "--one-process", "--minutes", f"{left:.2f}", "--seed", str(seed + tally.processes + died)]
        done = subprocess.run([sys.executable, "-m", "tests.fuzz", *again], check=False)
        if not tally.take(out / Tally.NAME):
            died += 1
            print(f"a process ended with {done.returncode} before it could say why: see above", flush=True)
        print(f"{tally.told()}, corpus of {len(list((out / 'corpus').glob('*')))}", flush=True)
    return 1 if died or tally.broken else 0
