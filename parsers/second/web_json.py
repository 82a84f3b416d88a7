"""JSON lines of web servers by Python's `json`, apart from `parsers.web` and after the documentation.

https://caddyserver.com/docs/logging, https://doc.traefik.io/traefik/observability/access-logs/,
https://nginx.org/en/docs/http/ngx_http_log_module.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from parsers.second.reading import Reading, Unread

_CADDY = {
    "request.remote_ip": "c_ip", "request.method": "cs_method", "request.uri": "cs_uri", "request.proto": "cs_version",
    "request.host": "cs_host", "status": "sc_status", "size": "sc_bytes", "request.headers.User-Agent": "cs_user_agent",
    "request.headers.Referer": "cs_referer",
}  # fmt: skip
_TRAEFIK = {
    "ClientHost": "c_ip", "RequestMethod": "cs_method", "RequestPath": "cs_uri", "RequestProtocol": "cs_version",
    "RequestHost": "cs_host", "DownstreamStatus": "sc_status", "DownstreamContentSize": "sc_bytes",
    "request_User-Agent": "cs_user_agent",
}  # fmt: skip
_CLOUDFLARE = {
    "ClientIP": "c_ip", "ClientRequestMethod": "cs_method", "ClientRequestURI": "cs_uri", "ClientRequestHost": "cs_host",
    "EdgeResponseStatus": "sc_status", "EdgeResponseBytes": "sc_bytes", "ClientRequestUserAgent": "cs_user_agent",
}  # fmt: skip
_AZURE = {
    "properties.clientIP": "c_ip", "properties.httpMethod": "cs_method", "properties.httpStatus": "sc_status",
    "properties.httpStatusCode": "sc_status", "properties.userAgent": "cs_user_agent",
}  # fmt: skip
_AUDIT = {
    "transaction.client_ip": "c_ip", "transaction.remote_address": "c_ip", "transaction.request.method": "cs_method",
    "transaction.request.uri": "cs_uri", "transaction.response.http_code": "sc_status", "response.status": "sc_status",
}  # fmt: skip
_NGINX = {
    "remote_addr": "c_ip", "request_method": "cs_method", "request_uri": "cs_uri", "status": "sc_status",
    "http_user_agent": "cs_user_agent", "http_referer": "cs_referer", "http_x_forwarded_for": "x_forwarded_for",
}  # fmt: skip
# The first of these names that a line holds tells whose it is.
_SERVERS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("request.uri", _CADDY), ("DownstreamStatus", _TRAEFIK), ("RayID", _CLOUDFLARE), ("properties.httpMethod", _AZURE),
    ("transaction.client_ip", _AUDIT), ("transaction.remote_address", _AUDIT), ("remote_addr", _NGINX),
)  # fmt: skip


def read_json(line: bytes) -> Reading | Unread:
    """What a JSON line says, under the columns' names: only texts and whole numbers, which need no interpretation."""
    repeated = False

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        repeated |= len({name for name, _ in found}) < len(found)
        return dict(found)

    try:
        said = json.loads(line.decode("utf-8"), object_pairs_hook=pairs, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return Unread("the line is no JSON in UTF-8")
    if repeated or not isinstance(said, dict):
        return Unread("the line is no JSON object, or one name stands in it twice")
    flat = _flat(said)
    names = next((names for mark, names in _SERVERS if mark in flat), None)
    if names is None:
        return Unread("the line bears no name that tells whose JSON it is")
    values: dict[str, str | None] = {}
    for name, column in names.items():
        value = flat.get(name)
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(value, str) and value and column not in values:
            values[column] = None if value == "-" else value
    return Reading(values)


def _flat(said: Mapping[str, Any]) -> dict[str, Any]:
    """Names within names joined by dots."""
    flat: dict[str, Any] = {}
    todo = [("", said)]
    while todo:
        prefix, part = todo.pop()
        for name, value in part.items():
            if isinstance(value, dict):
                todo.append((f"{prefix}{name}.", value))
            else:
                flat[prefix + name] = value
    return flat
