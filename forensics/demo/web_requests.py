"""A request to a web server, as both its log and the wire see it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import unquote

from forensics.demo.scenario import SECOND

WEB_PORT = 80
APACHE_OFFSET_S = 3_600  # Tamrirt is at UTC+1 all winter
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Request:
    """`time_ns` is the true time of the request; requests of one `connection` share a TCP connection.

    `target` is the path with its query as sent; `size` is the bytes of the response body; `sent` the request body.
    """

    time_ns: int
    connection: str
    client: str
    method: str
    target: str
    status: int
    size: int
    agent: str
    referer: str = "-"
    user: str = "-"
    sent: bytes = b""
    answer: bytes = b""
    took_ms: int = 12


def civil(time_ns: int) -> tuple[int, int, int, int, int, int]:
    """Year, month, day, hour, minute, second of an instant, by whole-number arithmetic."""
    moment = time.gmtime(time_ns // SECOND)
    return moment.tm_year, moment.tm_mon, moment.tm_mday, moment.tm_hour, moment.tm_min, moment.tm_sec


def apache_line(request: Request, clock_ahead_s: int) -> str:
    """Apache's combined format: `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"`, by the server's own clock."""
    year, month, day, hour, minute, second = civil(request.time_ns + (clock_ahead_s + APACHE_OFFSET_S) * SECOND)
    when = f"{day:02d}/{_MONTHS[month - 1]}/{year}:{hour:02d}:{minute:02d}:{second:02d} +0100"
    size = request.size or "-"
    return (
        f'{request.client} - {request.user} [{when}] "{request.method} {request.target} HTTP/1.1" {request.status} {size} '
        f'"{request.referer}" "{request.agent}"\n'
    )


IIS_FIELDS = (
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status "
    "sc-substatus sc-win32-status time-taken"
)


def iis_head(time_ns: int) -> str:
    year, month, day, hour, minute, second = civil(time_ns)
    when = f"{year}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}"
    return f"#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: {when}\r\n#Fields: {IIS_FIELDS}\r\n"


def iis_line(request: Request, server_ip: str) -> str:
    """The W3C extended format of IIS: UTC, the path decoded, blanks inside a value written as `+`."""
    year, month, day, hour, minute, second = civil(request.time_ns)
    stem, _, query = request.target.partition("?")
    stem = unquote(stem).replace(" ", "+")
    agent = request.agent.replace(" ", "+")
    return (
        f"{year}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d} {server_ip} {request.method} {stem} {query or '-'} "
        f"{WEB_PORT} {request.user} {request.client} {agent} {request.referer} {request.status} 0 0 {request.took_ms}\r\n"
    )
