"""IRC: who joins, says and offers what, and logins (RFC 2812, DCC)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from parsers.network.address_names import address_name
from parsers.network.protocols import Conversation, Openings, Record, Yield, text
from parsers.network.protocols.beginnings import begins, silent
from parsers.network.protocols.lines import Line, Lines
from parsers.network.protocols.sasl import credentials, exchanged
from parsers.network.records import Bools
from parsers.network.streams import Stream

LINES = 200_000  # of one side
HIDDEN = "<hidden>"
TOLD = (
    "NICK",
    "USER",
    "JOIN",
    "PART",
    "QUIT",
    "KICK",
    "MODE",
    "TOPIC",
    "PRIVMSG",
    "NOTICE",
    "OPER",
    "INVITE",
    "KILL",
    "PASS",
    "AUTHENTICATE",
)
_DCC = re.compile(r'\x01DCC SEND ("[^"]{1,300}"|\S{1,300}) (\d{1,10}|[0-9a-fA-F:.]{3,45}) (\d{1,5})(?: (\d{1,15}))?')
_IDENTIFY = re.compile(r"((?:identify|register|ghost|login)\b.*? )(\S+)$", re.IGNORECASE)


@dataclass(slots=True)
class Client:
    """What is known of the client: nick, user, and its SASL exchange."""

    nick: str | None = None
    user: str | None = None
    mechanism: bytes = b""
    logins: list[tuple[dict[str, object], int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Irc:
    """The dissector."""

    service: str = "irc"
    family: str = "net/irc"

    def recognise(self, openings: Openings) -> Bools:
        """The client registers, and the server says nothing that another protocol would."""
        _, quiet = silent(openings)
        known = begins(openings.orig, b"NICK ", b"CAP LS", b"CAP REQ", b"PASS ", b"USER ")
        server = begins(openings.resp, b":", b"NOTICE ", b"PING ", b"ERROR ")
        sure = begins(openings.orig, b"NICK ", b"CAP LS", b"CAP REQ")
        port = openings.on_port(194, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 7000)
        found = (known & server) | (quiet & (sure | (known & port))) | (begins(openings.resp, b":") & port)
        return np.asarray(found & (openings.proto == 6))

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        if talk.orig is None or talk.resp is None:
            return
        client, numerics = Client(), set[str]()
        rows = [row for line in _lines(talk.orig) for row in _line(talk, client, line, talk.orig, sent=True)]
        for line in _lines(talk.resp):
            words = text(line.raw[:64]).split(" ")
            if len(words) > 1 and words[0][:1] == ":" and words[1].isdigit():
                numerics.add(words[1])
            rows += _line(talk, client, line, talk.resp, sent=False)
        yield from rows
        welcomed, refused = "001" in numerics, "464" in numerics
        for values, packet in client.logins:
            taken = True if "903" in numerics else False if "904" in numerics else None
            if values["scheme"] == "pass":
                taken = True if welcomed else False if refused else None
            yield credentials(talk.flow, packet, packet, "irc", values, taken)


def _lines(stream: Stream) -> Iterator[Line]:
    lines = Lines(stream)
    for _ in range(LINES):
        line = lines.next()
        if line is None:
            return
        yield line


def _split(raw: bytes) -> tuple[str | None, str, list[str]]:
    """RFC 2812 section 2.3.1: prefix, command, parameters; message tags of IRCv3 are taken off."""
    said = text(raw[:8_192]).rstrip("\r\n")
    if said[:1] == "@":
        said = said.partition(" ")[2]
    prefix: str | None = None
    if said[:1] == ":":
        prefix, _, said = said[1:].partition(" ")
    middle, colon, trailing = said.partition(" :")
    words = middle.split()
    return prefix, words[0].upper() if words else "", words[1:] + ([trailing] if colon else [])


def _line(talk: Conversation, client: Client, line: Line, stream: Stream, *, sent: bool) -> Iterator[Record]:
    prefix, command, given = _split(line.raw)
    if command not in TOLD:
        return
    packet = stream.packet(line.begin)
    if sent and command in ("PASS", "OPER", "AUTHENTICATE"):
        _secret(client, command, given, packet)
        given = given[:1] if command == "OPER" else []
    value, addl = (given[0] if given else None), " ".join(given[1:]) or None
    if sent and command == "NICK":
        client.nick = value
    if sent and command == "USER":
        client.user = value
    if (
        sent
        and command == "PRIVMSG"
        and value
        and value.lower().startswith(("nickserv", "chanserv", "authserv", "q@"))
        and addl
    ):
        addl = _identified(client, addl, packet)
    nick = prefix.partition("!")[0] if prefix and not sent else client.nick
    values: dict[str, object] = {
        "nick": nick,
        "user_": client.user,
        "command": command,
        "value": value if command not in ("PASS", "AUTHENTICATE") else HIDDEN,
        "addl": addl,
        "from_client": sent,
        "object": value,
        "user": nick,
    }
    values |= _offer(addl or "")
    yield Record(talk.flow, packet, packet, "irc.dcc" if "dcc_file_name" in values else "irc.message", values)


def _offer(said: str) -> dict[str, object]:
    """A file offered by DCC: name, size, where it waits."""
    found = _DCC.match(said)
    if found is None:
        return {}
    try:
        host = address_name(int(found[2]) if found[2].isdigit() else found[2])
    except ValueError:
        return {}
    size = int(found[4]) if found[4] else None
    return {"dcc_file_name": found[1].strip('"'), "dcc_file_size": size, "dcc_host": host, "dcc_port": int(found[3])}


def _secret(client: Client, command: str, given: list[str], packet: int) -> None:
    if command == "PASS" and given:
        client.logins.append(({"scheme": "pass", "username": client.nick, "secret": given[0]}, packet))
    elif command == "OPER" and len(given) > 1:
        client.logins.append(({"scheme": "oper", "username": given[0], "secret": given[1]}, packet))
    elif command == "AUTHENTICATE" and given:
        said = given[0].encode("utf-8", "replace")
        if client.mechanism and said != b"*":
            found = exchanged(client.mechanism, [said], [])
            client.logins += [(found, packet)] if found else []
            client.mechanism = b""
        else:
            client.mechanism = said


def _identified(client: Client, said: str, packet: int) -> str:
    """Words to a service of the network with a password at their end."""
    found = _IDENTIFY.match(said)
    if found is None:
        return said
    client.logins.append(({"scheme": "service", "username": client.nick, "secret": found[2]}, packet))
    return found[1] + HIDDEN


DISSECTOR = Irc()
