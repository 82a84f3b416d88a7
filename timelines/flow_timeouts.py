"""How long nothing may pass between two ends before what passes next is another flow: the examiner's choice, kept with the exhibit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SECOND = 1_000_000_000
UNITS = {"ms": SECOND // 1_000, "s": SECOND, "min": 60 * SECOND, "h": 3_600 * SECOND, "d": 86_400 * SECOND}  # ns
LONGEST = 3_650 * UNITS["d"]  # ns; with more, sums of it and a time would not fit 64 bits
_GIVEN = re.compile(r"(tcp|udp|icmp)=([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|min|h|d)")


@dataclass(frozen=True, slots=True)
class FlowTimeouts:
    """Idle times in ns. Unless given those of Zeek (tcp_, udp_ and icmp_inactivity_timeout); `icmp` is for all that is not TCP or UDP."""

    tcp: int = 300 * SECOND
    udp: int = 60 * SECOND
    icmp: int = 60 * SECOND


def flow_timeouts(given: Sequence[str]) -> FlowTimeouts:
    """What texts such as `tcp=1h` ask for. Raises ValueError for one that says no time."""
    found: dict[str, int] = {}
    for text in given:
        told = _GIVEN.fullmatch(text.strip())
        if told is None:
            units = ", ".join(UNITS)
            raise ValueError(
                f"flow time-out {text!r}: expected tcp, udp or icmp, and a time with its unit ({units}): tcp=1h"
            )
        name, number, unit = told.groups()
        whole, _, part = number.partition(".")
        time = int(whole) * UNITS[unit] + int(part.ljust(3, "0") or 0) * (UNITS[unit] // 1_000)
        if not 0 < time <= LONGEST:
            raise ValueError(
                f"flow time-out {text!r}: expected more than nothing and at most {LONGEST // UNITS['d']} d"
            )
        if name in found:
            raise ValueError(f"flow time-out {text!r}: {name} is given twice; give it once")
        found[name] = time
    return FlowTimeouts(**found)


def written(timeouts: FlowTimeouts) -> tuple[str, ...]:
    """What differs from the default, as texts that `flow_timeouts` reads: the same times have the same texts however they were given."""
    usual = FlowTimeouts()
    changed = [(name, getattr(timeouts, name)) for name in ("tcp", "udp", "icmp")]
    return tuple(f"{name}={seconds(time)}s" for name, time in changed if time != getattr(usual, name))


def seconds(time: int) -> str:
    """A time in ns as seconds: `300`, or `0.5` where it is not whole."""
    whole, part = divmod(time, SECOND)
    return f"{whole}.{part:09d}".rstrip("0").rstrip(".") if part else str(whole)
