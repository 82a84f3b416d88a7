"""What the mere compressions share: the name of what they hold, and what may follow the end of their data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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


def skippable(head: bytes) -> bool:
    """Whether a frame begins that decoders pass over (RFC 8878 section 3.1.2; LZ4 has the same)."""
    return head[1:4] == b"\x2a\x4d\x18" and len(head) >= 4 and head[0] >> 4 == 5


def _skip_frame(source: Input) -> None:
    """Pass over such a frame. Raises Damaged when it is cut."""
    head = source.read(8)
    if len(head) < 8:
        raise source.stopped or Damaged(source.position, "the header of a skippable frame is cut short")
    left = int.from_bytes(head[4:], "little")
    while left and (block := source.read(min(left, BLOCK))):
        left -= len(block)
    if left:
        raise source.stopped or Damaged(source.position, f"a skippable frame lacks {left} bytes")


def frames(
    source: Input, begins: Callable[[bytes], bool], frame: Callable[[Input], Iterator[bytes]]
) -> Iterator[bytes]:
    """What a run of frames holds, one block after another; those that decoders pass over are passed over."""
    while trailing(source, lambda head: begins(head) or skippable(head), 4):
        head = source.read(4)
        source.unread(head)
        if skippable(head):
            _skip_frame(source)
        else:
            yield from frame(source)
