"""Lines laid out as the server's own configuration says: every directive to its column, or under its own name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parsers.base import Evidence
from parsers.registry import recognise
from parsers.web.directives import check, given_format
from parsers.web.log import PARSER
from tests.parsers.web.conftest import Result, read_file

STAMP = "[02/Jan/2026:03:04:05 +0100]"


def _read(tmp_path: Path, layout: str, *lines: bytes, zone: str | None = None) -> Result:
    path = tmp_path / "log"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return read_file(path, PARSER, zone, (layout,))


def _row(tmp_path: Path, layout: str, line: str, zone: str | None = None) -> dict[str, Any]:
    row = _read(tmp_path, layout, line.encode(), zone=zone).only
    assert row["log_format"] == "given-1"
    return row


@pytest.mark.parametrize(
    ("directive", "text", "column", "value"),
    [
        ("%a", "192.0.2.7", "c_ip", "192.0.2.7"),
        ("%h", "client.example.org", "c_ip", "client.example.org"),
        ("%A", "198.51.100.1", "s_ip", "198.51.100.1"),
        ("%B", "0", "sc_bytes", 0),
        ("%I", "77", "cs_bytes", 77),
        ("%D", "1500", "duration", 1_500_000),
        ("%T", "2", "duration", 2_000_000_000),
        ("%{ms}T", "15", "duration", 15_000_000),
        ("%{us}T", "15", "duration", 15_000),
        ("%H", "HTTP/2.0", "cs_version", "HTTP/2.0"),
        ("%m", "POST", "cs_method", "POST"),
        ("%p", "443", "virtual_port", 443),
        ("%{local}p", "8443", "s_port", 8443),
        ("%{remote}p", "50123", "c_port", 50123),
        ("%U", "/a", "cs_uri_stem", "/a"),
        ("%q", "?x=1", "cs_uri_query", "x=1"),
        ("%U%q", "/a?x=1?2", "cs_uri_query", "x=1?2"),
        ("%U%q", "/a?x=1?2", "cs_uri", "/a?x=1?2"),
        ("%v", "www.example.org", "virtual_host", "www.example.org"),
        ("%{X-Tenant}i", "north", "X-Tenant", "north"),
        ("%{X-Cache}o", "HIT", "%{X-Cache}o", "HIT"),
        ("%{SESSION}C", "abc", "%{SESSION}C", "abc"),
        ("%{SSL_CIPHER}x", "TLS_AES_128_GCM_SHA256", "tls_cipher", "TLS_AES_128_GCM_SHA256"),
        ("%X", "+", "%X", "+"),
        ("%k", "3", "%k", "3"),
        ("%f", "/srv/a b", "%f", "/srv/a b"),
        ("%L", "YxQ", "%L", "YxQ"),
        ("%{tid}P", "4711", "%{tid}P", "4711"),
        ("%!200,304{Referer}i", "https://example.org/", "cs_referer", "https://example.org/"),
        ("%{Forwarded}i", "for=192.0.2.60;proto=http, for=198.51.100.2", "client_claimed", "192.0.2.60"),
        ("$http_x_forwarded_for", "unknown, 2001:db8::7", "client_claimed", "2001:db8::7"),
        ("$http_cf_connecting_ip", "203.0.113.9", "client_claimed", "203.0.113.9"),
        ("$request_time", "0.250", "duration", 250_000_000),
        ("$upstream_addr", "198.51.100.8:80, 198.51.100.9:80 : unix:/run/a", "upstream", "198.51.100.8:80, 198.51.100.9:80 : unix:/run/a"),
        ("$ssl_protocol", "TLSv1.3", "tls_protocol", "TLSv1.3"),
        ("${http_host}", "www.example.org", "cs_host", "www.example.org"),
        ("$request_uri", "/p?q", "cs_uri_stem", "/p"),
        ("$my_variable", "x y", "my_variable", "x y"),
    ],
)  # fmt: skip
def test_a_directive_fills_its_column(tmp_path: Path, directive: str, text: str, column: str, value: object) -> None:
    status = "$status" if "$" in directive else "%>s"
    row = _row(tmp_path, f"{status} {directive} | end", f"200 {text} | end")
    assert row["sc_status"] == 200
    assert row[column] == value
    assert row["flags"] == "no-date"


@pytest.mark.parametrize(
    ("layout", "text", "instant", "quality"),
    [
        ("%t", STAMP, "2026-01-02T02:04:05", "offset"),
        ("%{%Y-%m-%d %H:%M:%S}t.%{msec_frac}t %{%z}t", "2026-01-02 03:04:05.678 -0500", "2026-01-02T08:04:05.678", "offset"),
        ("%{%d/%b/%Y %T}t", "02/Feb/2026 03:04:05", "2026-02-02T02:04:05", "assumed-zone"),
        ("%{%m/%d/%y %I:%M:%S %p}t", "02/03/26 12:04:05 AM", "2026-02-02T23:04:05", "assumed-zone"),
        ("%{sec}t.%{usec_frac}t", "1767323045.000250", "2026-01-02T03:04:05.000250", "utc"),
        ("%{msec}t", "1767323045123", "2026-01-02T03:04:05.123", "utc"),
        ("$time_iso8601", "2026-01-02T03:04:05+01:00", "2026-01-02T02:04:05", "offset"),
        ("[$time_local]", STAMP, "2026-01-02T02:04:05", "offset"),
        ("$msec", "1767323045.123", "2026-01-02T03:04:05.123", "utc"),
    ],
)  # fmt: skip
def test_times(tmp_path: Path, layout: str, text: str, instant: str, quality: str) -> None:
    status = "$status" if "$" in layout else "%s"
    row = _row(tmp_path, f"{layout} {status}", f"{text} 200", "Europe/Paris")
    assert row["time"].isoformat().startswith(instant)
    assert row["time_quality"] == quality


def test_the_peer_is_the_client_and_what_a_proxy_said_of_it_is_not(tmp_path: Path) -> None:
    row = _row(tmp_path, "%a %{c}a %{X-Forwarded-For}i %s", "192.0.2.7 198.51.100.1 192.0.2.7, 203.0.113.5 200")
    assert (row["c_ip"], row["%a"], row["src_ip"]) == ("198.51.100.1", "192.0.2.7", "198.51.100.1")
    assert (row["x_forwarded_for"], row["client_claimed"]) == ("192.0.2.7, 203.0.113.5", "192.0.2.7")


def test_of_two_that_mean_one_column_the_other_keeps_its_name(tmp_path: Path) -> None:
    row = _row(tmp_path, "%b %O %I", "5 250 -")
    assert (row["sc_bytes"], row["%O"]) == (5, "250")
    assert "cs_bytes" not in row


@pytest.mark.parametrize(
    "layout",
    [
        r'LogFormat "%h %u %t \"%r\" %>s" short',
        r"%h %u %t \"%r\" %>s",
        "log_format short '$remote_addr $remote_user [$time_local] '\n  '\"$request\" $status';",
        "log_format short escape=default '$remote_addr $remote_user [$time_local] \"$request\" $status'",
    ],
)
def test_the_whole_directive_may_be_given(tmp_path: Path, layout: str) -> None:
    row = _row(tmp_path, layout, f'192.0.2.7 bob {STAMP} "GET /a?b HTTP/1.1" 404')
    assert (row["cs_username"], row["cs_uri_query"], row["outcome"]) == ("bob", "b", "failure")


def test_a_request_without_quotes_is_cut_by_its_version(tmp_path: Path) -> None:
    row = _row(tmp_path, "%h %r %>s", "192.0.2.7 GET /a?b HTTP/1.1 200")
    assert (row["cs_method"], row["cs_uri"], row["cs_version"], row["sc_status"]) == ("GET", "/a?b", "HTTP/1.1", 200)


def test_lines_that_do_not_fit_go_to_the_known_formats_or_are_problems(tmp_path: Path) -> None:
    known = f'192.0.2.7 - - {STAMP} "GET / HTTP/1.1" 200 5'.encode()
    result = _read(
        tmp_path, "%h|%s|%D", b"192.0.2.7|200|5", known, b"192.0.2.7|200|x", b"192.0.2.8|\x1b[2J|1", b"\xff|200|9"
    )
    assert [(row["log_format"], row["record"]) for row in result.rows] == [("given-1", 1), ("clf", 2), ("given-1", 5)]
    assert [problem.offset for problem in result.problems] == [
        len(result.data.split(b"192.0.2.7|200|x")[0]),
        result.data.index(b"192.0.2.8"),
    ]
    assert result.rows[2]["flags"] == "bad-encoding,no-date"


@pytest.mark.parametrize(
    ("layout", "reason"),
    [
        ("%h%u", "no text between %h and %u: lines cannot be cut there"),
        ("$remote_addr$status", "no text between $remote_addr and $status: lines cannot be cut there"),
        ("%h %Z", "character 4: '%Z' is no directive of LogFormat"),
        ("%h %{x}y", "character 4: '%{x}y' is no directive of LogFormat"),
        ("%{%H:%M}t %h", "gives no whole date and hour"),
        ("%{%Y %Q}t %h", "%Q of the time '%Y %Q' is not read"),
        ("%r%h", "where a request ends that stands between no quotes cannot be told"),
        ("plain", "names no value"),
        ("", "names no value"),
        ("%h " * 2_000, "6000 characters, expected at most 4096"),
    ],
)
def test_a_string_that_cannot_be_cut_by_is_refused_in_one_line(layout: str, reason: str) -> None:
    with pytest.raises(ValueError, match="log format") as raised:
        check(layout)
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("layout", ['log_format j escape=json \'{"a":"$remote_addr"}\';', '{"status": "$status"}'])
def test_json_lines_are_left_to_their_own_reader(layout: str) -> None:
    check(layout)
    assert given_format(layout) is None


def test_recognition_asks_the_given_layouts_first() -> None:
    head = b"192.0.2.7|200|5\n" * 3
    assert recognise(head, "x") is None
    found = recognise(head, "x", ("%h|%s|%D",))
    assert found is PARSER
    assert recognise(b"something else\n", "x", ("%h|%s|%D",)) is None
    assert Evidence("E001", "f", Path("f"), 0, "").log_formats == ()
