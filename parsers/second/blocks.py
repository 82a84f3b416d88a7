"""pcapng blocks followed one by one: what stands before a packet's block that is needed to read it.

draft-ietf-opsawg-pcapng section 3.1: type, total length, body, total length again, in the byte order of the section's header.
"""

from __future__ import annotations

import struct

SECTION, INTERFACE = b"\n\r\r\n", 1
SMALLEST = 12  # bytes of a block without a body
_ORDER = bytes.fromhex("4d3c2b1a")  # section 4.1: the byte-order magic as a little-endian writer has it
_LITTLE, _BIG = struct.Struct("<II"), struct.Struct(">II")


def is_pcapng(view: memoryview) -> bool:
    """Whether the file begins with a section header."""
    return bytes(view[:4]) == SECTION


class Preambles:
    """What stands before the blocks of one file that is needed to read them. Asked in order of offset, the file is walked once."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._restart()

    def _restart(self) -> None:
        self._at, self._head = 0, _LITTLE
        self._kept: list[bytes] = []

    def before(self, offset: int) -> bytes:
        """The section header and the interface descriptions that stand before the block at `offset`, as they are in the file.

        Raises ValueError when the chain of blocks does not lead there.
        """
        if offset < self._at:
            self._restart()
        view, kept = self._view, self._kept
        while self._at < offset:
            at = self._at
            if bytes(view[at : at + 4]) == SECTION:
                self._head = _LITTLE if bytes(view[at + 8 : at + 12]) == _ORDER else _BIG
                kept.clear()
            kind, size = self._head.unpack_from(view, at) if at + self._head.size <= len(view) else (0, 0)
            if size < SMALLEST or at + size > offset:
                raise ValueError(
                    f"the chain of blocks does not lead to byte {offset}: block of {size} bytes at byte {at}"
                )
            if not kept or kind == INTERFACE:
                kept.append(bytes(view[at : at + size]))
            self._at = at + size
        return b"".join(kept)
