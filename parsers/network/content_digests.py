"""Digests of content, and its media type. Of content that was seen before only SHA-256 is computed: it tells which content it is.

Hosts fetch the same scripts, policies and updates again and again, and the three digests together take four times as long as SHA-256.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from parsers.network.protocols.media_types import START, media_type

HELD = (
    1 << 20
)  # bytes of one file that are held until its SHA-256 is known; of a larger one all digests are computed as it passes
KNOWN = 16_384  # contents remembered, about 300 bytes each; then all are forgotten, and those in use come back at once

# Digests of no bytes: to copy one costs a third of making it
_MD5, _SHA1, _SHA256 = (make(usedforsecurity=False) for make in (hashlib.md5, hashlib.sha1, hashlib.sha256))


class Told(NamedTuple):
    """What content is: media type by its first bytes, and digests in hexadecimal."""

    mime_type: str | None
    md5: str
    sha1: str
    sha256: str


_known: dict[bytes, Told] = {}  # by SHA-256


class Content:
    """Content that passes piece by piece. `seen`: bytes of it so far."""

    __slots__ = ("_held", "_md5", "_sha1", "_sha256", "_start", "seen")

    def __init__(self) -> None:
        self._sha256 = _SHA256.copy()
        self._held: list[bytes] | None = []  # the pieces so far; None: there were too many, and all digests have them
        self._start = b""
        self.seen = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        if len(self._start) < START:
            self._start = self._start + piece[: START - len(self._start)] if self._start else bytes(piece[:START])
        self.seen += len(piece)
        self._sha256.update(piece)
        if self._held is None:
            self._others(piece)
            return
        self._held.append(piece)
        if self.seen > HELD or type(piece) is not bytes:  # what may change must not be held
            self._let_go()

    def _let_go(self) -> None:
        self._md5, self._sha1 = _MD5.copy(), _SHA1.copy()
        for piece in self._held or ():
            self._others(piece)
        self._held = None

    def _others(self, piece: bytes) -> None:
        self._md5.update(piece)
        self._sha1.update(piece)

    def told(self) -> Told:
        """What the content is, once all of it has passed."""
        digest = self._sha256.digest()
        if self._held is not None:
            if (known := _known.get(digest)) is not None:
                return known
            self._let_go()
        mime_type = media_type(self._start, None, bool(self.seen))
        told = Told(mime_type, self._md5.hexdigest(), self._sha1.hexdigest(), digest.hex())
        if len(_known) >= KNOWN:
            _known.clear()
        _known[digest] = told
        return told
