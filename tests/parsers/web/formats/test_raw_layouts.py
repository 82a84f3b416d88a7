"""Lines of servers that escape nothing: what a client sends between quotes may hold quotes."""

from __future__ import annotations

import pytest

from parsers.web.formats.glassfish import FORMAT

HEAD = b'"192.0.2.7" "NULL-AUTH-USER" "19/Jan/2026:17:30:20 +0100" "GET / HTTP/1.1" 200 5 '


@pytest.mark.parametrize(
    ("tail", "fits"),
    [
        (b'"Agent"', True),
        (b'"Agent"more"', True),
        (b'"\\"', True),
        (b'""', True),
        (b'"', False),  # one quote cannot both open and close
        (b'"Agent', False),
        (b'"one" "two"', False),  # where one value ends cannot be told
    ],
)
def test_a_last_value_reaches_to_the_lines_last_quote(tail, fits):
    assert FORMAT.sniff([HEAD + tail], {}) == [fits]
