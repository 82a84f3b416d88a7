"""Files that protocols carried, as rows of net/files: digests, size, media type by content."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Carried, CutShort, Record
from parsers.network.protocols.file_ids import file_id
from parsers.network.protocols.media_types import START, media_type

# Digests of no bytes: to copy one costs a third of making it
_MD5, _SHA1, _SHA256 = (make(usedforsecurity=False) for make in (hashlib.md5, hashlib.sha1, hashlib.sha256))


def described(file: Carried, source: str, uid: str, packet_time: npt.NDArray[np.int64]) -> Record:
    """The row of a file of the connection `uid`. Its bytes are read once, piece by piece."""
    md5, sha1, sha256 = _MD5.copy(), _SHA1.copy(), _SHA256.copy()
    seen, start, cut = 0, b"", False
    try:
        for piece in file.content():
            if len(start) < START:
                start = start + piece[: START - len(start)] if start else piece[:START]
            seen += len(piece)
            md5.update(piece)
            sha1.update(piece)
            sha256.update(piece)
    except CutShort:
        cut = True
    whole = not cut and not file.missing and (file.size is None or seen >= file.size)
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
        "md5": md5.hexdigest(),
        "sha1": sha1.hexdigest(),
        "sha256": sha256.hexdigest(),
        **file.values,
    }
    if "fuid" not in values:  # no packet numbers: the same in whatever order packets lie
        values["fuid"] = file_id(uid, file.forward, file.name, values["sha256"])
    return Record(file.flow, file.first, file.last, "file", values, () if whole else ("truncated",), "net/files")
