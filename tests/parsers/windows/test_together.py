"""Small logs read at once give what each gives alone."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parsers.base import Batch, Evidence, Shared
from parsers.gather import Bytes
from parsers.windows.evtx import PARSER
from timelines.accounts import Accounts
from timelines.problems import Account, Problem
from timelines.rows import Origins, Provenance, finish, finish_together


def evidence_of(path: Path, data: bytes) -> Evidence:
    path.write_bytes(data)
    return Evidence("E001", path.name, path, len(data), path.stem.rjust(64, "0"))


def end_to_end(files: list[Evidence]) -> Bytes:
    return np.frombuffer(b"".join(evidence.path.read_bytes() for evidence in files), np.uint8)


def origin(evidence: Evidence) -> Provenance:
    return Provenance(evidence.exhibit, evidence.file, evidence.sha256)


def ranges(account: Account) -> list[tuple[int, int]]:
    return sorted(zip(account.offsets.tolist(), account.lengths.tolist(), strict=True))


def said(rows: list[dict[str, Any]], told: list[Problem | Account]) -> tuple[Any, ...]:
    """What is known of one file, in an order that does not depend on how its rows were batched."""
    problems = [(item.offset, item.length, item.reason) for item in told if isinstance(item, Problem)]
    accounts = [(item.kind, item.part, ranges(item)) for item in told if isinstance(item, Account)]
    return sorted(rows, key=lambda row: row["row_id"]), problems, accounts


def alone(evidence: Evidence) -> tuple[Any, ...]:
    output = [item for piece in PARSER.slices(evidence) for item in PARSER.parse(evidence, piece)]
    batches = [finish(item.family, item.rows, origin(evidence)) for item in output if isinstance(item, Batch)]
    rows = [row for batch in batches for row in batch.to_pylist()]
    return said(rows, [item for item in output if not isinstance(item, Batch)])


def at_once(files: list[Evidence]) -> list[tuple[Any, ...]]:
    rows: list[list[dict[str, Any]]] = [[] for _ in files]
    told: list[list[Problem | Account]] = [[] for _ in files]
    origins = Origins([origin(evidence) for evidence in files])
    for item in PARSER.parse_together(files, end_to_end(files)):
        if isinstance(item, Shared):
            found = finish_together(item.batch.family, item.batch.rows, origins, item.files).to_pylist()
            for file, row in zip(item.files.tolist(), found, strict=True):
                rows[file].append(row)
        elif isinstance(item, Accounts):
            for file, one in enumerate(told):
                one += item.one(file)
        else:
            told[item.file].append(item.item)
    return [said(*pair) for pair in zip(rows, told, strict=True)]


@pytest.fixture
def logs(made, tmp_path):
    """Three logs with one shape between them, one with none of it, and one that is all header."""

    def event(number: int, channel: str, name: str) -> bytes:
        def body(at):
            return made.event(
                at, lambda at: made.element(at, "EventData", lambda at: made.data(at, name, made.slot(4, 1)))
            )

        values = [*made.head_values(number, channel=channel), (1, f"value {number}".encode("utf-16-le"))]
        return made.chunk(made.record(number, made.instance(512 + 24, body, values)))

    return {
        "a": made.log(event(1, "Security", "Word"), event(2, "Security", "Word")),
        "b": made.log(event(1, "Security", "Word")),
        "c": made.log(event(7, "System", "Other")),
        "d": made.log(),
        "e": made.log(event(9, "System", "Word")),
    }


def test_logs_read_at_once_give_what_each_gives_alone(logs, tmp_path):
    files = [evidence_of(tmp_path / f"{name}.evtx", data) for name, data in logs.items()]
    together = at_once(files)
    assert together == [alone(evidence) for evidence in files]
    assert [len(rows) for rows, _, _ in together] == [2, 1, 1, 0, 1]
    assert {row["file"] for row in together[1][0]} == {"b.evtx"}


def test_rows_of_one_shape_share_a_batch_across_files(logs, tmp_path):
    files = [evidence_of(tmp_path / f"{name}.evtx", logs[name]) for name in "abd"]
    output = PARSER.parse_together(files, end_to_end(files))
    assert [item.files.tolist() for item in output if isinstance(item, Shared)] == [[0, 0, 1]]


@pytest.mark.parametrize("seed", range(25))
def test_damage_in_one_log_changes_nothing_in_the_others(logs, tmp_path, seed):
    dice = random.Random(seed)
    files = []
    for name, data in logs.items():
        copy = bytearray(data)
        if name in "ac":
            for _ in range(dice.choice((1, 3, 40))):
                copy[dice.randrange(min(len(copy), 6_000))] = dice.choice((0, 0xFF, dice.randrange(256)))
        files.append(evidence_of(tmp_path / f"{name}.evtx", bytes(copy)))
    assert at_once(files) == [alone(evidence) for evidence in files]


def test_logs_that_are_cut_off_or_large_are_read_on_their_own():
    assert PARSER.joins(4096)
    assert PARSER.joins(4096 + 65_536)
    assert not PARSER.joins(4095)
    assert not PARSER.joins(4096 + 65_535)
    assert not PARSER.joins(4096 + 65_536 * 1024)
