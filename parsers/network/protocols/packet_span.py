"""The packets a row was read from, as their first and last in time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


def packet_span(packets: Iterable[int], packet_time: npt.NDArray[np.int64]) -> tuple[int, int]:
    """First and last of some packets (0-based) by time, then by place in the file. There must be one."""
    order = sorted(packets, key=lambda packet: (int(packet_time[packet]), packet))
    return order[0], order[-1]
