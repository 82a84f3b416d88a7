"""When each password is tried on SRV02, from which port, against which account."""

from __future__ import annotations

from forensics.demo.draw import Draw
from forensics.demo.scenario import SPRAY_BEGIN, SPRAY_ROUNDS, SPRAY_STEP_MS, SPRAYED


def attempts(seed: int) -> list[tuple[int, int, str]]:
    """(true time in ns, source port, account) of every failed try, round after round over all accounts."""
    draw = Draw(seed, "spray")
    out = []
    for number in range(SPRAY_ROUNDS * len(SPRAYED)):
        moment = SPRAY_BEGIN + (number * SPRAY_STEP_MS + draw.below(1_500)) * 1_000_000
        out.append((moment, 51_200 + number, SPRAYED[number % len(SPRAYED)]))
    return out
