"""Questions to a group of hosts, answered from an address of its own: LLMNR, the NetBIOS name service, and mDNS for simple clients.

The question is one flow (client to group), the answer another (answering host to client). They are joined where identifier, kind of
query, name, and the client's address and port are the same, and the answer follows within WINDOW (RFC 4795 section 2, RFC 1002
section 4.2.13, RFC 6762 section 6.7). mDNS with identifier 0 names no question that it answers, and is left as it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import ip_address

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Record, Trouble
from parsers.network.protocols.dns.messages import Message

AWAITING = "net/dns, to be joined"  # where such records wait until all flows were read
WINDOW = 5_000_000_000  # ns: LLMNR gives up after a second or three tries of it, NetBIOS after three of a quarter
NETBIOS = 137
_BROADCAST = 0x10  # of the flags of a NetBIOS question (RFC 1002 section 4.2.1.1)
_CLIENT, _ANSWERING, _UID = "client", "answering", "uid"  # what is known of a record's ends while it waits; no columns


def waiting(
    items: Iterable[Record | Trouble], messages: list[Message], talk: Conversation
) -> Iterator[Record | Trouble]:
    """The rows of one flow; those that another flow may complete are set aside."""
    notes = {note.packet: note for note in messages}
    for item in items:
        if isinstance(item, Trouble) or not item.values["trans_id"] or "query" not in item.values:
            yield item
            continue
        note = notes[item.first]
        sender, receiver = talk.ends[:2], talk.ends[2:]
        if not note.forward:
            sender, receiver = receiver, sender
        if item.event == "dns.response":
            yield _set_aside(item, {_CLIENT: receiver, _ANSWERING: sender[0], _UID: talk.uid})
        elif "rcode" not in item.values and _to_all(receiver, note.bits):
            yield _set_aside(item, {_CLIENT: sender})
        else:
            yield item


def _set_aside(record: Record, ends: dict[str, object]) -> Record:
    return replace(record, values=record.values | ends, family=AWAITING)


def _to_all(receiver: tuple[str, int], bits: int) -> bool:
    """Whether a question goes to a group of hosts: a multicast address, or a NetBIOS broadcast, which says so."""
    return ip_address(receiver[0]).is_multicast or (receiver[1] == NETBIOS and bits & _BROADCAST != 0)


def joined(records: list[Record], packet_time: npt.NDArray[np.int64]) -> list[Record]:
    """Each question with the first answer to it. Further answers, of other hosts that claim the name, stay rows of their own."""
    asked: dict[object, deque[int]] = {}  # places of questions
    rows = sorted(records, key=lambda r: (int(packet_time[r.first]), r.event == "dns.response", r.first))
    out: list[Record | None] = list(rows)
    for place, record in enumerate(rows):
        if record.event == "dns.query":
            asked.setdefault(_key(record), deque()).append(place)
            continue
        open_ones = asked.get(_key(record), deque())
        while open_ones and int(packet_time[record.first]) - int(packet_time[rows[open_ones[0]].first]) > WINDOW:
            open_ones.popleft()
        if open_ones and _same_type(rows[open_ones[0]], record):
            question = open_ones.popleft()
            out[question], out[place] = _answered(rows[question], record, packet_time), None
    return [replace(record, family=None) for record in out if record is not None]


def _key(record: Record) -> object:
    values = record.values
    return values[_CLIENT], values["trans_id"], values["opcode"], values["query"], values.get("netbios_suffix")


def _same_type(question: Record, answer: Record) -> bool:
    """Whether the answer is about the type asked for. NetBIOS leaves the question out of its answers."""
    asked, told = ((record.values.get("qtype"), record.values.get("qclass")) for record in (question, answer))
    return told == (None, None) or asked == told


def _answered(question: Record, answer: Record, packet_time: npt.NDArray[np.int64]) -> Record:
    """One row of both, in the flow of the question; the answer's flow is named by its connection id."""
    values = {**question.values, **answer.values, **_asked(question)}
    values["rtt"] = int(packet_time[answer.first]) - int(packet_time[question.first])
    values["answered_by"], values["answer_uid"] = answer.values[_ANSWERING], answer.values[_UID]
    flags = tuple(dict.fromkeys(question.flags + answer.flags))
    return Record(question.flow, question.first, answer.last, question.event, values, flags)


def _asked(question: Record) -> dict[str, object]:
    """What the question says of itself, which stays as it is."""
    names = ("query", "netbios_suffix", "qtype", "qtype_name", "qclass", "qclass_name", "retransmission")
    return {name: question.values[name] for name in names if name in question.values}
