"""DNS messages (RFC 1035 section 4; RFC 1002 section 4.2 for NetBIOS): header, questions, answers, and what EDNS adds.

Parsed by our own code and not by dpkt, which drops a whole message for one record type it does not know or one label that is not
UTF-8 (docs/decisions/0009-captures.md).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntoa, inet_ntop
from typing import NamedTuple

from parsers.network.protocols.dns.answers import Data, netbios_rendered, plain, rendered
from parsers.network.protocols.dns.names import Malformed, after_name, name_at, plain_question
from parsers.network.protocols.dns.numbers import TYPES

RECORDS = 512  # records read of each section of one message; a 64 KiB message of smallest records would hold 5,900
QUESTIONS = 64  # questions of one message; mDNS asks several, nothing asks more
_header, _resource = struct.Struct(">6H").unpack_from, struct.Struct(">HHIH").unpack_from
_OPT, _SUBNET = 41, 8  # RFC 6891 section 6.1, RFC 7871 section 6
_NO_ANSWERS = b"\0\0"  # in the header, where their number stands
SHORT = 256  # bytes of a message without answers that is kept for when it comes again

Question = tuple[str, int, int]  # name, type, class


class Edns(NamedTuple):
    """What the OPT record says: largest UDP payload, DNSSEC wanted, the client's network where a resolver passed it on."""

    size: int
    dnssec: bool
    subnet: str | None


class Message(NamedTuple):
    """One DNS message. `owner` is the name of the first answer where no question stands; `whole`: read to its end as announced;
    `exact`: and no byte follows; `odd`: what is wrong with it, under Zeek's weird names."""

    packet: int
    forward: bool
    number: int
    bits: int
    questions: tuple[Question, ...]
    answers: tuple[str, ...]
    ttls: tuple[int, ...]
    owner: str | None
    edns: Edns | None
    empty: bool
    whole: bool
    exact: bool
    odd: tuple[tuple[str, str], ...]


Body = tuple[
    int, tuple[Question, ...], tuple[str, ...], tuple[int, ...], str | None, Edns | None, bool, bool, bool, tuple[tuple[str, str], ...]
]  # fmt: skip
_new = tuple.__new__  # a third of what it costs to call the class, for every message


class _Reader:
    """The records of one message, section after section."""

    __slots__ = ("at", "data", "edns", "known", "netbios", "odd")

    def __init__(self, data: bytes, at: int, known: dict[int, str], netbios: bool) -> None:
        self.data, self.at, self.known, self.netbios = data, at, known, netbios
        self.odd: list[tuple[str, str]] = []
        self.edns: Edns | None = None

    def answers(self, count: int) -> tuple[list[str], list[int], bool]:
        """Texts and TTLs of as many answers as can be read, and whether that is all of them."""
        texts: list[str] = []
        ttls: list[int] = []
        data = self.data
        for _ in range(min(count, RECORDS)):
            owner = self.at
            try:
                kind, _, ttl, at, end = self._next()
            except Malformed as error:
                self.odd.append((error.weird, str(error)))
                return texts, ttls, False
            if kind == 1 and end - at == 4 and not self.netbios:
                texts.append(inet_ntoa(data[at:end]))
            else:
                texts.append(self._text(kind, Data(data, at, end, owner, self.known)))
            ttls.append(ttl)
        return texts, ttls, count <= RECORDS

    def others(self, count: int) -> bool:
        """Records of authorities and additions: only EDNS is read. Returns whether that is all of them."""
        for _ in range(min(count, RECORDS)):
            try:
                kind, group, ttl, at, end = self._next()
            except Malformed as error:
                self.odd.append((error.weird, str(error)))
                return False
            if kind == _OPT:
                self.edns = Edns(group, bool(ttl & 0x8000), _subnet(self.data[at:end]))
        return count <= RECORDS

    def _next(self) -> tuple[int, int, int, int, int]:
        """Type, class, TTL, and from where to where the data of the next record lies. Raises Malformed where it does not fit."""
        data, at = self.data, self.at
        at = at + 2 if at < len(data) and data[at] >= 0xC0 else after_name(data, at)
        if at + 10 > len(data):
            raise Malformed("DNS_truncated_ans_too_short", "record runs beyond the message")
        kind, group, ttl, size = _resource(data, at)
        at += 10
        if at + size > len(data):
            raise Malformed("DNS_truncated_RR_rdlength_lt_len", "data of a record runs beyond the message")
        self.at = at + size
        return kind, group, ttl, at, self.at

    def _text(self, kind: int, data: Data) -> str:
        try:
            text = netbios_rendered(kind, data) if self.netbios else rendered(kind, data)
        except (ValueError, IndexError, struct.error) as error:
            self.odd.append(("DNS_RR_length_mismatch", f"data breaks the type {TYPES.get(kind, kind)}: {error}"))
            return plain(kind, data.raw)
        if kind not in TYPES:
            self.odd.append(("DNS_RR_unknown_type", f"type is not known here: {kind}"))
        return text.replace(",", "\\x2c") if "," in text else text


def message(data: bytes, packet: int, forward: bool, netbios: bool = False) -> Message:
    """One DNS message. Raises Malformed where not even header and questions are there."""
    again = len(data) <= SHORT and data[6:8] == _NO_ANSWERS
    said = _asked(data[2:], netbios) if again else body(data, netbios)
    return _new(Message, (packet, forward, data[0] << 8 | data[1], *said))


def numbered(packet: int, forward: bool, number: int, said: Body) -> Message:
    """The same of a message that was read already."""
    return _new(Message, (packet, forward, number, *said))


@lru_cache(maxsize=1 << 13)
def _asked(behind: bytes, netbios: bool) -> Body:
    """The same for messages without answers, by what stands behind their number: hosts ask the same again and again."""
    return body(bytes(2) + behind, netbios)


def body(data: bytes, netbios: bool) -> Body:
    """What a message says, whoever sent it under which number. Raises as `message` does."""
    if len(data) < 12:
        raise Malformed("DNS_truncated_len_lt_hdr_len", "shorter than a DNS header")
    _, bits, asked, answered, authorities, additional = _header(data)
    known: dict[int, str] = {}
    at = data.find(b"\0", 12) + 5 if asked == 1 else 0
    plain = plain_question(data[12:at]) if at else None  # nearly always there is one
    questions: tuple[Question, ...]
    if plain is not None:
        questions = plain
    else:
        questions, at = _questions(data, asked, known)
    if not asked and not bits & 0x8000:
        raise Malformed("DNS_truncated_quest_too_short", "query without a question")
    if not (answered or authorities or additional):
        return bits, questions, (), (), None, None, True, True, at == len(data), ()
    reader = _Reader(data, at, known, netbios)
    texts, ttls, whole = reader.answers(answered) if answered else ([], [], True)
    whole = whole and (not authorities or reader.others(authorities)) and (not additional or reader.others(additional))
    owner = _owner(data, at, known) if answered and not asked else None
    exact = whole and reader.at == len(data)
    return bits, questions, tuple(texts), tuple(ttls), owner, reader.edns, False, whole, exact, tuple(reader.odd)


def _questions(data: bytes, count: int, known: dict[int, str]) -> tuple[tuple[Question, ...], int]:
    """The questions, and where the bytes after them begin."""
    if count > QUESTIONS:
        raise Malformed("DNS_Conn_count_too_large", "more questions than any DNS message has")
    at, out = 12, []
    for _ in range(count):
        name, at = name_at(data, at, known)
        if at + 4 > len(data):
            raise Malformed("DNS_truncated_quest_too_short", "question runs beyond the message")
        out.append((name, data[at] << 8 | data[at + 1], data[at + 2] << 8 | data[at + 3]))
        at += 4
    return tuple(out), at


def _owner(data: bytes, at: int, known: dict[int, str]) -> str | None:
    try:
        return name_at(data, at, known)[0]
    except Malformed:
        return None  # reading the answers has told what is wrong


def _subnet(options: bytes) -> str | None:
    """The client's network that a resolver passes on (RFC 7871): address and prefix length; None without one."""
    at = 0
    while at + 4 <= len(options):
        code, size = struct.unpack_from(">HH", options, at)
        value = options[at + 4 : at + 4 + size]
        if code == _SUBNET and len(value) == size >= 4:
            family, width = {1: (AF_INET, 4), 2: (AF_INET6, 16)}.get(value[0] << 8 | value[1], (None, 0))
            if family is not None and size - 4 <= width:
                return f"{inet_ntop(family, value[4:].ljust(width, bytes(1)))}/{value[2]}"
        at += 4 + size
    return None
