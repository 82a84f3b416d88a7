"""IMAP: each message that was fetched or stored, each session with its commands, and how the client logged in (RFC 9051)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Yield, text
from parsers.network.protocols.beginnings import begins
from parsers.network.protocols.imap_responses import Sentence, sentences
from parsers.network.protocols.lines import Lines
from parsers.network.protocols.mail_message import Sent, message
from parsers.network.protocols.mail_session import goes_on_as_tls, login, session_row
from parsers.network.protocols.sasl import exchanged
from parsers.network.records import Bools
from parsers.network.streams import Stream

VERBS = 64  # different commands kept of one session
_COMMAND = re.compile(
    rb"[A-Za-z0-9.]{1,32} (?:CAPABILITY|LOGIN|AUTHENTICATE|STARTTLS|SELECT|EXAMINE|LIST|LSUB|ID|NOOP|UID|FETCH)\b",
    re.IGNORECASE,
)
_VERB = re.compile(rb"[A-Z0-9 ]{1,24}")
_FETCH = re.compile(rb"\* (\d{1,10}) FETCH", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d{1,10})", re.IGNORECASE)
# The data item before a literal, in capitals: a whole message, or a head; `<ORIGIN>` where only a piece was asked for.
_ITEM = re.compile(rb"(RFC822(?:\.HEADER)?|BODY\[(?:HEADER[^\]]*)?\])(?:<(\d{1,10})>)? \{\d+\+?\}$")


@dataclass(slots=True)
class Fetched:
    """A message that comes piece by piece."""

    number: int
    uid: int | None
    first: int
    ranges: list[tuple[int, int]]
    size: int


@dataclass(slots=True)
class Session:
    """What holds for one session. asked: commands by tag; sent: who sends what is fetched."""

    flow: int
    orig: Stream
    resp: Stream
    client: Lines
    server: Lines
    forward: bool
    uid: str
    sent: Sent
    asked: dict[bytes, tuple[bytes, Sentence]] = field(default_factory=dict)
    verbs: dict[bytes, None] = field(default_factory=dict)
    user: str | None = None
    mailbox: str | None = None
    login: bool | None = None
    fetched: int = 0
    tls: bool = False
    last: int = 0
    pending: Fetched | None = None

    def row(self) -> Record:
        return session_row(self, "imap", {"mailbox": self.mailbox, "fetched": self.fetched})


@dataclass(frozen=True, slots=True)
class Imap:
    """The dissector."""

    service: str = "imap"
    family: str = "net/imap"

    def recognise(self, openings: Openings) -> Bools:
        """The greeting of a server."""
        words = (b"* OK", b"* PREAUTH", b"* BYE")
        return np.asarray((begins(openings.resp, *words) | begins(openings.orig, *words)) & (openings.proto == 6))

    def guess(self, openings: Openings) -> Bools:
        """A tagged command on the port of IMAP."""
        found = openings.on_port(143) & (openings.proto == 6)
        for row in np.flatnonzero(found).tolist():
            found[row] = _COMMAND.match(openings.orig[row].tobytes()) is not None
        return np.asarray(found)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        orig, resp = talk.orig, talk.resp
        if orig is None or resp is None:
            return
        forward = orig.read(orig.begin, 2) != b"* "
        if not forward:
            orig, resp = resp, orig
        server = Lines(resp)
        sent = Sent(talk.flow, talk.uid, server, not forward)
        yield from _session(Session(talk.flow, orig, resp, Lines(orig), server, forward, talk.uid, sent))


def _session(session: Session) -> Iterator[Yield]:
    exchange: list[bytes] = []
    starttls: Sentence | None = None
    for sentence in sentences(session.client):
        words = sentence.words
        if len(words) < 2:
            exchange += words  # a line of an AUTHENTICATE exchange
            continue
        tag, verb = words[0], words[1].upper()
        if verb == b"UID" and len(words) > 2:
            verb = b"UID " + words[2].upper()
        if verb not in session.verbs and len(session.verbs) < VERBS and _VERB.fullmatch(verb):
            session.verbs[verb] = None
        session.asked[tag] = (verb, sentence)
        session.last = max(session.last, session.orig.packet(sentence.begin))
        if verb == b"APPEND" and sentence.literals:
            yield from _appended(session, sentence)
        if verb == b"STARTTLS":
            starttls = sentence
            break
    challenges: list[bytes] = []
    answered: set[bytes] = set()
    packet_at = session.resp.packet
    for response in sentences(session.server):
        packet = packet_at(response.begin)
        session.last = max(session.last, packet)
        said = response.pieces[0]
        if said[:2] == b"+ ":
            challenges.append(said[2:])
            continue
        if response.literals and (number := _FETCH.match(said)):
            yield from _untagged(session, response, int(number[1]), packet)
        words = said.split(None, 2)
        tag = words[0] if words else b""
        if tag not in session.asked or tag in answered:
            continue
        answered.add(tag)
        taken = words[1:2] == [b"OK"]
        yield from _tagged(session, tag, response, taken, (exchange, challenges))
        if starttls is not None and session.asked[tag][1] is starttls and taken:
            session.tls = True
            yield from goes_on_as_tls(session, session.row(), starttls.end, response.end)
            return
    yield from _flush(session)
    for tag, (verb, _) in session.asked.items():  # a login whose answer is not there
        if verb in (b"LOGIN", b"AUTHENTICATE") and tag not in answered:
            yield from _login(session, tag, None, None, (exchange, challenges))
    yield session.row()


def _tagged(
    session: Session, tag: bytes, response: Sentence, taken: bool, exchange: tuple[list[bytes], list[bytes]]
) -> Iterator[Yield]:
    verb, sentence = session.asked[tag]
    if verb in (b"SELECT", b"EXAMINE"):
        yield from _flush(session)
        arguments = sentence.arguments(session.orig, 2)
        session.mailbox = text(arguments[0][:1_024]) if taken and arguments else session.mailbox
    elif verb in (b"LOGIN", b"AUTHENTICATE"):
        yield from _login(session, tag, response, taken, exchange)


def _login(
    session: Session,
    tag: bytes,
    response: Sentence | None,
    taken: bool | None,
    exchange: tuple[list[bytes], list[bytes]],
) -> Iterator[Record]:
    verb, sentence = session.asked[tag]
    arguments = sentence.arguments(session.orig, 2)
    found: dict[str, object] | None = None
    if verb == b"LOGIN" and len(arguments) > 1:
        found = {"scheme": "login", "username": text(arguments[0][:1_024]), "secret": text(arguments[1][:1_024])}
    elif verb == b"AUTHENTICATE" and arguments:
        found = exchanged(arguments[0], arguments[1:2] + exchange[0], exchange[1])
    if found is None:
        return
    first = session.orig.packet(sentence.begin)
    last = session.resp.packet(response.begin) if response else first
    yield login(session, "imap", (first, last), found, taken)


def _untagged(session: Session, response: Sentence, number: int, packet: int) -> Iterator[Yield]:
    """`* N FETCH (…)` with the bytes of a message or of its head, in a response that begins in this packet."""
    uid = next((int(found[1]) for piece in response.pieces if (found := _UID.search(piece))), None)
    for piece, span in zip(response.pieces, response.literals, strict=False):
        item = _ITEM.search(piece[-400:].upper())
        if item is None:
            continue
        origin = int(item[2] or 0)
        pending = session.pending
        if pending is not None and pending.number == number and origin == pending.size and origin:
            pending.ranges.append(span)
            pending.size += span[1] - span[0]
            continue
        if pending is not None:
            yield from _flush(session)
        job = Fetched(number, uid, packet, [span], span[1] - span[0])
        if item[2] is not None and not origin:
            session.pending = job
        else:
            yield from _fetched(session, job, whole=b"HEADER" not in item[1] and not origin)


def _flush(session: Session) -> Iterator[Yield]:
    job, session.pending = session.pending, None
    if job is not None:
        yield from _fetched(session, job, whole=True)


def _fetched(session: Session, job: Fetched, *, whole: bool) -> Iterator[Yield]:
    """The row of a fetched message, and its files where it is one and not only a head."""
    mail = message(session.sent, job.ranges, stuffed=False, whole=True, named=whole)
    session.fetched += 1
    session.last = max(session.last, mail.last)
    values = mail.values
    values["username"] = session.user
    values["mailbox"] = session.mailbox
    values["number"] = job.number
    values["message_uid"] = job.uid
    values["object"] = values["subject"]
    values["outcome"] = "success"
    yield Record(session.flow, job.first, max(job.first, mail.last), "imap.message", values, mail.flags)
    yield from mail.parts
    if mail.cut:
        yield from mail.troubles("IMAP")


def _appended(session: Session, sentence: Sentence) -> Iterator[Yield]:
    """APPEND: the client stores a message, such as one it sent."""
    sent = Sent(session.flow, session.uid, session.client, session.forward)
    mail = message(sent, sentence.literals[-1:], stuffed=False, whole=True)
    arguments = sentence.arguments(session.orig, 2)
    mailbox = text(arguments[0][:1_024]) if arguments else None
    first = session.orig.packet(sentence.begin)
    values = mail.values | {"username": session.user, "mailbox": mailbox, "object": mail.values["subject"]}
    yield Record(session.flow, first, max(first, mail.last), "imap.append", values, mail.flags)
    yield from mail.parts
    yield from mail.troubles("IMAP")


DISSECTOR = Imap()
