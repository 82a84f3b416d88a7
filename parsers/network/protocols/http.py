"""HTTP/1: each request with its response, pipelined or not."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble, text
from parsers.network.protocols.http_messages import STATUS_LINE, Message, messages
from parsers.network.protocols.media_types import media_type
from parsers.network.records import Bools

METHODS = (
    b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"PROPFIND", b"PROPPATCH",
    b"MKCOL", b"COPY", b"MOVE", b"LOCK", b"UNLOCK", b"SEARCH", b"REPORT", b"MERGE", b"CHECKOUT", b"CHECKIN", b"MKACTIVITY",
    b"BIND", b"UNBIND", b"LINK", b"UNLINK", b"PURGE", b"ACL", b"M-SEARCH", b"NOTIFY", b"SUBSCRIBE", b"UNSUBSCRIBE",
    b"PRI", b"RPC_IN_DATA", b"RPC_OUT_DATA", b"BITS_POST", b"CCM_POST", b"SMS_POST", b"X-MS-ENUMATTS", b"POLL", b"BMOVE", b"BCOPY",
)  # fmt: skip
_METHOD_LIKE = re.compile(rb"[A-Z_-]{3,16} ")
_PROXY_HEADERS = (
    "forwarded", "x-forwarded-for", "x-forwarded-from", "client-ip", "via", "xroxy-connection", "proxy-connection",
)  # fmt: skip


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
        if STATUS_LINE.match(orig.read(0, 32)) or (not orig.end and _METHOD_LIKE.match(resp.read(0, 32))):
            orig, resp = resp, orig  # captured without its handshake, the answer first
        requests: list[Message] = []
        for item in messages(orig, None):
            if isinstance(item, Trouble):
                yield item
            else:
                requests.append(item)
        yield from _joined(talk.flow, requests, list(messages(resp, requests)))


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
