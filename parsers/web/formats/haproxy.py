"""HAProxy: the HTTP, HTTPS and TCP log formats, from the client on. Their times have no zone.

The duration is the last of the timers, in ms; -1 stands for a phase that was not reached.
https://docs.haproxy.org/3.0/configuration.html#8.2 (8.2.2 TCP, 8.2.3 HTTP, 8.2.4 HTTPS)
"""

from __future__ import annotations

import re
from itertools import product

import pyarrow as pa

from parsers.web.combined import requests
from parsers.web.instants import ClfWall
from parsers.web.kinds import Endpoint, Request, Span, Text
from parsers.web.layout_format import LayoutFormat
from parsers.web.line_layout import LineLayout, Part, Value
from parsers.web.words import Counted, Matching

_MS = Span(10**6, ("-1",))
_BYTES = Value("sc_bytes", Counted())


def _number(name: str, own: str | None = None) -> Value:
    return Value(name, Matching(r"[+-]?[0-9]{1,12}"), own or name)


_HEAD: tuple[Part, ...] = (
    Value("c_ip", Endpoint("c_port")), b" [", Value("time", ClfWall()), b"] ", Value("frontend", Matching("[^ ]+"), "frontend"), b" ",
    Value("upstream_name", Matching("[^ /]+/[^ /]+")), b" ",
)  # fmt: skip
_COUNTS: tuple[Part, ...] = (
    Value("termination_state", Matching("[A-Za-z-]{2,4}"), "termination_state"), b" ", _number("actconn"), b"/",
    _number("feconn"), b"/", _number("beconn"), b"/", _number("srv_conn"), b"/", _number("retries"), b" ", _number("srv_queue"), b"/",
    _number("backend_queue"),
)  # fmt: skip
_QUEUED, _CONNECTED = _number("timer_queue", "Tw"), _number("timer_connect", "Tc")
_TIMERS: tuple[Part, ...] = (
    _number("timer_request", "TR"), b"/", _QUEUED, b"/", _CONNECTED, b"/", _number("timer_response", "Tr"), b"/",
)  # fmt: skip
_COOKIES: tuple[Part, ...] = (
    Value("captured_request_cookie", Matching("[^ ]+"), "captured_request_cookie"), b" ",
    Value("captured_response_cookie", Matching("[^ ]+"), "captured_response_cookie"), b" ",
)  # fmt: skip
_FIRST, _SECOND = (Value(f"captured_{n}_headers", Text(), f"captured_{n}_headers") for n in ("request", "response"))
_CAPTURES: tuple[tuple[Part, ...], ...] = ((), (b" {", _FIRST, b"} {", _SECOND, b"}"), (b" {", _FIRST, b"}"))
_TLS: tuple[Part, ...] = (
    b" ", _number("fc_err"), b"/", Value("ssl_fc_err", Matching("[0-9A-Fa-fx-]+"), "ssl_fc_err"), b"/", _number("ssl_c_err"), b"/",
    _number("ssl_c_ca_err"), b"/", _number("ssl_fc_is_resumed"), b" ", Value("ssl_fc_sni", Matching("[^ /]+"), "ssl_fc_sni"), b"/",
    Value("tls_protocol", Matching("[^ /]+")), b"/", Value("tls_cipher", Matching("[^ /]+")),
)  # fmt: skip


def _http(early: bytes, captures: tuple[Part, ...], tail: tuple[Part, ...]) -> LineLayout:
    """`early` is the `+` that `option logasap` writes before a time and a size that were not final."""
    return requests(
        *_HEAD, *_TIMERS, early, Value("duration", _MS), b" ", Value("sc_status", Counted(pa.int32(), ("-1",))), b" ", early, _BYTES, b" ",
        *_COOKIES, *_COUNTS, *captures, b' "', Value("request", Request()), b'"', *tail, time_desc="Request received",
    )  # fmt: skip


def _tcp(early: bytes) -> LineLayout:
    parts = requests(
        *_HEAD,
        _QUEUED,
        b"/",
        _CONNECTED,
        b"/",
        early,
        Value("duration", _MS),
        b" ",
        early,
        _BYTES,
        b" ",
        *_COUNTS,
    ).parts
    return LineLayout("web/access", "tcp.connection", "Connection accepted", parts, "tcp")


_HINT = re.compile(rb"^[^ ]+ \[[^\] ]+\] [^ ]+ [^ /]+/[^ /]+ [0-9-]")
FORMATS = (
    LayoutFormat(
        "haproxy-http", tuple(_http(*chosen) for chosen in product((b"", b"+"), _CAPTURES, ((), _TLS))), _HINT
    ),
    LayoutFormat("haproxy-tcp", (_tcp(b""), _tcp(b"+")), _HINT),
)
