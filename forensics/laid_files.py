"""Files end to end in memory. On Linux those of whole pages that begin with one are mapped there: nothing is copied, and the system, which
clears each page that it hands out, has none to clear. Others are read into it."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import sys
from functools import cache
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from parsers.gather import POPULATE_READ, Bytes

MAP_FIXED = 0x10  # mmap(2), which Python's own does not offer: at this address, in place of what is mapped there
FAILED = ctypes.c_void_p(-1).value


@cache
def _map() -> Any:
    """mmap(2)."""
    function = ctypes.CDLL(None, use_errno=True).mmap
    function.restype = ctypes.c_void_p
    whole = (ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *whole)
    return function


class Laid:
    """Room for `room` bytes, of which only what is used takes memory. `bytes`: (room,) uint8, not to be written."""

    def __init__(self, room: int) -> None:
        self._room: mmap.mmap | None = None
        self._begin = 0
        if sys.platform == "linux":
            # it is unmapped as a whole, with all that was put in its place
            self._room = mmap.mmap(-1, room, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            self._begin = ctypes.addressof(ctypes.c_char.from_buffer(self._room))
            self._into = np.frombuffer(self._room, np.uint8)
        else:
            self._into = np.empty(room, np.uint8)
        self.bytes: Bytes = self._into.view()
        self.bytes.flags.writeable = False

    def lay(self, path: Path, at: int, size: int) -> bool:
        """Have the bytes of a file from place `at` on. False where they are not `size` many. Raises OSError when it can't be read."""
        with FileIO(path) as handle:
            if os.fstat(handle.fileno()).st_size == size and self._mapped(handle, at, size):
                return True
            view, got = self._into.data[at : at + size], 0
            while got < size and (count := handle.readinto(view[got:])):
                got += count
            return got == size and not handle.read(1)  # one more, which a file that has grown would have

    def _mapped(self, handle: FileIO, at: int, size: int) -> bool:
        """Whether the file lies there now; where not, there is room as before."""
        if (
            sys.platform != "linux"
            or at % mmap.PAGESIZE
            or size % mmap.PAGESIZE
            or not 0 < size <= len(self.bytes) - at
        ):
            return False
        place, anew = self._begin + at, mmap.MAP_PRIVATE | MAP_FIXED
        if _map()(place, size, mmap.PROT_READ, anew, handle.fileno(), 0) != FAILED and self._there(at, size):
            return True
        if _map()(place, size, mmap.PROT_READ | mmap.PROT_WRITE, anew | mmap.MAP_ANONYMOUS, -1, 0) == FAILED:
            raise MemoryError(f"{size} bytes of room for a file: {os.strerror(ctypes.get_errno())}")
        return False

    def _there(self, at: int, size: int) -> bool:
        """Whether all that was mapped can be read. A page beyond a file's end, or on a broken disk, would end the process when it is; asked
        for all at once, the system only says so. One that cannot be asked (Linux before 5.14) is believed."""
        assert self._room is not None
        try:
            self._room.madvise(POPULATE_READ, at, size)
        except OSError as error:
            return error.errno == errno.EINVAL
        return True
