"""The fields of the Common Log Format and its relatives, in the order of `Spans` rows.

https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#examples
https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format
"""

from __future__ import annotations

from dataclasses import dataclass, field

VHOST, VPORT, CLIENT, IDENT, USER, DATE, ZONE = range(7)
REQUEST, METHOD, URI, STEM, QUERY, VERSION = range(7, 13)
STATUS, BYTES, REFERER, AGENT, FORWARDED, EXTRA = range(13, 19)
FIELDS = 19

FAST, STRICT, LOOSE = range(3)
QUALITIES = ("fast", "strict", "loose")


@dataclass(slots=True)
class Reading:
    """One line read by expression: spans relative to the line's start, how it was read, and remarks for `flags`."""

    spans: dict[int, tuple[int, int]]
    quality: int
    flags: list[str] = field(default_factory=list)
