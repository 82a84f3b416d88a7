"""SSH by hand: version lines, offers, host keys, HASSH, and what breaks the format."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import Any

import pytest

CLIENT, SERVER = b"SSH-2.0-Example_1.0\r\n", b"SSH-2.0-Server_2.0 note\r\n"
# Kex, host key, ciphers, MACs and compression (up, down each), languages.
OFFER = (
    "curve25519-sha256,ecdh-sha2-nistp256",
    "ssh-ed25519,ssh-rsa",
    "aes128-ctr,aes256-ctr",
    "aes256-ctr",
    "hmac-sha1",
    "hmac-sha1",
)
OFFER += ("none", "none,zlib", "", "")
ANSWER = (
    "ecdh-sha2-nistp256",
    "ssh-rsa,ssh-ed25519",
    "aes256-ctr",
    "aes256-ctr",
    "hmac-md5",
    "hmac-sha1",
    "none",
    "none",
    "",
    "",
)
KEY = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)


def string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def packet(payload: bytes) -> bytes:
    """RFC 4253 section 6: length, padding length, payload, padding to a multiple of eight, at least four bytes."""
    padding = 8 - (5 + len(payload)) % 8
    padding += 8 if padding < 4 else 0
    return struct.pack(">IB", 1 + len(payload) + padding, padding) + payload + bytes(padding)


def offer(lists: tuple[str, ...]) -> bytes:
    return packet(b"\x14" + bytes(16) + b"".join(string(names.encode()) for names in lists) + bytes(5))


NEW_KEYS = packet(b"\x15")
REPLY = packet(b"\x1f" + string(KEY) + string(bytes(65)) + string(bytes(80)))
SENT = [
    ("s", b"Authorised users only\r\n" + SERVER),
    ("c", CLIENT + offer(OFFER)),
    ("s", offer(ANSWER)),
    ("c", packet(b"\x1e" + string(bytes(65)))),
    ("s", REPLY + NEW_KEYS),
    ("c", NEW_KEYS),
    ("c", bytes(range(48))),
    ("s", bytes(range(48))),
]


def test_a_connection(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(SENT, port=2222)))
    (row,) = result.ssh
    assert (row["version"], row["client"], row["server"]) == (2, "SSH-2.0-Example_1.0", "SSH-2.0-Server_2.0 note")
    assert (row["kex_alg"], row["host_key_alg"]) == ("ecdh-sha2-nistp256", "ssh-ed25519")
    assert (row["cipher_alg"], row["compression_alg"], row["encrypted"]) == ("aes256-ctr", "none", True)
    assert row["mac_alg"] == "To server: Algorithm negotiation failed, to client: hmac-sha1"
    up = "curve25519-sha256,ecdh-sha2-nistp256;aes128-ctr,aes256-ctr;hmac-sha1;none"
    down = "ecdh-sha2-nistp256;aes256-ctr;hmac-sha1;none"
    assert (row["hassh"], row["hasshAlgorithms"]) == (hashlib.md5(up.encode(), usedforsecurity=False).hexdigest(), up)
    assert row["hasshServer"] == hashlib.md5(down.encode(), usedforsecurity=False).hexdigest()
    assert row["host_key"].replace(":", "") == hashlib.md5(KEY, usedforsecurity=False).hexdigest()
    assert row["host_key_sha256"] == "SHA256:" + base64.b64encode(hashlib.sha256(KEY).digest()).decode().rstrip("=")
    assert (row["packet_first"], row["packet_last"], row["flags"], row["protocol"]) == (4, 9, "", "ssh")
    assert (result.conn[0]["service"], result.problems) == ("ssh", [])


def test_group_exchange_has_its_own_reply(read: Any, wire: Any) -> None:
    lists = ("diffie-hellman-group-exchange-sha256", *ANSWER[1:])
    group = packet(b"\x1f" + string(bytes(128)) + string(b"\2"))  # p and g, no host key
    sent = [("c", CLIENT + offer(lists)), ("s", SERVER + offer(lists) + group + packet(b"\x21" + string(KEY)))]
    (row,) = read(wire.pcap(wire.session(sent))).ssh
    assert row["host_key"].replace(":", "") == hashlib.md5(KEY, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("client", "server", "version"),
    [
        (b"SSH-1.5-old\n", b"SSH-1.99-both\n", 1),
        (b"SSH-2.0-new\r\n", b"SSH-1.99-both\n", 2),
        (b"SSH-1.5-old\n", b"SSH-2.0-new\n", None),
    ],
)
def test_versions(read: Any, wire: Any, client: bytes, server: bytes, version: int | None) -> None:
    (row,) = read(wire.pcap(wire.session([("s", server), ("c", client)]))).ssh
    assert (row.get("version"), row["client"], row["encrypted"]) == (version, client.strip().decode(), False)


def test_one_side_alone_and_a_capture_without_its_begin(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap(wire.session([("s", SERVER)]))).ssh
    assert (row["server"], "client" in row) == ("SSH-2.0-Server_2.0 note", False)
    (row,) = read(wire.pcap(wire.session([(("c", "s")[side == "c"], data) for side, data in SENT]))).ssh
    assert (row["client"], "host_key" in row) == ("SSH-2.0-Example_1.0", True)  # who sends the reply is the server


LONG = ("curve25519-sha256,ext-info-c", *OFFER[1:])
STRICT = ("curve25519-sha256,kex-strict-s-v00@openssh.com", *ANSWER[1:])


@pytest.mark.parametrize(
    "sent",
    [
        [("s", SERVER), ("c", CLIENT)],  # the port alone
        [("s", SERVER)],
        [("s", SERVER + offer(ANSWER)), ("c", CLIENT + offer(LONG))],
        [("s", SERVER + offer(STRICT)), ("c", CLIENT + offer(OFFER))],
        [("s", SERVER), ("c", CLIENT + offer(OFFER)), ("s", offer(ANSWER)), ("c", packet(b"\x1e" + string(bytes(65))))],
        [("s", SERVER), ("c", CLIENT + offer(OFFER)), ("s", offer(ANSWER)), ("c", packet(b"\x22" + bytes(12)))],
    ],
)
def test_who_serves_where_the_capture_begins_behind_the_first_packets(read: Any, wire: Any, sent: Any) -> None:
    """The server's packet is the first that is left: without the three that open the connection it seems to have opened it."""
    whole = wire.session(sent, port=22)
    (known,), (row,) = read(wire.pcap(whole)).ssh, read(wire.pcap(whole[3:])).ssh
    assert row["src_port"] == 22
    said = {name for name in known if name.startswith(("client", "server", "hassh"))} | {"version", "object"}
    assert {name: row.get(name) for name in said} == {name: known.get(name) for name in said}
    assert row["server"] == "SSH-2.0-Server_2.0 note"


def test_messages_weigh_more_than_the_port(read: Any, wire: Any) -> None:
    """A client that sends from port 22, as who hopes to pass a filter does."""
    sent = [("s", SERVER + offer(STRICT)), ("c", CLIENT + offer(LONG))]
    (row,) = read(wire.pcap(wire.session(sent, sport=22, port=2222))).ssh
    assert (row["client"], row["server"]) == ("SSH-2.0-Example_1.0", "SSH-2.0-Server_2.0 note")


def test_malformed(read: Any, wire: Any) -> None:
    lying = packet(b"\x14" + bytes(16) + struct.pack(">I", 0xFFFFFF) + b"x")
    result = read(wire.pcap(wire.session([("c", CLIENT + lying), ("s", SERVER + b"\xff\xff\xff\xff\0\0")])))
    assert [row["name"] for row in result.weird] == ["ssh_malformed_packet"] * 2
    assert (len(result.ssh), "hassh" in result.ssh[0]) == (1, False)
    silent = read(wire.pcap(wire.session([("c", CLIENT), ("s", b"x" * 9000)])))
    assert [row["name"] for row in silent.weird] == ["ssh_no_version"]


def test_cut_one_byte_segments_and_order(read: Any, wire: Any) -> None:
    cut = read(wire.pcap(wire.session([("s", SERVER), ("c", (CLIENT + offer(OFFER))[:-40])])))
    assert (cut.ssh[0]["flags"], "hassh" in cut.ssh[0]) == ("truncated", False)
    single = [(side, data[at : at + 1]) for side, data in SENT for at in range(len(data))]
    whole, pieces = (read(wire.pcap(wire.session(sent))).ssh[0] for sent in (SENT, single))
    kept = ("hassh", "hasshServer", "host_key", "kex_alg", "encrypted")
    assert {name: whole[name] for name in kept} == {name: pieces[name] for name in kept}
    records = [wire.pcap_record(one, wire.start + at) for at, one in enumerate(wire.session(SENT))]
    turned = read(wire.pcap_head() + b"".join(records[::-1])).ssh[0]
    assert {name: turned[name] for name in kept} == {name: whole[name] for name in kept}


def test_scapy_writes_it_damaged_and_cut(read: Any, wire: Any, tmp_path: Any) -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether
    from scapy.layers.ssh import NameList, SSHKexInit, SSHVersionExchange
    from scapy.utils import wrpcap

    line = bytes(SSHVersionExchange(lines=[b"SSH-2.0-scapy"]))
    message = SSHKexInit(
        kex_algorithms=NameList(names=[b"curve25519-sha256"]),
        encryption_algorithms_client_to_server=NameList(names=[b"aes128-ctr"]),
    )
    data = line + packet(bytes(message))
    up = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="192.0.2.10", dst="198.51.100.20")
    packets = [
        up / TCP(sport=50000, dport=22, flags="S", seq=100),
        up / TCP(sport=50000, dport=22, flags="PA", seq=101, ack=1) / data,
    ]
    wrpcap(str(tmp_path / "ssh.pcap"), packets)
    raw = (tmp_path / "ssh.pcap").read_bytes()
    (row,) = read(raw).ssh
    assert (row["client"], row["hasshAlgorithms"].split(";")[:2]) == (
        "SSH-2.0-scapy",
        ["curve25519-sha256", "aes128-ctr"],
    )
    damaged = bytearray(raw)
    damaged[-80] ^= 0xFF
    assert read(bytes(damaged)).ssh[0]["client"] == "SSH-2.0-scapy"
    assert read(raw[:-60]).ssh[0]["flags"] == "truncated"


SEALED = [*SENT[:4], ("s", REPLY + NEW_KEYS), ("c", NEW_KEYS)]
SERVICE, REFUSED, ACCEPTED = (
    ("s", bytes(44)),
    ("s", bytes(52)),
    ("s", bytes(28)),
)  # as with chacha20-poly1305: 16 bytes of tag
ASKS, TRIES = ("c", bytes(44)), ("c", bytes(100))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([ASKS, SERVICE, TRIES, REFUSED, TRIES, ACCEPTED], (True, 1)),
        ([ASKS, SERVICE, TRIES, REFUSED, TRIES, REFUSED, TRIES, REFUSED, TRIES, ACCEPTED], (True, 3)),
        ([ASKS, SERVICE, TRIES, REFUSED, TRIES, REFUSED, TRIES, REFUSED], (False, 2)),
        ([ASKS, SERVICE, TRIES, ACCEPTED], (True, 1)),  # the server asks for nothing
        (
            [ASKS, SERVICE, TRIES, ("s", bytes(400)), REFUSED, TRIES, ACCEPTED],
            (True, 1),
        ),  # a text for the user comes first
        ([ASKS, SERVICE, TRIES, REFUSED, TRIES, ("s", bytes(196)), TRIES, ACCEPTED], (True, 1)),  # a key is good to try
        ([("s", bytes(196)), ASKS, SERVICE, TRIES, REFUSED, TRIES, ACCEPTED], (True, 1)),  # extensions (RFC 8308)
        ([ASKS, SERVICE, TRIES, REFUSED], (None, 0)),
        ([ASKS], (None, None)),  # the server sent nothing sealed
    ],
)
def test_logins_by_the_sizes_of_answers(
    read: Any, wire: Any, said: list[tuple[str, bytes]], expected: tuple[bool | None, int | None]
) -> None:
    packets = wire.session([*SEALED, *said], port=22)
    (row,) = read(wire.pcap(packets)).ssh
    assert (row.get("auth_success"), row.get("auth_attempts")) == expected
    records = [wire.pcap_record(packet, wire.start, at) for at, packet in enumerate(packets)]
    (turned,) = read(wire.pcap_head() + b"".join(reversed(records))).ssh
    assert (turned.get("auth_success"), turned.get("auth_attempts")) == expected


def test_sizes_behind_a_gap_tell_nothing(read: Any, wire: Any) -> None:
    packets = wire.session([*SEALED, ASKS, SERVICE, TRIES, REFUSED, TRIES, ACCEPTED], port=22)
    refusal = next(at for at, packet in enumerate(packets) if packet.endswith(bytes(52)) and len(packet) == 54 + 52)
    (row,) = read(wire.pcap(packets[:refusal] + packets[refusal + 1 :])).ssh
    assert (row.get("auth_success"), row["auth_attempts"]) == (None, 0)


def test_sizes_of_compressed_messages_tell_nothing(read: Any, wire: Any) -> None:
    lists = (*OFFER[:7], "zlib", *OFFER[8:])
    answer = (*ANSWER[:7], "zlib", *ANSWER[8:])
    sealed = [SENT[0], ("c", CLIENT + offer(lists)), ("s", offer(answer)), *SEALED[3:]]
    (row,) = read(wire.pcap(wire.session([*sealed, ASKS, SERVICE, TRIES, ACCEPTED], port=22))).ssh
    assert "zlib" in row["compression_alg"]
    assert "auth_success" not in row
    assert "auth_attempts" not in row
