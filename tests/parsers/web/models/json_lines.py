"""Servers that write a JSON object a line: nginx (bytes as they came), Caddy and Traefik (Go), Cloudflare, Azure, ModSecurity.

https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format (escape=json), https://caddyserver.com/docs/caddyfile/directives/log,
https://doc.traefik.io/traefik/observability/access-logs/, https://developers.cloudflare.com/logs/reference/log-fields/zone/http_requests/,
https://learn.microsoft.com/en-us/azure/application-gateway/application-gateway-diagnostics, https://github.com/owasp-modsecurity/ModSecurity/wiki
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.parsers.web.models import Model
from tests.parsers.web.models.pieces import Piece, hostile, logged

_NAMED = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
Written = Callable[[bytes], bytes]


def nginx(raw: bytes) -> bytes:
    """escape=json: bytes above 0x7f stand as they came."""
    return b"".join(
        _NAMED[byte].encode() if byte in _NAMED else b"\\u%04X" % byte if byte < 32 else bytes((byte,)) for byte in raw
    )


def go(raw: bytes) -> bytes:
    """encoding/json and zap: text as UTF-8, `<`, `>` and `&` as escapes."""
    plain = json.dumps(raw.decode("utf-8", "replace"), ensure_ascii=False)[1:-1]
    return "".join(f"\\u{ord(c):04x}" if c in "<>&\x7f" else c for c in plain).encode("utf-8")


def ascii_only(raw: bytes) -> bytes:
    """Everything beyond ASCII as escapes, in pairs where it takes two."""
    return json.dumps(raw.decode("utf-8", "replace"))[1:-1].encode("ascii")


_SAID: Mapping[Written, Callable[[bytes], str | None]] = {nginx: logged}


@st.composite
def _row(draw: st.DrawFn, written: Written, fields: Mapping[str, str], when: tuple[str, str], more: bytes) -> Piece:
    """`fields`: names by column; `when`: the time's name and pattern; `more`: members that the server always writes."""
    seconds, status, size = (
        draw(st.integers(10**9, 2 * 10**9)),
        draw(st.sampled_from((200, 301, 404, 500))),
        draw(st.integers(0, 10**9)),
    )
    target, agent = b"/" + draw(hostile()), draw(hostile())
    said = _SAID.get(written, lambda raw: logged(raw.decode("utf-8", "replace").encode("utf-8")))
    texts = {
        "c_ip": b"192.0.2.7",
        "cs_method": b"GET",
        "cs_uri": target,
        "cs_user_agent": agent,
        "cs_host": b"www.example.org",
    }
    columns: dict[str, Any] = {column: said(raw) for column, raw in texts.items() if column in fields}
    if "cs_uri" in fields:
        stem, mark, query = (said(target) or "").partition("?")
        columns |= {"cs_uri_stem": stem, "cs_uri_query": query if mark else None}
    members = [
        b'"%s":"%s"' % (fields[column].encode(), written(raw)) for column, raw in texts.items() if column in fields
    ]
    members += [
        b'"%s":%d' % (fields[name].encode(), n)
        for name, n in (("sc_status", status), ("sc_bytes", size))
        if name in fields
    ]
    columns |= {name: n for name, n in (("sc_status", status), ("sc_bytes", size)) if name in fields}
    stamp = datetime.fromtimestamp(seconds, UTC).strftime(when[1]) if when[1] else str(seconds)
    members.append(f'"{when[0]}":{stamp}'.encode())
    columns["time"] = seconds * 10**9
    return _nested([*draw(st.permutations(members)), *([more] if more else [])]), columns


def _nested(members: list[bytes]) -> bytes:
    """Members whose names hold dots go into objects of their own."""
    plain = [one for one in members if b"." not in one.partition(b'":')[0]]
    groups: dict[bytes, list[bytes]] = {}
    for one in members:
        outer, dot, rest = one.partition(b'":')[0].partition(b".")
        if dot:
            groups.setdefault(outer.lstrip(b'"'), []).append(b'"' + rest + one[len(outer) + 1 + len(rest) :])
    plain += [b'"' + name + b'":' + _nested(inner) for name, inner in groups.items()]
    return b"{" + b",".join(plain) + b"}"


def _model(name: str, written: Written, fields: str, when: tuple[str, str], more: bytes = b"") -> Model:
    """`fields`: `column=name` pairs."""
    named = dict(pair.split("=") for pair in fields.split())
    rows: SearchStrategy[Piece] = _row(written, named, when, more)
    return Model(name, rows)


_Z = '"%Y-%m-%dT%H:%M:%SZ"'
MODELS = (
    _model(
        "nginx-json", nginx,
        "c_ip=remote_addr cs_method=request_method cs_uri=request_uri sc_status=status sc_bytes=body_bytes_sent "
        "cs_user_agent=http_user_agent cs_host=http_host", ("time_iso8601", '"%Y-%m-%dT%H:%M:%S+00:00"'),
    ),
    _model(
        "caddy", go,
        "c_ip=request.remote_ip cs_method=request.method cs_uri=request.uri cs_host=request.host sc_status=status sc_bytes=size",
        ("ts", ""),
        b'"logger":"http.log.access.log0","level":"info"',
    ),
    _model(
        "traefik-json", go,
        "c_ip=ClientHost cs_method=RequestMethod cs_uri=RequestPath cs_host=RequestHost sc_status=DownstreamStatus "
        "sc_bytes=DownstreamContentSize cs_user_agent=request_User-Agent", ("StartUTC", _Z),
    ),
    _model(
        "cloudflare", ascii_only,
        "c_ip=ClientIP cs_method=ClientRequestMethod cs_uri=ClientRequestURI cs_host=ClientRequestHost sc_status=EdgeResponseStatus "
        "sc_bytes=EdgeResponseBytes cs_user_agent=ClientRequestUserAgent", ("EdgeStartTimestamp", _Z), b'"RayID":"3a6050bcbe121a87"',
    ),
    _model(
        "azure-application-gateway", ascii_only,
        "c_ip=properties.clientIP cs_method=properties.httpMethod cs_uri=properties.originalRequestUriWithArgs cs_host=properties.host "
        "sc_status=properties.httpStatus sc_bytes=properties.sentBytes cs_user_agent=properties.userAgent", ("timeStamp", _Z),
        b'"category":"ApplicationGatewayAccessLog"',
    ),
    _model(
        "azure-front-door", ascii_only,
        "c_ip=properties.clientIp cs_method=properties.httpMethod cs_uri=properties.requestUri cs_host=properties.hostName "
        "sc_status=properties.httpStatusCode sc_bytes=properties.responseBytes cs_user_agent=properties.userAgent", ("time", _Z),
        b'"category":"FrontDoorAccessLog"',
    ),
    _model(
        "modsecurity-json", ascii_only,
        "c_ip=transaction.client_ip cs_method=transaction.request.method cs_uri=transaction.request.uri "
        "sc_status=transaction.response.http_code cs_user_agent=transaction.request.headers.User-Agent",
        ("transaction.time_stamp", '"%a %b %d %H:%M:%S %Y"'),
        b'"transaction.unique_id":"160"',
    ),
    _model(
        "modsecurity-json-2", ascii_only,
        "c_ip=transaction.remote_address cs_user_agent=request.headers.User-Agent sc_status=response.status",
        ("transaction.time", '"%d/%b/%Y:%H:%M:%S +0000"'), b'"transaction.transaction_id":"Wf"',
    ),
)  # fmt: skip
