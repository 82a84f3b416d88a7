"""Anything in anything: what tunnel brokers carried IPv6 in."""

from __future__ import annotations

import numpy as np

from parsers.network.links import RAW
from parsers.network.tunnels.load import Found, Load, all_of


def ayiya(load: Load) -> list[Found]:
    """draft-massar-v6ops-ayiya-02 section 3.2: identity of 2^n bytes, signature in words, opcode 1 forwards."""
    load = load.fit(8)
    load = load.keep((load.u8(2) & 15 == 1) & np.isin(load.u8(3), (4, 41)))
    identity = np.left_shift(1, load.u8(0) >> 4).astype(np.int32)
    load = load.moved(8 + identity + (load.u8(1) >> 4) * 4)
    load = load.keep(load.at < 65_535).fit(1)
    return all_of(load.keep(np.isin(load.u8(0) >> 4, (4, 6))), RAW, "AYIYA")
