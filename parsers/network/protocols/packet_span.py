"""The packets a row was read from, as their first and last in time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


def packet_span(packets: Iterable[int], packet_time: npt.NDArray[np.int64]) -> tuple[int, int]:
    """First and last of some packets (0-based) by time, then by place in the file. There must be one."""
    several = set(packets)
    if len(several) == 1:
        only = several.pop()
        return only, only
    order = sorted([(packet_time.item(packet), packet) for packet in several])
    return order[0][1], order[-1][1]
