"""The contract of every parser: evidence bytes in, typed Arrow batches, problems and byte accounts out."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa

from parsers.gather import Bytes, Int64s
from timelines.accounts import Accounts
from timelines.problems import Account, Problem

HEAD_BYTES = 65_536  # how much of a file `accepts` is shown


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file to read: whose it is, what it is called, and where its plain bytes lie. Pickles to worker processes.

    `path` is the file itself, or a scratch copy for a container's member. `zone` is the IANA zone the examiner gave for
    zone-less times, or None; `log_formats` are the layouts of lines that the examiner gave, as the servers' configuration writes them;
    `year` is that of a file's first stamp without one, by the examiner;
    `flow_timeouts` are the idle times that end a flow (`timelines.flow_timeouts`); `code_page` is that of ANSI text, by the examiner.
    `shared` is a folder in which workers that read slices of the file at the same time may leave one another what each needs, or None.
    """

    exhibit: str
    file: str
    path: Path
    size: int
    sha256: str
    zone: str | None = None
    log_formats: tuple[str, ...] = ()
    flow_timeouts: tuple[str, ...] = ()
    year: int | None = None
    shared: Path | None = None
    code_page: int | None = None

    def open(self) -> memoryview:
        """The file's bytes, read-only and mapped, so that memory stays flat. Raises OSError as `open` does."""
        if self.size == 0:
            return memoryview(b"")
        with self.path.open("rb") as handle:
            return memoryview(mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ))

    def problem(self, offset: int, length: int, reason: str) -> Problem:
        return Problem(self.exhibit, self.file, int(offset), int(length), reason)


@dataclass(frozen=True, slots=True)
class Slice:
    """A piece of a file that can be parsed apart from the others: bytes [start, stop). `context` is the parser's own."""

    start: int
    stop: int
    context: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one family as columns, never one object a row.

    Must hold `time` (timestamp[ns, UTC]), `offset` and `length` (int64). May hold `index` (int64: tells apart rows of one family
    that begin at the same byte), any core column but family, exhibit, file and row_id, and the family's own columns.
    Text columns are strings or `timelines.coded.CODED`.
    Columns named by the evidence are made with `timelines.schema.stored_names` and `named_field`.
    """

    family: str
    rows: pa.RecordBatch


Output = Batch | Problem | Account


@dataclass(frozen=True, slots=True)
class Shared:
    """A batch whose rows come from several files: `files` is the number of each row's, (n,)."""

    batch: Batch
    files: Int64s


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one of several files: its number, and a problem."""

    file: int
    item: Problem


@runtime_checkable
class Parser(Protocol):
    """One evidence format. Instances hold no state: the same piece gives the same output in any process."""

    name: str

    def accepts(self, head: bytes, name: str) -> bool:
        """Whether a file whose first HEAD_BYTES are `head` is of this format. `name` is only a hint; content decides."""
        ...

    def slices(self, evidence: Evidence) -> list[Slice]:
        """Pieces that can be parsed apart, in file order; together they tile [0, evidence.size)."""
        ...

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        """Read one piece. Its accounts tile [piece.start, piece.stop)."""
        ...


@runtime_checkable
class Layered(Protocol):
    """A parser that can be given layouts of lines by the examiner."""

    name: str

    def accepts_as(self, head: bytes, log_formats: Sequence[str]) -> bool:
        """Whether a file whose first bytes are `head` keeps to one of the layouts. As `accepts` else."""
        ...


@runtime_checkable
class Loading(Protocol):
    """A parser that loads parts of its own when it first reads. Worker processes share them where they were loaded before."""

    name: str

    def load(self) -> None:
        """Load them."""
        ...


@runtime_checkable
class Roomy(Protocol):
    """A parser that reads large evidence faster where there is room for temporary files."""

    name: str

    def lacking(self, size: int, workers: int) -> int:
        """Bytes that would have to be free in the place for temporary files for a file of `size` bytes to be read fast by so many
        workers; 0 where as many are, or none are needed."""
        ...


@runtime_checkable
class Joiner(Protocol):
    """A parser that can also read many small files at once, so that each does not pay for what is done once a call."""

    name: str

    def joins(self, size: int) -> bool:
        """Whether a file of so many bytes can be read with others."""
        ...

    def parse_together(self, files: Sequence[Evidence], content: Bytes) -> Iterator[Shared | Told | Accounts]:
        """The same rows, problems and accounts as `parse` gives for each file. `content`: their bytes end to end, (n,) uint8.
        `Shared` rows keep the files' order; the accounts of all files come as one."""
        ...
