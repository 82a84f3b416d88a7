"""A file from evidence in a wrapper that nothing opens or runs by a click: a zip of a manifest and the bytes under a name without meaning.

The bytes inside are unchanged, so that their hashes are those of the row and any tool for archives gets them; a virus scanner may
still know them. The archive has no password: Python writes none, and a password would protect from scanners only.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, cast

MANIFEST = "manifest.json"
ENDING = ".defanged"
_DATE = (1980, 1, 1, 0, 0, 0)  # the same archive each time
_MODE = 0o600 << 16  # nobody may run it


class _Sink:
    """What the archive writes, until it is taken."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nothing behind it."""

    def take(self) -> bytes:
        out, self._held = b"".join(self._held), []
        return out


def wrapped(name: str, pieces: Iterable[bytes], manifest: dict[str, object], size: int) -> Iterator[bytes]:
    """The archive, piece by piece: the manifest, then `pieces` stored as they are as `name` and ENDING. `size`: about how many bytes."""
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w") as archive:
        text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        archive.writestr(_member(MANIFEST), text.encode("utf-8", "backslashreplace"))
        with archive.open(_member(name + ENDING), "w", force_zip64=size >= 1 << 31) as out:
            for piece in pieces:
                out.write(piece)
                yield sink.take()
    yield sink.take()


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _DATE)
    member.external_attr = _MODE
    member.create_system = 3  # Unix: so that the mode is honoured
    return member
