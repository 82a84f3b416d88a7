"""Squid: native (targets with percent signs) and combined (quoted strings).

https://www.squid-cache.org/Doc/config/logformat/
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.clf import headers
from tests.parsers.web.models.pieces import (
    Piece,
    address,
    clf_time,
    epoch_time,
    given,
    hostile,
    line,
    number,
    request,
    status,
    word,
)

RESULT = given("squid_result", "TCP_MISS", "TCP_DENIED", "TCP_MEM_HIT", "NONE", "TCP_MISS_ABORTED")
HIERARCHY = given("squid_hierarchy", "HIER_DIRECT", "HIER_NONE", "FIRSTUP_PARENT")


def padded() -> SearchStrategy[Piece]:
    """`%6tr`: milliseconds, at least six wide."""
    return st.integers(0, 10**8).map(lambda n: (f"{n:6d}".encode(), {"duration": n * 10**6}))


def target() -> SearchStrategy[Piece]:
    shown = hostile().map(lambda raw: "http://www.example.org/" + escaping.percent(raw).decode("ascii"))
    return shown.map(lambda text: (text.encode(), {"cs_uri": text}))


MODELS = (
    Model(
        "squid",
        line(
            epoch_time(3), b" ", padded(), b" ", address("c_ip"), b" ", RESULT, b"/", status(), b" ", number("sc_bytes", nothing=None),
            b" ", given("cs_method", "GET", "CONNECT", "NONE"), b" ", target(), b" ", word("cs_username"), b" ", HIERARCHY, b"/",
            given("upstream", "-", "198.51.100.9"), b" ", given("content_type", "-", "text/html"),
        ),
    ),
    Model(
        "squid-combined",
        line(
            address("c_ip"), b" - ", word("cs_username"), b" ", clf_time(), b' "', request(escaping.percent), b'" ', status(), b" ",
            number("sc_bytes", nothing=None), headers(escaping.squid_quoted), b" ", RESULT, b":", HIERARCHY,
        ),
    ),
)  # fmt: skip
