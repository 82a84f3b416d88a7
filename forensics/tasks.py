"""What one worker does: read a bundle of files, or some slices of a large one, and write the parts of its own."""

from __future__ import annotations

import gc
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pyarrow as pa

from forensics.joined_files import Joined, Waiting
from forensics.kept_memory import kept_memory
from parsers.base import Batch, Evidence, Joiner, Output, Parser, Shared, Slice
from parsers.evidence import materialised
from parsers.exhibit_files import located
from parsers.portions import portion
from parsers.registry import by_name
from timelines.inventory import FileEntry
from timelines.part_writer import PartWriter
from timelines.parts import PartInfo
from timelines.problems import Account, Balance, LedgerPart, LedgerRow, Problem, balanced
from timelines.rows import Provenance, finish, finish_together

BUNDLE_BYTES = 64 << 20  # small files that share a task
HELD_COLUMNS = 100_000  # of batches of files that are read at once, 1 kB each; an honest bundle has some thousands
ROOM_FOR_REST = 4  # the last of such tasks may have this share more: a few files alone cost a task's parts and a reader's first steps
JOINED_BYTES = (
    64 << 20
)  # small slices of a large file make tasks of about this many bytes: each task has parts of its own
FINEST_BYTES = 16 << 20  # the same towards the file's end
COLLECTION_AFTER = (
    20_000  # objects between two looks of Python's collector for cycles; its own 700 cost 4 % of a large log
)
TOGETHER_BYTES = (
    BUNDLE_BYTES + BUNDLE_BYTES // ROOM_FOR_REST
)  # small files that a reader takes at once; they are held in memory


@dataclass(frozen=True, slots=True)
class Given:
    """What the examiner said of an exhibit that its readers need: the IANA zone of times without one, the layouts of its logs' lines, the
    idle times that end a flow."""

    zone: str | None = None
    log_formats: tuple[str, ...] = ()
    flow_timeouts: tuple[str, ...] = ()
    year: int | None = None  # of stamps without one, where nothing in the file tells it

    def told(self) -> str:
        """The same as text: part of a task's id."""
        year = [] if self.year is None else [f"year {self.year}"]
        return "\n".join([str(self.zone), *self.log_formats, *self.flow_timeouts, *year])

    def evidence(self, entry: FileEntry, path: Path) -> Evidence:
        """A file of the exhibit, its plain bytes at `path`, with what was said of it."""
        said = self.zone, self.log_formats, self.flow_timeouts, self.year
        return Evidence(entry.exhibit, entry.file, path, entry.size, entry.sha256, *said)


@dataclass(frozen=True, slots=True)
class Task:
    """Files of one exhibit to read. `slices` narrows a single file to some of its pieces; None reads everything.

    `id` depends on the bytes, the readers and the options, not on the machine or the number of workers: a finished task is not run again.
    """

    id: str
    source: Path
    entries: tuple[FileEntry, ...]
    given: Given
    slices: tuple[Slice, ...] | None
    size: int


@dataclass(frozen=True, slots=True)
class Done:
    """What a task gives back: its parts, and sums for the terminal. `crashes` counts readers that failed in an unforeseen way."""

    id: str
    parts: tuple[PartInfo, ...]
    rows: int
    problems: int
    size: int
    crashes: int


def plan(source: Path, entries: Sequence[FileEntry], given: Given, version: str) -> Iterator[Task]:
    """Tasks for the evidence files of one exhibit. They depend on the files alone, so any worker count gives the same tasks.

    Large files come first, the largest of all at the head, so that no worker is left with one when the others have nothing to do.
    """
    wanted = [entry for entry in entries if entry.status == "evidence"]
    for entry in sorted(filter(_is_large, wanted), key=lambda entry: -entry.size):
        yield from _sliced(source, entry, given, version)
    yield from _bundled(source, [entry for entry in wanted if not _is_large(entry)], given, version)


def _is_large(entry: FileEntry) -> bool:
    return not _in_container(entry) and entry.size > BUNDLE_BYTES


def _in_container(entry: FileEntry) -> bool:
    return entry.on_disk not in ("", entry.file)


def _bundled(source: Path, entries: Sequence[FileEntry], given: Given, version: str) -> Iterator[Task]:
    """Small files, and members of containers, together: a container is opened once, and the last bundle is no small one."""
    bundle: list[FileEntry] = []
    held, left = 0, sum(entry.size for entry in entries)
    for entry in entries:
        in_container = _in_container(entry)
        same_container = bool(bundle) and in_container and bundle[-1].on_disk == entry.on_disk
        most = BUNDLE_BYTES + BUNDLE_BYTES // ROOM_FOR_REST
        if bundle and held + entry.size > (BUNDLE_BYTES if left > most else most) and not same_container:
            yield _task(source, bundle, given, None, version)
            bundle, held, left = [], 0, left - held
        bundle.append(entry)
        held += entry.size
    if bundle:
        yield _task(source, bundle, given, None, version)


def _sliced(source: Path, entry: FileEntry, given: Given, version: str) -> Iterator[Task]:
    evidence = given.evidence(entry, located(source, entry.file))
    group: list[Slice] = []
    for piece in by_name(entry.parser).slices(evidence):
        if group and piece.stop > group[0].start + portion(entry.size - group[0].start, JOINED_BYTES, FINEST_BYTES):
            yield _task(source, [entry], given, tuple(group), version)
            group = []
        group.append(piece)
    yield _task(source, [entry], given, tuple(group), version)


def _task(
    source: Path, entries: Sequence[FileEntry], given: Given, slices: tuple[Slice, ...] | None, version: str
) -> Task:
    names = [f"{version}/{given.told()}"] + [f"{e.exhibit}/{e.file}/{e.sha256}/{e.parser}" for e in entries]
    names += [f"{piece.start}-{piece.stop}" for piece in slices or ()]
    digest = hashlib.blake2b("\n".join(names).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    size = sum(p.stop - p.start for p in slices) if slices is not None else sum(e.size for e in entries)
    return Task(digest, source, tuple(entries), given, slices, size)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Columns are few and large, and make no cycles: the collector has little to find among many short-lived objects."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECTION_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@_rare_collections()
@kept_memory()
def run(task: Task, root: Path, scratch: Path | None = None) -> Done:
    """Read a task's evidence and write its parts below `root`. The manifest is left to the coordinator."""
    writer = PartWriter(root, task.id)
    tally = _Tally([], [], [], 0, 0)
    waiting = Waiting(min(TOGETHER_BYTES, sum(entry.size for entry in task.entries)))
    with tempfile.TemporaryDirectory(prefix="athar-", dir=scratch, ignore_cleanup_errors=True) as folder:
        for item in materialised(task.source, task.entries, Path(folder)):
            if isinstance(item, Problem):
                tally.problems.append(item)
                tally.ledger += [_unread(e) for e in task.entries if e.file == item.file]
                continue
            entry, path = item
            evidence = task.given.evidence(entry, path)
            parser = by_name(entry.parser)
            joiner = _joiner(parser) if task.slices is None else None
            if joiner is not None and joiner.joins(entry.size):
                if (full := waiting.full(joiner, evidence)) is not None:
                    _read_together(full, writer, tally)
                if waiting.take(joiner, evidence):
                    continue
            for piece in task.slices if task.slices is not None else parser.slices(evidence):
                _read(parser.parse(evidence, piece), (parser.name, evidence, piece), writer, tally)
        for held in waiting.rest():
            _read_together(held, writer, tally)
    tally.problems += writer.crowded()
    parts = writer.close(tally.problems, _summed(tally.ledger), tally.detail)
    return Done(task.id, tuple(parts), tally.rows, len(tally.problems), task.size, tally.crashes)


_joining: dict[type, bool] = {}


def _joiner(parser: Parser) -> Joiner | None:
    """The reader, if it can read many files at once. Remembered by type: to ask an object for a protocol is dear, once a file."""
    kind = type(parser)
    if kind not in _joining:
        _joining[kind] = isinstance(parser, Joiner)
    return cast(Joiner, parser) if _joining[kind] else None


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
    accounts: list[list[Account]] = [[] for _ in files]
    problems: list[Problem] = []
    finished: list[pa.RecordBatch] = []
    columns = 0
    try:
        origins = [Provenance(evidence.exhibit, evidence.file, evidence.sha256) for evidence in files]
        for output in held.reader.parse_together(files, held.content()):
            if isinstance(output, Shared):
                runs = [(origins[file], rows) for file, rows in output.runs]
                finished.append(finish_together(output.batch.family, output.batch.rows, runs))
                columns += finished[-1].num_columns
                if columns > HELD_COLUMNS:
                    break
            elif isinstance(output.item, Account):
                accounts[output.file].append(output.item)
            else:
                problems.append(output.item)
        sound = columns <= HELD_COLUMNS
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
    for evidence, account in zip(files, accounts, strict=True):
        tally.balanced(balanced(evidence.exhibit, evidence.file, evidence.size, account))


def _read_apart(held: Joined, writer: PartWriter, tally: _Tally) -> None:
    """The same files one after the other. What each gives is kept at once."""
    for one in held.apart():
        (evidence,), told = one.files, one.reader.parse_together(one.files, one.content())
        outputs = (output.batch if isinstance(output, Shared) else output.item for output in told)
        _read(outputs, (one.reader.name, evidence, Slice(0, evidence.size)), writer, tally)


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
            else replace(
                old,
                size=old.size + row.size,
                read=old.read + row.read,
                free=old.free + row.free,
                unsupported=old.unsupported + row.unsupported,
                damaged=old.damaged + row.damaged,
            )
        )
    return list(sums.values())
