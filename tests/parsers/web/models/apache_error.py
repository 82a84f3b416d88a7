"""Apache's error log, 2.2 and 2.4, and what it sends to syslog. Texts are escaped, quotes stay.

https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat (default layouts), https://httpd.apache.org/docs/2.2/logs.html#errorlog
"""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.pieces import Piece, endpoint, given, line, number, text, utc_time

CODE = st.sampled_from(("AH00126", "AH01630")).map(lambda code: (code.encode() + b": ", {"error_code": code}))
SAID = text("error_text", escaping.apache_error, b"[]():,").map(
    lambda p: (b"Invalid URI in request " + p[0], {"error_text": "Invalid URI in request " + p[0].decode("ascii")})
)


def old(drawn: tuple[int, str]) -> Piece:
    """2.2 writes an address without its port."""
    seconds, client = drawn
    stamp = datetime.fromtimestamp(seconds, UTC).strftime("%a %b %d %H:%M:%S %Y")
    return f"[{stamp}] [error] [client {client}] ".encode(), {"time": seconds * 10**9, "c_ip": client, "level": "error"}


PROCESS = line(
    b"[", given("module", "core", "proxy_fcgi", "ssl"), b":", given("level", "error", "warn", "trace8"), b"] [pid ",
    number("pid", nothing=None), b":tid ", number("tid", nothing=None), b"] ",
)  # fmt: skip
CLIENT: SearchStrategy[Piece] = line(
    b"[client ",
    endpoint("c_ip", "c_port", True).map(lambda p: (p[0].replace(b"[", b"").replace(b"]", b""), p[1])),
    b"] ",
)
STAMP = line(b"[", utc_time("%a %b %d %H:%M:%S.%f %Y", 6), b"] ")
MODELS = (
    Model("apache-error", line(STAMP, PROCESS, CLIENT, CODE, SAID)),
    Model("apache-error server", line(STAMP, PROCESS, CODE, SAID)),
    Model("apache-error syslog", line(PROCESS, CLIENT, CODE, SAID)),
    Model(
        "apache-error 2.2",
        line(st.tuples(st.integers(10**9, 2 * 10**9), st.sampled_from(("192.0.2.7", "2001:db8::7"))).map(old), SAID),
    ),
)
