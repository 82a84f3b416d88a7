"""The streams of an HTTP/2 connection as exchanges, in the form that HTTP/1 has them."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from functools import lru_cache

from parsers.network.protocols import Trouble
from parsers.network.protocols.http1.contents import Pieces, span
from parsers.network.protocols.http1.exchanges import Exchange
from parsers.network.protocols.http1.heads import Fields, Head
from parsers.network.protocols.http1.messages import Body, Message
from parsers.network.protocols.http1.window import Window
from parsers.network.protocols.http2.frames import PREFACE
from parsers.network.protocols.http2.sides import Half, Sent
from parsers.network.streams import Stream

VERSION = b"2"
_INTERIM = 8  # interim responses kept of one stream
_NAME = 64  # characters of a name whose forms are kept for the next time
_STATUS = re.compile(r"[1-9]\d\d")


def exchanges(
    asking: Window, answering: Window, before: Exchange | None = None, at: tuple[int, int] = (0, 0)
) -> Iterator[Exchange | Trouble]:
    """The exchanges of a connection by stream number. `before`: the HTTP/1 exchange that upgraded to HTTP/2, whose request is stream 1's
    (RFC 7540 section 3.2); `at`: where HTTP/2 begins on either side."""
    begin = at[0]
    if asking.peek(begin, len(PREFACE)) == PREFACE:
        begin += len(PREFACE)
    client, server = Half(asking, begin), Half(answering, at[1])
    yield from client.troubles
    yield from server.troubles
    numbers = {number for number in (*client.streams, *server.streams, *server.pushed) if number}
    depth = 0
    for number in sorted(numbers | ({1} if before else set())):
        asked, answered = client.streams.get(number), server.streams.get(number)
        pushed = server.pushed.get(number)
        if before is not None and number == 1:
            request = before.request
        else:
            source = pushed or asked
            request = _message((answering if pushed else asking).stream, source, number, False) if source else None
        response = _message(answering.stream, answered, number, True) if answered else None
        if request is None and response is None:
            continue
        interim = _interim(answered) if answered else None
        if before is not None and number == 1:
            interim = interim or before.response
        depth += 1
        yield Exchange(depth, request, response, interim)
        if request is not None and (odd := _mismatch(request)) is not None:
            yield odd


def _mismatch(request: Message) -> Trouble | None:
    """RFC 9113 section 8.3.1: `:authority` and Host must not differ."""
    host, authority = request.head.headers.get("host"), request.head.headers.get(":authority")
    if authority is None or host == authority:
        return None
    return Trouble(request.first, "HTTP/2 request: `:authority` and Host differ", "http2_authority_mismatch")


def _message(stream: Stream, sent: Sent, number: int, response: bool) -> Message | None:
    """What a side sent on a stream as a message; None where its header list was not seen, or names no method or status."""
    if sent.headers is None:
        return None
    special: dict[str, str] = {}
    for name, value in sent.headers:
        if name[:1] == ":":
            special.setdefault(name, value)
    if response:
        if not _STATUS.fullmatch(special.get(":status", "")):
            return None
        parts = (VERSION, special[":status"].encode(), b"")
    else:
        if ":method" not in special:
            return None
        target = special.get(":path") or special.get(":authority", "")
        parts = (special[":method"].encode(), target.encode("utf-8", "surrogateescape"), VERSION)
    head = Head(number, 0, parts, _fields(sent.headers, special.get(":authority")), True)
    body = _body(stream, sent, head.headers.get("content-length", ""))
    return Message(head, body, sent.first, sent.last, lambda solid: _pieces(stream, sent.spans, solid))


def _fields(headers: list[tuple[str, str]], authority: str | None) -> Fields:
    values: dict[str, str] = {}
    names: list[str] = []
    repeated: dict[str, list[str]] = {}
    for name, value in headers:
        if name[:1] == ":":
            continue
        lower, upper = _known(name) if len(name) <= _NAME else _forms(name)
        names.append(upper)
        if lower in values:
            repeated.setdefault(lower, [values[lower]]).append(value)
        else:
            values[lower] = value
    for name, parts in repeated.items():  # cookies may be split for compression (RFC 9113 section 8.2.3)
        values[name] = ("; " if name == "cookie" else ", ").join(parts)
    if authority is not None and values.setdefault("host", authority) != authority:
        values[":authority"] = authority
    return Fields(values, names, False, False)


def _forms(name: str) -> tuple[str, str]:
    """A name in lower and upper case."""
    return name.lower(), name.upper()


_known = lru_cache(maxsize=1 << 10)(_forms)


def _body(stream: Stream, sent: Sent, declared: str) -> Body:
    spans = sent.spans
    total = sum(spans[at + 1] - spans[at] for at in range(0, len(spans), 2))
    seen = sum(stream.held(spans[at], spans[at + 1]) for at in range(0, len(spans), 2))
    size = int(declared) if declared.isascii() and declared.isdecimal() and len(declared) < 19 else None
    if size is None and sent.ended:
        size = total
    whole = seen == total and (sent.ended or seen == size)
    return Body(0, size if size is not None else total, seen, size, whole)


def _pieces(stream: Stream, spans: array[int], solid: bool) -> Pieces:
    for at in range(0, len(spans), 2):
        yield from span(stream, spans[at], spans[at + 1], solid)


def _interim(sent: Sent) -> Message | None:
    """The last interim response of a stream."""
    for headers in reversed(sent.interim[-_INTERIM:]):
        status = dict(headers).get(":status", "")
        if _STATUS.fullmatch(status):
            head = Head(0, 0, (VERSION, status.encode(), b""), _fields(headers, None), True)
            return Message(head, Body(0, 0, 0, 0, True), sent.first, sent.last)
    return None
