"""Frames of HTTP/2 (RFC 9113 sections 4 and 6): where they lie in a stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from parsers.network.protocols.http1.window import Window

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, GOAWAY, CONTINUATION = 0, 1, 3, 4, 5, 7, 9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 0x1, 0x4, 0x8, 0x20
FRAMES = 2_000_000  # frames read of one side
_HEAD = 9
_made = tuple.__new__  # the constructor of a named tuple takes twice as long


class Frame(NamedTuple):
    """One frame: where it begins, its payload, and what its head says."""

    begin: int
    at: int
    size: int
    kind: int
    flags: int
    stream: int


def frames(window: Window, at: int) -> Iterator[Frame]:
    """The frames from `at` on, until the stream ends or lacks a frame's head."""
    for _ in range(FRAMES):
        head = window.peek(at, _HEAD)
        if len(head) < _HEAD:
            return
        size, number = int.from_bytes(head[:3], "big"), int.from_bytes(head[5:], "big") & 0x7FFFFFFF
        yield _made(Frame, (at, at + _HEAD, size, head[3], head[4], number))
        at += _HEAD + size


def content(window: Window, frame: Frame) -> tuple[int, int] | None:
    """Where a frame's content lies, padding taken off, and its size; None where the padding is longer than the frame."""
    if not frame.flags & PADDED or frame.kind not in (DATA, HEADERS, PUSH_PROMISE):
        return frame.at, frame.size
    padding = window.peek(frame.at, 1)
    size = frame.size - 1 - (padding[0] if padding else 0)
    return (frame.at + 1, size) if size >= 0 else None
