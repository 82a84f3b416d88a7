"""Payload of packets that are set aside, kept beside them in the same order where a capture is larger than what the system can keep of it.

The packets of one group lie all over a capture. Whoever reads a group from the capture itself has most of the file read from the disk, and
so has the next. Kept payload is written once and read once, in pieces as long as what a portion of packets has of the groups that are read
together.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from parsers.memory_size import memory_size
from parsers.network.copied_bytes import copy
from parsers.network.ip_packets import FRAME, Records
from parsers.network.records import Bools, Bytes, Int64s
from parsers.network.space import Space

AT_ONCE = 4 << 20  # bytes written at a time, or one packet with more
ROOM = 2  # times the capture's size that must be free for each copy of its payload


def worth_it(size: int, folder: Path | None) -> bool:
    """Whether the payload of a capture of `size` bytes is to be kept, in a `folder` that all workers use or by each for itself in the
    system's place for temporary files: the capture would not stay in memory from one group to the next, and there is room."""
    place = folder if folder is not None else tempfile.gettempdir()
    return large(size) and shutil.disk_usage(place).free > needed(size, folder is not None)


def large(size: int) -> bool:
    """Whether a capture of `size` bytes would not stay in memory while it is read."""
    return size > memory_size() // 2


def needed(size: int, shared: bool) -> int:
    """Bytes that must be free for the payload of a capture of `size` bytes: one copy for all workers, or one for each that there can be."""
    return ROOM * size * (1 if shared else os.cpu_count() or 1)


def in_file(records: Records, size: int) -> Bools:
    """Packets whose payload stands in a capture of `size` bytes: not what was put together from fragments."""
    return np.asarray(records["at"] + records["captured"] <= size)


def sizes(records: Records, size: int) -> Int64s:
    """Bytes that are kept of each packet: the head of its frame, FRAME bytes, and its payload where that stands in the file."""
    return np.where(in_file(records, size), records["captured"], 0).astype(np.int64) + FRAME


class KeptPayload:
    """Payload of packets of a capture, `space`, one after the other in a file: `path`, or a nameless one."""

    def __init__(self, space: Space, path: Path | None = None) -> None:
        self._space: Space | None = space
        self._path, self._written = path, 0
        self._use(tempfile.TemporaryFile() if path is None else path.open("w+b"))  # noqa: SIM115

    def _use(self, file: Any) -> None:
        self._file, self._lock = file, threading.Lock()
        weakref.finalize(self, file.close)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)  # what follows a piece belongs to other groups

    def __getstate__(self) -> Path:
        """What is written can be read by other processes, where it has a path."""
        if self._path is None:
            raise TypeError("payload without a path can't be pickled")
        self._file.flush()
        return self._path

    def __setstate__(self, path: Path) -> None:
        self._space, self._path, self._written = None, path, 0
        self._use(path.open("rb"))

    def add(self, records: Records) -> int:
        """Write what belongs to these packets. Returns where that begins."""
        begin = self._written
        assert self._space is not None
        size = sizes(records, self._space.size)
        ends = np.cumsum(size)
        at = 0
        while at < len(records):
            done = int(ends[at - 1]) if at else 0
            stop = max(at + 1, int(np.searchsorted(ends, done + AT_ONCE, "right")))
            self._file.write(_bytes(self._space, records[at:stop], size[at:stop]).data)
            at = stop
        self._written += int(ends[-1]) if len(ends) else 0
        return begin

    def fill(self, out: Bytes, begin: int) -> None:
        """Read what lies from `begin` on."""
        with self._lock:
            self._file.seek(begin)
            if self._file.readinto(out.data) != len(out):
                raise OSError(f"{self._path or 'a temporary file'}: payload that was set aside is no longer there")

    def drop(self) -> None:
        """Give up the room that it takes."""
        with suppress(OSError, ValueError):
            self._file.truncate(0)


def _bytes(space: Space, records: Records, size: Int64s) -> Bytes:
    """The heads of these packets' frames, each followed by its payload."""
    out = np.zeros(int(size.sum()), np.uint8)
    to, order = np.cumsum(size) - size, np.arange(len(records))
    frames = records["record"] + records["frame"]
    copy(space.buffer, order, frames, np.clip(space.size - frames, 0, FRAME), to, out)
    copy(space.buffer, order, records["at"].astype(np.int64), size - FRAME, to + FRAME, out)
    return out
