"""How an RDP connection begins: the X.224 request with its cookie, and the confirmation (MS-RDPBCGR sections 2.2.1.1 and 2.2.1.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from parsers.network.protocols import text
from parsers.network.streams import Stream

STREAM_LIMIT = 16_384  # bytes of each side that are looked at
PACKETS = 4  # TPKT packets of a side that are looked at: request or confirmation, then the settings of the conference
REQUEST, CONFIRM, DATA = 0xE0, 0xD0, 0xF0
_COOKIE = re.compile(rb"Cookie: mstshash=([^\r\n]{0,400})\r\n")
_TOKEN = re.compile(rb"(Cookie: msts=[^\r\n]{0,400}|tsv://[^\r\n]{0,400})\r\n")
_PROTOCOLS = {1: "SSL", 2: "HYBRID", 4: "RDSTLS", 8: "HYBRID_EX", 16: "RDSAAD"}
ENCRYPTED = frozenset(_PROTOCOLS)  # selected protocols that begin with a TLS handshake
_FAILURES = {
    1: "SSL_REQUIRED_BY_SERVER", 2: "SSL_NOT_ALLOWED_BY_SERVER", 3: "SSL_CERT_NOT_ON_SERVER", 4: "INCONSISTENT_FLAGS",
    5: "HYBRID_REQUIRED_BY_SERVER", 6: "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """One TPKT packet (RFC 1006): X.224 code, what follows its header, first and last packet (0-based), and where it ends in the stream."""

    code: int
    data: bytes
    first: int
    last: int
    end: int


@dataclass(frozen=True, slots=True)
class Side:
    """The units of one side; fault, packet: what breaks the format, and in which packet (0-based); cut: some of it is missing."""

    units: tuple[Unit, ...]
    fault: str | None = None
    packet: int = 0
    cut: bool = False

    def of(self, code: int) -> Unit | None:
        return next((unit for unit in self.units if unit.code == code), None)


def side(stream: Stream) -> Side:
    """The first units of one side, up to one that is no X.224 (TLS, say)."""
    found: list[Unit] = []
    at = 0
    while len(found) < PACKETS and at < STREAM_LIMIT:
        head = stream.read(at, 6)
        if len(head) < 6 or head[:2] != b"\3\0":
            return Side(tuple(found), cut=0 < len(head) < 6 and head[0] == 3)
        size = head[2] << 8 | head[3]
        if size < 7 or head[4] + 5 > size:
            return Side(tuple(found), f"packet of {size} bytes with a header of {head[4] + 1}", stream.packet(at))
        body = stream.read(at + 4, size - 4)
        if len(body) < size - 4:
            return Side(tuple(found), cut=True)
        # The header of a request or a confirmation has seven bytes, then comes its own data; of data three (X.224 section 13).
        data = body[3:] if head[5] == DATA else body[7 : 1 + head[4]]
        found.append(Unit(head[5], data, stream.packet(at), stream.packet(at + size - 1), at + size))
        at += size
    return Side(tuple(found))


def request_values(data: bytes) -> dict[str, object]:
    """Cookie, or routing token, and the protocols asked for."""
    cookie, token = _COOKIE.search(data), _TOKEN.search(data)
    rest = data[data.rfind(b"\r\n") + 2 :] if b"\r\n" in data else data
    values: dict[str, object] = {
        "cookie": text(cookie[1]) if cookie else None,
        "routing_token": text(token[1]) if token else None,
    }
    if len(rest) >= 8 and rest[:1] == b"\1" and rest[2:4] == b"\x08\0":
        asked = int.from_bytes(rest[4:8], "little")
        values["requested_protocols"] = ",".join(name for bit, name in _PROTOCOLS.items() if asked & bit) or "RDP"
    return values


def confirm_values(data: bytes) -> tuple[dict[str, object], int | None]:
    """The protocol that the server chose, or why it refuses; and the number of the protocol, 0 for RDP's own, None for refusal."""
    if len(data) < 8 or data[2:4] != b"\x08\0" or data[0] not in (2, 3):
        return {"security_protocol": "RDP"}, 0
    number = int.from_bytes(data[4:8], "little")
    if data[0] == 3:
        return {"result": _FAILURES.get(number, f"failure_code-{number}"), "outcome": "failure"}, None
    values: dict[str, object] = {
        "security_protocol": "RDP" if not number else _PROTOCOLS.get(number, f"security_protocol-{number}")
    }
    if number in ENCRYPTED:
        values["result"] = "encrypted"
    return values, number
