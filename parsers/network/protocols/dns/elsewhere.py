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

from parsers.network.protocols import Conversation, Record, Trouble
from parsers.network.protocols.dns.messages import Message

Address = tuple[str, int]  # of a host, as text, and port
AWAITING = "net/dns, to be joined"  # where such records wait until all flows were read
WINDOW = 5_000_000_000  # ns: LLMNR gives up after a second or three tries of it, NetBIOS after three of a quarter
NETBIOS = 137
_BROADCAST = 0x10  # of the flags of a NetBIOS question (RFC 1002 section 4.2.1.1)
_ASKED = ("query", "netbios_suffix", "qtype", "qtype_name", "qclass", "qclass_name", "retransmission")
_CLIENT, _ANSWERING, _UID = "client", "answering", "uid"  # what is known of a record's ends while it waits; no columns


def set_aside(items: list[Record | Trouble], messages: list[Message], talk: Conversation) -> None:
    """Of the rows of one flow, those that another flow may complete are set aside."""
    notes = {note.packet: note for note in messages}
    ends = talk.ends[:2], talk.ends[2:]
    for item in items:
        if not isinstance(item, Trouble):
            awaiting(item, notes[item.first], ends, talk.uid)


def awaiting(record: Record, note: Message, ends: tuple[Address, Address], uid: str) -> None:
    """The row of a message is set aside where another flow may complete it. ends: originator and responder of its flow."""
    values, common = record.values, record.common or {}
    if not values["trans_id"] or ("query" not in common and "query" not in values):
        return
    sender, receiver = ends if note.forward else ends[::-1]
    if record.event == "dns.response":
        values[_CLIENT], values[_ANSWERING], values[_UID] = receiver, sender[0], uid
        record.family = AWAITING
    elif "rcode" not in common and _to_all(receiver, note.bits):
        values[_CLIENT] = sender
        record.family = AWAITING


def _to_all(receiver: tuple[str, int], bits: int) -> bool:
    """Whether a question goes to a group of hosts: a multicast address, or a NetBIOS broadcast, which says so."""
    return (receiver[1] == NETBIOS and bits & _BROADCAST != 0) or _multicast(receiver[0])


@lru_cache(maxsize=4_096)
def _multicast(address: str) -> bool:
    return ip_address(address).is_multicast


def joined(records: list[Record], packet_time: npt.NDArray[np.int64]) -> list[Record]:
    """Each question with the first answer to it. Further answers, of other hosts that claim the name, stay rows of their own."""
    asked: dict[object, deque[int]] = {}  # places of questions
    rows = sorted(records, key=lambda r: (packet_time.item(r.first), r.event == "dns.response", r.first))
    out: list[Record | None] = list(rows)
    for place, record in enumerate(rows):
        if record.event == "dns.query":
            asked.setdefault(_key(record), deque()).append(place)
            continue
        open_ones = asked.get(_key(record), deque())
        while open_ones and packet_time.item(record.first) - packet_time.item(rows[open_ones[0]].first) > WINDOW:
            open_ones.popleft()
        if open_ones and _same_type(rows[open_ones[0]], record):
            question = open_ones.popleft()
            out[question], out[place] = _answered(rows[question], record, packet_time), None
    kept = [record for record in out if record is not None]
    for record in kept:
        record.family = None
    return kept


def _key(record: Record) -> object:
    values, common = record.values, record.common or {}
    names = _said(record, "query"), _said(record, "netbios_suffix")
    return values[_CLIENT], values["trans_id"], common["opcode"], names


def _said(record: Record, name: str) -> object:
    """What a record says of itself, or shares with others."""
    return record.values[name] if name in record.values else (record.common or {}).get(name)


def _same_type(question: Record, answer: Record) -> bool:
    """Whether the answer is about the type asked for. NetBIOS leaves the question out of its answers."""
    asked, told = ((_said(record, "qtype"), _said(record, "qclass")) for record in (question, answer))
    return told == (None, None) or asked == told


def _answered(question: Record, answer: Record, packet_time: npt.NDArray[np.int64]) -> Record:
    """One row of both, in the flow of the question; the answer's flow is named by its connection id."""
    values, common = {**question.values, **answer.values}, {**(question.common or {}), **(answer.common or {})}
    for name in _ASKED:  # what the question says of itself stays as it is
        if name in question.values or name in (question.common or {}):
            values.pop(name, None)
            common[name] = _said(question, name)
    values["rtt"] = int(packet_time[answer.first]) - int(packet_time[question.first])
    values["answered_by"], values["answer_uid"] = answer.values[_ANSWERING], answer.values[_UID]
    flags = tuple(dict.fromkeys(question.flags + answer.flags))
    return Record(question.flow, question.first, answer.last, question.event, values, flags, None, common)
