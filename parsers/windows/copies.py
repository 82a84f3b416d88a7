"""Records that stand in a blob more than once: a page file holds the same page twice, a dump the same cache. Each is one event.

The first copy is told, and the first inside a chunk too where those before stand alone: there its templates are. Which of several is first
does not depend on how the blob is cut, so pieces can still be read apart: whoever reads a piece looks through those before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import numpy as np

from parsers.base import Evidence
from parsers.gather import Bytes, Int64s
from parsers.windows.chunks import Records

LONE = b"alone"
MOST = 1 << 19  # records of a blob that are remembered, some 200 bytes each


@dataclass(frozen=True, slots=True)
class Piece:
    """What was found in a piece of a blob: its bytes, where in the blob they begin, the records, which of them stand outside of chunks,
    and where the next piece begins."""

    data: Bytes
    begin: int
    found: Records
    lone: Int64s
    following: int


Search = Callable[[int], Piece]  # by where a piece begins


@dataclass(slots=True)
class _Seen:
    """Where each record of a blob stands first, for all bytes before `upto`."""

    blob: tuple[str, str, int] = ("", "", 0)
    upto: int = 0
    first: dict[bytes, int] = field(default_factory=dict)


_seen = _Seen()


def without_copies(evidence: Evidence, start: int, search: Search) -> tuple[Records, bool]:
    """The records of the piece at `start` without those that stand before in the blob, which are told to the ledger; and whether
    the blob has too many records to know all copies."""
    blob = (str(evidence.path), evidence.sha256, evidence.size)
    if _seen.blob != blob:
        _seen.blob, _seen.upto, _seen.first = blob, 0, {}
    while _seen.upto < start:
        piece = search(_seen.upto)
        for digest, offset in _digests(piece):
            if len(_seen.first) < MOST:
                _seen.first.setdefault(digest, offset)
        _seen.upto = piece.following
    piece = search(start)
    own: dict[bytes, int] = {}
    kept = []
    for row, (digest, offset) in enumerate(_digests(piece)):
        own.setdefault(digest, offset)
        alike = (digest, digest.removesuffix(LONE))  # one that stands alone says nothing that one in a chunk does not
        first = min(places.get(name, offset) for places in (_seen.first, own) for name in alike)
        if first < offset:
            piece.found.complain(row, f"stands at byte {first} already, byte for byte; told once")
        else:
            kept.append(row)
    return _only(piece.found, np.array(kept, np.int64)), len(_seen.first) >= MOST


def _digests(piece: Piece) -> list[tuple[bytes, int]]:
    """A digest of all bytes of each record, marked where it stands alone, and where in the blob it stands; in its order."""
    marks = np.zeros(len(piece.found), np.bool_)
    marks[piece.lone] = True
    places = zip(piece.found.offset.tolist(), piece.found.size.tolist(), marks.tolist(), strict=True)
    return [
        (blake2b(piece.data[at : at + size].data, digest_size=16).digest() + LONE * alone, piece.begin + at)
        for at, size, alone in places
    ]


def _only(found: Records, rows: Int64s) -> Records:
    return replace(
        found,
        offset=found.offset[rows],
        size=found.size[rows],
        number=found.number[rows],
        instant=found.instant[rows],
        sane=found.sane[rows],
        base=found.base[rows],
        flags=found.flags[rows],
        file=found.file[rows],
    )
