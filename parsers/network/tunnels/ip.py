"""IP in IP, Ethernet in IP."""

from __future__ import annotations

import numpy as np

from parsers.network.links import ETHERNET, RAW
from parsers.network.tunnels.load import Found, Load, all_of


def ip(load: Load) -> list[Found]:
    """IP in IP (RFC 2003, 2473, 4213): the first four bits are the version."""
    load = load.fit(1)
    return all_of(load.keep(np.isin(load.u8(0) >> 4, (4, 6))), RAW, "IP")


def etherip(load: Load) -> list[Found]:
    """RFC 3378."""
    load = load.fit(2)
    return all_of(load.keep(load.u8(0) >> 4 == 3).moved(2), ETHERNET, "ETHERIP")
