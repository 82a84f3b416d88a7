"""SMB 1: older commands and raw bytes by hand (MS-CIFS section 2.2.4), and by scapy."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.protocols.hardships import bear, by_scapy
from tests.parsers.network.protocols.smb_messages import (
    FILE_ID,
    TICKS,
    TICKS_NS,
    conversation,
    create_answer,
    create_request,
    framed,
    header,
    tree_connect,
    wide,
)
from tests.parsers.network.protocols.test_smb import body1, header1

Turns = list[tuple[str, bytes]]
FID = 0x4001
DATA = bytes(range(256)) * 12


def pair(number: int, command: int, asked: bytes, told: bytes, status: int = 0) -> Turns:
    return [
        ("c", framed(header1(command, number) + asked)),
        ("s", framed(header1(command, number, 0x80, status=status) + told)),
    ]


def mark(name: str) -> bytes:
    return b"\x04" + wide(name) + b"\0\0"


def opened(size: int = len(DATA), command: int = 0x02) -> Turns:
    """TREE CONNECT and OPEN as older clients send them; a number, attributes, time, size, access are answered."""
    share = b"\x04\\\\OLD\\C\0" + b"\x04secret\0" + b"\x04A:\0"
    words = struct.pack("<HHIIH", FID, 0, 0, size, 2) if command == 0x02 else struct.pack("<H", FID)
    asked = struct.pack("<HH", 2, 0) if command == 0x02 else struct.pack("<HI", 0, 0)
    return [
        *pair(1, 0x70, body1(b"", share), body1(struct.pack("<HH", 4_356, 3), b"")),
        *pair(2, command, body1(asked, mark("\\dir\\scan.bin")), body1(words, b"")),
    ]


def closed(number: int = 90) -> Turns:
    return pair(number, 0x04, body1(struct.pack("<HI", FID, 0), b""), body1(b"", b""))


def read_core(number: int, offset: int, size: int, command: int = 0x0A) -> Turns:
    given = DATA[offset : offset + size]
    answer = body1(struct.pack("<H8x", size), struct.pack("<BH", 1, size) + given)
    return pair(number, command, body1(struct.pack("<HHIH", FID, size, offset, 0), b""), answer)


def write_core(number: int, offset: int, size: int, command: int = 0x0B) -> Turns:
    asked = struct.pack("<HHIH", FID, size, offset, 0)
    data = struct.pack("<BH", 1, size) + DATA[offset : offset + size]
    return pair(number, command, body1(asked, data), body1(struct.pack("<H", size), b""))


def read_raw(number: int, offset: int, size: int, most: int = 65_000) -> Turns:
    asked = struct.pack("<HIHHIH", FID, offset, most, 0, 0, 0)
    return [("c", framed(header1(0x1A, number) + body1(asked, b""))), ("s", framed(DATA[offset : offset + size]))]


def write_raw(number: int, offset: int, at_once: int, size: int) -> Turns:
    """Some bytes in the request, the others in a frame without header; then the server says how many it has."""
    # file, count, reserved, offset, time-out, mode (write through), reserved, bytes here, where they are: 32 + 1 + 24 + 2
    asked = struct.pack("<HHHIIHIHH", FID, size, 0, offset, 0, 1, 0, at_once, 59)
    first, rest = DATA[offset : offset + at_once], DATA[offset + at_once : offset + size]
    return [
        *pair(number, 0x1D, body1(asked, first), body1(struct.pack("<H", 0xFFFF), b"")),
        ("c", framed(rest)),
        ("s", framed(header1(0x20, number, 0x80) + body1(struct.pack("<H", size), b""))),
    ]


def rows(result: Any) -> list[tuple[Any, ...]]:
    return [(row["action"][5:], row["name"], row.get("moved_bytes")) for row in result.smb_files]


SPOKEN = {
    "read": [*opened(), *read_core(3, 0, 2_000), *read_core(4, 2_000, 1_072, 0x13), *closed()],
    "read raw": [*opened(), *read_raw(3, 0, 2_000), *read_raw(4, 2_000, 1_072), *read_raw(5, 3_072, 0), *closed()],
    "write": [*opened(0, 0x03), *write_core(3, 0, 2_000), *write_core(4, 2_000, 1_072, 0x14), *closed()],
    "write raw": [*opened(0, 0x0F), *write_raw(3, 0, 100, 2_000), *write_raw(4, 2_000, 0, 1_072), *closed()],
}


@pytest.mark.parametrize("way", SPOKEN)
def test_a_file_is_carried(read: Any, wire: Any, way: str) -> None:
    result = read(wire.pcap(wire.session(SPOKEN[way], 139)))
    verb = way.split()[0].upper()
    assert rows(result) == [
        ("FILE_OPEN", "dir\\scan.bin", None), (f"FILE_{verb}", "dir\\scan.bin", len(DATA)), ("FILE_CLOSE", "dir\\scan.bin", None),
    ]  # fmt: skip
    (share,) = result.smb_mapping
    assert (share["path"], share["service"], share["share_type"]) == ("\\\\OLD\\C", "A:", "DISK")
    (file,) = result.files
    assert (file["sha256"], file["complete"]) == (hashlib.sha256(DATA).hexdigest(), True)
    assert (result.weird, result.problems) == ([], [])


def test_write_and_close(read: Any, wire: Any) -> None:
    asked = struct.pack("<HHII", FID, 500, 0, 0)
    last = pair(3, 0x2C, body1(asked, b"\0" + DATA[:500]), body1(struct.pack("<H", 500), b""))
    result = read(wire.pcap(wire.session([*opened(0, 0x03), *last], 139)))
    assert [action for action, _, _ in rows(result)] == ["FILE_OPEN", "FILE_WRITE", "FILE_CLOSE"]
    assert result.files[0]["sha256"] == hashlib.sha256(DATA[:500]).hexdigest()


def test_directories_made_and_removed(read: Any, wire: Any) -> None:
    made = pair(3, 0x00, body1(b"", mark("\\new")), body1(b"", b""))
    removed = pair(4, 0x01, body1(b"", mark("\\old")), body1(b"", b""), 0xC0000101)
    result = read(wire.pcap(wire.session([*opened(), *made, *removed], 139)))
    assert [(row["action"], row["name"], row["status"]) for row in result.smb_files[1:]] == [
        ("SMB::FILE_OPEN", "new", "SUCCESS"), ("SMB::FILE_DELETE", "old", "DIRECTORY_NOT_EMPTY"),
    ]  # fmt: skip


def transact_create(number: int) -> Turns:
    name = wide("\\secret.txt")
    # setups, reserved; parameters and data in all, at most; parameters, where: 32 + 1 + 38 + 2 + padding; data, where; setups, function
    words = struct.pack("<BH8IBH", 0, 0, 54 + len(name), 0, 69, 0, 54 + len(name), 76, 0, 0, 0, 1)
    parameters = struct.pack("<IIIQIIIIIIIIB", 0, 0, 2, 0, 0, 7, 1, 0, 0, 0, len(name), 2, 0)
    asked = body1(words + b"\0", b"\0\0" + parameters + b"\0" + name)
    # lock, reserved, file, action, errors, four times, attributes, allocation, size, kind, pipe state, directory
    given = struct.pack("<BBHII4QIQQHHB", 0, 0, FID, 1, 0, TICKS, TICKS, TICKS, TICKS, 0x20, 4096, 77, 0, 0, 0)
    told = struct.pack("<3xIIIIIIIIB", len(given), 0, len(given), 72, 0, 0, 0, 0, 0)
    return pair(number, 0xA0, asked, body1(told, b"\0" + given))


def test_opened_by_a_transaction(read: Any, wire: Any) -> None:
    turns = [*opened()[:2], *transact_create(3), *closed()]
    result = read(wire.pcap(wire.session(turns, 445)))
    assert rows(result) == [("FILE_OPEN", "secret.txt", None), ("FILE_CLOSE", "secret.txt", None)]
    row = result.smb_files[0]
    assert (row["size"], row["path"], row["times_created"].value) == (77, "\\\\OLD\\C", TICKS_NS)


def transact_open(number: int, status: int = 0) -> Turns:
    """TRANS2_OPEN2 (section 2.2.6.1); what stands before the words is as in the test of files that are listed."""
    # flags, access, reserved, attributes, time, how, allocation, reserved; name
    parameters = struct.pack("<HHHHIHI10x", 0, 2, 0, 0x20, 0, 0x11, 0) + wide("\\os2\\notes.txt") + b"\0\0"
    words = struct.pack("<4HBBHIH4HBBH", len(parameters), 0, 30, 0, 0, 0, 0, 0, 0, len(parameters), 68, 0, 0, 1, 0, 0)
    # file, attributes, time, size, access, kind, pipe state, action, reserved, errors in attributes; offset 56: 32 + 1 + 20 + 2 + padding
    given = struct.pack("<HHIIHHHHIHI", FID, 0x20, 0, len(DATA), 2, 0, 0, 1, 0, 0, 0)
    told = body1(struct.pack("<9HBB", len(given), 0, 0, len(given), 56, 0, 0, 0, 0, 0, 0), b"\0" + given)
    return pair(number, 0x32, body1(words, b"\0\0\0" + parameters), body1(b"", b"") if status else told, status)


def test_opened_as_os_2_does(read: Any, wire: Any) -> None:
    turns = [*opened()[:2], *transact_open(3), *read_core(4, 0, 2_000), *read_core(5, 2_000, 1_072), *closed()]
    result = read(wire.pcap(wire.session(turns, 139)))
    assert rows(result) == [
        ("FILE_OPEN", "os2\\notes.txt", None), ("FILE_READ", "os2\\notes.txt", len(DATA)), ("FILE_CLOSE", "os2\\notes.txt", None),
    ]  # fmt: skip
    assert (result.smb_files[0]["size"], result.files[0]["sha256"]) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    refused = read(wire.pcap(wire.session([*opened()[:2], *transact_open(3, 0xC0000022)], 139)))
    assert [(row["name"], row["status"]) for row in refused.smb_files] == [("os2\\notes.txt", "ACCESS_DENIED")]
    bear(read, wire, wire.session(turns, 139), "smb_files", "smb_mapping")


def test_files_listed(read: Any, wire: Any) -> None:
    # attributes, most, flags, level, kind; pattern. Words: parameters and data in all, at most, setups, flags, time, parameters, where,
    # data, where, setups, command 1; bytes begin at 65: 32 + 1 + 30 + 2
    parameters = struct.pack("<HHHHI", 0x16, 512, 6, 0x104, 0) + wide("\\dir\\*.kdbx") + b"\0\0"
    words = struct.pack(
        "<4HBBHIH4HBBH", len(parameters), 0, 10, 16_384, 0, 0, 0, 0, 0, len(parameters), 68, 0, 0, 1, 0, 1
    )
    turns = [*opened(), *pair(3, 0x32, body1(words, b"\0\0\0" + parameters), body1(bytes(20), b""))]
    (row,) = [row for row in read(wire.pcap(wire.session(turns, 139))).smb_files if row["event"] == "smb.list"]
    assert (row["action"], row["path"], row["name"], row["object"], row["outcome"]) == (
        "SMB::FILE_LIST", "\\\\OLD\\C", "dir\\*.kdbx", "\\\\OLD\\C\\dir\\*.kdbx", "success",
    )  # fmt: skip


def test_files_listed_in_smb_2(read: Any, wire: Any) -> None:
    def asked(number: int, pattern: str) -> tuple[bytes, bytes]:
        raw = wide(pattern)
        # size 33, level, flags, index, directory, name at 96, its size, most
        ask = header(14, number) + struct.pack("<HBBI16sHHI", 33, 37, 0, 0, FILE_ID, 96, len(raw), 65_536) + raw
        return ask, header(14, number, 1) + struct.pack("<HHI", 9, 72, 0)

    pairs = [
        tree_connect(1, "\\\\files.example\\plans"),
        (create_request(2, "old"), create_answer(2, 0)),
        asked(3, "*.docx"), asked(4, "*.docx"), asked(5, "*"),
    ]  # fmt: skip
    result = read(wire.pcap(conversation(wire, pairs)))
    assert [row["name"] for row in result.smb_files if row["event"] == "smb.list"] == ["old\\*.docx", "old\\*"]


def test_a_lost_answer_is_not_made_up_from_the_next(read: Any, wire: Any) -> None:
    turns = [*opened(), *read_raw(3, 0, 2_000), *read_raw(4, 2_000, 1_072), *closed()]
    packets = wire.session(turns, 139)
    lost = packets.index(next(packet for packet in packets if packet.endswith(framed(DATA[:2_000])[-100:])))
    result = read(wire.pcap(packets[:lost] + packets[lost + 1 :]))
    assert ([action for action, _, _ in rows(result)], result.files) == (["FILE_OPEN", "FILE_CLOSE"], [])


def test_bytes_that_nobody_asked_for_are_told(read: Any, wire: Any) -> None:
    turns = [*opened(), ("s", framed(b"hello, not asked for")), ("c", framed(b"nor this")), *closed()]
    result = read(wire.pcap(wire.session(turns, 139)))
    assert [row["name"] for row in result.weird] == ["smb_malformed", "smb_malformed"]
    assert rows(result)[-1][0] == "FILE_CLOSE"


def test_more_than_was_asked_for_is_not_taken(read: Any, wire: Any) -> None:
    turns = [*opened(), *read_raw(3, 0, 2_000, 100), *closed()]
    result = read(wire.pcap(wire.session(turns, 139)))
    assert (result.files, [row["name"] for row in result.weird]) == ([], ["smb_malformed"])


@pytest.mark.parametrize("way", SPOKEN)
def test_shuffled_damaged_and_cut(read: Any, wire: Any, way: str) -> None:
    bear(read, wire, wire.session(SPOKEN[way], 139), "smb_files", "smb_mapping")


def test_by_scapy(read: Any, tmp_path: Path) -> None:
    from scapy.layers.netbios import NBTSession
    from scapy.packet import Raw

    small = [*opened(1_000), *read_raw(3, 0, 1_000), *closed()]
    result = read(by_scapy(tmp_path, [(side, bytes(NBTSession() / Raw(data[4:]))) for side, data in small], 139))
    assert result.files[0]["sha256"] == hashlib.sha256(DATA[:1_000]).hexdigest()


def test_multiplexed_reads_and_writes_are_told_as_not_read(read: Any, wire: Any) -> None:
    # READ_MPX: file, offset, most, least, time, reserved; the answer, in two: offset, size, more, mode, reserved, size and place of data
    asked = body1(struct.pack("<HIHHIH", FID, 0, 400, 400, 0, 0), b"")
    parts = [body1(struct.pack("<IHHHHHH", at, 400, 0, 0, 0, 200, 52), bytes(201)) for at in (0, 200)]
    # WRITE_MPX: file, size in all, reserved, offset, time, mode, mask, size and place of data
    write = body1(struct.pack("<HHHIIHIHH", FID, 100, 0, 0, 0, 0, 1, 100, 60), bytes(101))
    turns = [
        *opened(),
        ("c", framed(header1(0x1B, 3) + asked)),
        *(("s", framed(header1(0x1B, 3, 0x80) + part)) for part in parts),
        ("c", framed(header1(0x1E, 4) + write)),
        *pair(5, 0x1E, write, body1(struct.pack("<I", 3), b"")),
        *closed(),
    ]
    result = read(wire.pcap(wire.session(turns, 139)))
    said = [(row["name"], row["addl"], row["packet_first"]) for row in result.weird]
    assert said == [("smb_multiplexed", "SMB connection: multiplexed reads and writes (MPX) are not read", 8)]
    assert ([action for action, _, _ in rows(result)], result.files) == (["FILE_OPEN", "FILE_CLOSE"], [])


def test_an_answer_left_over_is_not_given_to_another_command(read: Any, wire: Any) -> None:
    """Clients that number all that they ask alike, and a server that answers one request in two messages."""
    turns = [(side, data[:34] + struct.pack("<H", 1) + data[36:]) for side, data in opened()]
    found = struct.pack("<HHI", 0, 0, 0)
    turns += [
        ("c", framed(header1(0x1B, 1) + body1(struct.pack("<HIHHIH", FID, 0, 400, 400, 0, 0), b""))),
        *[("s", framed(header1(0x1B, 1, 0x80, status=0xC0000022) + body1(found, b"")))] * 2,
        *pair(1, 0x04, body1(struct.pack("<HI", FID, 0), b""), body1(b"", b"")),
    ]
    result = read(wire.pcap(wire.session(turns, 139)))
    assert [(row["event"], row["status"]) for row in result.smb_files] == [
        ("smb.open", "SUCCESS"),
        ("smb.close", "SUCCESS"),
    ]
