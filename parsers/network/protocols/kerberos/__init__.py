"""Kerberos 5 over UDP and TCP: requests for tickets with their answers. Tickets that other protocols carry come through `rows.used`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Trouble, Yield
from parsers.network.protocols.kerberos.messages import AS_REQ, KINDS, TGS_REQ, Message, message
from parsers.network.protocols.kerberos.rows import rows
from parsers.network.records import Bools, Bytes, one_of
from parsers.network.streams import Stream

SIZE_LIMIT = 1 << 18  # bytes of one message over TCP; tickets with large PACs stay below 64 KiB
MESSAGES = 10_000  # messages of one flow; a client opens a new connection, or port, every few


@dataclass(frozen=True, slots=True)
class Kerberos:
    """The dissector."""

    service: str = "kerberos"
    family: str = "net/kerberos"

    def recognise(self, openings: Openings) -> Bools:
        """A message's tag, and protocol version 5 among its first bytes; over TCP after four bytes of length."""
        found = np.zeros(len(openings.proto), np.bool_)
        udp, tcp = openings.proto == 17, openings.proto == 6
        for side in (openings.orig, openings.resp):
            tagged = (udp & one_of(side[:, 0], *KINDS)) | (tcp & (side[:, 0] == 0) & one_of(side[:, 4], *KINDS))
            some = np.flatnonzero(tagged)
            if len(some):
                found[some] |= _version(side[some])
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        requests: list[Message] = []
        answers: list[Message] = []
        for number, (packet, last, data) in enumerate(_payloads(talk)):
            if number == MESSAGES:
                yield Trouble(packet, f"Kerberos flow with more than {MESSAGES} messages: the rest is not read")
                break
            try:
                found = message(data, packet)
            except ValueError as error:
                yield Trouble(packet, f"Kerberos message is cut or malformed: {error}", "kerberos_malformed")
                continue
            found.last = last
            if found.kind in KINDS:
                (requests if found.kind in (AS_REQ, TGS_REQ) else answers).append(found)
        yield from rows(talk.flow, requests, answers)


def _version(side: Bytes) -> Bools:
    """pvno 5 as the first field: tag 1 in requests, tag 0 in the others."""
    found = np.zeros(len(side), np.bool_)
    for at in range(4, 20):
        found |= (side[:, at + 1 : at + 5] == (3, 2, 1, 5)).all(axis=1) & (
            (side[:, at] == 0xA1) | (side[:, at] == 0xA0)
        )
    return found


def _payloads(talk: Conversation) -> Iterator[tuple[int, int, bytes]]:
    for gram in talk.datagrams:
        yield gram.packet, gram.packet, talk.payload(gram)
    for stream in (talk.orig, talk.resp):
        if stream is not None:
            yield from _framed(stream)


def _framed(stream: Stream) -> Iterator[tuple[int, int, bytes]]:
    """Messages of one side of a TCP connection, each after four bytes of length (RFC 4120 section 7.2.2)."""
    at = stream.begin
    while at < stream.end:
        head = stream.read(at, 5)
        size = int.from_bytes(head[:4], "big")
        if len(head) == 5 and head[4] in KINDS and size <= SIZE_LIMIT:
            yield stream.packet(at), stream.packet(at + 3 + size), stream.read(at + 4, size)
            at += 4 + size
        elif (following := stream.next_start(at)) is not None and following > at:
            at = following
        else:
            return


DISSECTOR = Kerberos()
