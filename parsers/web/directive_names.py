"""What the directives of Apache's `LogFormat` and the variables of nginx's `log_format` mean: column and kind of each.

https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#formats
https://nginx.org/en/docs/varindex.html
"""

from __future__ import annotations

from dataclasses import dataclass

from parsers.web.instants import Clf, Epoch, Iso
from parsers.web.kinds import MICROSECONDS, MILLISECONDS, SECONDS, STATUS, Kind, Request, Text, Whole
from parsers.web.targets import Query, Target, Version

_PORT = Whole()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a directive stands for. `own`: its name, where no declared column is meant; `peer`: the address of the connection itself."""

    column: str
    kind: Kind
    own: str | None = None
    width: int = 0
    listed: bool = False
    peer: bool = False


@dataclass(frozen=True, slots=True)
class Stamp(Meaning):
    """A time, or a piece of one, as a pattern of strftime."""

    pattern: str = ""

    def joined(self, between: str, other: Stamp) -> Stamp:
        return stamp(self.pattern + between + other.pattern)


def stamp(pattern: str) -> Stamp:
    return Stamp("time", Text(), pattern=pattern)


def _own(name: str, listed: bool = False) -> Meaning:
    return Meaning("=" + name.lower(), Text(), name, listed=listed)


_WORD = Text(spaces=False)
_HEADERS = {
    "referer": Meaning("cs_referer", Text()),
    "user-agent": Meaning("cs_user_agent", Text()),
    "host": Meaning("cs_host", Text()),
    "cookie": Meaning("cs_cookie", Text()),
    "x-forwarded-for": Meaning("x_forwarded_for", Text(), listed=True),
    "forwarded": Meaning("forwarded", Text(), listed=True),
    "cf-connecting-ip": Meaning("cf_connecting_ip", Text()),
}
APACHE = {
    "a": Meaning("c_ip", _WORD),
    "h": Meaning("c_ip", _WORD),
    "A": Meaning("s_ip", _WORD),
    "b": Meaning("sc_bytes", Whole()),
    "B": Meaning("sc_bytes", Whole()),
    "O": Meaning("sc_bytes", Whole()),
    "I": Meaning("cs_bytes", Whole()),
    "D": Meaning("duration", MICROSECONDS),
    "T": Meaning("duration", SECONDS),
    "H": Meaning("cs_version", Version()),
    "l": Meaning("ident", Text()),
    "m": Meaning("cs_method", Text()),
    "p": Meaning("virtual_port", _PORT),
    "q": Meaning("cs_uri_query", Query()),
    "r": Meaning("request", Request()),
    "s": Meaning("sc_status", STATUS),
    "t": Meaning("time", Clf(), width=26),
    "u": Meaning("cs_username", Text()),
    "U": Meaning("cs_uri_stem", Text(True)),
    "v": Meaning("virtual_host", Text()),
    "V": Meaning("virtual_host", Text()),
    **{letter: _own("%" + letter) for letter in "fFkLPRSX"},
}
_PIECES = {"msec_frac": "%3", "usec_frac": "%6", "sec": "%s"}


def apache_argument(letter: str, argument: str) -> Meaning | None:
    """The meaning of `%{argument}letter`; None where there is no such directive."""
    if letter == "i":
        return _HEADERS.get(argument.lower(), _own(argument))
    if letter in ("C", "e", "n", "o", "x", "P", "^ti", "^to"):
        tls = {"SSL_PROTOCOL": "tls_protocol", "SSL_CIPHER": "tls_cipher"}.get(argument) if letter == "x" else None
        return Meaning(tls, Text()) if tls else _own(f"%{{{argument}}}{letter}")
    if letter in ("a", "h"):
        return Meaning("c_ip", _WORD, peer=True) if argument == "c" else None
    if letter == "p":
        column = {"canonical": "virtual_port", "local": "s_port", "remote": "c_port"}.get(argument)
        return Meaning(column, _PORT) if column else None
    if letter == "T":
        unit = {"s": SECONDS, "ms": MILLISECONDS, "us": MICROSECONDS}.get(argument)
        return Meaning("duration", unit) if unit else None
    return _time(argument) if letter == "t" else None


def _time(argument: str) -> Meaning:
    pattern = argument.removeprefix("begin:").removeprefix("end:")
    scale = {"msec": 10**6, "usec": 10**3}.get(pattern)
    return Meaning("time", Epoch(scale)) if scale else stamp(_PIECES.get(pattern, pattern))


_NGINX = {
    "remote_addr": Meaning("c_ip", _WORD),
    "realip_remote_addr": Meaning("c_ip", _WORD, peer=True),
    "remote_port": Meaning("c_port", _PORT),
    "remote_user": Meaning("cs_username", Text()),
    "time_local": Meaning("time", Clf(), width=26),
    "time_iso8601": Meaning("time", Iso(), width=25),
    "msec": Meaning("time", Epoch()),
    "request": Meaning("request", Request()),
    "request_method": Meaning("cs_method", Text()),
    "request_uri": Meaning("cs_uri", Target()),
    "uri": Meaning("cs_uri_stem", Text(True)),
    "document_uri": Meaning("cs_uri_stem", Text(True)),
    "args": Meaning("cs_uri_query", Text()),
    "query_string": Meaning("cs_uri_query", Text()),
    "server_protocol": Meaning("cs_version", Version()),
    "status": Meaning("sc_status", STATUS),
    "body_bytes_sent": Meaning("sc_bytes", Whole()),
    "bytes_sent": Meaning("sc_bytes", Whole()),
    "request_length": Meaning("cs_bytes", Whole()),
    "request_time": Meaning("duration", SECONDS),
    "host": Meaning("cs_host", Text()),
    "server_name": Meaning("virtual_host", Text()),
    "server_port": Meaning("s_port", _PORT),
    "server_addr": Meaning("s_ip", _WORD),
    "request_id": Meaning("request_id", Text()),
    "upstream_addr": Meaning("upstream", Text(), listed=True),
    "upstream_status": Meaning("upstream_status", Text(), listed=True),
    "upstream_response_time": Meaning("upstream_duration", Text(), listed=True),
    "upstream_response_length": Meaning("upstream_bytes", Text(), listed=True),
    "proxy_upstream_name": Meaning("upstream_name", Text()),
    "proxy_add_x_forwarded_for": Meaning("x_forwarded_for", Text(), listed=True),
    "ssl_protocol": Meaning("tls_protocol", Text()),
    "ssl_cipher": Meaning("tls_cipher", Text()),
}


def nginx_variable(name: str) -> Meaning:
    """The meaning of `$name`. Anybody may make variables (`map`, `set`): one that is not nginx's goes in under its name."""
    if name.startswith("http_"):
        header = name.removeprefix("http_").replace("_", "-")
        if header in _HEADERS:
            return _HEADERS[header]
    return _NGINX.get(name, _own(name, name.startswith("upstream_")))
