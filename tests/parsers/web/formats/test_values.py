"""What the samples' first lines say, value by value, as their servers' documentation explains them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parsers.registry import by_name
from tests.parsers.web.conftest import read_file

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.mark.parametrize(
    ("sample", "values"),
    [
        ("lighttpd/usual", {"cs_host": "www.example.org", "cs_username": "bob", "time": "2026-01-02T02:04:05", "time_quality": "offset"}),
        ("timed/tomcat-common-D", {"taken": "12", "duration": None, "sc_bytes": 5}),
        ("timed/tomcat-combined-D-F", {"taken": "15", "committed": "12", "duration": None}),
        ("timed/nginx-request-time", {"duration": 250_000_000, "taken": None}),
        ("glassfish/usual", {"c_ip": "192.0.2.7", "cs_username": None, "cs_uri_query": "b=1", "time": "2026-01-02T02:04:05"}),
        (
            "haproxy-http/captures",
            {
                "c_ip": "192.0.2.7", "c_port": 50123, "frontend": "http-in~", "upstream_name": "web/web1", "duration": 109_000_000,
                "timer_response": "69", "termination_state": "----", "captured_response_headers": "text/html",
                "captured_request_headers": "www.example.org|Mozilla/5.0 (X11; Linux x86_64)", "time": "2026-01-02T03:04:05.678",
                "time_quality": "assumed-zone",
            },
        ),
        ("haproxy-http/httpslog", {"tls_protocol": "TLSv1.3", "ssl_fc_sni": "www.example.org", "cs_method": "GET"}),
        ("haproxy-http/logasap", {"duration": 109_000_000, "sc_bytes": 2750}),
        ("haproxy-tcp/usual", {"event": "tcp.connection", "duration": 5_007_000_000, "sc_bytes": 1430, "termination_state": "--"}),
        (
            "squid/usual",
            {
                "time": "2026-01-02T03:04:05.123", "duration": 152_000_000, "squid_result": "TCP_MISS", "sc_status": 200,
                "cs_uri": "http://www.example.org/a?b=1", "cs_username": "bob", "upstream": "198.51.100.9", "time_quality": "utc",
            },
        ),
        ("squid-combined/usual", {"squid_result": "TCP_MISS", "squid_hierarchy": "HIER_DIRECT"}),
        ("traefik-clf/usual", {"request_count": "17", "upstream_name": "web@docker", "duration": 12_000_000}),
        (
            "envoy/usual",
            {
                "cs_bytes": 0, "sc_bytes": 154, "duration": 226_000_000, "upstream_duration": "100", "x_forwarded_for": "192.0.2.7",
                "client_claimed": "192.0.2.7", "c_ip": None, "cs_host": "www.example.org", "upstream": "198.51.100.9:80",
            },
        ),
        ("envoy-istio/usual", {"c_ip": "192.0.2.7", "c_port": 41852, "s_port": 8000, "response_code_details": "via_upstream"}),
        (
            "aws-alb/2025-transforms",
            {
                "c_ip": "192.0.2.7", "upstream": "198.51.100.9:80", "upstream_duration": "0.002", "virtual_host": "www.example.org",
                "conn_trace_id": "TID_1234abcd5678ef90", "time": "2026-01-02T03:04:05.678901",
            },
        ),
        ("aws-alb/no-target", {"upstream": None, "request_line": "- http://www.example.org:80- -", "sc_status": 460}),
        ("aws-elb/2014", {"elb": "my-loadbalancer", "cs_user_agent": None, "sc_bytes": 366}),
        ("aws-s3/later", {"bucket": "bucket1", "key": "photos/2026/a%20b.jpg", "extra": "eu-west-1", "duration": 70_000_000}),
        ("aws-s3/lifecycle", {"operation": "S3.EXPIRE.OBJECT", "cs_method": None, "cs_username": "AmazonS3", "sc_status": None}),
        (
            "iis-native/usual",
            {
                "time": "2026-01-02T03:04:05", "s_sitename": "W3SVC1", "s_computername": "SALES1", "duration": 4_502_000_000,
                "cs_uri": "/DeptLogo.gif?b=1", "sc_win32_status": 0,
            },
        ),
        (
            "w3c/cloudfront",
            {
                "cs_uri": "/a.html?b=1", "duration": 1_000_000, "client_claimed": "203.0.113.9", "tls_protocol": "TLSv1.2",
                "x_edge_location": "CDG50-C1", "cs_host": "d111111abcdef8.example.net", "c_port": 11040, "cs_version": "HTTP/2.0",
            },
        ),
        ("w3c/sgos", {"duration": 152_000_000, "cs_user_agent": "Mozilla/5.0 (X11; Linux x86_64)", "cs_categories": "Technology/Internet"}),
    ],
)  # fmt: skip
def test_first_line(sample: str, values: dict[str, Any]) -> None:
    row = read_file(SAMPLES / f"{sample}.log", by_name("web/log"), "UTC").rows[0]
    if "time" in row:
        row["time"] = row["time"].to_pydatetime().replace(tzinfo=None).isoformat()
    found = {name: row.get(name) for name in values}
    if isinstance(found.get("time"), str) and "." in str(found["time"]):
        found["time"] = str(found["time"]).rstrip("0")
    assert found == values


WALL = '192.0.2.7:50123 [25/Oct/2026:02:30:00.000] http-in web/web1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"\n'


def test_the_hour_that_comes_twice_is_marked(read: Any) -> None:
    row = read(WALL.encode(), zone="Europe/Paris").only
    assert (row["flags"], row["time_quality"]) == ("ambiguous-time", "assumed-zone")


def test_the_hour_that_never_was_is_marked(read: Any) -> None:
    row = read(WALL.replace("25/Oct", "29/Mar").encode(), zone="Europe/Paris").only
    assert row["flags"] == "skipped-time"


def test_without_a_zone_the_time_is_not_guessed(read: Any) -> None:
    row = read(WALL.encode()).only
    assert (row["flags"], row["time_quality"], "time" in row) == ("no-zone", "unknown", False)


CLAIM = '198.51.100.1 - - [02/Jan/2026:03:04:05 +0100] "GET / HTTP/1.1" 200 5 "-" "Agent/1" "{}"\n'


@pytest.mark.parametrize(
    ("header", "claimed"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7, 203.0.113.9", "192.0.2.7"),
        ("192.0.2.7:50123, 203.0.113.9", "192.0.2.7"),
        ("[2001:db8::7]:50123", "2001:db8::7"),
        ("fe80::1%eth0, 192.0.2.7", "fe80::1"),
        ("unknown, 192.0.2.7", "192.0.2.7"),
        ("_hidden", None),
        ("999.1.1", None),
        ("1' OR '1'='1", None),
        ("-", None),
    ],
)
def test_the_client_as_claimed_is_apart_from_the_client_as_seen(read: Any, header: str, claimed: str | None) -> None:
    row = read(CLAIM.format(header).encode()).only
    assert (row["c_ip"], row["src_ip"], row.get("client_claimed")) == ("198.51.100.1", "198.51.100.1", claimed)
