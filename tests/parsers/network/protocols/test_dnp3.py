"""DNP3 frames by hand, bytes as a real device sends them, scapy around them, and against tshark."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parsers.network.protocols.dnp3.layers import checksum
from tests.parsers.network.tshark import TSHARK, by_tshark


def crc(data: bytes) -> bytes:
    """CRC-16/DNP bit by bit: polynomial 0x3D65 reflected, start 0, inverted at the end; low byte first."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA6BC if value & 1 else 0)
    return struct.pack("<H", value ^ 0xFFFF)


def link(data: bytes, source: int, target: int, control: int = 0xC4) -> bytes:
    """A frame of unconfirmed user data: header and checksum, then 16 bytes at a time with theirs."""
    head = b"\x05\x64" + struct.pack("<BBHH", 5 + len(data), control, target, source)
    blocks = (data[at : at + 16] for at in range(0, len(data), 16))
    return head + crc(head) + b"".join(block + crc(block) for block in blocks)


def ask(sequence: int, function: int, objects: bytes = b"") -> bytes:
    """Transport: first and final, number 0; application: first and final, sequence, function."""
    return link(b"\xc0" + bytes([0xC0 | sequence, function]) + objects, 1, 10)


def say(sequence: int, function: int = 0x81, iin: int = 0, data: bytes = b"") -> bytes:
    return link(b"\xc0" + bytes([0xC0 | sequence, function]) + struct.pack(">H", iin) + data, 10, 1, 0x44)


READ = b"\x3c\x02\x06\x3c\x03\x06"  # class 1 and class 2 data, all objects


def test_the_checksum_is_that_of_the_catalogue() -> None:
    assert checksum(b"123456789") == 0xEA82  # CRC-16/DNP, check value of the CRC catalogue


@pytest.mark.parametrize("port", [20000, 4000])
def test_a_request_and_its_response(read: Any, wire: Any, port: int) -> None:
    sent = [("c", ask(3, 0x01, READ)), ("s", say(3, iin=0x1004))]
    result = read(wire.pcap(wire.session(sent, port=port)))
    (row,) = result.dnp3
    assert (row["fc_request"], row["fc_reply"], row["iin"], row["sequence"]) == ("READ", "RESPONSE", 0x1004, 3)
    assert (row["master"], row["outstation"], row["objects"]) == (1, 10, "60.2,60.3")
    assert (row["packet_first"], row["packet_last"], result.conn[0]["service"]) == (4, 5, "dnp3")


def test_unsolicited_responses_and_confirmations_stand_alone(read: Any, wire: Any) -> None:
    sent = [
        ("c", ask(0, 0x15, READ)),
        ("s", say(0, 0x82, 0x8000)),
        ("c", ask(0, 0x00)),
        ("s", say(0)),
        ("c", ask(1, 0x0D)),
    ]
    rows = read(wire.pcap(wire.session(sent, port=20000))).dnp3
    assert [(r.get("fc_request"), r.get("fc_reply")) for r in rows] == [
        ("DISABLE_UNSOLICITED", "RESPONSE"),
        (None, "UNSOLICITED_RESPONSE"),
        ("CONFIRM", None),
        ("COLD_RESTART", None),
    ]
    assert (rows[1]["master"], rows[1]["outstation"]) == (1, 10)


def fragments(count: int) -> list[bytes]:
    """One response over `count` segments: the first bears FIR, the last FIN."""
    data = [b"\xc3\x81\x00\x00" + bytes(60)] + [bytes(64)] * (count - 1)
    heads = [(0x40 if at == 0 else 0) | (0x80 if at == count - 1 else 0) | at for at in range(count)]
    return [link(bytes([head]) + part, 10, 1, 0x44) for head, part in zip(heads, data, strict=True)]


def test_segments_are_put_together_even_byte_by_byte(read: Any, wire: Any) -> None:
    raw = b"".join(fragments(3))
    sent = [("c", ask(3, 0x01, READ))] + [("s", raw[at : at + 1]) for at in range(len(raw))]
    (row,) = read(wire.pcap(wire.session(sent, port=20000))).dnp3
    assert (row["fc_reply"], row["packet_first"], row["packet_last"]) == ("RESPONSE", 4, 4 + len(raw))
    assert row.get("flags", "") == ""


def test_a_lost_segment_is_told_and_what_is_there_is_kept(read: Any, wire: Any) -> None:
    first, _, last = fragments(3)
    result = read(
        wire.pcap(wire.session([("c", ask(3, 0x01, READ)), ("s", first + last), ("c", ask(4, 0x01, READ))], port=20000))
    )
    assert [(r["sequence"], r.get("fc_reply"), r.get("flags", "")) for r in result.dnp3] == [
        (3, "RESPONSE", "truncated"),
        (4, None, ""),
    ]
    assert [weird["name"] for weird in result.weird] == ["dnp3_lost_segment"]


def test_wrong_checksums_and_foreign_bytes(read: Any, wire: Any) -> None:
    spoilt = bytearray(ask(1, 0x02, READ))
    spoilt[-1] ^= 0xFF
    sent = [("c", bytes(spoilt)), ("c", b"foreign" + ask(2, 0x01, READ)), ("c", ask(3, 0x01)[:-4])]
    result = read(wire.pcap(wire.session(sent, port=20000)))
    assert [(r["sequence"], r["fc_request"], r.get("flags", "")) for r in result.dnp3] == [
        (1, "WRITE", "bad-checksum"),
        (2, "READ", ""),
    ]
    assert [weird["name"] for weird in result.weird] == [
        "dnp3_corrupt_checksum",
        "dnp3_header_lacks_magic",
        "truncated_dnp3",
    ]


def test_a_dns_query_whose_identifier_is_the_start_bytes_stays_dns(read: Any, wire: Any) -> None:
    query = b"\x05\x64\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + b"\x03www\x07example\x03com\x00\x00\x01\x00\x01"
    result = read(wire.pcap([wire.udp((wire.client, 40000, wire.server, 53), query)]))
    assert [row["query"] for row in result.dns] == ["www.example.com"]
    reply = query.replace(b"\x01\x00\x00\x01", b"\x81\x80\x00\x01")
    result = read(wire.pcap([wire.udp((wire.server, 53, wire.client, 40000), reply)]))
    assert ([row["query"] for row in result.dns], result.dnp3) == (["www.example.com"], [])


def test_over_udp_and_written_by_scapy(read: Any, wire: Any) -> None:
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether

    up = (
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src=wire.client, dst=wire.server)
        / UDP(sport=20000, dport=20000)
        / ask(5, 0x04, b"\x0c\x01\x28")
    )
    down = (
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src=wire.server, dst=wire.client)
        / UDP(sport=20000, dport=20000)
        / say(5)
    )
    (row,) = read(wire.pcap([bytes(up), bytes(down)])).dnp3
    assert (row["fc_request"], row["fc_reply"], row["objects"], row["packet_last"]) == (
        "OPERATE",
        "RESPONSE",
        "12.1",
        2,
    )


def test_shuffled_packets_and_damage(read: Any, wire: Any) -> None:
    sent = [item for n in range(4) for item in (("c", ask(n, 0x01, READ)), ("s", say(n)))]
    records = [wire.pcap_record(p, wire.start + at) for at, p in enumerate(wire.session(sent, port=20000))]
    straight = read(wire.pcap_head() + b"".join(records)).dnp3
    random.Random(1).shuffle(records)
    shuffled = read(wire.pcap_head() + b"".join(records)).dnp3
    told = [sorted((r["sequence"], r["fc_request"], r["fc_reply"]) for r in rows) for rows in (straight, shuffled)]
    assert told[0] == told[1] == [(n, "READ", "RESPONSE") for n in range(4)]
    chance = random.Random(8)
    for size in range(1, len(sent[0][1])):
        spoilt = bytearray(sent[0][1])
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        damaged = read(
            wire.pcap(wire.session([*sent[2:4], ("c", bytes(spoilt)), ("c", sent[0][1][:size])], port=20000))
        )
        assert (damaged.dnp3[0]["sequence"], damaged.dnp3[0]["fc_reply"]) == (1, "RESPONSE")


def test_a_flood_of_starts_is_bounded(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([("c", ask(1, 0x01)), ("c", b"\x05\x64\x00" * 400)], port=20000)))
    assert [row["fc_request"] for row in result.dnp3] == ["READ"]


def test_more_frames_than_are_read_are_told(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parsers.network.protocols.dnp3.FRAMES", 2)
    result = read(wire.pcap(wire.session([("c", ask(n, 0x01, READ)) for n in range(4)], port=20000)))
    assert [row["sequence"] for row in result.dnp3] == [0, 1]
    assert [row["name"] for row in result.weird] == ["dnp3_too_many_frames"]


@pytest.mark.evidence
@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_real_captures_as_tshark_reads_them(captures: list[Path], read_file: Callable[[Path], Any]) -> None:
    from parsers.network.protocols.dnp3.functions import name

    paths = [path for path in captures if path.name.startswith("dnp3__")]
    for path, packets in zip(paths, by_tshark(paths, ("dnp3.al.func",)), strict=True):
        theirs = Counter(name(int(code)) for (codes,) in packets for code in codes)
        rows = read_file(path).dnp3
        ours = Counter(row[column] for row in rows for column in ("fc_request", "fc_reply") if column in row)
        assert ours == theirs, path.name
