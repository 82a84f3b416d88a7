"""IPv6 in UDP through address translators."""

from __future__ import annotations

import numpy as np

from parsers.network.frames import TYPED
from parsers.network.notes import IPV6
from parsers.network.records import Bools, Int64s
from parsers.network.stack import Stack
from parsers.network.tunnels.load import Found, Load, all_of

_PREFIX = 0x20010000  # 2001::/32


def teredo(load: Load) -> list[Found]:
    """RFC 4380 section 5.1.1: an authentication and an origin indication may precede the IPv6 packet."""
    load = load.fit(4)
    secured = load.u16(0) == 1
    size = np.where(secured, 13 + load.u8(2) + load.u8(3), 0)
    load = load.moved(size).fit(8)
    load = load.moved(np.where(load.u16(0) == 0, 8, 0)).fit(40)
    return all_of(load.keep(load.u8(0) >> 4 == 6), TYPED + IPV6, "TEREDO")


def between_hosts(stack: Stack, rows: Int64s, ported: Bools) -> Bools:
    """Teredo hosts that know one another use any port: IPv6 of the announced length from or to 2001::/32 (RFC 4380 section 2.6). Those on
    ports of tunnels (`ported`, by port) have been looked at."""
    frames, out = stack.frames, stack.out
    at = (out.at[rows] - stack.base[rows]).astype(np.int32)
    fit = (out.captured[rows] >= 40) & (at + 40 <= frames.width) & ~ported[out.dport[rows]] & ~ported[out.sport[rows]]
    kept = np.flatnonzero(fit)
    kept = kept[frames.u8(rows[kept], at[kept]) >> 4 == 6]
    found = np.zeros(len(rows), np.bool_)
    some, at = rows[kept], at[kept]
    if len(some):
        sized = frames.u16(some, at + 4) + 40 == out.declared[some]
        found[kept] = sized & ((frames.u32(some, at + 8) == _PREFIX) | (frames.u32(some, at + 24) == _PREFIX))
    return found
