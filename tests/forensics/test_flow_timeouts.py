"""`--flow-timeout`: idle times that the examiner gives reach the reader, stay with the exhibit, and are told in the summary."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from cases.case import Case
from cases.errors import CaseError
from cases.phrases import contacts
from cases.summarise import summarise
from forensics import pipeline
from forensics.api import open_case, run
from forensics.exhibit_bytes import found

HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
TIMES = (0, 200, 700, 701)  # seconds: silences of 200, 500 and 1


def capture(proto: int) -> bytes:
    """Packets of one 5-tuple: TCP (6) or UDP (17), four bytes of payload each."""
    records = []
    for number, second in enumerate(TIMES):
        tcp = struct.pack(">HHIIBBHHH", 40_001, 9, 1 + 4 * number, 0, 0x50, 0x10, 100, 0, 0)
        body = (tcp if proto == 6 else struct.pack(">HHHH", 40_001, 9, 12, 0)) + b"data"
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, proto, 0)
        frame = bytes(12) + b"\x08\x00" + header + bytes([192, 0, 2, 1, 192, 0, 2, 2]) + body
        records.append(struct.pack("<IIII", 1_767_323_045 + second, 0, len(frame), len(frame)) + frame)
    return HEAD + b"".join(records)


def packets_each(folder: Path) -> list[int]:
    return list(open_case(folder).sql("select orig_pkts from net_conn order by exhibit, record")["orig_pkts"])


@pytest.mark.parametrize(
    ("proto", "given", "expected"),
    [
        (6, (), [2, 2]),
        (6, ("tcp=10min",), [4]),
        (6, ("tcp=3min", "udp=1d"), [1, 1, 2]),
        (17, ("tcp=10min",), [1, 1, 2]),
        (17, ("udp=499.999s",), [2, 2]),
        (17, ("udp=500s",), [4]),  # longer than that ends a flow, not as long
    ],
)
def test_silence_ends_a_flow(tmp_path: Path, proto: int, given: tuple[str, ...], expected: list[int]) -> None:
    (tmp_path / "trace.pcap").write_bytes(capture(proto))
    run([tmp_path / "trace.pcap"], tmp_path / "case", rules=[], workers=1, flow_timeouts=given)
    assert packets_each(tmp_path / "case") == expected


def test_the_times_stay_with_the_exhibit_and_are_told(tmp_path: Path, athar: Any) -> None:
    for name, proto in (("one", 6), ("two", 17)):
        (tmp_path / name).write_bytes(capture(proto))
    folder = tmp_path / "case"
    Case.create(folder)
    assert athar("add", folder, tmp_path / "one", "--flow-timeout", "tcp=600s").code == 0
    assert athar("add", folder, tmp_path / "two").code == 0
    case = Case.open(folder)
    assert [x.flow_timeouts for x in case.register.exhibits] == [("tcp=600s",), ()]
    options = [entry.act.options for entry in case.custody.entries() if entry.act.action == "exhibit-added"]
    assert [told.get("flow_timeouts") for told in options] == [["tcp=600s"], None]
    pipeline.ingest(case, workers=1)
    assert packets_each(folder) == [4, 1, 1, 2]
    with found(case, "E001", "one") as evidence:
        assert evidence.flow_timeouts == ("tcp=600s",)
    assert [phrase.values for phrase in contacts(summarise(case, "2026-01-03"))] == [
        {"exhibits": "E001", "tcp": "600", "udp": "60", "icmp": "60"},
        {"exhibits": "E002", "tcp": "300", "udp": "60", "icmp": "60"},
    ]


def test_the_packets_of_a_row_are_those_of_its_own_idle_time(tmp_path: Path, athar: Any) -> None:
    (tmp_path / "trace.pcap").write_bytes(capture(6))
    run([tmp_path / "trace.pcap"], tmp_path / "case", rules=[], workers=1, flow_timeouts=["tcp=10min"])
    row = open_case(tmp_path / "case").sql("select row_id from net_conn")["row_id"][0]
    assert "Read from 4 packets" in athar("show", tmp_path / "case", row).out
    assert athar("extract", tmp_path / "case", row, "-o", tmp_path / "out.pcap").code == 0
    assert (tmp_path / "out.pcap").read_bytes() == capture(6)


def test_a_time_that_is_none_is_refused_before_anything_is_made(tmp_path: Path, athar: Any) -> None:
    (tmp_path / "trace.pcap").write_bytes(capture(6))
    with pytest.raises(CaseError, match="expected tcp, udp or icmp"):
        run([tmp_path / "trace.pcap"], tmp_path / "case", flow_timeouts=["tcp=soon"])
    assert not (tmp_path / "case").exists()
    told = athar("run", tmp_path / "trace.pcap", "--case", tmp_path / "case", "--flow-timeout", "tcp=5")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
