"""The contract of parsers.base.Parser, kept by every parser there is, also on damaged evidence."""

from __future__ import annotations

import hashlib
import pickle
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from parsers.base import HEAD_BYTES, Batch, Evidence, Parser
from parsers.containers import container_for
from parsers.registry import all_parsers, on_request, recognise
from timelines.coded import CODED
from timelines.families import all_families
from timelines.problems import Account, LedgerRow, Problem, balance
from timelines.rows import Provenance, finish
from timelines.schema import CORE_NAMES, TIME

Sample = Callable[[str], bytes]
each_recognised = pytest.mark.parametrize("parser", all_parsers(), ids=lambda parser: parser.name)
each_parser = pytest.mark.parametrize("parser", [*all_parsers(), *on_request()], ids=lambda parser: parser.name)
FOREIGN = {
    "empty": b"",
    "zeros": bytes(4096),
    "random": random.Random(5).randbytes(4096),
    "text": b"Dear colleague,\nhere is the note that you asked for.\n" * 40,
    "JSON": b'{"time": "2026-01-14T12:00:00Z", "status": 200}\n' * 40,
    "CSV": b"date,time,status\n2026-01-14,12:00:00,200\n" * 40,
    "zip": b"PK\x03\x04" + bytes(60),
    "gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + bytes(60),
    "PE": b"MZ\x90\0" + bytes(60),
}


def evidence_of(path: Path, data: bytes) -> Evidence:
    path.write_bytes(data)
    return Evidence("E001", path.name, path, len(data), hashlib.sha256(data).hexdigest(), zone="UTC")


def read(parser: Parser, evidence: Evidence) -> tuple[list[Batch], list[Problem], LedgerRow, list[Problem]]:
    batches: list[Batch] = []
    problems: list[Problem] = []
    accounts: list[Account] = []
    for piece in parser.slices(evidence):
        for item in parser.parse(evidence, piece):
            if isinstance(item, Batch):
                batches.append(item)
            elif isinstance(item, Problem):
                problems.append(item)
            else:
                assert isinstance(item, Account)
                accounts.append(item)
    return batches, problems, *balance("E001", evidence.file, evidence.size, accounts)


def ids(batches: list[Batch], sha256: str) -> list[str]:
    rows = [finish(batch.family, batch.rows, Provenance("E001", "f", sha256)) for batch in batches]
    return [row_id for batch in rows for row_id in batch.column("row_id").to_pylist()]


def test_names_are_unique() -> None:
    names = [parser.name for parser in (*all_parsers(), *on_request())]
    assert len(set(names)) == len(names)
    assert names, "no parser found by walking the package"


@each_parser
@pytest.mark.parametrize("what", FOREIGN)
def test_accepts_nothing_foreign(parser: Parser, what: str) -> None:
    assert parser.accepts(FOREIGN[what], "x.evtx") is False
    assert parser.accepts(FOREIGN[what], "access.log") is False


@each_recognised
def test_its_sample_is_recognised_by_content_alone_and_by_nobody_else(parser: Parser, sample: Sample) -> None:
    head = sample(parser.name)[:HEAD_BYTES]
    for name in ("x", "x.evtx", "x.pcap", "access.log", "", "سجل"):
        assert [other.name for other in all_parsers() if other.accepts(head, name)] == [parser.name]
        assert recognise(head, name) is parser
    assert container_for(head) is None


def test_what_is_read_on_request_recognises_nothing(sample: Sample) -> None:
    for parser in on_request():
        assert parser.accepts(sample(parser.name)[:HEAD_BYTES], "x") is False


@each_parser
def test_no_prefix_of_a_sample_makes_accepts_raise(parser: Parser, sample: Sample) -> None:
    head = sample(parser.name)[:2000]
    for other in all_parsers():
        assert {type(other.accepts(head[:size], "x")) for size in range(0, len(head), 7)} == {bool}


@each_parser
def test_a_parser_can_be_sent_to_a_worker(parser: Parser, sample: Sample, tmp_path: Path) -> None:
    evidence = evidence_of(tmp_path / "f", sample(parser.name))
    for piece in pickle.loads(pickle.dumps(parser.slices(evidence))):
        assert list(parser.parse(pickle.loads(pickle.dumps(evidence)), piece))


@each_parser
def test_slices_cover_the_file_in_order(parser: Parser, sample: Sample, tmp_path: Path) -> None:
    evidence = evidence_of(tmp_path / "f", sample(parser.name))
    pieces = parser.slices(evidence)
    assert [pieces[0].start, *(piece.stop for piece in pieces)] == [
        *(piece.start for piece in pieces),
        evidence.size,
    ]
    assert pieces[0].start == 0


@each_parser
def test_a_sound_sample_gives_rows_no_problem_and_a_ledger_that_adds_up(
    parser: Parser, sample: Sample, tmp_path: Path
) -> None:
    evidence = evidence_of(tmp_path / "f", sample(parser.name))
    batches, problems, ledger, lost = read(parser, evidence)
    assert sum(batch.rows.num_rows for batch in batches) > 0
    assert (problems, lost) == ([], [])
    assert (ledger.damaged, ledger.unsupported) == (0, 0)
    assert ledger.read > 0


@each_parser
def test_rows_are_typed_placed_and_of_a_declared_family(parser: Parser, sample: Sample, tmp_path: Path) -> None:
    evidence = evidence_of(tmp_path / "f", sample(parser.name))
    batches, *_ = read(parser, evidence)
    for batch in batches:
        family = all_families()[batch.family]
        schema = batch.rows.schema
        assert schema.field("time").type == TIME
        assert {schema.field(name).type for name in ("offset", "length")} == {pa.int64()}
        assert not {"family", "exhibit", "file", "row_id"} & set(schema.names)
        assert len({name.lower() for name in schema.names}) == len(schema.names)
        declared = {column.name: column.type for column in family.columns}
        for field in schema:
            if field.name in declared:
                coded = [CODED] if declared[field.name] == pa.string() else []
                assert field.type in [declared[field.name], *coded], field.name
            elif field.name not in (*CORE_NAMES, "index"):
                assert family.open, f"{batch.family} is closed and does not declare {field.name}"
        offsets, lengths = (batch.rows.column(name).to_numpy() for name in ("offset", "length"))
        assert (offsets >= 0).all()
        assert (lengths > 0).all()
        assert (offsets + lengths <= evidence.size).all()


@each_parser
def test_row_ids_are_unique_and_the_same_twice(parser: Parser, sample: Sample, tmp_path: Path) -> None:
    evidence = evidence_of(tmp_path / "f", sample(parser.name))
    first = ids(read(parser, evidence)[0], evidence.sha256)
    assert len(set(first)) == len(first) > 0
    assert sorted(first) == sorted(ids(read(parser, evidence)[0], evidence.sha256))


def _damaged(data: bytes, seed: str) -> list[bytes]:
    dice = random.Random(seed)
    cuts = [data[:size] for size in (1, 3, 17, 24, 100, len(data) // 3, len(data) // 2, len(data) - 1)]
    turned = []
    for count in (1, 1, 1, 1, 2, 4, 8, 16, 64, 256):
        copy = bytearray(data)
        for _ in range(count):
            copy[dice.randrange(min(len(copy), 12_000))] = dice.choice((0, 0xFF, dice.randrange(256)))
        turned.append(bytes(copy))
    hole = data[: len(data) // 2] + bytes(50) + data[len(data) // 2 + 50 :]
    middle = data[: len(data) // 2] + dice.randbytes(333) + data[len(data) // 2 :]
    return [*cuts, *turned, hole, middle, data + b"\0" * 9, data + dice.randbytes(200), data + data]


@each_parser
def test_damage_is_data_every_byte_is_accounted_for_and_nothing_raises(
    parser: Parser, sample: Sample, tmp_path: Path
) -> None:
    sound = sample(parser.name)
    for number, data in enumerate(_damaged(sound, parser.name)):
        evidence = evidence_of(tmp_path / f"f{number}", data)
        batches, problems, ledger, lost = read(parser, evidence)
        assert lost == [], f"variant {number}: {lost[:2]}"
        assert ledger.read + ledger.free + ledger.unsupported + ledger.damaged == len(data)
        assert ledger.damaged == 0 or problems, f"variant {number}: {ledger.damaged} bytes damaged and nothing said"
        found = ids(batches, evidence.sha256)
        assert len(set(found)) == len(found)
        for problem in problems:
            assert (problem.exhibit, problem.file) == ("E001", evidence.file)
            assert 0 <= problem.offset <= problem.offset + problem.length <= len(data), problem
            assert problem.reason
            assert "\n" not in problem.reason
