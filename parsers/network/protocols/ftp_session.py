"""What a control connection of FTP makes of its commands: user, folder, data channels, sizes (RFC 959, 1123, 2428)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from parsers.network.protocols import Expected, text
from parsers.network.protocols.ftp_addresses import Channel, of_client, of_server
from parsers.network.protocols.replies import Reply

HIDDEN = "<hidden>"  # as Zeek writes it; the password itself stands in net/credentials
TRANSFERS = (b"RETR", b"STOR", b"STOU", b"APPE", b"LIST", b"NLST", b"MLSD")
SIZED = (b"RETR", b"STOR", b"STOU", b"APPE", b"SIZE")  # a server may tell sizes with these
LISTINGS = (b"LIST", b"NLST", b"MLSD")
PATHS = frozenset((
    b"RETR", b"STOR", b"STOU", b"APPE", b"DELE", b"CWD", b"MKD", b"RMD", b"RNFR", b"RNTO", b"SIZE", b"MDTM", b"LIST", b"NLST", b"MLSD",
))  # fmt: skip
_SHORT = 256  # characters of a directory and a name whose path is kept for the next time
ANONYMOUS = ("anonymous", "ftp", "anon", "")
_QUOTED = re.compile(rb'"((?:[^"]|"")*)"')
_NAMED = re.compile(rb"FILE: *([^\r\n]{1,1000})")  # RFC 1123 section 4.1.2.9
_SIZE = re.compile(rb"\((\d{1,15}) bytes\)")


@dataclass(slots=True)
class Session:
    """What holds for one control connection: its flow, the addresses of client and server, and what was said."""

    flow: int
    client: str
    server: str
    user: str | None = None
    password: str | None = None
    cwd: str = "."
    channel: Channel | None = None
    told_at: int = 0
    sizes: dict[str, int] = field(default_factory=dict)

    def path(self, name: str) -> str:
        if not name:
            return self.cwd
        name = name[:4_096]
        return (_known_path if len(self.cwd) + len(name) <= _SHORT else _path)(self.cwd, name)


def _path(cwd: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(cwd, name))


_known_path = lru_cache(maxsize=1 << 10)(_path)


def said_password(session: Session, said: str) -> str:
    """A password as rows of commands show it."""
    return said if (session.user or "").lower() in ANONYMOUS else HIDDEN


def given_name(verb: bytes, answer: tuple[Reply | None, Reply | None]) -> str:
    """The name that the server chose for STOU."""
    found = (_NAMED.search(reply.text) for reply in answer if reply is not None) if verb == b"STOU" else ()
    return next((text(match[1].strip()) for match in found if match), "")


def moved(session: Session, verb: bytes, name: str, reply: Reply | None) -> None:
    """The working directory after a command: what PWD tells is certain."""
    if reply is None or reply.code >= 400:
        return
    if verb in (b"CWD", b"XCWD"):
        session.cwd = session.path(name)
    elif verb in (b"CDUP", b"XCUP"):
        session.cwd = session.path("..")
    elif verb in (b"PWD", b"XPWD") and (quoted := _QUOTED.search(reply.text)):
        session.cwd = text(quoted[1].replace(b'""', b'"'))[:4_096]


def opened(session: Session, verb: bytes, argument: bytes, reply: Reply | None, first: int) -> dict[str, object]:
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


def size(session: Session, name: str, verb: bytes, answer: tuple[Reply | None, Reply | None]) -> int | None:
    """The size of a file as the server tells it: in answer to SIZE, or in words beside 150 and 226."""
    for reply in answer:
        if reply is None:
            continue
        if verb == b"SIZE" and reply.code == 213 and (digits := reply.text[4:].strip()).isdigit() and len(digits) < 16:
            if len(session.sizes) < 10_000:
                session.sizes[session.path(name)] = int(digits)
            return int(digits)
        if reply.code in (150, 125, 226) and (found := _SIZE.search(reply.text)):
            return int(found[1])
    return session.sizes.get(session.path(name)) if verb == b"RETR" else None


def foretold(session: Session, verb: bytes, row: Mapping[str, object], first: int) -> Iterator[Expected]:
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
