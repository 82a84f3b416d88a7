"""The client that headers claim stands apart from the one that the server saw, and TLS has its columns, whatever the format."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Read

Said = dict[str, Any]
AT = "2026-01-10T10:00:00Z"
NGINX: Said = {"time_iso8601": AT, "remote_addr": "192.0.2.1", "request": "GET / HTTP/1.1", "status": "200"}
CADDY: Said = {"ts": 1768039200.5, "logger": "http.log.access", "status": 200}
TRAEFIK: Said = {"ClientHost": "192.0.2.1", "DownstreamStatus": 200, "RequestMethod": "GET", "RequestPath": "/"}
CLOUDFLARE: Said = {"ClientIP": "192.0.2.1", "ClientRequestURI": "/", "EdgeStartTimestamp": AT, "RayID": "1"}
FRONT_DOOR: Said = {"httpMethod": "GET", "requestUri": "https://www.example.org/", "clientIp": "203.0.113.9"}
ASKED: Said = {"remote_ip": "192.0.2.1", "method": "GET", "uri": "/"}
MODSECURITY: Said = {
    "time_stamp": "Sat Jan 10 10:00:00 2026",
    "client_ip": "192.0.2.1",
    "unique_id": "1",
    "messages": [],
}


def _front_door(**more: str) -> Said:
    return {"time": AT, "category": "FrontDoorAccessLog", "properties": FRONT_DOOR | more}


@pytest.mark.parametrize(
    ("line", "claimed"),
    [
        (NGINX | {"http_forwarded": 'for="[2001:db8::1]:4711";proto=https'}, "2001:db8::1"),
        (NGINX | {"http_cf_connecting_ip": "203.0.113.3"}, "203.0.113.3"),
        (CADDY | {"request": ASKED | {"headers": {"Forwarded": ["for=203.0.113.1"]}}}, "203.0.113.1"),
        (CADDY | {"request": ASKED | {"headers": {"Cf-Connecting-Ip": ["203.0.113.2"]}}}, "203.0.113.2"),
        (TRAEFIK | {"time": AT, "request_Cf-Connecting-Ip": "203.0.113.4"}, "203.0.113.4"),
        (TRAEFIK | {"time": AT, "request_Forwarded": "for=203.0.113.5"}, "203.0.113.5"),
        (
            {
                "transaction": MODSECURITY
                | {"request": {"method": "GET", "headers": {"CF-Connecting-IP": "203.0.113.6"}}}
            },
            "203.0.113.6",
        ),
        (_front_door(socketIp="192.0.2.1"), None),
    ],
)
def test_claims_stand_apart(read: Read, line: Said, claimed: str | None) -> None:
    (row,) = read(json.dumps(line).encode() + b"\n", zone="UTC").rows
    assert (row["c_ip"], row.get("client_claimed")) == ("192.0.2.1", claimed)


def test_the_address_that_azure_took_from_a_header_stands_under_its_name(read: Read) -> None:
    (row,) = read(json.dumps(_front_door(socketIp="192.0.2.1")).encode() + b"\n").rows
    assert row["properties.clientIp"] == "203.0.113.9"
    (row,) = read(json.dumps(_front_door()).encode() + b"\n").rows
    assert row["c_ip"] == "203.0.113.9"  # older records have no other


@pytest.mark.parametrize(
    ("line", "protocol", "cipher"),
    [
        (NGINX | {"ssl_protocol": "TLSv1.3", "ssl_cipher": "AES"}, "TLSv1.3", "AES"),
        (CADDY | {"request": ASKED | {"tls": {"version": 772, "cipher_suite": 4865}}}, "772", "4865"),
        (TRAEFIK | {"time": AT, "TLSVersion": "1.3", "TLSCipher": "AES"}, "1.3", "AES"),
        (CLOUDFLARE | {"ClientSSLProtocol": "TLSv1.3", "ClientSSLCipher": "AES"}, "TLSv1.3", "AES"),
        (_front_door(securityProtocol="TLS 1.2", securityCipher="AES"), "TLS 1.2", "AES"),
    ],
)
def test_tls_has_its_columns(read: Read, line: Said, protocol: str, cipher: str) -> None:
    (row,) = read(json.dumps(line).encode() + b"\n").rows
    assert (row["tls_protocol"], row["tls_cipher"]) == (protocol, cipher)


@pytest.mark.parametrize("name", ["CF-Connecting-IP", "cs(CF-Connecting-IP)", "Forwarded"])
def test_fields_that_iis_was_told_to_add(read: Read, name: str) -> None:
    value = "for=203.0.113.1" if name == "Forwarded" else "203.0.113.1"
    head = (
        f"#Software: Microsoft Internet Information Services 10.0\n#Fields: date time c-ip cs-method sc-status {name}\n"
    )
    (row,) = read(f"{head}2026-01-10 10:00:00 192.0.2.1 GET 200 {value}\n".encode()).rows
    assert (row["c_ip"], row["client_claimed"]) == ("192.0.2.1", "203.0.113.1")


def test_headers_of_a_serial_audit_log(read: Read) -> None:
    asked = b"GET / HTTP/1.1\nForwarded: for=203.0.113.1\nCF-Connecting-IP: 203.0.113.2\n\n"
    head = b"--a1-A--\n[03/Mar/2026:21:14:05 +0100] U1 198.51.100.7 44656 192.0.2.1 80\n"
    (row,) = read(head + b"--a1-B--\n" + asked + b"--a1-Z--\n\n", "web/modsecurity-audit").rows
    assert (row["c_ip"], row["client_claimed"]) == ("198.51.100.7", "203.0.113.1")
    assert (row["forwarded"], row["cf_connecting_ip"]) == ("for=203.0.113.1", "203.0.113.2")
