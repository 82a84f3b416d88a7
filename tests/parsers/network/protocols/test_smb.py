"""SMB 1 and 2 by hand and by scapy, whole, cut, damaged and out of order; the logons they carry."""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.network.protocols import ntlm
from tests.parsers.network.protocols.smb_messages import (
    CONTENT,
    TICKS,
    TICKS_NS,
    close_pair,
    conversation,
    create_answer,
    create_request,
    framed,
    header,
    read_pair,
    set_info_pair,
    tree_connect,
    wide,
    write_pair,
)


def exchanges() -> list[tuple[bytes, bytes]]:
    renamed = wide("plan-2.exe")
    return [
        tree_connect(1, "\\\\files.example\\plans"),
        (create_request(2, "old\\plan.exe"), create_answer(2, len(CONTENT))),
        read_pair(3, 102, CONTENT[102:]),
        read_pair(4, 0, CONTENT[:102]),
        set_info_pair(5, 10, struct.pack("<QQI", 0, 0, len(renamed)) + renamed),
        set_info_pair(6, 13, b"\x01"),
        close_pair(7),
    ]


def told(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row.get(name) for name in names) for row in rows]


def test_files_of_smb2(read: Any, wire: Any) -> None:
    result = read(wire.pcap(conversation(wire, exchanges())))
    (share,) = result.smb_mapping
    assert (share["path"], share["share_type"], share["status"], share["outcome"]) == (
        "\\\\files.example\\plans", "DISK", "SUCCESS", "success",
    )  # fmt: skip
    assert told(result.smb_files, "action", "name", "prev_name", "moved_bytes", "packet_first", "packet_last") == [
        ("SMB::FILE_OPEN", "old\\plan.exe", None, None, 6, 7),
        ("SMB::FILE_READ", "plan-2.exe", None, 202, 8, 11),
        ("SMB::FILE_RENAME", "plan-2.exe", "old\\plan.exe", None, 12, 13),
        ("SMB::FILE_DELETE", "plan-2.exe", None, None, 14, 15),
        ("SMB::FILE_CLOSE", "plan-2.exe", None, None, 16, 17),
    ]
    opened = result.smb_files[0]
    assert (opened["object"], opened["size"]) == ("\\\\files.example\\plans\\old\\plan.exe", 202)
    assert [opened[name].value for name in ("times_created", "times_accessed", "times_modified", "times_changed")] == [
        TICKS_NS + 100 * n for n in range(4)
    ]
    (file,) = result.files
    assert (file["sha256"], file["seen_bytes"], file["complete"], file["is_orig"], file["mime_type"]) == (
        hashlib.sha256(CONTENT).hexdigest(), 202, True, False, "application/x-dosexec",
    )  # fmt: skip
    assert (result.conn[0]["service"], result.problems) == ("smb", [])


def test_a_file_read_in_part_is_not_complete(read: Any, wire: Any) -> None:
    pairs = [(create_request(2, "a.bin"), create_answer(2, 300)), read_pair(3, 100, bytes(50)), close_pair(4)]
    (file,) = read(wire.pcap(conversation(wire, pairs))).files
    assert (file["seen_bytes"], file["total_bytes"], file["missing_bytes"], file["flags"]) == (50, 300, 250, "truncated")  # fmt: skip


def test_written_twice_overlapping(read: Any, wire: Any) -> None:
    pairs = [(create_request(2, "a.txt"), create_answer(2, 0)), write_pair(3, 0, b"abcdef"), write_pair(4, 4, b"EFgh")]
    result = read(wire.pcap(conversation(wire, pairs)))
    (file,) = result.files  # the file was never closed: it is given all the same
    assert (file["sha256"], file["is_orig"]) == (hashlib.sha256(b"abcdefgh").hexdigest(), True)
    assert told(result.smb_files, "action", "moved_bytes") == [("SMB::FILE_OPEN", None), ("SMB::FILE_WRITE", 10)]


def test_a_place_that_no_file_reaches(read: Any, wire: Any) -> None:
    pairs = [
        (create_request(2, "a.bin"), create_answer(2, 2**64 - 1)),
        write_pair(3, 2**64 - 1, b"x"),
        write_pair(4, 0, b"y"),
    ]
    result = read(wire.pcap(conversation(wire, pairs)))
    assert told(result.files, "seen_bytes", "total_bytes") == [(1, 1)]
    assert told(result.weird, "name") == [("smb_malformed",)]


def test_compound_requests_share_their_file(read: Any, wire: Any) -> None:
    size = len(create_request(2, "x.txt"))
    pad = bytes(-size % 8)
    create = create_request(2, "x.txt", options=0x1000, following=size + len(pad)) + pad  # deleted when closed
    same = struct.pack("<HHI16s", 24, 0, 0, b"\xff" * 16)
    ask = create + header(6, 3, 4, tree=2**32 - 1, session=2**64 - 1) + same
    answer = create_answer(2, 5, following=152)
    ask_pair = (ask, answer + header(6, 3, 5) + struct.pack("<HHI", 60, 0, 0) + bytes(52))
    result = read(wire.pcap(conversation(wire, [tree_connect(1, "\\\\h\\s"), ask_pair])))
    assert told(result.smb_files, "action", "path", "name") == [
        ("SMB::FILE_OPEN", "\\\\h\\s", "x.txt"),
        ("SMB::FILE_DELETE", "\\\\h\\s", "x.txt"),
        ("SMB::FILE_CLOSE", "\\\\h\\s", "x.txt"),
    ]


def test_refusals_and_late_answers(read: Any, wire: Any) -> None:
    denied = header(5, 2, 1, 0xC0000022) + struct.pack("<HHIB", 9, 0, 0, 0)
    pending = header(5, 3, 3, 0x103) + struct.pack("<HHIB", 9, 0, 0, 0)
    packets = conversation(wire, [(create_request(2, "secret"), denied), (create_request(3, "slow"), pending)])
    answers = [("s", framed(pending)), ("s", framed(create_answer(4, 1)))]
    late = wire.session([("c", framed(create_request(4, "x"))), *answers], 445, 40001)
    rows = read(wire.pcap([*packets, *late])).smb_files
    assert told(rows, "name", "status", "outcome") == [
        ("secret", "ACCESS_DENIED", "failure"), ("slow", None, None), ("x", "SUCCESS", "success"),
    ]  # fmt: skip


def test_encrypted_messages_are_said_once(read: Any, wire: Any) -> None:
    sealed = framed(b"\xfdSMB" + bytes(100))
    result = read(wire.pcap(wire.session([("c", sealed), ("s", sealed), ("c", sealed)], 445)))
    assert told(result.weird, "name", "addl") == [("smb_encrypted", "SMB connection: encrypted messages are not read")]


# SMB 1


def header1(command: int, number: int, flags: int = 0, tree: int = 3, status: int = 0) -> bytes:
    # identifier, command, status, flags, flags 2 (Unicode, NT status), pid high, signature, reserved, tree, pid, user, number
    return struct.pack(
        "<4sBIBHH8sHHHHH", b"\xffSMB", command, status, flags, 0xC001, 0, bytes(8), 0, tree, 1, 2, number
    )


def body1(words: bytes, data: bytes) -> bytes:
    return bytes([len(words) // 2]) + words + struct.pack("<H", len(data)) + data


NO_MORE = b"\xff\0\0\0"  # no command follows in the chain


def smb1_pairs() -> list[tuple[bytes, bytes]]:
    path = wide("\\\\old.example\\C$") + b"\0\0" + b"?????\0"
    name = wide("\\tmp\\a.txt") + b"\0\0"
    # fid, action, four times, attributes, allocation, size, kind, pipe state, directory
    opened = struct.pack("<BHI4QIQQHHB", 0, 0x4001, 1, TICKS, TICKS, TICKS, TICKS, 0x20, 4096, 0, 0, 0, 0)
    # chain, reserved, name length, flags, root, access, allocation, attributes, share, disposition, options, impersonation, security
    asked = NO_MORE + struct.pack("<BHIIIQIIIIIB", 0, len(name), 0, 0, 2, 0, 0, 7, 5, 0, 2, 0)
    write = NO_MORE + struct.pack("<HIIHHHHH", 0x4001, 0, 0, 8, 0, 0, 5, 64) + struct.pack("<I", 0)
    return [
        (
            # chain, flags, password length 1; bytes: password, path aligned by it, service
            header1(0x75, 1, tree=0xFFFF) + body1(NO_MORE + struct.pack("<HH", 8, 1), b"\0" + path),
            header1(0x75, 1, 0x80) + body1(NO_MORE + struct.pack("<H", 1), b"A:\0" + wide("NTFS") + b"\0\0"),
        ),
        (
            header1(0xA2, 2) + body1(asked, b"\0" + name),
            header1(0xA2, 2, 0x80) + body1(NO_MORE + opened, b""),
        ),
        (
            header1(0x2F, 3) + body1(write, b"\xee" + b"hello"),  # one byte of padding: data begins at 64
            header1(0x2F, 3, 0x80) + body1(NO_MORE + struct.pack("<HHI", 5, 0, 0), b""),
        ),
        (
            header1(0x04, 4) + body1(struct.pack("<HI", 0x4001, 0), b""),
            header1(0x04, 4, 0x80) + body1(b"", b""),
        ),
        (
            header1(0x06, 5) + body1(b"\0\0", b"\x04" + wide("\\tmp\\b.txt") + b"\0\0"),
            header1(0x06, 5, 0x80, status=0xC000000F) + body1(b"", b""),
        ),
        (
            header1(0x07, 6) + body1(b"\0\0", b"\x04" + wide("\\a") + b"\0\0" + b"\x04\0" + wide("\\b") + b"\0\0"),
            header1(0x07, 6, 0x80) + body1(b"", b""),
        ),
    ]  # fmt: skip


def test_files_of_smb1(read: Any, wire: Any) -> None:
    result = read(wire.pcap(conversation(wire, smb1_pairs(), 139)))
    assert told(result.smb_mapping, "path", "service", "native_file_system", "share_type") == [
        ("\\\\old.example\\C$", "A:", "NTFS", "DISK")
    ]
    assert told(result.smb_files, "action", "path", "name", "prev_name", "status") == [
        ("SMB::FILE_OPEN", "\\\\old.example\\C$", "tmp\\a.txt", None, "SUCCESS"),
        ("SMB::FILE_WRITE", "\\\\old.example\\C$", "tmp\\a.txt", None, "SUCCESS"),
        ("SMB::FILE_CLOSE", "\\\\old.example\\C$", "tmp\\a.txt", None, "SUCCESS"),
        ("SMB::FILE_DELETE", "\\\\old.example\\C$", "tmp\\b.txt", None, "NO_SUCH_FILE"),
        ("SMB::FILE_RENAME", "\\\\old.example\\C$", "b", "a", "SUCCESS"),
    ]
    (file,) = result.files
    assert (file["sha256"], result.problems) == (hashlib.sha256(b"hello").hexdigest(), [])


# Whole, cut, damaged, out of order


@pytest.mark.parametrize("pairs", [exchanges, smb1_pairs])
def test_any_order_gives_the_same(read: Any, wire: Any, pairs: Callable[[], list[tuple[bytes, bytes]]]) -> None:
    packets = conversation(wire, pairs())
    records = [wire.pcap_record(packet, wire.start, at) for at, packet in enumerate(packets)]
    mixed = random.Random(6).sample(records, len(records))
    one, two = (read(wire.pcap_head() + b"".join(given)) for given in (records, mixed))
    names = ("time", "action", "path", "name", "prev_name", "moved_bytes", "status")
    for family in ("smb_files", "smb_mapping"):
        assert sorted(told(getattr(one, family), *names), key=str) == sorted(
            told(getattr(two, family), *names), key=str
        )
    assert [file["sha256"] for file in one.files] == [file["sha256"] for file in two.files]


@pytest.mark.parametrize("pairs", [exchanges, smb1_pairs])
def test_a_lost_packet_costs_its_own_rows_only(read: Any, wire: Any, pairs: Callable[[], list[tuple[bytes, bytes]]]) -> None:  # fmt: skip
    packets = conversation(wire, pairs())
    whole = read(wire.pcap(packets))
    for lost in range(3, len(packets) - 3):
        result = read(wire.pcap(packets[:lost] + packets[lost + 1 :]))
        assert len(result.smb_files) + len(result.smb_mapping) >= len(whole.smb_files) + len(whole.smb_mapping) - 2


@pytest.mark.parametrize("pairs", [exchanges, smb1_pairs])
def test_cut_and_damaged_messages(read: Any, wire: Any, pairs: Callable[[], list[tuple[bytes, bytes]]]) -> None:
    packets = conversation(wire, pairs())
    cut = [wire.pcap_record(p[:150], wire.start, n, wire=len(p)) for n, p in enumerate(packets)]
    result = read(wire.pcap_head(snaplen=150) + b"".join(cut))
    assert [row["packet_first"] for row in result.smb_mapping] in ([4], [])
    assert any("cut" in row["addl"] for row in result.weird)
    whole, chance = read(wire.pcap(packets)), random.Random(6)
    for _ in range(20):
        broken = [bytearray(packet) for packet in packets]
        for packet in broken[5:]:
            if len(packet) > 60:
                packet[chance.randrange(58, len(packet))] = chance.randrange(256)
        again = read(wire.pcap(map(bytes, broken)))
        assert told(again.smb_mapping, "path", "status") == told(whole.smb_mapping, "path", "status")


def test_scapy_messages(read: Any, wire: Any) -> None:
    from scapy.layers.smb2 import (
        SMB2_Create_Request,
        SMB2_Create_Response,
        SMB2_Header,
        SMB2_Tree_Connect_Request,
        SMB2_Tree_Connect_Response,
    )  # fmt: skip

    answer = SMB2_Tree_Connect_Response(ShareType="PIPE")
    path = SMB2_Tree_Connect_Request(Buffer=[("Path", "\\\\scapy.example\\IPC$")])
    pairs = [
        (SMB2_Header(MID=1, Command=3) / path, SMB2_Header(MID=1, TID=4, Command=3, Flags=1) / answer),
        (
            SMB2_Header(MID=2, TID=4, Command=5) / SMB2_Create_Request(Buffer=[("Name", "svcctl")]),
            SMB2_Header(MID=2, TID=4, Command=5, Flags=1) / SMB2_Create_Response(),
        ),
    ]  # fmt: skip
    packets = conversation(wire, [(bytes(ask), bytes(answer)) for ask, answer in pairs])
    result = read(wire.pcap(packets))
    assert told(result.smb_mapping, "path", "share_type") == [("\\\\scapy.example\\IPC$", "PIPE")]
    assert told(result.smb_files, "action", "path", "name") == [("SMB::PIPE_OPEN", "\\\\scapy.example\\IPC$", "svcctl")]
    late = read(wire.pcap(packets[5:]))  # begins with the answer that maps the share
    assert told(late.smb_files, "action", "path", "name") == [("SMB::FILE_OPEN", None, "svcctl")]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), which=st.sampled_from([b"\xffSMB", b"\xfeSMB"]))
def test_any_bytes(read: Any, wire: Any, data: bytes, which: bytes) -> None:
    read(wire.pcap(wire.session([("c", framed(which + data) * 2), ("s", framed(which + data))], 445)))


# Logons


def challenge_message() -> bytes:
    pairs = b"".join(
        struct.pack("<HH", kind, len(wide(text))) + wide(text)
        for kind, text in ((1, "SRV1"), (3, "srv1.corp.example"), (5, "corp.example"), (0, ""))
    )
    # signature, kind 2, no target name, flags, challenge, reserved, target info at 48
    nonce, size = bytes.fromhex("0123456789abcdef"), len(pairs)
    return struct.pack("<8sIHHII8s8sHHI", ntlm.SIGNATURE, 2, 0, 0, 48, 1, nonce, bytes(8), size, size, 48) + pairs


def authenticate_message(nt: bytes, user: str = "amina") -> bytes:
    parts = (bytes(24), nt, wide("CORP"), wide(user), wide("LAPTOP7"))
    at, fields = 64, b""
    for part in parts:
        fields += struct.pack("<HHI", len(part), len(part), at)
        at += len(part)
    # signature, kind 3, five fields, no session key, flags: Unicode
    return struct.pack("<8sI", ntlm.SIGNATURE, 3) + fields + struct.pack("<HHII", 0, 0, at, 1) + b"".join(parts)


def setup_pair(number: int, asked: bytes, told_: bytes, status: int) -> tuple[bytes, bytes]:
    # size 25, flags, security mode, capabilities, channel, blob at 88, previous session
    body = struct.pack("<HBBIIHHQ", 25, 0, 1, 0, 0, 88, len(asked), 0)
    return header(1, number, session=0 if number == 1 else 9) + body + asked, header(
        1, number, 1, status
    ) + struct.pack("<HHHH", 9, 0, 72, len(told_)) + told_


@pytest.mark.parametrize(("status", "success"), [(0, True), (0xC000006D, False)])
def test_logon(read: Any, wire: Any, status: int, success: bool) -> None:
    nt = bytes(range(16)) + b"\x01\x01" + bytes(30)
    pairs = [
        setup_pair(1, b"\x60\x28" + ntlm.SIGNATURE + struct.pack("<II", 1, 0), b"\xa1\x81" + challenge_message(), 0xC0000016),
        setup_pair(2, b"\xa1\x82" + authenticate_message(nt), b"", status),
        tree_connect(3, "\\\\h\\s"),
    ]  # fmt: skip
    result = read(wire.pcap(conversation(wire, pairs)))
    (row,) = result.ntlm
    assert {
        "username": "amina", "hostname": "LAPTOP7", "domainname": "CORP", "server_nb_computer_name": "SRV1",
        "server_dns_computer_name": "srv1.corp.example", "server_tree_name": "corp.example", "success": success,
        "packet_first": 5, "packet_last": 6, "outcome": "success" if success else "failure", "user": "amina",
    }.items() <= row.items()  # fmt: skip
    (secret,) = result.credentials
    assert (secret["scheme"], secret["realm"], secret["challenge"], secret["secret"], secret["accepted"]) == (
        "ntlmv2", "CORP", "0123456789abcdef", nt.hex(), success,
    )  # fmt: skip
    assert told(result.smb_mapping, "user") == [("amina" if success else None,)]


def test_ntlm_of_version_1_and_anonymous(read: Any, wire: Any) -> None:
    challenge = ntlm.message(challenge_message(), 0)
    first = ntlm.message(authenticate_message(b"\x11" * 24), 1)
    assert isinstance(challenge, ntlm.Challenge)
    assert isinstance(first, ntlm.Authenticate)
    _, secret = ntlm.rows(0, "http", challenge, first, None)
    assert (secret.values["scheme"], secret.values["secret"]) == ("ntlmv1", "00" * 24 + ":" + "11" * 24)
    nobody = ntlm.Authenticate(1, "", "", "", b"\0", b"")
    assert [row.family for row in ntlm.rows(0, "smb", challenge, nobody, True)] == ["net/ntlm"]


@given(st.binary(max_size=120), st.integers(0, 4))
def test_any_ntlm_bytes(raw: bytes, kind: int) -> None:
    try:
        ntlm.message(ntlm.SIGNATURE + struct.pack("<I", kind) + raw, 0)
    except ValueError:
        return
