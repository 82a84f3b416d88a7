"""GRE, and what only it carries: ERSPAN, WCCP."""

from __future__ import annotations

import numpy as np

from parsers.network.frames import TYPED
from parsers.network.links import ETHERNET, RAW
from parsers.network.tunnels.load import NAMES, Found, Load, all_of

_PPP, _ERSPAN2, _ERSPAN3, _WCCP = 0x880B, 0x88BE, 0x22EB, 0x883E  # ethertypes that GRE uses


def gre(load: Load) -> list[Found]:
    """GRE (RFC 2784, 2890), its version 1 for PPTP (RFC 2637 section 4.1), and ERSPAN in it (draft-foschiano-erspan-03)."""
    load = load.fit(4)
    flags, kind = load.u16(0), load.u16(2)
    version = flags & 7
    routed = (flags & 0x4000) != 0  # source routes (RFC 1701) were given up in 2000
    good = ~routed & ((version == 0) | ((version == 1) & (kind == _PPP) & (flags & 0x1000 != 0))) & (kind >= 0x600)
    load, flags, kind, version = load.keep(good), flags[good], kind[good], version[good]
    words = ((flags & 0x8000) >> 15) + ((flags & 0x2000) >> 13) + ((flags & 0x1000) >> 12)
    words += np.where(version == 1, (flags & 0x80) >> 7, 0)  # acknowledgement
    span2, span3, cache = kind == _ERSPAN2, kind == _ERSPAN3, kind == _WCCP
    inner = load.moved(4 + 4 * words)
    plain = ~span2 & ~span3 & ~cache
    found = [Found(inner.keep(plain), kind[plain] + TYPED, NAMES.index("GRE"))]
    if not plain.all():
        head = np.where(flags[span2] & 0x1000 != 0, 8, 0)  # type I has neither sequence number nor header of its own
        found += all_of(inner.keep(span2).moved(head), ETHERNET, "ERSPAN")
        found += _erspan3(inner.keep(span3))
        found += _redirected(inner.keep(cache))
    return found


def _erspan3(load: Load) -> list[Found]:
    load = load.fit(12)
    last = load.u16(10)
    kind = (last >> 10) & 31  # frame type: 0 Ethernet, 2 IP
    found = []
    for frame, link in ((0, ETHERNET), (2, RAW)):
        mine = kind == frame
        found += all_of(load.keep(mine).moved(12 + 8 * (last[mine] & 1)), link, "ERSPAN")  # platform header of 8 bytes
    return found


def _redirected(load: Load) -> list[Found]:
    """WCCP: version 2 puts 4 bytes before the IP packet."""
    load = load.fit(5)
    return all_of(load.moved(np.where(load.u8(0) >> 4 == 4, 0, 4)), RAW, "GRE")
