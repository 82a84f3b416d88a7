"""SMB 1, 2 and 3 that are not encrypted: shares that were mapped, files that were acted on and carried, logons."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Trouble, Yield
from parsers.network.protocols.nt_status import PENDING
from parsers.network.protocols.smb import smb1_messages, smb2
from parsers.network.protocols.smb.framing import COMPRESSED, ENCRYPTED, RAW, SMB1, SMB2, Frame, frames
from parsers.network.protocols.smb.logons import Logons
from parsers.network.protocols.smb.shares import Shares
from parsers.network.protocols.smb.smb1 import Smb1
from parsers.network.records import Bools
from parsers.network.streams import Stream

ANSWERS = 500_000  # answers kept of one connection; with more, the requests after them go without
ROWS = 200_000  # rows of one connection; a backup of that many files in one connection is cut there, and said to be
_NOT_READ = {
    ENCRYPTED: ("encrypted messages are not read", "smb_encrypted"),
    COMPRESSED: ("compressed messages are not read", "smb_compressed"),
}
Answers = tuple[dict[int, smb2.Message], dict[tuple[int, int], deque[smb1_messages.Message]]]


@dataclass(frozen=True, slots=True)
class Smb:
    """The dissector."""

    service: str = "smb"
    family: str = "net/smb_files"
    families: tuple[str, ...] = ("net/smb_mapping", "net/ntlm")

    def recognise(self, openings: Openings) -> Bools:
        """An SMB message in a session frame, or the request for a NetBIOS session that comes before it."""
        found = np.zeros(len(openings.proto), np.bool_)
        for side in (openings.orig, openings.resp):
            found |= (side[:, 0] == 0) & (side[:, 4] >= 0xFC) & (side[:, 5:8] == tuple(b"SMB")).all(axis=1)
            found |= (side[:, :5] == (0x81, 0, 0, 68, 32)).all(axis=1)
        found &= openings.proto == 6
        return found

    def guess(self, openings: Openings) -> Bools:
        """By port: connections whose beginning is missing."""
        found: Bools = (openings.proto == 6) & openings.on_port(139, 445)
        return found & ((openings.orig_size > 0) | (openings.resp_size > 0))

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        if talk.orig is None or talk.resp is None:
            return
        client, server = talk.orig, talk.resp
        forward = not _answers_first(client)
        if not forward:
            client, server = server, client
        shares = Shares(talk.flow, packet_time, forward, talk.uid)
        walk = _Walk(shares, Logons(talk.flow, shares.out))
        walk.answers(server)
        yield from walk.requests(client)


def _answers_first(stream: Stream) -> bool:
    """Whether this side sends answers: a capture that began late may have them first."""
    raw = stream.read(stream.begin, 24)
    if raw[4:8] == SMB2 and len(raw) >= 21:
        return bool(raw[20] & smb2.RESPONSE)
    return raw[4:8] == SMB1 and len(raw) >= 14 and bool(raw[13] & smb1_messages.REPLY)


class _Walk:
    """Requests in the order of their stream, each with its answer by number: the order of packets does not matter."""

    def __init__(self, shares: Shares, logons: Logons) -> None:
        self.shares = shares
        self.one, self.two = Smb1(shares, logons), smb2.Smb2(shares, logons)
        self.told: Answers = {}, {}
        self.said: set[bytes] = set()

    def answers(self, stream: Stream) -> None:
        for frame in frames(stream):
            if len(self.told[0]) + len(self.told[1]) >= ANSWERS:
                reason = f"SMB connection with more than {ANSWERS} answers: the rest is not read"
                self.shares.out.append(Trouble(stream.packet(frame.at), reason, "smb_too_much"))
                return
            try:
                if frame.magic == SMB2:
                    for found in islice(smb2.messages(stream, frame), ANSWERS - len(self.told[0])):
                        if found.flags & smb2.RESPONSE and found.status != PENDING:
                            self.told[0].setdefault(found.number, found)
                elif frame.magic == SMB1:
                    reply = smb1_messages.message(stream, frame)
                    if reply.reply:
                        self.told[1].setdefault(reply.key, deque()).append(reply)
                elif frame.magic == RAW:
                    self.one.older.raw.append((stream, frame))
                else:
                    self._aside(stream, frame)
            except ValueError as error:
                self._malformed(stream, frame, error)

    def requests(self, stream: Stream) -> Iterator[Yield]:
        rows = 0
        for frame in frames(stream):
            try:
                self._request(stream, frame)
            except (ValueError, IndexError, struct.error) as error:
                self._malformed(stream, frame, error)
            if not self.shares.out:
                continue
            rows += len(self.shares.out)
            yield from self._taken()
            if rows >= ROWS:
                reason = f"SMB connection with more than {ROWS} rows: the rest is not read"
                yield Trouble(stream.packet(frame.at), reason, "smb_too_much")
                break
        self.one.older.settle()
        for server, frame in (*self.one.older.unclaimed, *self.one.older.raw):
            self._aside(server, frame)
        self.shares.finish()
        yield from self._taken()

    def _request(self, stream: Stream, frame: Frame) -> None:
        if frame.magic == SMB2:
            for found in smb2.messages(stream, frame):
                if not found.flags & smb2.RESPONSE:
                    self.two.step(found, self.told[0].pop(found.number, None))
        elif frame.magic == SMB1:
            request = smb1_messages.message(stream, frame)
            if not request.reply:
                self.one.older.settle(request.packet)
                waiting = self.told[1].get(request.key)
                self.one.step(request, waiting.popleft() if waiting else None)
        elif frame.magic != RAW or not self.one.older.written(stream, frame):
            self._aside(stream, frame)

    def _taken(self) -> list[Yield]:
        taken, self.shares.out[:] = self.shares.out[:], []
        return taken

    def _aside(self, stream: Stream, frame: Frame) -> None:
        """What is known and not read is said once a connection; bytes that are nothing each time."""
        reason, name = _NOT_READ.get(frame.magic, ("bytes where a message should begin are none", "smb_malformed"))
        if frame.magic in (b"", RAW) or frame.magic not in self.said:
            self.said.add(frame.magic)
            self.shares.out.append(Trouble(stream.packet(frame.at), f"SMB connection: {reason}", name))

    def _malformed(self, stream: Stream, frame: Frame, error: Exception) -> None:
        cut = stream.held(frame.at, frame.at + frame.size) < frame.size
        what = error if isinstance(error, ValueError) else "a field lies beyond its end"
        reason = f"SMB message is {'cut' if cut else 'malformed'}: {what}"
        self.shares.out.append(Trouble(stream.packet(frame.at), reason, "smb_truncated" if cut else "smb_malformed"))


DISSECTOR = Smb()
