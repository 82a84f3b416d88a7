"""What a session of POP3 and one of IMAP tell alike: who was let in, what was asked, and where TLS began."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from parsers.network.protocols import Record, Upgrade, Yield
from parsers.network.protocols.sasl import credentials
from parsers.network.streams import Stream


class Session(Protocol):
    """verbs: commands (letters, digits, spaces) in the order in which each was first asked; login: whether the last one was taken; last:
    the last packet read."""

    flow: int
    orig: Stream
    resp: Stream
    forward: bool
    verbs: dict[bytes, None]
    user: str | None
    login: bool | None
    tls: bool
    last: int


def session_row(session: Session, service: str, values: dict[str, object]) -> Record:
    """The row of a session, with what this service tells of it beside."""
    speaks = session.orig if session.orig.end > session.orig.begin else session.resp
    packet = speaks.packet(speaks.begin)
    told: dict[str, object] = {
        "username": session.user,
        "commands": b",".join(session.verbs).decode("ascii") or None,
        "tls": session.tls,
        "outcome": None if session.login is None else ("failure", "success")[session.login],
    }
    return Record(session.flow, packet, max(session.last, packet), f"{service}.session", told | values)


def goes_on_as_tls(session: Session, row: Record, asked: int, answered: int) -> Iterator[Yield]:
    """The session's row, and TLS from behind the bytes that asked for it and those that agreed."""
    yield row
    yield Upgrade("ssl", *((asked, answered) if session.forward else (answered, asked)))


def login(
    session: Session, service: str, packets: tuple[int, int], values: dict[str, object], taken: bool | None
) -> Record:
    """What a client logged in with, between two packets; whoever was let in is the session's user from then on."""
    session.login = taken
    if taken:
        session.user = str(values["username"]) if values.get("username") else None
    first, last = packets
    return credentials(session.flow, first, max(first, last), service, values, taken)
