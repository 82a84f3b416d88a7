"""HTTP: each request with its response, the files and credentials they carry. The versions are read in `http1/` and `http2/`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import OPENING, Conversation, Openings, Trouble, Upgrade, Yield, text
from parsers.network.protocols.dce_rpc.over_http import CHANNELS, channel
from parsers.network.protocols.http1.credentials import NAMED_IN, Logins
from parsers.network.protocols.http1.exchanges import Exchange, exchanges
from parsers.network.protocols.http1.files import Sender, Sent, sent
from parsers.network.protocols.http1.heads import STATUS_LINE
from parsers.network.protocols.http1.messages import Message
from parsers.network.protocols.http1.parameters import name_in_url
from parsers.network.protocols.http1.ranges import PARTIAL, Ranges
from parsers.network.protocols.http1.rows import row, websocket
from parsers.network.protocols.http1.signs import signs
from parsers.network.protocols.http1.window import Window
from parsers.network.protocols.http2.exchanges import exchanges as http2
from parsers.network.protocols.http2.frames import PREFACE
from parsers.network.records import Bools

METHODS = (
    b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"PROPFIND", b"PROPPATCH",
    b"MKCOL", b"COPY", b"MOVE", b"LOCK", b"UNLOCK", b"SEARCH", b"REPORT", b"MERGE", b"CHECKOUT", b"CHECKIN", b"MKACTIVITY",
    b"BIND", b"UNBIND", b"LINK", b"UNLINK", b"PURGE", b"ACL", b"M-SEARCH", b"NOTIFY", b"SUBSCRIBE", b"UNSUBSCRIBE",
    b"PRI", b"RPC_IN_DATA", b"RPC_OUT_DATA", b"BITS_POST", b"CCM_POST", b"SMS_POST", b"X-MS-ENUMATTS", b"POLL", b"BMOVE", b"BCOPY",
)  # fmt: skip
_BEGINS = re.compile(rb"(?:\r\n)?(?:(?:%s) |HTTP/)" % b"|".join(map(re.escape, METHODS)))
_METHOD_LIKE = re.compile(rb"[A-Z_-]{3,16} ")


@dataclass(frozen=True, slots=True)
class Http:
    """The dissector."""

    service: str = "http"
    family: str = "net/http"

    def recognise(self, openings: Openings) -> Bools:
        """A method and a space from one side, or `HTTP/` from the other."""
        found = np.zeros(len(openings.proto), np.bool_)
        for raw in (openings.orig, openings.resp):
            lead = raw[:, 0]  # a letter, or an empty line before the first message
            likely = np.flatnonzero((openings.proto == 6) & (((lead >= 65) & (lead <= 90)) | (lead == 13)))
            said = raw[likely].tobytes()
            fits = [_BEGINS.match(said, at, at + OPENING) is not None for at in range(0, len(said), OPENING)]
            found[likely[np.array(fits, np.bool_)]] = True
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        orig, resp = talk.orig, talk.resp
        if orig is None or resp is None:
            return
        asking, answering = Sender(talk, orig, True), Sender(talk, resp, False)
        windows = Window(orig), Window(resp)
        start, other = windows[0].peek(0, 32), windows[1].peek(0, 32)
        if STATUS_LINE.match(start) or (_METHOD_LIKE.match(other) and not _METHOD_LIKE.match(start)):
            # captured without its handshake, the answer first
            asking, answering, windows = answering, asking, windows[::-1]
        told = Logins(talk.flow), Ranges(talk.uid)
        two = (start if asking.forward else other).startswith(PREFACE)
        for item in (http2 if two else exchanges)(*windows):
            if isinstance(item, Trouble):
                yield item
            elif item.follows is not None and _upgraded(item) == "h2c":
                for later in http2(*windows, item, item.follows):
                    yield from (later,) if isinstance(later, Trouble) else _read(asking, answering, later, *told)
            else:
                yield from _read(asking, answering, item, *told)
                if item.request is not None and item.request.head.parts[0] in CHANNELS:
                    yield from _calls(asking, answering, item, packet_time)
        yield from told[1].files()


def _read(asking: Sender, answering: Sender, exchange: Exchange, logins: Logins, ranges: Ranges) -> Iterator[Yield]:
    """Everything that one exchange tells; `logins` and `ranges` are those of its connection."""
    _, request, response, _, follows = exchange
    target = text(request.head.parts[1]) if request is not None else ""
    asked = answered = username = None
    if request is not None:
        if not request.head.fields.sound:
            yield from signs(request)
        if request.body.seen:
            asked = sent(asking, request, name_in_url(target) if request.head.parts[0] == b"PUT" else None)
            yield from _given(asked, request)
    if response is not None:
        if not response.head.fields.sound:
            yield from signs(response)
        if response.body.seen:
            answered = sent(answering, response, name_in_url(target))
            yield from _given(answered, response)
            if response.head.parts[1] == PARTIAL:
                ranges.add(exchange, answered.files)
    if request is not None and not NAMED_IN.isdisjoint(request.head.fields.values):
        username, told = logins.of(exchange)
        yield from told
    yield row(asking.talk.flow, exchange, target, username, (asked, answered))
    if follows is not None:
        yield from _following(asking, exchange)


def _given(found: Sent, message: Message) -> Iterator[Yield]:
    """The files of a message, and what was wrong with their content."""
    yield from found.files
    if found.whole.fault is not None:
        yield from found.troubles(message.first)


def _calls(
    asking: Sender, answering: Sender, exchange: Exchange, packet_time: npt.NDArray[np.int64]
) -> Iterator[Yield]:
    """The calls of DCE/RPC in the bodies of its channels."""
    for sender, message in ((asking, exchange.request), (answering, exchange.response)):
        if message is not None and message.source is None and not message.body.chunked:
            stop = sender.stream.end if message.body.after is None else message.body.after
            yield from channel(sender.talk.flow, sender.stream, (message.body.begin, stop), packet_time)


def _upgraded(exchange: Exchange) -> str:
    """The protocol that a 101 response goes over to, in lower case."""
    return exchange.response.head.headers.get("upgrade", "").strip().lower() if exchange.response else ""


def _following(asking: Sender, exchange: Exchange) -> Iterator[Yield]:
    """What the connection speaks after an upgrade or a tunnel was granted."""
    upgraded = websocket(asking.talk.flow, exchange)
    if upgraded is not None:
        yield upgraded
    elif exchange.follows is not None and asking.forward:
        yield Upgrade("", *exchange.follows)


DISSECTOR = Http()
