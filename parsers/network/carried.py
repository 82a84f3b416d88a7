"""Files that protocols carried, as rows of net/files: digests, size, media type by content."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.network.content_digests import Content
from parsers.network.protocols import Carried, CutShort, Record
from parsers.network.protocols.file_ids import file_id


def described(file: Carried, source: str, uid: str, packet_time: npt.NDArray[np.int64]) -> Record:
    """The row of a file of the connection `uid`. Its bytes are read once, piece by piece."""
    content, cut = Content(), False
    try:
        for piece in file.content():
            content.add(piece)
    except CutShort:
        cut = True
    seen, told = content.seen, content.told()
    whole = not cut and not file.missing and (file.size is None or seen >= file.size)
    values: dict[str, object] = {
        "source": source,
        "is_orig": file.forward,
        "filename": file.name,
        "mime_type": told.mime_type,
        "declared_type": file.declared,
        "duration": max(packet_time.item(file.last) - packet_time.item(file.first), 0),
        "seen_bytes": seen,
        "total_bytes": file.size,
        "missing_bytes": file.missing,
        "complete": whole,
        "object": file.name,
        "md5": told.md5,
        "sha1": told.sha1,
        "sha256": told.sha256,
        **file.values,
    }
    if "fuid" not in values:  # no packet numbers: the same in whatever order packets lie
        values["fuid"] = file_id(uid, file.forward, file.name, values["sha256"])
    return Record(file.flow, file.first, file.last, "file", values, () if whole else ("truncated",), "net/files")
