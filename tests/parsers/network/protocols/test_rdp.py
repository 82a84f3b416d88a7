"""Remote Desktop by hand: cookies, what is negotiated, the client's settings, TLS inside, and what breaks the format."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from tests.parsers.network.protocols.test_ssl import FINISHED, client, handshake, record, server, vector


def tpkt(code: int, data: bytes) -> bytes:
    """TPKT, then X.224: header length, code, two references and class; data units have only an end mark."""
    header = bytes([2, code, 0x80]) + data if code == 0xF0 else bytes([6 + len(data), code, 0, 0, 0, 0, 0]) + data
    return b"\3\0" + struct.pack(">H", 4 + len(header)) + header


def asked(cookie: bytes = b"Cookie: mstshash=alice\r\n", protocols: int | None = 3) -> bytes:
    negotiation = b"" if protocols is None else b"\1\0\x08\0" + struct.pack("<I", protocols)
    return tpkt(0xE0, cookie + negotiation)


def confirmed(kind: int, number: int) -> bytes:
    return tpkt(0xD0, bytes([kind, 0]) + b"\x08\0" + struct.pack("<I", number))


def block(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, 4 + len(data)) + data


def wide(text: str, size: int) -> bytes:
    return text.encode("utf-16-le").ljust(size, b"\0")


def client_settings(build: int = 7601, layout: int = 0x040C) -> bytes:
    # version, width, height, colours, sequence, layout, build, name, keyboard, input file, colours, product, serial,
    core = struct.pack("<IHHHHII", 0x80004, 1920, 1080, 0xCA01, 0xAA03, layout, build) + wide("WORKSTATION-7", 32)
    core += struct.pack("<III", 4, 0, 12) + bytes(64) + struct.pack("<HHI", 0xCA01, 1, 0)
    # high colours, supported colours, early flags (wants 32 bits), product id, connection type, selected protocol
    core += struct.pack("<HHH", 24, 7, 2) + wide("55274-000-0000001-00001", 64) + b"\6\0" + struct.pack("<I", 0)
    channels = struct.pack("<I", 2) + b"rdpdr\0\0\0" + bytes(4) + b"cliprdr\0" + bytes(4)
    blocks = block(0xC001, core) + block(0xC002, bytes(8)) + block(0xC003, channels)
    return tpkt(0xF0, b"\x7f\x65" + bytes(60) + b"Duca" + struct.pack(">H", 0x8000 | len(blocks)) + blocks)


def server_settings(certificate: bytes, result: int = 0, method: int = 2, level: int = 3) -> bytes:
    security = struct.pack("<IIII", method, level, 32, len(certificate)) + bytes(32) + certificate
    blocks = block(0x0C01, bytes(4)) + block(0x0C02, security)
    # result, number of sets, kind of key, its size
    return tpkt(
        0xF0,
        b"\x7f\x66"
        + bytes(30)
        + bytes([result << 4, 1, 0xC0, 0])
        + b"McDn"
        + struct.pack(">H", 0x8000 | len(blocks))
        + blocks,
    )


RSA = struct.pack("<III", 1, 1, 1) + bytes(80)  # a proprietary certificate
PLAIN = [("c", asked(protocols=0)), ("s", confirmed(2, 0)), ("c", client_settings()), ("s", server_settings(RSA))]


def test_settings_in_clear(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(PLAIN, port=13389)))
    (row,) = result.rdp
    expected = {
        "cookie": "alice", "requested_protocols": "RDP", "security_protocol": "RDP", "result": "Success",
        "client_build": "RDP 7.1", "client_name": "WORKSTATION-7", "keyboard_layout": "fr_FR", "desktop_width": 1920,
        "desktop_height": 1080, "requested_color_depth": "32bit", "client_dig_product_id": "55274-000-0000001-00001",
        "client_channels": "rdpdr,cliprdr", "cert_type": "RSA", "cert_count": 1, "cert_permanent": True,
        "encryption_method": "128bit", "encryption_level": "High", "flags": "", "packet_first": 4, "packet_last": 7,
        "object": "WORKSTATION-7",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert (result.conn[0]["service"], result.problems, "outcome" in row) == ("rdp", [], False)


def test_tls_inside(read: Any, wire: Any, certificate: bytes) -> None:
    chain = handshake(11, vector(vector(certificate, 3), 3))
    sent = [
        ("c", asked(protocols=11)),
        ("s", confirmed(2, 2)),
        ("c", record(22, client())),
        ("s", record(22, server() + chain)),
    ]
    result = read(wire.pcap(wire.session([*sent, ("c", FINISHED), ("s", FINISHED)], port=3389)))
    (row,) = result.rdp
    assert (row["requested_protocols"], row["security_protocol"], row["result"]) == (
        "SSL,HYBRID,HYBRID_EX",
        "HYBRID",
        "encrypted",
    )
    assert (result.ssl[0]["established"], result.ssl[0]["packet_first"], len(result.x509)) == (True, 6, 1)
    assert (result.conn[0]["service"], result.problems) == ("rdp,ssl", [])


def test_refused(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap(wire.session([("c", asked(protocols=0)), ("s", confirmed(3, 5))]))).rdp
    assert (row["result"], row["outcome"], "security_protocol" in row) == (
        "HYBRID_REQUIRED_BY_SERVER",
        "failure",
        False,
    )


@pytest.mark.parametrize(
    ("request_", "port", "values"),
    [
        (asked(b"Cookie: msts=3640205228.15629.0000\r\n"), 80, {"routing_token": "Cookie: msts=3640205228.15629.0000"}),
        (asked(b""), 80, {"requested_protocols": "SSL,HYBRID"}),
        (asked(b"", None), 3389, {}),  # bare: only RDP's own port tells
        (asked(b"", None), 80, None),
    ],
)
def test_requests(read: Any, wire: Any, request_: bytes, port: int, values: dict[str, str] | None) -> None:
    found = read(wire.pcap(wire.session([("c", request_)], port=port))).rdp
    if values is None:
        assert found == []
    else:
        assert {name: found[0][name] for name in values} == values


def test_other_numbers_and_certificates(read: Any, wire: Any, certificate: bytes) -> None:
    chain = (
        struct.pack("<IIII", 0x80000002, 2, 5, 0)[:12]
        + b"\x30\3\2\1\7"
        + struct.pack("<I", len(certificate))
        + certificate
    )
    sent = [PLAIN[0], PLAIN[1], ("c", client_settings(1, 0x0001040C)), ("s", server_settings(chain, 2, 64, 9))]
    result = read(wire.pcap(wire.session(sent)))
    (row,) = result.rdp
    assert (row["client_build"], row["keyboard_layout"]) == ("client_build-1", "fr_FR (0x0001040c)")
    assert (row["encryption_method"], row["encryption_level"]) == ("encryption_method-64", "encryption_level-9")
    assert (row["result"], row["cert_type"], row["cert_count"]) == ("Resources not available", "X.509", 2)
    assert (row["cert_permanent"], [one["flags"] for one in result.x509]) == (False, ["", "malformed"])


def test_malformed_cut_and_turned(read: Any, wire: Any) -> None:
    settings = bytearray(client_settings())
    at = settings.index(b"Duca") + 6
    settings[at + 2 : at + 4] = b"\xff\xff"  # size of the first block
    result = read(wire.pcap(wire.session([*PLAIN[:2], ("c", bytes(settings)), PLAIN[3]])))
    assert [row["name"] for row in result.weird] == ["rdp_malformed_settings"]
    assert (result.rdp[0]["cookie"], result.rdp[0]["encryption_level"]) == ("alice", "High")
    lying = read(wire.pcap(wire.session([PLAIN[0], ("s", b"\3\0\0\x08\x80\xd0\0\0")])))
    assert [row["name"] for row in lying.weird] == ["rdp_malformed_packet"]
    cut = read(wire.pcap(wire.session([*PLAIN[:2], ("c", client_settings()[:-100])])))
    assert (cut.rdp[0]["flags"], cut.rdp[0]["security_protocol"]) == ("truncated", "RDP")
    turned = read(wire.pcap(wire.session([(("s", "c")[side == "s"], data) for side, data in PLAIN], port=3389)))
    other = read(wire.pcap(wire.session([(("c", "s")[side == "c"], data) for side, data in PLAIN], port=3389)))
    kept = ("cookie", "client_name", "result", "encryption_level")
    assert {n: turned.rdp[0][n] for n in kept} == {n: other.rdp[0][n] for n in kept}


def test_one_byte_segments_and_order(read: Any, wire: Any) -> None:
    single = [(side, data[at : at + 1]) for side, data in PLAIN for at in range(len(data))]
    records = [wire.pcap_record(one, wire.start + at) for at, one in enumerate(wire.session(PLAIN))]
    results = [read(wire.pcap(wire.session(single))), read(wire.pcap_head() + b"".join(records[::-1]))]
    for result in results:
        assert (result.rdp[0]["client_name"], result.rdp[0]["encryption_level"]) == ("WORKSTATION-7", "High")


def test_scapy_carries_it_damaged_and_cut(read: Any, wire: Any, tmp_path: Any) -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether
    from scapy.utils import wrpcap

    packets, sequence = [], {"c": 100, "s": 900}
    packets.append(
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src="192.0.2.10", dst="198.51.100.20")
        / TCP(sport=50000, dport=3389, flags="S", seq=99)
    )
    for way, data in PLAIN:
        ends = ("192.0.2.10", "198.51.100.20") if way == "c" else ("198.51.100.20", "192.0.2.10")
        ports = (50000, 3389) if way == "c" else (3389, 50000)
        tcp = TCP(sport=ports[0], dport=ports[1], flags="PA", seq=sequence[way])
        packets.append(
            Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src=ends[0], dst=ends[1]) / tcp / data
        )
        sequence[way] += len(data)
    wrpcap(str(tmp_path / "rdp.pcap"), packets)
    data = (tmp_path / "rdp.pcap").read_bytes()
    assert read(data).rdp[0]["client_name"] == "WORKSTATION-7"
    for at in range(100, len(data), 67):
        damaged = bytearray(data)
        damaged[at] ^= 0xFF
        assert len(read(bytes(damaged)).rdp) <= 2
        assert len(read(data[:at]).rdp) <= 1
