"""FTP by hand and by scapy: commands, data channels of all four kinds, logins; masked passwords."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.protocols.hardships import bear, bear_session, by_scapy
from tests.parsers.network.tshark import TSHARK, by_tshark

LOGIN = [
    ("s", b"220-Welcome to\r\n 999 rules\r\n220 files.example.org FTP\r\n"),
    ("c", b"USER alice\r\n"), ("s", b"331 password\r\n"), ("c", b"PASS hunter two\r\n"), ("s", b"230 in\r\n"),
]  # fmt: skip
CONTENT = b"MZ" + bytes(range(256)) * 4


def transfer(
    wire: Any, opening: list[tuple[str, bytes]], command: bytes, ends: tuple[str, int, str, int], sender: int
) -> list[bytes]:
    """A control connection with one transfer, its data connection (who opens it: `ends`; side 0 or 1 sends) before the final reply."""
    talk = [
        *LOGIN,
        ("c", b"CWD /pub\r\n"),
        ("s", b"250 ok\r\n"),
        *opening,
        ("c", command + b"\r\n"),
        ("s", b"150 here (1026 bytes)\r\n"),
    ]
    control: list[bytes] = wire.session(
        [*talk, ("s", b"226 done\r\n"), ("c", b"QUIT\r\n"), ("s", b"221 bye\r\n")], port=21
    )
    one, two = ends, (ends[2], ends[3], ends[0], ends[1])
    up, down = (one, two) if sender == 0 else (two, one)
    syn = [
        wire.tcp(one, 100, wire.syn),
        wire.tcp(two, 900, wire.syn | wire.ack, ack=101),
        wire.tcp(one, 101, wire.ack, ack=901),
    ]
    begin = 101 if sender == 0 else 901
    data = [wire.tcp(up, begin, wire.ack, CONTENT[:500]), wire.tcp(up, begin + 500, wire.ack | wire.fin, CONTENT[500:])]
    data.append(wire.tcp(down, 901 if sender == 0 else 101, wire.ack | wire.fin))
    at = 3 + len(talk)
    return control[: at - 1] + syn + control[at - 1 : at] + data + control[at:]


CLIENT, SERVER = "192.0.2.10", "198.51.100.20"
CHANNELS = {
    "passive": ([("c", b"PASV\r\n"), ("s", b"227 ok (198,51,100,20,200,10)\r\n")], b"RETR tool.exe",
                (CLIENT, 40001, SERVER, 51210), 1, True),
    "behind-nat": ([("c", b"PASV\r\n"), ("s", b"227 ok (10,0,0,1,200,10)\r\n")], b"RETR tool.exe",
                   (CLIENT, 40001, SERVER, 51210), 1, True),
    "extended": ([("c", b"EPSV\r\n"), ("s", b"229 ok (|||51210|)\r\n")], b"STOR tool.exe", (CLIENT, 40001, SERVER, 51210), 0, True),
    "active": ([("c", b"PORT 192,0,2,10,200,10\r\n"), ("s", b"200 ok\r\n")], b"STOR tool.exe", (SERVER, 20, CLIENT, 51210), 1, False),
    "eprt": ([("c", b"EPRT |1|192.0.2.10|51210|\r\n"), ("s", b"200 ok\r\n")], b"RETR tool.exe", (SERVER, 20, CLIENT, 51210), 0, False),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHANNELS)
def test_transfers(read: Any, wire: Any, kind: str) -> None:
    opening, command, ends, sender, passive = CHANNELS[kind]
    packets = transfer(wire, opening, command, ends, sender)
    result = read(wire.pcap(packets))
    rows = {row["command"]: row for row in result.ftp if row["event"] == "ftp.command"}
    verb = command[:4].decode()
    asked = rows[opening[0][1][:4].decode()]
    assert (asked["data_channel_passive"], asked["data_channel_resp_p"]) == (passive, 51210)
    assert asked["data_channel_orig_h"] == (CLIENT if passive else SERVER)
    row = rows[verb]
    assert (row["arg"], row["object"], row["cwd"], row["user_"]) == ("tool.exe", "/pub/tool.exe", "/pub", "alice")
    assert (row["reply_code"], row["reply_msg"], row["file_size"], row["outcome"]) == (226, "done", 1026, "success")
    (data,) = [row for row in result.ftp if row["event"] == "ftp.data"]
    assert (data["command"], data["object"], data["file_size"]) == (verb, "/pub/tool.exe", 1026)
    assert data["mime_type"] == "application/x-dosexec"
    (file,) = result.files
    assert (file["filename"], file["source"], file["complete"]) == ("tool.exe", "ftp-data", True)
    assert data["fuid"] == file["fuid"]
    assert file["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert {flow["id_resp_p"]: flow["service"] for flow in result.conn}[ends[3]] == "ftp-data"
    assert result.problems == []


def test_hardships(read: Any, wire: Any) -> None:
    opening, command, ends, sender, _ = CHANNELS["passive"]
    bear(read, wire, transfer(wire, opening, command, ends, sender), "ftp", "files", "credentials")
    bear_session(read, wire, [*LOGIN, *opening, ("c", b"QUIT\r\n"), ("s", b"221 bye\r\n")], 21, "ftp", "credentials")


def test_passwords_stand_in_credentials_alone(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(LOGIN, port=2121)))
    assert "hunter" not in repr(result.ftp)
    rows = {row["command"]: row for row in result.ftp}
    assert (rows["PASS"]["password"], rows["PASS"]["arg"]) == ("<hidden>", "<hidden>")
    (login,) = result.credentials
    assert (login["username"], login["secret"], login["accepted"], login["service"]) == (
        "alice",
        "hunter two",
        True,
        "ftp",
    )
    guest = [LOGIN[0], ("c", b"USER anonymous\r\nPASS me@example.org\r\n"), ("s", b"331 go\r\n530 no\r\n")]
    result = read(wire.pcap(wire.session(guest, port=21)))
    assert [row["arg"] for row in result.ftp] == ["anonymous", "me@example.org"]
    assert (result.credentials[0]["accepted"], result.ftp[1]["outcome"]) == (False, "failure")


def test_a_refused_transfer_foretells_nothing(read: Any, wire: Any) -> None:
    opening = CHANNELS["passive"][0]
    refused = [*LOGIN, *opening, ("c", b"RETR none\r\n"), ("s", b"550 no such file\r\n")]
    other = wire.tcp((CLIENT, 40001, SERVER, 51210), 1, wire.ack, b"something else")
    assert read(wire.pcap([*wire.session(refused, port=21), other])).files == []


def test_directories(read: Any, wire: Any) -> None:
    talk = [
        *LOGIN, ("c", b"PWD\r\n"), ("s", b'257 "/home/al""ice" is current\r\n'), ("c", b"CWD sub\r\n"), ("s", b"250 ok\r\n"),
        ("c", b"CDUP\r\n"), ("s", b"250 ok\r\n"), ("c", b"CWD /none\r\n"), ("s", b"550 no\r\n"), ("c", b"DELE x\r\n"), ("s", b"250 ok\r\n"),
    ]  # fmt: skip
    rows = {row["command"]: row for row in read(wire.pcap(wire.session(talk, port=21))).ftp}
    assert (rows["CDUP"]["cwd"], rows["DELE"]["object"]) == ('/home/al"ice/sub', '/home/al"ice/x')


def test_auth_tls_goes_on_as_tls(read: Any, wire: Any) -> None:
    hello = bytes.fromhex("160301002d" + "01000029" + "0303" + "11" * 32 + "00" + "0002c02f" + "0100")
    talk = [LOGIN[0], ("c", b"AUTH TLS\r\n"), ("s", b"234 go\r\n"), ("c", hello)]
    result = read(wire.pcap(wire.session(talk, port=21)))
    assert [(row["command"], row["reply_code"]) for row in result.ftp] == [("AUTH", 234)]
    assert result.conn[0]["service"] == "ftp,ssl"


def test_a_session_made_by_scapy(read: Any, tmp_path: Path) -> None:
    data = by_scapy(tmp_path, LOGIN, 21)
    assert [row["command"] for row in read(data).ftp] == ["USER", "PASS"]
    assert [row["command"] for row in read(data[:-10]).ftp] == ["USER", "PASS"]


@pytest.mark.evidence
@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_real_sessions_as_tshark_reads_them(read_file: Any, captures: list[Path]) -> None:
    names = ("ftp-active-mode", "ftp-all-data", "ftp-stou", "ftp-mode-02", "passive-dynamic")
    paths = [path for path in captures if any(name in path.name for name in names)]
    for path, packets in zip(paths, by_tshark(paths, ("ftp.request", "ftp.request.command")), strict=True):
        theirs = [command for request, commands in packets if request for command in commands]
        ours = [row["command"] for row in read_file(path).ftp if row["event"] == "ftp.command"]
        assert ours == theirs, path.name
