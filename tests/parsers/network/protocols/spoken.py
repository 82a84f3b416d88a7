"""One conversation of every protocol, made by hand, most in the protocol's own test: `test_contract.py` puts all through the same."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from tests.parsers.network.protocols import (
    test_dce_rpc,
    test_dhcpv6,
    test_dnp3,
    test_http,
    test_imap,
    test_irc,
    test_kerberos,
    test_ldap,
    test_mqtt,
    test_mysql,
    test_pop3,
    test_postgresql,
    test_quic,
    test_radius,
    test_rdp,
    test_redis,
    test_signatures,
    test_sip,
    test_smb,
    test_smtp,
    test_snmp,
    test_socks,
    test_ssdp,
    test_ssh,
    test_ssl,
    test_syslog,
    test_telnet,
    test_xmpp,
)

Turns = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Spoken:
    """What both sides ("c" and "s") say in order, over which transport, on which port of the server, and whose rows come of it.

    No families: just the flow's service tells.
    """

    turns: Turns
    families: tuple[str, ...] = ()
    tcp: bool = True
    port: int = 40_001
    client_port: int = 40_000


def _pairs(*messages: bytes) -> Turns:
    """Question, answer, question …"""
    return [("cs"[at % 2], message) for at, message in enumerate(messages)]


def _dhcp() -> Turns:
    # operation, Ethernet, 6 octets, no hops; identifier; no seconds, no flags; addresses; hardware address; names; cookie; option 53, end
    def message(operation: int, kind: int, given: bytes) -> bytes:
        head = struct.pack(">BBBBIHH", operation, 1, 6, 0, 0x1234, 0, 0) + bytes(4) + given + bytes(8)
        return (
            head
            + bytes.fromhex("020000000001").ljust(16, b"\0")
            + bytes(192)
            + b"\x63\x82\x53\x63\x35\x01"
            + bytes([kind])
            + b"\xff"
        )

    given = bytes([192, 0, 2, 10])
    return _pairs(message(1, 1, bytes(4)), message(2, 2, given), message(1, 3, bytes(4)), message(2, 5, given))


def _dns() -> Turns:
    question = b"\x03www\x07example\x03com\x00\x00\x01\x00\x01"  # www.example.com, A, IN
    answer = b"\xc0\x0c\0\x01\0\x01\0\0\x01\x2c\0\x04\xc0\0\x02\x50"  # that name, A, IN, 300 s, 192.0.2.80
    return _pairs(b"\0\x07\1\0\0\1\0\0\0\0\0\0" + question, b"\0\x07\x81\x80\0\1\0\1\0\0\0\0" + question + answer)


def _ntp() -> Turns:
    # leap 0, version 4, modes 3 and 4; stratum, poll, precision; delay, dispersion, reference; four times of 2026
    now = struct.pack(">II", 3_976_311_845, 0)
    return _pairs(
        b"\x23\0\x06\xec" + bytes(12) + bytes(24) + now, b"\x24\x02\x06\xec" + bytes(8) + b"\xc6\x33\x64\x07" + now * 4
    )


def _tftp() -> Turns:
    return [("c", b"\0\x01boot/router.cfg\0octet\0")]


def _ftp_active() -> Turns:
    return [
        ("s", b"220 ready\r\n"), ("c", b"USER ann\r\n"), ("s", b"331 password\r\n"), ("c", b"PASS secret\r\n"), ("s", b"230 in\r\n"),
        ("c", b"CWD /pub\r\n"), ("s", b"250 ok\r\n"), ("c", b"QUIT\r\n"), ("s", b"221 bye\r\n"),
    ]  # fmt: skip


def _smb() -> Turns:
    return [
        (way, message) for pair in test_smb.exchanges() for way, message in zip("cs", map(_framed, pair), strict=True)
    ]


def _framed(message: bytes) -> bytes:
    return struct.pack(">I", len(message)) + message  # a NetBIOS session message (RFC 1002 section 4.3.1)


def _kerberos() -> Turns:
    return _pairs(test_kerberos.FIRST, test_kerberos.REFUSED, test_kerberos.SECOND, test_kerberos.GIVEN)


def _ssl() -> Turns:
    return [
        ("c", test_ssl.record(22, test_ssl.client())),
        ("s", test_ssl.record(22, test_ssl.server())),
        ("c", test_ssl.FINISHED),
        ("s", test_ssl.FINISHED),
    ]


_SPOKEN: dict[str, Callable[[], Spoken]] = {
    "bittorrent": lambda: Spoken([("c", test_signatures.PEER), ("s", test_signatures.PEER)]),
    "dce_rpc": lambda: Spoken(test_dce_rpc.speech(), ("dce_rpc",), port=49_683),
    "dhcp": lambda: Spoken(_dhcp(), ("dhcp",), tcp=False, port=67, client_port=68),
    "dhcpv6": lambda: Spoken(
        _pairs(test_dhcpv6.said(1, *test_dhcpv6.ASKS), test_dhcpv6.said(7, *test_dhcpv6.TELLS)), ("dhcpv6",), False, 547, 546
    ),
    "dnp3": lambda: Spoken(_pairs(test_dnp3.ask(1, 1, test_dnp3.READ), test_dnp3.say(1)), ("dnp3",), port=20_000),
    "dns": lambda: Spoken(_dns(), ("dns",), tcp=False, port=53),
    "ftp": lambda: Spoken(_ftp_active(), ("ftp",), port=21),
    "http": lambda: Spoken([("c", test_http.GET), ("s", test_http.OK)], ("http",), port=80),
    "imap": lambda: Spoken(test_imap.SENT, ("imap",), port=143),
    "irc": lambda: Spoken(test_irc.SENT, ("irc",), port=6667),
    "kerberos": lambda: Spoken(_kerberos(), ("kerberos",), tcp=False, port=88),
    "ldap": lambda: Spoken(test_ldap.speech(), ("ldap", "ldap_search"), port=389),
    "modbus": lambda: Spoken(_modbus(), ("modbus",), port=502),
    "mqtt": lambda: Spoken(test_mqtt.SENT, ("mqtt",), port=1883),
    "mysql": lambda: Spoken(test_mysql.SENT, ("mysql",), port=3306),
    "ntp": lambda: Spoken(_ntp(), ("ntp",), tcp=False, port=123),
    "openvpn": lambda: Spoken([("c", test_signatures.ASKED_VPN), ("s", test_signatures.SAID_VPN)], tcp=False),
    "pop3": lambda: Spoken(test_pop3.SENT, ("pop3",), port=110),
    "postgresql": lambda: Spoken(test_postgresql.SENT, ("postgresql",), port=5432),
    "quic": lambda: Spoken(test_quic.handshake(), ("quic",), tcp=False, port=443),
    "radius": lambda: Spoken([("c", test_radius.ASKED), ("s", test_radius.SAID)], ("radius",), tcp=False, port=1812),
    "rdp": lambda: Spoken(test_rdp.PLAIN, ("rdp",), port=3389),
    "redis": lambda: Spoken(test_redis.SENT, ("redis",), port=6379),
    "sip": lambda: Spoken([("c", test_sip.INVITE), ("s", test_sip.TRYING), ("s", test_sip.BUSY)], ("sip",), tcp=False, port=5060),
    "smb": lambda: Spoken(_smb(), ("smb_files", "smb_mapping"), port=445),
    "smtp": lambda: Spoken(test_smtp.SENT, ("smtp",), port=25),
    "snmp": lambda: Spoken([("c", test_snmp.ASK), ("s", test_snmp.SAY)], ("snmp",), tcp=False, port=161),
    "socks": lambda: Spoken(test_socks.SENT, ("socks",), port=1080),
    "ssdp": lambda: Spoken(test_ssdp.TURNS, ("ssdp",), tcp=False, port=1900),
    "ssh": lambda: Spoken(test_ssh.SENT, ("ssh",), port=22),
    "ssl": lambda: Spoken(_ssl(), ("ssl",), port=443),
    "stun": lambda: Spoken([("c", test_signatures.BINDING)], tcp=False),
    "syslog": lambda: Spoken([("c", test_syslog.OLD), ("c", test_syslog.NEW)], ("syslog",), tcp=False, port=514),
    "telnet": lambda: Spoken(test_telnet.SENT, ("telnet",), port=23),
    "tftp": lambda: Spoken(_tftp(), ("tftp",), tcp=False, port=69),
    "wireguard": lambda: Spoken([("c", b"\x01\0\0\0" + bytes(144)), ("s", b"\x02\0\0\0" + bytes(88))], tcp=False),
    "xmpp": lambda: Spoken([*test_xmpp.SECURED[:2], ("c", test_xmpp.LOGIN)], ("xmpp",), port=5222),
}  # fmt: skip


def _modbus() -> Turns:
    # transaction 1, protocol 0, six and five octets, unit 1: read two holding registers from 107 (MODBUS Application Protocol 6.3)
    return _pairs(bytes.fromhex("000100000006 01 03 006b 0002"), bytes.fromhex("000100000007 01 03 04 022b 0000"))


def spoken(service: str) -> Spoken:
    """Raises KeyError for a protocol that nobody has written a conversation of."""
    return _SPOKEN[service]()


SERVICES = tuple(sorted(_SPOKEN))
