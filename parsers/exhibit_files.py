"""The files of an exhibit on disk, in an order that is the same on every machine, and the way back from a listed path to the file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A regular file: its path inside the exhibit with `/` between parts, and where it lies."""

    file: str
    path: Path


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Something that is not read, and why."""

    file: str
    size: int
    reason: str


_MOUNT_POINT = 0xA0000003  # MS-FSCC 2.1.2.1: IO_REPARSE_TAG_MOUNT_POINT
_SPECIAL = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)


def shown(name: str) -> str:
    """A file name as text that can be stored: bytes that are not UTF-8 are written `\\xHH`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def files_below(source: Path) -> Iterator[OnDisk | Unlisted]:
    """Every file of the exhibit at `source`, in bytewise order of the paths. Links are not followed, `source` itself excepted."""
    try:
        mode = source.stat().st_mode
    except OSError as error:
        yield Unlisted(shown(source.name), 0, f"cannot be read: {error.strerror or error}")
        return
    if stat.S_ISDIR(mode):
        yield from _below(source, "")
    elif stat.S_ISREG(mode):
        yield OnDisk(shown(source.name), source)
    else:
        yield Unlisted(shown(source.name), 0, f"not read: it is {_special(mode)}")


def _special(mode: int) -> str:
    return next((what for test, what in _SPECIAL if test(mode)), "no regular file")


def _key(entry: os.DirEntry[str]) -> bytes:
    return os.fsencode(entry.name) + (b"/" if _is_folder(entry) else b"")


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Whether a Windows folder is a mount point: a link in all but name, which can lead round in a circle."""
    try:
        return getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) == _MOUNT_POINT
    except OSError:
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _below(folder: Path, prefix: str) -> Iterator[OnDisk | Unlisted]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=_key)
    except OSError as error:
        yield Unlisted(prefix.rstrip("/") or folder.name, 0, f"folder cannot be listed: {error.strerror or error}")
        return
    for entry in entries:
        file = prefix + shown(entry.name)
        path = folder / entry.name
        if entry.is_symlink() or _is_junction(entry):
            yield Unlisted(file, 0, f"symbolic link to {_target(path)}, not followed; add what it points to by itself")
        elif _is_folder(entry):
            yield from _below(path, file + "/")
        else:
            yield _one(entry, file, path)


def _target(path: Path) -> str:
    try:
        return shown(os.readlink(path))
    except OSError as error:
        return f"an unknown place ({error.strerror or error})"


def _one(entry: os.DirEntry[str], file: str, path: Path) -> OnDisk | Unlisted:
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError as error:
        return Unlisted(file, 0, f"cannot be read: {error.strerror or error}")
    return OnDisk(file, path) if stat.S_ISREG(mode) else Unlisted(file, 0, f"not read: it is {_special(mode)}")


def located(source: Path, file: str) -> Path:
    """Where the exhibit's file that is listed as `file` lies. Raises FileNotFoundError."""
    return Located(source).of(file)


class Located:
    """Where the files of the exhibit at `source` lie: each folder is looked for once."""

    def __init__(self, source: Path) -> None:
        self._source, self._is_folder = source, source.is_dir()
        self._folders = {"": source}

    def of(self, file: str) -> Path:
        """As `located`."""
        if self._is_folder:
            folder, _, name = file.rpartition("/")
            return _inside(self._folder(folder), name)
        if shown(self._source.name) != file or not self._source.exists():
            raise FileNotFoundError(2, "No such file in the exhibit", file)
        return self._source

    def told(self, file: str) -> Path:
        """The same by what `file` says alone, where the exhibit is a folder: there may be nothing."""
        if not self._is_folder:
            return self.of(file)
        folder, _, name = file.rpartition("/")
        return self._folder(folder) / name

    def _folder(self, listed: str) -> Path:
        if listed not in self._folders:
            above, _, name = listed.rpartition("/")
            self._folders[listed] = _inside(self._folder(above), name)
        return self._folders[listed]


def _inside(folder: Path, part: str) -> Path:
    """What is listed in a folder as `part`."""
    direct = folder / part
    if os.path.lexists(direct):
        return direct
    with os.scandir(folder) as listing:
        return next((folder / entry.name for entry in listing if shown(entry.name) == part), direct)
