"""DTLS records of datagrams (RFC 6347 section 4.1, RFC 9147 section 4) to handshake messages, their fragments put together."""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.network.protocols import Conversation, Datagram
from parsers.network.protocols.ssl.records import ALERT, APPLICATION, CHANGE_CIPHER, HANDSHAKE
from parsers.network.protocols.ssl.sides import Message, Side

DATAGRAMS = 200  # datagrams of a flow in which a handshake is looked for: media and STUN may share its ports
MESSAGE_LIMIT = 65_536  # bytes of a message, and of all unfinished ones of a side
_RECORD, _MESSAGE = 13, 12  # sizes of the headers
_CONNECTION_ID = 25  # record type, RFC 9146


@dataclass(slots=True)
class _Fragments:
    """A message that has not come whole: which bytes of it are there, and how many are not."""

    kind: int
    body: bytearray
    there: bytearray
    first: int
    left: int


@dataclass(slots=True)
class _Flight:
    """One side while it is read. done: numbers of messages that came whole, so that repeats do not count."""

    side: Side = field(default_factory=Side)
    open: dict[int, _Fragments] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    held: int = 0


def sides(talk: Conversation) -> tuple[Side, Side]:
    """What the originator and the responder sent in clear."""
    flights = (_Flight(), _Flight())
    for gram in talk.datagrams[:DATAGRAMS]:
        _datagram(flights[not gram.forward], gram, talk.payload(gram))
        if all(flight.side.sealed is not None for flight in flights):
            break
    for flight in flights:
        flight.side.cut |= bool(flight.open)
    return flights[0].side, flights[1].side


def _datagram(flight: _Flight, gram: Datagram, data: bytes) -> None:
    """The records of one datagram; one that is no DTLS (STUN, media) is passed over."""
    at, side = 0, flight.side
    while at < len(data):
        if data[at] & 0xE0 == 0x20 and (flight.done or side.sealed is not None):  # DTLS 1.3, unified header: encrypted
            side.seal(len(data) - at)
            return
        head = data[at : at + _RECORD]
        if len(head) < _RECORD or not (CHANGE_CIPHER <= head[0] <= _CONNECTION_ID and head[1] == 0xFE):
            return
        size = head[11] << 8 | head[12]
        body = data[at + _RECORD : at + _RECORD + size]
        if head[0] in (APPLICATION, _CONNECTION_ID) or head[3:5] != b"\0\0":  # beyond epoch 0 all is encrypted
            side.seal(size)
        elif head[0] == HANDSHAKE:
            _handshake(flight, body, gram.packet)
        elif head[0] == ALERT:
            side.alerted(body, gram.packet)
        elif head[0] == CHANGE_CIPHER and not side.changed:
            side.changes(gram.packet)
        side.cut |= len(body) < size
        at += _RECORD + size


def _handshake(flight: _Flight, data: bytes, packet: int) -> None:
    """Messages or fragments of them (RFC 6347 section 4.2.2): type, length, number, fragment's place and length."""
    at = 0
    while len(data) - at >= _MESSAGE:
        size, begin, length = (int.from_bytes(data[at + a : at + a + 3], "big") for a in (1, 6, 9))
        number = data[at + 4] << 8 | data[at + 5]
        piece = data[at + _MESSAGE : at + _MESSAGE + length]
        if number not in flight.done and begin + length <= size <= MESSAGE_LIMIT:
            _fragment(flight, (data[at], number, size), begin, piece, packet)
        at += _MESSAGE + length


def _fragment(flight: _Flight, message: tuple[int, int, int], begin: int, piece: bytes, packet: int) -> None:
    kind, number, size = message
    known = flight.open.get(number)
    if known is None:
        if flight.held + size > MESSAGE_LIMIT:
            flight.side.cut = True
            return
        flight.held += size
        known = flight.open[number] = _Fragments(kind, bytearray(size), bytearray(size), packet, size)
    if (known.kind, len(known.body)) != (kind, size):
        return
    stop = begin + len(piece)
    known.left -= len(piece) - known.there.count(1, begin, stop)
    known.body[begin:stop], known.there[begin:stop] = piece, b"\1" * len(piece)
    if not known.left:
        del flight.open[number]
        flight.held -= size
        flight.done.add(number)
        flight.side.took(Message(kind, bytes(known.body), known.first, packet))
