"""Lines cut by a layout that is data: nothing is taken that does not fit to the byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.web.kinds import Text, Whole
from parsers.web.line_layout import LineLayout, Value, fitting
from parsers.web.lines import Lines
from parsers.web.marks import Marks

LAYOUT = LineLayout(
    "web/access",
    "http.request",
    "Request logged",
    (Value("c_ip", Text()), b' "', Value("cs_user_agent", Text()), b'" [', Value("extra", Text()), b"] ", Value("sc_bytes", Whole())),
)  # fmt: skip


def _lines(texts: list[bytes]) -> Lines:
    data = np.frombuffer(b"".join(text + b"\n" for text in texts), np.uint8)
    lengths = np.array([len(text) + 1 for text in texts], np.int64)
    starts = np.cumsum(lengths) - lengths
    return Lines(data, starts, starts + lengths - 1, np.arange(1, len(texts) + 1), starts, lengths)


def _cut(text: bytes) -> list[bytes] | None:
    spans, fits = fitting(_lines([text]), LAYOUT)
    if not fits[0]:
        return None
    return [text[a:b] for a, b in zip(spans.starts[:, 0].tolist(), spans.ends[:, 0].tolist(), strict=True)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (rb'192.0.2.7 "Agent" [x] 12', [b"192.0.2.7", b"Agent", b"x", b"12"]),
        (rb'192.0.2.7 "an \"odd\" one" [x] -', [b"192.0.2.7", rb"an \"odd\" one", b"x", b"-"]),
        (rb'192.0.2.7 "ends in \\" [x] 1', [b"192.0.2.7", rb"ends in \\", b"x", b"1"]),
        (rb'192.0.2.7 "a" [x]y] 1', [b"192.0.2.7", b"a", b"x]y", b"1"]),  # the first bracket that a space follows
        (rb'192.0.2.7 "a" [x] y] 1', None),
        (rb'192.0.2.7 "a" [x] 1 2', None),  # something is left over
        (rb'192.0.2.7 "a" [x] 1x', None),  # no number
        (rb'192.0.2.7 "a [x] 1', None),  # the quote is not closed
        (rb'192.0.2.7 "a" [x', None),
        (b"", None),
    ],
)
def test_a_line_fits_to_the_byte_or_not_at_all(text: bytes, values: list[bytes] | None) -> None:
    assert _cut(text) == values


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b" ")), min_size=1, max_size=8))
def test_what_fits_says_the_line_again(texts: list[bytes]) -> None:
    spans, fits = fitting(_lines(texts), LAYOUT)
    at = 0
    for row, text in enumerate(texts):
        if fits[row]:
            cut = [
                text[a - at : b - at]
                for a, b in zip(spans.starts[:, row].tolist(), spans.ends[:, row].tolist(), strict=True)
            ]
            assert cut[0] + b' "' + cut[1] + b'" [' + cut[2] + b"] " + cut[3] == text
        at += len(text) + 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([b'"', b"\\", b"x"]), max_size=40).map(b"".join))
def test_a_quote_is_escaped_by_an_odd_run_of_backslashes(raw: bytes) -> None:
    expected, escaped = [], False
    for place, byte in enumerate(raw):
        if byte == 0x22 and not escaped:
            expected.append(place)
        escaped = byte == 0x5C and not escaped
    marks = Marks(np.frombuffer(raw, np.uint8))
    found, at = [], 0
    while (place := int(marks.next_quote(np.array([at]))[0])) < len(raw):
        found.append(place)
        at = place + 1
    assert found == expected


def test_two_values_need_text_between_them() -> None:
    with pytest.raises(ValueError, match="no text between the values a and b"):
        LineLayout("web/access", "e", "t", (Value("a", Text()), Value("b", Text())))


INGRESS = (
    b'192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET /a?b=1 HTTP/2.0" 502 150 "-" "Agent/1" 33 0.105 '
    b"[shop-web-80] [] 198.51.100.8:8080, 198.51.100.9:8080 0, 150 0.052, 0.053 502, 502 0123456789abcdef0123456789abcdef\n"
)


def test_ingress_nginx_with_two_upstreams(read: Any) -> None:
    row = read(INGRESS).only
    assert (row["log_format"], row["sc_status"], row["duration"], row["cs_bytes"]) == (
        "ingress-nginx",
        502,
        105_000_000,
        33,
    )
    assert (row["upstream"], row["upstream_status"]) == ("198.51.100.8:8080, 198.51.100.9:8080", "502, 502")
    assert (row["cs_uri_stem"], row["cs_uri_query"], row["outcome"]) == ("/a", "b=1", "failure")
    assert row["request_id"] == "0123456789abcdef0123456789abcdef"


NGINX_ERROR = (
    b'2026/01/02 03:04:05 [error] 7#8: *9 open() "/srv/www/x" failed (2: No such file or directory), client: 192.0.2.7, '
    b'server: www.example.org, request: "GET /x?q=\\"1\\" HTTP/1.1", host: "www.example.org"\n'
    b"2026/01/02 03:04:06 [notice] 7#8: signal process started\n"
)


def test_nginx_error_log(read: Any) -> None:
    first, second = read(NGINX_ERROR, zone="Africa/Casablanca").rows
    assert (first["level"], first["pid"], first["tid"], first["connection"]) == ("error", 7, 8, 9)
    assert (first["c_ip"], first["request_line"]) == ("192.0.2.7", 'GET /x?q=\\"1\\" HTTP/1.1')
    assert (first["time_quality"], first["time"].hour) == ("assumed-zone", 2)  # Morocco keeps UTC+1 in January
    assert (second["error_text"], second["level"]) == ("signal process started", "notice")
    (bare, _) = read(NGINX_ERROR).rows
    assert "time" not in bare
    assert bare["flags"] == "no-zone"


def test_formats_in_one_file_are_each_read(read: Any) -> None:
    clf = b'192.0.2.7 - - [02/Jan/2026:03:04:05 +0100] "GET / HTTP/1.1" 200 5 "-" "Agent/1"\n'
    result = read(clf * 3 + NGINX_ERROR + INGRESS + clf, zone="UTC")
    assert [row["log_format"] for row in result.rows] == ["clf"] * 3 + ["nginx-error"] * 2 + ["ingress-nginx", "clf"]
    assert [row["record"] for row in result.rows] == [1, 2, 3, 4, 5, 6, 7]
    assert result.problems == []


@pytest.mark.parametrize(
    ("request_line", "method", "uri", "query", "version", "odd"),
    [
        ("GET / HTTP/1.1", "GET", "/", None, "HTTP/1.1", False),
        ("GET /a?b=1?c HTTP/2.0", "GET", "/a?b=1?c", "b=1?c", "HTTP/2.0", False),
        ("GET /a? HTTP/1.1", "GET", "/a?", "", "HTTP/1.1", False),
        ("GET /with space?x HTTP/1.1", "GET", "/with space?x", "x", "HTTP/1.1", True),
        ("GET /old", "GET", "/old", None, None, True),
        (r"\x16\x03\x01", None, None, None, None, True),
        ("-", None, None, None, None, True),
        ("", None, None, None, None, True),
    ],
)
def test_requests(
    read: Any, request_line: str, method: str | None, uri: str | None, query: str | None, version: str | None, odd: bool
) -> None:
    row = read(INGRESS.replace(b"GET /a?b=1 HTTP/2.0", request_line.encode())).only
    assert row["log_format"] == "ingress-nginx"
    found = [row.get(name) for name in ("cs_method", "cs_uri", "cs_uri_query", "cs_version", "request_line")]
    assert found == [method, uri, query, version, request_line if odd else None]
    assert row.get("cs_uri_stem") == (None if uri is None else uri.partition("?")[0])
    assert ("odd-request" in row["flags"]) is odd
