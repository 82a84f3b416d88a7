"""What the mere compressions share: the name of what they hold, and what may follow the end of their data."""

from __future__ import annotations

from collections.abc import Callable

from parsers.bytestreams import BLOCK, Damaged, Input


def plain_name(name: str, suffix: str, tar_suffix: str) -> str:
    """The name of what `name` holds: without its suffix, or with `.tar` for the short form."""
    lower = name.lower()
    if lower.endswith(tar_suffix) and len(name) > len(tar_suffix):
        return name[: -len(tar_suffix)] + ".tar"
    if lower.endswith(suffix) and len(name) > len(suffix):
        return name[: -len(suffix)]
    return name + ".unpacked"


def trailing(source: Input, begins: Callable[[bytes], bool], size: int) -> bool:
    """Whether another compressed part follows. Zero padding is passed over; raises Damaged when anything else follows."""
    at = source.position
    head = source.read(size)
    if not head:
        if source.stopped is not None:
            raise source.stopped
        return False
    source.unread(head)
    if begins(head):
        return True
    other = 0
    while block := source.read(BLOCK):
        other += len(block) - block.count(0)
    if other:
        count = source.position - at
        raise Damaged(at, f"{count} bytes after the end of the compressed data are not compressed; they are not read")
    return False
