"""Flows in which a group of hosts is asked, or a host answers one that asked a group, many at a time: queries alone, or responses alone.

Nearly all of these rows wait for one another (`elsewhere.py`). Flows with both, or with anything odd, are left to `pairs.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import spread
from parsers.network.protocols.dns import elsewhere
from parsers.network.protocols.dns.bodies import header
from parsers.network.protocols.dns.numbers import CLASSES, NETBIOS_TYPES, TYPES
from parsers.network.protocols.dns.together import Messages, held, paired, read
from parsers.network.protocols.dns.told import NONE, Told, netbios_names, told, worded
from parsers.network.protocols.tabular import Datagrams, Rows, Tabulated
from parsers.network.records import Bools, Int64s

_RESPONSE = 0x8000  # of the header's bits


@dataclass(frozen=True, slots=True)
class _Asked:
    """Messages of plain flows, one for each of their questions, (r,) each: flow of those given, packet (0-based), whether the originator
    sent it, its number, whether it repeats another; which of those told it is, and which of their questions."""

    flow: Int64s
    packet: Int64s
    forward: Bools
    number: Int64s
    again: Bools
    body: Int64s
    question: Int64s


def tabulate(grams: Datagrams, wanted: Bools, netbios: bool, packet_time: npt.NDArray[np.int64]) -> Tabulated:
    """The rows of those of the wanted flows that go one way."""
    plain = wanted & held(grams)
    if not plain.any():
        return Tabulated((), [], grams.flows[plain])
    found = read(grams, plain)
    said, place = told(found.distinct, netbios)
    body = place[found.body]
    reply = np.append(said.bits & _RESPONSE != 0, False)[body]
    replies, count = (np.bincount(found.flow, weight, len(plain)) for weight in (reply, None))
    plain &= (replies == 0) | (replies == count)
    plain[found.flow[body < 0]] = False
    _, again, _ = paired(found, np.append(said.asks, -1)[body], reply)
    asked = _asked(found, said, body, again, np.flatnonzero(plain[found.flow]))
    names, suffixes = netbios_names(said.questions.name) if netbios else (said.questions.name, None)
    columns = _columns(asked, said, names, netbios)
    if suffixes is not None:
        columns["netbios_suffix"] = suffixes.take(pa.array(asked.question))
    ends = _Ends.of(grams, asked, said.bits[asked.body] & _RESPONSE != 0)
    waits = ends.waits(said.bits[asked.body]) & (asked.number > 0) & np.asarray(columns["query"].is_valid())
    parts = []
    for rows, more in ((np.flatnonzero(waits), ends.columns()), (np.flatnonzero(~waits), {})):
        own = {name: column.take(pa.array(rows)) for name, column in {**columns, **more}.items()}
        flow, packet = grams.flows[asked.flow[rows]], asked.packet[rows]
        parts.append((Rows(flow, packet, packet, own),) if len(rows) else ())
    return Tabulated(parts[1], [], grams.flows[plain], parts[0])


def _asked(found: Messages, said: Told, body: Int64s, again: Bools, rows: Int64s) -> _Asked:
    """These of the messages in order of their packets, each as often as it has questions."""
    rows = rows[np.argsort(found.packet[rows], kind="stable")]
    begin = said.bounds[body[rows]]
    count = said.bounds[body[rows] + 1] - begin
    one = np.repeat(rows, count)
    flow, packet, forward, number = found.flow[one], found.packet[one], found.forward[one], found.number[one]
    return _Asked(flow, packet, forward, number, again[one], body[one], spread(begin, count))


def _columns(asked: _Asked, said: Told, names: pa.StringArray, netbios: bool) -> dict[str, pa.Array]:
    """What the messages say."""
    body, question = pa.array(asked.body), pa.array(asked.question)
    bits, size = said.bits[asked.body], said.size[asked.body]
    kind, group = said.questions.kind[asked.question], said.questions.group[asked.question]
    reply, none = bits & _RESPONSE != 0, kind == NONE
    told_by = pa.array(asked.body, mask=~reply)
    words = {**TYPES, **NETBIOS_TYPES} if netbios else TYPES
    return {
        "event": pc.if_else(pa.array(reply), "dns.response", "dns.query"),
        "flags": pc.if_else(pa.array(said.whole[asked.body]), "", "truncated"),
        "proto": pa.repeat("udp", len(bits)),
        "trans_id": pa.array(asked.number, pa.int32()),
        "retransmission": pa.array(asked.again, mask=~asked.again),
        "query": names.take(question),
        "qtype": pa.array(kind, pa.int32(), mask=none),
        "qtype_name": worded(kind, words, "TYPE"),
        "qclass": pa.array(group, pa.int32(), mask=none),
        "qclass_name": worded(group, CLASSES, "CLASS", 0x7FFF),
        "rejected": pa.array(said.rejected[asked.body], mask=~reply),
        "answers": said.answers.take(told_by),
        "TTLs": said.ttls.take(told_by),
        "edns_udp_size": pa.array(size, pa.int32(), mask=size < 0),
        "edns_do": pa.array(said.dnssec[asked.body], mask=size < 0),
        "edns_client_subnet": said.subnet.take(body),
        **header(bits, reply),
    }


@dataclass(frozen=True, slots=True)
class _Ends:
    """Who sent each of some messages and who received it, (r,) each; and the connection id of its flow."""

    sender: pa.StringArray
    sender_port: Int64s
    receiver: pa.StringArray
    receiver_port: Int64s
    uid: pa.StringArray
    reply: Bools

    @classmethod
    def of(cls, grams: Datagrams, asked: _Asked, reply: Bools) -> _Ends:
        flow, forward = pa.array(asked.flow), pa.array(asked.forward)
        orig, resp = grams.orig.take(flow), grams.resp.take(flow)
        ports = grams.orig_port[asked.flow].astype(np.int64), grams.resp_port[asked.flow].astype(np.int64)
        sender, receiver = pc.if_else(forward, orig, resp), pc.if_else(forward, resp, orig)
        sides = np.where(asked.forward, *ports), np.where(asked.forward, *ports[::-1])
        return cls(sender, sides[0], receiver, sides[1], grams.uid.take(flow), reply)

    def waits(self, bits: Int64s) -> Bools:
        """Which of them another flow may complete: responses, and questions to a group of hosts."""
        coded = self.receiver.dictionary_encode()
        groups = np.array([elsewhere.multicast(one) for one in coded.dictionary.to_pylist()], np.bool_)
        broadcast = (self.receiver_port == elsewhere.NETBIOS) & (bits & elsewhere.BROADCAST != 0)
        return np.asarray(self.reply | broadcast | groups[coded.indices.to_numpy()])

    def columns(self) -> dict[str, pa.Array]:
        """What is known of their ends while they wait."""
        reply = pa.array(self.reply)
        return {
            elsewhere.CLIENT: pc.if_else(reply, self.receiver, self.sender),
            elsewhere.CLIENT_PORT: pa.array(np.where(self.reply, self.receiver_port, self.sender_port)),
            elsewhere.ANSWERING: pc.if_else(reply, self.sender, None),
            elsewhere.UID: self.uid,
        }
