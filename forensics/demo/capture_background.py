"""Ordinary traffic around the servers during the capture: names looked up, HTTPS from inside, time kept."""

from __future__ import annotations

import struct

from forensics.demo import tls_messages as tls
from forensics.demo.cast import DC01, INTRANET, PC_ADM01, PORTAL, SRV02, STAFF_PCS, SUPERV01, WEB01
from forensics.demo.dns_messages import ask
from forensics.demo.draw import Draw
from forensics.demo.neighbours import peer_of
from forensics.demo.scenario import CAPTURE_BEGIN, CAPTURE_END, SECOND
from forensics.demo.wire import Part, Wire

LOOKUPS, HTTPS_VISITS = 1_900, 430
_ASKERS = ((WEB01.ip, 22), (SRV02.ip, 20), (SUPERV01.ip, 18), (PC_ADM01.ip, 8), *((ip, 3) for ip in STAFF_PCS))

# Names that are asked for, with their addresses; all in example domains.
_NAMES: tuple[tuple[str, str], ...] = (
    (PORTAL, WEB01.ip), (INTRANET, SRV02.ip), ("web01.tamrirt.example", WEB01.ip), ("srv02.tamrirt.example", SRV02.ip),
    ("dc01.tamrirt.example", DC01.ip), ("mail.tamrirt.example", "198.51.100.12"), ("imap.tamrirt.example", "198.51.100.12"),
    ("update.os-vendor.example", "203.0.113.140"), ("download.os-vendor.example", "203.0.113.141"),
    ("telemetry.os-vendor.example", "203.0.113.142"), ("ocsp.pki.example", "203.0.113.150"), ("crl.pki.example", "203.0.113.150"),
    ("defs.antivirus.example", "198.51.100.160"), ("cloud.antivirus.example", "198.51.100.161"), ("time.example", "198.51.100.17"),
    ("www.province.example", "203.0.113.171"), ("courrier.ministere.example", "203.0.113.172"), ("journal.example", "198.51.100.180"),
    ("cartes.example", "198.51.100.181"), ("meteo.example", "198.51.100.182"), ("recherche.example", "203.0.113.183"),
    ("api.paiement.example", "203.0.113.190"), ("depot.logiciels.example", "203.0.113.191"), ("www.banque.example", "203.0.113.195"),
    ("video.example", "198.51.100.186"), ("cdn.video.example", "198.51.100.187"), ("fonts.example", "198.51.100.188"),
)  # fmt: skip
_SERVICES = (
    "_ldap._tcp.dc._msdcs.tamrirt.example",
    "_kerberos._tcp.tamrirt.example",
    "wpad.tamrirt.example",
    "isatap.tamrirt.example",
)


def put_background(wire: Wire, seed: int) -> None:
    draw = Draw(seed, "network")
    span = CAPTURE_END - CAPTURE_BEGIN - 60 * SECOND
    for _ in range(LOOKUPS):
        _lookup(wire, CAPTURE_BEGIN + SECOND + draw.below(span), draw)
    for _ in range(HTTPS_VISITS):
        _https(wire, CAPTURE_BEGIN + SECOND + draw.below(span), draw)
    for machine in (WEB01, SRV02, SUPERV01):
        _time_sync(wire, machine.ip, machine.clock_ahead_s, draw)


def _lookup(wire: Wire, moment: int, draw: Draw) -> None:
    who = (draw.weighted(_ASKERS), draw.between(49_152, 65_535), draw.bits(16))
    wait = draw.between(200, 1_500) * 1_000
    if draw.chance(4):
        ask(wire, moment, who, draw.pick(_SERVICES), ("A", None, 0, wait))
        return
    name, address = draw.pick(_NAMES)
    if draw.chance(18):
        ask(wire, moment, who, name, ("AAAA", f"2001:db8:ff::{address.rsplit('.', 1)[1]}", 3600, wait))
    else:
        ask(wire, moment, who, name, ("A", address, 3600, wait + draw.below(30) * 1_000_000))


def _https(wire: Wire, moment: int, draw: Draw) -> None:
    client = draw.weighted(_ASKERS)
    servers = client in (WEB01.ip, SRV02.ip, SUPERV01.ip)
    name, address = draw.pick(_NAMES[7:14] if servers else _NAMES[14:])
    program = tls.WINDOWS_UPDATE if servers else draw.pick((tls.BROWSER, tls.OTHER_BROWSER))
    ask(
        wire,
        moment - 40_000_000,
        (client, draw.between(49_152, 65_535), draw.bits(16)),
        name,
        ("A", address, 3600, 900_000),
    )
    parts = [
        Part(True, tls.client_hello(program, name, draw)),
        Part(False, tls.server_hello(program, draw), 1_500_000),
        Part(True, tls.client_finish(program, draw) + tls.sealed(draw.between(180, 900), draw), 700_000),
        Part(False, tls.sealed(draw.between(600, 9_000), draw), draw.between(4, 60) * 1_000_000),
    ]
    for _ in range(draw.below(3)):
        parts.append(Part(True, tls.sealed(draw.between(120, 700), draw), draw.between(40, 3_000) * 1_000_000))
        parts.append(Part(False, tls.sealed(draw.between(400, 12_000), draw), draw.between(4, 60) * 1_000_000))
    ends = peer_of(client, draw.between(49_152, 65_535)), peer_of(address, 443)
    wire.connection(moment, *ends, parts, draw.between(12, 70) * 1_000_000)


def _time_sync(wire: Wire, client: str, ahead_s: int, draw: Draw) -> None:
    """NTP to the domain controller (RFC 5905 section 7.3). WEB01's questions go unanswered: that is why its clock is wrong."""
    moment = CAPTURE_BEGIN + draw.between(5, 900) * SECOND
    while moment < CAPTURE_END - 60 * SECOND:
        sent = struct.pack("!II", (moment // SECOND + ahead_s + 2_208_988_800) & 0xFFFFFFFF, 0)
        question = b"\x23\x03\x0a\xe9" + bytes(36) + sent
        ends = peer_of(client, 123), peer_of(DC01.ip, 123)
        wire.datagram(moment, *ends, question)
        if not ahead_s:
            now = struct.pack("!II", moment // SECOND + 2_208_988_800, 1 << 20)
            wire.datagram(moment + 400_000, ends[1], ends[0], b"\x24\x02\x0a\xe9" + bytes(12) + now + sent + now + now)
        moment += draw.between(900, 1_150) * SECOND
