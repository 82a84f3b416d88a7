"""VXLAN, its extension GPE, and Geneve, which is to follow both."""

from __future__ import annotations

from parsers.network.frames import TYPED
from parsers.network.links import ETHERNET
from parsers.network.notes import IPV4, IPV6, MPLS
from parsers.network.tunnels.load import NAMES, Found, Load, all_of


def vxlan(load: Load) -> list[Found]:
    """RFC 7348: the flag that a network id is there; the other bits are to be ignored."""
    load = load.fit(8)
    return all_of(load.keep(load.u8(0) & 8 != 0).moved(8), ETHERNET, "VXLAN")


def vxlan_gpe(load: Load) -> list[Found]:
    """draft-ietf-nvo3-vxlan-gpe section 3: the fourth byte tells what follows."""
    load = load.fit(8)
    load = load.keep(load.u8(0) & 0xCC == 0x0C)
    found = []
    for kind, link in ((1, TYPED + IPV4), (2, TYPED + IPV6), (3, ETHERNET), (5, TYPED + MPLS)):
        found += all_of(load.keep(load.u8(3) == kind).moved(8), link, "VXLAN")
    return found


def geneve(load: Load) -> list[Found]:
    """RFC 8926 section 3.4: version 0, options in words, an ethertype."""
    load = load.fit(8)
    load = load.keep((load.u8(0) >> 6 == 0) & (load.u16(2) >= 0x600))
    return [Found(load.moved(8 + (load.u8(0) & 63) * 4), load.u16(2) + TYPED, NAMES.index("GENEVE"))]
