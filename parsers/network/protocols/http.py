"""HTTP/1: requests and responses of a connection, pipelined or not, bodies skipped without joining them.

The head of a message is parsed by our own code and not by dpkt, which wants whole bodies in memory and drops a message for one
odd header line (docs/decisions/captures.md).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble, text
from parsers.network.protocols.media_types import media_type
from parsers.network.records import Bools
from parsers.network.streams import Stream

METHODS = (
    b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"PROPFIND", b"PROPPATCH",
    b"MKCOL", b"COPY", b"MOVE", b"LOCK", b"UNLOCK", b"SEARCH", b"REPORT", b"MERGE", b"CHECKOUT", b"CHECKIN", b"MKACTIVITY",
    b"BIND", b"UNBIND", b"LINK", b"UNLINK", b"PURGE", b"ACL", b"M-SEARCH", b"NOTIFY", b"SUBSCRIBE", b"UNSUBSCRIBE",
    b"PRI", b"RPC_IN_DATA", b"RPC_OUT_DATA", b"BITS_POST", b"CCM_POST", b"SMS_POST", b"X-MS-ENUMATTS", b"POLL", b"BMOVE", b"BCOPY",
)  # fmt: skip
HEAD_LIMIT = 65_536  # bytes of one message's head; servers refuse more than 8 to 64 KiB
MESSAGES = 100_000  # messages read of one connection and side
CHUNKS = 1_000_000  # chunks of one body
# RFC 9112 section 3; the target may hold spaces, as scanners and broken clients send them
_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})[ \t]+(.*?)[ \t]*(?:HTTP/(\d+\.\d+))?\s*", re.DOTALL)
_STATUS = re.compile(rb"HTTP/(\d+\.\d+)[ \t]+(\d{3})(?:[ \t]+(.*))?\s*", re.DOTALL)
_PROXY_HEADERS = (
    "forwarded", "x-forwarded-for", "x-forwarded-from", "client-ip", "via", "xroxy-connection", "proxy-connection",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one message: where it and its body begin in the stream, its first line's parts, its headers by lower-case name."""

    begin: int
    body: int
    parts: tuple[bytes, ...]
    headers: dict[str, str]
    whole: bool


@dataclass(frozen=True, slots=True)
class Body:
    """A body: bytes seen, where the next message begins (None: unknown), its first bytes, and whether it is complete."""

    seen: int
    after: int | None
    start: bytes
    whole: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response."""

    head: Head
    body: Body
    first: int
    last: int

    @property
    def flags(self) -> tuple[str, ...]:
        return () if self.head.whole and self.body.whole else ("truncated",)


def _head(stream: Stream, at: int, pattern: re.Pattern[bytes]) -> Head | None:
    """The head at `at`, or None when the bytes there are none. A head that the capture cuts keeps what there is."""
    raw = stream.read(at, 4_096)
    end = _end(raw)
    if end is None and len(raw) == 4_096:
        raw = stream.read(at, HEAD_LIMIT)
        end = _end(raw)
    whole = end is not None
    lines = raw[: end if end is not None else len(raw)].split(b"\n")
    found = pattern.fullmatch(lines[0])
    if found is None or (found.re is _REQUEST and found[3] is None):
        return None
    headers: dict[str, str] = {}
    name = ""
    for line in lines[1:]:
        if line[:1] in (b" ", b"\t") and name:  # obsolete line folding, RFC 9112 section 5.2
            headers[name] += " " + text(line.strip())
            continue
        key, colon, value = line.partition(b":")
        if not colon:
            continue
        name = text(key.strip().lower())
        headers[name] = f"{headers[name]}, {text(value.strip())}" if name in headers else text(value.strip())
    return Head(
        at, at + (end if end is not None else len(raw)), tuple(g or b"" for g in found.groups()), headers, whole
    )


def _end(raw: bytes) -> int | None:
    ends = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark)) >= 0]
    return min(ends) if ends else None


def _body(stream: Stream, head: Head, empty: bool, to_end: bool) -> Body:
    """The body after `head` (RFC 9112 section 6.3)."""
    if empty or not head.whole:
        return Body(0, head.body, b"", True)
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        return _chunked(stream, head.body)
    declared = head.headers.get("content-length", "").split(",")[0].strip()
    if declared.isascii() and declared.isdigit() and len(declared) < 19:
        stop = head.body + int(declared)
    elif to_end:
        stop = max(stream.end, head.body)
    else:
        return Body(0, head.body, b"", True)
    seen = stream.held(head.body, stop)
    return Body(seen, stop, stream.read(head.body, min(16, stop - head.body)), seen == stop - head.body)


def _chunked(stream: Stream, at: int) -> Body:
    """RFC 9112 section 7.1: sizes are hopped along, data is not touched."""
    seen, start, whole = 0, b"", True
    for _ in range(CHUNKS):
        line, newline, _ = stream.read(at, 256).partition(b"\n")
        size = _size(line) if newline else None
        if size is None:
            return Body(seen, None, start, False)
        at += len(line) + 1
        if size == 0:
            return Body(seen, _after_trailers(stream, at), start, whole)
        start = start or stream.read(at, min(16, size))
        held = stream.held(at, at + size)
        seen, whole = seen + held, whole and held == size
        at += size + (2 if stream.read(at + size, 1) == b"\r" else 1)
    return Body(seen, None, start, False)


def _size(line: bytes) -> int | None:
    digits = line.split(b";")[0].strip()
    return int(digits, 16) if re.fullmatch(rb"[0-9A-Fa-f]{1,15}", digits) else None


def _after_trailers(stream: Stream, at: int) -> int:
    raw = stream.read(at, 4_096)
    if raw[:2] == b"\r\n":
        return at + 2
    if raw[:1] == b"\n":
        return at + 1
    end = _end(raw)
    return at + (end if end is not None else len(raw))


def _messages(stream: Stream, requests: list[Message] | None) -> Iterator[Message | Trouble]:
    """The messages of one side. For responses `requests` are the other side's, in order: a response to HEAD has no body."""
    at, answered = 0, 0
    side = "request" if requests is None else "response"
    for _ in range(MESSAGES):
        if not (lead := stream.read(at, 64)):
            at = _beyond_gap(stream, at) or at
            lead = stream.read(at, 64)
        if lead[:1] in (b"\r", b"\n"):  # empty lines before a message, RFC 9112 section 2.2
            at += len(lead) - len(lead.lstrip(b"\r\n"))
            lead = stream.read(at, 1)
        if not lead:
            return
        head = _head(stream, at, _REQUEST if requests is None else _STATUS)
        if head is None:
            yield Trouble(stream.packet(at), f"HTTP connection: bytes where a {side} should begin are none")
            return
        if requests is None and head.parts[0] == b"PRI":
            yield Trouble(stream.packet(at), "HTTP/2 connection: known but not read in this version")
            return
        upgrade = empty = False
        if requests is not None:
            status = int(head.parts[1])
            asked = requests[answered].head.parts[0] if answered < len(requests) else b""
            empty = status < 200 or status in (204, 304) or asked == b"HEAD" or (asked == b"CONNECT" and status < 300)
            upgrade = status == 101 or (asked == b"CONNECT" and status < 300)
            answered += status >= 200 or upgrade
        body = _body(stream, head, empty, requests is not None)
        last = max((body.after or stream.end) - 1, head.begin)
        yield Message(head, body, stream.packet(at), stream.packet(min(last, max(stream.end - 1, at))))
        if upgrade or body.after is None or not head.whole or body.after <= at:
            return
        if requests is None and head.parts[0] == b"CONNECT":
            return
        at = body.after
    yield Trouble(stream.packet(at), f"HTTP connection with more than {MESSAGES} {side}s: the rest is not read")


def _beyond_gap(stream: Stream, at: int) -> int | None:
    """After a gap between messages the next piece may begin one; it is taken only if it does."""
    following = stream.next_start(at)
    if following is None:
        return None
    return following if _head(stream, following, _REQUEST) or _head(stream, following, _STATUS) else None


def _request_values(message: Message) -> dict[str, object]:
    headers = message.head.headers
    method, target, version = message.head.parts
    values: dict[str, object] = {"method": text(method), "uri": text(target), "version": text(version)}
    for column, name in (
        ("host_", "host"),
        ("referrer", "referer"),
        ("user_agent", "user-agent"),
        ("origin", "origin"),
    ):
        values[column] = headers.get(name)
    values["x_forwarded_for"] = headers.get("x-forwarded-for")
    proxied = [f"{name.upper()} -> {headers[name]}" for name in _PROXY_HEADERS if name in headers]
    values |= {"proxied": ",".join(proxied) or None, "username": _username(headers.get("authorization", ""))}
    values["request_body_len"] = message.body.seen
    values["orig_mime_types"] = media_type(message.body.start, headers.get("content-type"), bool(message.body.seen))
    return values


def _username(authorization: str) -> str | None:
    """The user of basic authentication (RFC 7617)."""
    scheme, _, code = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, _ = base64.b64decode(code.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return text(user) if colon else None


def _response_values(message: Message) -> dict[str, object]:
    version, status, reason = message.head.parts
    values: dict[str, object] = {
        "version": text(version),
        "status_code": int(status),
        "status_msg": text(reason.strip()),
    }
    values["response_body_len"] = message.body.seen
    declared = message.head.headers.get("content-type")
    values["resp_mime_types"] = media_type(message.body.start, declared, bool(message.body.seen))
    return values


@dataclass(frozen=True, slots=True)
class Http:
    """The dissector."""

    service: str = "http"
    family: str = "net/http"

    def recognise(self, openings: Openings) -> Bools:
        """A method and a space from one side, or `HTTP/` from the other."""
        found = np.zeros(len(openings.proto), np.bool_)
        for raw in (openings.orig, openings.resp):
            lead = (raw[:, :2] == (13, 10)).all(axis=1)  # an empty line before the first message
            side = np.where(lead[:, None], np.roll(raw, -2, axis=1), raw)
            for start in (*(method + b" " for method in METHODS), b"HTTP/"):
                found |= (side[:, : len(start)] == np.frombuffer(start, np.uint8)).all(axis=1)
        found &= openings.proto == 6
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        orig, resp = talk.orig, talk.resp
        if orig is None or resp is None:
            return
        if _STATUS.match(orig.read(0, 32)) or (not orig.end and _REQUEST_START.match(resp.read(0, 32))):
            orig, resp = resp, orig  # captured without its handshake, the answer first
        requests: list[Message] = []
        for item in _messages(orig, None):
            if isinstance(item, Trouble):
                yield item
            else:
                requests.append(item)
        yield from _joined(talk.flow, requests, list(_messages(resp, requests)))


_REQUEST_START = re.compile(rb"[A-Z_-]{3,16} ")


def _joined(flow: int, requests: list[Message], responses: list[Message | Trouble]) -> Iterator[Record | Trouble]:
    """Each request with its final response, in order; interim ones leave their status."""
    depth, interim = 0, {}
    for item in responses:
        if isinstance(item, Trouble):
            yield item
            continue
        values = _response_values(item)
        status = int(item.head.parts[1])
        if status < 200 and status != 101:
            interim = {"info_code": status, "info_msg": values["status_msg"]}
            continue
        request = requests[depth] if depth < len(requests) else None
        depth += 1
        yield _row(flow, depth, request, item, values | interim)
        interim = {}
    for request in requests[depth:]:
        depth += 1
        yield _row(flow, depth, request, None, {})


def _row(flow: int, depth: int, request: Message | None, response: Message | None, answer: dict[str, object]) -> Record:
    asked = _request_values(request) if request else {}
    sides = [side for side in (request, response) if side]
    flags = tuple(sorted({flag for side in sides for flag in side.flags}))
    event = "http.request" if request else "http.response"
    last = max(side.last for side in sides)
    values: dict[str, object] = {"trans_depth": depth, **asked, **answer}
    if response:
        values["outcome"] = "success" if int(response.head.parts[1]) < 400 else "failure"
    if request:
        host, uri = asked.get("host_"), str(asked["uri"])
        values["object"] = f"{host}{uri}" if host and uri.startswith("/") else uri
    return Record(flow, sides[0].first, last, event, values, flags)


DISSECTOR = Http()
