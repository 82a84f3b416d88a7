"""Records of a hand-made log come out as the rows they are."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from parsers.base import Evidence
from parsers.windows import evtx, inline
from parsers.windows.evtx import PARSER, bounds, windows
from parsers.windows.structures import CHUNK, FILE_HEADER
from timelines.coded import CODED
from timelines.schema import own_name


def one(made, name="TargetUserName"):
    """A log of one record: EventData with one named Data (slot 4)."""

    def document(at):
        return made.event(
            at, lambda at: made.element(at, "EventData", lambda at: made.data(at, name, made.slot(4, 1, optional=True)))
        )

    return document


def test_a_record_of_one_template(made, read):
    values = [*made.head_values(1), (1, "amina".encode("utf-16-le"))]
    found = read(made.log(made.chunk(made.records(lambda at: made.instance(at, one(made), values)))))
    (row,) = found.rows
    assert row["family"] == "windows/security"
    assert row["event"] == "4624"
    assert row["EventID"] == 4624
    assert row["time"] == datetime(2021, 3, 4, 12, tzinfo=UTC)
    assert row["RecordTime"] == row["time"]
    assert (row["time_desc"], row["time_quality"], row["flags"]) == ("Event created", "utc", "")
    assert (row["record"], row["offset"]) == (1, 4096 + 512)
    assert row["TargetUserName"] == "amina"
    assert found.problems == []
    # header, chunk header and record are read; the rest of the chunk is free
    assert found.ledger.read == 4096 + 512 + row["length"]
    assert found.ledger.free == found.ledger.size - found.ledger.read


def test_later_records_refer_to_the_first_ones_template(made, read):
    first = made.records(lambda at: made.instance(at, one(made), [*made.head_values(1), (1, b"a\0")]))
    definition = 512 + 24 + 14  # chunk header, record header, fragment header and template instance
    second = made.record(2, made.again(definition, [*made.head_values(2), (0, b"")]))
    found = read(made.log(made.chunk(first + second)))
    assert [row["TargetUserName"] for row in found.rows] == ["a", None]
    assert len(found.batches) == 1


def nested(made, number, name, value, definition=None):
    """A record whose EventData is a BinXML value (type 0x21) with a template of its own."""

    def inner_document(at):
        return made.element(at, "EventData", lambda at: made.data(at, name, made.slot(0, 1)))

    def record(at):
        def document(at):
            return made.event(at, lambda at: made.slot(4, 0x21, optional=True))

        empty = made.instance(at, document, [*made.head_values(number), (0x21, b"")])
        inner = made.instance(at + len(empty), inner_document, [(1, value.encode("utf-16-le"))], guid=b"\x77" * 16)
        return made.instance(at, document, [*made.head_values(number), (0x21, inner)])

    return record


def test_nested_templates_and_two_shapes(made, read):
    found = read(
        made.log(
            made.chunk(
                made.records(
                    nested(made, 1, "Image", "a.exe"), nested(made, 2, "Query", "b"), nested(made, 3, "Image", "c")
                )
            )
        )
    )
    assert [row.get("Image") for row in found.rows] == ["a.exe", None, "c"]
    assert [row.get("Query") for row in found.rows] == [None, "b", None]
    assert sorted(batch.rows.num_rows for batch in found.batches) == [1, 2]
    assert found.problems == []


def test_a_record_without_a_template(made, read):
    def record(at):
        return b"\x0f\x01\x01\x00" + made.element(
            at + 4,
            "Event",
            lambda at: made.run(
                at,
                lambda at: made.element(
                    at,
                    "System",
                    lambda at: made.run(
                        at,
                        lambda at: made.element(at, "EventID", made.text("104")),
                        lambda at: made.element(at, "Channel", made.text("System")),
                    ),
                ),
                lambda at: made.element(
                    at,
                    "UserData",
                    lambda at: made.element(
                        at, "LogFileCleared", lambda at: made.element(at, "SubjectUserName", made.text("x"))
                    ),
                ),
            ),
        )

    found = read(made.log(made.chunk(made.records(record))))
    (row,) = found.rows
    assert (row["family"], row["event"], row["SubjectUserName"]) == ("windows/system", "104", "x")
    assert row["time"] is None
    assert row["flags"] == "no-time"
    assert found.reasons == ["record 1: TimeCreated: no usable time; left empty"]


def test_filetime_zero_is_no_time(made, read):
    values = [*made.head_values(1, ticks=0), (0, b"")]
    found = read(made.log(made.chunk(made.records(lambda at: made.instance(at, one(made), values)))))
    (row,) = found.rows
    assert row["time"] is None
    assert row["flags"] == "no-time"
    assert [problem.offset for problem in found.problems] == [4608]


def test_names_that_core_columns_hold_get_an_underscore_and_remember_their_own(made, read):
    values = [*made.head_values(1), (1, "x".encode("utf-16-le"))]
    found = read(made.log(made.chunk(made.records(lambda at: made.instance(at, one(made, "Process"), values)))))
    field = found.batches[0].rows.schema.field("Process_")
    assert own_name(field) == "Process"
    assert field.type == CODED


def test_header_time_and_number_that_differ_are_flagged(made, read):
    values = [*made.head_values(7, ticks=made.noon - 300_000_000), (0, b"")]  # 30 s before; id 7 in a record numbered 1
    found = read(made.log(made.chunk(made.records(lambda at: made.instance(at, one(made), values)))))
    (row,) = found.rows
    assert row["flags"] == "time-differs,id-differs"
    assert row["record"] == 7


def test_many_records_decode_as_few_do(made, read):
    """Large groups go through numpy, small ones value by value: the same rows either way."""
    first = made.records(lambda at: made.instance(at, one(made), [*made.head_values(1), (1, "é0".encode("utf-16-le"))]))
    texts = ["é0", "plain", "", "سجل", "\U0001f600", "tail\0", "a\0b"] + [f"u{n}" for n in range(60)]
    rest = b"".join(
        made.record(number, made.again(550, [*made.head_values(number), (1, text.encode("utf-16-le"))]))
        for number, text in enumerate(texts[1:], 2)
    )
    found = read(made.log(made.chunk(first + rest)))
    assert [row["TargetUserName"] for row in found.rows] == [text.rstrip("\0") for text in texts]
    assert [row["record"] for row in found.rows] == list(range(1, len(texts) + 1))


def test_lone_surrogates_stay_visible(made, read):
    raw = struct.pack("<3H", ord("a"), 0xD800, ord("b"))
    first = made.records(lambda at: made.instance(at, one(made), [*made.head_values(1), (1, raw)]))
    rest = b"".join(made.record(n, made.again(550, [*made.head_values(n), (1, raw)])) for n in range(2, 20))
    found = read(made.log(made.chunk(first + rest)))
    assert {row["TargetUserName"] for row in found.rows} == {"a\\ud800b"}


def test_two_channels_in_one_log_are_two_families(made, read):
    first = made.records(lambda at: made.instance(at, one(made), [*made.head_values(1), (0, b"")]))
    second = made.record(2, made.again(550, [*made.head_values(2, channel="Setup"), (0, b"")]))
    found = read(made.log(made.chunk(first + second)))
    assert [row["family"] for row in found.rows] == ["windows/security", "windows/other"]


def test_pieces_parse_apart_to_the_same_rows(made, read, monkeypatch):
    """A large log is read in pieces; where they part changes neither rows nor accounts."""
    records = made.records(lambda at: made.instance(at, one(made), [*made.head_values(1), (1, b"a\0")]))
    log = made.log(*[made.chunk(records)] * 5)
    whole = read(log)
    monkeypatch.setattr("parsers.windows.evtx.WINDOW", 2 * 65_536)
    apart = read(log)
    assert apart.rows == whole.rows
    assert [row["offset"] for row in whole.rows] == [4096 + 512 + 65_536 * n for n in range(5)]
    assert apart.ledger == whole.ledger
    assert len(apart.batches) == 5


@pytest.mark.parametrize("chunks", [0, 1, 2, 3, 4, 5, 8, 9, 64, 66, 67, 1000])
def test_pieces_are_even_in_number_and_about_as_large(monkeypatch, chunks):
    monkeypatch.setattr("parsers.windows.evtx.WINDOW", 32 * CHUNK)
    size = FILE_HEADER + chunks * CHUNK
    found = bounds(size)
    sizes = [stop - start for start, stop in pairwise(found)]
    assert (found[0], found[-1]) == (0, size)
    assert all((at - FILE_HEADER) % CHUNK == 0 for at in found[1:])
    assert len(sizes) == 1 if chunks <= 32 else len(sizes) % 2 == 0
    assert max(sizes) <= 33 * CHUNK + FILE_HEADER
    assert max(sizes) - min(sizes) <= FILE_HEADER + CHUNK or chunks <= 32
    evidence = Evidence("E001", "made.evtx", Path("made.evtx"), size, "0" * 64)
    pieces = PARSER.slices(evidence)
    assert [at for piece in pieces for at in windows(size, piece)] == list(pairwise(found))
    assert len(pieces) == 1 if chunks <= 32 else len(pieces) % 2 == 0
    assert {len(windows(size, piece)) for piece in pieces} == {1 if chunks <= 66 else 3}


def forwarded(made, number, text):
    """A record without a template whose names stand elsewhere in the chunk after their first use."""

    def record(at):
        return b"\x0f\x01\x01\x00" + made.element(
            at + 4,
            "Event",
            lambda at: made.run(
                at,
                lambda at: made.element(
                    at,
                    "System",
                    lambda at: made.run(
                        at,
                        lambda at: made.element(at, "EventID", made.text(str(4000 + number))),
                        lambda at: made.element(at, "Channel", made.text("Security")),
                    ),
                ),
                lambda at: made.element(
                    at, "EventData", lambda at: made.data(at, "A" if number % 3 else "B", made.text(text))
                ),
            ),
        )

    return record


def spelled(made, text, beside=""):
    """A record without a template whose text holds characters by name and by number, and may stand beside an element."""

    def named(name):
        return lambda at: b"\x49" + struct.pack("<I", at + 5) + made.name(name)  # EntityRef, more of the text follows

    def inside(at):
        pieces = (
            lambda at: made.text(text),
            named("gt"),
            lambda at: b"\x48" + struct.pack("<H", 0x20AC),  # CharRef: the euro sign
            named("nbsp"),
            lambda at: made.text("z"),
        )
        return made.run(at, *pieces)

    def data(at):
        within = (inside, lambda at: made.element(at, beside, made.text("in"))) if beside else (inside,)
        return made.element(at, "Data", lambda at: made.run(at, *within))

    return lambda at: (
        b"\x0f\x01\x01\x00" + made.element(at + 4, "Event", lambda at: made.element(at, "EventData", data))
    )


@pytest.mark.parametrize(("beside", "alone"), [("", 0), ("Inner", 30)])
def test_characters_by_name_are_part_of_a_document_without_template(made, read, monkeypatch, beside, alone):
    texts = [f"text {n}" if n % 2 else "" for n in range(30)]
    log = made.log(made.chunk(made.records(*[spelled(made, text, beside) for text in texts])))
    monkeypatch.setattr("parsers.windows.inline._library", inline._Library())
    singles, counted = evtx.singles, []
    monkeypatch.setattr(evtx, "singles", lambda *given: counted.append(len(given[2])) or singles(*given))
    together = read(log)
    monkeypatch.setattr("parsers.windows.inline.FEW", 10**9)
    apart = read(log)
    assert together.rows == apart.rows
    assert [row["Data"] for row in together.rows] == [f"{text}>\u20ac&nbsp;z" for text in texts]
    assert counted == [alone, 30]


def test_a_document_that_goes_on_after_another_ends_is_read_to_its_end(made, read, monkeypatch):
    """Records that end with their last element, and longer ones that begin with the same tokens."""

    def record(roots):
        def root(at):
            return made.element(at, "EventData", lambda at: made.element(at, "Data", made.text("a")))

        return lambda at: b"\x0f\x01\x01\x00" + made.run(at + 4, *[root] * roots)

    log = made.log(made.chunk(made.records(*[record(1 + (n >= 20)) for n in range(40)])))
    monkeypatch.setattr("parsers.windows.inline._library", inline._Library())
    together = read(log)
    assert [sum(value == "a" for value in row.values()) for row in together.rows] == [1] * 20 + [2] * 20
    monkeypatch.setattr("parsers.windows.inline.FEW", 10**9)
    assert together.rows == read(log).rows


def test_many_records_without_templates_are_read_in_lockstep_and_alone_alike(made, read, monkeypatch):
    texts = [f"text {n} é" if n % 2 else "" for n in range(60)]
    log = made.log(made.chunk(made.records(*[forwarded(made, n, text) for n, text in enumerate(texts)])))
    together = read(log)
    monkeypatch.setattr("parsers.windows.inline.FEW", 10**9)
    alone = read(log)
    assert len(together.batches) == 2
    assert together.rows == alone.rows
    assert [row.get("A", row.get("B")) for row in together.rows] == texts
    assert [row["EventID"] for row in together.rows] == [4000 + n for n in range(60)]
