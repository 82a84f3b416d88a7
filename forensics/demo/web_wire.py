"""Logged requests as HTTP/1.1 on the wire: one TCP connection for each group, every byte count as the log says it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from forensics.demo.cast import Machine
from forensics.demo.draw import Draw
from forensics.demo.neighbours import peer_of
from forensics.demo.scenario import CAPTURE_BEGIN, CAPTURE_END, SECOND
from forensics.demo.web_requests import WEB_PORT, Request, civil
from forensics.demo.wire import Part, Peer, Wire

_REASONS = {
    200: "OK",
    302: "Found",
    304: "Not Modified",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
}
_TYPES = {
    "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "woff2": "font/woff2", "avif": "image/avif",
    "png": "image/png", "pdf": "application/pdf", "txt": "text/plain",
}  # fmt: skip
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FILLER = b"<p>Commune de Tamrirt. Les services de la commune sont ouverts du lundi au vendredi. </p>\n" * 512


def http_date(time_ns: int) -> str:
    """The Date header of RFC 9110 section 5.6.7, by the server's own clock."""
    year, month, day, hour, minute, second = civil(time_ns)
    weekday = _DAYS[(time_ns // SECOND // 86_400 + 3) % 7]  # 1970-01-01 was a Thursday
    return f"{weekday}, {day:02d} {_MONTHS[month - 1]} {year} {hour:02d}:{minute:02d}:{second:02d} GMT"


def _question(request: Request, host: str) -> bytes:
    lines = [
        f"{request.method} {request.target} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: {request.agent}",
        "Accept: */*",
    ]
    if request.referer != "-":
        lines.append(f"Referer: {request.referer}")
    if request.sent:
        boundary = request.sent.split(b"\r\n", 1)[0][2:].decode()
        form = (
            f"multipart/form-data; boundary={boundary}"
            if boundary.startswith("--")
            else "application/x-www-form-urlencoded"
        )
        lines += [f"Content-Type: {form}", f"Content-Length: {len(request.sent)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + request.sent


def _answer(request: Request, server: Machine, software: str) -> bytes:
    when = http_date(server.clock(request.time_ns + request.took_ms * 1_000_000))
    lines = [f"HTTP/1.1 {request.status} {_REASONS[request.status]}", f"Date: {when}", f"Server: {software}"]
    path = request.target.partition("?")[0]
    if request.status == 302:
        lines += ["Location: /demandes/confirmation", "Content-Length: 0"]
    elif request.status != 304:
        kind = _TYPES.get(path.rsplit(".", 1)[-1], "text/html; charset=utf-8") if request.status == 200 else "text/html"
        lines += [f"Content-Type: {kind}", f"Content-Length: {request.size}"]
    body = b"" if request.status == 304 else (request.answer or _body(path, request))
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def _body(path: str, request: Request) -> bytes:
    """`size` bytes that begin as their type does."""
    size = request.size
    if path.endswith(".pdf") and request.status == 200:
        return b"%PDF-1.4\n" + _FILLER[: size - 9]
    return _FILLER[:size]


def put_requests(wire: Wire, requests: Iterable[Request], server: Machine, host: str, draw: Draw) -> None:
    """Lay on the wire every request that falls into the capture's time."""
    software = "Apache/2.4.58 (Win64) PHP/8.2.12" if server.name == "WEB01" else "Microsoft-IIS/10.0"
    seen = [r for r in requests if CAPTURE_BEGIN + SECOND <= r.time_ns < CAPTURE_END - 5 * SECOND]
    seen.sort(key=lambda r: (r.connection, r.time_ns))
    for _, group in groupby(seen, key=lambda r: r.connection):
        members = list(group)
        client = peer_of(members[0].client, draw.between(49_152, 65_535))
        near = client.ttl == 128
        round_trip = draw.between(300, 900) * 1_000 if near else draw.between(18, 85) * 1_000_000
        parts = []
        for request in members:
            parts.append(Part(True, _question(request, host), not_before_ns=request.time_ns))
            parts.append(Part(False, _answer(request, server, software), request.took_ms * 1_000_000))
        target = Peer(server.mac, server.ip6 if ":" in client.ip else server.ip, WEB_PORT)
        wire.connection(members[0].time_ns - round_trip - 1_000, client, target, parts, round_trip)
