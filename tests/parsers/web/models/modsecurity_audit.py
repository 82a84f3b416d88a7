"""ModSecurity's serial audit log: parts between boundaries, bodies as they came.

https://github.com/owasp-modsecurity/ModSecurity/wiki/ModSecurity-2-Data-Formats#audit-log
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.pieces import Piece, hostile

HEADER = hostile().map(lambda raw: escaping.nothing(raw).strip(b" ") or b"x")


@st.composite
def transaction(draw: st.DrawFn) -> Piece:
    id_, seconds = (
        draw(st.integers(1, 16**8 - 1).filter(lambda n: n != 0xDEADBEEF)),
        draw(st.integers(10**9, 2 * 10**9)),
    )
    target = b"/" + bytes(byte for byte in escaping.nothing(draw(hostile())) if byte not in b' "')
    agent, body, status = (
        draw(HEADER),
        draw(hostile() | st.just(b"--00000000-Z--\n--deadbeef-A--")),
        draw(st.sampled_from((200, 403, 501))),
    )
    stamp = datetime.fromtimestamp(seconds, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000").encode()
    parts = {
        b"A": b"[" + stamp + b"] Id%d 192.0.2.7 51234 198.51.100.2 80" % seconds,
        b"B": b"POST " + target + b" HTTP/1.1\nHost: www.example.org\nUser-Agent: " + agent + b"\n",
        b"C": body,
        b"F": b"HTTP/1.1 %d Answer\nContent-Length: 5\n" % status,
        b"H": b'Message: Access denied with code 403 (phase 2). [id "942100"]\nAction: Intercepted (phase 2)\n',
        b"Z": b"",
    }
    raw = b"".join(b"--%08x-" % id_ + letter + b"--\n" + text + b"\n" for letter, text in parts.items())
    stem, mark, query = target.partition(b"?")
    columns: dict[str, Any] = {
        "time": seconds * 10**9, "c_ip": "192.0.2.7", "src_port": 51234, "s_ip": "198.51.100.2", "s_port": 80, "sc_status": status,
        "cs_method": "POST", "cs_uri": target.decode("utf-8", "backslashreplace"), "rule_ids": "942100", "parts": "ABCFHZ",
        "cs_uri_stem": stem.decode("utf-8", "backslashreplace"), "request_id": f"Id{seconds}",
        "cs_uri_query": query.decode("utf-8", "backslashreplace") if mark else None, "cs_host": "www.example.org",
        "cs_user_agent": agent.decode("utf-8", "backslashreplace"), "action": "Intercepted (phase 2)",
    }  # fmt: skip
    return raw, columns


ROWS: SearchStrategy[Piece] = transaction()
MODEL = Model("modsecurity-audit", ROWS, end=b"", parser="web/modsecurity-audit")
