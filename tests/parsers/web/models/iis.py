"""IIS: the W3C format with + for spaces, and its own format of fixed fields.

https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging, https://learn.microsoft.com/en-us/windows/win32/http/iis-logging
"""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.pieces import Piece, address, given, line, number, status, taken, text, utc_time, word

HEAD = (
    b"#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2026-01-02 03:04:05\r\n"
    b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus "
    b"sc-win32-status time-taken\r\n"
)
METHOD = given("cs_method", "GET", "POST", "PROPFIND")


def filled(column: str) -> SearchStrategy[Piece]:
    """Any text, never empty: IIS writes a `-` there."""
    return text(column, lambda raw: escaping.plus(raw) or b"-")


W3C = line(
    utc_time("%Y-%m-%d %H:%M:%S"), b" ", address("s_ip"), b" ", METHOD, b" ", filled("cs_uri_stem"), b" ", filled("cs_uri_query"), b" ",
    number("s_port", 65535, None), b" ", word("cs_username"), b" ", address("c_ip"), b" ", filled("cs_user_agent"), b" ",
    filled("cs_referer"), b" ", status(), b" ", number("sc_substatus", 99, None), b" ", number("sc_win32_status", 2**32 - 1, None), b" ",
    number("time_taken_ms", 10**9, None),
)  # fmt: skip


def stamp(seconds: int) -> Piece:
    """Month, day and hour without padding: the system's short date."""
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at.month}/{at.day}/{at.year}, {at.hour}:{at:%M:%S}".encode(), {"time": seconds * 10**9}


NATIVE = line(
    address("c_ip"), b", ", given("cs_username", "-", "CORP\\bob"), b", ", st.integers(10**9, 2 * 10**9).map(stamp), b", ",
    given("s_sitename", "W3SVC1", "W3SVC20"), b", ", given("s_computername", "SALES1"), b", ", address("s_ip"), b", ",
    taken("duration", 10**6), b", ", number("cs_bytes", nothing=None), b", ", number("sc_bytes", nothing=None), b", ", status(), b", ",
    number("sc_win32_status", 2**32 - 1, None), b", ", METHOD, b", ", text("cs_uri_stem", escaping.nothing, b",", 1), b", ",
    text("cs_uri_query", lambda raw: escaping.plus(raw) or b"-", b","), b",",
)  # fmt: skip
MODELS = (Model("iis-w3c", W3C, HEAD, b"\r\n"), Model("iis-native", NATIVE, end=b"\r\n"))
