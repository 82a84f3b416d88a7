"""What the headers of all chunks of a log say, wherever the window that is read ends: asked for once a log."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from parsers.gather import Int64s
from parsers.windows.structures import CHUNK, CHUNK_HEADER, CHUNK_MAGIC, FILE_HEADER

HEAD = 40  # bytes of a header up to the numbers of its records


@dataclass(frozen=True, slots=True)
class ChunkHeads:
    """Where chunks with a whole header begin, ascending, and the numbers of the first and last record that each says it holds: (c,).
    `standing`: places of the file's grid where a chunk begins, though the file may end in its header."""

    bases: Int64s
    first: npt.NDArray[np.uint64]
    last: npt.NDArray[np.uint64]
    standing: int


@lru_cache(4)
def chunk_heads(path: Path, size: int, _sha256: str) -> ChunkHeads:
    """The headers of the log's chunks. Read, not mapped: pages of a map that are touched count as this process's memory, and these lie
    all over the file. Raises OSError."""
    bases = range(FILE_HEADER, size, CHUNK)
    with path.open("rb", buffering=0) as handle:
        heads = heads_at(handle, bases)
    said = np.frombuffer(b"".join(head.ljust(HEAD, b"\0") for head in heads), "<u8").reshape(-1, HEAD // 8)
    begun = said[:, 0] == int.from_bytes(CHUNK_MAGIC, "little")
    at = np.array(bases, np.int64)
    whole = begun & (at + CHUNK_HEADER <= size) & (np.array(list(map(len, heads)), np.int64) == HEAD)
    first, last = (said[whole, column].astype(np.uint64) for column in (3, 4))
    return ChunkHeads(at[whole], first, last, int(np.count_nonzero(begun)))


def heads_at(handle: BinaryIO, bases: range) -> list[bytes]:
    """The first HEAD bytes from each place on, of an unbuffered file: by one call each where the system has such a call."""
    if hasattr(os, "pread"):
        file = handle.fileno()
        return [os.pread(file, HEAD, base) for base in bases]
    heads = []
    for base in bases:
        handle.seek(base)
        heads.append(handle.read(HEAD))
    return heads
