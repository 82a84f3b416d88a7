"""tar (POSIX pax, ustar, GNU, V7), read as a stream: no seek, no temporary copy.

`tarfile` reads the headers; the walk is ours because `tarfile` loads extended headers whole into memory, stops at the first damaged
header and at the first zero block, and does not say which bytes it left out.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from parsers.bytestreams import BLOCK, Input, Pulled
from parsers.containers import Budget, Member, Note
from parsers.decoders import stored

_UNIT = tarfile.BLOCKSIZE
_LONGEST_HEADER = 1 << 20  # bytes of an extended header; real ones hold a path and a few numbers
_ZERO = bytes(_UNIT)
_KINDS = {
    tarfile.SYMTYPE: "symbolic link",
    tarfile.LNKTYPE: "hard link",
    tarfile.CHRTYPE: "character device",
    tarfile.BLKTYPE: "block device",
    tarfile.FIFOTYPE: "pipe",
}


@dataclass(slots=True)
class _Said:
    """What extended headers say about the next member, and (pax `g`) about all that follow."""

    next: dict[str, str] = field(default_factory=dict)
    always: dict[str, str] = field(default_factory=dict)

    def take(self) -> dict[str, str]:
        both = {**self.always, **self.next}
        self.next = {}
        return both


def _info(unit: bytes) -> tarfile.TarInfo | None:
    try:
        info = tarfile.TarInfo.frombuf(unit, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError, OverflowError):
        return None
    return info if info.size >= 0 else None


def _padded(size: int) -> int:
    return -(-size // _UNIT) * _UNIT


def _pax(data: bytes) -> dict[str, str]:
    """Records `LENGTH KEY=VALUE\\n` of a pax header (POSIX.1-2008, pax Extended Header). Stops at the first malformed one."""
    said: dict[str, str] = {}
    at = 0
    while at < len(data):
        digits, space, _ = data[at : at + 20].partition(b" ")
        if not space or not digits.isdigit() or not (len(digits) + 2 < int(digits) <= len(data) - at):
            break
        record = data[at + len(digits) + 1 : at + int(digits) - 1]
        key, _, value = record.partition(b"=")
        said[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        at += int(digits)
    return said


def _extended(source: Input, info: tarfile.TarInfo, said: _Said) -> Note | None:
    """Read an extended header into `said`; a note when it is too large or cut short."""
    at = source.position
    if info.size > _LONGEST_HEADER:
        _pass_over(source, _padded(info.size))
        return Note(at, info.size, f"an extended tar header of {info.size} bytes is not read (limit {_LONGEST_HEADER})")
    data = source.read(_padded(info.size))[: info.size]
    if info.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
        said.next.update(_pax(data))
    elif info.type == tarfile.XGLTYPE:
        said.always.update(_pax(data))
    elif info.type == tarfile.GNUTYPE_LONGNAME:
        said.next["path"] = data.rstrip(b"\0").decode("utf-8", "surrogateescape")
    if len(data) < info.size:
        return Note(at, len(data), f"an extended tar header has {len(data)} of {info.size} bytes")
    return None


def _pass_over(source: Input, count: int) -> None:
    while count > 0 and (block := source.read(min(BLOCK, count))):
        count -= len(block)


def _size(info: tarfile.TarInfo, said: dict[str, str]) -> int:
    text = said.get("size", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else info.size


def _refusal(info: tarfile.TarInfo, said: dict[str, str]) -> str:
    if info.type in _KINDS:
        target = f" to {said.get('linkpath', info.linkname)!r}" if info.linkname else ""
        return f"{_KINDS[info.type]}{target} inside a tar; it holds no bytes of its own"
    if info.type == tarfile.GNUTYPE_SPARSE or any(key.startswith("GNU.sparse") for key in said):
        return "sparse tar member, which is not read; unpack the archive and add the file itself"
    return ""


def _member(source: Input, info: tarfile.TarInfo, said: dict[str, str]) -> Iterator[Member | Note]:
    name = said.get("path", info.name)
    if info.type == tarfile.DIRTYPE or (info.type == tarfile.AREGTYPE and name.endswith("/")):
        return
    refusal = _refusal(info, said)
    size = 0 if info.type in _KINDS else _size(info, said)
    start = source.position
    yield Member(name, size, None if refusal else Pulled(stored(source, size)), refusal)
    _pass_over(source, start + _padded(size) - source.position)


def members_of(source: Input) -> Iterator[Member | Note]:
    """Members of the tar that `source` streams, to the very end: zero blocks end no archive that goes on behind them."""
    said = _Said()
    lost = -1  # where unreadable bytes began
    while unit := source.read(_UNIT):
        at = source.position - len(unit)
        info = _info(unit) if len(unit) == _UNIT else None
        if info is None or (lost >= 0 and unit[257:262] != b"ustar"):
            if lost < 0 and unit != _ZERO[: len(unit)]:
                lost = at
            continue
        if lost >= 0:
            yield Note(lost, at - lost, "no tar header where one is due; reading goes on at the next one")
            lost = -1
        if info.type in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE) or info.type in (
            tarfile.GNUTYPE_LONGNAME,
            tarfile.GNUTYPE_LONGLINK,
        ):
            if note := _extended(source, info, said):
                yield note
        else:
            yield from _member(source, info, said.take())
    if lost >= 0:
        yield Note(lost, source.position - lost, "no tar header where one is due, and none after it")


class _Tar:
    name = "tar"
    single = False

    def accepts(self, head: bytes) -> bool:
        return len(head) >= _UNIT and head[:1] != b"\0" and _info(head[:_UNIT]) is not None

    def members(self, handle: BinaryIO, name: str, budget: Budget) -> Iterator[Member | Note]:
        yield from members_of(Input(handle))


CONTAINER = _Tar()
