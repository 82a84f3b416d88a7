"""Old records in free space: rows again where they stand whole, told once, and never read by a template that is not theirs."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log
from parsers.base import Account, Batch, Evidence
from parsers.windows import chunks, definitions, evtx
from parsers.windows.ledger import Ledger, Ledgers
from parsers.windows.typed import Window
from parsers.windows.visit import visit

NOON = 1_614_859_200_000_000_000  # 2021-03-04 12:00:00 UTC, in ns
CHUNK, HEADER = 65_536, 512


def event(number, provider="Example-Provider", name="Image", value="old.exe", computer="WEB01.tamrirt.example"):
    return Event(
        provider=provider,
        provider_guid="{54849625-5478-4994-A5BA-3E3B0328C30D}",
        event_id=4000 + number % 3,
        time_ns=NOON + number * 1_000_000_000,
        record_id=number,
        computer=computer,
        user_sid="S-1-5-18",
        data=((name, Kind.UNICODE, value),),
    )


def newer(number):
    """An event of which nothing is as in the old ones."""
    return event(number, "Other-Provider", "Somewhere", "new.exe", "WEB02.tamrirt.example")


@pytest.fixture
def log(tmp_path):
    """The bytes of a log that our writer makes of events."""

    def make(events, channel="Example/Operational"):
        write_log(tmp_path / "written.evtx", channel, events)
        return (tmp_path / "written.evtx").read_bytes()

    return make


def chunk_of(data, number=0):
    return data[4096 + number * CHUNK : 4096 + (number + 1) * CHUNK]


def free_of(chunk):
    return struct.unpack_from("<I", chunk, 48)[0]


def over(new, old):
    """A chunk that was used again: the live part of `new`, and behind it what `old` still holds."""
    return new[: free_of(new)] + old[free_of(new) :]


def cut(chunk, records):
    """A chunk whose header knows of its first records only, as after a log was cut down; both checksums fit."""
    at = HEADER
    for _ in range(records):
        at += struct.unpack_from("<I", chunk, at + 4)[0]
    head = bytearray(chunk)
    struct.pack_into("<I", head, 48, at)
    struct.pack_into("<I", head, 52, zlib.crc32(chunk[HEADER:at]))
    struct.pack_into("<I", head, 124, zlib.crc32(head[128:HEADER], zlib.crc32(head[:120])))
    return bytes(head)


def records_of(chunk):
    """Bytes of a chunk's live records, in order."""
    at, out = HEADER, []
    while at < free_of(chunk):
        size = struct.unpack_from("<I", chunk, at + 4)[0]
        out.append(chunk[at : at + size])
        at += size
    return out


def old(found):
    return [row for row in found.rows if "recovered" in row["flags"].split(",")]


def test_old_records_with_their_template_are_rows_like_others(log, read):
    written = log([event(number) for number in (1, 2, 3, 7, 8)])
    found = read(written[:4096] + cut(chunk_of(written), 3))
    # 7 does not follow 3, so it is no record that a stale header missed
    assert [(row["record"], row["flags"], row["Image"]) for row in old(found)] == [
        (7, "recovered", "old.exe"),
        (8, "recovered", "old.exe"),
    ]
    assert found.problems == []
    assert len(found.rows) == 5


def test_a_record_that_the_log_still_holds_is_not_told_twice(made, read):
    """Same number and same bytes: counted as slack. Same number and other bytes: a row."""
    chunk = made.chunk(
        made.records(lambda at: made.instance(at, lambda at: made.event(at, lambda at: b""), made.head_values(1)))
    )
    same = records_of(chunk)[0]
    other = made.record(1, made.again(550, made.head_values(1, event=4625)))
    free = free_of(chunk)
    found = read(made.log(chunk[:free] + (same + other + other).ljust(CHUNK - free, b"\0")))
    assert [(row["event"], row["flags"]) for row in found.rows] == [("4624", ""), ("4625", "recovered")]
    assert found.problems == []
    assert found.parts["read", "recovered records"] == len(other)
    assert found.parts["free", "slack"] == len(same) + len(other)


def test_a_template_that_was_written_over_is_not_taken_for_another(log, read):
    """The newer records put other names where the old ones' templates were; of the old only what is certain is read."""
    before = chunk_of(log([event(number) for number in range(1, 41)]))
    after = log([newer(number) for number in range(90, 93)], "Other/Channel")
    found = read(after[:4096] + over(chunk_of(after), before))
    rows = old(found)
    assert len(rows) > 30
    for row in rows:
        assert row["flags"] == "recovered,incomplete"
        assert row["event"] == str(4000 + row["record"] % 3)
        assert (row["Provider_Name"], row["Channel"]) == ("Example-Provider", "Example/Operational")
        assert (row["Security_UserID"], row["Data"]) == ("S-1-5-18", "old.exe")
        assert row["time"].value == NOON + row["record"] * 1_000_000_000
        assert row.get("Somewhere") is None
    assert any("System read by the places that its values have in every event" in reason for reason in found.reasons)
    assert any("its 1 values kept as unnamed Data" in reason for reason in found.reasons)


def test_definitions_that_are_too_large_together_are_not_held(log, read, monkeypatch):
    """Old records are rows all the same, read as those whose template is gone."""
    monkeypatch.setattr(definitions, "MOST_TOKENS", 0)
    written = log([event(number) for number in (1, 2, 3, 7, 8)])
    found = read(written[:4096] + cut(chunk_of(written), 3))
    assert [(row["record"], row["flags"]) for row in old(found)] == [
        (7, "recovered,incomplete"),
        (8, "recovered,incomplete"),
    ]
    assert [row["Image"] for row in found.rows if row not in old(found)] == ["old.exe"] * 3


def test_chunks_that_repeat_a_definition_share_what_is_held_of_it(log):
    chunks = [
        chunk_of(log([event(number, value=value) for number in (1, 4, 7)])) for value in ("a.exe", "b.exe", "c.exe")
    ]
    data = np.frombuffer(b"".join(chunks), np.uint8)
    known = definitions.Definitions(data, 0, len(data))
    places = [place for found in known._all().values() for place in found]
    held = [known.proved(base, place, data[place + 4 : place + 8].tobytes()) for base, place in places]
    assert len(held) == 6
    assert all(held)
    assert len({id(one.roots) for one in held}) == 2  # the event's and its EventData's


@pytest.mark.parametrize("flipped", [0, 60, 600])
def test_what_was_visited_needs_no_search(log, flipped):
    """Places of definitions are those that a search of all bytes finds, also where bytes were changed, nested instances among them."""
    chance = random.Random(flipped)
    parts = [chunk_of(log([event(number, name=name) for number in range(1, 30)])) for name in ("A", "B", "C", "D")]
    data = np.frombuffer(bytes(HEADER * 8) + cut(parts[0], 5) + b"".join(parts[1:]), np.uint8).copy()
    for at in chance.choices(np.flatnonzero(data).tolist(), k=flipped):
        data[at] = chance.randrange(256)
    evidence = Evidence("E001", "log.evtx", Path("log.evtx"), len(data), "0" * 64)
    ledger = Ledger(evidence, 0)
    found = chunks.records(data, [(4096, len(data))], Ledgers([ledger], ledger))
    visited = visit(Window(data, 0), found.offset + 24, found.offset + found.size - 4, found.base)
    whole = visited.whole()
    begins, ends = found.offset[whole], (found.offset + found.size)[whole]
    known = definitions.Visited(begins, ends, visited.places())
    everywhere = definitions.Definitions(data, 0, len(data))._all()
    assert len(everywhere) > 1
    assert whole.any()
    assert (whole.sum() < (visited.roots >= 0).sum()) == (flipped > 0)
    assert definitions.Definitions(data, 0, len(data), known)._all() == everywhere


def test_the_same_template_in_another_chunk_gives_the_names(log, read):
    before = chunk_of(log([event(number) for number in range(1, 41)]))
    after = log([newer(number) for number in range(90, 93)], "Other/Channel")
    sound = chunk_of(log([event(number, value="live.exe") for number in range(200, 203)]))
    found = read(after[:4096] + over(chunk_of(after), before) + sound)
    assert {row["Image"] for row in old(found)} == {"old.exe"}
    assert {row["Computer"] for row in old(found)} == {"WEB01.tamrirt.example"}
    told = [reason for reason in found.reasons if "read by the same template at byte" in reason]
    assert len(told) == 2 * len(old(found))  # one of the event, one of its EventData


def test_a_name_that_was_written_over_is_noticed(log, read):
    """The definition stands, one of its names does not: its hash tells."""
    written = log([event(number) for number in (1, 2, 3, 7, 8)])
    chunk = bytearray(cut(chunk_of(written), 3))
    place = bytes(chunk).index("EventData".encode("utf-16-le"))
    chunk[place : place + 18] = "OtherData".encode("utf-16-le")
    found = read(written[:4096] + bytes(chunk))
    assert [row.get("OtherData_Image") for row in old(found)] == [None, None]
    assert [(row["Data"], row["flags"]) for row in old(found)] == [("old.exe", "recovered,incomplete")] * 2
    assert any("its template was written over in part" in reason for reason in found.reasons)


def test_what_the_log_holds_outside_the_piece_that_is_read_is_known_too(log, tmp_path, monkeypatch):
    """A log read in pieces of one chunk: an old record in the second chunk's slack is live in the first."""
    first = chunk_of(log([event(number) for number in range(1, 6)]))
    second = chunk_of(log([event(number) for number in range(6, 9)]))
    copy, gone = records_of(first)[4], records_of(chunk_of(log([event(number) for number in range(70, 76)])))[4]
    free = free_of(second)
    data = log([])[:4096] + first + second[:free] + (copy + gone).ljust(CHUNK - free, b"\0")
    path = tmp_path / "pieces.evtx"
    path.write_bytes(data)
    evidence = Evidence("E001", path.name, path, len(data), "0" * 64)
    monkeypatch.setattr(evtx, "WINDOW", CHUNK)
    pieces = evtx.PARSER.slices(evidence)
    assert len(pieces) == 2
    items = [item for piece in pieces for item in evtx.PARSER.parse(evidence, piece)]
    rows = [row for item in items if isinstance(item, Batch) for row in item.rows.to_pylist()]
    assert [row["record"] for row in rows if "recovered" in row["flags"]] == [74]
    assert sum(int(a.lengths.sum()) for a in items if isinstance(a, Account)) == len(data)


def test_a_record_inside_another_is_part_of_it(made, read):
    inner = made.record(5, b"\x0f\x01\x01\0\0")
    outer = made.record(4, b"\x0f\x01\x01\0\0" + inner + b"\0\0\0")
    chunk = made.chunk(b"")
    found = read(made.log(chunk[:HEADER] + outer.ljust(CHUNK - HEADER, b"\0")))
    assert [(row["record"], row["length"]) for row in found.rows] == [(4, len(outer))]


def test_signatures_without_records_give_no_rows(made, read):
    """Every four bytes of the free space claim to begin a record."""
    chunk = made.chunk(b"")[:HEADER] + b"**\0\0" * ((CHUNK - HEADER) // 4)
    found = read(made.log(chunk))
    assert (found.rows, found.problems) == ([], [])
    assert found.parts == {
        ("read", "file header"): 4096,
        ("read", "chunk headers"): 128,
        ("read", "name tables"): 256,
        ("read", "template tables"): 128,
        ("free", "slack"): CHUNK - HEADER - 2,
        ("free", "free space"): 2,
    }


def test_a_stale_header_count_hides_no_chunk(log, read):
    """65,537 chunks do not fit the header's count of 16 bits, and a log in use has an old one and is marked dirty."""
    data = bytearray(log([event(number) for number in range(1, 4)]))
    for count, flags in ((1, 0), (0, 1), (0xFFFF, 3)):
        struct.pack_into("<H", data, 42, count)
        struct.pack_into("<I", data, 120, flags)  # not under the checksum
        struct.pack_into("<I", data, 124, zlib.crc32(data[:120]))
        assert len(read(bytes(data) + chunk_of(data)).rows) == 6


def test_definitions_inside_each_other_are_given_up_in_time(made, read):
    """Old records that each name another of 2,000 overlapping definitions, all of which read the same thousands of tokens."""
    space = bytearray(CHUNK)
    at = HEADER
    for number in range(200):
        record = made.record(number, made.again(30_000 + 28 * number, made.head_values(number)))
        space[at : at + len(record)] = record
        at += len(record)
    assert at < 30_000
    for number in range(200):
        definition = struct.pack("<I16sI", 0, bytes(range(16)), 25_000) + b"\x0f\x01\x01\0"
        space[30_000 + 28 * number : 30_028 + 28 * number] = definition
    space[36_000:60_000] = b"\x0f\x01\x01\0" * 6_000  # fragment headers, each of them a token
    chunk = made.chunk(b"")[:HEADER] + bytes(space[HEADER:])
    found = read(made.log(chunk))
    assert len(found.rows) > 100
    assert {row["flags"].split(",")[0] for row in found.rows} == {"recovered"}


def test_zeros_where_a_name_was_are_no_name(log, read):
    """A name of no characters has the hash 0: zeros over a name would prove it."""
    written = log([event(number) for number in (1, 2, 3, 7, 8)])
    chunk = bytearray(cut(chunk_of(written), 3))
    place = bytes(chunk).index("EventData".encode("utf-16-le"))
    chunk[place - 8 : place + 18] = bytes(26)  # next name, hash, characters, text
    found = read(written[:4096] + bytes(chunk))
    assert [(row["Data"], row["flags"]) for row in old(found)] == [("old.exe", "recovered,incomplete")] * 2
    assert not any("_Image" in name for name in found.rows[-1])
    assert any("its template was written over in part" in reason for reason in found.reasons)
