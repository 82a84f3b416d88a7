"""FTP: each command with its reply, logins, and the data channels foretold (RFC 959, 2428, 4217)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble, Upgrade, Yield, text
from parsers.network.protocols.beginnings import begins, holds, replies, silent
from parsers.network.protocols.ftp_session import (
    PATHS,
    SIZED,
    TRANSFERS,
    Session,
    foretold,
    given_name,
    moved,
    opened,
    said_password,
    size,
)  # fmt: skip
from parsers.network.protocols.ftp_together import tabulate
from parsers.network.protocols.lines import Line, Lines
from parsers.network.protocols.replies import Replies, Reply
from parsers.network.protocols.sasl import credentials
from parsers.network.protocols.tabular import Streams, Tabulated
from parsers.network.records import Bools
from parsers.network.streams import Stream

COMMANDS = 100_000  # commands read of one connection
PRELIMINARY = 8  # 1xx replies before the final one
_VERBS = (b"USER ", b"AUTH ", b"FEAT", b"SYST", b"PASS ", b"OPTS ", b"CLNT ", b"HOST ", b"QUIT")
_COMMAND = re.compile(rb"[\xf0-\xff]*([A-Za-z]{3,8})(?:[ \t]+(.*))?", re.DOTALL)  # ABOR may follow bytes of telnet


@dataclass(frozen=True, slots=True)
class Ftp:
    """The dissector."""

    service: str = "ftp"
    family: str = "net/ftp"

    def recognise(self, openings: Openings) -> Bools:
        """A greeting 220 with a command of FTP, or one that names FTP."""
        found = np.zeros(len(openings.proto), np.bool_)
        for one, other in ((openings.orig, openings.resp), (openings.resp, openings.orig)):
            if not (mine := begins(other, b"220 ", b"220-")).any():
                continue
            mine &= begins(one, *_VERBS) | (one[:, 0] == 0)
            quiet = mine & (one[:, 0] == 0)
            mine[quiet] = holds(other[quiet], b"FTP")
            found |= mine
        return np.asarray(found & (openings.proto == 6))

    def guess(self, openings: Openings) -> Bools:
        """Replies or commands on the port of FTP."""
        _, quiet = silent(openings)
        known = begins(
            openings.orig, *_VERBS, b"PORT ", b"PASV", b"EPSV", b"TYPE ", b"LIST", b"RETR ", b"STOR ", b"CWD ", b"PWD"
        )
        return np.asarray((replies(openings.resp) | (known & quiet)) & openings.on_port(21) & (openings.proto == 6))

    def tabulate_streams(self, streams: Streams, packet_time: npt.NDArray[np.int64]) -> Tabulated:
        """Plain connections, in columns."""
        return tabulate(streams)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        orig, resp = talk.orig, talk.resp
        if orig is None or resp is None:
            return
        forward = not re.match(rb"\d{3}[ -]", orig.read(orig.begin, 4))
        client, _, server, _ = talk.ends
        if not forward:
            orig, resp, client, server = resp, orig, server, client
        yield from _dialogue(_Streams(orig, resp, forward), Session(talk.flow, client, server))


@dataclass(frozen=True, slots=True)
class _Streams:
    """The two sides; forward: the client is the originator."""

    orig: Stream
    resp: Stream
    forward: bool


def _final(server: Replies) -> tuple[Reply | None, Reply | None]:
    """The preliminary reply (1xx), if any, and the final one."""
    early: Reply | None = None
    for _ in range(PRELIMINARY):
        reply = server.next()
        if reply is None or reply.code >= 200:
            return early, reply
        early = reply
    return early, None


def _dialogue(streams: _Streams, session: Session) -> Iterator[Yield]:
    client, server = Lines(streams.orig), Replies(streams.resp, free_text=True)
    greeting = server.peek()
    if greeting is not None and greeting.code in (120, 220, 421):
        _final(server)
    for _ in range(COMMANDS):
        line = client.next()
        if line is None:
            return
        found = _COMMAND.fullmatch(line.raw.strip())
        if found is None:
            if line.raw.strip():
                reason = "FTP connection: a line is no command"
                yield Trouble(streams.orig.packet(line.begin), reason, "ftp_invalid_command")
            continue
        verb, argument = found[1].upper(), (found[2] or b"")[:4_096]
        early, reply = _final(server)
        yield from _command(streams, session, line, (verb, argument), (early, reply))
        if verb == b"AUTH" and reply is not None and reply.code in (234, 334):
            ends = (line.end, reply.end)
            yield Upgrade("ssl", *(ends if streams.forward else ends[::-1]))
            return


def _command(
    streams: _Streams,
    session: Session,
    line: Line,
    said: tuple[bytes, bytes],
    answer: tuple[Reply | None, Reply | None],
) -> Iterator[Yield]:
    verb, argument = said
    early, reply = answer
    shown = reply or early
    first = streams.orig.packet(line.begin)
    last = max(first, streams.resp.packet(shown.begin)) if shown else first
    name = text(argument) or given_name(verb, answer)
    if verb == b"USER":
        session.user = name
    elif verb == b"PASS":
        session.password = said_password(session, name)
        accepted = None if reply is None else reply.code < 400
        values: dict[str, object] = {"scheme": "user", "username": session.user, "secret": name}
        yield credentials(session.flow, first, last, "ftp", values, accepted)
    row: dict[str, object] = {
        "user_": session.user,
        "password": session.password,
        "command": text(verb),
        "arg": session.password if verb == b"PASS" else name or None,
        "cwd": session.cwd,
        "user": session.user,
        "object": session.path(name) if verb in PATHS and name else None,
    }
    if shown:
        row |= {"reply_code": shown.code, "reply_msg": text(shown.text[4:1_028])}
        row["outcome"] = "success" if shown.code < 400 else "failure"
    moved(session, verb, name, reply)
    row |= opened(session, verb, argument, reply, first)
    if verb in SIZED:
        row["file_size"] = size(session, name, verb, answer)
    yield Record(session.flow, first, last, "ftp.command", row)
    if verb in TRANSFERS and (early is not None or reply is None or reply.code < 400):
        yield from foretold(session, verb, row, first)


DISSECTOR = Ftp()
