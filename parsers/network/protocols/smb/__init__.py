"""SMB 1, 2 and 3 that are not encrypted: shares that were mapped, files that were acted on and carried, logons."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Trouble, Yield
from parsers.network.protocols.smb.exchanges import LIMIT, Ahead, Exchanges, one_by_one
from parsers.network.protocols.smb.framing import NOTHING, RAW
from parsers.network.protocols.smb.logons import Logons
from parsers.network.protocols.smb.message_kernels import ASIDE, ONE, REPLY, RESPONSE, TWO
from parsers.network.protocols.smb.messages import Message
from parsers.network.protocols.smb.plain import PlainSteps
from parsers.network.protocols.smb.shares import Shares
from parsers.network.protocols.smb.smb1 import ACTING as ACTING_ONE
from parsers.network.protocols.smb.smb1 import Smb1
from parsers.network.protocols.smb.smb2 import ACTING as ACTING_TWO
from parsers.network.protocols.smb.smb2 import Smb2
from parsers.network.protocols.smb.step_kernels import OF_ONE
from parsers.network.protocols.smb.steps import Pair, Plain
from parsers.network.records import Bools, Int64s
from parsers.network.streams import Pieces, Stream

ROWS = 200_000  # rows of one connection; a backup of that many files in one connection is cut there, and said to be
AT_ONCE = 64  # rows given on at a time
_ENCRYPTED, _COMPRESSED = 0xFD, 0xFC  # how the identifier of messages begins that are not read
_NOT_READ = {
    _ENCRYPTED: ("encrypted messages are not read", "smb_encrypted"),
    _COMPRESSED: ("compressed messages are not read", "smb_compressed"),
}
_ACTING = np.zeros((2, 256), np.bool_)  # by version, the commands that anything is done for
_ACTING[0, sorted(ACTING_ONE)] = _ACTING[1, sorted(ACTING_TWO)] = True
_NONE = ("bytes where a message should begin are none", "smb_malformed")


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

    def ahead(self, held: Pieces, flows: Int64s) -> Ahead:
        """Find the messages of all of its flows together."""
        return Ahead(held, flows, _ACTING)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        if talk.orig is None or talk.resp is None:
            return iter(())
        ahead = talk.ahead if isinstance(talk.ahead, Ahead) else None
        found, forward = None, ahead.forward(talk.flow) if ahead is not None else None
        if forward is None:
            forward = not _answers_first(talk.orig)
        if ahead is not None:
            found = ahead.exchanges(talk.flow, talk.orig, talk.resp)
        client, server = (talk.orig, talk.resp) if forward else (talk.resp, talk.orig)
        if found is None:
            found = one_by_one(client, server, _ACTING)
        shares = Shares(talk.flow, packet_time, forward, talk.uid)
        logons = Logons(talk.flow, shares.out)
        return _Walk(shares, logons, PlainSteps(shares, logons.users, client, server)).rows(found)


def _answers_first(stream: Stream) -> bool:
    """Whether this side sends answers: a capture that began late may have them first."""
    raw = stream.read(stream.begin, 24)
    if raw[4:8] == b"\xfeSMB" and len(raw) >= 21:
        return bool(raw[20] & RESPONSE)
    return raw[4:8] == b"\xffSMB" and len(raw) >= 14 and bool(raw[13] & REPLY)


class _Walk:
    """Requests in the order of their stream, each with its answer by number: the order of packets does not matter."""

    def __init__(self, shares: Shares, logons: Logons, plain: PlainSteps) -> None:
        self.shares, self.plain = shares, plain
        self.one, self.two = Smb1(shares, logons), Smb2(shares, logons)
        self.said: set[int] = set()
        self.broken = -1  # where the last frame began that had a malformed message

    def rows(self, found: Exchanges) -> Iterator[Yield]:
        for odd in found.odd:
            if odd.kind == RAW:
                self.one.older.raw.append(odd)
            else:
                self._other(odd)
        if (beyond := found.beyond) is not None:
            reason = f"SMB connection with more than {LIMIT} answers: the rest is not read"
            self.shares.out.append(Trouble(beyond.stream.packet(beyond.frame_at), reason, "smb_too_much"))
        yield from self._requests(found.steps)
        self.one.older.settle()
        for unclaimed in (*self.one.older.unclaimed, *self.one.older.raw):
            self._aside(unclaimed)
        self.shares.finish()
        yield from self.shares.out

    def _requests(self, steps: Iterable[Plain | Pair]) -> Iterator[Yield]:
        left, out, older = ROWS, self.shares.out, self.one.older
        room = min(AT_ONCE, left)
        for step in steps:
            if isinstance(step, Plain):
                if older.reading is not None and step.verb in OF_ONE:
                    older.settle(step.begun)
                self.plain.step(step)
            else:
                self._pair(*step)
            if len(out) < room:
                continue
            left -= len(out)
            room = min(AT_ONCE, left)
            yield from out
            out.clear()
            if left <= 0:
                packet = step.begun if isinstance(step, Plain) else step[0].stream.packet(step[0].frame_at)
                reason = f"SMB connection with more than {ROWS} rows: the rest is not read"
                yield Trouble(packet, reason, "smb_too_much")
                break

    def _pair(self, found: Message, answer: Message | None) -> None:
        """What is not plain, message by message."""
        if found.frame_at == self.broken and found.at != self.broken:
            return  # what follows in one frame hangs together
        try:
            if found.kind == TWO:
                self.two.step(found, answer)
            else:
                self._request(found, answer)
        except (ValueError, IndexError, struct.error) as error:
            self._malformed(found, error)
            self.broken = found.frame_at

    def _request(self, found: Message, answer: Message | None) -> None:
        if found.kind == ONE:
            if self.one.older.reading is not None:
                self.one.older.settle(found.packet)
            self.one.step(found, answer)
        elif found.kind != RAW:
            self._other(found)
        elif not self.one.older.written(found):
            self._aside(found)

    def _other(self, found: Message) -> None:
        """What is no message that is read."""
        try:
            found.wrong()
        except ValueError as error:
            self._malformed(found, error)
        else:
            self._aside(found)

    def _aside(self, found: Message) -> None:
        """What is known and not read is said once a connection; bytes that are nothing each time."""
        reason, name = _NOT_READ.get(found.command, _NONE) if found.kind == ASIDE else _NONE
        if found.kind in (NOTHING, RAW) or found.command not in self.said:
            self.said.add(found.command)
            packet = found.stream.packet(found.frame_at)
            self.shares.out.append(Trouble(packet, f"SMB connection: {reason}", name))

    def _malformed(self, found: Message, error: Exception) -> None:
        begin, size = found.frame_at, found.frame_size
        cut = found.stream.held(begin, begin + size) < size
        what = error if isinstance(error, ValueError) else "a field lies beyond its end"
        reason = f"SMB message is {'cut' if cut else 'malformed'}: {what}"
        packet = found.stream.packet(begin)
        self.shares.out.append(Trouble(packet, reason, "smb_truncated" if cut else "smb_malformed"))


DISSECTOR = Smb()
