"""`athar extract`: the bytes are those of the evidence, and nothing is ever overwritten."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
from pathlib import Path

import pytest

from cases.case import Case
from forensics import open_case


@pytest.fixture
def copy(demo, tmp_path: Path) -> Path:
    shutil.copytree(demo.case, tmp_path / "case")
    return tmp_path / "case"


def row(case: Path, condition: str) -> dict:
    table = open_case(case).query.sql(f"select * from timeline where {condition} order by time, row_id limit 1")
    return table.select(["row_id", "exhibit", "file", "offset", "length"]).to_pylist()[0]


def test_the_bytes_are_those_of_the_evidence(athar, copy: Path, tmp_path: Path) -> None:
    wanted = row(copy, "family = 'web/access' and file like '%.gz/%'")
    done = athar("extract", copy, wanted["row_id"][:12], "-o", tmp_path / "line", "--json")
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    data = (tmp_path / "line").read_bytes()
    source = Path(Case.open(copy).register.exhibit(wanted["exhibit"]).source) / told["on_disk"]
    plain = gzip.decompress(source.read_bytes())  # read here, without our own containers
    assert data == plain[wanted["offset"] : wanted["offset"] + wanted["length"]]
    assert data.endswith(b"\n")
    assert told["sha256"] == told["written_sha256"] == hashlib.sha256(data).hexdigest()
    assert told["file_sha256"] == hashlib.sha256(plain).hexdigest()
    assert {name: told[name] for name in wanted} == wanted


def test_custody_records_it_and_the_case_still_verifies(athar, copy: Path, tmp_path: Path) -> None:
    wanted = row(copy, "family = 'windows/security'")
    athar("extract", copy, wanted["row_id"], "-o", tmp_path / "record.bin")
    act = Case.open(copy).custody.entries()[-1].act
    assert (act.action, act.options["row"]) == ("row-extracted", wanted["row_id"])
    assert act.options["sha256"] == hashlib.sha256((tmp_path / "record.bin").read_bytes()).hexdigest()
    assert (tmp_path / "record.bin").read_bytes()[:4] == b"**\x00\x00"  # MS-EVEN6: a record's signature
    assert athar("verify", copy).out.endswith("Verdict: ok\n")


def test_nothing_is_overwritten_or_put_into_case_or_evidence(athar, copy: Path, tmp_path: Path) -> None:
    wanted = row(copy, "family = 'web/access'")
    taken = tmp_path / "taken"
    taken.write_bytes(b"mine")
    source = Path(Case.open(copy).register.exhibit(wanted["exhibit"]).source)
    before = Case.open(copy).custody.head()
    for place, said in (
        (taken, "never overwritten"),
        (copy / "x", "lies in the case"),
        (source / "x", "lies in exhibit"),
    ):
        done = athar("extract", copy, wanted["row_id"], "-o", place)
        assert (done.code, said in done.err, done.err.count("\n")) == (2, True, 1)
    assert taken.read_bytes() == b"mine"
    assert not (copy / "x").exists()
    assert not (source / "x").exists()
    assert Case.open(copy).custody.head() == before


def test_moved_evidence_is_found_and_changed_evidence_refused(athar, copy: Path, demo, tmp_path: Path) -> None:
    wanted = row(copy, "family = 'net/dns'")
    moved = tmp_path / "vault" / "capture"
    shutil.copytree(demo.evidence / "capture", moved)
    done = athar("extract", copy, wanted["row_id"], "-o", tmp_path / "one", "--evidence", tmp_path / "vault")
    assert done.code == 0
    into = athar("extract", copy, wanted["row_id"], "-o", moved / "x", "--evidence", tmp_path / "vault")
    assert "lies in exhibit" in into.err
    file = moved / wanted["file"]
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    done = athar("extract", copy, wanted["row_id"], "-o", tmp_path / "two", "--evidence", tmp_path / "vault")
    assert done.code == 2
    assert "no longer those that were registered" in done.err
    assert not (tmp_path / "two").exists()


def test_a_capture_file_of_the_rows_packets_opens_elsewhere(athar, copy: Path, tmp_path: Path) -> None:
    from scapy.utils import RawPcapReader

    wanted = row(copy, "family = 'net/dns' and outcome is not null")
    done = athar("extract", copy, wanted["row_id"], "-o", tmp_path / "dns.pcap", "--pcap", "--json")
    data = (tmp_path / "dns.pcap").read_bytes()
    assert json.loads(done.out)["written"] == len(data)
    with RawPcapReader(io.BytesIO(data)) as reader:
        packets = [packet for packet, _ in reader]
    assert len(packets) == 2  # the question and its answer
    whole = (Path(Case.open(copy).register.exhibit("E003").source) / wanted["file"]).read_bytes()
    assert data[24 : 24 + wanted["length"]] == whole[wanted["offset"] : wanted["offset"] + wanted["length"]]


def test_a_connection_gives_all_its_packets(athar, copy: Path, tmp_path: Path) -> None:
    from scapy.utils import RawPcapReader

    case = open_case(copy)
    wanted = case.query.sql(
        "select row_id, orig_pkts + resp_pkts as packets from net_conn where proto = 'tcp' order by packets desc, row_id limit 1 offset 40"
    ).to_pylist()[0]
    athar("extract", copy, wanted["row_id"], "-o", tmp_path / "conn.pcap", "--pcap")
    with RawPcapReader(str(tmp_path / "conn.pcap")) as reader:
        assert sum(1 for _ in reader) == wanted["packets"]


def test_a_row_without_packets_makes_no_capture_file(athar, copy: Path, tmp_path: Path) -> None:
    wanted = row(copy, "family = 'web/access'")
    done = athar("extract", copy, wanted["row_id"], "-o", tmp_path / "x.pcap", "--pcap")
    assert (done.code, "has no packets" in done.err) == (2, True)
    assert not (tmp_path / "x.pcap").exists()
