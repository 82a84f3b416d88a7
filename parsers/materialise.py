"""Plain bytes for parsers: each evidence file by a readable path, members of containers by a scratch copy that is deleted after use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from parsers.base import HEAD_BYTES
from parsers.bytestreams import Tapped
from parsers.containers import DEFAULT_LIMITS, Budget, Container, Limits, Note, container_for, open_container
from parsers.exhibit_files import Located
from parsers.spool import copied, spooled
from timelines.inventory import FileEntry
from timelines.problems import Problem

Materialised = tuple[FileEntry, Path] | Problem


def materialised(
    source: Path,
    entries: Sequence[FileEntry],
    scratch: Path,
    limits: Limits = DEFAULT_LIMITS,
    unseen: Callable[[FileEntry], bool] = lambda entry: False,
) -> Iterator[Materialised]:
    """For entries of one exhibit, in order of the files on disk: the entry and a path of its plain bytes, valid until the next is asked.

    Each container is passed over once, however many members are asked for. A member whose bytes have changed since it was listed, or that
    is gone, gives a problem instead. A file that is `unseen` gives the path that its name tells, whether it is there or not: for who
    opens it anyway, and asks again where that fails.
    """
    place, files = _Place(scratch, limits), Located(source)
    by_disk: dict[str, dict[str, FileEntry]] = {}
    for entry in entries:
        by_disk.setdefault(entry.on_disk or entry.file, {})[entry.file] = entry
    for on_disk, wanted in by_disk.items():
        reason = "is not found any more"
        try:
            if on_disk in wanted and unseen(wanted[on_disk]):
                yield wanted.pop(on_disk), files.told(on_disk)
                if not wanted:
                    continue
            path = files.of(on_disk)
            if on_disk in wanted:
                os.close(os.open(path, os.O_RDONLY))  # a file that can't be opened is told here, not in a parser
                yield wanted.pop(on_disk), path
            if wanted:
                with path.open("rb") as handle:
                    yield from _from_container(handle, on_disk, wanted, place)
        except OSError as error:
            reason = f"cannot be read: {error.strerror or error}"
        for entry in wanted.values():
            yield _problem(entry, reason)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where scratch copies go, and the limits on containers."""

    scratch: Path
    limits: Limits


def _problem(entry: FileEntry, reason: str) -> Problem:
    return Problem(entry.exhibit, entry.file, 0, entry.size, reason)


def _from_container(
    handle: BinaryIO, on_disk: str, wanted: dict[str, FileEntry], place: _Place
) -> Iterator[Materialised]:
    kind = container_for(handle.read(HEAD_BYTES))
    if kind is None:
        return
    packed = handle.seek(0, os.SEEK_END)
    handle.seek(0)
    yield from _members(kind, handle, on_disk, wanted, Budget(place.limits, packed), place)


def _members(
    kind: Container, handle: BinaryIO, file: str, wanted: dict[str, FileEntry], budget: Budget, place: _Place
) -> Iterator[Materialised]:
    for found in open_container(kind, handle, file, budget):
        if isinstance(found, Note) or found.stream is None:
            continue
        if found.file in wanted:
            yield from _copy(wanted.pop(found.file), found.stream, place)
        elif any(name.startswith(found.file + "/") for name in wanted):
            inner = container_for(found.stream.head)
            if inner is not None:
                with spooled(found.stream, place.scratch) as held:
                    yield from _members(inner, held, found.file, wanted, budget, place)
        if not wanted:
            return


def _copy(entry: FileEntry, stream: Tapped, place: _Place) -> Iterator[Materialised]:
    try:
        with copied(stream, place.scratch) as path:
            if stream.sha256 == entry.sha256:
                yield entry, path
            else:
                yield _problem(
                    entry, f"changed since it was listed: SHA-256 is {stream.sha256}, expected {entry.sha256}"
                )
    except OSError as error:
        yield _problem(entry, f"cannot be unpacked into the scratch folder: {error.strerror or error}")
