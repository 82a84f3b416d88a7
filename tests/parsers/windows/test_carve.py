"""Chunks and records out of bytes that are no event log: found wherever they stand, each byte accounted for, fakes without effect."""

from __future__ import annotations

import random
import re
import struct
import zlib

import pytest

from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log
from parsers.base import Account, Batch, Evidence, Slice
from parsers.windows import carve, copies
from parsers.windows.places import chunk_base
from timelines.problems import balance

NOON = 1_614_859_200_000_000_000  # 2021-03-04 12:00:00 UTC, in ns
CHUNK = 65_536


@pytest.fixture
def log(tmp_path):
    """The bytes of a log of `count` events."""

    def make(count, first=1):
        events = [
            Event(
                provider="Example-Provider",
                provider_guid=None,
                event_id=4001,
                time_ns=NOON + number * 1_000_000_000,
                record_id=number,
                computer="WEB01.tamrirt.example",
                data=(("Image", Kind.UNICODE, f"program{number}.exe"),),
            )
            for number in range(first, first + count)
        ]
        write_log(tmp_path / "written.evtx", "Example/Operational", events)
        return (tmp_path / "written.evtx").read_bytes()

    return make


@pytest.fixture
def carved(tmp_path):
    """Rows in file order, problems, and bytes by kind and part, which add up."""

    def run(data):
        path = tmp_path / "blob.bin"
        path.write_bytes(data)
        evidence = Evidence("E001", path.name, path, len(data), "0" * 64)
        rows, problems, accounts, parts = [], [], [], {}
        for piece in carve.ON_REQUEST.slices(evidence):
            for item in carve.ON_REQUEST.parse(evidence, piece):
                if isinstance(item, Batch):
                    rows += item.rows.to_pylist()
                elif isinstance(item, Account):
                    accounts.append(item)
                    parts[item.kind, item.part] = parts.get((item.kind, item.part), 0) + int(item.lengths.sum())
                else:
                    problems.append(item)
        ledger, lost = balance("E001", path.name, len(data), accounts)
        assert lost == []
        assert ledger.read + ledger.free + ledger.unsupported + ledger.damaged == len(data)
        return sorted(rows, key=lambda row: row["offset"]), problems, parts

    return run


def records_of(chunk):
    """Bytes of a chunk's live records, in order."""
    at, out = 512, []
    while at < struct.unpack_from("<I", chunk, 48)[0]:
        size = struct.unpack_from("<I", chunk, at + 4)[0]
        out.append(chunk[at : at + size])
        at += size
    return out


@pytest.mark.parametrize("place", [0, 1, 2, 3, 4096, 70_001])
def test_a_chunk_is_found_at_any_alignment(log, carved, place):
    written = log(20)
    junk = random.Random(place).randbytes(place)
    rows, problems, parts = carved(junk + written[4096:] + junk)
    assert [row["Image"] for row in rows] == [f"program{number}.exe" for number in range(1, 21)]
    assert {row["flags"] for row in rows} == {"recovered"}
    assert rows[0]["offset"] == place + 512
    assert problems == []
    assert parts.get(("unsupported", "no event log"), 0) == 2 * place


def test_records_without_their_chunk(log, carved):
    """The first brings the template along, the next ones stand end to end with it; a later one stands alone."""
    pieces = records_of(log(9)[4096:])
    rows, problems, parts = carved(b"\x11" * 999 + b"".join(pieces[:3]) + b"\x22" * 50 + pieces[7] + b"\x33" * 10)
    assert [row["record"] for row in rows] == [1, 2, 3, 8]
    assert [row["Image"] for row in rows] == ["program1.exe", "program2.exe", "program3.exe", "program8.exe"]
    assert [row["flags"] for row in rows] == ["recovered", "recovered", "recovered", "recovered,incomplete"]
    assert [problem.reason.rpartition("; ")[2] for problem in problems] == [
        f"read by the same template at byte {999 + place}" for place in definitions(pieces[0])
    ]
    assert parts["unsupported", "no event log"] == 999 + 50 + 10


def definitions(record):
    """Where in a record the definitions of its templates stand: right behind the instances that use them first."""
    return [hit.end() for hit in re.finditer(rb"\x0f\x01\x01\0\x0c\x01.{8}", record, re.DOTALL)]


def test_a_record_alone_tells_what_is_certain(log, carved):
    (row,), problems, _ = carved(b"\x11" * 77 + records_of(log(9)[4096:])[5])
    assert (row["event"], row["record"], row["time"].value) == ("4001", 6, NOON + 6_000_000_000)
    assert (row["Provider_Name"], row["Channel"], row["Data"]) == (
        "Example-Provider",
        "Example/Operational",
        "program6.exe",
    )
    assert len(problems) == 2


def test_a_chunk_that_is_cut_off_by_another(log, carved):
    first, second = log(200)[4096:][:CHUNK], log(5, 900)[4096:]
    rows, problems, _ = carved(first[:8000] + second)
    whole = [row["record"] for row in rows if row["record"] < 900]
    assert whole == list(range(1, len(whole) + 1))
    assert len(whole) > 10
    assert [row["record"] for row in rows if row["record"] >= 900] == [900, 901, 902, 903, 904]
    assert any("it ends after 8000 of 65536 bytes" in problem.reason for problem in problems)


def test_pieces_do_not_matter(log, carved, monkeypatch):
    """Chunks and records that lie across the borders of pieces are told once, with the same values."""
    chunk, pieces = log(60)[4096:][:CHUNK], records_of(log(9)[4096:])
    junk = random.Random(4).randbytes(9_000)
    data = junk + chunk + junk[:777] + pieces[0] + junk[:5000] + chunk + b"".join(pieces[:5]) + junk
    whole = carved(data)
    assert len(whole[0]) == 60
    told = [problem for problem in whole[1] if problem.reason.endswith("already, byte for byte; told once")]
    assert len(told) == 1 + 60 + 5
    assert told[1].offset - told[0].offset > 5_000
    for size in (4_000, 20_000, CHUNK, 100_001):
        monkeypatch.setattr(carve, "PIECE", size)
        rows, problems, parts = carved(data)
        assert rows == whole[0]
        assert sorted(problems, key=lambda problem: problem.offset) == whole[1]
        assert parts == whole[2]


def test_a_record_that_stands_twice_is_one_row_and_both_places_are_told(log, carved):
    chunk = log(3)[4096:]
    rows, problems, parts = carved(b"\x11" * 100 + chunk + b"\x22" * 50 + chunk)
    assert [row["offset"] for row in rows] == [100 + 512 + at for at in starts(chunk)]
    second = 100 + CHUNK + 50 + 512
    assert [problem.offset for problem in problems] == [second + at for at in starts(chunk)]
    assert [problem.reason for problem in problems] == [
        f"record {number}: stands at byte {100 + 512 + at} already, byte for byte; told once"
        for number, at in enumerate(starts(chunk), 1)
    ]
    assert parts["read", "records"] == 2 * sum(map(len, records_of(chunk)))


def test_a_record_in_a_chunk_is_told_where_only_copies_outside_stand_before(log, carved):
    """Its templates stand in the chunk: the copy alone lacks them."""
    chunk = log(9)[4096:]
    alone = records_of(chunk)[7]
    rows, _, _ = carved(b"\x11" * 77 + alone + b"\x22" * 77 + chunk + alone)
    assert [row["record"] for row in rows] == [8, *range(1, 10)]


def test_records_that_differ_in_a_byte_are_two(log, carved):
    chunk = bytearray(log(1)[4096:])
    other = bytearray(chunk)
    other[512 + 16] ^= 1  # the time in the record's header
    rows, _, _ = carved(bytes(chunk) + bytes(other))
    assert len(rows) == 2


def test_too_many_records_to_know_all_copies_are_told(log, carved, monkeypatch):
    monkeypatch.setattr(copies, "MOST", 2)
    monkeypatch.setattr(copies, "_seen", copies._Seen())
    monkeypatch.setattr(carve, "PIECE", CHUNK)
    chunk = log(5)[4096:]
    rows, problems, _ = carved(chunk + chunk)
    assert [row["record"] for row in rows] == [1, 2, 3, 4, 5, 3, 4, 5]
    assert any(problem.reason.startswith("too many records before") for problem in problems)


def starts(chunk):
    """Where a chunk's live records stand behind its header."""
    out = [0]
    for record in records_of(chunk)[:-1]:
        out.append(out[-1] + len(record))
    return out


def test_fakes_have_no_effect(log, carved):
    chunk = log(3)[4096:]
    fakes = b"**\0\0" * 50_000 + b"ElfChnk\0" * 50_000 + (b"**\0\0" + struct.pack("<I", 40)) * 20_000
    rows, problems, parts = carved(fakes + chunk + fakes)
    assert [row["record"] for row in rows] == [1, 2, 3]
    assert problems == []
    assert parts["unsupported", "no event log"] == 2 * len(fakes)


def test_broken_chunks_without_number_do_not_fill_a_report(carved, monkeypatch):
    """Headers whose checksum fits, every 516 bytes: each is a chunk that is cut off by the next."""
    head = bytearray(516)
    struct.pack_into("<8sQQQQIIII", head, 0, b"ElfChnk\0", 1, 1, 1, 1, 128, 512, 40_000, 0)
    struct.pack_into("<I", head, 124, zlib.crc32(head[128:512], zlib.crc32(head[:120])))
    monkeypatch.setattr(carve, "TOLD", 10)
    rows, problems, parts = carved(bytes(head) * 300)
    assert rows == []
    assert len(problems) == 11
    assert problems[-1].reason.endswith("more problems in these bytes; rows that they concern are flagged")
    assert parts["read", "chunk headers"] == 300 * 128


def test_a_record_needs_a_time_that_can_be(made, carved):
    record = made.record(7, b"\x0f\x01\x01\0\0", ticks=5)
    assert carved(record)[0] == []


def test_nothing_in_nothing(carved, tmp_path):
    assert carved(b"") == ([], [], {})
    assert carved(b"*") == ([], [], {("unsupported", "no event log"): 1})
    path = tmp_path / "blob.bin"
    evidence = Evidence("E001", "blob.bin", path, 0, "")
    assert carve.ON_REQUEST.slices(evidence) == [Slice(0, 0)]
    assert not carve.ON_REQUEST.accepts(b"ElfChnk\0", "x")


@pytest.mark.parametrize("seed", range(20))
def test_mutations_never_break_it(log, carved, seed):
    chance = random.Random(seed)
    data = bytearray(log(80)[4096 - chance.randrange(50) :] + b"".join(records_of(log(30)[4096:])[3:20]))
    for _ in range(chance.randrange(1, 40)):
        at = chance.randrange(len(data)) if chance.random() < 0.3 else chance.randrange(12_000)
        match chance.randrange(4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                data[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"**\0\0", chance.randbytes(4)])
            case 2:
                del data[at : at + chance.randrange(1, 50)]
            case 3:
                data[at:at] = chance.randbytes(chance.randrange(1, 50))
    carved(bytes(data))


def test_the_chunk_of_a_record_is_found_again(log):
    """What `athar show` needs: from a row's offset to its chunk, in a log and in other bytes."""
    written = log(9)
    assert chunk_base(memoryview(written), 4096 + 600) == 4096
    blob = b"x" * 333 + written[4096:]
    assert chunk_base(memoryview(blob), 333 + 600) == 333
    first, _, third = records_of(written[4096:])[:3]
    lone = memoryview(b"y" * 1000 + first)
    assert chunk_base(lone, 1000) == 1000 - 512
    assert chunk_base(memoryview(b"y" * 1000 + third), 1000) == 1000
