"""Archives made to harm: bombs, traps in names, endless nesting, and small archives with every byte turned."""

import bz2
import gzip
import io
import random
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from parsers import evidence
from parsers.containers import Limits
from parsers.evidence import examine, materialised
from parsers.member_names import Names
from timelines.inventory import FileEntry
from timelines.problems import Problem
from timelines.visible import visible

MB = 1 << 20


@pytest.fixture(autouse=True)
def no_parsers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is `unrecognised`, so that these tests depend on no real format."""
    monkeypatch.setattr(evidence, "recognise", lambda head, name, log_formats: None)


SMALL = Limits(total_bytes=64 * MB, ratio=50, floor_bytes=MB, members=100, depth=3)


def listed(path: Path, data: bytes, limits: Limits = SMALL) -> tuple[dict[str, FileEntry], list[Problem]]:
    path.unlink(missing_ok=True)  # a file that is written over is waited for: the disk is to have it
    path.write_bytes(data)
    found = list(examine("E001", path, {}, limits))
    entries = {item.file: item for item in found if isinstance(item, FileEntry)}
    return entries, [item for item in found if isinstance(item, Problem)]


def zipped(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def lz4(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "lz4") as out:
        out.write(data)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


# Bombs


@pytest.mark.parametrize(
    ("name", "pack"), [("b.gz", gzip.compress), ("b.bz2", bz2.compress), ("b.zst", zstandard.compress), ("b.lz4", lz4)]
)
def test_a_bomb_is_stopped_at_its_ratio(tmp_path: Path, name: str, pack: object) -> None:
    entries, problems = listed(tmp_path / name, pack(bytes(10 * MB)))  # type: ignore[operator]
    bomb = entries[f"{name}/b"]
    assert bomb.status == "unreadable"
    assert bomb.size <= 3 * MB  # the floor, and the step that went over it
    assert "the limit is 50 to 1" in bomb.reason
    assert [p.file for p in problems] == [f"{name}/b"]


def test_a_bomb_in_a_zip_does_not_hide_its_neighbours(tmp_path: Path) -> None:
    entries, problems = listed(tmp_path / "b.zip", zipped({"a": b"before", "bomb": bytes(10 * MB), "z": b"after"}))
    assert {file: e.status for file, e in entries.items()} == {
        "b.zip": "container",
        "b.zip/a": "unrecognised",
        "b.zip/bomb": "unreadable",
        "b.zip/z": "unrecognised",
    }
    assert [p.file for p in problems] == ["b.zip/bomb"]


def test_a_nested_bomb_is_stopped(tmp_path: Path) -> None:
    inner = zipped({f"{number}": bytes(10 * MB) for number in range(4)})
    entries, problems = listed(tmp_path / "b.zip", zipped({"one.zip": inner, "two.zip": inner + b" "}))
    assert sum(e.size for e in entries.values() if e.status == "unreadable") < 16 * MB
    bombs = [p.file for p in problems if "unpack to more than" in p.reason]
    assert bombs == [e.file for e in entries.values() if e.status == "unreadable"]
    assert len(bombs) == 8


def test_the_whole_container_has_a_limit_that_many_small_bombs_do_not_pass(tmp_path: Path) -> None:
    entries, problems = listed(tmp_path / "b.zip", zipped({f"{number:02}": bytes(MB) for number in range(40)}))
    read = [e for e in entries.values() if e.status in ("unrecognised", "duplicate")]
    assert len(read) == 16  # 16 floors of 1 MB
    assert "the container unpacks to more than 16777216 bytes" in problems[0].reason


def test_a_tar_bomb_in_gzip_gives_what_came_before(tmp_path: Path) -> None:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, data in (("a", b"before"), ("bomb", bytes(10 * MB)), ("z", b"after")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    entries, problems = listed(tmp_path / "b.tgz", gzip.compress(held.getvalue()))
    assert entries["b.tgz/a"].status == "unrecognised"
    assert entries["b.tgz/bomb"].status == "unreadable"
    assert "b.tgz/z" not in entries
    assert [p.file for p in problems] == ["b.tgz/bomb", "b.tgz"]


def overlapping(count: int) -> bytes:
    """A zip whose directory lists one kernel of deflated zeros under many names (the idea of overlapping-file bombs)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    kernel = packer.compress(bytes(MB // 2)) + packer.flush()
    said = (0, 0, 0, 0x21, zlib.crc32(bytes(MB // 2)), len(kernel), MB // 2)
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0x21, *said[4:], 1, 0) + b"k" + kernel
    entries = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0x21, *said[4:], 4, 0, 0, 0, 0, 0, 0)
        + b"%04d" % number
        for number in range(count)
    )
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entries), len(local), 0)
    return local + entries + end


def test_overlapping_members_are_refused_once_they_claim_more_than_the_file(tmp_path: Path) -> None:
    entries, _ = listed(tmp_path / "b.zip", overlapping(90))
    refused = [e for e in entries.values() if e.reason.startswith("its bytes overlap other members")]
    assert len(entries) == 91
    assert len(refused) > 60


def test_more_members_than_the_limit(tmp_path: Path) -> None:
    entries, problems = listed(tmp_path / "m.zip", zipped({f"{number:04}": b"%d" % number for number in range(150)}))
    assert len(entries) == 1 + 100
    assert [p.reason for p in problems] == ["more than 100 members; the rest of the container is not read"]


def test_nesting_deeper_than_the_limit(tmp_path: Path) -> None:
    data = b"at the bottom"
    for level in range(30):
        data = zipped({f"{level}.zip": data})
    entries, _ = listed(tmp_path / "n.zip", data)
    assert [e.status for e in entries.values()] == ["container"] * 3 + ["unreadable"]
    assert list(entries.values())[-1].reason == (
        "a zip archive inside 3 others; the limit is 3: unpack it and add its contents"
    )


def test_a_huge_extended_tar_header_is_passed_over(tmp_path: Path) -> None:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.GNU_FORMAT) as archive:
        info = tarfile.TarInfo("a" * (3 * MB))
        info.size = 6
        archive.addfile(info, io.BytesIO(b"inside"))
    entries, problems = listed(tmp_path / "x.tar", held.getvalue())
    assert [e.size for e in entries.values()][1:] == [6]
    assert "an extended tar header of 3145729 bytes is not read" in problems[0].reason


@pytest.mark.parametrize(
    ("name", "pack"), [("b.gz", gzip.compress), ("b.bz2", bz2.compress), ("b.zst", zstandard.compress), ("b.lz4", lz4)]
)
def test_memory_does_not_grow_with_what_unpacks(tmp_path: Path, name: str, pack: object) -> None:
    (tmp_path / name).write_bytes(pack(bytes(48 * MB)))  # type: ignore[operator]
    tracemalloc.start()
    try:
        found = [e for e in examine("E001", tmp_path / name, {}) if isinstance(e, FileEntry)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found[-1].size == 48 * MB
    assert peak < 24 * MB


# Names


@pytest.mark.parametrize(
    ("raw", "safe", "fault"),
    [
        ("../../etc/passwd", "etc/passwd", "climbs out"),
        ("/etc/passwd", "etc/passwd", "is absolute"),
        ("C:\\Windows\\x.evtx", "Windows/x.evtx", "is absolute"),
        ("\\\\server\\share\\x", "server/share/x", "is absolute"),
        ("a/./b//c", "a/b/c", ""),
        ("", "unnamed", "is empty"),
        ("..", "unnamed", "climbs out"),
        ("a\x1b[2Jb", "a⟨U+001B⟩[2Jb", "invisible"),
        ("txt.\u202egol", "txt.⟨U+202E⟩gol", "invisible"),
        ("line\nbreak", "line⟨U+000A⟩break", "invisible"),
        ("nul\0.log", "nul⟨U+0000⟩.log", "invisible"),
        ("سجل.log", "سجل.log", ""),
        ("caf\udce9.log", "caf\\xe9.log", "not valid"),
    ],
)
def test_names_are_made_safe_and_the_change_is_told(raw: str, safe: str, fault: str) -> None:
    name, remark = Names(512).safe(raw)
    assert name == safe
    assert (fault in remark) if fault else remark == ""
    assert remark.isprintable()


@given(
    st.lists(
        st.text(st.characters(codec=None), max_size=30) | st.sampled_from(["a", "A/../a", "~2", "a~2"]), max_size=12
    )
)
def test_any_names_become_safe_visible_short_and_unique(raws: list[str]) -> None:
    names = Names(24)
    safe = [names.safe(raw)[0] for raw in raws]
    assert len(set(safe)) == len(safe)
    for name in safe:
        assert name == visible(name)
        assert name.encode("utf-8")
        assert not name.startswith("/")
        assert not {"", ".", ".."} & set(name.split("/"))
        assert len(name) <= 24 + len("~12")


def test_two_members_of_one_name_are_both_listed() -> None:
    names = Names(512)
    assert [names.safe("a")[0] for _ in range(3)] == ["a", "a~2", "a~3"]
    assert names.safe("/a")[0] == "a~4"


def test_a_long_name_is_cut_but_stays_unique() -> None:
    names = Names(40)
    first, remark = names.safe("x" * 60_000 + "1")
    second, _ = names.safe("x" * 60_000 + "2")
    assert len(first) == len(second) == 40
    assert first != second
    assert "has 60001 characters" in remark


def test_hostile_names_in_archives_write_nothing_anywhere(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    bad = {
        "../../../escape.log": b"one",
        "/abs.log": b"two",
        "C:\\x.log": b"three",
        "a\u202eb": b"four",
        "con": b"five",
    }
    entries, problems = listed(inside / "l.zip", zipped(bad))
    assert list(entries)[1:] == ["l.zip/escape.log", "l.zip/abs.log", "l.zip/x.log", "l.zip/a⟨U+202E⟩b", "l.zip/con"]
    assert len(problems) == 4
    for item in materialised(inside / "l.zip", list(entries.values())[1:], inside / "scratch", SMALL):
        assert isinstance(item, tuple)
        assert item[1].parent == inside / "scratch"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["inside", "l.zip", "scratch"]


# Every byte turned


def small_archives() -> dict[str, bytes]:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("a.log", "é" * 60 + ".log"):
            info = tarfile.TarInfo(name)
            info.size = 600
            archive.addfile(info, io.BytesIO(b"x" * 600))
    text = b"".join(b"line %d\n" % number for number in range(200))
    return {
        "x.zip": zipped({"a.log": text, "b.log": b"short", "é.log": text[5:]}),
        "x.tar": tar.getvalue(),
        "x.gz": gzip.compress(text, mtime=0),
        "x.bz2": bz2.compress(text),
        "x.zst": zstandard.compress(text),
        "x.lz4": lz4(text),
        "x.tgz": gzip.compress(tar.getvalue(), mtime=0),
        "n.zip": zipped({"x.tar.gz": gzip.compress(tar.getvalue(), mtime=0), "y.zip": zipped({"q": text})}),
    }


@pytest.mark.parametrize("name", sorted(small_archives()))
def test_flipped_and_cut_archives_never_raise_and_read_the_same_twice(tmp_path: Path, name: str) -> None:
    sound, dice = small_archives()[name], random.Random(name)
    for attempt in range(250):
        data = bytearray(sound)
        for _ in range(dice.choice((1, 1, 1, 4, 30))):
            data[dice.randrange(len(data))] = dice.choice((0, 0xFF, dice.randrange(256)))
        if attempt % 3 == 0:
            del data[dice.randrange(len(data)) :]
        if attempt % 5 == 0:
            at = dice.randrange(len(data) + 1)
            data[at:at] = dice.randbytes(dice.randrange(40))
        entries, _ = listed(tmp_path / name, bytes(data))
        wanted = [e for e in entries.values() if e.status in ("evidence", "unrecognised") and e.file != name]
        for item in materialised(tmp_path / name, wanted, tmp_path / "scratch", SMALL):
            assert isinstance(item, tuple), item
