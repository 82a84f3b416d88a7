"""What a verification is made of: single checks, each with what was looked at, how it came out, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "failed", "not-checked"]
Verdict = Literal["ok", "failed", "incomplete"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `name` is the kind of check, `subject` what it was done on, `detail` what was found, in one line."""

    name: str
    subject: str
    state: State
    detail: str

    @property
    def ok(self) -> bool:
        return self.state == "ok"


@dataclass(frozen=True, slots=True)
class Verification:
    """Everything that was checked, in order: evidence, custody, signatures, timeline, files of the case."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        states = {check.state for check in self.checks}
        return "failed" if "failed" in states else "incomplete" if "not-checked" in states else "ok"

    @property
    def ok(self) -> bool:
        return self.verdict == "ok"

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.state == "failed")
