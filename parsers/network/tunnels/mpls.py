"""MPLS in IP and in UDP."""

from __future__ import annotations

import numpy as np

from parsers.network.frames import TYPED
from parsers.network.notes import MPLS
from parsers.network.tunnels.load import Found, Load, all_of

LABELS = 4  # labels looked at where only the port speaks for MPLS


def mpls(load: Load) -> list[Found]:
    """RFC 4023."""
    return all_of(load.fit(4), TYPED + MPLS, "MPLS")


def mpls_in_udp(load: Load) -> list[Found]:
    """RFC 7510. A label looks like anything: below the last one there must be IP of just the length that is left."""
    found: list[Found] = []
    start = load
    for number in range(1, LABELS + 1):
        load = load.fit(4 * number + 8)
        last = load.u8(4 * number - 2) & 1 != 0
        packet = load.keep(last).moved(4 * number)
        version = packet.u8(0) >> 4
        length = np.where(version == 4, packet.u16(2), np.where(version == 6, packet.u16(4) + 40, -1))
        sound = np.isin(start.rows, packet.rows[length == packet.end - packet.at])
        found += all_of(start.keep(sound), TYPED + MPLS, "MPLS")
        load = load.keep(~last)
    return found
