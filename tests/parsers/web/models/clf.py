"""Common, combined and vhost_combined of Apache, nginx' combined and main.

https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#examples, https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis.strategies import SearchStrategy

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.pieces import Piece, address, clf_time, line, number, request, status, text, word


def common(escape: Callable[[bytes], bytes]) -> SearchStrategy[Piece]:
    return line(
        address("c_ip"),
        b" - ",
        word("cs_username"),
        b" ",
        clf_time(),
        b' "',
        request(escape),
        b'" ',
        status(),
        b" ",
        number("sc_bytes"),
    )


def headers(escape: Callable[[bytes], bytes]) -> SearchStrategy[Piece]:
    return line(b' "', text("cs_referer", escape), b'" "', text("cs_user_agent", escape), b'"')


def combined(escape: Callable[[bytes], bytes]) -> SearchStrategy[Piece]:
    return line(common(escape), headers(escape))


MODELS = (
    Model("clf common", common(escaping.apache)),
    Model("clf combined", combined(escaping.apache)),
    Model("clf vhost_combined", line(b"www.example.org:443 ", combined(escaping.apache))),
    Model("clf nginx", combined(escaping.nginx)),
    Model("clf nginx-main", line(combined(escaping.nginx), b' "', text("x_forwarded_for", escaping.nginx), b'"')),
)
