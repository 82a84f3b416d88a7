"""Messages of application protocols by scapy: bytes spelled out by their RFCs, what is no whole message, and the real captures."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics.second_reader.agreements import agreement
from parsers.second.messages import FAMILIES, Payload, values_of
from parsers.second.packets import DISSECTED, PacketRecords
from parsers.second.reading import Place, Reading
from tests.parsers.network.conftest import Result, read_file

__all__ = ["read_file"]
EVIDENCE = Path(__file__).resolve().parents[4] / "shared" / "evidence" / "network"
BOOTP = (
    bytes([1, 1, 6, 0]) + bytes.fromhex("066d0c38") + bytes(20) + bytes.fromhex("02005e001001") + bytes(10 + 64 + 128)
    + bytes.fromhex("63825363 350101 ff")
)  # fmt: skip  # RFC 2131 section 2
NTP = bytes([0x23, 2, 6, 0xEC]) + bytes(44)  # RFC 5905 section 7.3: version 4, client, stratum 2
DUID = "00030001020000000001"  # RFC 8415 section 11.4: made from the hardware address
SOLICIT = bytes.fromhex(f"01abcdef 0001000a {DUID} 000600040017 0018")  # RFC 8415 sections 8, 21.2, 21.7
WITHIN = b"\x0c\x00" + bytes(32) + struct.pack(">HH", 9, len(SOLICIT)) + SOLICIT
RELAYED = struct.pack(">HH", 9, len(WITHIN)) + WITHIN  # option 9: the message that a relay hands on
MODBUS = bytes.fromhex("0007 0000 0006 11 03 006b 0003")  # Modbus application protocol 1.1b section 4
RADIUS = bytes([1, 9]) + struct.pack(">H", 27) + bytes(16) + b"\x01\x07alice"  # RFC 2865 sections 3, 5.1
RDP = b"\x03\x00\x00\x27\x22\xe0\x00\x00\x00\x00\x00Cookie: mstshash=bob\r\n"  # MS-RDPBCGR 2.2.1.1
MQTT = b"\x30\x0c\x00\x05a/b/cHELLO"  # MQTT 3.1.1 section 3.3
SNMP = bytes.fromhex("3026020101 0406 7075626c6963 a019 020104 020100 020100 300e 300c 0608 2b06010201010300 0500")


@pytest.mark.parametrize(
    ("family", "payload", "expected"),
    [
        ("net/dhcp", Payload(BOOTP, False, 68, 67), {"trans_id": "066d0c38", "chaddr": "02:00:5e:00:10:01"}),
        (
            "net/dhcpv6",
            Payload(SOLICIT, False, 546, 547),
            {"trans_id": "abcdef", "client_duid": DUID, "param_list": "23,24"},
        ),
        (
            "net/dhcpv6",
            Payload(
                b"\x0c\x01" + bytes(32) + RELAYED, False, 547, 547
            ),  # RFC 8415 section 9.1: in a relay's within a relay's
            {"trans_id": "abcdef", "client_duid": DUID, "param_list": "23,24"},
        ),
        ("net/dhcpv6", Payload(SOLICIT[:14], False, 546, 547), {"trans_id": "abcdef"}),  # cut within the identifier
        ("net/ntp", Payload(NTP, False, 40_000, 123), {"version": "4", "mode": "3", "stratum": "2"}),
        ("net/modbus", Payload(MODBUS, True, 40_000, 502), {"tid": "7", "unit": "17"}),
        ("net/radius", Payload(RADIUS, False, 40_000, 1812), {"username": "alice"}),
        ("net/rdp", Payload(RDP, True, 40_000, 3389), {"cookie": "bob"}),
        ("net/mqtt", Payload(MQTT, True, 40_000, 1883), {"topic": "a/b/c"}),
        ("net/snmp", Payload(SNMP, False, 40_000, 161), {"version": "2c"}),
        ("net/ssh", Payload(b"SSH-2.0-Client_1\r\n", True, 40_000, 22), {"client": "SSH-2.0-Client_1"}),
        ("net/ssh", Payload(b"SSH-2.0-Server_1\r\n", True, 22, 40_000), {"server": "SSH-2.0-Server_1"}),
        (
            "net/tftp",
            Payload(b"\x00\x02boot.cfg\x00octet\x00", False, 40_000, 69),
            {"wrq": "true", "fname": "boot.cfg", "mode": "octet"},
        ),
    ],
)
def test_a_message_by_its_bytes(family: str, payload: Payload, expected: dict[str, str]) -> None:
    assert values_of(family, payload) == expected


@pytest.mark.parametrize(
    ("family", "payload"),
    [
        ("net/dhcpv6", Payload(SOLICIT, False, 4000, 4001)),  # ports of something else
        ("net/dhcpv6", Payload(SOLICIT[:3], False, 546, 547)),
        ("net/modbus", Payload(MODBUS + MODBUS, True, 40_000, 502)),  # two messages: either may be the row's
        ("net/mqtt", Payload(MQTT[:-1], True, 40_000, 1883)),  # cut
        ("net/kerberos", Payload(b"\x00\x00\x00\x40" + bytes(10), True, 40_000, 88)),  # longer than the segment
        ("net/ssh", Payload(b"SSH-2.0-Client_1\r\n", True, 40_000, 2222)),  # whose it is, no port tells
        ("net/tftp", Payload(b"\x00\x03\x00\x01data", False, 69, 40_000)),  # data, not a request
        ("net/ssl", Payload(b"\x17\x03\x03\x00\x01\x00", True, 40_000, 443)),  # no greeting
        ("net/syslog", Payload(b"<13>x", False, 514, 514)),  # no dissector
        ("net/dhcp", Payload(b"", False, 68, 67)),
    ],
)
def test_what_is_no_whole_message_of_its_own_tells_nothing(family: str, payload: Payload) -> None:
    assert values_of(family, payload) == {}


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_any_payload_leaves_the_headers_read(family: str) -> None:
    for data in (b"\x00", bytes(range(256)), b"\xff" * 300, b"\x30\x84\xff\xff\xff\xff"):
        udp = struct.pack(">HHHH", 88, 389, 8 + len(data), 0) + data
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + bytes([192, 0, 2, 1, 192, 0, 2, 2])
        frame = bytes(12) + b"\x08\x00" + ip + udp
        head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
        record = struct.pack("<IIII", 1_772_572_445, 0, len(frame), len(frame)) + frame
        reader = PacketRecords(memoryview(head + record))
        reading = reader.read(Place("r", family, 24, len(record)))
        assert getattr(reading, "ends", None) == ("192.0.2.1 88", "192.0.2.2 389")


@pytest.mark.evidence
def test_rows_of_real_captures_hold_what_scapy_reads(read_file: Callable[[Path], Result]) -> None:
    """No difference in any capture, and most families have values compared beyond time and ends."""
    compared = Counter[str]()
    differences = []
    for path in sorted(EVIDENCE.glob("*.pcap")):
        if path.stat().st_size > 130_000:  # scapy is slow
            continue
        view = memoryview(path.read_bytes())
        reader = PacketRecords(view)
        told = ((family, row) for family, rows in read_file(path).rows.items() if family in DISSECTED for row in rows)
        for family, row in told:
            texts = {name.lower(): str(value) for name, value in row.items()}
            reading = reader.read(Place("r", family, row["offset"], row["length"]))
            if not isinstance(reading, Reading) or reading.within is not None:
                continue
            for name in set(reading.values) - {"time", "proto"}:
                compared[family] += 1
                ours, theirs = texts.get(name), reading.values[name]
                ours = ours.lower() if ours in ("True", "False") else ours
                if ours != theirs and agreement("scapy", ours, theirs) is None:
                    differences.append((path.name, row["record"], family, name, ours, theirs))
        view.release()
    assert differences == []
    assert {"net/arp", "net/dhcp", "net/kerberos", "net/ldap", "net/modbus", "net/smb_files", "net/ssh"} <= set(
        compared
    )
