"""The tunnels of mobile networks."""

from __future__ import annotations

import numpy as np

from parsers.network.links import RAW
from parsers.network.tunnels.load import Found, Load, all_of

EXTENSIONS = 8  # extension headers of GTP-U peeled; real packets have one or two


def gtp(load: Load) -> list[Found]:
    """GTP-U (3GPP TS 29.281 section 5): version 1, a G-PDU, with extension headers; it carries IP."""
    load = load.fit(8)
    load = load.keep((load.u8(0) & 0xF0 == 0x30) & (load.u8(1) == 255))
    optional = load.u8(0) & 7 != 0
    plain, load = load.keep(~optional).moved(8), load.keep(optional).fit(12)
    done = [plain]
    kind, load = load.u8(11), load.moved(12)
    extended = load.u8(-12) & 4 != 0
    for _ in range(EXTENSIONS):
        more = extended & (kind != 0)
        done.append(load.keep(~more))
        load = load.keep(more).fit(4)
        if not len(load.rows):
            break
        size = load.u8(0) * 4
        load = load.keep(size > 0)
        load = load.moved(load.u8(0) * 4)
        inside = load.moved(-1).fit(1)
        kind, load, extended = inside.u8(0), inside.moved(1), np.ones(len(inside.rows), np.bool_)
    found: list[Found] = []
    for part in done:
        part = part.fit(1)
        found += all_of(part.keep(np.isin(part.u8(0) >> 4, (4, 6))), RAW, "GTPv1")
    return found


def gtp0(load: Load) -> list[Found]:
    """The GTP of GPRS (3GPP TS 09.60 sections 6 and 9.1): version 0, no charging, a T-PDU; a header of 20 bytes before IP."""
    load = load.fit(21)
    load = load.keep((load.u8(0) & 0xF0 == 0x10) & (load.u8(1) == 255) & (load.u16(2) <= load.end - load.at - 20))
    return all_of(load.keep(np.isin(load.u8(20) >> 4, (4, 6))).moved(20), RAW, "GTPv0")
