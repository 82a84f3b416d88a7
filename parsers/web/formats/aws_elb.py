"""Access logs of AWS load balancers: application ones in every length that they have had, and classic ones.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-entry-format
https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html#access-log-entry-format
"""

from __future__ import annotations

import re

import pyarrow as pa

from parsers.web.combined import requests
from parsers.web.instants import Iso
from parsers.web.kinds import Endpoint, Request, Text
from parsers.web.layout_format import LayoutFormat
from parsers.web.line_layout import Part, Value
from parsers.web.words import Counted, Matching

_WORD = Matching("[^ ]+")
_STATUS = Counted(pa.int32())
_TIMES = Matching(r"-1|[0-9]{1,9}(\.[0-9]{1,9})?|-", "-1")
_MESSAGE: tuple[Part, ...] = (
    Value("time", Iso()), b" ", Value("elb", _WORD, "elb"), b" ", Value("c_ip", Endpoint("c_port")), b" ", Value("upstream", _WORD), b" ",
    Value("request_processing_time", _TIMES, "request_processing_time"), b" ", Value("upstream_duration", _TIMES), b" ",
    Value("response_processing_time", _TIMES, "response_processing_time"), b" ", Value("sc_status", _STATUS), b" ",
    Value("upstream_status", Matching("[0-9]{1,3}|-")), b" ", Value("cs_bytes", Counted()), b" ", Value("sc_bytes", Counted()), b' "',
    Value("request", Request()), b'"',
)  # fmt: skip
_AGENT: tuple[Part, ...] = (
    b' "', Value("cs_user_agent", Text()), b'" ', Value("tls_cipher", _WORD), b" ", Value("tls_protocol", _WORD),
)  # fmt: skip


def _quoted(name: str) -> tuple[Part, ...]:
    return b' "', Value(name, Text(), name), b'"'


# what was added behind, in the order of the years
_ADDED: tuple[tuple[Part, ...], ...] = (
    (b" ", Value("upstream_name", _WORD), *(b' "', Value("request_id", Text()), b'"')),
    (b' "', Value("virtual_host", Text()), b'"', *_quoted("chosen_cert_arn")),
    (
        b" ", Value("matched_rule_priority", Matching("-?[0-9]{1,6}|-"), "matched_rule_priority"), b" ",
        Value("request_creation_time", _WORD, "request_creation_time"), *_quoted("actions_executed"),
    ),
    _quoted("redirect_url"),
    _quoted("error_reason"),
    (*_quoted("target:port_list"), *_quoted("target_status_code_list")),
    (*_quoted("classification"), *_quoted("classification_reason")),
    (b" ", Value("conn_trace_id", _WORD, "conn_trace_id")),
    (*_quoted("transformed_host"), *_quoted("transformed_uri"), *_quoted("request_transform_status")),
)  # fmt: skip


def _application(additions: int) -> tuple[Part, ...]:
    kind = Value("type", Matching("https?|h2|grpcs|wss?"), "type")
    return kind, b" ", *_MESSAGE, *_AGENT, *(part for added in _ADDED[:additions] for part in added)


_LENGTHS = range(len(_ADDED), 0, -1)
_CLASSIC = tuple(requests(*parts, time_desc="Request received") for parts in ((*_MESSAGE, *_AGENT), _MESSAGE))

FORMATS = (
    LayoutFormat(
        "aws-alb",
        tuple(requests(*_application(count), time_desc="Request answered") for count in _LENGTHS),
        re.compile(rb"^[a-z0-9]+ [0-9]{4}-"),
    ),
    LayoutFormat("aws-elb", _CLASSIC, re.compile(rb"^[0-9]{4}-[0-9T:.-]+Z ")),
)
