"""Amazon S3's server access logs, with the fields added over the years; what is added later is kept in `extra`.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

from __future__ import annotations

import re

import pyarrow as pa

from parsers.web.combined import requests
from parsers.web.instants import Clf
from parsers.web.kinds import MILLISECONDS, Request, Text
from parsers.web.layout_format import LayoutFormat
from parsers.web.line_layout import LineLayout, Part, Value
from parsers.web.words import Counted, Matching

_WORD = Matching("[^ ]+")


def _own(name: str) -> tuple[Part, ...]:
    return b" ", Value(name, _WORD, name)


_HEAD: tuple[Part, ...] = (
    Value("bucket_owner", Matching("[0-9a-f]{64}|-"), "bucket_owner"), *_own("bucket"), b" [", Value("time", Clf(), width=26), b"] ",
    Value("c_ip", _WORD), b" ", Value("cs_username", _WORD), b" ", Value("request_id", _WORD), b" ",
    Value("operation", Matching(r"[A-Z][A-Za-z0-9]*(\.[A-Za-z0-9_]+)+"), "operation"), *_own("key"),
)  # fmt: skip
_REQUEST: tuple[tuple[Part, ...], ...] = ((b' "', Value("request", Request()), b'" '), (b" - ",))
_ANSWER: tuple[Part, ...] = (
    Value("sc_status", Counted(pa.int32())), *_own("error_code"), b" ", Value("sc_bytes", Counted()),
    *_own("object_size"), b" ", Value("duration", MILLISECONDS), *_own("turn_around_time"),
)  # fmt: skip
_HEADERS: tuple[tuple[Part, ...], ...] = (
    (b' "', Value("cs_referer", Text()), b'" "', Value("cs_user_agent", Text()), b'"'),
    (b' - "', Value("cs_user_agent", Text()), b'"'),
    (b" - -",),
)
_VERSION = _own("version_id")
_SIGNED: tuple[Part, ...] = (
    *_own("host_id"), *_own("signature_version"), b" ", Value("tls_cipher", _WORD), *_own("authentication_type"), b" ",
    Value("cs_host", _WORD), b" ", Value("tls_protocol", _WORD),
)  # fmt: skip
_TAILS: tuple[tuple[Part, ...], ...] = (
    (*_VERSION, *_SIGNED, *_own("access_point_arn"), *_own("acl_required")),
    (*_VERSION, *_SIGNED, *_own("access_point_arn")),
    (*_VERSION, *_SIGNED),
    _VERSION,
    (),
    (*_VERSION, *_SIGNED, *_own("access_point_arn"), *_own("acl_required"), b" ", Value("extra", Text(True))),
)


def _layouts() -> tuple[LineLayout, ...]:
    usual = [(_REQUEST[0], _HEADERS[0], tail) for tail in _TAILS]
    rare = [(request, headers, tail) for request in _REQUEST for headers in _HEADERS for tail in _TAILS]
    ordered = dict.fromkeys([*usual, *rare])
    return tuple(requests(*_HEAD, *r, *_ANSWER, *h, *t, time_desc="Request received") for r, h, t in ordered)


_DAMAGED = requests(
    *_HEAD, *_REQUEST[0], *_ANSWER, b" ", Value("extra", Text(True)), time_desc="Request received"
)  # a client may put quotes into its headers
FORMAT = LayoutFormat("aws-s3", _layouts(), re.compile(rb"^(?:[0-9a-f]{64}|-) [^ ]+ \["), (_DAMAGED,))
