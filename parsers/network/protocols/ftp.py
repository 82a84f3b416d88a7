"""FTP: each command with its reply, logins, and the data channels foretold (RFC 959, 2428, 4217)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Expected, Openings, Record, Trouble, Upgrade, Yield, text
from parsers.network.protocols.beginnings import begins, holds, replies, silent
from parsers.network.protocols.ftp_addresses import Channel, of_client, of_server
from parsers.network.protocols.lines import Line, Lines
from parsers.network.protocols.replies import Replies, Reply
from parsers.network.protocols.sasl import credentials
from parsers.network.records import Bools
from parsers.network.streams import Stream

COMMANDS = 100_000  # commands read of one connection
PRELIMINARY = 8  # 1xx replies before the final one
HIDDEN = "<hidden>"  # as Zeek writes it; the password itself stands in net/credentials
TRANSFERS = (b"RETR", b"STOR", b"STOU", b"APPE", b"LIST", b"NLST", b"MLSD")
LISTINGS = (b"LIST", b"NLST", b"MLSD")
_VERBS = (b"USER ", b"AUTH ", b"FEAT", b"SYST", b"PASS ", b"OPTS ", b"CLNT ", b"HOST ", b"QUIT")
_PATHS = frozenset((
    b"RETR", b"STOR", b"STOU", b"APPE", b"DELE", b"CWD", b"MKD", b"RMD", b"RNFR", b"RNTO", b"SIZE", b"MDTM", b"LIST", b"NLST", b"MLSD",
))  # fmt: skip
_SHORT = 256  # characters of a directory and a name whose path is kept for the next time
_ANONYMOUS = ("anonymous", "ftp", "anon", "")
_COMMAND = re.compile(rb"[\xf0-\xff]*([A-Za-z]{3,8})(?:[ \t]+(.*))?", re.DOTALL)  # ABOR may follow bytes of telnet
_QUOTED = re.compile(rb'"((?:[^"]|"")*)"')
_NAMED = re.compile(rb"FILE: *([^\r\n]{1,1000})")  # RFC 1123 section 4.1.2.9
_SIZE = re.compile(rb"\((\d{1,15}) bytes\)")


@dataclass(slots=True)
class Session:
    """What holds for one control connection."""

    talk: Conversation
    orig: Stream
    resp: Stream
    forward: bool
    client: str
    server: str
    user: str | None = None
    password: str | None = None
    cwd: str = "."
    channel: Channel | None = None
    told_at: int = 0
    sizes: dict[str, int] | None = None

    def path(self, name: str) -> str:
        if not name:
            return self.cwd
        name = name[:4_096]
        return (_known_path if len(self.cwd) + len(name) <= _SHORT else _path)(self.cwd, name)


def _path(cwd: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(cwd, name))


_known_path = lru_cache(maxsize=1 << 10)(_path)


@dataclass(frozen=True, slots=True)
class Ftp:
    """The dissector."""

    service: str = "ftp"
    family: str = "net/ftp"

    def recognise(self, openings: Openings) -> Bools:
        """A greeting 220 with a command of FTP, or one that names FTP."""
        found = np.zeros(len(openings.proto), np.bool_)
        for one, other in ((openings.orig, openings.resp), (openings.resp, openings.orig)):
            mine = begins(other, b"220 ", b"220-") & (begins(one, *_VERBS) | (one[:, 0] == 0))
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

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        orig, resp = talk.orig, talk.resp
        if orig is None or resp is None:
            return
        forward = not re.match(rb"\d{3}[ -]", orig.read(orig.begin, 4))
        client, _, server, _ = talk.ends
        if not forward:
            orig, resp, client, server = resp, orig, server, client
        yield from _session(Session(talk, orig, resp, forward, client, server, sizes={}))


def _final(server: Replies) -> tuple[Reply | None, Reply | None]:
    """The preliminary reply (1xx), if any, and the final one."""
    early: Reply | None = None
    for _ in range(PRELIMINARY):
        reply = server.next()
        if reply is None or reply.code >= 200:
            return early, reply
        early = reply
    return early, None


def _session(session: Session) -> Iterator[Yield]:
    client, server = Lines(session.orig), Replies(session.resp, free_text=True)
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
                yield Trouble(session.orig.packet(line.begin), reason, "ftp_invalid_command")
            continue
        verb, argument = found[1].upper(), (found[2] or b"")[:4_096]
        early, reply = _final(server)
        yield from _command(session, line, (verb, argument), (early, reply))
        if verb == b"AUTH" and reply is not None and reply.code in (234, 334):
            ends = (line.end, reply.end)
            yield Upgrade("ssl", *(ends if session.forward else ends[::-1]))
            return


def _command(
    session: Session, line: Line, said: tuple[bytes, bytes], answer: tuple[Reply | None, Reply | None]
) -> Iterator[Yield]:
    verb, argument = said
    early, reply = answer
    shown = reply or early
    first = session.orig.packet(line.begin)
    last = max(first, session.resp.packet(shown.begin)) if shown else first
    name = text(argument) or _given_name(verb, answer)
    if verb == b"USER":
        session.user = name
    elif verb == b"PASS":
        session.password = name if (session.user or "").lower() in _ANONYMOUS else HIDDEN
        accepted = None if reply is None else reply.code < 400
        values: dict[str, object] = {"scheme": "user", "username": session.user, "secret": name}
        yield credentials(session.talk.flow, first, last, "ftp", values, accepted)
    row: dict[str, object] = {
        "user_": session.user,
        "password": session.password,
        "command": text(verb),
        "arg": session.password if verb == b"PASS" else name or None,
        "cwd": session.cwd,
        "user": session.user,
        "object": session.path(name) if verb in _PATHS and name else None,
    }
    if shown:
        row |= {"reply_code": shown.code, "reply_msg": text(shown.text[4:1_028])}
        row["outcome"] = "success" if shown.code < 400 else "failure"
    _moved(session, verb, name, reply)
    row |= _opened(session, verb, argument, reply, first)
    if verb in (b"RETR", b"STOR", b"STOU", b"APPE", b"SIZE"):
        row["file_size"] = _size(session, name, verb, answer)
    yield Record(session.talk.flow, first, last, "ftp.command", row)
    if verb in TRANSFERS and (early is not None or reply is None or reply.code < 400):
        yield from _foretold(session, verb, row, first)


def _given_name(verb: bytes, answer: tuple[Reply | None, Reply | None]) -> str:
    """The name that the server chose for STOU."""
    found = (_NAMED.search(reply.text) for reply in answer if reply is not None) if verb == b"STOU" else ()
    return next((text(match[1].strip()) for match in found if match), "")


def _moved(session: Session, verb: bytes, name: str, reply: Reply | None) -> None:
    """The working directory after a command: what PWD tells is certain."""
    if reply is None or reply.code >= 400:
        return
    if verb in (b"CWD", b"XCWD"):
        session.cwd = session.path(name)
    elif verb in (b"CDUP", b"XCUP"):
        session.cwd = session.path("..")
    elif verb in (b"PWD", b"XPWD") and (quoted := _QUOTED.search(reply.text)):
        session.cwd = text(quoted[1].replace(b'""', b'"'))[:4_096]


def _opened(session: Session, verb: bytes, argument: bytes, reply: Reply | None, first: int) -> dict[str, object]:
    """The data channel that PORT, EPRT, PASV or EPSV agrees on."""
    channel: Channel | None = None
    if verb in (b"PORT", b"EPRT"):
        channel = of_client(verb, argument)
    elif verb in (b"PASV", b"EPSV") and reply is not None:
        channel = of_server(reply.code, reply.text)
    if channel is None or (reply is not None and reply.code >= 400):
        return {}
    session.channel, session.told_at = channel, first
    listens = channel.host or session.server
    return {
        "data_channel_passive": channel.passive,
        "data_channel_orig_h": session.client if channel.passive else session.server,
        "data_channel_resp_h": listens,
        "data_channel_resp_p": channel.port,
    }


def _size(session: Session, name: str, verb: bytes, answer: tuple[Reply | None, Reply | None]) -> int | None:
    """The size of a file as the server tells it: in answer to SIZE, or in words beside 150 and 226."""
    sizes = session.sizes if session.sizes is not None else {}
    for reply in answer:
        if reply is None:
            continue
        if verb == b"SIZE" and reply.code == 213 and (digits := reply.text[4:].strip()).isdigit() and len(digits) < 16:
            if len(sizes) < 10_000:
                sizes[session.path(name)] = int(digits)
            return int(digits)
        if reply.code in (150, 125, 226) and (found := _SIZE.search(reply.text)):
            return int(found[1])
    return sizes.get(session.path(name)) if verb == b"RETR" else None


def _foretold(session: Session, verb: bytes, row: dict[str, object], first: int) -> Iterator[Expected]:
    """The data channel of a transfer. A server may give its address behind NAT: that of the control connection counts too."""
    told = {name: row.get(name) for name in ("user_", "command", "arg", "cwd", "user", "object", "file_size")}
    told["listing"] = verb in LISTINGS
    channel, session.channel = session.channel, None
    if channel is None:  # RFC 959 section 5.2: the server's port 20, without a PORT before
        yield Expected("ftp-data", session.server, 20, session.client, first, told)
    elif channel.passive:
        for host in dict.fromkeys((channel.host or session.server, session.server)):
            yield Expected("ftp-data", host, channel.port, session.client, session.told_at, told)
    else:
        for host in dict.fromkeys((channel.host or session.client, session.client)):
            yield Expected("ftp-data", host, channel.port, session.server, session.told_at, told)


DISSECTOR = Ftp()
