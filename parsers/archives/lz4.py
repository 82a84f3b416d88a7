"""LZ4 frames (lz4_Frame_format.md of the LZ4 project): one compressed file, perhaps in several frames, skippable ones among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from parsers.archives.single import frames, plain_name
from parsers.bytestreams import Input, Pulled
from parsers.containers import Budget, Member, Note
from parsers.decoders import lz4_frame

_FRAME = bytes.fromhex("04224d18")


def _begins(head: bytes) -> bool:
    return head[:4] == _FRAME


class _LZ4:
    name = "lz4"
    single = True

    def accepts(self, head: bytes) -> bool:
        return _begins(head)  # one that begins with a skippable frame is taken for Zstandard, which has the same

    def members(self, handle: BinaryIO, name: str, budget: Budget) -> Iterator[Member | Note]:
        source = Input(handle)
        yield Member(
            plain_name(name, ".lz4", ".tlz4"), 0, Pulled(budget.metered(frames(source, _begins, lz4_frame), source))
        )


CONTAINER = _LZ4()
