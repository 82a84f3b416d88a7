"""From a record's place in a file to its chunk: on an event log's grid, or wherever it lies in other bytes."""

from __future__ import annotations

from parsers.windows.definitions import implied_base
from parsers.windows.structures import (
    CHUNK,
    CHUNK_HEADER,
    CHUNK_MAGIC,
    FILE_HEADER,
    FILE_MAGIC,
    SIGNATURE,
    header_checksum,
)


def is_chunk(head: bytes) -> bool:
    """Whether a chunk begins here: its magic, and its header's checksum or a first record where one belongs. 516 bytes tell."""
    if head[:8] != CHUNK_MAGIC or len(head) < CHUNK_HEADER:
        return False
    if header_checksum(head) == int.from_bytes(head[124:128], "little"):
        return True
    first = head[CHUNK_HEADER : CHUNK_HEADER + 4]
    return first == SIGNATURE and int.from_bytes(head[40:44], "little") == 128  # size of the header's fields


def chunk_base(view: memoryview, offset: int) -> int:
    """Where the chunk of the record at `offset` begins. In other bytes than an event log's: the nearest one before it that reaches it,
    or where the record's own template says that it began, or the record itself."""
    grid = FILE_HEADER + (offset - FILE_HEADER) // CHUNK * CHUNK
    is_log = offset >= FILE_HEADER and bytes(view[:8]) == FILE_MAGIC
    if is_log and bytes(view[grid : grid + 8]) == CHUNK_MAGIC:
        return grid
    start = max(0, offset - CHUNK)
    before = bytes(view[start : offset + CHUNK_HEADER])
    at = offset - start
    while (at := before.rfind(CHUNK_MAGIC, 0, at)) >= 0:
        if is_chunk(before[at : at + CHUNK_HEADER + 4]) and start + at + CHUNK > offset:
            return start + at
    if is_log:
        return grid
    size = min(int.from_bytes(view[offset + 4 : offset + 8], "little"), CHUNK)
    base = implied_base(bytes(view[offset : offset + size]), offset)
    return offset if base is None else base
