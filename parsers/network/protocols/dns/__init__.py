"""DNS over UDP and TCP, mDNS and LLMNR: one row a question, joined with its response.

Parsed by our own code and not by dpkt, which drops a whole message for one record type it does not know or one label that is not
UTF-8 (docs/decisions/0009-captures.md).
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble
from parsers.network.protocols.dns_names import CLASSES, RCODES, TYPES
from parsers.network.records import Bools
from parsers.network.streams import Stream

PORTS = (53, 5353, 5355)
HOPS = 32  # compression pointers that follow one another in one name; honest names need a few
NAME_LIMIT = 4 * 255  # characters of a name as it is written: each of its 255 bytes may take four
RECORDS = 512  # answers kept of one message; a 64 KiB message of smallest records would hold 5,900
MESSAGES = 100_000  # messages kept of one TCP stream
_HEADER = struct.Struct(">6H")
_RESOURCE = struct.Struct(">HHIH")


@dataclass(frozen=True, slots=True)
class Message:
    """One DNS message: header fields, questions (name, type, class), answers (text, TTL), and whether it was read to its end."""

    packet: int
    forward: bool
    number: int
    bits: int
    questions: tuple[tuple[str, int, int], ...]
    answers: tuple[tuple[str, int], ...]
    empty: bool
    whole: bool

    @property
    def response(self) -> bool:
        return bool(self.bits & 0x8000)


def name_at(data: bytes, at: int, known: dict[int, str], hops: int = 0) -> tuple[str, int]:
    """The name at `at` and where the bytes after it begin (RFC 1035 section 4.1.4). Raises ValueError for what is no name.

    Bytes other than printable ASCII, and dots inside labels, are written as `\\xHH`. `known` keeps the names that pointers led to, so
    that a message full of pointers costs no more than its size.
    """
    labels: list[str] = []
    total = 0
    while True:
        if at >= len(data):
            raise ValueError("name runs beyond the message")
        size = data[at]
        if size == 0:
            return ".".join(labels), at + 1
        if size & 0xC0 == 0xC0:
            if at + 1 >= len(data):
                raise ValueError("compression pointer runs beyond the message")
            target = (size & 0x3F) << 8 | data[at + 1]
            if target >= at:
                raise ValueError("compression pointer does not point back")
            rest = _pointed(data, target, known, hops)
            if total + len(rest) > NAME_LIMIT:
                raise ValueError("name is longer than 255 bytes")
            return ".".join([*labels, rest] if rest else labels), at + 2
        if size & 0xC0:
            raise ValueError(f"label type {size >> 6} is not known")
        label = data[at + 1 : at + 1 + size]
        total += size + 1
        if len(label) < size:
            raise ValueError("label runs beyond the message")
        if total > 255:
            raise ValueError("name is longer than 255 bytes")
        labels.append(_label(label))
        at += 1 + size


def _pointed(data: bytes, target: int, known: dict[int, str], hops: int) -> str:
    """The name a pointer leads to, read once a message."""
    if target not in known:
        if hops == HOPS:
            raise ValueError("compression pointers follow one another without end")
        known[target] = name_at(data, target, known, hops + 1)[0]
    return known[target]


def _after_name(data: bytes, at: int) -> int:
    """Where the bytes after the name at `at` begin; the name itself is not read. Raises ValueError where it runs out."""
    while at < len(data):
        size = data[at]
        if size & 0xC0:
            return at + 2
        at += 1 + size
        if size == 0:
            return at
    raise ValueError("name runs beyond the message")


@lru_cache(maxsize=1 << 16)
def _label(raw: bytes) -> str:
    plain = raw.decode("ascii", "replace")
    if plain.isprintable() and "." not in plain and "\ufffd" not in plain:
        return plain.lower()
    return "".join(chr(b).lower() if 0x21 <= b < 0x7F and b != 0x2E else f"\\x{b:02x}" for b in raw)


def _strings(data: bytes) -> str:
    """Character strings of a TXT record, as Zeek writes them: `TXT <length> <text>`."""
    out, at = [], 0
    while at < len(data):
        size = data[at]
        out.append(f"TXT {size} {data[at + 1 : at + 1 + size].decode('utf-8', 'backslashreplace')}")
        at += 1 + size
    return " ".join(out)


def _answer(data: bytes, kind: int, span: tuple[int, int], known: dict[int, str]) -> str:
    """Record data as text by its type; types without a form of their own as Zeek's `<unknown type=N>` with their bytes in hex."""
    at, size = span
    raw = data[at : at + size]
    if kind == 1 and size == 4:
        return str(IPv4Address(raw))
    if kind == 28 and size == 16:
        return str(IPv6Address(raw))
    if kind in (2, 5, 6, 12, 39):
        return name_at(data, at, known)[0]
    if kind == 15 and size > 2:
        return name_at(data, at + 2, known)[0]
    if kind == 33 and size > 6:
        return name_at(data, at + 6, known)[0]
    if kind in (16, 99):
        return _strings(raw)
    return f"{TYPES.get(kind, f'TYPE{kind}')} {raw.hex()}"


def message(data: bytes, packet: int, forward: bool) -> Message:
    """One DNS message (RFC 1035 section 4). Raises ValueError where not even header and questions are there."""
    if len(data) < 12:
        raise ValueError("shorter than a DNS header")
    number, bits, asked, answered, authorities, additional = _HEADER.unpack_from(data)
    if asked > 64:
        raise ValueError("more questions than any DNS message has")
    known: dict[int, str] = {}
    at, questions = 12, []
    for _ in range(asked):
        name, at = name_at(data, at, known)
        if at + 4 > len(data):
            raise ValueError("question runs beyond the message")
        questions.append((name, data[at] << 8 | data[at + 1], data[at + 2] << 8 | data[at + 3]))
        at += 4
    if not asked and not bits & 0x8000:
        raise ValueError("query without a question")
    answers, whole = _answers(data, at, answered, known)
    empty = not (answered or authorities or additional)
    return Message(packet, forward, number, bits, tuple(questions), answers, empty, whole)


def _answers(data: bytes, at: int, count: int, known: dict[int, str]) -> tuple[tuple[tuple[str, int], ...], bool]:
    """As many answers as can be read, and whether that is all of them."""
    out: list[tuple[str, int]] = []
    for _ in range(min(count, RECORDS)):
        try:
            at = _after_name(data, at)
            if at + 10 > len(data):
                return tuple(out), False
            kind, _, ttl, size = _RESOURCE.unpack_from(data, at)
            at += 10
            if at + size > len(data):
                return tuple(out), False
            out.append((_answer(data, kind, (at, size), known), ttl))
        except ValueError:
            return tuple(out), False
        at += size
    return tuple(out), count <= RECORDS


@dataclass(frozen=True, slots=True)
class Dns:
    """The dissector."""

    service: str = "dns"
    family: str = "net/dns"

    def recognise(self, openings: Openings) -> Bools:
        """Never by its first bytes, which are an identifier."""
        return np.zeros(len(openings.proto), np.bool_)

    def guess(self, openings: Openings) -> Bools:
        """By port; whether the bytes are DNS is decided when they are parsed."""
        udp, spoken = openings.proto == 17, (openings.orig_size > 0) | (openings.resp_size > 0)
        tcp = (openings.proto == 6) & (openings.on_port(53) | (openings.resp_port == 5355))
        found: Bools = spoken & ((udp & openings.on_port(*PORTS)) | tcp)
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        messages: list[Message] = []
        for packet, forward, data in _payloads(talk):
            try:
                messages.append(message(data, packet, forward))
            except ValueError as error:
                yield Trouble(packet, f"payload on a DNS port is no DNS message: {error}")
        messages.sort(key=lambda m: (int(packet_time[m.packet]), m.packet))
        yield from _rows(messages, talk, packet_time)


def _payloads(talk: Conversation) -> Iterator[tuple[int, bool, bytes]]:
    for gram in talk.datagrams:
        yield gram.packet, gram.forward, talk.payload(gram)
    for stream, forward in ((talk.orig, True), (talk.resp, False)):
        if stream is not None:
            yield from _framed(stream, forward)


def _framed(stream: Stream, forward: bool) -> Iterator[tuple[int, bool, bytes]]:
    """Messages of a TCP stream, each after two bytes of length (RFC 1035 section 4.2.2)."""
    at = 0
    for _ in range(MESSAGES):
        head = stream.read(at, 2)
        if len(head) < 2:
            return
        size = head[0] << 8 | head[1]
        yield stream.packet(at), forward, stream.read(at + 2, size)
        at += 2 + size


def _rows(messages: list[Message], talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record]:
    """Queries joined with the first later response of the same identifier and question."""
    by_question: dict[tuple[int, tuple[tuple[str, int, int], ...]], deque[Message]] = {}
    by_number: dict[int, deque[Message]] = {}
    answered: set[int] = set()
    for note in messages:
        if not note.response:
            by_question.setdefault((note.number, note.questions), deque()).append(note)
            by_number.setdefault(note.number, deque()).append(note)
            continue
        # A server may leave the question out, as with errors: then the identifier alone joins. mDNS always has 0 there.
        asked = by_question.get((note.number, note.questions)) if note.questions else None
        if not note.questions and note.number:
            asked = by_number.get(note.number)
        query = None
        while asked and query is None:
            candidate = asked.popleft()
            query = None if id(candidate) in answered else candidate
        if query is not None:
            answered.add(id(query))
        yield from _pair(query, note, talk, packet_time)
    for note in messages:
        if not note.response and id(note) not in answered:
            yield from _pair(note, None, talk, packet_time)


def _pair(
    query: Message | None, reply: Message | None, talk: Conversation, packet_time: npt.NDArray[np.int64]
) -> Iterator[Record]:
    first, last = query or reply, reply or query
    if first is None or last is None:
        return
    values: dict[str, object] = {"proto": "tcp" if talk.tcp else "udp", "trans_id": first.number}
    bits = last.bits
    values |= {"opcode": bits >> 11 & 15, "AA": bool(bits & 0x400), "TC": bool(bits & 0x200), "RD": bool(bits & 0x100)}
    values |= {"RA": bool(bits & 0x80), "Z": bits >> 4 & 7}
    if reply is not None:
        values |= {
            "rcode": bits & 15,
            "rcode_name": RCODES.get(bits & 15, f"RCODE{bits & 15}"),
            "rejected": reply.empty,
            "outcome": "failure" if bits & 15 else "success",
        }
        if reply.answers:
            values["answers"] = ",".join(answer for answer, _ in reply.answers)
            values["TTLs"] = ",".join(str(ttl) for _, ttl in reply.answers)
        if query is not None:
            values["rtt"] = int(packet_time[reply.packet] - packet_time[query.packet])
    flags = () if (query is None or query.whole) and (reply is None or reply.whole) else ("truncated",)
    event = "dns.response" if query is None else "dns.query"
    if not first.questions:
        yield Record(talk.flow, first.packet, last.packet, event, values, flags)
    for name, kind, group in first.questions:
        asked: dict[str, object] = {"query": name, "qtype": kind, "qtype_name": TYPES.get(kind, f"TYPE{kind}")}
        asked |= {"qclass": group, "qclass_name": CLASSES.get(group & 0x7FFF, f"CLASS{group}")}
        yield Record(talk.flow, first.packet, last.packet, event, values | asked, flags)


DISSECTOR = Dns()
