"""TFTP by hand and by scapy: requests, transfers from a new port, lost blocks, errors."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from tests.parsers.network.protocols.hardships import bear

ASK = ("192.0.2.10", 40000, "198.51.100.20", 69)
UP, DOWN = ("192.0.2.10", 40000, "198.51.100.20", 50001), ("198.51.100.20", 50001, "192.0.2.10", 40000)
CONTENT = bytes(range(256)) * 5  # 1,280 bytes: blocks of 512, 512 and 256


def download(wire: Any) -> list[bytes]:
    packets = [wire.udp(ASK, b"\0\1boot/router.cfg\0OCTET\0tsize\x000\0")]  # RRQ
    for block in (1, 2, 3):
        packets.append(wire.udp(DOWN, b"\0\3" + block.to_bytes(2, "big") + CONTENT[512 * (block - 1) : 512 * block]))
        packets.append(wire.udp(UP, b"\0\4" + block.to_bytes(2, "big")))
    return packets


def test_a_file_read(read: Any, wire: Any) -> None:
    packets = download(wire)
    result = read(wire.pcap([*packets[:3], packets[1], *packets[3:]]))  # block 1 sent again
    asked, done = result.tftp
    assert (asked["event"], asked["wrq"], asked["fname"], asked["mode"]) == (
        "tftp.request",
        False,
        "boot/router.cfg",
        "octet",
    )
    assert asked["options"] == "tsize=0"
    assert (done["event"], done["fname"], done["size"], done["outcome"]) == (
        "tftp.transfer",
        "boot/router.cfg",
        1280,
        "success",
    )
    assert (done["block_sent"], done["block_acked"]) == (3, 3)
    (file,) = result.files
    assert (file["filename"], file["source"], file["complete"]) == ("router.cfg", "tftp", True)
    assert file["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert [flow["service"] for flow in result.conn] == ["tftp", "tftp"]


def test_hardships(read: Any, wire: Any) -> None:
    bear(read, wire, download(wire), "tftp", "files")


def test_a_lost_block_is_told(read: Any, wire: Any) -> None:
    packets = download(wire)
    result = read(wire.pcap(packets[:3] + packets[5:]))
    (file,) = result.files
    assert (file["missing_bytes"], file["seen_bytes"], file["complete"]) == (512, 768, False)
    assert "outcome" not in result.tftp[1]


def test_a_file_written_with_larger_blocks(read: Any, wire: Any) -> None:
    packets = [
        wire.udp(ASK, b"\0\2up.bin\0octet\0blksize\x001024\0"),
        wire.udp(DOWN, b"\0\6blksize\x001024\0"),  # OACK
        wire.udp(UP, b"\0\3\0\1" + CONTENT[:1024]),
        wire.udp(DOWN, b"\0\4\0\1"),
        wire.udp(UP, b"\0\3\0\2" + CONTENT[1024:]),
    ]
    result = read(wire.pcap(packets))
    assert [(row["wrq"], row.get("size")) for row in result.tftp] == [(True, None), (True, 1280)]
    assert (result.files[0]["complete"], result.files[0]["is_orig"]) == (True, False)


def test_an_error_and_a_request_alone(read: Any, wire: Any) -> None:
    packets = [wire.udp(ASK, b"\0\1none\0octet\0"), wire.udp(DOWN, b"\0\5\0\1File not found\0")]
    _, done = read(wire.pcap(packets)).tftp
    assert (done["error_code"], done["error_msg"], done["outcome"]) == (1, "File not found", "failure")
    assert [row["event"] for row in read(wire.pcap(packets[:1])).tftp] == ["tftp.request"]
    broken = read(wire.pcap([wire.udp(ASK, b"\0\1never ends")]))
    assert [row["name"] for row in broken.weird] == ["tftp_malformed_request"]


def test_block_numbers_begin_anew(read: Any, wire: Any) -> None:
    packets = [wire.udp(ASK, b"\0\1big\0octet\0blksize\x008\0"), wire.udp(DOWN, b"\0\6blksize\x008\0")]
    packets += [
        wire.udp(DOWN, b"\0\3" + (block % 65536).to_bytes(2, "big") + b"01234567"[: 8 if block < 65540 else 3])
        for block in range(1, 65541)
    ]
    (file,) = read(wire.pcap(packets)).files
    assert (file["seen_bytes"], file["complete"]) == (65539 * 8 + 3, True)


def test_a_request_made_by_scapy(read: Any, tmp_path: Path) -> None:
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    from scapy.layers.tftp import TFTP, TFTP_DATA, TFTP_RRQ
    from scapy.packet import Raw
    from scapy.utils import wrpcap

    ask = (
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src="192.0.2.1", dst="198.51.100.1")
        / UDP(sport=4000, dport=69)
        / TFTP()
        / TFTP_RRQ(filename="a.txt", mode="octet")
    )
    data = (
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src="198.51.100.1", dst="192.0.2.1")
        / UDP(sport=5000, dport=4000)
        / TFTP()
        / TFTP_DATA(block=1)
        / Raw(b"text")
    )
    wrpcap(str(tmp_path / "s.pcap"), [ask, data])
    raw = (tmp_path / "s.pcap").read_bytes()
    assert [row["fname"] for row in read(raw).tftp] == ["a.txt", "a.txt"]
    assert read(raw).files[0]["sha256"] == hashlib.sha256(b"text").hexdigest()
    assert [row["fname"] for row in read(raw[:-30]).tftp][:1] == ["a.txt"]
