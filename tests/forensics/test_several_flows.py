"""A row that was read from several flows: the packets of all of them are listed, filtered for and written, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import forensics
from forensics import open_case, packet_list, packet_reach
from parsers.network.excerpt import Chosen
from tests.parsers.network.conftest import Wire
from tests.parsers.network.protocols import test_dhcp as dhcp

OTHER = 3  # packets between the messages of the exchange, of a flow that the row was not read from


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lease: the client asks everybody from no address, the server answers to the address that it gives."""
    root, wire = tmp_path_factory.mktemp("flows"), Wire()
    answers = (dhcp.down(wire, dhcp.dhcp(2, kind, yours=dhcp.GIVEN), dst=dhcp.GIVEN) for kind in (2, 5))
    asked = (dhcp.up(wire, dhcp.dhcp(1, kind)) for kind in (1, 3))
    other = wire.udp(("192.0.2.7", 4000, "192.0.2.8", 4001), b"nothing of it")
    packets: list[bytes] = []
    for question, answer in zip(asked, answers, strict=True):
        packets += [question, *[other] * OTHER, answer]
    renewed = dhcp.up(wire, dhcp.dhcp(1, 3, number=7), dhcp.GIVEN, dhcp.SERVER)
    (root / "lease.pcap").write_bytes(wire.pcap([*packets, renewed]))
    forensics.run([root / "lease.pcap"], case=root / "case", rules=[], workers=1)
    return root / "case"


def row_id(case: Path) -> str:
    found = open_case(case).query.sql("select row_id, uids from net_dhcp where trans_id = '3903f326'").to_pylist()
    assert [row["uids"].count(",") for row in found] == [1]
    return str(found[0]["row_id"])


def test_the_packets_of_all_flows_are_listed(athar: Any, case: Path) -> None:
    ran = athar("show", case, row_id(case))
    lines = ran.out.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("Read from "))
    assert lines[first].startswith("Read from 4 packets")
    assert [line.split("\t")[0] for line in lines[first + 2 : first + 6]] == ["1", "5", "6", "10"]
    assert [line.split("\t")[4] for line in lines[first + 2 : first + 6]] == ["→", "", "→", ""]
    assert "frame.number in {1, 5..6, 10}" in ran.out


@pytest.mark.parametrize(("form", "places"), [("--pcap", (0, 4, 5, 9)), ("--flow", (0, 4, 5, 9, 10))])
def test_the_packets_of_all_flows_are_written(
    athar: Any, case: Path, tmp_path: Path, form: str, places: tuple[int, ...]
) -> None:
    """With `--flow` also what the same flows carried for another exchange."""
    out = tmp_path / "out.pcap"
    assert athar("extract", case, row_id(case), form, "-o", out).code == 0
    whole = (case.parent / "lease.pcap").read_bytes()
    assert list(_records(out.read_bytes())) == [list(_records(whole))[at] for at in places]


def _records(data: bytes) -> Iterator[bytes]:
    at = 24
    while at < len(data):
        size = 16 + int.from_bytes(data[at + 8 : at + 12], "little")
        yield data[at : at + size]
        at += size


def test_many_runs_are_filtered_by_the_ends_of_each_flow(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_list, "RUNS", 1)
    monkeypatch.setattr(packet_list, "_numbers", lambda chosen: [1, 5, 6, 10])
    flows = [
        {"src_ip": "0.0.0.0", "src_port": 68, "dst_ip": "255.255.255.255", "dst_port": 67, "proto": "udp"},
        {"src_ip": "192.0.2.1", "src_port": 67, "dst_ip": "192.0.2.50", "dst_port": 68, "proto": "udp"},
    ]
    none: list[Chosen] = []
    assert packet_list.display_filter(none, flows) == (
        "frame.number >= 1 && frame.number <= 10 && ("
        "(ip.addr == 0.0.0.0 && ip.addr == 255.255.255.255 && udp.port == 68 && udp.port == 67) || "
        "(ip.addr == 192.0.2.1 && ip.addr == 192.0.2.50 && udp.port == 67 && udp.port == 68))"
    )
    assert packet_list.display_filter(none, flows[:1]).endswith("<= 10 && ip.addr == 0.0.0.0 && "
        "ip.addr == 255.255.255.255 && udp.port == 68 && udp.port == 67")  # fmt: skip


def test_flows_beyond_the_most_are_counted(athar: Any, case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_reach, "MOST", 0)
    ran = athar("show", case, row_id(case))
    assert "Read from 2 packets" in ran.out
    assert "… and those of 1 more flows, which the row names" in ran.out
