"""SMTP: each message with its envelope, its parts as files, and how the client logged in (RFC 5321)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble, Upgrade, Yield, text
from parsers.network.protocols.beginnings import begins, holds, replies, silent
from parsers.network.protocols.lines import Lines
from parsers.network.protocols.mail_headers import WEBMAIL
from parsers.network.protocols.mail_message import Sent, message
from parsers.network.protocols.replies import Replies
from parsers.network.protocols.sasl import credentials, exchanged
from parsers.network.protocols.smtp_commands import Command, Dialogue
from parsers.network.records import Bools
from parsers.network.streams import Stream

PORTS = (25, 465, 587, 2525)
RECIPIENTS = 10_000  # recipients kept of one message
ODD_LINES = 5  # lines that are no command, each told; beyond these the connection is counted once more
_CLIENT = (b"EHLO ", b"HELO ", b"MAIL FROM:", b"LHLO ")
_PATH = re.compile(rb"(?:FROM|TO)\s*:\s*<?([^>\s]*)", re.IGNORECASE)


@dataclass(slots=True)
class Transaction:
    """One message on its way: commands from MAIL on, recipients, where its content lies."""

    first: int
    sender: bytes | None = None
    recipients: list[bytes] = field(default_factory=list)
    content: list[tuple[int, int]] = field(default_factory=list)
    stuffed: bool = True
    whole: bool = True
    last: Command | None = None


@dataclass(slots=True)
class Session:
    """What holds for a connection: streams, who greeted, who logged in, how many messages there were."""

    flow: int
    orig: Stream
    resp: Stream
    client: Lines
    forward: bool
    uid: str
    helo: str | None = None
    user: str | None = None
    depth: int = 0
    tls: bool = False

    def row(self, job: Transaction) -> Iterator[Yield]:
        """The row of a transaction, and the files it carried."""
        self.depth += 1
        mail = None
        if job.content:
            sent = Sent(self.flow, self.uid, self.client, self.forward)
            mail = message(sent, job.content, stuffed=job.stuffed, whole=job.whole)
        values = mail.values if mail else {}
        reply = job.last.reply if job.last else None
        recipients = dict.fromkeys([text(path) for path in job.recipients])
        agent = values.get("user_agent")
        values |= {
            "helo": self.helo,
            "mailfrom": None if job.sender is None else text(job.sender),
            "rcptto": ", ".join(recipients) or None,
            "last_reply": text(reply.text[:1_024]) if reply else None,
            "tls": self.tls,
            "trans_depth": self.depth,
            "is_webmail": agent is not None and WEBMAIL.search(str(agent)) is not None,
            "user": self.user,
        }
        values["object"] = values.get("subject") or values["rcptto"]
        if reply:
            values["outcome"] = "success" if reply.code < 400 else "failure"
        last = self.orig.packet(max(job.last.end - 1, 0)) if job.last else job.first
        last = max(last, self.resp.packet(reply.begin)) if reply else last
        event = "smtp.message" if mail else "smtp.session"
        yield Record(self.flow, job.first, last, event, values, mail.flags if mail else ())
        if mail:
            yield from mail.parts
            if mail.cut:
                yield from mail.troubles("SMTP")


@dataclass(frozen=True, slots=True)
class Smtp:
    """The dissector."""

    service: str = "smtp"
    family: str = "net/smtp"

    def recognise(self, openings: Openings) -> Bools:
        """EHLO, HELO or MAIL FROM from one side, or a greeting that names (E)SMTP."""
        found = begins(openings.orig, *_CLIENT) | begins(openings.resp, *_CLIENT)
        quiet = begins(openings.resp, b"220") & ~found & ~begins(openings.orig, b"USER", b"AUTH ", b"FEAT")
        quiet[quiet] = holds(openings.resp[quiet], b"SMTP")
        return np.asarray((found | quiet) & (openings.proto == 6))

    def guess(self, openings: Openings) -> Bools:
        """A reply code on a port of mail."""
        no_orig, _ = silent(openings)
        letter = begins(openings.orig, b"QUIT", b"RSET", b"NOOP", b"STARTTLS", b"AUTH ", b"RCPT TO", b"DATA") | no_orig
        return np.asarray(replies(openings.resp) & letter & openings.on_port(*PORTS) & (openings.proto == 6))

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        orig, resp = talk.orig, talk.resp
        if orig is None or resp is None:
            return
        start = resp.read(resp.begin, 12).upper()
        forward = not start.startswith(_CLIENT)
        if not forward:
            orig, resp = resp, orig
        yield from _session(Session(talk.flow, orig, resp, Lines(orig), forward, talk.uid))


def _session(session: Session) -> Iterator[Yield]:
    dialogue = Dialogue(session.client, Replies(session.resp))
    job: Transaction | None = None
    helo: Transaction | None = None
    packet = session.orig.packet
    for command in dialogue.commands():
        verb = command.verb
        if verb in (b"EHLO", b"HELO", b"LHLO"):
            session.helo = text(command.argument.strip()[:1_024])
            helo = Transaction(packet(command.begin), last=command)
        elif verb == b"AUTH":
            yield from _login(session, command)
        elif verb == b"STARTTLS":
            if command.reply is not None and command.reply.code == 220:
                session.tls = True
                yield from session.row(Transaction(packet(command.begin), last=command))
                here, there = (command.end, command.reply.end)
                yield Upgrade("ssl", *((here, there) if session.forward else (there, here)))
                return
        elif verb in (b"MAIL", b"RSET", b"QUIT") and job is not None:
            yield from session.row(job)
            job, helo = None, None
        if verb == b"MAIL":
            job = Transaction(packet(command.begin), _path(command), last=command)
        elif verb == b"RCPT":
            job = job or Transaction(packet(command.begin))
            accepted = command.reply is None or command.reply.code < 400
            if accepted and len(job.recipients) < RECIPIENTS:
                job.recipients.append(_path(command))
            job.last = command
        elif verb in (b"DATA", b"BDAT"):
            job = job or Transaction(packet(command.begin))
            job.last = command
            job.whole &= command.whole
            if command.content is not None:
                job.content.append(command.content)
                job.stuffed = verb == b"DATA"
                if job.stuffed or command.argument.upper().endswith(b"LAST"):
                    yield from session.row(job)
                    job, helo = None, None
    rest = job or (helo if not session.depth else None)
    if rest is not None:
        yield from session.row(rest)
    elif not session.depth and session.resp.end > session.resp.begin:
        yield from _greeting(session)
    yield from _odd(session, dialogue.odd)


def _greeting(session: Session) -> Iterator[Yield]:
    """A connection of which only the server's words are known."""
    reply = Replies(session.resp).next()
    if reply is not None:
        values: dict[str, object] = {"last_reply": text(reply.text[:1_024]), "trans_depth": 1, "tls": False}
        packet = session.resp.packet(reply.begin)
        yield Record(session.flow, packet, packet, "smtp.session", values)


def _path(command: Command) -> bytes:
    found = _PATH.match(command.argument)
    return found[1][:1_024] if found else command.argument[:1_024]


def _login(session: Session, command: Command) -> Iterator[Record]:
    mechanism = (command.argument.split() or [b""])[0]
    found = exchanged(mechanism, command.said, command.asked)
    if found is None:
        return
    accepted = None if command.reply is None else command.reply.code < 400
    first, last = session.orig.packet(command.begin), session.orig.packet(command.end - 1)
    if command.reply is not None:
        last = max(last, session.resp.packet(command.reply.begin))
    if accepted:
        session.user = str(found.get("username") or "") or None
    yield credentials(session.flow, first, last, "smtp", found, accepted)


def _odd(session: Session, places: list[int]) -> Iterator[Trouble]:
    for place in places[:ODD_LINES]:
        yield Trouble(session.orig.packet(place), "SMTP connection: a line is no command", "smtp_unknown_command")
    if len(places) > ODD_LINES:
        more = len(places) - ODD_LINES
        yield Trouble(
            session.orig.packet(places[ODD_LINES]),
            f"SMTP connection: more lines are no commands: {more}",
            "smtp_unknown_command",
        )


DISSECTOR = Smtp()
