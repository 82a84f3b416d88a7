"""Containers: files that hold files. What every kind of archive promises, the limits they are read under, and the names of members.

Each kind is one file of `parsers/archives/`, found by walking that folder: the module defines `CONTAINER`. Nothing is ever written under a
member's own name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from parsers.base import HEAD_BYTES
from parsers.bytestreams import Input, LimitReached, Readable, Tapped
from parsers.member_names import Names

_ROOM = 16  # members that may each reach `floor_bytes` before the whole container's ratio counts


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a container is followed. Reaching a limit is a problem that is reported; the rest of the evidence goes on."""

    total_bytes: int = 1 << 39  # unpacked bytes of one outermost container, everything inside included
    ratio: int = 250  # unpacked to packed; real logs stay below 100
    floor_bytes: int = 64 << 20  # a member this small is read whatever its ratio
    members: int = 500_000  # of one outermost container, nested ones included
    depth: int = 4  # containers inside containers
    name_length: int = 512  # characters of a member's name
    scratch: Path | None = None  # where nested containers are spooled; None: the system's temporary folder


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Member:
    """One member, live: `stream` must be read before the next member is asked for. `refusal` says why there is no stream."""

    name: str
    size: int
    stream: Readable | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something about the container itself: a range of its bytes and what was found there."""

    offset: int
    length: int
    reason: str


class Budget:
    """What is left of the limits for one outermost container of `packed` bytes."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self.limits = limits
        self._bytes = min(limits.total_bytes, max(_ROOM * limits.floor_bytes, limits.ratio * packed))
        self._allowed = self._bytes
        self._members = limits.members

    def metered(self, blocks: Iterator[bytes], source: Input) -> Iterator[bytes]:
        """The blocks that are unpacked from `source`, until a limit is reached. Raises LimitReached."""
        start, made = source.position, 0
        for block in blocks:
            made += len(block)
            self._bytes -= len(block)
            packed = source.position - start
            if made > max(self.limits.floor_bytes, self.limits.ratio * packed):
                reason = (
                    f"{packed} bytes unpack to more than {made - len(block)}; the limit is {self.limits.ratio} to 1"
                )
                raise LimitReached(source.position, reason)
            if self._bytes < 0:
                raise LimitReached(source.position, f"the container unpacks to more than {self._allowed} bytes")
            yield block

    def count(self) -> bool:
        """Count one more member; False when there are too many."""
        self._members -= 1
        return self._members >= 0


@runtime_checkable
class Container(Protocol):
    """One kind of archive. `single` kinds are mere compression: one member, which may be a tar."""

    name: str
    single: bool

    def accepts(self, head: bytes) -> bool:
        """Whether a file that begins with `head` is of this kind."""
        ...

    def members(self, handle: BinaryIO, name: str, budget: Budget) -> Iterator[Member | Note]:
        """Members in the order of the archive. `handle` is seekable, at its start; `name` is the container's own. Never raises for what
        the bytes hold; raises OSError as reading does."""
        ...


@cache
def all_containers() -> tuple[Container, ...]:
    """Every kind of archive, by name. Raises TypeError for a `CONTAINER` that breaks the contract."""
    import parsers.archives

    found: list[Container] = []
    for info in pkgutil.iter_modules(parsers.archives.__path__, "parsers.archives."):
        candidate = getattr(importlib.import_module(info.name), "CONTAINER", None)
        if candidate is not None and not isinstance(candidate, Container):
            raise TypeError(f"{info.name}: CONTAINER has no name, single, accepts and members")
        if candidate is not None:
            found.append(candidate)
    return tuple(sorted(found, key=lambda kind: kind.name))


def container_for(head: bytes) -> Container | None:
    """The kind of archive that begins with `head`, or None."""
    return next((kind for kind in all_containers() if kind.accepts(head)), None)


@dataclass(frozen=True, slots=True)
class Found:
    """A member under its safe path inside the exhibit, with its hash taken while it is read."""

    file: str
    size: int
    stream: Tapped | None
    refusal: str = ""


def open_container(kind: Container, handle: BinaryIO, file: str, budget: Budget) -> Iterator[Found | Note]:
    """The members of a container, live and in order, under unique safe names below `file`. A tar inside mere compression is opened
    too, so that `logs.tar.gz` holds `logs.tar.gz/access.log`."""
    names = Names(budget.limits.name_length)
    for item in _unwrapped(kind, handle, file.rpartition("/")[2], budget):
        if isinstance(item, Note):
            yield item
            continue
        if not budget.count():
            yield Note(0, 0, f"more than {budget.limits.members} members; the rest of the container is not read")
            return
        safe, remark = names.safe(item.name)
        path = f"{file}/{safe}"
        if remark:
            yield Note(0, 0, remark)
        stream = item.stream
        if stream is not None and not isinstance(stream, Tapped):
            stream = Tapped(stream, HEAD_BYTES)
        yield Found(path, item.size, stream, item.refusal)


def _unwrapped(kind: Container, handle: BinaryIO, name: str, budget: Budget) -> Iterator[Member | Note]:
    if not kind.single:
        yield from kind.members(handle, name, budget)
        return
    from parsers.archives import tar

    for item in kind.members(handle, name, budget):
        if isinstance(item, Note) or item.stream is None:
            yield item
            continue
        tapped = Tapped(item.stream, HEAD_BYTES)
        if not tar.CONTAINER.accepts(tapped.head):
            yield Member(item.name, item.size, tapped)
            continue
        for inner in tar.members_of(Input(tapped)):
            yield inner if isinstance(inner, Member) else Note(0, 0, f"in the tar, byte {inner.offset}: {inner.reason}")
        tapped.drain()
        if tapped.stopped is not None:
            yield Note(tapped.stopped.offset, 0, tapped.stopped.reason)
