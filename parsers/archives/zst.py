"""Zstandard (RFC 8878): one compressed file, perhaps in several frames one after another, skippable ones among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from parsers.archives.single import frames, plain_name, skippable
from parsers.bytestreams import Input, Pulled
from parsers.containers import Budget, Member, Note
from parsers.decoders import zstandard_frame

_FRAME = bytes.fromhex("28b52ffd")


def _begins(head: bytes) -> bool:
    return head[:4] == _FRAME


class _Zstandard:
    name = "zst"
    single = True

    def accepts(self, head: bytes) -> bool:
        return _begins(head) or skippable(head)

    def members(self, handle: BinaryIO, name: str, budget: Budget) -> Iterator[Member | Note]:
        source = Input(handle)
        yield Member(
            plain_name(name, ".zst", ".tzst"),
            0,
            Pulled(budget.metered(frames(source, _begins, zstandard_frame), source)),
        )


CONTAINER = _Zstandard()
