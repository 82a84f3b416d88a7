"""Servers that escape nothing: what a client writes into a header hides no request, and makes no value another's."""

from __future__ import annotations

import pytest

from tests.parsers.web.conftest import Read

ENVOY = '[2026-01-02T03:04:05.678Z] "GET /a?b=1 HTTP/1.1" 200 - 0 154 226 100 "192.0.2.7" "{}" "id" "www.example.org" "198.51.100.9:80"'
S3 = (
    "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be bucket1 [02/Jan/2026:03:04:05 +0000] 192.0.2.7 - 3E57427F3EXAMPLE "
    'REST.GET.OBJECT a.jpg "GET /a?b=1 HTTP/1.1" 200 - 113 2662992 70 10 "-" "{}" -'
)


@pytest.mark.parametrize("line", [ENVOY, S3], ids=["envoy", "aws-s3"])
@pytest.mark.parametrize("agent", ['x" "y', '" "" "', 'x" "id" "evil.example" "203.0.113.9:80'])
def test_quotes_that_look_like_the_ends_of_values_leave_the_request_readable(read: Read, line: str, agent: str) -> None:
    data = "\n".join([line.format("Agent/1"), line.format(agent), line.format("Agent/2")]).encode() + b"\n"
    result = read(data)
    assert result.problems == []
    assert [result.line(row) for row in result.rows] == data.splitlines(keepends=True)
    first, forged, last = result.rows
    assert (first["cs_user_agent"], last["cs_user_agent"]) == ("Agent/1", "Agent/2")
    assert (forged["cs_uri"], forged["sc_status"], forged["flags"], forged["parse_quality"]) == (
        "/a?b=1",
        200,
        "loose",
        "loose",
    )
    assert agent in forged["extra"]
    assert {"cs_user_agent", "cs_host", "upstream"} & set(forged) == set()


def test_one_quote_or_backslash_is_part_of_the_value(read: Read) -> None:
    for agent in ('say "hi"!', "C:\\", '"', '\\"'):
        row = read((ENVOY.format(agent) + "\n").encode()).only
        assert (row["cs_user_agent"], row["flags"]) == (agent, "")


def test_a_line_that_ends_in_its_headers_is_a_loose_row(read: Read) -> None:
    whole = ENVOY.format("Agent/1")
    result = read(f"{whole}\n{whole[:110]}\n{whole[:40]}\n".encode())
    assert [row["flags"] for row in result.rows] == ["", "loose"]
    assert len(result.problems) == 1
