"""Damage is data: what is broken is named, what still stands is read, and nothing makes the reader fall over."""

from __future__ import annotations

import random
import struct

import pytest

from parsers.windows import off_grid, structures
from parsers.windows.binxml import MAX_DEPTH, MAX_TEXT, Reader
from parsers.windows.render import record_xml

DEFINITION = 512 + 24 + 14  # where the first record of a chunk defines its template


def document(made, name="Image"):
    def whole(at):
        return made.event(at, lambda at: made.element(at, "EventData", lambda at: made.data(at, name, made.slot(4, 1))))

    return whole


def filled(made, count):
    """Records 1 to `count` of one template, as bytes of a chunk's records."""

    def values(n):
        return [*made.head_values(n), (1, f"program{n}.exe".encode("utf-16-le"))]

    first = made.records(lambda at: made.instance(at, document(made), values(1)))
    return first + b"".join(made.record(n, made.again(DEFINITION, values(n))) for n in range(2, count + 1))


def images(found):
    return [row["Image"] for row in found.rows]


def test_a_wrong_checksum_is_flagged_and_the_records_read(made, read):
    log = bytearray(made.log(made.chunk(filled(made, 3))))
    log[4096 + 52] ^= 1  # records checksum in the chunk's header, which the header's own checksum covers too
    found = read(bytes(log))
    assert [row["flags"] for row in found.rows] == ["bad-checksum"] * 3
    assert len(found.problems) == 1
    assert found.problems[0].offset == 4096
    assert "header checksum" in found.reasons[0]
    assert "records checksum" in found.reasons[0]


def test_reading_goes_on_behind_a_bad_record(made, read):
    log = bytearray(made.log(made.chunk(filled(made, 4))))
    starts = [at for at in range(4608, len(log)) if log[at : at + 4] == b"**\0\0"]
    log[starts[1] + 4] ^= 8  # size of the second record
    found = read(bytes(log))
    assert images(found) == ["program1.exe", "program3.exe", "program4.exe"]
    assert found.ledger.damaged == starts[2] - starts[1]
    assert starts[1] in [problem.offset for problem in found.problems]


def test_chunks_are_read_whatever_the_header_counts(made, read):
    chunk = made.chunk(filled(made, 2))
    log = bytearray(made.log(chunk, bytes(65_536), chunk))
    log[42:44] = b"\0\0"  # chunk count
    found = read(bytes(log))
    assert len(found.rows) == 4
    assert "file header: checksum" in found.reasons[0]
    assert found.ledger.free >= 65_536


def test_a_chunk_of_junk_is_damage(made, read):
    junk = random.Random(1).randbytes(65_536)
    found = read(made.log(made.chunk(filled(made, 1)), junk))
    assert len(found.rows) == 1
    assert found.ledger.damaged == 65_536
    assert found.reasons[0].startswith("file header: it counts 2 chunks, 1 stand in their places")
    assert "no chunk at 0x11000" in found.reasons[1]


@pytest.mark.parametrize("lost", [512, 30_000, 65_536 + 512, -4_096])
def test_chunks_that_left_their_places_are_read_where_they_stand(made, read, lost):
    """Bytes are lost, or added, behind the first chunk's records: all chunks behind stand elsewhere."""
    chunks = [made.chunk(filled(made, count)) for count in (3, 1, 2, 4)]
    log, hole = made.log(*chunks), 4096 + 31_000
    cut = log[:hole] + (log[hole + lost :] if lost > 0 else b"\0" * -lost + log[hole:])
    found = read(cut)
    left = [3, 2, 4] if lost > 65_536 else [3, 1, 2, 4]  # the second chunk is among what was lost
    assert images(found) == [f"program{number}.exe" for count in left for number in range(1, count + 1)]
    assert not any("recovered" in (row["flags"] or "") for row in found.rows)
    (told,) = [reason for reason in found.reasons if "before their places" in reason]
    first = 4096 + 65_536 * (2 if lost > 65_536 else 1) - lost
    behind = -lost % 65_536
    assert told.startswith(
        f"chunks from 0x{first:x} on stand {65_536 - behind} bytes before their places, or {behind} behind"
    )


def test_each_place_from_which_chunks_stand_elsewhere_is_told(made, read):
    chunk = made.chunk(filled(made, 2))
    log = made.log(*[chunk] * 4)
    found = read(
        log[: 4096 + 40_000] + log[4096 + 40_512 : 4096 + 2 * 65_536 + 40_000] + log[4096 + 2 * 65_536 + 40_008 :]
    )
    assert len(found.rows) == 8
    assert [int(told.split()[2], 16) for told in found.reasons if "before their places" in told] == [
        4096 + 65_536 - 512,
        4096 + 3 * 65_536 - 520,
    ]


@pytest.mark.parametrize("beside", [600, 30_000, 65_000])
def test_behind_a_false_header_the_grid_is_found_again(made, read, beside):
    """What looks like a chunk, its header fitting, beside a damaged one: a grid begins there, and the old one again behind."""
    chunks = [made.chunk(filled(made, count)) for count in (3, 1, 2, 4)]
    log, damaged = bytearray(made.log(*chunks)), 4096 + 65_536
    log[damaged : damaged + 8] = b"Damaged!"
    log[damaged + beside : damaged + beside + 512] = made.chunk(b"")[:512]
    found = read(bytes(log))
    sound = [f"program{number}.exe" for count in (3, 2, 4) for number in range(1, count + 1)]
    assert [image for image in images(found) if image in sound][-6:] == sound[-6:]
    assert images(found)[:3] == sound[:3]
    told = [int(reason.split()[2], 16) for reason in found.reasons if "before their places" in reason]
    assert told == [damaged + beside, 4096 + 2 * 65_536]
    behind = [row for row in found.rows if row["offset"] >= 4096 + 2 * 65_536]
    assert len(behind) == 6
    assert not any("recovered" in (row["flags"] or "") for row in behind)


def test_few_of_many_beginnings_near_a_place_are_looked_at(made, read, monkeypatch):
    looked_at = []

    def header_checksum(head):
        looked_at.append(head)
        return structures.header_checksum(head)

    monkeypatch.setattr(off_grid, "header_checksum", header_checksum)
    log = made.log(made.chunk(filled(made, 1)), *[b"ElfChnk." + b"ElfChnk\0" * 8_191] * 3)
    assert len(read(log).rows) == 1
    assert len(looked_at) <= 3 * off_grid.TRIED


def test_a_chunk_out_of_its_place_whose_header_does_not_fit_is_pointed_to(made, read):
    log = bytearray(made.log(*[made.chunk(filled(made, 3))] * 3))
    for base in (4096 + 65_536, 4096 + 2 * 65_536):
        log[base + 120] ^= 1
        log[base + 124] ^= 1
    found = read(bytes(log[: 4096 + 40_000] + log[4096 + 40_512 :]))
    (told,) = [reason for reason in found.reasons if "where none has its place" in reason]
    assert told.startswith("no chunk at 0x11000: found ")
    assert "a chunk begins at 0x20e00, where none has its place: `athar carve` reads it whole" in told


def test_records_of_a_chunk_that_lost_its_header_are_recovered(made, read):
    log = bytearray(made.log(made.chunk(filled(made, 3))))
    log[4096:4104] = b"\0" * 8
    found = read(bytes(log))
    assert images(found) == ["program1.exe", "program2.exe", "program3.exe"]
    assert {row["flags"] for row in found.rows} == {"recovered"}
    assert found.ledger.damaged == 512


def test_a_file_that_ends_inside_a_chunk(made, read):
    log = made.log(made.chunk(filled(made, 5)))
    starts = [at for at in range(4608, len(log)) if log[at : at + 4] == b"**\0\0"]
    found = read(log[: starts[3] + 40])
    assert images(found) == ["program1.exe", "program2.exe", "program3.exe"]
    assert found.ledger.damaged == 40
    assert any("it ends after" in reason for reason in found.reasons)


def test_a_file_that_ends_inside_a_chunks_header(made, read):
    log = made.log(made.chunk(filled(made, 1)), made.chunk(filled(made, 1)))
    found = read(log[: 4096 + 65_536 + 100])
    assert len(found.rows) == 1
    assert found.ledger.damaged == 100
    assert found.reasons == [
        "chunk at 0x11000: it ends after 100 of 65536 bytes, inside its header; it holds no record"
    ]


def test_records_written_after_the_header_was_are_recovered(made, read):
    """A log copied while in use: the chunk's header knows of one record, the next one follows on."""
    records = filled(made, 2)
    first = int.from_bytes(records[4:8], "little")
    chunk = made.chunk(records[:first])[: 512 + first] + records[first:]
    found = read(made.log(chunk.ljust(65_536, b"\0")))
    assert [row["flags"] for row in found.rows] == ["", "recovered"]


def test_a_missing_template_keeps_its_values(made, read):
    lost = made.record(1, made.again(60_000, [*made.head_values(1), (1, "x.exe".encode("utf-16-le"))]))
    found = read(made.log(made.chunk(lost)))
    (row,) = found.rows
    assert [row[name] for name in ("Data", "Data_3", "Data_5")] == ["4624", "Security", "x.exe"]
    assert row["family"] == "windows/other"
    assert row["flags"] == "no-time,incomplete"


def test_headers_only(made, read):
    assert read(made.log()).ledger.read == 4096
    assert read(made.log()[:50]).ledger.read == 50
    assert read(made.log(bytes(65_536))).ledger.free == 65_536


def test_fragments_inside_fragments_end_somewhere(made):
    """A value of type BinXML that holds an instance of the same template, over and over."""
    chunk = bytearray(65_536)
    body = b"\x0f\x01\x01\0" + made.element(28, "A", made.slot(0, 0x21)) + b"\0"
    chunk[0:24] = struct.pack("<I16sI", 0, bytes(range(16)), len(body))  # next definition, GUID, size
    chunk[24 : 24 + len(body)] = body
    inner = b""
    for _ in range(MAX_DEPTH * 3):
        inner = made.again(0, [(0x21, inner)])
    chunk[1000 : 1000 + len(inner)] = inner
    reader = Reader(bytes(chunk))
    reader.fragment(1000, 1000 + len(inner), [])
    assert [remark.reason for remark in reader.remarks] == [
        f"binary XML nested deeper than {MAX_DEPTH} fragments; not read further"
    ]


def test_what_is_odd_in_a_template_is_told_once_a_record(made, read):
    """Fragments inside fragments, each of which asks for its value eight times: thousands of times too deep, at one place."""

    def doubled(at, depth):
        if not depth:
            return b"\x0f\x01\x01\0" + made.element(at + 4, "X", made.text("y")) + b"\0"

        def body(at):
            return made.element(at, "E", made.slot(0, 0x21) * 8)

        inner = b"\x0f\x01\x01\0" + body(at + 42) + b"\0"
        values = [(0x21, doubled(at + 14 + 24 + len(inner) + 8, depth - 1))]
        return made.instance(at, body, values, bytes([depth]) * 16)

    log = made.log(made.chunk(made.records(lambda at: doubled(at, 30))))
    found = read(log)
    told = [(problem.offset, problem.reason) for problem in found.problems]
    assert len(told) == len(set(told)) < 20
    assert [reason for _, reason in told if "nested deeper" in reason] == [
        f"record 1: binary XML nested deeper than {MAX_DEPTH} fragments; not read further"
    ]
    assert all(
        4608 <= at < len(log) for at, reason in told if "expands past" in reason
    )  # in the record, not in front of it
    xml = record_xml(memoryview(log), 4608)
    assert xml.count("nested deeper") == 1


def swelling(made, times):
    """A template that repeats one value `times` times."""

    def whole(at):
        return made.event(
            at,
            lambda at: made.element(
                at,
                "EventData",
                lambda at: made.run(at, *[lambda at: made.element(at, "A", made.slot(4, 1))] * times),
            ),
        )

    return whole


def test_a_value_repeated_until_it_bursts_is_cut_short(made, read):
    values = [*made.head_values(1), (1, b"x\0" * 12_000)]
    found = read(made.log(made.chunk(made.records(lambda at: made.instance(at, swelling(made, 400), values)))))
    (row,) = found.rows
    assert "incomplete" in row["flags"]
    assert any("expands past" in reason for reason in found.reasons)
    assert sum(len(value) for value in row.values() if isinstance(value, str)) <= MAX_TEXT


def test_elements_inside_elements_end_somewhere(made, read):
    def deep(at):
        head = b"\x0f\x01\x01\0"
        opened = b"\x01\xff\xff" + struct.pack("<II", 1, at + 15) + made.name("A") + b"\x02"
        again = b"\x01\xff\xff" + struct.pack("<II", 1, at + 15) + b"\x02"
        return head + opened + again * 3000

    found = read(made.log(made.chunk(made.records(deep))))
    assert len(found.rows) == 1
    assert any("elements inside each other" in reason for reason in found.reasons)


@pytest.mark.parametrize("seed", range(60))
def test_mutations_never_break_the_reader(made, read, seed):
    """Flip, overwrite, cut and insert bytes: no exception, and every byte stays accounted for (`read` checks it)."""
    chance = random.Random(seed)
    log = bytearray(made.log(made.chunk(filled(made, 30)), made.chunk(filled(made, 5))))
    live = [4096 + chance.randrange(512, 5000) for _ in range(12)] + [chance.randrange(len(log)) for _ in range(4)]
    for at in live[: chance.randrange(1, 17)]:
        at = min(at, len(log) - 1)
        match chance.randrange(5):
            case 0:
                log[at] ^= 1 << chance.randrange(8)
            case 1:
                log[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"**\0\0", chance.randbytes(4)])
            case 2:
                del log[at : at + chance.randrange(1, 50)]
            case 3:
                log[at:at] = chance.randbytes(chance.randrange(1, 50))
            case 4 if chance.random() < 0.2:
                del log[at:]
    assert read(bytes(log)).ledger.size == len(log)


def test_the_same_bytes_give_the_same_answer(made, read):
    log = made.log(made.chunk(filled(made, 30)))
    assert read(log).rows == read(log).rows
