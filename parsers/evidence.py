"""Evidence intake: every file of an exhibit is opened read-only, hashed, recognised by its content and listed; containers are opened.

Nothing in an exhibit goes unmentioned, and nothing in it is ever written to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from parsers.base import HEAD_BYTES
from parsers.bytestreams import LimitReached, Tapped
from parsers.containers import DEFAULT_LIMITS, Budget, Container, Found, Limits, Note, container_for, open_container
from parsers.exhibit_files import Unlisted, files_below, located
from parsers.materialise import materialised
from parsers.registry import recognise
from parsers.spool import spooled
from parsers.unrecognised import reason_for
from timelines.inventory import FileEntry, Status
from timelines.problems import Problem

__all__ = ["Limits", "examine", "examine_as", "materialised", "rehash"]

Progress = Callable[[int], None]


@dataclass(slots=True)
class _Intake:
    """What one call of `examine` remembers: the hashes met so far, by where they were first met."""

    exhibit: str
    limits: Limits
    log_formats: Sequence[str] = ()
    seen: dict[str, str] = field(default_factory=dict)

    def entry(self, file: str, on_disk: str, tapped: Tapped) -> FileEntry:
        """What a file is that has been read to its end, when it is no container."""
        size, sha256 = tapped.size, tapped.sha256
        if size == 0:
            return FileEntry(self.exhibit, file, 0, sha256, "empty", reason="the file has no bytes", on_disk=on_disk)
        if first := self.first(sha256, file):
            return self.duplicate(file, on_disk, tapped, first)
        parser = recognise(tapped.head, file.rpartition("/")[2], self.log_formats)
        if parser is None:
            reason = reason_for(tapped.head)
            return FileEntry(self.exhibit, file, size, sha256, "unrecognised", reason=reason, on_disk=on_disk)
        return FileEntry(self.exhibit, file, size, sha256, "evidence", parser=parser.name, on_disk=on_disk)

    def first(self, sha256: str, file: str) -> str:
        """Where these bytes were met before; nothing when this is the first time, which is then remembered."""
        here = f"{self.exhibit}/{file}"
        first = self.seen.setdefault(sha256, here)
        return "" if first == here else first

    def duplicate(self, file: str, on_disk: str, tapped: Tapped, first: str) -> FileEntry:
        reason = f"the same bytes as {first}; not read again"
        return FileEntry(
            self.exhibit,
            file,
            tapped.size,
            tapped.sha256,
            "duplicate",
            reason=reason,
            duplicate_of=first,
            on_disk=on_disk,
        )

    def unreadable(self, file: str, on_disk: str, size: int, reason: str) -> FileEntry:
        return FileEntry(self.exhibit, file, size, "", "unreadable", reason=reason, on_disk=on_disk)

    def problem(self, file: str, offset: int, length: int, reason: str) -> Problem:
        return Problem(self.exhibit, file, offset, length, reason)


def examine(
    exhibit: str,
    source: Path,
    known: Mapping[str, str],
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    log_formats: Sequence[str] = (),
) -> Iterator[FileEntry | Problem]:
    """List the files of an exhibit and what each is, in bytewise order of their paths; a container's members follow it.

    `source` is a file or a folder. `known` maps the SHA-256 of files that the case already holds to `E001/path`. `progress` is told the
    bytes read from disk; `log_formats` are layouts of lines that the examiner gave. Never raises for what the evidence holds.
    """
    intake = _Intake(exhibit, limits, log_formats, dict(known))
    for item in files_below(source):
        if isinstance(item, Unlisted):
            yield intake.unreadable(item.file, item.file, item.size, item.reason)
            continue
        try:
            yield from _examine_file(intake, item.path, item.file, progress)
        except OSError as error:
            yield intake.unreadable(item.file, item.file, 0, f"cannot be read: {error.strerror or error}")


def examine_as(
    exhibit: str, source: Path, parser: str, known: Mapping[str, str], progress: Progress | None = None
) -> Iterator[FileEntry | Problem]:
    """List a single file that was asked to be read by `parser`, whatever it looks like. As `examine` else."""
    intake = _Intake(exhibit, DEFAULT_LIMITS, seen=dict(known))
    try:
        with source.open("rb") as handle:
            tapped = Tapped(handle, HEAD_BYTES, progress)
            tapped.drain()
    except OSError as error:
        yield intake.unreadable(source.name, source.name, 0, f"cannot be read: {error.strerror or error}")
        return
    entry = intake.entry(source.name, source.name, tapped)
    asked = entry.status in ("evidence", "unrecognised")
    yield replace(entry, status="evidence", parser=parser, reason="") if asked else entry


def _examine_file(intake: _Intake, path: Path, file: str, progress: Progress | None) -> Iterator[FileEntry | Problem]:
    with path.open("rb") as handle:
        tapped = Tapped(handle, HEAD_BYTES, progress)
        tapped.drain()
        kind = container_for(tapped.head)
        if kind is None:
            yield intake.entry(file, file, tapped)
            return
        handle.seek(0)
        budget = Budget(intake.limits, tapped.size)
        yield from _examine_container(intake, _Open(kind, handle, file, file, 1), tapped, budget)


@dataclass(frozen=True, slots=True)
class _Open:
    """A container that is open: its kind, its bytes, its path, the file on disk that holds it, and how deep it lies (1: on disk)."""

    kind: Container
    handle: BinaryIO
    file: str
    on_disk: str
    depth: int


def _examine_container(intake: _Intake, opened: _Open, tapped: Tapped, budget: Budget) -> Iterator[FileEntry | Problem]:
    file, on_disk = opened.file, opened.on_disk
    if first := intake.first(tapped.sha256, file):
        yield intake.duplicate(file, on_disk, tapped, first)
        return
    before: list[FileEntry | Problem] = []
    listed = False
    for item in _members(intake, opened, budget):
        if not listed and isinstance(item, Problem):
            before.append(item)
            continue
        if not listed:
            yield FileEntry(intake.exhibit, file, tapped.size, tapped.sha256, "container", on_disk=on_disk)
            yield from before
            listed = True
        yield item
    if not listed:
        status: Status = "unreadable" if before else "container"
        reason = before[-1].reason if before else f"a {opened.kind.name} archive that holds no files"
        yield FileEntry(intake.exhibit, file, tapped.size, tapped.sha256, status, reason=reason, on_disk=on_disk)
        yield from before


def _members(intake: _Intake, opened: _Open, budget: Budget) -> Iterator[FileEntry | Problem]:
    try:
        for found in open_container(opened.kind, opened.handle, opened.file, budget):
            if isinstance(found, Note):
                yield intake.problem(opened.file, found.offset, found.length, found.reason)
            else:
                yield from _examine_member(intake, opened, found, budget)
    except OSError as error:
        yield intake.problem(opened.file, 0, 0, f"reading stopped: {error.strerror or error}")


def _examine_member(intake: _Intake, opened: _Open, found: Found, budget: Budget) -> Iterator[FileEntry | Problem]:
    stream, on_disk = found.stream, opened.on_disk
    if stream is None:
        yield intake.unreadable(found.file, on_disk, found.size, found.refusal)
        return
    kind = container_for(stream.head)
    if kind is None:
        stream.drain()
        yield from _plain_member(intake, found.file, stream, opened)
        return
    if opened.depth >= intake.limits.depth:
        stream.drain()
        reason = f"a {kind.name} archive inside {opened.depth} others; the limit is {intake.limits.depth}: unpack it and add its contents"
        yield intake.unreadable(found.file, on_disk, stream.size, reason)
        return
    try:
        with spooled(stream, intake.limits.scratch) as handle:
            if isinstance(stream.stopped, LimitReached):
                yield from _plain_member(intake, found.file, stream, opened)
                return
            inner = _Open(kind, handle, found.file, on_disk, opened.depth + 1)
            yield from _examine_container(intake, inner, stream, budget)
    except OSError as error:  # the scratch copy could not be made; inside it, errors are told where they happen
        reason = f"cannot be unpacked to be opened: {error.strerror or error}"
        yield intake.unreadable(found.file, on_disk, stream.size, reason)
    yield from _damage(intake, found.file, stream, opened)


def _plain_member(intake: _Intake, file: str, stream: Tapped, opened: _Open) -> Iterator[FileEntry | Problem]:
    stopped = stream.stopped
    if isinstance(stopped, LimitReached) or (stopped is not None and stream.size == 0):
        yield intake.unreadable(file, opened.on_disk, stream.size, stopped.reason)
    else:
        yield intake.entry(file, opened.on_disk, stream)
    yield from _damage(intake, file, stream, opened)


def _damage(intake: _Intake, file: str, stream: Tapped, opened: _Open) -> Iterator[Problem]:
    if stream.stopped is None:
        return
    fate = "not read" if isinstance(stream.stopped, LimitReached) else f"the {stream.size} bytes before it are used"
    where = f"byte {stream.stopped.offset} of {opened.file}"
    yield intake.problem(file, stream.size, 0, f"{where}: {stream.stopped.reason}; {fate}")


def rehash(
    source: Path, on_disk: Sequence[str], progress: Progress | None = None
) -> Iterator[tuple[str, str] | Problem]:
    """The SHA-256 that files of an exhibit have now, in the order asked; a problem for each that can't be read (its exhibit is empty:
    the caller knows it)."""
    for file in on_disk:
        try:
            with located(source, file).open("rb") as handle:
                tapped = Tapped(handle, 0, progress)
                tapped.drain()
            yield file, tapped.sha256
        except OSError as error:
            yield Problem("", file, 0, 0, f"cannot be read any more: {error.strerror or error}")
