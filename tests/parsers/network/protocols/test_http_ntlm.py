"""NTLM over HTTP: three messages in two exchanges, the fields by hand (MS-NLMP section 2.2)."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

NONCE = bytes.fromhex("0123456789abcdef")


def message(kind: int, body: bytes) -> bytes:
    return base64.b64encode(b"NTLMSSP\0" + struct.pack("<I", kind) + body)


NEGOTIATE = message(1, struct.pack("<I", 0x00008201))
# target name (empty, at 32), flags, challenge
CHALLENGE = message(2, struct.pack("<HHI", 0, 0, 32) + struct.pack("<I", 0x00008201) + NONCE)


def authenticate() -> bytes:
    parts = [
        b"L" * 24,
        b"N" * 44,
        "CORP".encode("utf-16-le"),
        "j.doe".encode("utf-16-le"),
        "PC7".encode("utf-16-le"),
        b"",
    ]
    at, fields = 64, b""
    for part in parts:  # LM response, NT response, domain, user, workstation, session key: length, allocated, offset
        fields += struct.pack("<HHI", len(part), len(part), at)
        at += len(part)
    return message(3, fields + struct.pack("<I", 0x00000001) + b"".join(parts))


def ask(scheme: bytes, blob: bytes) -> bytes:
    return b"GET / HTTP/1.1\r\nHost: intranet.example\r\nAuthorization: " + scheme + b" " + blob + b"\r\n\r\n"


@pytest.mark.parametrize("scheme", [b"NTLM", b"Negotiate"])
@pytest.mark.parametrize(("status", "accepted"), [(b"200 OK", True), (b"401 Unauthorized", False)])
def test_a_logon(read: Any, wire: Any, scheme: bytes, status: bytes, accepted: bool) -> None:
    refused = (
        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: "
        + scheme
        + b" "
        + CHALLENGE
        + b"\r\nContent-Length: 0\r\n\r\n"
    )
    last = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"
    sent = [("c", ask(scheme, NEGOTIATE)), ("s", refused), ("c", ask(scheme, authenticate())), ("s", last)]
    result = read(wire.pcap(wire.session(sent)))
    (logon,), (secret,) = result.ntlm, result.credentials
    assert (logon["username"], logon["domainname"], logon["hostname"], logon["success"]) == (
        "j.doe",
        "CORP",
        "PC7",
        accepted,
    )
    assert (secret["service"], secret["scheme"], secret["challenge"], secret["accepted"]) == (
        "http",
        "ntlmv2",
        NONCE.hex(),
        accepted,
    )
    assert secret["secret"].startswith((b"N" * 16).hex())
    assert [row.get("username") for row in result.http] == [None, "j.doe"]
    assert (secret["packet_first"], secret["packet_last"]) == (5, 6)


@pytest.mark.parametrize("blob", [b"TlRMTVNTUAA=", b"AAAA", b"=", message(3, b"\xff" * 60)])
def test_what_is_no_message_names_nobody(read: Any, wire: Any, blob: bytes) -> None:
    result = read(wire.pcap(wire.session([("c", ask(b"NTLM", blob))])))
    assert (len(result.http), result.credentials, result.ntlm) == (1, [], [])
