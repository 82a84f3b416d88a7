"""Questions joined with their responses: rows of net/dns."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Record, Trouble
from parsers.network.protocols.dns.messages import Message, Question
from parsers.network.protocols.dns.names import netbios
from parsers.network.protocols.dns.numbers import CLASSES, NETBIOS_TYPES, RCODES, TYPES

SKEW = 1_000_000_000  # ns a response may lie before its query in time; capture points and reordering packets do that
_TRANSFERS = frozenset((251, 252))  # IXFR, AXFR: many responses to one query
_Pair = tuple[Message | None, Message | None]


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Exchange:
    """What the messages of one flow share. `quiet`: responses without a query are usual here (mDNS announces, broadcasts are answered
    from elsewhere)."""

    flow: int
    proto: str
    netbios: bool
    quiet: bool
    packet_time: npt.NDArray[np.int64]


def rows(messages: list[Message], exchange: Exchange) -> list[Record | Trouble]:
    """One row a question."""
    out: list[Record | Trouble] = []
    if len(messages) == 2 and not messages[0].bits & 0x8000 and _fits(messages[0], messages[1]):
        out.extend(_records(messages[0], messages[1], exchange))
        return out
    again = _repeated(messages) if len(messages) > 1 else frozenset()
    for query, reply in _joined(messages, exchange.packet_time):
        if query is None and reply is not None and not exchange.quiet and not _transferred(reply):
            out.append(Trouble(reply.packet, "DNS response without its query in the capture", "dns_unmatched_reply"))
        records = _records(query, reply, exchange)
        if again and id(query) in again:
            for record in records:
                record.values["retransmission"] = True
        out.extend(records)
    return out


def alone(note: Message, exchange: Exchange, repeats: bool) -> list[Record]:
    """The rows of a query without response, which may repeat another, or of a response without query."""
    records = _records(None, note, exchange) if note.bits & 0x8000 else _records(note, None, exchange)
    for record in records if repeats else ():
        record.values["retransmission"] = True
    return records


def _fits(query: Message, reply: Message) -> bool:
    return bool(reply.bits & 0x8000) and query.number == reply.number and query.questions == reply.questions


def _transferred(reply: Message) -> bool:
    """Whether it may be one of the many responses to a zone transfer."""
    return not reply.questions or any(kind in _TRANSFERS for _, kind, _ in reply.questions)


def _repeated(messages: list[Message]) -> frozenset[int]:
    """The queries, by identity, that repeat one which had no response yet."""
    waiting: set[tuple[int, tuple[Question, ...]]] = set()
    out = []
    for note in messages:
        key = (note.number, note.questions)
        if note.bits & 0x8000:
            waiting.discard(key)
        elif key in waiting and note.number:  # mDNS has 0 in all of them
            out.append(id(note))
        else:
            waiting.add(key)
    return frozenset(out)


def _joined(messages: list[Message], packet_time: npt.NDArray[np.int64]) -> list[_Pair]:
    """Each response with the first query of its identifier and question before it, else with one shortly after, since packets are
    not always captured in order. Responses in order, then the queries that had none."""
    if not [True for note in messages if note.bits & 0x8000]:  # multicast and broadcast, whose answers go elsewhere
        return [(note, None) for note in messages]
    queue = _Waiting()
    pairs: list[_Pair] = []
    for note in messages:
        if note.bits & 0x8000:
            pairs.append((queue.take(note), note))
        else:
            queue.add(note)
    for place, (query, reply) in enumerate(pairs):
        if query is None and reply is not None:
            pairs[place] = (queue.take(reply, (int(packet_time[reply.packet]) + SKEW, packet_time)), reply)
    return pairs + [(note, None) for note in messages if not note.bits & 0x8000 and id(note) not in queue.answered]


class _Waiting:
    """Queries without a response so far."""

    def __init__(self) -> None:
        self.answered: set[int] = set()  # by identity
        self._by_question: dict[tuple[int, tuple[Question, ...]], deque[Message]] = {}
        self._by_number: dict[int, deque[Message]] = {}

    def add(self, note: Message) -> None:
        self._by_question.setdefault((note.number, note.questions), deque()).append(note)
        self._by_number.setdefault(note.number, deque()).append(note)

    def take(self, reply: Message, until: tuple[int, npt.NDArray[np.int64]] | None = None) -> Message | None:
        """The query that a response answers; with `until`, none later than that time."""
        # A server may leave the question out, as with errors: then the identifier alone joins. mDNS always has 0 there.
        asked = self._by_question.get((reply.number, reply.questions)) if reply.questions else None
        if not reply.questions and reply.number:
            asked = self._by_number.get(reply.number)
        while asked:
            if until is not None and until[1][asked[0].packet] > until[0]:
                return None
            found = asked.popleft()
            if id(found) not in self.answered:
                self.answered.add(id(found))
                return found
        return None


def _records(query: Message | None, reply: Message | None, exchange: Exchange) -> list[Record]:
    first, last = query or reply, reply or query
    if first is None or last is None:
        return []
    values: dict[str, object] = {}
    if reply is not None:
        values["rejected"] = reply.empty or bool(reply.bits & 15 and not reply.questions)
        if reply.answers:
            values["answers"], values["TTLs"] = ",".join(reply.answers), ",".join(map(str, reply.ttls))
        if query is not None:
            rtt = exchange.packet_time.item(reply.packet) - exchange.packet_time.item(query.packet)
            if rtt >= 0:
                values["rtt"] = rtt
    edns = first.edns or last.edns
    if edns is not None:
        values["edns_udp_size"], values["edns_do"], values["edns_client_subnet"] = edns
    flags = () if first.whole and last.whole else ("truncated",)
    event = "dns.response" if query is None else "dns.query"
    out = []
    for question in first.questions or (None,):
        row: dict[str, object] = {"trans_id": first.number, **values}
        if question is None and last.owner is not None:  # the name that its first answer is for stands in
            row.update(_netbios_named(last.owner) if exchange.netbios else {"query": last.owner})
        common = _common(last.bits, reply is not None, question, exchange.netbios, exchange.proto)
        out.append(Record(exchange.flow, first.packet, last.packet, event, row, flags, None, common))
    return out


@lru_cache(maxsize=1 << 14)
def _common(bits: int, answered: bool, question: Question | None, of_netbios: bool, proto: str) -> dict[str, object]:
    """What header and question say: the same object for the next message that says the same."""
    asked: dict[str, object] = {}
    if question is not None:
        asked = _netbios_question(question) if of_netbios else _question(question)
    return {**_header(bits, answered), **asked, "proto": proto}


def _header(bits: int, response: bool) -> dict[str, object]:
    """What the header's 16 bits say."""
    values: dict[str, object] = {
        "opcode": bits >> 11 & 15,
        "AA": bits & 0x400 != 0,
        "TC": bits & 0x200 != 0,
        "RD": bits & 0x100 != 0,
        "RA": bits & 0x80 != 0,
        "Z": bits >> 4 & 7,
    }
    code = bits & 15
    answered = {
        "rcode": code,
        "rcode_name": RCODES.get(code) or f"RCODE{code}",
        "outcome": "failure" if code else "success",
    }
    return values | answered if response else values


def _question(question: Question) -> dict[str, object]:
    name, kind, group = question
    return {"query": name, "qtype": kind, "qtype_name": TYPES.get(kind, f"TYPE{kind}")} | _class(group)


def _netbios_question(question: Question) -> dict[str, object]:
    name, kind, group = question
    word = NETBIOS_TYPES.get(kind) or TYPES.get(kind, f"TYPE{kind}")
    return _netbios_named(name) | {"qtype": kind, "qtype_name": word} | _class(group)


def _class(group: int) -> dict[str, object]:
    return {"qclass": group, "qclass_name": CLASSES.get(group & 0x7FFF, f"CLASS{group}")}


def _netbios_named(name: str) -> dict[str, object]:
    """A NetBIOS name in its columns."""
    found, suffix = netbios(name)
    return {"query": found, "netbios_suffix": suffix}
