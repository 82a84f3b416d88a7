"""The regular expressions that rules may use: those that RE2 runs in linear time. Import it late: it needs pySigma."""

from __future__ import annotations

import re
from typing import Any

import re2
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RegexEngine

_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}


class BeyondLinear(ValueError):
    """A pattern that RE2 does not take: look-around, back-references, huge repetitions, or a mistake."""


def compiled(pattern: str) -> Any:
    """The pattern, compiled. Raises BeyondLinear with RE2's reason."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error.args[0])
        raise BeyondLinear(f"not for a linear-time engine (RE2): {said}") from error


class _Linear(RegexEngine):  # type: ignore[misc]
    """RE2 for pySigma's own checks, without its messages on the terminal."""

    def compile(self, pattern: str, flags: int = 0) -> Any:
        inline = "".join(letter for flag, letter in _FLAGS.items() if flags & flag)
        return compiled(f"(?{inline}){pattern}" if inline else pattern)

    @property
    def error(self) -> type[Exception]:
        return BeyondLinear


POLICY = SigmaPolicy(regex_engine=_Linear())
