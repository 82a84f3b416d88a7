"""Flows in which a group of hosts is asked, or a host answers one that asked a group, many at a time: queries alone, or responses alone.

Nearly all of these rows wait for one another (`elsewhere.py`). Flows with both, or with anything odd, are left to `pairs.py`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Record
from parsers.network.protocols.dns.elsewhere import Address, awaiting
from parsers.network.protocols.dns.messages import numbered
from parsers.network.protocols.dns.pairs import Exchange, alone
from parsers.network.protocols.dns.together import held, paired, read
from parsers.network.protocols.tabular import Datagrams, Tabulated
from parsers.network.records import Bools


def tabulate(grams: Datagrams, wanted: Bools, netbios: bool, packet_time: npt.NDArray[np.int64]) -> Tabulated:
    """The rows of those of the wanted flows that go one way, as records."""
    plain = wanted & held(grams)
    found = read(grams, plain, netbios)
    replies, count = (np.bincount(found.flow, weight, len(plain)) for weight in (found.reply, None))
    plain &= (replies == 0) | (replies == count)
    plain[found.flow[found.bodies.question[found.body] < 0]] = False
    _, again, _ = paired(found)
    rows = np.flatnonzero(plain[found.flow])
    numbers, uids, ends = grams.flows.tolist(), grams.uid.to_pylist(), _ends(grams)
    out: list[Record] = []
    columns = (found.flow, found.packet, found.forward, found.number, found.body, again)
    for flow, packet, forward, number, which, repeats in zip(*(one[rows].tolist() for one in columns), strict=True):
        body = found.bodies.said[which]
        if body is not None:
            note = numbered(packet, forward, number, body)
            for record in alone(note, Exchange(numbers[flow], "udp", netbios, True, packet_time), repeats):
                awaiting(record, note, ends[flow], uids[flow])
                out.append(record)
    return Tabulated((), out, grams.flows[plain])


def _ends(grams: Datagrams) -> list[tuple[Address, Address]]:
    """Originator and responder of each flow."""
    sides = (grams.orig, grams.orig_port), (grams.resp, grams.resp_port)
    orig, resp = (list(zip(host.to_pylist(), port.tolist(), strict=True)) for host, port in sides)
    return list(zip(orig, resp, strict=True))
