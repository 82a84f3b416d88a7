"""What the header of a log says of itself: told in one line where the file shows otherwise."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib

import numpy as np
import pytest

from parsers.base import Batch, Evidence, Told
from parsers.windows import evtx, log_header
from parsers.windows.chunk_heads import HEAD, heads_at
from parsers.windows.evtx import PARSER
from timelines.problems import Account, Problem, balance

CLOSED, IN_USE = "the log is marked as closed", "the log is marked as in use, not closed"


def saying(log, count, flags=0):
    """The log with another count of chunks in its header, its checksum made to fit; the flags lie outside of that."""
    out = bytearray(log)
    struct.pack_into("<H", out, 42, count)
    struct.pack_into("<I", out, 120, flags)
    struct.pack_into("<I", out, 124, zlib.crc32(out[:120]))
    return bytes(out)


@pytest.fixture
def chunk(made):
    return made.chunk(
        made.records(lambda at: made.instance(at, lambda at: made.event(at, lambda at: b""), made.head_values(1)))
    )


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize(("flags", "state"), [(0, CLOSED), (1, IN_USE), (2, CLOSED), (3, IN_USE)])
def test_a_count_that_the_file_does_not_bear_out(made, read, chunk, count, flags, state):
    found = read(saying(made.log(chunk, chunk, chunk), count, flags))
    ends = "; the file ends after 3" if count > 3 else ""
    (problem,) = found.problems
    assert problem.reason == (
        f"file header: it counts {count} chunks, 3 stand in their places{ends}; {state}; all that stand are read"
    )
    assert (problem.offset, problem.length) == (0, 4096)
    assert len(found.rows) == 3


def test_a_log_in_use_whose_count_fits_is_accounted_for_and_no_problem(made, read, chunk):
    found = read(saying(made.log(chunk), 1, flags=1))
    assert found.problems == []
    assert found.parts["read", log_header.IN_USE] == 4096
    assert ("read", "file header") not in found.parts


def test_room_that_no_chunk_has_taken_yet_is_not_counted(made, read, chunk):
    """What Windows leaves: a file made in one go, whose header counts the chunks that were begun."""
    assert read(saying(made.log(chunk, bytes(65_536), bytes(65_536)), 1)).problems == []


def test_a_chunk_that_was_emptied_among_others(made, read, chunk):
    found = read(made.log(chunk, bytes(65_536), chunk))
    assert found.reasons == [
        f"file header: it counts 3 chunks, 2 stand in their places; {CLOSED}; all that stand are read",
    ]


def test_a_wrong_checksum_and_count_are_one_line(made, read, chunk):
    log = bytearray(made.log(chunk, chunk))
    log[42] = 7
    (reason,) = read(bytes(log)).reasons
    assert reason.startswith("file header: checksum 0x")
    assert "; file read anyway; it counts 7 chunks, 2 stand in their places; the file ends after 2; " in reason


def test_a_chunk_that_is_cut_off_stands(made, read, chunk):
    reasons = read(saying(made.log(chunk, chunk[:600]), 2)).reasons
    assert not any("file header" in reason for reason in reasons)


def test_a_log_of_several_pieces_is_counted_once(made, tmp_path, chunk, monkeypatch):
    """Chunks beyond the first piece are counted too, and no other piece tells of the header."""
    monkeypatch.setattr(evtx, "WINDOW", 2 * 65_536)
    path = tmp_path / "made.evtx"
    for count, told in ((9, 0), (4, 1)):
        data = saying(made.log(*[chunk] * 9), count)
        path.write_bytes(data)
        evidence = Evidence("E001", path.name, path, len(data), hashlib.sha256(data).hexdigest())
        pieces = PARSER.slices(evidence)
        assert len(pieces) > 2
        items = [item for piece in pieces for item in PARSER.parse(evidence, piece)]
        problems = [item.reason for item in items if isinstance(item, Problem)]
        assert len(problems) == told
        assert all("it counts 4 chunks, 9 stand in their places" in reason for reason in problems)
        assert sum(item.rows.num_rows for item in items if isinstance(item, Batch)) == 9


def test_a_log_with_holes(made, tmp_path, chunk):
    """Chunks at the begin, in the middle and at the end of three hundred MB; holes are room that nothing was written to."""
    path = tmp_path / "sparse.evtx"
    last = evtx.WINDOW // 65_536 + 600
    with path.open("wb") as handle:
        handle.write(saying(made.log(), 3))
        for place in (0, last // 2, last):
            handle.seek(4096 + place * 65_536)
            handle.write(chunk)
    size = path.stat().st_size
    evidence = Evidence("E001", path.name, path, size, "0" * 64)
    items = [item for piece in PARSER.slices(evidence) for item in PARSER.parse(evidence, piece)]
    assert [item for item in items if isinstance(item, Problem)] == []
    rows = [offset for item in items if isinstance(item, Batch) for offset in item.rows.column("offset").to_pylist()]
    assert sorted(rows) == [4096 + 512 + place * 65_536 for place in (0, last // 2, last)]
    ledger, lost = balance("E001", path.name, size, [item for item in items if isinstance(item, Account)])
    assert lost == []
    assert ledger.read + ledger.free == size
    assert ledger.read < 4096 + 3 * 65_536


def test_more_chunks_than_a_count_of_16_bits_can_tell():
    assert log_header._miscounted(4464, 70_000, 4096 + 70_000 * 65_536) == (
        "its count of chunks, of 16 bits, says 4464, 70000 stand in their places"
    )
    assert log_header._miscounted(65_535, 65_535, 4096 + 65_535 * 65_536) == ""


def test_logs_read_together_are_each_counted(made, tmp_path, chunk):
    logs = [made.log(chunk, chunk), saying(made.log(chunk, chunk, chunk), 1), made.log(chunk)]
    files = []
    for number, data in enumerate(logs):
        path = tmp_path / f"{number}.evtx"
        path.write_bytes(data)
        files.append(Evidence("E001", path.name, path, len(data), hashlib.sha256(data).hexdigest()))
    told = [
        item for item in PARSER.parse_together(files, np.frombuffer(b"".join(logs), np.uint8)) if isinstance(item, Told)
    ]
    problems = [(item.file, item.item.reason) for item in told]
    assert [file for file, _ in problems] == [1]
    assert "it counts 1 chunks, 3 stand in their places" in problems[0][1]


def test_heads_are_the_same_without_a_call_that_reads_at_a_place(tmp_path, monkeypatch):
    """Windows has no `pread`."""
    path = tmp_path / "any.bin"
    path.write_bytes(bytes(range(256)) * 3)
    with path.open("rb", buffering=0) as handle:
        found = heads_at(handle, range(0, 800, 100))
        monkeypatch.delattr(os, "pread", raising=False)
        assert heads_at(handle, range(0, 800, 100)) == found
    assert list(map(len, found)) == [min(HEAD, max(0, 768 - at)) for at in range(0, 800, 100)]
