"""What one worker does: read a bundle of files, or some slices of a large one, and write the parts of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import pyarrow as pa

from forensics.joined_files import Joined, Waiting
from forensics.kept_memory import kept_memory
from forensics.planning import BUNDLE_BYTES, ROOM_FOR_REST, Task
from forensics.rare_collections import rare_collections
from parsers.base import Batch, Evidence, Joiner, Output, Shared, Slice, Told
from parsers.materialise import materialised
from parsers.registry import by_name
from timelines.accounts import Accounts, balances
from timelines.inventory import FileEntry
from timelines.part_writer import PartWriter
from timelines.parts import PartInfo
from timelines.problems import Account, Balance, LedgerPart, LedgerRow, Problem, balanced
from timelines.rows import Origins, Provenance, finish, finish_together

HELD_COLUMNS = 100_000  # of batches of files that are read at once, 1 kB each; an honest bundle has some thousands
TOGETHER_BYTES = BUNDLE_BYTES + BUNDLE_BYTES // ROOM_FOR_REST  # small files that a reader takes at once; held in memory


@dataclass(frozen=True, slots=True)
class Done:
    """What a task gives back: its parts, and sums for the terminal. `crashes` counts readers that failed in an unforeseen way."""

    id: str
    parts: tuple[PartInfo, ...]
    rows: int
    problems: int
    size: int
    crashes: int


@rare_collections()
@kept_memory()
def run(task: Task, root: Path, scratch: Path | None = None) -> Done:
    """Read a task's evidence and write its parts below `root`. The manifest is left to the coordinator."""
    writer = PartWriter(root, task.id)
    tally = _Tally([], [], [], 0, 0)
    waiting = Waiting(min(TOGETHER_BYTES, sum(entry.size for entry in task.entries)))
    with tempfile.TemporaryDirectory(prefix="athar-", dir=scratch, ignore_cleanup_errors=True) as folder:
        for item in materialised(task.source, task.entries, Path(folder), unseen=partial(_goes_by_itself, task)):
            if not isinstance(item, Problem) and (joiner := _joiner(task, item[0])) is not None:
                evidence = task.given.evidence(*item, task.shared)
                if (full := waiting.full(joiner, evidence)) is not None:
                    _read_together(full, writer, tally)
                if waiting.take(joiner, evidence):
                    continue
                if _goes_by_itself(task, item[0]):
                    (item,) = materialised(task.source, [item[0]], Path(folder))
            if isinstance(item, Problem):
                tally.problems.append(item)
                tally.ledger += [_unread(e) for e in task.entries if e.file == item.file]
                continue
            evidence, parser = task.given.evidence(*item, task.shared), by_name(item[0].parser)
            for piece in task.slices if task.slices is not None else parser.slices(evidence):
                _read(parser.parse(evidence, piece), (parser.name, evidence, piece), writer, tally)
        for held in waiting.rest():
            _read_together(held, writer, tally)
    tally.problems += writer.crowded()
    parts = writer.close(tally.problems, _summed(tally.ledger), tally.detail)
    return Done(task.id, tuple(parts), tally.rows, len(tally.problems), task.size, tally.crashes)


_joining: dict[type, bool] = {}


def _joiner(task: Task, entry: FileEntry) -> Joiner | None:
    """The reader of a file, if it can read it with others. Remembered by type: to ask an object for a protocol is dear, once a file."""
    if task.slices is not None:
        return None
    parser = by_name(entry.parser)
    kind = type(parser)
    if kind not in _joining:
        _joining[kind] = isinstance(parser, Joiner)
    joiner = cast(Joiner, parser) if _joining[kind] else None
    return joiner if joiner is not None and joiner.joins(entry.size) else None


def _goes_by_itself(task: Task, entry: FileEntry) -> bool:
    """Whether a file lies on the disk and can be read with others: it is opened once, when it is read."""
    return entry.on_disk in ("", entry.file) and _joiner(task, entry) is not None


@dataclass(slots=True)
class _Tally:
    problems: list[Problem]
    ledger: list[LedgerRow]
    detail: list[LedgerPart]
    rows: int
    crashes: int

    def balanced(self, balance: Balance) -> None:
        """Take what the accounts of a piece, or of a file, add up to."""
        self.ledger.append(balance.row)
        self.detail += balance.parts
        self.problems += balance.faults


def _read(outputs: Iterator[Output], whose: tuple[str, Evidence, Slice], writer: PartWriter, tally: _Tally) -> None:
    """Take what a reader, named first, gives of a piece of a file."""
    name, evidence, piece = whose
    provenance = Provenance(evidence.exhibit, evidence.file, evidence.sha256)
    accounts: list[Account] = []
    while True:
        try:
            output = next(outputs, None)
            rows = finish(output.family, output.rows, provenance) if isinstance(output, Batch) else None
        except Exception as error:  # noqa: BLE001 - a fault in one reader must not cost the rest of the evidence; it is reported as such
            _crashed(name, evidence, piece, error, tally)
            break
        if output is None:
            break
        if rows is not None:  # outside the guard: a disk that is full is no fault of the reader, and must stop the run
            writer.add(rows)
            tally.rows += rows.num_rows
        elif isinstance(output, Account):
            accounts.append(output)
        elif isinstance(output, Problem):
            tally.problems.append(output)
    tally.balanced(balanced(evidence.exhibit, evidence.file, piece.stop - piece.start, accounts, piece.start))


def _crashed(name: str, evidence: Evidence, piece: Slice, error: Exception, tally: _Tally) -> None:
    tally.crashes += 1
    reason = (
        f"fault in the {name} reader ({type(error).__name__}: {error}); this piece is not fully read. Please report it."
    )
    tally.problems.append(evidence.problem(piece.start, piece.stop - piece.start, reason))


def _read_together(held: Joined, writer: PartWriter, tally: _Tally) -> None:
    """Read small files at once. Nothing is kept before all are read, so that a fault in one costs that one alone."""
    files = held.files
    accounts = Accounts.of([])
    problems: list[Problem] = []
    finished: list[pa.RecordBatch] = []
    columns = 0
    try:
        origins = Origins([Provenance(evidence.exhibit, evidence.file, evidence.sha256) for evidence in files])
        for output in held.reader.parse_together(files, held.content()):
            if isinstance(output, Shared):
                finished.append(finish_together(output.batch.family, output.batch.rows, origins, output.files))
                columns += finished[-1].num_columns
                if columns > HELD_COLUMNS:
                    break
            elif isinstance(output, Accounts):
                accounts = output
            else:
                problems.append(output.item)
        sound = columns <= HELD_COLUMNS
        told = balances([(evidence.exhibit, evidence.file, evidence.size) for evidence in files], accounts)
    except Exception:  # noqa: BLE001 - as above; the file that it is in will tell
        sound = False
    if not sound:
        finished.clear()
        _read_apart(held, writer, tally)
        return
    for batch in finished:
        writer.add(batch)
        tally.rows += batch.num_rows
    tally.problems += problems
    for balance in told:
        tally.balanced(balance)


def _read_apart(held: Joined, writer: PartWriter, tally: _Tally) -> None:
    """The same files one after the other. What each gives is kept at once."""
    for one in held.apart():
        (evidence,), told = one.files, one.reader.parse_together(one.files, one.content())
        _read(_apart(told), (one.reader.name, evidence, Slice(0, evidence.size)), writer, tally)


def _apart(told: Iterator[Shared | Told | Accounts]) -> Iterator[Output]:
    """What is told of several files, where they are only one."""
    for output in told:
        if isinstance(output, Accounts):
            yield from output.one(0)
        else:
            yield output.batch if isinstance(output, Shared) else output.item


def _unread(entry: FileEntry) -> LedgerRow:
    return LedgerRow(entry.exhibit, entry.file, entry.size, 0, 0, 0, entry.size)


def _summed(rows: Sequence[LedgerRow]) -> list[LedgerRow]:
    sums: dict[tuple[str, str], LedgerRow] = {}
    for row in rows:
        key = (row.exhibit, row.file)
        old = sums.get(key)
        sums[key] = (
            row
            if old is None
            else old._replace(
                size=old.size + row.size,
                read=old.read + row.read,
                free=old.free + row.free,
                unsupported=old.unsupported + row.unsupported,
                damaged=old.damaged + row.damaged,
            )
        )
    return list(sums.values())
