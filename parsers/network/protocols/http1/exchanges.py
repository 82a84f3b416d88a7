"""Requests paired with their responses, one at a time: a connection may hold any number of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from parsers.network.protocols import Trouble
from parsers.network.protocols.http1.heads import Head
from parsers.network.protocols.http1.messages import Message, Side
from parsers.network.protocols.http1.window import Window

_made = tuple.__new__  # the constructor of a named tuple takes twice as long


class Exchange(NamedTuple):
    """The request and the final response that belong together, their place in the connection from 1, the last interim response, and
    where both streams go on in another protocol (CONNECT, Upgrade), if they do."""

    depth: int
    request: Message | None
    response: Message | None
    interim: Message | None = None
    follows: tuple[int, int] | None = None


def exchanges(asking: Window, answering: Window) -> Iterator[Exchange | Trouble]:
    """The exchanges of a connection in order. A response to HEAD has no body; what follows a 101 or an accepted CONNECT is not read."""
    requests, responses = Side(asking, True), Side(answering, False)
    depth, interim = 0, None
    request: Message | None = None
    while (head := responses.head()) is not None:
        request = request or _next(requests)
        status = int(head.parts[1])
        method = request.head.parts[0] if request is not None else b""
        switched = status == 101 or (status < 300 and status >= 200 and method == b"CONNECT")
        empty = status < 200 or status in (204, 304) or method == b"HEAD" or switched
        message = responses.message(head, empty, to_end=True, last=switched)
        if status < 200 and not switched:
            interim = message
            continue
        depth += 1
        follows = (requests.at, responses.at) if switched else None
        yield _made(Exchange, (depth, request, message, interim, follows))
        request, interim = None, None
        if switched:
            yield from _troubles(requests, responses)
            return
    while request := request or _next(requests):
        depth += 1
        yield Exchange(depth, request, None, interim)
        stop = _changes(request.head)
        request, interim = None, None
        if stop:
            requests.troubles.clear()
            break
    yield from _troubles(requests, responses)


def _next(requests: Side) -> Message | None:
    head = requests.head()
    if head is not None and head.parts[0] == b"PRI":  # the preface of HTTP/2, which an upgrade announced or should have
        return None
    return None if head is None else requests.message(head)


def _changes(head: Head) -> bool:
    """Whether the connection may speak something else after this request, whose response was not seen."""
    return head.parts[0] == b"CONNECT" or "upgrade" in head.headers


def _troubles(*sides: Side) -> Iterator[Trouble]:
    for side in sides:
        yield from side.troubles
