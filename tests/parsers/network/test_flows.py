"""Flows: who began, which packets belong together, and Zeek's states and histories of small connections."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SECOND = 10**6  # microseconds, the step of hand-made captures


def ends(wire: Any) -> tuple[tuple[str, int, str, int], tuple[str, int, str, int]]:
    return (wire.client, 40000, wire.server, 80), (wire.server, 80, wire.client, 40000)


def test_a_whole_connection(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap(wire.session([("c", b"question"), ("s", b"long answer")], port=9999), step=1000)).conn
    assert (row["src_ip"], row["src_port"], row["dst_ip"], row["dst_port"]) == (wire.client, 40000, wire.server, 9999)
    assert (row["proto"], row["conn_state"], row["history"], row["outcome"]) == ("tcp", "SF", "ShADdFf", "success")
    assert (row["orig_bytes"], row["resp_bytes"], row["missed_bytes"]) == (8, 11, 0)
    assert (row["orig_pkts"], row["resp_pkts"]) == (5, 3)
    assert (row["orig_ip_bytes"], row["resp_ip_bytes"]) == (5 * 40 + 8, 3 * 40 + 11)
    assert (row["packet_first"], row["packet_last"], row["duration"]) == (1, 8, 7_000_000)
    assert row["protocol"] == "tcp"


def test_the_sender_of_the_first_syn_is_the_originator(read: Any, wire: Any) -> None:
    up, down = ends(wire)
    answer_first = [
        wire.tcp(down, 900, wire.syn | wire.ack, ack=11),
        wire.tcp(up, 10, wire.syn),
        wire.tcp(up, 11, wire.ack),
    ]
    (row,) = read(wire.pcap(answer_first)).conn
    assert (row["src_ip"], row["packet_first"]) == (wire.client, 1)


def test_who_is_answered_by_a_syn_ack_is_the_originator(read: Any, wire: Any) -> None:
    _, down = ends(wire)
    (row,) = read(wire.pcap([wire.tcp(down, 900, wire.syn | wire.ack, ack=11)])).conn
    assert (row["src_ip"], row["history"]) == (wire.client, "^h")


def test_else_the_first_sender_is_the_originator(read: Any, wire: Any) -> None:
    up, down = ends(wire)
    (row,) = read(wire.pcap([wire.tcp(down, 5, wire.ack, b"x"), wire.tcp(up, 7, wire.ack)])).conn
    assert (row["src_ip"], row["conn_state"]) == (wire.server, "OTH")
    assert "outcome" not in row


@pytest.mark.parametrize(
    ("steps", "state", "history"),
    [
        ("S", "S0", "S"),
        ("S r", "REJ", "Sr"),
        ("S h A", "S1", "ShA"),
        ("S h A R", "RSTO", "ShAR"),
        ("S h A r", "RSTR", "ShAr"),
        ("S h A F f", "SF", "ShAFf"),
        ("S h A F f R", "SF", "ShAFfR"),
        ("S h A F", "S2", "ShAF"),
        ("S h A f", "S3", "ShAf"),
        ("S R", "RSTOS0", "SR"),
        ("S F", "SH", "SF"),
        ("h r", "RSTRH", "^hr"),
        ("h f", "SHR", "^hf"),
        ("A a", "OTH", "Aa"),
        ("D d", "OTH", "Dd"),
    ],
)
def test_states_and_histories(read: Any, wire: Any, steps: str, state: str, history: str) -> None:
    up, down = ends(wire)
    flags = {
        "s": wire.syn,
        "h": wire.syn | wire.ack,
        "a": wire.ack,
        "f": wire.fin | wire.ack,
        "r": wire.rst,
        "d": wire.ack,
    }
    packets = []
    for step in steps.split():
        side = up if step.isupper() else down
        packets.append(wire.tcp(side, 100 if step.lower() in "sh" else 101, flags[step.lower()], b"x" * (step in "dD")))
    (row,) = read(wire.pcap(packets)).conn
    assert (row["conn_state"], row["history"]) == (state, history)


@pytest.mark.parametrize(("gap", "flows"), [(59, 1), (61, 2)])
def test_udp_times_out_after_a_minute(read: Any, wire: Any, gap: int, flows: int) -> None:
    packet = wire.udp((wire.client, 40000, wire.server, 9), b"x")
    result = read(wire.pcap([packet, packet], step=gap * SECOND))
    assert len(result.conn) == flows
    assert len({row["uid"] for row in result.conn}) == flows


@pytest.mark.parametrize(("gap", "flows"), [(299, 1), (301, 2)])
def test_tcp_times_out_after_five_minutes(read: Any, wire: Any, gap: int, flows: int) -> None:
    up, _ = ends(wire)
    assert len(read(wire.pcap([wire.tcp(up, 5, wire.ack)] * 2, step=gap * SECOND)).conn) == flows


def test_a_port_used_again_is_a_new_connection(read: Any, wire: Any) -> None:
    first, second = wire.session([("c", b"one")], isn=1000), wire.session([("c", b"second")], isn=777_000)
    rows = read(wire.pcap(first + second)).conn
    assert [(row["orig_bytes"], row["conn_state"]) for row in rows] == [(3, "SF"), (6, "SF")]


def test_a_repeated_syn_is_not(read: Any, wire: Any) -> None:
    up, _ = ends(wire)
    (row,) = read(wire.pcap([wire.tcp(up, 1000, wire.syn)] * 3, step=SECOND)).conn
    assert (row["orig_pkts"], row["conn_state"], row["outcome"]) == (3, "S0", "failure")


def test_a_syn_after_a_reset_is_a_new_connection_though_the_start_was_missed(read: Any, wire: Any) -> None:
    up, down = ends(wire)
    packets = [wire.tcp(up, 5, wire.ack, b"x"), wire.tcp(down, 9, wire.rst), wire.tcp(up, 800, wire.syn)]
    assert [row["history"] for row in read(wire.pcap(packets)).conn] == ["Dr", "S"]


def test_uids_do_not_depend_on_the_file(read: Any, wire: Any) -> None:
    session = wire.session([("c", b"hello")])
    other = wire.udp((wire.client, 1, wire.server, 9), b"x")
    alone = read(wire.pcap(session))
    data = wire.pcap_head() + wire.pcap_record(other, wire.start)
    records = (wire.pcap_record(packet, wire.start, at) for at, packet in enumerate(session))
    beside = read(data + b"".join(records))
    assert beside.conn[1]["uid"] == alone.conn[0]["uid"]
    assert len(alone.conn[0]["uid"]) == 19
    assert alone.conn[0]["uid"].startswith("C")


def test_shuffled_packets_give_the_same_flows(read: Any, wire: Any) -> None:
    packets = wire.session([("c", b"a" * 50), ("s", b"b" * 70)]) + wire.session([("c", b"c")], sport=40001, isn=9)
    records = [wire.pcap_record(packet, wire.start, at) for at, packet in enumerate(packets)]
    shuffled = [records[at] for at in np.random.default_rng(3).permutation(len(records))]
    keep = ("uid", "history", "conn_state", "orig_bytes", "resp_bytes", "duration", "time", "community_id")
    straight, mixed = (read(wire.pcap_head() + b"".join(part)).conn for part in (records, shuffled))
    key = [tuple(row[name] for name in keep) for row in straight]
    assert sorted(key, key=str) == sorted((tuple(row[name] for name in keep) for row in mixed), key=str)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 3), st.booleans()), min_size=1, max_size=60)
)
def test_flows_are_the_5_tuples_that_dpkt_sees(
    read: Any, wire: Any, contacts: list[tuple[int, int, int, bool]]
) -> None:
    """Within the time-outs, both directions merged: as many flows, and as many packets in each."""
    import io
    from collections import Counter

    import dpkt

    packets = []
    for one, two, port, tcp in contacts:
        way = (f"192.0.2.{one}", 40000 + port, f"192.0.2.{two}", 50000 + two)
        packets.append(wire.tcp(way, 5, wire.ack, b"x") if tcp else wire.udp(way, b"x"))
    data = wire.pcap(packets)
    expected: Counter[Any] = Counter()
    for _, raw in dpkt.pcap.Reader(io.BytesIO(data)):
        ip = dpkt.ethernet.Ethernet(raw).data
        expected[(ip.p, frozenset([(ip.src, ip.data.sport), (ip.dst, ip.data.dport)]))] += 1
    rows = read(data).conn
    assert sorted(expected.values()) == sorted(row["orig_pkts"] + row["resp_pkts"] for row in rows)


def test_letters_of_odd_packets(read: Any, wire: Any) -> None:
    """SYN with FIN, FIN with RST, and a checksum that does not fit; the responder's packet comes first."""
    up, down = (wire.client, 40000, wire.server, 9), (wire.server, 9, wire.client, 40000)
    bad = bytearray(wire.tcp(up, 1001, wire.ack, b"data", 5001))
    bad[14 + 20 + 16 : 14 + 20 + 18] = b"\x12\x34"  # the checksum of the TCP header
    packets = [
        wire.tcp(down, 5000, wire.syn | wire.ack, ack=1001),
        wire.tcp(up, 1000, wire.syn | wire.fin),
        bytes(bad),
        wire.tcp(up, 1005, wire.fin | wire.rst),
    ]
    (row,) = read(wire.pcap(packets)).conn
    assert (row["id_orig_h"], row["history"]) == (wire.client, "^hSFQDCRI")


def _windows(wire: Any, *steps: tuple[str, int, int]) -> list[bytes]:
    """Packets without payload: who ("c" or "s"), flags, window."""
    up, down = (wire.client, 40_000, wire.server, 9), (wire.server, 9, wire.client, 40_000)
    out = []
    for side, flags, window in steps:
        packet = bytearray(wire.tcp(up if side == "c" else down, 100, flags))
        packet[14 + 20 + 14 : 14 + 20 + 16] = window.to_bytes(2, "big")
        out.append(bytes(packet))
    return out


def test_a_zero_window_is_told(read: Any, wire: Any) -> None:
    """Zeek's letter w: not with or after the sender's own RST, nor after the other side's FIN (Zeek, TCP.cc)."""
    syn, ack, fin, rst = wire.syn, wire.ack, wire.fin, wire.rst
    opened = [("c", syn, 100), ("s", syn | ack, 100), ("c", ack, 100)]

    def history(*steps: tuple[str, int, int]) -> str:
        return str(read(wire.pcap(_windows(wire, *opened, *steps))).conn[0]["history"])

    assert history(("s", ack, 0), ("s", ack, 0), ("c", ack, 0)) == "ShAawW"
    assert history(("s", fin | ack, 0)) == "ShAfw"
    assert history(("c", fin | ack, 100), ("s", ack, 0)) == "ShAFa"
    assert history(("s", rst | ack, 0)) == "ShAr"
    assert history(("s", rst | ack, 100), ("s", ack, 0)) == "ShAra"
    assert read(wire.pcap(_windows(wire, ("c", syn, 0)))).conn[0]["conn_state"] == "S0"
