"""PostgreSQL: sessions, statements with their results, logins (PostgreSQL documentation, chapter "Frontend/Backend Protocol")."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble, Upgrade, Yield, text
from parsers.network.protocols.sasl import credentials
from parsers.network.records import Bools
from parsers.network.streams import Stream

MESSAGES = 500_000  # of one side
BODY_LIMIT = 4_096  # bytes of one message that are kept
BLOCK = 16_384  # bytes read at a time
_HEAD = struct.Struct(">cI")  # type, and size without it
START_LIMIT = 10_000  # bytes of a start packet; the server refuses larger ones
_CODES = (b"\x00\x03\x00", b"\x04\xd2\x16\x2e", b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30")
CANCEL, TLS, GSS = _CODES[1:]


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Message:
    """A message: its type, the begin of its body, positions of its first byte and of its end."""

    kind: bytes
    body: bytes
    begin: int
    end: int


@dataclass(slots=True)
class Cycle:
    """What one side says up to where the server is ready again."""

    messages: list[Message] = field(default_factory=list)
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Postgresql:
    """The dissector."""

    service: str = "postgresql"
    family: str = "net/postgresql"

    def recognise(self, openings: Openings) -> Bools:
        """A start packet: its size, then version 3 or the code of a request."""
        raw = openings.orig
        found = (openings.proto == 6) & (raw[:, 0] == 0) & (raw[:, 1] == 0) & (openings.orig_size >= 8)
        code = np.zeros(len(found), np.bool_)
        for start in _CODES:
            code |= (raw[:, 4 : 4 + len(start)] == np.frombuffer(start, np.uint8)).all(axis=1)
        return np.asarray(found & code)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        orig, resp = talk.orig, talk.resp
        if orig is None or resp is None:
            return
        at, answered = 0, 0
        for _ in range(2):
            code = orig.read(at + 4, 4)
            if code not in (TLS, GSS):
                break
            answer = resp.read(answered, 1)
            at, answered = at + 8, answered + 1
            values: dict[str, object] = {
                "frontend": "ssl_request" if code == TLS else "gssenc_request",
                "backend_arg": text(answer) or None,
            }
            yield Record(talk.flow, orig.packet(at - 8), orig.packet(at - 1), "postgresql.start", values)
            if answer in (b"S", b"G"):
                if code == TLS and answer == b"S":
                    yield Upgrade("ssl", at, answered)
                return
        if orig.end > at:
            yield from _session(talk.flow, orig, resp, at, answered)


def _session(flow: int, orig: Stream, resp: Stream, at: int, answered: int) -> Iterator[Yield]:
    size = min(int.from_bytes(orig.read(at, 4), "big"), START_LIMIT)
    if orig.read(at + 4, 4) == CANCEL:
        packet = orig.packet(at)
        yield Record(flow, packet, packet, "postgresql.start", {"frontend": "cancel_request"})
        return
    words = [text(word) for word in orig.read(at + 8, max(size - 8, 0)).split(b"\0")]
    given = dict(zip(words[::2], words[1::2], strict=False))
    session: dict[str, object] = {
        "user_": given.get("user"),
        "user": given.get("user"),
        "database": given.get("database") or given.get("user"),
        "application_name": given.get("application_name"),
    }
    asked, told = _cycles(orig, at + size, b"QS"), _cycles(resp, answered, b"Z")
    yield from _start(flow, orig, resp, (at, session), (asked[0] if asked else Cycle(), told[0] if told else Cycle()))
    first = 1 if asked and asked[0].messages and asked[0].messages[0].kind == b"p" else 0
    asked = _without_passwords(asked) if first else asked
    for number, cycle in enumerate(asked):
        answer = told[number + 1] if number + 1 < len(told) else Cycle()
        yield from _statements(flow, orig, resp, session, cycle, answer)
    for stream, cycles in ((orig, asked), (resp, told)):
        if cycles and cycles[-1].messages and not cycles[-1].messages[-1].kind:
            packet = stream.packet(cycles[-1].messages[-1].begin)
            yield Trouble(packet, "PostgreSQL connection: no message where one should begin", "postgresql_bad_message")


def _cycles(stream: Stream, at: int, ends: bytes) -> list[Cycle]:
    """Messages up to each one that ends a cycle; rows of data are only counted."""
    cycle = Cycle()
    out, counted = [cycle], b"D" if ends == b"Z" else b""
    raw, base = b"", at  # what is at hand
    for _ in range(MESSAGES):
        begin = at - base + _HEAD.size
        if begin > len(raw):
            raw, base, begin = stream.read(at, BLOCK), at, _HEAD.size
            if len(raw) < begin:
                break
        kind, size = _HEAD.unpack_from(raw, begin - _HEAD.size)
        if size < 4 or not kind.isalnum():
            cycle.messages.append(Message(b"", b"", at, at))
            break
        if kind == counted:
            cycle.rows += 1
        else:
            stop = begin + min(size - 4, BODY_LIMIT)
            body = raw[begin:stop] if stop <= len(raw) else stream.read(at + _HEAD.size, stop - begin)
            cycle.messages.append(Message(kind, body, at, at + 1 + size))
            if kind in ends:
                cycle = Cycle()
                out.append(cycle)
        at += 1 + size
    return out if cycle.messages or cycle.rows else out[:-1]


def _without_passwords(asked: list[Cycle]) -> list[Cycle]:
    asked[0].messages = [message for message in asked[0].messages if message.kind != b"p"]
    return asked


def _error(message: Message) -> str:
    """Severity, code and text of an error (fields S, C, M)."""
    fields = {word[:1]: text(word[1:]) for word in message.body.split(b"\0") if word}
    return " ".join(fields[name] for name in (b"S", b"C", b"M") if name in fields)


def _start(
    flow: int, orig: Stream, resp: Stream, begin: tuple[int, dict[str, object]], both: tuple[Cycle, Cycle]
) -> Iterator[Yield]:
    """The row of the session's begin, and the credentials in it."""
    at, session = begin
    said = [message for message in both[0].messages if message.kind == b"p"]
    error = next((message for message in both[1].messages if message.kind == b"E"), None)
    asked = [message for message in both[1].messages if message.kind == b"R" and len(message.body) >= 4]
    codes = [int.from_bytes(message.body[:4], "big") for message in asked]
    accepted = False if error else True if 0 in codes else None
    first = orig.packet(at)
    last = max([first, *(resp.packet(message.begin) for message in [*asked, *([error] if error else [])])])
    if said:
        values: dict[str, object] = {"username": session["user_"], "realm": session["database"]}
        values |= _secret(codes, asked, said)
        yield credentials(
            flow, orig.packet(said[0].begin), max(last, orig.packet(said[-1].begin)), "postgresql", values, accepted
        )
    row = {
        **session,
        "frontend": "startup",
        "success": accepted,
        "outcome": None if accepted is None else ("failure", "success")[accepted],
        "backend": "error" if error else "auth_ok" if accepted else None,
        "backend_arg": _error(error) if error else None,
        "object": session["database"],
    }
    yield Record(flow, first, last, "postgresql.start", row)


def _secret(codes: list[int], asked: list[Message], said: list[Message]) -> dict[str, object]:
    if 5 in codes:
        return {
            "scheme": "md5",
            "secret": text(said[-1].body.rstrip(b"\0")),
            "challenge": asked[codes.index(5)].body[4:8].hex(),
        }
    if 10 in codes:
        challenge = asked[codes.index(11)].body[4:] if 11 in codes else b""
        mechanism = said[0].body.partition(b"\0")[0]
        return {"scheme": text(mechanism).lower(), "secret": text(said[-1].body), "challenge": text(challenge) or None}
    scheme = "cleartext" if 3 in codes else "unknown"
    return {"scheme": scheme, "secret": text(said[-1].body.rstrip(b"\0"))}


def _statements(
    flow: int, orig: Stream, resp: Stream, session: dict[str, object], cycle: Cycle, answer: Cycle
) -> Iterator[Record]:
    """Each statement of a cycle. The cycle's rows and error are told of its only statement, or of the last one."""
    asked = [message for message in cycle.messages if message.kind in b"QPX" and message.kind]
    done = [message for message in answer.messages if message.kind == b"C"]
    error = next((message for message in answer.messages if message.kind == b"E"), None)
    for place, message in enumerate(asked):
        if message.kind == b"X":
            continue
        words = message.body.split(b"\0")
        query = text(words[0] if message.kind == b"Q" else words[1] if len(words) > 1 else b"")
        last = place == len(asked) - 1 or all(other.kind == b"X" for other in asked[place + 1 :])
        row = {
            **session,
            "frontend": "simple_query" if message.kind == b"Q" else "parse",
            "frontend_arg": query,
            "object": query[:240],
        }
        packet = orig.packet(message.begin)
        end = packet
        if last and (done or error):
            tags = [text(one.body.rstrip(b"\0")) for one in done]
            row |= {
                "success": error is None,
                "rows": answer.rows,
                "backend": "error" if error else "command_complete",
                "backend_arg": _error(error) if error else ", ".join(tags[:64]),
                "outcome": "failure" if error else "success",
            }
            end = max(packet, resp.packet((error or done[-1]).begin))
        yield Record(flow, packet, end, "postgresql.query", row)


DISSECTOR = Postgresql()
