"""Questions to a group of hosts, answered from an address of its own: LLMNR, the NetBIOS name service, and mDNS for simple clients.

The question is one flow (client to group), the answer another (answering host to client). They are joined where identifier, kind of
query, name, and the client's address and port are the same, and the answer follows within WINDOW (RFC 4795 section 2, RFC 1002
section 4.2.13, RFC 6762 section 6.7). mDNS with identifier 0 names no question that it answers, and is left as it is.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from ipaddress import ip_address

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.network.protocols import Conversation, Record, Trouble
from parsers.network.protocols.awaited import Awaited, in_columns
from parsers.network.protocols.dns.messages import Message
from parsers.network.protocols.exchanges import codes
from parsers.network.protocols.tabular import Rows
from parsers.network.records import Int64s

Address = tuple[str, int]  # of a host, as text, and port
AWAITING = "net/dns, to be joined"  # where such rows wait until all flows were read
WINDOW = 5_000_000_000  # ns: LLMNR gives up after a second or three tries of it, NetBIOS after three of a quarter
NETBIOS = 137
BROADCAST = 0x10  # of the flags of a NetBIOS question (RFC 1002 section 4.2.1.1)
# What is known of a row's ends while it waits; no columns of the family
CLIENT, CLIENT_PORT, ANSWERING, UID = "client", "client_port", "answering", "answering_uid"
_TEXT, _NUMBER, _TRUTH = pa.string(), pa.int32(), pa.bool_()
_WAITING = pa.schema(
    [(name, _TEXT) for name in ("event", "flags", "proto", "query", "netbios_suffix", "qtype_name", "qclass_name")]
    + [(name, _TEXT) for name in ("answers", "TTLs", "edns_client_subnet", "rcode_name", "outcome")]
    + [(name, _NUMBER) for name in ("trans_id", "qtype", "qclass", "opcode", "Z", "rcode", "edns_udp_size")]
    + [(name, _TRUTH) for name in ("AA", "TC", "RD", "RA", "rejected", "retransmission", "edns_do")]
    + [(CLIENT, _TEXT), (CLIENT_PORT, pa.int64()), (ANSWERING, _TEXT), (UID, _TEXT)]
)
_TOLD_BY_ANSWER = (
    "opcode", "AA", "TC", "RD", "RA", "Z", "rcode", "rcode_name", "outcome", "rejected", "answers", "TTLs",
)  # fmt: skip
_EDNS = ("edns_udp_size", "edns_do", "edns_client_subnet")


def set_aside(items: list[Record | Trouble], messages: list[Message], talk: Conversation) -> None:
    """Of the rows of one flow, those that another flow may complete are set aside."""
    notes = {note.packet: note for note in messages}
    ends = talk.ends[:2], talk.ends[2:]
    for item in items:
        if not isinstance(item, Trouble):
            _awaiting(item, notes[item.first], ends, talk.uid)


def _awaiting(record: Record, note: Message, ends: tuple[Address, Address], uid: str) -> None:
    """The row of a message is set aside where another flow may complete it. ends: originator and responder of its flow."""
    values, common = record.values, record.common or {}
    if not values["trans_id"] or ("query" not in common and "query" not in values):
        return
    sender, receiver = ends if note.forward else ends[::-1]
    if record.event == "dns.response":
        values[CLIENT], values[CLIENT_PORT] = receiver
        values[ANSWERING], values[UID] = sender[0], uid
        record.family = AWAITING
    elif "rcode" not in common and _to_all(receiver, note.bits):
        values[CLIENT], values[CLIENT_PORT] = sender
        record.family = AWAITING


def _to_all(receiver: Address, bits: int) -> bool:
    """Whether a question goes to a group of hosts: a multicast address, or a NetBIOS broadcast, which says so."""
    return (receiver[1] == NETBIOS and bits & BROADCAST != 0) or multicast(receiver[0])


@lru_cache(maxsize=4_096)
def multicast(address: str) -> bool:
    """Whether an address is that of a group of hosts."""
    return ip_address(address).is_multicast


def joined(waiting: Awaited, packet_time: npt.NDArray[np.int64]) -> Rows:
    """Each question with the first answer to it. Further answers, of other hosts that claim the name, stay rows of their own."""
    rows = in_columns(waiting, _WAITING)
    time, answers = packet_time[rows.first], _answers(rows, packet_time)
    kept = np.ones(len(answers), np.bool_)
    kept[answers[answers >= 0]] = False
    order = np.flatnonzero(kept)
    order = order[np.argsort(rows.first[order], kind="stable")]
    answer = answers[order]
    by = np.where(answer >= 0, answer, order)
    own, told, alone = pa.array(order), pa.array(by), pa.array(answer, mask=answer < 0)
    columns = {name: column.take(own) for name, column in rows.columns.items() if name in _WAITING.names[:-4]}
    columns |= {name: rows.columns[name].take(told) for name in _TOLD_BY_ANSWER}
    of_edns = pc.if_else(rows.columns["edns_do"].take(told).is_valid(), told, own)
    columns |= {name: rows.columns[name].take(of_edns) for name in _EDNS}
    of_query, of_reply = columns["flags"], rows.columns["flags"].take(told)
    columns |= {"flags": pc.if_else(pc.equal(of_query, ""), of_reply, of_query)}
    columns["rtt"] = pa.array(time[by] - time[order], mask=answer < 0)
    columns["answered_by"], columns["answer_uid"] = (rows.columns[name].take(alone) for name in (ANSWERING, UID))
    return Rows(rows.flow[order], rows.first[order], rows.last[by], columns)


def _answers(rows: Rows, packet_time: npt.NDArray[np.int64]) -> Int64s:
    """The answer to each question, -1 where it has none, and for answers: (n,)."""
    out = np.full(len(rows.flow), -1, np.int64)
    time = packet_time[rows.first]
    response = np.asarray(pc.equal(rows.columns["event"], "dns.response"))
    group = codes(rows, (CLIENT, CLIENT_PORT, "trans_id", "opcode", "query", "netbios_suffix"))
    both = np.bincount(group, response) * np.bincount(group, ~response) > 0
    few = np.flatnonzero(both[group])
    few = few[np.lexsort((rows.first[few], response[few], time[few], group[few]))]
    kinds, groups = (np.asarray(rows.columns[name].fill_null(-1)).astype(np.int64) for name in ("qtype", "qclass"))
    type_ = kinds << 32 | groups & 0xFFFFFFFF
    known, asked = -1, deque[int]()  # questions of one group that wait for their answer
    columns = (group[few], few, response[few], time[few], type_[few])
    for own, place, reply, when, kind in zip(*(one.tolist() for one in columns), strict=True):
        if own != known:
            known, asked = own, deque()
        if not reply:
            asked.append(place)
            continue
        while asked and when - time.item(asked[0]) > WINDOW:
            asked.popleft()
        # NetBIOS leaves the question out of its answers
        if asked and (kind == -1 or kind == type_.item(asked[0])):
            out[asked.popleft()] = place
    return out
