"""MySQL and MariaDB: each command with its answer, and logins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble, Upgrade, Yield, text
from parsers.network.protocols import mysql_packets as wire
from parsers.network.protocols.sasl import credentials
from parsers.network.records import Bools

COMMANDS = 100_000  # of one connection
ROUNDS = 16  # packets of each side that a login may take
_COMMANDS = {
    1: "quit", 2: "init_db", 3: "query", 4: "field_list", 5: "create_db", 6: "drop_db", 7: "refresh", 8: "shutdown", 9: "statistics",
    10: "process_info", 12: "process_kill", 13: "debug", 14: "ping", 17: "change_user", 18: "binlog_dump", 21: "register_slave",
    22: "stmt_prepare", 23: "stmt_execute", 24: "stmt_send_long_data", 25: "stmt_close", 26: "stmt_reset", 27: "set_option",
    28: "stmt_fetch", 31: "reset_connection",
}  # fmt: skip
_SILENT = (1, 24, 25)  # no answer follows
_TEXT = (2, 3, 4, 5, 6, 22)  # the argument is text
CLEAR = "mysql_clear_password"


@dataclass(frozen=True, slots=True)
class Mysql:
    """The dissector."""

    service: str = "mysql"
    family: str = "net/mysql"

    def recognise(self, openings: Openings) -> Bools:
        """The server's greeting: a first packet of protocol 10 and a version."""
        found = np.zeros(len(openings.proto), np.bool_)
        for raw, size in ((openings.resp, openings.resp_size), (openings.orig, openings.orig_size)):
            digit = (raw[:, 5] >= 48) & (raw[:, 5] <= 57)
            found |= (raw[:, 2] == 0) & (raw[:, 3] == 0) & (raw[:, 4] == 10) & digit & (size > 20)
        return np.asarray(found & (openings.proto == 6))

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        if talk.orig is None or talk.resp is None:
            return
        forward = talk.orig.read(talk.orig.begin + 3, 2) != b"\0\x0a"
        if not forward:  # captured without its handshake, the greeting first
            talk = replace(talk, orig=talk.resp, resp=talk.orig)
        if talk.orig is None or talk.resp is None:
            return
        server, client = wire.packets(talk.resp), wire.packets(talk.orig)
        hello = next(server, None)
        greeting = wire.greeting(hello.body) if hello else None
        start = next(client, None)
        if hello is None:
            return
        if greeting is None:
            yield Trouble(talk.resp.packet(talk.resp.begin), "MySQL greeting that cannot be read", "mysql_bad_greeting")
            return
        if start is None:
            return
        able = int.from_bytes(start.body[:4], "little")
        if able & wire.TLS and start.size <= 32:
            ends = (start.end, hello.end)
            yield Upgrade("ssl", *(ends if forward else ends[::-1]))
            return
        login = wire.login(start.body)
        if login is None:
            yield Trouble(talk.orig.packet(start.begin), "MySQL login that cannot be read", "mysql_bad_login")
            return
        waiting: list[wire.Packet] = []
        yield from _login(talk, greeting, (login, start), server, client, waiting)
        yield from _commands(talk, login, server, client, waiting)


def _login(
    talk: Conversation,
    greeting: wire.Greeting,
    said: tuple[wire.Login, wire.Packet],
    server: Iterator[wire.Packet],
    client: Iterator[wire.Packet],
    waiting: list[wire.Packet],
) -> Iterator[Record]:
    """The login with its outcome; another method may be asked for on the way. A first command read too early goes to `waiting`."""
    login, start = said
    if talk.orig is None or talk.resp is None:
        return
    scheme, challenge, secret = login.plugin or greeting.plugin, greeting.challenge, login.answer
    accepted: bool | None = None
    reply: wire.Packet | None = None
    for _ in range(ROUNDS):
        reply = next(server, None) or reply
        if reply is None or reply.body[:1] in (b"\0", b"\xff", b""):
            break
        if reply.body[:1] == b"\xfe":
            name, _, rest = reply.body[1:].partition(b"\0")
            scheme, challenge = text(name), rest[:20]
        elif reply.body[:2] != b"\x01\x04":
            continue
        answer = next(client, None)
        if answer is None:
            break
        if answer.number == 0:
            waiting.append(answer)
            break
        secret = answer.body if reply.body[:1] == b"\xfe" else secret
    if reply is not None and reply.body[:1] in (b"\0", b"\xff"):
        accepted = reply.body[:1] == b"\0"
    first = talk.orig.packet(start.begin)
    last = max(first, talk.resp.packet(reply.begin)) if reply else first
    shown = text(secret.rstrip(b"\0")) if scheme == CLEAR else secret.hex()
    values: dict[str, object] = {
        "scheme": scheme or "mysql_old_password",
        "username": login.user,
        "realm": login.database,
    }
    values |= {"secret": shown or None, "challenge": challenge.rstrip(b"\0").hex() or None}
    yield credentials(talk.flow, first, last, "mysql", values, accepted)
    row: dict[str, object] = {
        "cmd": "login",
        "arg": login.user,
        "success": accepted,
        "response": wire.error(reply.body) if reply is not None and accepted is False else None,
        "server_version": greeting.version,
        "database": login.database,
        "user": login.user,
        "outcome": None if accepted is None else ("failure", "success")[accepted],
    }
    yield Record(talk.flow, first, last, "mysql.command", row)


def _commands(
    talk: Conversation,
    login: wire.Login,
    server: Iterator[wire.Packet],
    client: Iterator[wire.Packet],
    waiting: list[wire.Packet],
) -> Iterator[Record]:
    if talk.orig is None or talk.resp is None:
        return
    for _ in range(COMMANDS):
        packet = waiting.pop() if waiting else next(client, None)
        if packet is None:
            return
        if packet.number != 0 or not packet.body:
            continue
        code = packet.body[0]
        reply = None if code in _SILENT else wire.answer(server, login.flags, code == 22)
        first = talk.orig.packet(packet.begin)
        last = max(first, talk.resp.packet(reply.last.begin)) if reply else first
        argument = text(packet.body[1:4_097]) if code in _TEXT else None
        success = reply.success if reply else None
        row: dict[str, object] = {
            "cmd": _COMMANDS.get(code, f"unknown-{code}"),
            "arg": argument,
            "success": success,
            "rows": reply.rows if reply else None,
            "response": reply.response if reply else None,
            "user": login.user,
            "object": argument[:240] if argument else None,
            "outcome": None if success is None else ("failure", "success")[success],
        }
        yield Record(talk.flow, first, last, "mysql.command", row)


DISSECTOR = Mysql()
