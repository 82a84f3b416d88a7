"""The intruder's traffic in the capture, besides the HTTP requests that the logs know."""

from __future__ import annotations

import base64
import struct

from forensics.demo import tls_messages as tls
from forensics.demo.beacons import beacon_times
from forensics.demo.cast import ATTACKER_IP, CONTROL_IP, CONTROL_NAME, DROP_NAME, SRV02, SVC_BACKUP, TUNNEL_ZONE, WEB01
from forensics.demo.dns_messages import ask
from forensics.demo.draw import Draw
from forensics.demo.neighbours import peer_of
from forensics.demo.scenario import (
    CAPTURE_END,
    DROP_BEGIN,
    DROP_BYTES,
    RDP_AGAIN,
    RDP_BEGIN,
    RDP_END,
    RDP_LEFT,
    SCAN_BEGIN,
    SECOND,
    SPRAY_HIT,
    TUNNEL_BEGIN,
    TUNNEL_QUERIES,
    TUNNEL_STEP_MS,
    at,
)
from forensics.demo.smb_logon import LOGON_FAILURE, logon_parts
from forensics.demo.sprays import attempts
from forensics.demo.wire import Part, Wire

FAR = 46_000_000  # round trip to the control server, ns
NEAR = 400_000
_KNOCKED = (21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 443, 445, 993, 1433, 1521, 3306, 3389, 5432, 5900, 5985, 6379, 8000,
            8080, 8443, 9200, 27017)  # fmt: skip


def put_attack(wire: Wire, seed: int) -> None:
    draw = Draw(seed, "attack-network")
    for number, port in enumerate(_KNOCKED):
        ends = peer_of(ATTACKER_IP, 40_000 + number), peer_of(WEB01.ip, port)
        wire.refused(SCAN_BEGIN - 40 * SECOND + number * 210_000_000, *ends, 62_000_000)
    _download(wire, draw)
    for moment in beacon_times(seed):
        if moment < CAPTURE_END - 5 * SECOND:
            _beacon(wire, moment, draw)
    for moment, port, name in attempts(seed):
        _log_on(wire, port, (moment, name, LOGON_FAILURE), draw)
    _log_on(wire, 51_877, (SPRAY_HIT, SVC_BACKUP.name, 0), draw)
    _remote_desktop(wire, RDP_BEGIN, RDP_LEFT, 52_011, draw)
    _remote_desktop(wire, RDP_AGAIN, RDP_END, 52_446, draw)
    _drop(wire, draw)
    _tunnel(wire, draw)


def _download(wire: Wire, draw: Draw) -> None:
    moment = at("19:26:44")
    ask(wire, moment - 80_000_000, (WEB01.ip, 60_411, draw.bits(16)), CONTROL_NAME, ("A", CONTROL_IP, 300, 48_000_000))
    program = tls.WINDOWS_UPDATE
    parts = [
        Part(True, tls.client_hello(program, CONTROL_NAME, draw)),
        Part(False, tls.server_hello(program, draw), 2_000_000),
        Part(True, tls.client_finish(program, draw) + tls.sealed(214, draw), 1_000_000),
        Part(False, tls.sealed(286_720, draw), 30_000_000),
    ]
    wire.connection(moment, peer_of(WEB01.ip, 50_733), peer_of(CONTROL_IP, 443), parts, FAR)


def _beacon(wire: Wire, moment: int, draw: Draw) -> None:
    if draw.chance(20):
        ask(wire, moment - 60_000_000, (WEB01.ip, draw.between(49_152, 65_535), draw.bits(16)), CONTROL_NAME,
            ("A", CONTROL_IP, 300, 47_000_000))  # fmt: skip
    parts = [
        Part(True, tls.client_hello(tls.IMPLANT, CONTROL_NAME, draw)),
        Part(False, tls.server_hello(tls.IMPLANT, draw), 1_200_000),
        Part(True, tls.client_finish(tls.IMPLANT, draw), 900_000),
        Part(False, tls.record(tls.CHANGE_CIPHER_SPEC, b"\x01") + tls.record(tls.HANDSHAKE, draw.raw(40)), 500_000),
        Part(True, tls.sealed(draw.between(236, 252), draw), 600_000),
        Part(False, tls.sealed(draw.between(118, 134), draw), 2_000_000),
    ]
    port = 49_200 + moment // SECOND % 16_000
    wire.connection(moment, peer_of(WEB01.ip, port), peer_of(CONTROL_IP, 443), parts, FAR)


def _log_on(wire: Wire, port: int, attempt: tuple[int, str, int], draw: Draw) -> None:
    """A network logon from WEB01 to SRV02; its verdict falls at the attempt's moment, as SRV02 logs it."""
    moment, name, status = attempt
    ends = peer_of(WEB01.ip, port), peer_of(SRV02.ip, 445)
    wire.connection(moment - 8_000_000, *ends, logon_parts(moment, name, status, draw), NEAR)


def _remote_desktop(wire: Wire, begin: int, end: int, port: int, draw: Draw) -> None:
    """RDP: an X.224 connection request with its cookie ([MS-RDPBCGR] section 2.2.1.1), then TLS until the session ends."""
    cookie = b"Cookie: mstshash=svc_sauve\r\n" + struct.pack("<BBHI", 1, 0, 8, 3)
    request = struct.pack("!BBHI", 3, 0, 11 + len(cookie), (6 + len(cookie)) << 24 | 0xE0 << 16) + b"\0\0\0" + cookie
    confirm = bytes.fromhex("030000130ed000001234000209080002000000")
    program = tls.WINDOWS_UPDATE
    parts = [
        Part(True, request),
        Part(False, confirm, 900_000),
        Part(True, tls.client_hello(program, SRV02.fqdn.lower(), draw), 600_000),
        Part(False, tls.server_hello(program, draw), 900_000),
        Part(True, tls.client_finish(program, draw), 800_000),
    ]
    moment = begin + 2 * SECOND
    while moment < end:
        parts.append(Part(True, tls.sealed(draw.between(60, 140), draw), not_before_ns=moment))
        parts.append(Part(False, tls.sealed(draw.between(200, 2_600), draw), 4_000_000))
        moment += draw.between(2_000, 9_000) * 1_000_000
    wire.connection(begin - 30_000_000, peer_of(WEB01.ip, port), peer_of(SRV02.ip, 3389), parts, NEAR)


def _drop(wire: Wire, draw: Draw) -> None:
    moment, program = DROP_BEGIN, tls.OTHER_BROWSER
    ask(wire, moment - 90_000_000, (SRV02.ip, 61_022, draw.bits(16)), DROP_NAME, ("A", CONTROL_IP, 300, 51_000_000))
    parts = [
        Part(True, tls.client_hello(program, DROP_NAME, draw)),
        Part(False, tls.server_hello(program, draw), 1_500_000),
        Part(True, tls.client_finish(program, draw) + tls.sealed(377, draw), 900_000),
    ]
    left, number = DROP_BYTES, 0
    while left > 0:
        piece = min(left, 60_000)
        number += 1
        parts.append(
            Part(True, tls.sealed(piece, draw), not_before_ns=moment + number * 2 * SECOND + draw.below(300_000_000))
        )
        left -= piece
    parts.append(Part(False, tls.sealed(240, draw), 60_000_000))
    wire.connection(moment, peer_of(SRV02.ip, 51_290), peer_of(CONTROL_IP, 443), parts, FAR)


def _tunnel(wire: Wire, draw: Draw) -> None:
    """Queries whose labels carry base32 data, answered by a short TXT that says which piece arrived."""
    for number in range(TUNNEL_QUERIES):
        data = base64.b32encode(draw.raw(68)).decode().rstrip("=").lower()
        name = f"{data[:54]}.{data[54:]}.{number:04x}.{TUNNEL_ZONE}"
        moment = TUNNEL_BEGIN + number * TUNNEL_STEP_MS * 1_000_000 + draw.below(400_000_000)
        ask(
            wire,
            moment,
            (SRV02.ip, draw.between(49_152, 65_535), draw.bits(16)),
            name,
            ("TXT", f"ok{number:04x}", 1, 58_000_000),
        )
