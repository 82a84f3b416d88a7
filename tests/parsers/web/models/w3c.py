"""W3C Extended of others: CloudFront (TAB, percent signs), and quoted strings whose quotes are doubled.

https://www.w3.org/TR/WD-logfile.html, https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
"""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.pieces import Piece, address, given, hostile, line, number, status, taken, text, utc_time

CLOUDFRONT = (
    b"#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) "
    b"cs(User-Agent) cs-uri-query time-taken x-forwarded-for\n"
)
OTHER = b"#Version: 1.0\n#Fields: time date c-ip cs-method cs-uri sc-status cs(User-Agent) bytes\n"
METHOD = given("cs_method", "GET", "POST")


def filled(column: str) -> SearchStrategy[Piece]:
    return text(column, lambda raw: escaping.percent(raw) or b"-")


def quoted(column: str) -> SearchStrategy[Piece]:
    """A string between quotes, those in it doubled; it is kept as it was logged."""
    shown = hostile().map(lambda raw: escaping.nothing(raw).replace(b'"', b'""') or b"x")
    return shown.map(
        lambda raw: (b'"' + raw + b'"', {column: None if raw == b"-" else raw.decode("utf-8", "backslashreplace")})
    )


EDGE = line(
    utc_time("%Y-%m-%d\t%H:%M:%S"), b"\tCDG50-C1\t", number("sc_bytes", nothing=None), b"\t", address("c_ip"), b"\t", METHOD, b"\t",
    given("cs_host", "d111111abcdef8.example.net"), b"\t", filled("cs_uri_stem"), b"\t", status(), b"\t", filled("cs_referer"), b"\t",
    filled("cs_user_agent"), b"\t", filled("cs_uri_query"), b"\t", taken("duration", 10**9, 3), b"\t", filled("x_forwarded_for"),
)  # fmt: skip
EXTENDED = line(
    utc_time("%H:%M:%S %Y-%m-%d"), b" ", address("c_ip"), b" ", METHOD, b" ", filled("cs_uri"), b" ", status(), b" ",
    quoted("cs_user_agent"), b" 512",
)  # fmt: skip
MODELS = (Model("w3c", EXTENDED, OTHER), Model("w3c cloudfront", EDGE, CLOUDFRONT))
