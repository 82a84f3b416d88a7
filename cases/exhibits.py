"""The register of exhibits: what was handed in under which number, and every file of it."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from stat import S_ISREG
from typing import Any, TypeVar, get_args

from cases import durable
from cases.errors import CaseError
from timelines.inventory import Exhibit, FileEntry, Status

FILE = "exhibits.json"
_FORMAT = 1
_Row = TypeVar("_Row", Exhibit, FileEntry)


class Register:
    """The exhibits of one case and their files, in memory until `save`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._exhibits: dict[str, Exhibit] = {}
        self._entries: dict[tuple[str, str], FileEntry] = {}
        if self.path.exists():
            self._load()

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """All exhibits in number order."""
        return tuple(self._exhibits[number] for number in sorted(self._exhibits, key=_number))

    @property
    def entries(self) -> tuple[FileEntry, ...]:
        """All files, by exhibit number and then by path."""
        ordered = sorted(self._entries, key=lambda key: (_number(key[0]), key[1]))
        return tuple(self._entries[key] for key in ordered)

    def next_number(self) -> str:
        """The number of the next exhibit: E001, E002 …"""
        return f"E{max(map(_number, self._exhibits), default=0) + 1:03d}"

    def register(self, exhibit: Exhibit) -> Exhibit:
        """Add an exhibit, or replace what is known of the one with its number."""
        if _number(exhibit.exhibit) < 1:
            raise CaseError(f"exhibit {exhibit.exhibit!r}: expected a number such as {self.next_number()}")
        self._exhibits[exhibit.exhibit] = exhibit
        return exhibit

    def record(self, entries: Iterable[FileEntry]) -> None:
        """Add files, replacing what is known of the same exhibit and path."""
        for entry in entries:
            if entry.exhibit not in self._exhibits:
                raise CaseError(f"{entry.exhibit}/{entry.file}: no exhibit of that number; register it first")
            self._entries[entry.exhibit, entry.file] = entry

    def exhibit(self, number: str) -> Exhibit:
        """One exhibit by its number. Raises CaseError that lists those there are."""
        if number not in self._exhibits:
            known = ", ".join(found.exhibit for found in self.exhibits[:10]) or "none yet"
            raise CaseError(f"exhibit {number!r} is not in this case; it holds {known}")
        return self._exhibits[number]

    def entry(self, number: str, file: str) -> FileEntry:
        """One file by exhibit number and path."""
        if (number, file) not in self._entries:
            raise CaseError(f"{number}/{file}: not a file of this case; `athar case show` lists them")
        return self._entries[number, file]

    def files_of(self, number: str) -> tuple[FileEntry, ...]:
        """The files of one exhibit, container members included, in path order."""
        return tuple(entry for entry in self.entries if entry.exhibit == number)

    def on_disk(self, number: str) -> tuple[FileEntry, ...]:
        """The files of one exhibit that lie on disk: container members left out."""
        return tuple(entry for entry in self.files_of(number) if entry.on_disk in ("", entry.file))

    def duplicates(self) -> tuple[FileEntry, ...]:
        """Files whose bytes the case already holds elsewhere (`duplicate_of`): listed, not read again."""
        return tuple(entry for entry in self.entries if entry.status == "duplicate")

    def with_hash(self, sha256: str) -> tuple[FileEntry, ...]:
        """Every file with these bytes."""
        return tuple(entry for entry in self.entries if entry.sha256 == sha256.lower())

    def save(self) -> None:
        """Write the register, one exhibit or file a line, atomically."""
        lines = [f'{{"format":{_FORMAT},', '"exhibits":[']
        lines.append(",\n".join(_line(asdict(exhibit)) for exhibit in self.exhibits))
        lines += ["],", '"entries":[', ",\n".join(_line(asdict(entry)) for entry in self.entries), "]}"]
        durable.write(self.path, ("\n".join(lines) + "\n").encode("ascii"))

    def _load(self) -> None:
        value = durable.read_json(self.path)
        if not isinstance(value, dict) or value.get("format") != _FORMAT:
            raise CaseError(f"{self.path}: expected a register of format {_FORMAT}; it was written by another version")
        for row in value.get("exhibits", ()):
            exhibit = _row(Exhibit, row, self.path)
            self._exhibits[exhibit.exhibit] = exhibit
        for row in value.get("entries", ()):
            entry = _row(FileEntry, row, self.path)
            if entry.status not in get_args(Status):
                raise CaseError(f"{self.path}: {entry.file}: unknown status {entry.status!r}; the file is damaged")
            self._entries[entry.exhibit, entry.file] = entry


def locate(exhibit: Exhibit, override: Path | None = None, alone: bool = False) -> Path:
    """Where an exhibit lies on this machine. Raises CaseError when it is not there.

    `override` is where the evidence is now: the exhibit itself under its own name, or a folder that holds it. With `alone`
    (the case has one exhibit) `override` may have any name.
    """
    if override is None:
        places = [Path(exhibit.source)] if exhibit.source else []
        hint = "say where the evidence is now"
    else:
        places = [override / exhibit.name]
        if alone or override.name == exhibit.name:
            places.append(override)
        hint = f"expected {exhibit.name!r} there"
    for place in places:
        if place.is_dir() if exhibit.is_folder else place.is_file():
            return place
    kind = "folder" if exhibit.is_folder else "file"
    where = override if override is not None else exhibit.source or "not recorded"
    raise CaseError(f"{exhibit.exhibit}: the evidence {kind} is not at {where}; {hint}")


def files_below(root: Path, exhibit: Exhibit) -> dict[str, Path]:
    """Every regular file of an exhibit that lies at `root`, by the name it is listed under. Links are not followed."""
    if not exhibit.is_folder:
        return {exhibit.name: root}
    found: dict[str, Path] = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            if S_ISREG(path.lstat().st_mode):
                found[listed(path.relative_to(root).as_posix())] = path
    return found


def listed(name: str) -> str:
    """A path as exhibits list it: bytes that are not UTF-8 are written `\\xHH`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def place_in(root: Path, exhibit: Exhibit, file: str) -> Path:
    """Where the on-disk file listed as `file` lies in an exhibit at `root`. Raises CaseError for names that lead out of it."""
    if not exhibit.is_folder:
        return root
    path = root
    for part in file.split("/"):
        if part in ("", ".", "..") or Path(part).is_absolute() or Path(part).name != part:
            raise CaseError(f"{exhibit.exhibit}/{file}: leads out of the exhibit; the register was altered")
        direct = path / part
        if not os.path.lexists(direct) and path.is_dir():
            direct = next((child for child in sorted(path.iterdir()) if listed(child.name) == part), direct)
        path = direct
    return path


def _number(number: str) -> int:
    digits = number[1:]
    return int(digits) if number[:1] == "E" and digits.isascii() and digits.isdigit() else 0


def listing_sha256(entries: Sequence[FileEntry]) -> str:
    """The SHA-256 of the lines `<sha256>  <path>\\n`, in bytewise order of the paths: what `sha256sum` prints, hashed."""
    named = sorted((entry.file.encode("utf-8", "surrogateescape"), entry.sha256) for entry in entries if entry.sha256)
    return hashlib.sha256(b"".join(sha256.encode() + b"  " + file + b"\n" for file, sha256 in named)).hexdigest()


def computed_sha256(register: Register, exhibit: Exhibit) -> str:
    """The hash of an exhibit as it was taken in: a file's own, a folder's of its listing; empty when nothing could be hashed."""
    entries = register.on_disk(exhibit.exhibit)
    return listing_sha256(entries) if exhibit.is_folder else next((entry.sha256 for entry in entries), "")


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=True, allow_nan=False)


def _row(kind: type[_Row], row: object, path: Path) -> _Row:
    """One line of the register, its fields and their types checked: a case may come from strangers."""
    known = {field.name: str(field.type) for field in fields(kind)}
    if not isinstance(row, dict) or not set(row) <= set(known):
        raise CaseError(f"{path}: expected the fields {', '.join(known)}; the file is damaged or from a newer version")
    for name, value in row.items():
        if not _fits(value, known[name]):
            raise CaseError(f"{path}: {name}: expected {known[name]}, found {value!r:.60}; the file is damaged")
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise CaseError(f"{path}: {error}; the file is damaged") from error


def _fits(value: object, annotation: str) -> bool:
    if value is None:
        return "None" in annotation
    if isinstance(value, bool):
        return annotation == "bool"
    if annotation.startswith("int"):
        return isinstance(value, int)
    if annotation.startswith("tuple"):
        return isinstance(value, list) and all(isinstance(text, str) for text in value)
    if annotation.startswith("float"):
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, str) and annotation.startswith(("str", "Status"))
