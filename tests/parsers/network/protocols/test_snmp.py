"""SNMP messages by hand (RFC 1157, RFC 3414), by scapy, and of real captures."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.protocols.hardships import moved
from tests.parsers.network.tshark import TSHARK, by_tshark

UP_TIME = b"\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00"  # 1.3.6.1.2.1.1.3.0
DESCRIPTION = b"\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00"  # 1.3.6.1.2.1.1.1.0
NULL = b"\x05\x00"


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def number(value: int) -> bytes:
    return tlv(2, value.to_bytes(2, "big"))


def pdu(tag: int, *bindings: bytes) -> bytes:
    """Request identifier, error status and index, bindings."""
    return tlv(tag, number(7), number(0), number(0), tlv(0x30, *bindings))


def plain(version: int, community: bytes, body: bytes) -> bytes:
    return tlv(0x30, tlv(2, bytes([version])), tlv(4, community), body)


def secured(user: bytes, signature: bytes, body: bytes, flags: int) -> bytes:
    header = tlv(0x30, number(1), number(1500), tlv(4, bytes([flags])), number(3))  # user-based security
    security = tlv(0x30, tlv(4, b"\x80engine"), number(1), number(2), tlv(4, user), tlv(4, signature), tlv(4, b""))
    return tlv(0x30, tlv(2, b"\x03"), header, tlv(4, security), body)


def up(wire: Any, data: bytes, port: int = 161) -> bytes:
    packet: bytes = wire.udp((wire.client, 40000, wire.server, port), data)
    return packet


def down(wire: Any, data: bytes, port: int = 161) -> bytes:
    packet: bytes = wire.udp((wire.server, port, wire.client, 40000), data)
    return packet


ASK = plain(1, b"public", pdu(0xA0, tlv(0x30, UP_TIME, NULL), tlv(0x30, DESCRIPTION, NULL)))
SAY = plain(
    1,
    b"public",
    pdu(
        0xA2, tlv(0x30, UP_TIME, tlv(0x43, (6000).to_bytes(2, "big"))), tlv(0x30, DESCRIPTION, tlv(4, b"Router, rev 2"))
    ),
)


@pytest.mark.parametrize("port", [161, 16100])
def test_a_question_and_its_answer_are_one_row(read: Any, wire: Any, port: int) -> None:
    result = read(wire.pcap([up(wire, ASK, port), down(wire, SAY, port)], step=1000))
    (row,) = result.snmp
    assert (row["version"], row["get_requests"], row["get_responses"], row["set_requests"]) == ("2c", 2, 2, 0)
    assert (row["display_string"], row["duration"], row["packet_last"]) == ("Router, rev 2", 1_000_000, 2)
    assert row["up_since"] == datetime(2026, 1, 2, 3, 3, 5, 1000, tzinfo=UTC)  # a minute before the answer
    (seen,) = result.credentials
    assert (seen["service"], seen["scheme"], seen["secret"], seen["accepted"]) == ("snmp", "community", "public", True)
    assert "community" not in row
    assert result.conn[0]["service"] == "snmp"


def test_shuffled_packets_give_the_same_row(read: Any, wire: Any) -> None:
    first, second = (wire.pcap_record(p, wire.start + at) for at, p in enumerate((up(wire, ASK), down(wire, SAY))))
    rows = [read(wire.pcap_head() + data).snmp[0] for data in (first + second, second + first)]
    assert len({(r["duration"], r["get_requests"], r["up_since"], r["display_string"]) for r in rows}) == 1


def test_guessed_communities_each_once_and_what_is_changed(read: Any, wire: Any) -> None:
    change = pdu(0xA3, tlv(0x30, DESCRIPTION, tlv(4, b"x")))
    guesses = [plain(0, word, change) for word in (b"private", b"public", b"private", b"\xffodd")]
    result = read(wire.pcap([up(wire, data) for data in guesses]))
    assert [(c["secret"], c.get("accepted"), c["packet_first"]) for c in result.credentials] == [
        ("private", None, 1),
        ("public", None, 2),
        ("\\xffodd", None, 4),
    ]
    (row,) = result.snmp
    assert (row["version"], row["set_requests"], row["set_oids"]) == ("1", 4, "1.3.6.1.2.1.1.1.0")


def test_bulk_and_traps(read: Any, wire: Any) -> None:
    # enterprise 1.3.6.1.4.1.9, agent address, link down (2), specific 0, time, no bindings
    address, ticks = tlv(0x40, bytes([192, 0, 2, 1])), tlv(0x43, b"\x05")
    trap = tlv(0xA4, b"\x06\x06\x2b\x06\x01\x04\x01\x09", address, number(2), number(0), ticks, tlv(0x30))
    told = pdu(0xA7, tlv(0x30, UP_TIME, tlv(0x43, b"\x05")))
    packets = [plain(1, b"c", pdu(0xA5, tlv(0x30, UP_TIME, NULL))), plain(0, b"c", trap), plain(1, b"c", told)]
    (row,) = read(wire.pcap([up(wire, data, 162) for data in packets])).snmp
    assert (row["get_bulk_requests"], row["traps"]) == (1, 2)
    assert row["trap_oids"] == "1.3.6.1.4.1.9 2 0,1.3.6.1.2.1.1.3.0"


def test_version_3(read: Any, wire: Any) -> None:
    asked = tlv(0x30, tlv(4, b"\x80engine"), tlv(4, b""), pdu(0xA0, tlv(0x30, UP_TIME, NULL)))
    packets = [
        secured(b"", b"", asked, 4),
        secured(b"alice", b"\xaa" * 12, asked, 5),
        secured(b"alice", b"\xbb" * 12, tlv(4, b"sealed"), 7),
    ]
    result = read(wire.pcap([up(wire, data) for data in packets]))
    (row,) = result.snmp
    assert (row["version"], row["username"], row["user"], row["engine_id"], row["encrypted"], row["get_requests"]) == (
        "3",
        "alice",
        "alice",
        b"\x80engine".hex(),
        True,
        2,
    )
    (seen,) = result.credentials
    assert (seen["scheme"], seen["username"], seen["secret"], seen["challenge"], seen["packet_first"]) == (
        "usm",
        "alice",
        "aa" * 12,
        b"\x80engine".hex(),
        2,
    )


def test_damaged_and_cut_messages_leave_the_others(read: Any, wire: Any) -> None:
    result = read(
        wire.pcap([up(wire, ASK), up(wire, ASK[:-4]), up(wire, ASK[:2] + b"\x02\x01\x09" + ASK[5:]), down(wire, SAY)])
    )
    assert [(row["get_requests"], row["get_responses"]) for row in result.snmp] == [(2, 2)]
    assert [weird["packet_first"] for weird in result.weird] == [2, 3]
    chance = random.Random(9)
    among: list[bytes] = []
    for size in range(len(SAY)):
        spoilt = bytearray(SAY)
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        pairs = [[up(wire, ASK), down(wire, SAY[:size])], [up(wire, ASK), down(wire, bytes(spoilt))]]
        if size % 8 == 0:
            assert [read(wire.pcap(pair)).snmp[0]["get_requests"] for pair in pairs] == [2, 2]
        among += [moved(packet, 2 * size + at) for at, pair in enumerate(pairs) for packet in pair]
    assert [row["get_requests"] for row in read(wire.pcap(among)).snmp] == [2] * (2 * len(SAY))


def test_a_message_that_scapy_writes(read: Any, wire: Any) -> None:
    from scapy.asn1.asn1 import ASN1_OID, ASN1_STRING
    from scapy.layers.snmp import SNMP, SNMPresponse, SNMPvarbind

    bound = SNMPvarbind(oid=ASN1_OID("1.3.6.1.2.1.1.5.0"), value=ASN1_STRING(b"core-switch"))
    raw = bytes(SNMP(version=1, community="example", PDU=SNMPresponse(varbindlist=[bound])))
    result = read(wire.pcap([down(wire, raw)]))
    assert (result.snmp[0]["sys_name"], result.snmp[0]["object"]) == ("core-switch", "core-switch")
    assert (result.credentials[0]["secret"], result.credentials[0]["accepted"]) == ("example", True)


@pytest.mark.evidence
@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_real_captures_as_tshark_reads_them(captures: list[Path], read_file: Callable[[Path], Any]) -> None:
    paths = [path for path in captures if path.name.startswith("snmp-")]
    fields = ("snmp", "snmp.community", "snmp.msgUserName", "snmp.data")
    for path, packets in zip(paths, by_tshark(paths, fields), strict=True):
        cells = [["".join(values[:1]) for values in own] for snmp, *own in packets if snmp]
        result = read_file(path)
        assert {c["secret"] for c in result.credentials if c["scheme"] == "community"} == {c for c, _, _ in cells if c}
        assert {row["username"] for row in result.snmp if "username" in row} == {user for _, user, _ in cells if user}
        assert sum(row["get_responses"] for row in result.snmp) == sum(kind == "2" for _, _, kind in cells)
