"""What the headers of all chunks of a log say, wherever the window that is read ends: asked for once a log."""

from __future__ import annotations

import os
from collections.abc import Iterator
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
    heads, standing = [], 0
    with path.open("rb", buffering=0) as handle:
        for base, head in heads_at(handle, range(FILE_HEADER, size, CHUNK)):
            if not head.startswith(CHUNK_MAGIC):
                continue
            standing += 1
            if base + CHUNK_HEADER <= size and len(head) == HEAD:
                heads.append((base, int.from_bytes(head[24:32], "little"), int.from_bytes(head[32:40], "little")))
    held = list(zip(*heads, strict=True)) or [(), (), ()]
    return ChunkHeads(np.array(held[0], np.int64), np.array(held[1], np.uint64), np.array(held[2], np.uint64), standing)


def heads_at(handle: BinaryIO, bases: range) -> Iterator[tuple[int, bytes]]:
    """The first HEAD bytes from each place on, of an unbuffered file: by one call each where the system has such a call."""
    if hasattr(os, "pread"):
        file = handle.fileno()
        for base in bases:
            yield base, os.pread(file, HEAD, base)
        return
    for base in bases:
        handle.seek(base)
        yield base, handle.read(HEAD)
