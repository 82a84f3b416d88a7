"""Syslog by hand and by scapy: priorities, framing over TCP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.parsers.network.protocols.hardships import bear, bear_session

UP = ("192.0.2.10", 40000, "198.51.100.20", 514)
OLD = b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8"  # RFC 3164 section 5.4
NEW = b"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time"  # RFC 5424 section 6.5


def test_datagrams(read: Any, wire: Any) -> None:
    result = read(wire.pcap([wire.udp(UP, OLD), wire.udp(UP, NEW + b"\n"), wire.udp(UP, b"no priority")]))
    told = [(row.get("facility"), row.get("severity")) for row in result.syslog]
    assert told == [("AUTH", "CRIT"), ("LOCAL4", "NOTICE"), (None, None)]  # 34 = 4 * 8 + 2; 165 = 20 * 8 + 5
    assert result.syslog[0]["message_"].startswith("Oct 11 22:14:15 mymachine su:")
    assert result.syslog[1]["message_"].endswith("%% It's time")
    assert (result.conn[0]["service"], result.syslog[2]["packet_first"]) == ("syslog", 3)


def test_hardships(read: Any, wire: Any) -> None:
    bear(read, wire, [wire.udp(UP, OLD), wire.udp(UP, NEW)], "syslog")
    bear_session(read, wire, [("c", OLD + b"\n"), ("c", NEW + b"\n")], 514, "syslog")


def test_framing_over_tcp(read: Any, wire: Any) -> None:
    counted = b"".join(b"%d " % len(raw) + raw for raw in (OLD + b"\nsecond line", NEW))
    rows = read(wire.pcap(wire.session([("c", counted)], port=601))).syslog
    assert [row["facility"] for row in rows] == ["AUTH", "LOCAL4"]
    assert rows[0]["message_"].endswith("\nsecond line")


def test_what_is_no_priority(read: Any, wire: Any) -> None:
    assert read(wire.pcap([wire.udp(UP, b"<999>no")])).syslog == []
    assert read(wire.pcap([wire.udp(UP, b"<html>")])).syslog == []


def test_made_by_scapy(read: Any, tmp_path: Path) -> None:
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw
    from scapy.utils import wrpcap

    out = [
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src="192.0.2.1", dst="198.51.100.1")
        / UDP(sport=514, dport=514)
        / Raw(OLD)
    ]
    wrpcap(str(tmp_path / "s.pcap"), out)
    data = (tmp_path / "s.pcap").read_bytes()
    assert read(data).syslog[0]["severity"] == "CRIT"
    assert read(data[:-5]).syslog[0]["severity"] == "CRIT"
