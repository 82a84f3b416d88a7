"""L2TP, over UDP and over IP."""

from __future__ import annotations

import numpy as np

from parsers.network.links import ETHERNET, PPP
from parsers.network.notes import IPV4, IPV6
from parsers.network.tunnels.load import Found, Load, all_of


def l2tp(load: Load) -> list[Found]:
    """L2TP over UDP: data messages of version 2 (RFC 2661 section 3.1) and 3 (RFC 3931 section 4.1.2.1)."""
    load = load.fit(6)
    flags = load.u16(0)
    data = flags & 0x8000 == 0
    third = _pseudowire(load.keep(data & (flags & 15 == 3)).moved(8))
    load, flags = load.keep(data & (flags & 15 == 2)), flags[data & (flags & 15 == 2)]
    size = 6 + ((flags & 0x4000) >> 13) + ((flags & 0x0800) >> 9)  # length: 2 bytes; both sequence numbers: 4
    padded = flags & 0x0200 != 0
    start = load.moved(size)
    offset = start.keep(padded).fit(2)
    shifted = offset.moved(2 + offset.u16(0))
    return [*all_of(start.keep(~padded), PPP, "L2TP"), *all_of(shifted, PPP, "L2TP"), *third]


def l2tp_ip(load: Load) -> list[Found]:
    """L2TP version 3 over IP (RFC 3931 section 4.1.1.1): session 0 is control."""
    load = load.fit(4)
    return _pseudowire(load.keep((load.u16(0) | load.u16(2)) != 0).moved(4))


def _pseudowire(load: Load) -> list[Found]:
    """Ethernet behind a session id. Cookie (0, 4 or 8 bytes) and sublayer (0 or 4) are agreed beforehand and not written in the packet:
    the first place whose ethertype and what follows agree is taken."""
    found: list[Found] = []
    for skip in (0, 4, 8, 12):
        here = load.moved(skip).fit(15)
        ether, first = here.u16(12), here.u8(14)
        fits = (
            ((ether == IPV4) & (first >> 4 == 4))
            | ((ether == IPV6) & (first >> 4 == 6))
            | (ether == 0x0806)
            | (ether == 0x8100)
        )
        found += all_of(here.keep(fits), ETHERNET, "L2TP")
        load = load.keep(~np.isin(load.rows, here.rows[fits]))
    return found
