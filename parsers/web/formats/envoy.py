"""Envoy's default access log, and Istio's, which adds details of the answer and both ends of the connections.

https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#default-format-string
https://istio.io/latest/docs/tasks/observability/logs/access-log/#default-access-log-format
https://github.com/istio/istio/blob/1.9.0/pilot/pkg/networking/core/v1alpha3/accesslog.go (1.3 to 1.8: without the details of the answer)
"""

from __future__ import annotations

import pyarrow as pa

from parsers.web.combined import requests
from parsers.web.instants import Iso
from parsers.web.kinds import MILLISECONDS, Endpoint, Request, Text
from parsers.web.layout_format import LayoutFormat
from parsers.web.line_layout import LineLayout, Part, Value
from parsers.web.words import Counted, Matching

_WORD = Matching("[^ ]+")
_HEAD: tuple[Part, ...] = (
    b"[", Value("time", Iso()), b'] "', Value("request", Request()), b'" ', Value("sc_status", Counted(pa.int32())), b" ",
    Value("response_flags", Matching("[A-Za-z,]+|-"), "RESPONSE_FLAGS"), b" ",
)  # fmt: skip
_FAILURE: tuple[Part, ...] = (
    b'"',
    Value("upstream_transport_failure", Text(), "UPSTREAM_TRANSPORT_FAILURE_REASON"),
    b'" ',
)
_DETAILS: tuple[Part, ...] = (
    Value("response_code_details", _WORD, "RESPONSE_CODE_DETAILS"), b" ",
    Value("connection_termination_details", _WORD, "CONNECTION_TERMINATION_DETAILS"), b" ", *_FAILURE,
)  # fmt: skip
_SIZES: tuple[Part, ...] = (
    Value("cs_bytes", Counted()), b" ", Value("sc_bytes", Counted()), b" ", Value("duration", MILLISECONDS), b" ",
    Value("upstream_duration", Matching("[0-9]{1,12}|-")),
)  # fmt: skip
_BODY: tuple[Part, ...] = (
    *_SIZES, b' "', Value("x_forwarded_for", Text()), b'" "',
    Value("cs_user_agent", Text()), b'" "', Value("request_id", Text()), b'" "', Value("cs_host", Text()), b'" "',
    Value("upstream", Text()), b'"',
)  # fmt: skip
_ENDS: tuple[Part, ...] = (
    b" ", Value("upstream_name", _WORD), b" ", Value("upstream_local_address", _WORD, "UPSTREAM_LOCAL_ADDRESS"), b" ",
    Value("s_ip", Endpoint("s_port")), b" ", Value("c_ip", Endpoint("c_port")), b" ",
    Value("requested_server_name", _WORD, "REQUESTED_SERVER_NAME"), b" ", Value("route_name", _WORD, "ROUTE_NAME"),
)  # fmt: skip


def _either(*parts: Part) -> tuple[LineLayout, ...]:
    """Envoy puts headers between quotes as they came; a proxy before it may have escaped them."""
    return tuple(requests(*parts, time_desc="Request received", raw=raw) for raw in (True, False))


def _damaged(*parts: Part) -> LineLayout:
    """What stands before the headers, in which a client may put quotes that look like the ends of values."""
    return requests(*parts, b' "', Value("extra", Text(True)), time_desc="Request received")


FORMATS = (
    LayoutFormat("envoy", _either(*_HEAD, *_BODY), damaged=(_damaged(*_HEAD, *_SIZES),)),
    LayoutFormat(
        "envoy-istio",
        (*_either(*_HEAD, *_DETAILS, *_BODY, *_ENDS), *_either(*_HEAD, *_FAILURE, *_BODY, *_ENDS)),
        damaged=(_damaged(*_HEAD, *_DETAILS, *_SIZES), _damaged(*_HEAD, *_FAILURE, *_SIZES)),
    ),
)
