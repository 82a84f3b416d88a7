"""How evidence is shared out in tasks: small files in bundles, large ones in slices, by the files alone and not by who reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from parsers.base import Evidence, Slice
from parsers.exhibit_files import located
from parsers.portions import portion
from parsers.registry import by_name
from timelines.inventory import FileEntry

BUNDLE_BYTES = 64 << 20  # small files that share a task
ROOM_FOR_REST = 4  # the last of such tasks may have this share more: a few files alone cost a task's parts and a reader's first steps
JOINED_BYTES = (
    64 << 20
)  # small slices of a large file make tasks of about this many bytes: each task has parts of its own
FINEST_BYTES = 16 << 20  # the same towards the file's end


@dataclass(frozen=True, slots=True)
class Given:
    """What the examiner said of an exhibit that its readers need: the IANA zone of times without one, the layouts of its logs' lines, the
    idle times that end a flow, the code page of its event logs."""

    zone: str | None = None
    log_formats: tuple[str, ...] = ()
    flow_timeouts: tuple[str, ...] = ()
    year: int | None = None  # of stamps without one, where nothing in the file tells it
    code_page: int | None = None  # of ANSI text in event logs

    def told(self) -> str:
        """The same as text: part of a task's id."""
        year = [] if self.year is None else [f"year {self.year}"]
        page = [] if self.code_page is None else [f"code page {self.code_page}"]
        return "\n".join([str(self.zone), *self.log_formats, *self.flow_timeouts, *year, *page])

    def evidence(self, entry: FileEntry, path: Path, shared: Path | None = None) -> Evidence:
        """A file of the exhibit, its plain bytes at `path`, with what was said of it. `shared` as in `Task`."""
        said = self.zone, self.log_formats, self.flow_timeouts, self.year
        return Evidence(entry.exhibit, entry.file, path, entry.size, entry.sha256, *said, shared, self.code_page)


@dataclass(frozen=True, slots=True)
class Task:
    """Files of one exhibit to read. `slices` narrows a single file to some of its pieces; None reads everything.

    `id` depends on the bytes, the readers and the options, not on the machine or the number of workers: a finished task is not run again.
    `shared` is a folder in which tasks that read slices of the same file leave one another what each needs, or None.
    """

    id: str
    source: Path
    entries: tuple[FileEntry, ...]
    given: Given
    slices: tuple[Slice, ...] | None
    size: int
    shared: Path | None = None


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
