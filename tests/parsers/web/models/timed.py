"""Tomcat's valve with %D, %T or %F behind common or combined.

https://tomcat.apache.org/tomcat-10.1-doc/config/valve.html#Access_Log_Valve/Attributes
"""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.clf import combined, common
from tests.parsers.web.models.pieces import Piece, line, taken
from tests.parsers.web.models.pieces import number as counted


def number(column: str) -> SearchStrategy[Piece]:
    """Kept as written: %D counts microseconds since Tomcat 10.1 and milliseconds before it."""
    return counted(column, 10**12 - 1).map(lambda p: (p[0], {column: None if p[0] == b"-" else p[0].decode()}))


MODELS = (
    Model("timed millis", line(common(escaping.tomcat), b" ", number("taken"))),
    Model("timed seconds", line(combined(escaping.tomcat), b" ", taken("duration", 10**9, 3))),
    Model("timed committed", line(combined(escaping.tomcat), b" ", number("taken"), b" ", number("committed"))),
)
