"""When the implant on WEB01 calls out: about every period, a little early or late."""

from __future__ import annotations

from forensics.demo.draw import Draw
from forensics.demo.scenario import BEACON_BEGIN, BEACON_END, BEACON_JITTER_MS, BEACON_PERIOD_S, SECOND


def beacon_times(seed: int) -> list[int]:
    """True times of the calls, ns."""
    draw = Draw(seed, "beacon")
    times, moment = [], BEACON_BEGIN
    while moment < BEACON_END:
        times.append(moment)
        moment += BEACON_PERIOD_S * SECOND + draw.between(-BEACON_JITTER_MS, BEACON_JITTER_MS) * 1_000_000
    return times
