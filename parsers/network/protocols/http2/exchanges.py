"""The streams of an HTTP/2 connection as exchanges, in the form that HTTP/1 has them."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from functools import partial

from parsers.network.protocols import Trouble
from parsers.network.protocols.http1.contents import Pieces, span
from parsers.network.protocols.http1.exchanges import Exchange
from parsers.network.protocols.http1.heads import Fields, Head
from parsers.network.protocols.http1.messages import Body, Message
from parsers.network.protocols.http1.window import Window
from parsers.network.protocols.http2.frames import PREFACE
from parsers.network.protocols.http2.hpack import Entry
from parsers.network.protocols.http2.sides import Half, Sent
from parsers.network.streams import Stream

VERSION = b"2"
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
    special, fields = _taken_apart(sent.headers)
    if response:
        if not _STATUS.fullmatch(special.get(":status", "")):
            return None
        parts = (VERSION, special[":status"].encode(), b"")
    else:
        if ":method" not in special:
            return None
        target = special.get(":path") or special.get(":authority", "")
        parts = (special[":method"].encode(), target.encode("utf-8", "surrogateescape"), VERSION)
    body = _body(stream, sent, fields.values.get("content-length"))
    head = Head(number, 0, parts, fields, True)
    return Message(head, body, sent.first, sent.last, partial(_pieces, stream, sent.spans))


def _taken_apart(headers: list[Entry]) -> tuple[dict[str, str], Fields]:
    """The pseudo-header fields, the first of each name, and the others."""
    special: dict[str, str] = {}
    values: dict[str, str] = {}
    names: list[str] = []
    repeated: dict[str, list[str]] = {}
    for name, value, _, _, lower, upper in headers:
        if name[:1] == ":":
            special.setdefault(name, value)
            continue
        names.append(upper)
        if lower in values:
            repeated.setdefault(lower, [values[lower]]).append(value)
        else:
            values[lower] = value
    for name, parts in repeated.items():  # cookies may be split for compression (RFC 9113 section 8.2.3)
        values[name] = ("; " if name == "cookie" else ", ").join(parts)
    authority = special.get(":authority")
    if authority is not None and values.setdefault("host", authority) != authority:
        values[":authority"] = authority
    return special, Fields(values, names, False, False)


def _body(stream: Stream, sent: Sent, declared: str | None) -> Body:
    """The body of a message. It begins at 0, where no data can, unless it lies in one stretch."""
    spans = sent.spans
    size = int(declared) if declared and declared.isascii() and declared.isdecimal() and len(declared) < 19 else None
    if spans is None:
        return Body(0, size or 0, 0, 0 if size is None and sent.ended else size, sent.ended or size == 0)
    total = sum(spans[1::2]) - sum(spans[::2])
    seen = sum([stream.held(spans[at], spans[at + 1]) for at in range(0, len(spans), 2)])
    if size is None and sent.ended:
        size = total
    whole = seen == total and (sent.ended or seen == size)
    begin = spans[0] if len(spans) == 2 and whole else 0
    return Body(begin, begin + (size if size is not None else total), seen, size, whole)


def _pieces(stream: Stream, spans: array[int] | None, solid: bool) -> Pieces:
    spans = spans or array("q")
    for at in range(0, len(spans), 2):
        yield from span(stream, spans[at], spans[at + 1], solid)


def _interim(sent: Sent) -> Message | None:
    """The last interim response of a stream."""
    for headers in reversed(sent.interim):
        status = {entry.name: entry.value for entry in headers}.get(":status", "")
        if _STATUS.fullmatch(status):
            head = Head(0, 0, (VERSION, status.encode(), b""), _taken_apart(headers)[1], True)
            return Message(head, Body(0, 0, 0, 0, True), sent.first, sent.last)
    return None
