"""Files end to end in memory: the same bytes whether they are mapped there or read into it."""

from __future__ import annotations

import mmap
import sys

import pytest

from forensics import laid_files
from forensics.laid_files import Laid

PAGE = mmap.PAGESIZE
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="files are read elsewhere")


@pytest.fixture
def files(tmp_path):
    """Files of whole pages, of part of one, and of nothing."""
    made = []
    for number, size in enumerate((PAGE, 3 * PAGE, 700, 2 * PAGE, PAGE, 0, 5)):
        made.append(tmp_path / f"file{number}")
        made[-1].write_bytes(bytes((number * 7 + at * 13) % 251 for at in range(size)))
    return made


def laid(files, room=None):
    sizes = [path.stat().st_size for path in files]
    held, at = Laid(sum(sizes) if room is None else room), 0
    for path, size in zip(files, sizes, strict=True):
        assert held.lay(path, at, size)
        at += size
    return held


def mapped(held):
    """Which of this process's files lie in the room."""
    begin, end = held._begin, held._begin + len(held.bytes)
    with open("/proc/self/maps") as lines:
        cut = [line.split(None, 5) for line in lines]
    places = [
        (*(int(one, 16) for one in line[0].split("-")), line[1], line[5].strip() if len(line) > 5 else "")
        for line in cut
    ]
    return [
        (name.rpartition("/")[2], rights) for low, high, rights, name in places if begin <= low and high <= end and name
    ]


def test_files_lie_end_to_end_and_cannot_be_written(files):
    held = laid(files)
    assert held.bytes.tobytes() == b"".join(path.read_bytes() for path in files)
    with pytest.raises(ValueError, match="read-only"):
        held.bytes[0] = 1


@LINUX
def test_those_of_whole_pages_that_begin_with_one_are_mapped(files):
    held = laid(files)
    assert mapped(held) == [("file0", "r--p"), ("file1", "r--p")]  # what follows begins within a page
    assert mapped(laid([files[2], files[0]], 64 * PAGE)) == []
    begin = held._begin
    content = held.bytes
    del held
    assert (
        content[: 2 * PAGE].tobytes() == files[0].read_bytes() + files[1].read_bytes()[:PAGE]
    )  # as long as anybody reads
    del content
    with open("/proc/self/maps") as lines:
        assert not any(line.startswith(f"{begin:x}-") and "file0" in line for line in lines)


@LINUX
@pytest.mark.parametrize("refused", [1, 2])
def test_files_that_cannot_be_mapped_are_read(files, monkeypatch, refused):
    """Some file systems map nothing. What the system has taken away by then is given back, else there is no room to read into."""
    real, calls = laid_files._map(), []

    def refusing(place, size, rights, flags, handle, begin):
        calls.append(handle)
        if handle >= 0:  # as the system may do: what was there is gone, and nothing else is there
            real(place, size, 0, flags | mmap.MAP_ANONYMOUS, -1, 0)
            return laid_files.FAILED
        return real(place, size, rights, flags, handle, begin) if refused == 1 else laid_files.FAILED

    monkeypatch.setattr(laid_files, "_map", lambda: refusing)
    if refused == 1:
        assert laid(files).bytes.tobytes() == b"".join(path.read_bytes() for path in files)
        assert calls.count(-1) == 2
    else:
        with pytest.raises(MemoryError, match="bytes of room for a file"):
            laid(files)


def test_files_of_another_size_are_not_laid(files, tmp_path):
    held = Laid(16 * PAGE)
    for size in (0, PAGE - 1, PAGE + 1, 2 * PAGE):
        assert not held.lay(files[0], 0, size)
        assert not held.lay(files[0], 10, size)
    with pytest.raises(OSError, match="nowhere"):
        held.lay(tmp_path / "nowhere", 0, PAGE)
    assert held.lay(files[1], 0, 3 * PAGE)
    assert held.bytes[: 3 * PAGE].tobytes() == files[1].read_bytes()


@LINUX
def test_a_file_that_was_cut_off_meanwhile_is_told_not_met(files, monkeypatch):
    """Its size is looked at, then it is mapped: what is no longer there would end the process when it is read."""
    held = Laid(8 * PAGE)
    try:
        held._room.madvise(laid_files.POPULATE_READ, 0, PAGE)
    except OSError:
        pytest.skip("this Linux can't be asked")

    class Before:
        st_size = 2 * PAGE

    with monkeypatch.context() as patched:
        patched.setattr(laid_files.os, "fstat", lambda handle: Before)
        assert not held.lay(files[0], 0, 2 * PAGE)
    assert mapped(held) == []
    assert held.bytes[:PAGE].tobytes() == files[0].read_bytes()  # there is room as before
