"""GlassFish: quotes around names and dates; nothing is escaped.

https://glassfish.org/docs/latest/administration-guide.html (access logging),
org.apache.catalina.valves: %client.name% %auth-user-name% %datetime%
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.pieces import address, clf_time, line, number, request, status, text

UNNAMED = (b"NULL-AUTH-USER", {"cs_username": None})
USER = st.sampled_from((UNNAMED, (b"bob", {"cs_username": "bob"}), (b"Ann Lee", {"cs_username": "Ann Lee"})))
HEAD = line(
    b'"', address("c_ip"), b'" "', USER, b'" ', clf_time(b'"', b'"'), b' "', request(escaping.nothing, b'"\\'), b'" ', status(), b" ",
    number("sc_bytes"),
)  # fmt: skip
MODELS = (
    Model("glassfish", HEAD),
    Model("glassfish agent", line(HEAD, b' "', text("cs_user_agent", escaping.unquoted), b'"')),
)
