"""SMB, NTLM, DCE/RPC, Kerberos and LDAP of all shared captures against tshark: what it counts and names, we do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.tshark import TSHARK, by_tshark

pytestmark = [
    pytest.mark.evidence,
    pytest.mark.skipif(TSHARK is None, reason="tshark is not installed"),
]
LEFT_OUT = {"dcerpc-request-http-response.pcap"}  # a request that HTTP answers, which tshark takes for HTTP
PROTOCOLS = ("smb", "dce", "krb", "ldap")  # parts of the names of captures that hold them


FIELDS = (
    "smb2.flags.response", "smb2.cmd", "smb2.filename", "smb.flags.response", "smb.cmd", "ntlmssp.messagetype", "ntlmssp.auth.username",
    "dcerpc.pkt_type", "dcerpc.opnum", "kerberos.msg_type", "kerberos.error_code", "kerberos.CNameString", "ldap.protocolOp",
    "tcp.port", "udp.port",
)  # fmt: skip
Packet = dict[str, list[str]]


@pytest.fixture(scope="module")
def pairs(captures: list[Path], read_file: Callable[[Path], Any]) -> list[tuple[list[Packet], Any]]:
    found = [path for path in captures if any(part in path.name for part in PROTOCOLS)]
    found = [path for path in found if path.name not in LEFT_OUT]
    theirs = ([dict(zip(FIELDS, packet, strict=True)) for packet in packets] for packets in by_tshark(found, FIELDS))
    return [(packets, read_file(path)) for path, packets in zip(found, theirs, strict=True)]


def values(found: list[Packet], name: str) -> Counter[str]:
    return Counter(value for packet in found for value in packet[name])


def asked(found: list[Packet], protocol: str) -> Counter[str]:
    """Commands that are requests."""
    halves = (zip(packet[f"{protocol}.cmd"], packet[f"{protocol}.flags.response"], strict=False) for packet in found)
    return Counter(command for half in halves for command, answer in half if answer in ("0", "False"))


def test_smb(pairs: list[tuple[list[Packet], Any]]) -> None:
    opens = 0
    for found, ours in pairs:
        two, one = asked(found, "smb2"), asked(found, "smb")
        events = Counter(row["event"] for row in (*ours.smb_files, *ours.smb_mapping))
        assert events["smb.open"] == two["5"] + one["0xa2"] + one["0x2d"]
        assert events["smb.map"] == two["3"] + one["0x75"]
        if not one:
            names = {row["name"] for row in ours.smb_files if row["event"] == "smb.open"}
            creates = [packet for packet in found if asked([packet], "smb2")["5"]]
            assert set(values(creates, "smb2.filename")) - {""} == names - {"<share_root>"}
        opens += events["smb.open"]
    assert opens > 80


def test_ntlm(pairs: list[tuple[list[Packet], Any]]) -> None:
    for found, ours in pairs:
        names = Counter(row.get("username", "NULL") for row in ours.ntlm)
        assert not values(found, "ntlmssp.auth.username") - names  # tshark leaves out one whose message lacks its end


def test_dce_rpc(pairs: list[tuple[list[Packet], Any]]) -> None:
    calls = 0
    for found, ours in pairs:
        requests = [packet for packet in found if "0" in packet["dcerpc.pkt_type"]]
        assert Counter(str(row["opnum"]) for row in ours.dce_rpc) == values(requests, "dcerpc.opnum")
        calls += len(ours.dce_rpc)
    assert calls > 60


def test_kerberos(pairs: list[tuple[list[Packet], Any]]) -> None:
    for found, ours in pairs:
        own = [packet for packet in found if "88" in packet["tcp.port"] + packet["udp.port"]]
        kinds = values(own, "kerberos.msg_type")
        requests = [row for row in ours.kerberos if row["event"] == "kerberos.request"]
        assert len(requests) == kinds["10"] + kinds["12"]
        assert sum("success" in row for row in requests) == kinds["11"] + kinds["13"] + kinds["30"]
        codes = Counter(str(row["error_code"]) for row in requests if "error_code" in row)
        assert codes == values(own, "kerberos.error_code")
        clients = {row["client"].split("/")[0] for row in requests if "client" in row}
        assert clients == set(values(own, "kerberos.CNameString"))


def test_ldap(pairs: list[tuple[list[Packet], Any]]) -> None:
    for found, ours in pairs:
        kinds = values(found, "ldap.protocolOp")
        assert sum("scope" in row for row in ours.ldap_search) == kinds["3"]
        assert sum(row.get("result_count", 0) for row in ours.ldap_search) == kinds["4"]
        operations = sum(kinds[number] for number in ("0", "2", "6", "8", "10", "12", "14", "16", "23"))
        assert sum(row["event"] == "ldap.operation" for row in ours.ldap) == operations
