"""bzip2: one compressed file, perhaps in several streams one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from parsers.archives.single import plain_name, trailing
from parsers.bytestreams import Input, Pulled
from parsers.containers import Budget, Member, Note
from parsers.decoders import bzip2ed

_BLOCK_MARK = bytes.fromhex("314159265359")
_END_MARK = bytes.fromhex("177245385090")


def _begins(head: bytes) -> bool:
    marked = head[4:10] in (_BLOCK_MARK, _END_MARK)
    return marked and head[:3] == b"BZh" and head[3:4] in b"123456789"


def _blocks(source: Input) -> Iterator[bytes]:
    yield from bzip2ed(source)
    while trailing(source, _begins, 10):
        yield from bzip2ed(source)


class _Bzip2:
    name = "bz2"
    single = True

    def accepts(self, head: bytes) -> bool:
        return _begins(head)

    def members(self, handle: BinaryIO, name: str, budget: Budget) -> Iterator[Member | Note]:
        source = Input(handle)
        yield Member(plain_name(name, ".bz2", ".tbz2"), 0, Pulled(budget.metered(_blocks(source), source)))


CONTAINER = _Bzip2()
