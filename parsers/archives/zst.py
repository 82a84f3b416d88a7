"""Zstandard (RFC 8878): one compressed file, perhaps in several frames one after another, skippable ones among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from parsers.archives.single import plain_name, trailing
from parsers.bytestreams import BLOCK, Damaged, Input, Pulled
from parsers.containers import Budget, Member, Note
from parsers.decoders import zstandard_frame

_FRAME = bytes.fromhex("28b52ffd")


def _skippable(head: bytes) -> bool:
    return head[1:4] == b"\x2a\x4d\x18" and len(head) >= 4 and head[0] >> 4 == 5  # RFC 8878 section 3.1.2


def _begins(head: bytes) -> bool:
    return head[:4] == _FRAME or _skippable(head)


def _skip(source: Input) -> None:
    head = source.read(8)
    if len(head) < 8:
        raise source.stopped or Damaged(source.position, "the header of a skippable frame is cut short")
    left = int.from_bytes(head[4:], "little")
    while left and (block := source.read(min(left, BLOCK))):
        left -= len(block)
    if left:
        raise source.stopped or Damaged(source.position, f"a skippable frame lacks {left} bytes")


def _blocks(source: Input) -> Iterator[bytes]:
    while trailing(source, _begins, 4):
        head = source.read(4)
        source.unread(head)
        if _skippable(head):
            _skip(source)
        else:
            yield from zstandard_frame(source)


class _Zstandard:
    name = "zst"
    single = True

    def accepts(self, head: bytes) -> bool:
        return _begins(head)

    def members(self, handle: BinaryIO, name: str, budget: Budget) -> Iterator[Member | Note]:
        source = Input(handle)
        yield Member(plain_name(name, ".zst", ".tzst"), 0, Pulled(budget.metered(_blocks(source), source)))


CONTAINER = _Zstandard()
