"""A carried file found again in its capture, to be written out: the connection of its row is read anew, and all others if need be."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from parsers.base import Evidence
from parsers.network.capture import Capture
from parsers.network.excerpt import Asked, capture_of
from parsers.network.protocols import Carried, CutShort
from parsers.network.same_ends import Reach
from timelines.flow_timeouts import flow_timeouts


class _Found(Exception):
    def __init__(self, file: Carried) -> None:
        super().__init__()
        self.file = file


@dataclass(frozen=True, slots=True)
class Wanted:
    """The file of a row of net/files: where its first packet lies, its id, its digest, who sent it, and where its connection
    lies."""

    offset: int
    fuid: str
    sha256: str
    forward: bool
    reach: Reach | None = None

    def check(self, file: Carried) -> None:
        """Raises _Found for the file: by its id, or where the protocol gives none by its bytes."""
        named = file.values.get("fuid")
        if named == self.fuid or (named is None and file.forward == self.forward and _digest(file) == self.sha256):
            raise _Found(file)


def _digest(file: Carried) -> str:
    digest = hashlib.sha256()
    with suppress(CutShort):  # the row's digest is of the bytes before the cut, too
        for piece in file.content():
            digest.update(piece)
    return digest.hexdigest()


@contextmanager
def again(evidence: Evidence, wanted: Wanted) -> Iterator[Carried]:
    """The file, whose content can be read inside the context. Its own connection is read first, which is quick; files that another
    connection foretold (the data of FTP) are found by reading the whole capture.

    Raises ValueError when it is not there.
    """
    with tempfile.TemporaryDirectory(prefix="athar-", ignore_cleanup_errors=True) as scratch:
        path = Path(scratch) / "connection"
        view = evidence.open()
        with path.open("wb") as out:
            for piece in capture_of(
                view, Asked(wanted.offset, None, flow_timeouts(evidence.flow_timeouts), wanted.reach)
            ):
                out.write(piece)
        view.release()
        part = replace(evidence, path=path, size=path.stat().st_size, sha256="")
        file = _search(part, wanted) or _search(evidence, wanted)
        if file is None:
            raise ValueError("the file of this row is not found again in its capture; athar verify says more")
        yield file


def _search(evidence: Evidence, wanted: Wanted) -> Carried | None:
    parser = Capture(tap=wanted.check)
    try:
        for piece in parser.slices(evidence):
            for _ in parser.parse(evidence, piece):
                pass  # only the files are looked at
    except _Found as found:
        return found.file
    return None


def verified(file: Carried, sha256: str) -> Iterator[bytes]:
    """The bytes of a file. Raises ValueError at their end when they are not those of the row."""
    digest = hashlib.sha256()
    with suppress(CutShort):
        for piece in file.content():
            digest.update(piece)
            yield piece
    if digest.hexdigest() != sha256:
        raise ValueError(
            f"the file read again has SHA-256 {digest.hexdigest()}, its row says {sha256}; athar verify says more"
        )
