"""Redis: each command with its reply, and logins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble, Yield
from parsers.network.protocols.lines import Lines
from parsers.network.protocols.resp import Value, value
from parsers.network.protocols.sasl import credentials
from parsers.network.records import Bools
from parsers.network.streams import Stream

COMMANDS = 100_000  # of one connection
HIDDEN = "<hidden>"
_LIST = re.compile(rb"\*\d{1,6}\r\n\$\d{1,9}\r\n")
_NO_KEY = (
    "AUTH", "HELLO", "PING", "INFO", "SELECT", "QUIT", "CLIENT", "COMMAND", "CONFIG", "FLUSHALL", "FLUSHDB", "SAVE", "BGSAVE",
    "SLAVEOF", "REPLICAOF", "MODULE", "EVAL", "SCRIPT",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Redis:
    """The dissector."""

    service: str = "redis"
    family: str = "net/redis"

    def recognise(self, openings: Openings) -> Bools:
        """A list of texts from the client."""
        found = (openings.orig[:, 0] == 42) & (openings.proto == 6)
        for row in np.flatnonzero(found).tolist():
            found[row] = _LIST.match(openings.orig[row].tobytes()) is not None
        return np.asarray(found)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        orig, resp = talk.orig, talk.resp
        if orig is None or resp is None:
            return
        client, server = Lines(orig), Lines(resp)
        for _ in range(COMMANDS):
            at = client.at
            asked = _command(client)
            if asked is None:
                if at < orig.end:
                    yield Trouble(
                        orig.packet(at),
                        "Redis connection: bytes where a command should begin are none",
                        "redis_bad_command",
                    )
                return
            if asked:
                yield from _rows(talk.flow, asked, (at, client.at), _reply(server), (orig, resp))


def _command(client: Lines) -> list[str] | None:
    """The words of a command: a list of texts, or a line (inline); empty for an empty line."""
    line = client.peek()
    if line is None:
        return None
    if line.raw[:1] != b"*":
        client.next()
        words = [word.decode("utf-8", "backslashreplace")[:1_024] for word in line.raw.split(b" ")[:64]]
        known = bool(re.fullmatch(r"[A-Za-z]{2,20}", words[0]))
        return words if known else [] if not line.raw else None
    found = value(client)
    return [item.text or "" for item in found.items] if found is not None else None


def _reply(server: Lines) -> Value | None:
    """The next reply; what a server pushes unasked (`>`) is passed over."""
    for _ in range(1_000):
        found = value(server)
        if found is None or found.kind != b">":
            return found
    return None


def _rows(
    flow: int, words: list[str], span: tuple[int, int], reply: Value | None, streams: tuple[Stream, Stream]
) -> Iterator[Record]:
    orig, resp = streams
    name = words[0].upper()
    success = None if reply is None else reply.kind not in (b"-", b"!")
    first = orig.packet(span[0])
    last = max(orig.packet(span[1] - 1), resp.packet(max(reply.end - 1, 0)) if reply else 0, first)
    login = (
        [word.upper() for word in words].index("AUTH")
        if name in ("AUTH", "HELLO") and "AUTH" in map(str.upper, words)
        else -1
    )
    given = words[login + 1 : login + 3] if login >= 0 else []
    if given:
        user = given[0] if len(given) > 1 else "default"
        found: dict[str, object] = {"scheme": "plain", "username": user, "secret": given[-1]}
        yield credentials(flow, first, last, "redis", found, success)
        words = [*words[: login + len(given)], HIDDEN, *words[login + 3 :]]
    elif name == "CONFIG" and [word.lower() for word in words[1:3]] == ["set", "requirepass"]:
        words = [*words[:3], HIDDEN]
    key = words[1] if len(words) > 1 and name not in _NO_KEY else None
    rest = words[2 if key is not None else 1 :]
    values: dict[str, object] = {
        "cmd_name": name,
        "cmd_key": key,
        "cmd_value": " ".join(rest)[:4_096] or None,
        "success": success,
        "reply_value": reply.shown if reply else None,
        "object": key,
        "outcome": None if success is None else ("failure", "success")[success],
    }
    yield Record(flow, first, last, "redis.command", values)


DISSECTOR = Redis()
