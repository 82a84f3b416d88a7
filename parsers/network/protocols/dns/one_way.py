"""Flows in which a group of hosts is asked, or a host answers one that asked a group, many at a time: queries alone, or responses alone.

Nearly all of these rows wait for one another (`elsewhere.py`). Flows with both, or with anything odd, are left to `pairs.py`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.network.protocols import Record
from parsers.network.protocols.dns.bodies import body_or_none
from parsers.network.protocols.dns.elsewhere import Address, awaiting
from parsers.network.protocols.dns.messages import numbered
from parsers.network.protocols.dns.pairs import Exchange, alone
from parsers.network.protocols.dns.together import held, paired, read
from parsers.network.protocols.tabular import Datagrams, Tabulated
from parsers.network.records import Bools, Int64s


def tabulate(grams: Datagrams, wanted: Bools, netbios: bool, packet_time: npt.NDArray[np.int64]) -> Tabulated:
    """The rows of those of the wanted flows that go one way, as records."""
    plain = wanted & held(grams)
    found = read(grams, plain)
    said = [body_or_none(one, netbios) for one in found.distinct.to_pylist()]
    questions: dict[object, int] = {}
    asked = [-1 if one is None else questions.setdefault(one[1], len(questions)) for one in said]
    question, bits = np.array(asked, np.int64)[found.body], np.array([one[0] if one else 0 for one in said], np.int64)
    reply = bits[found.body] & 0x8000 != 0
    replies, count = (np.bincount(found.flow, weight, len(plain)) for weight in (reply, None))
    plain &= (replies == 0) | (replies == count)
    plain[found.flow[question < 0]] = False
    _, again, _ = paired(found, question, reply)
    rows = np.flatnonzero(plain[found.flow])
    ends = _ends(grams, np.flatnonzero(plain))
    out: list[Record] = []
    columns = (found.flow, found.packet, found.forward, found.number, found.body, again)
    for flow, packet, forward, number, which, repeats in zip(*(one[rows].tolist() for one in columns), strict=True):
        body = said[which]
        if body is not None:
            note = numbered(packet, forward, number, body)
            known, uid, orig, resp = ends[flow]
            for record in alone(note, Exchange(known, "udp", netbios, True, packet_time), repeats):
                awaiting(record, note, (orig, resp), uid)
                out.append(record)
    return Tabulated((), out, grams.flows[plain])


def _ends(grams: Datagrams, which: Int64s) -> dict[int, tuple[int, str, Address, Address]]:
    """Of these flows: number, connection id, originator and responder."""
    at = pa.array(which)
    uid, orig, resp = (column.take(at).to_pylist() for column in (grams.uid, grams.orig, grams.resp))
    ports = grams.orig_port[which].tolist(), grams.resp_port[which].tolist()
    sides = (list(zip(hosts, found, strict=True)) for hosts, found in zip((orig, resp), ports, strict=True))
    told = zip(grams.flows[which].tolist(), uid, *sides, strict=True)
    return dict(zip(which.tolist(), told, strict=True))
