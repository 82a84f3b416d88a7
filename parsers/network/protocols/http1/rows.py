"""Exchanges as rows of net/http and net/websocket, under Zeek's names."""

from __future__ import annotations

from functools import lru_cache

from parsers.network.protocols import Record, text
from parsers.network.protocols.http1.exchanges import Exchange
from parsers.network.protocols.http1.files import Sent
from parsers.network.protocols.http1.heads import Fields
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
_CUT = ("truncated",)
_REASON = 256  # bytes of a reason phrase
NAMES = 200  # names of headers, cookies or variables kept of one message


_token = lru_cache(256)(text)  # methods, versions, statuses and reasons are few


def _listed(fields: Fields) -> str | None:
    """The names of header fields in one text, kept with them."""
    if fields.listed is None:
        fields.listed = ",".join(fields.names[:NAMES])
    return fields.listed or None


def _asked(fields: Fields) -> dict[str, object]:
    """What a request's fields say, kept with them."""
    if fields.asked is not None:
        return fields.asked
    headers = fields.values
    values: dict[str, object] = {column: headers[name] for name, column in _REQUEST_FIELDS if name in headers}
    if not _PROXIES.isdisjoint(headers):
        values["proxied"] = ",".join(f"{name.upper()} -> {headers[name]}" for name in _PROXY_HEADERS if name in headers)
    if "cookie" in headers:
        values["cookie_vars"] = _variables(headers["cookie"], ";")
    values["client_header_names"] = _listed(fields)
    fields.asked = values
    return values


def _variables(listed: str, divider: str) -> str | None:
    """Names before `=` in a list, without their values."""
    found = (piece.partition("=") for piece in listed.split(divider, NAMES)[:NAMES])
    return ",".join([name.strip() for name, equals, _ in found if equals]) or None


def _ask(request: Message, uri: str, username: str | None) -> dict[str, object]:
    """What a request says, as the values of its row."""
    method, _, version = request.head.parts
    fields = request.head.fields
    asked = fields.asked or _asked(fields)
    host = asked.get("host_")
    values: dict[str, object] = {
        **asked,
        "method": _token(method),
        "uri": uri,
        "version": _token(version),
        "username": username,
        "request_body_len": request.body.seen,
        "object": f"{host}{uri}" if host and uri[:1] == "/" else uri,
    }
    if "?" in uri:
        values["uri_vars"] = _variables(uri.partition("?")[2], "&")
    return values


@lru_cache(256)
def _status(version: bytes, status: bytes, reason: bytes) -> dict[str, object]:
    """What the first line of a response says."""
    code = int(status)
    outcome = "success" if code < 400 else "failure"
    said = text(reason[:_REASON].strip())
    return {"version": text(version), "status_code": code, "status_msg": said, "outcome": outcome}


def _answer(response: Message, values: dict[str, object]) -> None:
    """Put what a response says among the values of its row."""
    fields = response.head.fields
    values.update(_status(*response.head.parts))
    values["response_body_len"] = response.body.seen
    values["server_header_names"] = fields.listed or _listed(fields)
    if "content-range" in fields.values:
        values["content_range"] = fields.values["content-range"]


def row(flow: int, exchange: Exchange, uri: str, username: str | None, sent: tuple[Sent | None, Sent | None]) -> Record:
    """The row of one exchange. The contents of its files were read before."""
    depth, request, response, interim, _ = exchange
    begun = request or interim or response
    assert begun is not None  # an exchange has a message
    last, whole = begun.last, begun.head.whole and begun.body.whole
    values = _ask(request, uri, username) if request is not None else {}
    values["trans_depth"] = depth
    if response is not None:
        _answer(response, values)
        last, whole = max(last, response.last), whole and response.head.whole and response.body.whole
    if interim is not None:
        values["info_code"], values["info_msg"] = int(interim.head.parts[1]), text(interim.head.parts[2].strip())
        last, whole = max(last, interim.last), whole and interim.head.whole and interim.body.whole
    asked, answered = sent
    if asked is not None:
        values["orig_fuids"], values["orig_filenames"], values["orig_mime_types"] = asked.told()
    if answered is not None:
        values["resp_fuids"], values["resp_filenames"], values["resp_mime_types"] = answered.told()
    event = "http.request" if request is not None else "http.response"
    return Record(flow, begun.first, last, event, values, () if whole else _CUT)


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
