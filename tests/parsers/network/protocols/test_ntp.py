"""NTP messages by hand (RFC 5905 section 7.3) and by scapy."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

from tests.parsers.network.protocols.hardships import moved

START = 1_767_323_045  # 2026-01-02T03:04:05Z
NTP_START = START + 2_208_988_800  # seconds since 1900


def server(stratum: int = 2, reference: bytes = bytes([198, 51, 100, 7]), rest: bytes = b"") -> bytes:
    head = struct.pack(">BBbb", 0x24, stratum, 6, -20)  # no warning, version 4, server; poll 2^6 s; precision 2^-20 s
    root = struct.pack(">II", 0x00008000, 0x00010000) + reference  # delay 0.5 s, dispersion 1 s
    times = struct.pack(">QQQQ", NTP_START << 32, 0, (NTP_START << 32) + (1 << 31), 16 << 32)
    return head + root + times + rest


def send(wire: Any, data: bytes, back: bool = False) -> bytes:
    up, down = (wire.client, 123, wire.server, 123), (wire.server, 123, wire.client, 123)
    packet: bytes = wire.udp(down if back else up, data)
    return packet


def test_a_request_and_a_response(read: Any, wire: Any) -> None:
    request = b"\x1b" + bytes(47)  # version 3, client
    result = read(wire.pcap([send(wire, request), send(wire, server(), True)]))
    asked, said = result.ntp
    assert (asked["version"], asked["mode"], asked["stratum"], asked["event"]) == (3, 3, 0, "ntp")
    assert "xmt_time" not in asked
    assert (said["version"], said["mode"], said["stratum"], said["ref_id"]) == (4, 4, 2, "198.51.100.7")
    assert (said["poll"], said["precision"], said["root_delay"], said["root_disp"]) == (
        64 * 10**9,
        953,
        5 * 10**8,
        10**9,
    )
    assert said["ref_time"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert said["rec_time"] == datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)
    assert "org_time" not in said
    # 16 seconds into the era that began on 7 February 2036 at 06:28:16
    assert said["xmt_time"] == datetime(2036, 2, 7, 6, 28, 32, tzinfo=UTC)
    assert (result.conn[0]["service"], said["num_exts"]) == ("ntp", 0)


def test_words_of_strata_0_and_1_and_extensions(read: Any, wire: Any) -> None:
    field = struct.pack(">HH", 0x0104, 16) + bytes(12)
    messages = [server(0, b"RATE"), server(1, b"GPS\0"), server(2, rest=field * 2 + bytes(20))]
    rows = read(wire.pcap([send(wire, data, True) for data in messages])).ntp
    assert [(row["ref_id"], row["num_exts"]) for row in rows] == [("RATE", 0), ("GPS", 0), ("198.51.100.7", 2)]


def test_monitor_list_and_control(read: Any, wire: Any) -> None:
    ask = b"\x17\x00\x03\x2a" + bytes(4)  # version 2, private; implementation 3, MON_GETLIST_1
    said = b"\xd7\x00\x03\x2a" + struct.pack(">HH", 6, 72) + bytes(432)  # response, more follow; 6 entries of 72 bytes
    control = b"\x16\x02" + struct.pack(">HHHHH", 1, 0, 0, 0, 0)  # READVAR
    rows = read(wire.pcap([send(wire, ask), send(wire, said, True), send(wire, control)])).ntp
    assert [(r["event"], r["request_code"], r["response"], r.get("items")) for r in rows] == [
        ("ntp.private", "MON_GETLIST_1", False, 0),
        ("ntp.private", "MON_GETLIST_1", True, 6),
        ("ntp.control", "READVAR", False, None),
    ]


def test_damaged_and_cut_messages_leave_the_others(read: Any, wire: Any) -> None:
    packets = [
        send(wire, server(), True),
        send(wire, server()[:30], True),
        send(wire, b"\x00" * 48, True),
        send(wire, server(), True),
    ]
    result = read(wire.pcap(packets))
    assert [row["packet_first"] for row in result.ntp] == [1, 4]
    assert [weird["packet_first"] for weird in result.weird] == [2, 3]
    cut = [moved(send(wire, server()[:size], True), size) for size in range(49)]
    for packet in cut[::8]:
        read(wire.pcap([packet]))
    assert [row["packet_first"] for row in read(wire.pcap(cut)).ntp] == [49]


def test_a_message_that_scapy_writes(read: Any, wire: Any) -> None:
    from scapy.layers.ntp import NTPHeader

    raw = bytes(NTPHeader(version=4, mode=4, stratum=1, id="192.0.2.9", ref_id=b"PPS", sent=NTP_START))
    (row,) = read(wire.pcap([send(wire, raw, True)])).ntp
    assert (row["version"], row["mode"], row["stratum"], row["ref_id"]) == (4, 4, 1, "PPS")
    assert row["xmt_time"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
