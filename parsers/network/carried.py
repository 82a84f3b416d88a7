"""Files that protocols carried, as rows of net/files: digests, size, media type by content."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Carried, Record
from parsers.network.protocols.media_types import media_type

START = 512  # bytes of a file that tell its media type


def described(file: Carried, source: str, packet_time: npt.NDArray[np.int64]) -> Record:
    """The row of a file. Its bytes are read once, piece by piece."""
    digests = [hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256")]
    seen, start = 0, b""
    for piece in file.content():
        seen += len(piece)
        if len(start) < START:
            start += piece[: START - len(start)]
        for digest in digests:
            digest.update(piece)
    whole = not file.missing and (file.size is None or seen >= file.size)
    values: dict[str, object] = {
        "source": source,
        "is_orig": file.forward,
        "filename": file.name,
        "mime_type": media_type(start, None, bool(seen)),
        "declared_type": file.declared,
        "duration": max(int(packet_time[file.last]) - int(packet_time[file.first]), 0),
        "seen_bytes": seen,
        "total_bytes": file.size,
        "missing_bytes": file.missing,
        "complete": whole,
        "object": file.name,
    }
    values |= {digest.name: digest.hexdigest() for digest in digests} | dict(file.values)
    return Record(file.flow, file.first, file.last, "file", values, () if whole else ("truncated",), "net/files")
