"""Tunnels: which rows carry another packet, where it begins, and with what.

One function a kind of tunnel header, one file for those that are alike. Each is given the rows whose protocol number or port may be one,
and judges by what the header says: traffic that only shares the port stays what it is.
"""

from __future__ import annotations

import numpy as np

from parsers.network.frames import Inner
from parsers.network.headers import UDP
from parsers.network.notes import MALFORMED
from parsers.network.records import Int64s
from parsers.network.stack import Stack
from parsers.network.tunnels.ayiya import ayiya
from parsers.network.tunnels.gre import gre
from parsers.network.tunnels.gtp import gtp, gtp0
from parsers.network.tunnels.ip import etherip, ip
from parsers.network.tunnels.l2tp import l2tp, l2tp_ip
from parsers.network.tunnels.load import NAMES as NAMES
from parsers.network.tunnels.load import Finder, Load
from parsers.network.tunnels.mpls import mpls, mpls_in_udp
from parsers.network.tunnels.teredo import between_hosts, teredo
from parsers.network.tunnels.vxlan import geneve, vxlan, vxlan_gpe

# By IANA protocol number, and by UDP port.
BY_PROTOCOL: dict[int, Finder] = {4: ip, 41: ip, 47: gre, 94: ip, 97: etherip, 115: l2tp_ip, 137: mpls}
BY_PORT: dict[int, Finder] = {
    1701: l2tp, 2152: gtp, 3386: gtp0, 3544: teredo, 4789: vxlan, 4790: vxlan_gpe,
    5072: ayiya, 6081: geneve, 6635: mpls_in_udp, 8472: vxlan,
}  # fmt: skip
PORTS = np.zeros(65_536, np.bool_)
PORTS[list(BY_PORT)] = True
_NUMBERS = np.zeros(256, np.bool_)
_NUMBERS[list(BY_PROTOCOL)] = True


def find(stack: Stack) -> None:
    """Tell the stack which of its rows carry another packet."""
    frames, out = stack.frames, stack.out
    udp = np.flatnonzero(out.proto == UDP)
    ported = udp[PORTS[out.dport[udp]] | PORTS[out.sport[udp]]]
    for port, finder in BY_PORT.items() if len(ported) else ():
        mine = ported[(out.dport[ported] == port) | (out.sport[ported] == port)]
        _add(stack, mine, finder)
    _add(stack, udp[between_hosts(stack, udp, PORTS)], teredo)
    other = np.flatnonzero((out.proto >= 0) & (out.proto < 256) & (frames.note < MALFORMED))
    other = other[_NUMBERS[out.proto[other]]]
    for number, finder in BY_PROTOCOL.items() if len(other) else ():
        _add(stack, other[out.proto[other] == number], finder)


def _add(stack: Stack, rows: Int64s, finder: Finder) -> None:
    if not len(rows):
        return
    out = stack.out
    at = (out.at[rows] - stack.base[rows]).astype(np.int32)
    for found in finder(Load(stack.frames, rows, at, at + out.declared[rows])):
        load = found.load
        room = np.minimum(load.end, stack.frames.caplen[load.rows]) > load.at
        if room.any():
            stack.inner.append(Inner(load.rows[room], load.at[room], found.link[room], found.tunnel))
