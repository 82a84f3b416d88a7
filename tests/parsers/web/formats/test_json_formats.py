"""JSON lines of each server: every line is a row of just that format or a problem with its true reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parsers.web.formats import all_formats

from ..conftest import Read

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
FORMATS = ("nginx-json", "caddy", "traefik-json", "cloudflare", "azure-application-gateway", "azure-front-door")


def _rows(read: Read, name: str, file: str = "default") -> list[dict[str, Any]]:
    result = read((SAMPLES / name / f"{file}.log").read_bytes())
    assert result.problems == []
    assert {row["log_format"] for row in result.rows} == {name}
    return result.rows


@pytest.mark.parametrize("name", FORMATS)
def test_lines_are_claimed_by_their_own_format_only(name: str) -> None:
    for path in sorted((SAMPLES / name).glob("*.log")):
        if path.stem == "hostile":
            continue
        for line in path.read_bytes().splitlines():
            assert [one.name for one in all_formats() if one.sniff([line], {})[0]] == [name]


def test_nginx_default_names(read: Read) -> None:
    first, second = _rows(read, "nginx-json")
    assert str(first["time"]) == "2026-11-28 09:00:01+00:00"
    assert first["time_quality"] == "offset"
    assert (first["cs_method"], first["cs_uri_stem"], first["cs_uri_query"]) == ("GET", "/a", "b=1")
    assert (first["sc_status"], first["sc_bytes"], first["duration"]) == (200, 512, 5_000_000)
    assert (second["cs_username"], second["cs_referer"]) == ("o'neil", "https://www.example.org/")
    assert {row["parse_quality"] for row in (first, second)} == {"fast"}


def test_a_line_without_the_request_of_its_neighbours_is_a_row_too(read: Read) -> None:
    lines = [
        b'{"time_local":"28/Nov/2026:10:00:01 +0100","request":"GET /a HTTP/1.1","status":"200"}',
        b'{"time_local":"28/Nov/2026:10:00:01 +0100","request":"odd","status":"400"}',
        b'{"time_local":"28/Nov/2026:10:00:02 +0100","uri":"/b","status":"200"}',
    ]
    rows = read(b"\n".join(lines) + b"\n").rows
    assert [row.get("cs_uri_stem", row.get("uri")) for row in rows] == ["/a", None, "/b"]
    assert [row["flags"] for row in rows] == ["", "odd-request", ""]


def test_a_duration_beyond_64_bits_is_kept_as_it_was_written(read: Read) -> None:
    lines = [
        b'{"ts":1796057998.5,"logger":"http.log.access","request":{"uri":"/"},"status":200,"duration":%s}' % took
        for took in (b"0.25", b"1e12", b"-", b'""', b"5.07e-05")
    ]
    rows = read(b"\n".join(lines).replace(b":-}", b':"-"}') + b"\n").rows
    assert [row.get("duration") for row in rows] == [250_000_000, None, None, None, 50_700]
    assert [row["flags"] for row in rows] == ["", "wrong-type", "", "", ""]
    assert [value for name, value in rows[1].items() if value == "1e12"] == ["1e12"]


def test_nginx_escapes_are_read_and_the_line_stays(read: Read) -> None:
    result = read((SAMPLES / "nginx-json" / "escapes.log").read_bytes())
    first, second = result.rows
    assert first["cs_uri"] == '/x?q="<script>'
    assert first["cs_user_agent"] == 'a\x1b[31m"b\\c'
    assert first["flags"] == "control-bytes"
    assert rb"\u0022\u003cscript" in result.line(first)
    assert str(first["time"]) == "2026-11-30 00:53:20.123000+00:00"
    assert "cs_user_agent" not in second
    assert second["flags"] == ""


def test_nginx_hostile_lines(read: Read) -> None:
    result = read((SAMPLES / "nginx-json" / "hostile.log").read_bytes())
    assert [row["flags"] for row in result.rows] == [
        "bad-encoding,bad-escape",
        "duplicate-keys",
        "wrong-type",
        "bad-time,control-bytes,odd-request",
        "control-bytes",
        "no-line-end",
    ]
    assert result.rows[0]["cs_uri"] == r"/\xe9"
    assert result.rows[0]["cs_user_agent"] == r"caf\xe9"
    assert (result.rows[1]["sc_status"], result.rows[1]["status#2"]) == (200, "500")
    assert "sc_status" not in result.rows[2]
    assert result.rows[2]["status"] == "many"
    assert result.rows[3]["time_iso8601"] == "yesterday"
    assert "time" not in result.rows[3]
    assert [problem.reason.split(": ", 1)[0] for problem in result.problems] == ["line 5", "line 6"]
    assert "cut off" in result.problems[0].reason
    assert "should stand at byte 54 of the line, not byte 0x74" in result.problems[1].reason


def test_caddy(read: Read) -> None:
    first, second = _rows(read, "caddy")
    assert first["time"].value == 1_646_861_401_524_102_400
    assert (first["c_ip"], first["src_port"], first["duration"], first["sc_bytes"]) == (
        "127.0.0.1",
        41342,
        929_675,
        10_900,
    )
    assert first["tls_cipher"] == "4865"  # Caddy names suites by number
    assert first["cs_user_agent"] == "curl/7.82.0"
    assert second["cs_uri"] == "/a?x=1&2"
    assert second["duration"] == 150
    assert second["request.headers.Accept"] == '["text/html","*/*"]'
    assert second["resp_headers"] == "{}"
    assert second["x_forwarded_for"] == "203.0.113.4, 192.0.2.1"
    assert second["c_ip"] == "198.51.100.9"


def test_traefik(read: Read) -> None:
    (row,) = _rows(read, "traefik-json")
    assert row["time"].value == 1_795_842_000_123_456_789
    assert (row["cs_uri_query"], row["duration"], row["OriginDuration"]) == ("a=1&b=2", 1_234_567, "1200000")


def test_cloudflare_writes_instants_in_three_ways(read: Read) -> None:
    rows = _rows(read, "cloudflare")
    assert [row["time"].value for row in rows] == [
        1_795_842_001_000_000_000,
        1_796_000_001_123_456_789,
        1_796_000_001_000_000_000,
    ]
    assert rows[0]["BotTags"] == '["api","bing"]'
    assert rows[0]["WAFAttackScore"] == "97"


def test_azure(read: Read) -> None:
    old, new = _rows(read, "azure-application-gateway")
    assert (old["cs_uri_stem"], old["sc_status"], old["duration"]) == (
        "/phpmyadmin/scripts/setup.php",
        404,
        205_000_000,
    )
    assert (new["cs_uri"], new["upstream"], new["properties.requestUri"]) == ("/a?b=1", "192.0.2.9:443", "/a")
    (door,) = _rows(read, "azure-front-door")
    assert (door["c_ip"], door["sc_bytes"], door["cs_uri_query"]) == ("192.0.2.7", 2048, "b=1")
