"""SIP by hand and by scapy: requests with answers over UDP and TCP, retransmissions, compact headers, digest logins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.protocols.hardships import bear, bear_session
from tests.parsers.network.tshark import TSHARK, by_tshark

UP, DOWN = ("192.0.2.10", 5060, "198.51.100.20", 5060), ("198.51.100.20", 5060, "192.0.2.10", 5060)
COMMON = b"From: <sip:ann@example.org>;tag=1\r\nTo: <sip:bob@example.net>\r\nCall-ID: c1@192.0.2.10\r\n"
INVITE = (
    b"INVITE sip:bob@example.net SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10\r\nVia: SIP/2.0/UDP 192.0.2.9\r\n" + COMMON
    + b"CSeq: 1 INVITE\r\nSubject: lunch\r\nUser-Agent: Phone/1\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"
)  # fmt: skip
TRYING = b"SIP/2.0 100 Trying\r\n" + COMMON + b"CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
BUSY = b"SIP/2.0 486 Busy Here\r\n" + COMMON + b"CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
ACK = b"ACK sip:bob@example.net SIP/2.0\r\n" + COMMON + b"CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n"
REGISTER = (
    b"REGISTER sip:example.net SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.10\r\nf: <sip:ann@example.org>\r\nt: <sip:ann@example.org>\r\n"
    b"i: r1\r\nCSeq: 7 REGISTER\r\nAuthorization: Digest username=\"ann\", realm=\"example.net\",\r\n nonce=\"84a4cc6f\", "
    b"uri=\"sip:example.net\", response=\"7587245234b3434cc3412213e5f113a5\"\r\nl: 0\r\n\r\n"
)  # fmt: skip
DENIED = b"SIP/2.0 403 Forbidden\r\ni: r1\r\nCSeq: 7 REGISTER\r\nl: 0\r\n\r\n"


def packets(wire: Any) -> list[bytes]:
    sent = [(UP, INVITE), (UP, INVITE), (DOWN, TRYING), (DOWN, BUSY), (UP, ACK), (UP, REGISTER), (DOWN, DENIED)]
    return [wire.udp(ends, data) for ends, data in sent]


def test_requests_with_answers(read: Any, wire: Any) -> None:
    result = read(wire.pcap(packets(wire)))
    invite, ack, register = result.sip
    assert (invite["method"], invite["uri"], invite["seq"]) == ("INVITE", "sip:bob@example.net", "1 INVITE")
    assert (invite["status_code"], invite["status_msg"], invite["outcome"]) == (486, "Busy Here", "failure")
    assert (invite["request_from"], invite["call_id"]) == ("<sip:ann@example.org>;tag=1", "c1@192.0.2.10")
    assert (invite["subject"], invite["user_agent"], invite["request_body_len"]) == ("lunch", "Phone/1", 5)
    assert invite["request_path"] == "SIP/2.0/UDP 192.0.2.10, SIP/2.0/UDP 192.0.2.9"
    assert (invite["content_type"], invite["packet_first"], invite["packet_last"]) == ("application/sdp", 1, 4)
    assert (ack["method"], "status_code" in ack, register["request_from"]) == ("ACK", False, "<sip:ann@example.org>")
    (login,) = result.credentials
    assert (login["scheme"], login["username"], login["realm"], login["challenge"]) == (
        "digest",
        "ann",
        "example.net",
        "84a4cc6f",
    )
    assert (login["secret"], login["accepted"]) == ("7587245234b3434cc3412213e5f113a5", False)
    assert (result.conn[0]["service"], result.problems) == ("sip", [])


def test_hardships(read: Any, wire: Any) -> None:
    bear(read, wire, packets(wire), "sip", "credentials")
    talk = [("c", INVITE + b"\r\n\r\n" + REGISTER), ("s", TRYING + DENIED), ("s", BUSY), ("c", ACK)]
    bear_session(read, wire, talk, 5060, "sip", "credentials")


def test_over_tcp(read: Any, wire: Any) -> None:
    talk = [("c", INVITE[:100]), ("c", INVITE[100:] + ACK), ("s", BUSY)]
    rows = read(wire.pcap(wire.session(talk, port=5060))).sip
    assert [(row["method"], row.get("status_code")) for row in rows] == [("INVITE", 486), ("ACK", None)]


def test_an_answer_alone(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap([wire.udp(DOWN, BUSY)])).sip
    assert (row["event"], row["method"], row["status_code"]) == ("sip.response", "INVITE", 486)


def test_made_by_scapy(read: Any, tmp_path: Path) -> None:
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw
    from scapy.utils import wrpcap

    out = [
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src="192.0.2.1", dst="198.51.100.1")
        / UDP(sport=5060, dport=5060)
        / Raw(INVITE)
    ]
    wrpcap(str(tmp_path / "s.pcap"), out)
    data = (tmp_path / "s.pcap").read_bytes()
    assert read(data).sip[0]["subject"] == "lunch"
    assert read(data[:-12]).sip[0]["subject"] == "lunch"


@pytest.mark.evidence
@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_real_calls_as_tshark_reads_them(read_file: Any, captures: list[Path]) -> None:
    paths = [path for path in captures if path.name.startswith("sip-")]
    fields = ("sip.Request-Line", "sip.Call-ID", "sip.CSeq")
    for path, packets in zip(paths, by_tshark(paths, fields), strict=True):
        theirs = {(",".join(call), ",".join(number)) for line, call, number in packets if line}
        ours = {(row["call_id"], row["seq"]) for row in read_file(path).sip if row["event"] == "sip.request"}
        assert ours == theirs, path.name
