"""POP3: each message that was retrieved, each session with its commands, and how the client logged in (RFC 1939, 2449, 2595, 5034)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Yield, text
from parsers.network.protocols.beginnings import begins, silent
from parsers.network.protocols.lines import Line, Lines
from parsers.network.protocols.mail_message import Sent, message
from parsers.network.protocols.mail_session import goes_on_as_tls, login, session_row
from parsers.network.protocols.pop3_together import tabulate
from parsers.network.protocols.sasl import exchanged
from parsers.network.protocols.tabular import Streams, Tabulated
from parsers.network.records import Bools
from parsers.network.streams import Stream

COMMANDS = 100_000  # commands read of one session
PASSED_OVER = 10_000  # lines of a server that are no reply where one is due, after a gap
EXCHANGE = 8  # lines of one AUTH exchange
_VERBS = (
    b"USER", b"APOP", b"CAPA", b"AUTH", b"STLS", b"QUIT", b"PASS", b"STAT", b"LIST", b"UIDL", b"RETR", b"TOP ", b"NOOP", b"DELE",
)  # fmt: skip
VERBS = 64  # different commands kept of one session
_MAIL = (b"RETR", b"TOP")
_LONG = (*_MAIL, b"CAPA")  # their answers have many lines; those of the following only without an argument
_LISTS = (b"LIST", b"UIDL", b"AUTH")
_REPLIES = (b"+OK", b"-ERR", b"+ ")
_STAMP = re.compile(rb"<[^<>\s]{1,200}>")


@dataclass(slots=True)
class Session:
    """What holds for one session."""

    flow: int
    orig: Stream
    resp: Stream
    forward: bool
    uid: str
    stamp: str | None = None
    name: bytes | None = None
    user: str | None = None
    verbs: dict[bytes, None] = field(default_factory=dict)
    retrieved: int = 0
    deleted: int = 0
    login: bool | None = None
    tls: bool = False
    last: int = 0

    def row(self) -> Record:
        known = self.user or (text(self.name) if self.name is not None else None)
        return session_row(self, "pop3", {"username": known, "retrieved": self.retrieved, "deleted": self.deleted})


@dataclass(frozen=True, slots=True)
class Pop3:
    """The dissector."""

    service: str = "pop3"
    family: str = "net/pop3"

    def recognise(self, openings: Openings) -> Bools:
        """`+OK` from the server, and nothing or a command of POP3 from the client."""
        quiet, _ = silent(openings)
        found = begins(openings.resp, b"+OK") & (begins(openings.orig, *_VERBS) | (quiet & openings.on_port(110)))
        found |= begins(openings.orig, b"+OK") & begins(openings.resp, *_VERBS)  # captured without its handshake
        return np.asarray(found & (openings.proto == 6))

    def guess(self, openings: Openings) -> Bools:
        """A command of POP3 on its port."""
        return np.asarray(begins(openings.orig, *_VERBS) & openings.on_port(110) & (openings.proto == 6))

    def tabulate_streams(self, streams: Streams, packet_time: npt.NDArray[np.int64]) -> Tabulated:
        """Plain sessions, in columns."""
        return tabulate(streams)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        orig, resp = talk.orig, talk.resp
        if orig is None or resp is None:
            return
        forward = orig.read(orig.begin, 3) != b"+OK"
        if not forward:
            orig, resp = resp, orig
        yield from _session(Session(talk.flow, orig, resp, forward, talk.uid))


def _reply(server: Lines) -> Line | None:
    for _ in range(PASSED_OVER):
        line = server.next()
        if line is None or line.raw.startswith(_REPLIES) or line.raw == b"+":
            return line
    return None


def _greeting(session: Session, server: Lines) -> None:
    """The server speaks first; in a flow captured without its begin, the first line may be the answer to a command."""
    at = server.at
    greeting, following = server.next(), server.peek()
    if greeting is None or greeting.raw[:1] not in (b"+", b"-"):
        server.at = at
    elif following is not None and following.raw[:1] not in (b"+", b"-"):
        server.at = at  # the first line of a long answer
    elif stamp := _STAMP.search(greeting.raw):
        session.stamp = text(stamp[0])


def _session(session: Session) -> Iterator[Yield]:
    client, server = Lines(session.orig), Lines(session.resp)
    sent = Sent(session.flow, session.uid, server, not session.forward)
    _greeting(session, server)
    for _ in range(COMMANDS):
        line = client.next()
        if line is None:
            break
        verb, _, argument = line.raw.strip().partition(b" ")
        verb = verb.upper()
        if not (verb.isalpha() and 3 <= len(verb) <= 8):  # letters of ASCII
            continue
        if verb not in session.verbs and len(session.verbs) < VERBS:
            session.verbs[verb] = None
        reply = _reply(server)
        accepted = None if reply is None else reply.raw[:1] == b"+"
        first = session.orig.packet(line.begin)
        session.last = first if reply is None else max(first, session.resp.packet(reply.begin))
        if accepted and reply is not None and (verb in _LONG or (verb in _LISTS and not argument)):
            stop, whole = _after(server, reply)
            if verb in _MAIL:
                yield from _retrieved(session, sent, (reply.end, stop, whole), (verb, argument), first)
        elif verb == b"AUTH" and argument:
            yield from _exchange(session, client, server, line, argument, reply)
        elif verb in (b"USER", b"PASS", b"APOP"):
            yield from _login(session, line, verb, argument.strip(), accepted)
        elif verb == b"STLS" and accepted and reply is not None:
            session.tls = True
            yield from goes_on_as_tls(session, session.row(), line.end, reply.end)
            return
        elif verb == b"DELE" and accepted:
            session.deleted += 1
    yield session.row()


def _after(server: Lines, reply: Line) -> tuple[int, bool]:
    """Where an answer of many lines ends, and whether its end was seen: a dot alone. The server goes on behind it."""
    found = server.find_end(reply.end - 2, b"\r\n.\r\n")
    if found is None:
        server.at = stop = max(server.stream.end, reply.end)
        return stop, False
    server.at = found[1]
    return found[0] + 2, True


def _retrieved(
    session: Session, sent: Sent, span: tuple[int, int, bool], asked: tuple[bytes, bytes], first: int
) -> Iterator[Yield]:
    """The row of a message, and its files. span: where it lies, and whether its end was seen; asked: the command that packet `first`
    brought, and its argument."""
    begin, stop, whole = span
    verb, argument = asked
    entire = verb == b"RETR"  # TOP gives the head and some lines: no whole files
    mail = message(sent, [(begin, stop)], stuffed=True, whole=whole, carried=entire)
    session.retrieved += 1
    session.last = max(session.last, mail.last)
    number = argument.split(None, 1)[0] if argument else b""
    values = mail.values
    values["username"] = session.user
    values["number"] = int(number) if number.isdigit() and len(number) < 9 else None
    values["commands"] = text(verb)
    values["object"] = values["subject"]
    values["outcome"] = "success"
    yield Record(session.flow, first, max(first, mail.last), "pop3.message", values, mail.flags)
    if entire:
        yield from mail.parts
    yield from mail.troubles("POP3")


def _login(session: Session, line: Line, verb: bytes, argument: bytes, accepted: bool | None) -> Iterator[Record]:
    if verb == b"USER":
        session.name = argument[:1_024]
        return
    values: dict[str, object] = {"scheme": "user", "secret": text(argument[:1_024])}
    if verb == b"APOP":  # RFC 1939 section 7: MD5 of the greeting's stamp and the password
        session.name, _, digest = argument[:1_024].partition(b" ")
        values = {"scheme": "apop", "secret": text(digest), "challenge": session.stamp}
    values["username"] = text(session.name) if session.name is not None else None
    yield _accepted(session, line, values, accepted)


def _exchange(
    session: Session, client: Lines, server: Lines, line: Line, argument: bytes, reply: Line | None
) -> Iterator[Record]:
    """AUTH: the server asks with `+`, the client answers with a line."""
    words = argument.split()
    said, asked = words[1:2], []
    for _ in range(EXCHANGE):
        if reply is not None and reply.raw[:2] not in (b"+ ", b"+"):
            break
        answer = client.next() if reply is not None or not said else None
        if answer is None:
            break
        asked.append(reply.raw[2:] if reply else b"")
        said.append(answer.raw)
        reply = _reply(server)
    found = exchanged(words[0], said, asked)
    if found is not None:
        accepted = None if reply is None else reply.raw[:3] == b"+OK"
        session.last = max(session.last, session.resp.packet(reply.begin) if reply else 0)
        yield _accepted(session, line, found, accepted)


def _accepted(session: Session, line: Line, values: dict[str, object], accepted: bool | None) -> Record:
    return login(session, "pop3", (session.orig.packet(line.begin), session.last), values, accepted)


DISSECTOR = Pop3()
