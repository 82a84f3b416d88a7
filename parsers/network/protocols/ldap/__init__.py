"""LDAP over TCP and UDP (CLDAP): operations, searches, logons; StartTLS hands the flow on. What SASL protects is said, not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Trouble, Upgrade, Yield
from parsers.network.protocols.ber import extent
from parsers.network.protocols.ldap.messages import ENTRY, EXTENDED_OP, OPERATIONS, REQUESTS, Message, head, message
from parsers.network.protocols.ldap.names import START_TLS
from parsers.network.protocols.ldap.rows import rows
from parsers.network.records import Bools, Bytes, one_of
from parsers.network.streams import Stream

SIZE_LIMIT = 1 << 20  # bytes read of one message; entries are counted without being read
MESSAGES = 200_000  # messages of one side
LEAPS = 256  # pieces after a gap that are tried for the beginning of a message
_HEAD = 24  # bytes that hold a message's length, number and operation
_EXTENDED_ANSWER = 0x78


@dataclass(slots=True)
class _Said:
    """What both sides said, by whether it asks or answers; `tls`: numbers of requests for StartTLS."""

    requests: list[Message] = field(default_factory=list)
    answers: list[Message] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    tls: set[int] = field(default_factory=set)

    def add(self, found: Message) -> None:
        (self.requests if found.operation in REQUESTS else self.answers).append(found)


@dataclass(frozen=True, slots=True)
class Ldap:
    """The dissector."""

    service: str = "ldap"
    family: str = "net/ldap"
    families: tuple[str, ...] = ("net/ldap_search",)

    def recognise(self, openings: Openings) -> Bools:
        """A sequence of a number of one to four bytes and a known operation."""
        found: Bools = _begins(openings.orig, openings.orig_size) | _begins(openings.resp, openings.resp_size)
        found &= one_of(openings.proto, 6, 17)
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        said = _Said()
        for gram in talk.datagrams:
            _datagram(said, talk.payload(gram), gram.packet)
        ends: list[int | None] = []
        for stream in (talk.orig, talk.resp):
            if stream is not None:
                ends.append(_stream(said, stream))
        yield from said.troubles
        yield from rows(talk.flow, said.requests, said.answers)
        if len(ends) == 2 and ends[0] is not None and ends[1] is not None:
            yield Upgrade("ssl", ends[0], ends[1])


def _begins(side: Bytes, size: npt.NDArray[np.int64]) -> Bools:
    found = np.zeros(len(side), np.bool_)
    some = np.flatnonzero((side[:, 0] == 0x30) & (size >= 7))
    if not len(some):
        return found
    side, every = side[some], np.arange(len(some))
    for form, lead in ((0x81, 3), (0x82, 4), (0x83, 5), (0x84, 6), (0, 2)):
        number = side[:, lead + 1].astype(np.int64)
        shaped = (side[:, 1] == form) if form else (side[:, 1] < 0x80)
        whole = (side[:, lead] == 2) & (number >= 1) & (number <= 4) & shaped
        operation = side[every, np.minimum(lead + 2 + number, side.shape[1] - 1)]
        found[some] |= whole & np.isin(operation, tuple(OPERATIONS))
    return found


def _datagram(said: _Said, data: bytes, packet: int) -> None:
    """All messages of one datagram."""
    at = 0
    try:
        while at < len(data):
            _, end = extent(data, at)
            said.add(message(data[at:end], (packet, packet, 0)))
            at = end
    except (ValueError, IndexError) as error:
        said.troubles.append(_malformed(packet, error))


def _malformed(packet: int, error: Exception) -> Trouble:
    what = error if isinstance(error, ValueError) and "unpack" not in str(error) else "a field is missing"
    return Trouble(packet, f"LDAP message is cut or malformed: {what}", "ldap_malformed")


def _stream(said: _Said, stream: Stream) -> int | None:
    """All messages of one side of a TCP connection; where its part in StartTLS ended, if it came to that."""
    at, leaps, asked = stream.begin, 0, None
    for _ in range(MESSAGES):
        raw = stream.read(at, _HEAD)
        try:
            number, operation = head(raw)
            end = at + extent(raw)[1]
        except ValueError:
            if asked is not None or (following := _after_gap(stream, at, leaps)) is None:
                if asked is None and raw and at < stream.end:
                    said.troubles.append(_unread(stream, at, raw))
                return asked
            at, leaps = following, leaps + 1
            continue
        place = stream.packet(at), stream.packet(end - 1), end
        asked = None
        if operation == ENTRY:
            said.add(Message(place[0], place[1], number, operation, end))
        else:
            try:
                found = message(stream.read(at, min(end - at, SIZE_LIMIT)), place)
                said.add(found)
                asked = end if _starts_tls(said, found) else None
            except (ValueError, IndexError) as error:
                said.troubles.append(_malformed(place[0], error))
        at = end
    said.troubles.append(
        Trouble(stream.packet(at), f"LDAP connection with more than {MESSAGES} messages: the rest is not read")
    )
    return None


def _starts_tls(said: _Said, found: Message) -> bool:
    """A request for StartTLS, or the answer that grants one; what follows it is TLS."""
    if found.operation == EXTENDED_OP and str(found.values.get("object", "")).startswith(START_TLS):
        said.tls.add(found.number)
        return True
    return found.operation == _EXTENDED_ANSWER and found.result == 0 and found.number in said.tls


def _after_gap(stream: Stream, at: int, leaps: int) -> int | None:
    """The next piece that begins with a message."""
    while leaps < LEAPS and (following := stream.next_start(at)) is not None and following > at:
        at, leaps = following, leaps + 1
        try:
            head(stream.read(at, _HEAD))
        except ValueError:
            continue
        return at
    return None


def _unread(stream: Stream, at: int, raw: bytes) -> Trouble:
    """Bytes that are no message: buffers of a SASL security layer (RFC 4422 section 3.7), or anything else."""
    size = int.from_bytes(raw[:4], "big")
    if (
        len(raw) == _HEAD
        and raw[0] == 0
        and (raw[4:6] == b"\x05\x04" or raw[4:8] == b"\x01\x00\x00\x00" or raw[4] == 0x60)
        and size > 8
    ):
        return Trouble(stream.packet(at), "LDAP connection: messages that SASL protects are not read", "ldap_protected")
    return Trouble(stream.packet(at), "LDAP connection: bytes where a message should begin are none", "ldap_malformed")


DISSECTOR = Ldap()
