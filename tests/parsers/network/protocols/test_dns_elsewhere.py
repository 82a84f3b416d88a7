"""Questions to a group of hosts, answered in a flow of its own: LLMNR, NetBIOS broadcasts, mDNS asked by simple clients."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.protocols.hardships import bear, stamped
from tests.parsers.network.protocols.test_dns_exchange import header, spelt

CLIENT, HOST, OTHER = "192.0.2.10", "192.0.2.30", "192.0.2.66"
LLMNR, MDNS = "224.0.0.252", "224.0.0.251"
NAME = b"\x05files\x00" + b"\x00\x01\x00\x01"  # files, A, IN
MILLI = 1_000_000
START = 1_767_323_045  # 2026-01-02T03:04:05Z


def held(address: int = 30) -> bytes:
    return b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 30, 4) + bytes([192, 0, 2, address])


def question(wire: Any, number: int = 7, group: str = LLMNR, port: int = 5355, name: bytes = NAME) -> bytes:
    packet: bytes = wire.udp((CLIENT, 50_000, group, port), header(number, 0, 1, 0, 0, 0) + name)
    return packet


def answer(
    wire: Any,
    number: int = 7,
    host: str = HOST,
    to: tuple[str, int] = (CLIENT, 50_000),
    name: bytes = NAME,
    port: int = 5355,
) -> bytes:
    last = int(host.split(".")[-1])
    packet: bytes = wire.udp((host, port, *to), header(number, 0x8000, 1, 1, 0, 0) + name + held(last))
    return packet


def pairs(result: Any) -> list[tuple[Any, ...]]:
    rows = sorted(result.dns, key=lambda row: (row["packet_first"], row["packet_last"]))
    return [(r["event"], r["query"], r.get("answers"), r.get("answered_by"), r.get("rtt")) for r in rows]


@pytest.mark.parametrize(("group", "port"), [(LLMNR, 5355), (MDNS, 5353)])
def test_one_row_of_question_and_answer(read: Any, wire: Any, group: str, port: int) -> None:
    result = read(stamped(wire, [question(wire, group=group, port=port), answer(wire, port=port)], [0, 1]))
    assert pairs(result) == [("dns.query", "files", "192.0.2.30", HOST, MILLI)]
    (row,) = result.dns
    assert (row["src_ip"], row["dst_ip"], row["rcode_name"], row["packet_first"], row["packet_last"]) == (
        CLIENT, group, "NOERROR", 1, 2,
    )  # fmt: skip
    answering = next(flow for flow in result.conn if flow["src_ip"] == HOST)
    assert row["answer_uid"] == answering["uid"] != row["uid"]
    assert [flow["service"] for flow in result.conn] == ["dns", "dns"]
    assert result.weird == []


def test_a_second_host_that_claims_the_name_stays_a_row(read: Any, wire: Any) -> None:
    """As where one poisons names."""
    result = read(stamped(wire, [question(wire), answer(wire, host=OTHER), answer(wire)], [0, 1, 2]))
    assert pairs(result) == [
        ("dns.query", "files", "192.0.2.66", OTHER, MILLI),
        ("dns.response", "files", "192.0.2.30", None, None),
    ]


@pytest.mark.parametrize(
    "said",
    [
        {"number": 8},
        {"to": (CLIENT, 50_001)},
        {"to": ("192.0.2.11", 50_000)},
        {"name": b"\x05filed\x00" + b"\x00\x01\x00\x01"},
        {"name": b"\x05files\x00" + b"\x00\x1c\x00\x01"},
    ],
)
def test_what_does_not_match_is_not_joined(read: Any, wire: Any, said: dict[str, Any]) -> None:
    result = read(stamped(wire, [question(wire), answer(wire, **said)], [0, 1]))
    assert [(event, by) for event, _, _, by, _ in pairs(result)] == [("dns.query", None), ("dns.response", None)]


def test_neither_is_an_answer_that_comes_too_late_or_before(read: Any, wire: Any) -> None:
    late = wire.pcap([question(wire), answer(wire)], step=5_000_001)
    before = stamped(wire, [answer(wire), question(wire)], [0, 1])
    for data in (late, before):
        assert sorted(row["event"] for row in read(data).dns) == ["dns.query", "dns.response"]
    assert len(read(wire.pcap([question(wire), answer(wire)], step=5_000_000)).dns) == 1


def test_one_from_elsewhere_to_a_question_asked_of_one_host_is_not_its_answer(read: Any, wire: Any) -> None:
    result = read(stamped(wire, [question(wire, group="192.0.2.20"), answer(wire)], [0, 1]))
    assert [(event, by) for event, _, _, by, _ in pairs(result)] == [("dns.query", None), ("dns.response", None)]


def test_mdns_without_an_identifier_is_left_as_it_is(read: Any, wire: Any) -> None:
    data = [question(wire, 0, MDNS, 5353), answer(wire, 0, port=5353)]
    assert [(event, by) for event, _, _, by, _ in pairs(read(stamped(wire, data, [0, 1])))] == [
        ("dns.query", None), ("dns.response", None),
    ]  # fmt: skip


def netbios(wire: Any, bits: int = 0x0110, to: str = "192.0.2.255") -> list[bytes]:
    name = spelt("FILESERVER", 0x20)
    asked = header(9, bits, 1, 0, 0, 0) + name + b"\x00\x20\x00\x01"  # NB, IN
    given = name + struct.pack(">HHIH", 0x20, 1, 300_000, 6) + b"\x00\x00" + bytes([192, 0, 2, 30])
    said = header(9, 0x8500, 0, 1, 0, 0) + given  # positive response: no question
    return [wire.udp((CLIENT, 137, to, 137), asked), wire.udp((HOST, 137, CLIENT, 137), said)]


def test_netbios_broadcast(read: Any, wire: Any) -> None:
    (row,) = read(stamped(wire, netbios(wire), [0, 1])).dns
    assert (row["query"], row["netbios_suffix"], row["qtype_name"], row["answers"], row["answered_by"], row["rtt"]) == (
        "FILESERVER", "20", "NB", "192.0.2.30", HOST, MILLI,
    )  # fmt: skip


def test_netbios_question_to_a_name_server_is_not_answered_by_another(read: Any, wire: Any) -> None:
    result = read(stamped(wire, netbios(wire, 0x0100, "192.0.2.5"), [0, 1]))
    assert [row.get("answered_by") for row in result.dns] == [None, None]


def test_an_answer_in_a_flow_that_the_client_began(read: Any, wire: Any) -> None:
    """NetBIOS speaks from port 137 to port 137: the answer lies in the flow of an older question to that host."""
    star = b"\x20CK" + b"A" * 30 + b"\x00"
    status = wire.udp((CLIENT, 137, HOST, 137), header(3, 0, 1, 0, 0, 0) + star + b"\x00\x21\x00\x01")
    result = read(stamped(wire, [status, *netbios(wire)], [0, 1, 2]))
    assert [(row["query"], row.get("answered_by")) for row in result.dns] == [("*", None), ("FILESERVER", HOST)]


def test_first_of_repeated_questions_is_answered(read: Any, wire: Any) -> None:
    result = read(stamped(wire, [question(wire), question(wire), answer(wire)], [0, 1, 2]))
    assert [(row.get("answered_by"), row.get("retransmission")) for row in result.dns] == [(HOST, None), (None, True)]


def many(wire: Any) -> list[bytes]:
    return [packet for at in range(1, 9) for packet in (question(wire, at), answer(wire, at))] + netbios(wire)


def test_shuffled_damaged_and_cut(read: Any, wire: Any) -> None:
    packets = many(wire)
    whole = read(stamped(wire, packets, list(range(len(packets)))))
    assert [row["answered_by"] for row in whole.dns] == [HOST] * 9
    bear(read, wire, packets, "dns")


def test_those_that_wait_are_bounded(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parsers.network.reading.AWAITING_ROWS", 4)
    packets = many(wire)
    order = list(range(len(packets)))
    random.Random(5).shuffle(order)
    result = read(stamped(wire, packets, order))
    assert 9 <= len(result.dns) <= 18
    assert {row["query"] for row in result.dns} == {"files", "FILESERVER"}


def test_by_scapy(read: Any, tmp_path: Path) -> None:
    from scapy.layers.dns import DNSQR, DNSRR
    from scapy.layers.inet import IP, UDP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether
    from scapy.layers.llmnr import LLMNRQuery, LLMNRResponse
    from scapy.utils import wrpcap

    packets = []
    for net, client, host, group in (
        (IP, CLIENT, HOST, LLMNR),
        (IPv6, "2001:db8::10", "2001:db8::30", "ff02::1:3"),
    ):
        asked = LLMNRQuery(id=77, qd=[DNSQR(qname="files")])
        said = LLMNRResponse(id=77, qd=[DNSQR(qname="files")], an=[DNSRR(rrname="files", rdata="192.0.2.30", ttl=30)])
        frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        packets.append(frame / net(src=client, dst=group) / UDP(sport=50_000, dport=5355) / asked)
        packets.append(frame / net(src=host, dst=client) / UDP(sport=5355, dport=50_000) / said)
    for at, packet in enumerate(packets):
        packet.time = START + at
    wrpcap(str(tmp_path / "scapy.pcap"), packets)
    result = read((tmp_path / "scapy.pcap").read_bytes())
    assert [(row["query"], row["answers"], row["answered_by"], row["rtt"]) for row in result.dns] == [
        ("files", "192.0.2.30", HOST, 1000 * MILLI), ("files", "192.0.2.30", "2001:db8::30", 1000 * MILLI),
    ]  # fmt: skip
