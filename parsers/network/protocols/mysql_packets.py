"""MySQL packets, greeting, login and responses (MySQL documentation, "Client/Server Protocol")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parsers.network.protocols import text
from parsers.network.streams import Stream

PACKETS = 500_000  # of one side
BODY_LIMIT = 65_536  # bytes of one packet that are kept
SETS = 64  # result sets of one answer
LONG_FLAG, WITH_DB, PROTOCOL_41, TLS, PLUGIN, LENENC, NO_EOF = 1, 8, 0x200, 0x800, 0x80000, 0x200000, 0x1000000


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet: its number, the begin of its body, its size, positions of its first byte and of its end."""

    number: int
    body: bytes
    size: int
    begin: int
    end: int


def packets(stream: Stream) -> Iterator[Packet]:
    """The packets of one side, up to a gap."""
    at = stream.begin
    for _ in range(PACKETS):
        head = stream.read(at, 4)
        if len(head) < 4:
            return
        size = int.from_bytes(head[:3], "little")
        yield Packet(head[3], stream.read(at + 4, min(size, BODY_LIMIT)), size, at, at + 4 + size)
        at += 4 + size


def number(raw: bytes, at: int) -> tuple[int, int]:
    """A length-encoded integer at `at`, and where it ends."""
    first = raw[at] if at < len(raw) else 0
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first, 0)
    return (int.from_bytes(raw[at + 1 : at + 1 + size], "little"), at + 1 + size) if size else (first, at + 1)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the server says first: version, challenge, method of login."""

    version: str
    challenge: bytes
    plugin: str


def greeting(body: bytes) -> Greeting | None:
    """Protocol 10: version, connection, first 8 bytes of the challenge, filler, capabilities …, rest of the challenge, method."""
    if body[:1] != b"\x0a" or b"\0" not in body:
        return None
    version, _, rest = body[1:].partition(b"\0")
    more = rest[31:]
    challenge = rest[4:12] + more[:12]
    return Greeting(text(version), challenge, text(more[13:].partition(b"\0")[0]))


@dataclass(frozen=True, slots=True)
class Login:
    """What the client answers: capabilities, user, answer to the challenge, database, method."""

    flags: int
    user: str
    answer: bytes
    database: str | None
    plugin: str


def login(body: bytes) -> Login | None:
    """HandshakeResponse41, or None for a request to go on as TLS, an older form, or a cut one."""
    able = int.from_bytes(body[:4], "little")
    if not able & PROTOCOL_41 or len(body) < 34:
        return None
    user, _, rest = body[32:].partition(b"\0")
    size, at = number(rest, 0) if able & LENENC else ((rest[0], 1) if rest else (0, 0))
    answer, rest = rest[at : at + size], rest[at + size :]
    database: str | None = None
    if able & WITH_DB:
        name, _, rest = rest.partition(b"\0")
        database = text(name) or None
    plugin = rest.partition(b"\0")[0] if able & PLUGIN else b""
    return Login(able, text(user), answer, database, text(plugin))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a command: whether it went well, rows changed or returned, text of an error, its last packet."""

    success: bool | None
    rows: int | None
    response: str | None
    last: Packet


def answer(server: Iterator[Packet], flags: int, prepared: bool) -> Answer | None:
    """The next answer. Result sets are passed over, their rows counted."""
    first = last = next(server, None)
    if first is None or last is None:
        return None
    if first.body[:1] == b"\xff":
        return Answer(False, None, error(first.body), first)
    if prepared and first.body[:1] == b"\0" and len(first.body) >= 12:
        for count in (int.from_bytes(first.body[7:9], "little"), int.from_bytes(first.body[5:7], "little")):
            for _ in range(count + (not flags & NO_EOF) if count else 0):
                last = next(server, last)
        return Answer(True, None, None, last)
    rows = 0
    for _ in range(SETS):
        kind = last.body[:1]
        if kind == b"\0":
            changed, at = number(last.body, 1)
            _, at = number(last.body, at)
            rows += changed
            more = bool(last.body[at : at + 1] and last.body[at] & 8)
        elif kind == b"\xff":
            return Answer(False, rows, error(last.body), last)
        elif kind in (b"\xfb", b""):
            return Answer(None, None, None, last)
        else:
            count, last, more, good = _result(server, last, flags)
            rows += count
            if good is not True:
                return Answer(good, rows, error(last.body) if good is False else None, last)
        following = next(server, None) if more else None
        if following is None:
            break
        last = following
    return Answer(True, rows, None, last)


def _result(server: Iterator[Packet], head: Packet, flags: int) -> tuple[int, Packet, bool, bool | None]:
    """Rows of one result set, its last packet, whether another follows, and whether it ended well (None: cut)."""
    columns, _ = number(head.body, 0)
    last = head
    for _ in range(columns + (not flags & NO_EOF)):
        packet = next(server, None)
        if packet is None:
            return 0, last, False, None
        last = packet
    rows = 0
    for packet in server:
        last = packet
        if packet.body[:1] == b"\xff":
            return rows, last, False, False
        if packet.body[:1] == b"\xfe" and packet.size < (0xFFFFFF if flags & NO_EOF else 9):
            at = 1
            if flags & NO_EOF:
                for _ in range(2):
                    _, at = number(packet.body, at)
            else:
                at = 3
            return rows, last, bool(packet.body[at : at + 1] and packet.body[at] & 8), True
        rows += 1
    return rows, last, False, None


def error(body: bytes) -> str:
    """Code, SQL state and text of an error."""
    code = int.from_bytes(body[1:3], "little")
    rest = body[3:]
    state, rest = (rest[1:6], rest[6:]) if rest[:1] == b"#" else (b"", rest)
    return f"{code} {text(state)} {text(rest[:1_024])}".replace("  ", " ")
