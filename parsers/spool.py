"""Scratch copies of members that must be read out of order, or by a parser that maps its file. They never outlive their use."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from parsers.bytestreams import BLOCK, Readable

_IN_MEMORY = 8 << 20  # bytes of a nested container that are kept in memory rather than on disk


@contextmanager
def spooled(stream: Readable, scratch: Path | None) -> Iterator[BinaryIO]:
    """All bytes of `stream` in a seekable, nameless temporary file, at its start. Raises OSError when they do not fit."""
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=None if scratch is None else str(scratch)) as held:
        while block := stream.read(BLOCK):
            held.write(block)
        held.seek(0)
        yield cast(BinaryIO, held)


@contextmanager
def copied(stream: Readable, scratch: Path) -> Iterator[Path]:
    """All bytes of `stream` in a file of its own in `scratch`, removed on leaving. Raises OSError when they do not fit."""
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w+b", dir=scratch, prefix="member-", delete=False) as held:
        path = Path(held.name)
        try:
            while block := stream.read(BLOCK):
                held.write(block)
        except BaseException:
            held.close()
            path.unlink(missing_ok=True)
            raise
    try:
        yield path
    finally:
        with suppress(PermissionError):  # Windows: a reader still maps it; it goes with its scratch folder
            path.unlink(missing_ok=True)
