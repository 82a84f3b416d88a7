"""Exchanges as rows of net/http and net/websocket, under Zeek's names."""

from __future__ import annotations

from functools import lru_cache

from parsers.network.protocols import Record, text
from parsers.network.protocols.http1.exchanges import Exchange
from parsers.network.protocols.http1.files import Sent
from parsers.network.protocols.http1.messages import Message

_PROXY_HEADERS = (
    "forwarded", "x-forwarded-for", "x-forwarded-from", "client-ip", "via", "xroxy-connection", "proxy-connection",
)  # fmt: skip
_PROXIES = frozenset(_PROXY_HEADERS)
_REQUEST_FIELDS = (
    ("host", "host_"),
    ("referer", "referrer"),
    ("user-agent", "user_agent"),
    ("origin", "origin"),
    ("x-forwarded-for", "x_forwarded_for"),
)
_FILE_COLUMNS = tuple(
    tuple(f"{side}_{name}" for name in ("fuids", "filenames", "mime_types")) for side in ("orig", "resp")
)
_REASON = 256  # bytes of a reason phrase
NAMES = 200  # names of headers, cookies or variables kept of one message


_token = lru_cache(256)(text)  # methods, versions, statuses and reasons are few


def joined(names: list[str]) -> str | None:
    return ",".join(names[:NAMES]) or None


def _request_values(headers: dict[str, str], method: str, uri: str, values: dict[str, object]) -> None:
    """What a request's line and fields say, whatever the version."""
    values["method"], values["uri"] = method, uri
    for name, column in _REQUEST_FIELDS:
        if name in headers:
            values[column] = headers[name]
    if not _PROXIES.isdisjoint(headers):
        values["proxied"] = ",".join(f"{name.upper()} -> {headers[name]}" for name in _PROXY_HEADERS if name in headers)
    if "cookie" in headers:
        values["cookie_vars"] = _variables(headers["cookie"], ";")
    if "?" in uri:
        values["uri_vars"] = _variables(uri.partition("?")[2], "&")
    host = headers.get("host")
    values["object"] = f"{host}{uri}" if host and uri.startswith("/") else uri


def _variables(listed: str, divider: str) -> str | None:
    """Names before `=` in a list, without their values."""
    found = (piece.partition("=") for piece in listed.split(divider, NAMES)[:NAMES])
    return ",".join(name.strip() for name, equals, _ in found if equals) or None


def _ask(request: Message, values: dict[str, object]) -> None:
    """Put what a request says among the values of its row."""
    method, target, version = request.head.parts
    _request_values(request.head.headers, _token(method), text(target), values)
    values["version"] = _token(version)
    values["request_body_len"] = request.body.seen
    values["client_header_names"] = joined(request.head.fields.names)


def _answer(response: Message, values: dict[str, object]) -> None:
    """Put what a response says among the values of its row."""
    version, status, reason = response.head.parts
    headers, code = response.head.headers, int(status)
    values["version"] = _token(version)
    values["status_code"] = code
    values["status_msg"] = _token(reason[:_REASON].strip())
    values["response_body_len"] = response.body.seen
    values["server_header_names"] = joined(response.head.fields.names)
    values["outcome"] = "success" if code < 400 else "failure"
    if "content-range" in headers:
        values["content_range"] = headers["content-range"]


def row(flow: int, exchange: Exchange, username: str | None, sent: tuple[Sent | None, Sent | None]) -> Record:
    """The row of one exchange. The contents of its files were read before."""
    request, response, interim = exchange.request, exchange.response, exchange.interim
    values: dict[str, object] = {"trans_depth": exchange.depth}
    if request is not None:
        _ask(request, values)
        values["username"] = username
    if response is not None:
        _answer(response, values)
    if interim is not None:
        values["info_code"], values["info_msg"] = int(interim.head.parts[1]), text(interim.head.parts[2].strip())
    for names, files in zip(_FILE_COLUMNS, sent, strict=True):
        if files is not None:
            values[names[0]], values[names[1]], values[names[2]] = files.ids(), files.names(), files.types()
    sides = [message for message in (request, interim, response) if message is not None]
    flags = () if all(message.head.whole and message.body.whole for message in sides) else ("truncated",)
    event = "http.request" if request is not None else "http.response"
    return Record(flow, sides[0].first, max([message.last for message in sides]), event, values, flags)


def websocket(flow: int, exchange: Exchange) -> Record | None:
    """The row of an upgrade to WebSocket (RFC 6455 section 4), None where it is another."""
    request, response = exchange.request, exchange.response
    if request is None or response is None or response.head.headers.get("upgrade", "").lower() != "websocket":
        return None
    asked, given = request.head.headers, response.head.headers
    uri = text(request.head.parts[1])
    values: dict[str, object] = {
        "host_": asked.get("host"),
        "uri": uri,
        "user_agent": asked.get("user-agent"),
        "subprotocol": given.get("sec-websocket-protocol"),
        "client_protocols": asked.get("sec-websocket-protocol"),
        "server_extensions": given.get("sec-websocket-extensions"),
        "client_extensions": asked.get("sec-websocket-extensions"),
        "object": f"{asked.get('host', '')}{uri}",
        "outcome": "success",
    }
    return Record(flow, request.first, response.last, "websocket", values, family="net/websocket")
