"""nginx's error log: its own words, then the request as it came.

https://nginx.org/en/docs/ngx_core_module.html#error_log
"""

from __future__ import annotations

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.pieces import given, hostile, line, number, utc_time


def said(raw: bytes) -> tuple[bytes, dict[str, str]]:
    text = (
        b'open() "/srv/'
        + escaping.nothing(raw)
        + b'" failed (2: No such file or directory), client: 192.0.2.7, server: example.org'
    )
    return text, {"error_text": text.decode("utf-8", "backslashreplace")}


HEAD = line(
    utc_time("%Y/%m/%d %H:%M:%S"), b" [", given("level", "error", "warn", "crit", "alert"), b"] ", number("pid", nothing=None), b"#",
    number("tid", nothing=None), b": ",
)  # fmt: skip
MODELS = (
    Model("nginx-error", line(HEAD, b"*", number("connection", nothing=None), b" ", hostile().map(said))),
    Model("nginx-error server", line(HEAD, hostile().map(said))),
)
