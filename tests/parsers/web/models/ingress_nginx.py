"""Kubernetes' ingress-nginx: lists of upstreams where several were asked.

https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/, https://nginx.org/en/docs/http/ngx_http_upstream_module.html#variables
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.clf import combined
from tests.parsers.web.models.pieces import Piece, given, line, number, taken, text


def lists(drawn: tuple[list[int], list[str]]) -> Piece:
    """Addresses, lengths, times and statuses, a value each for every upstream that was asked."""
    numbers, marks = drawn
    columns = {
        "upstream": [f"198.51.100.{n % 250}:8080" for n in numbers],
        "upstream_bytes": [str(n) for n in numbers],
        "upstream_duration": [f"{n / 1000:.3f}" for n in numbers],
        "upstream_status": [str(200 + n % 300) for n in numbers],
    }
    said = {
        name: "".join(
            value + mark
            for value, mark in zip(values, [*marks[: max(len(values) - 1, 0)], ""][: len(values)], strict=True)
        )
        or None
        for name, values in columns.items()
    }
    return " ".join(value or "-" for value in said.values()).encode(), said


UPSTREAMS = st.tuples(
    st.lists(st.integers(0, 9_999), max_size=3), st.lists(st.sampled_from((", ", " : ")), min_size=3, max_size=3)
)
MODEL = Model(
    "ingress-nginx",
    line(
        combined(escaping.nginx), b" ", number("cs_bytes", nothing=None), b" ", taken("duration", 10**9, 3), b" [",
        given("upstream_name", "default-web-80", "-"), b"] [", text("upstream_alternative", lambda raw: b""), b"] ",
        UPSTREAMS.map(lists), b" ", given("request_id", "84961386c2c26d84929d98bdc5aee93b"),
    ),
)  # fmt: skip
