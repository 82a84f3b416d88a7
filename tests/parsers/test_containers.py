"""Archives, sound and hostile: members by safe names, damage that costs only itself, limits that hold."""

import bz2
import gzip
import io
import random
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard

from parsers import evidence
from parsers.containers import DEFAULT_LIMITS, Container, Limits, all_containers, container_for
from parsers.evidence import examine, materialised
from timelines.inventory import FileEntry
from timelines.problems import Problem

LOG = b"".join(b"LOG line %06d of a log that compresses well\n" % number for number in range(3_000))


class LogParser:
    name = "log"


@pytest.fixture(autouse=True)
def only_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """`LOG ...` is evidence, so that these tests depend on no real format."""
    monkeypatch.setattr(
        evidence, "recognise", lambda head, name, log_formats: LogParser() if head.startswith(b"LOG") else None
    )


def listed(path: Path, data: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[dict[str, FileEntry], list[Problem]]:
    path.write_bytes(data)
    found = list(examine("E001", path, {}, limits))
    entries = [item for item in found if isinstance(item, FileEntry)]
    assert len({e.file for e in entries}) == len(entries), "two entries under one path"
    assert all(e.on_disk == path.name for e in entries)
    return {e.file: e for e in entries}, [item for item in found if isinstance(item, Problem)]


def statuses(entries: dict[str, FileEntry]) -> dict[str, str]:
    return {file: entry.status for file, entry in entries.items()}


def read(path: Path, entries: dict[str, FileEntry], limits: Limits = DEFAULT_LIMITS) -> dict[str, bytes]:
    wanted = [entry for entry in entries.values() if entry.status == "evidence"]
    out = {}
    for item in materialised(path, wanted, path.parent / "scratch", limits):
        assert isinstance(item, tuple), item
        out[item[0].file] = item[1].read_bytes()
    return out


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return held.getvalue()


def tarred(files: dict[str, bytes], format_: int = tarfile.PAX_FORMAT) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=format_) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return held.getvalue()


def zst(data: bytes) -> bytes:
    """With a checksum, as the command-line tool writes it (RFC 8878 section 3.1.1)."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def lz4(data: bytes) -> bytes:
    """As Arrow writes it, in linked blocks (lz4_Frame_format.md)."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "lz4") as out:
        out.write(data)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def lz4_by_hand(data: bytes) -> bytes:
    """Magic; version 1, independent blocks; blocks of 64 KiB at most; header checksum; a stored block; end mark."""
    return b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", 0x80000000 | len(data)) + data + bytes(4)


# Sound archives


@pytest.mark.parametrize(
    ("name", "data", "member"),
    [
        ("access.log.gz", gzip.compress(LOG), "access.log"),
        ("access.log.bz2", bz2.compress(LOG), "access.log"),
        ("access.log.zst", zstandard.compress(LOG), "access.log"),
        ("rotated", gzip.compress(LOG), "rotated.unpacked"),
        ("a.gz", gzip.compress(LOG[:1000]) + gzip.compress(LOG[1000:]), "a"),
        ("a.bz2", bz2.compress(LOG[:1000]) + bz2.compress(LOG[1000:]), "a"),
        ("a.zst", zstandard.compress(LOG[:1000]) + zstandard.compress(LOG[1000:]), "a"),
        ("a.zst", b"\x50\x2a\x4d\x18\x03\0\0\0abc" + zstandard.compress(LOG), "a"),
        ("a.lz4", lz4(LOG), "a"),
        ("a.lz4", lz4_by_hand(LOG[:5000]) + b"\x50\x2a\x4d\x18\x03\0\0\0abc" + lz4(LOG[5000:]), "a"),
        ("a.gz", gzip.compress(LOG) + bytes(512), "a"),  # padded, as tapes are
    ],
)
def test_compressed_logs(tmp_path: Path, name: str, data: bytes, member: str) -> None:
    entries, problems = listed(tmp_path / name, data)
    assert statuses(entries) == {name: "container", f"{name}/{member}": "evidence"}
    assert problems == []
    assert read(tmp_path / name, entries) == {f"{name}/{member}": LOG}


def test_a_gzip_member_has_the_name_that_its_header_gives(tmp_path: Path) -> None:
    held = io.BytesIO()
    with gzip.GzipFile("vhost-access.log", "wb", fileobj=held, mtime=0) as stream:
        stream.write(LOG)
    entries, _ = listed(tmp_path / "backup.gz", held.getvalue())
    assert list(entries) == ["backup.gz", "backup.gz/vhost-access.log"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_zip_methods(tmp_path: Path, method: int) -> None:
    entries, problems = listed(tmp_path / "l.zip", zipped({"logs/": b"", "logs/a.log": LOG, "é.log": LOG[1:]}, method))
    assert statuses(entries) == {
        "l.zip": "container",
        "l.zip/logs/a.log": "evidence",
        "l.zip/é.log": "unrecognised",
    }
    assert problems == []
    assert read(tmp_path / "l.zip", entries) == {"l.zip/logs/a.log": LOG}


def test_bytes_before_and_behind_a_zip_are_told_and_do_not_shift_its_members(tmp_path: Path) -> None:
    data = zipped({"a.log": LOG})
    entries, problems = listed(tmp_path / "l.zip", b"PK\x03\x04" + bytes(96) + data + b"hidden")
    assert statuses(entries) == {"l.zip": "container", "l.zip/a.log": "evidence"}
    assert [(p.offset, p.length) for p in problems] == [(0, 100), (100 + len(data), 6)]
    assert read(tmp_path / "l.zip", entries) == {"l.zip/a.log": LOG}


def test_bytes_between_members_that_the_directory_does_not_name_are_told(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in ("a.log", "removed.log", "b.log"):
            archive.writestr(name, LOG + name.encode())
        del archive.filelist[1]  # the member's bytes stay, the directory forgets it
    data = held.getvalue()
    entries, problems = listed(tmp_path / "l.zip", data)
    assert list(entries) == ["l.zip", "l.zip/a.log", "l.zip/b.log"]
    start, stop = (data.index(b"PK\x03\x04", data.index(name) + 1) for name in (b"a.log", b"removed.log"))
    assert [(p.offset, p.length) for p in problems] == [(start, stop - start)]
    assert "that the zip's directory does not name" in problems[0].reason


def test_a_zip_that_was_streamed_has_its_sizes_behind_the_data(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        """No seek: zipfile then writes data descriptors (APPNOTE 4.3.9)."""

        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, block: object) -> int:
            self.data += bytes(block)  # type: ignore[call-overload]
            return len(block)  # type: ignore[arg-type]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        archive.writestr("a.log", LOG)
        archive.writestr("b.log", LOG + b"b")
    whole, no_problems = listed(tmp_path / "l.zip", pipe.data)
    assert statuses(whole) == {"l.zip": "container", "l.zip/a.log": "evidence", "l.zip/b.log": "evidence"}
    assert no_problems == []
    cut, problems = listed(tmp_path / "cut.zip", pipe.data[: pipe.data.index(b"PK\x01\x02")])
    assert read(tmp_path / "cut.zip", cut) == {"cut.zip/a.log": LOG, "cut.zip/b.log": LOG + b"b"}
    assert [p.reason for p in problems] == [
        "the zip has no directory at its end; its members are found by their own headers"
    ]


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, zstandard.compress, lz4])
def test_tar_in_every_dress(tmp_path: Path, format_: int, pack: object) -> None:
    long = "d" * 90 + "/" + "f" * 60 + ".log"
    data = pack(tarred({"./a.log": LOG, long: LOG + b"2", "empty": b""}, format_))  # type: ignore[operator]
    entries, problems = listed(tmp_path / "x.tar", data)
    assert statuses(entries) == {
        "x.tar": "container",
        "x.tar/a.log": "evidence",
        f"x.tar/{long}": "evidence",
        "x.tar/empty": "empty",
    }
    assert problems == []
    assert read(tmp_path / "x.tar", entries) == {"x.tar/a.log": LOG, f"x.tar/{long}": LOG + b"2"}


def test_an_empty_archive_is_a_container_that_holds_nothing(tmp_path: Path) -> None:
    entries, problems = listed(tmp_path / "e.zip", zipped({}))
    assert [(e.status, e.reason) for e in entries.values()] == [("container", "a zip archive that holds no files")]
    assert problems == []


# Damage


def test_a_truncated_gzip_log_is_evidence_up_to_the_cut(tmp_path: Path) -> None:
    data = gzip.compress(LOG)
    entries, problems = listed(tmp_path / "a.log.gz", data[: len(data) // 2])
    entry = entries["a.log.gz/a.log"]
    assert entry.status == "evidence"
    text = read(tmp_path / "a.log.gz", entries)["a.log.gz/a.log"]
    assert LOG.startswith(text)
    assert entry.size == len(text) > len(LOG) // 4
    assert [(p.file, p.offset) for p in problems] == [("a.log.gz/a.log", len(text))]
    assert problems[0].reason == (
        f"byte {len(data) // 2} of a.log.gz: compressed data ends before its end mark; "
        f"the {len(text)} bytes before it are used"
    )


@pytest.mark.parametrize(("name", "pack"), [("a.gz", gzip.compress), ("a.bz2", bz2.compress), ("a.zst", zst)])
def test_every_sound_byte_before_a_damaged_one_is_used(tmp_path: Path, name: str, pack: object) -> None:
    random.seed(7)
    text = b"LOG" + random.randbytes(2_500_000)  # several bzip2 and Zstandard blocks, none of them compressible
    data = bytearray(pack(text))  # type: ignore[operator]
    at = len(data) * 3 // 4
    data[at : at + 64] = bytes(64)
    entries, problems = listed(tmp_path / name, bytes(data))
    assert len(problems) == 1
    got = read(tmp_path / name, entries)[f"{name}/a"]
    assert len(got) > len(text) // 2
    assert got[: len(text) // 2] == text[: len(text) // 2]


@pytest.mark.parametrize(
    ("third", "reason"),
    [
        (struct.pack("<I", 1 << 20), "a block of 1048576 bytes is larger than the frame allows"),
        (struct.pack("<I", 0x80000000 | 60_000) + b"cut", "compressed data ends before its end mark"),
        (struct.pack("<I", 9) + b"\xff" * 9, "compressed data is damaged"),
    ],
)
def test_an_lz4_log_is_evidence_up_to_the_damaged_block(tmp_path: Path, third: bytes, reason: str) -> None:
    text = LOG * 10
    blocks = b"".join(struct.pack("<I", 0x80000000 | 1000) + text[at : at + 1000] for at in (0, 1000))
    entries, problems = listed(tmp_path / "a.lz4", b"\x04\x22\x4d\x18\x60\x40\x82" + blocks + third)
    got = read(tmp_path / "a.lz4", entries)["a.lz4/a"]
    assert text.startswith(got)
    assert len(got) > 2000 - 1024  # the step that met the damage
    assert reason in problems[0].reason


def test_a_wrong_checksum_is_told_and_the_bytes_are_used(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(LOG))
    packed[-8] ^= 0xFF  # CRC-32 of the trailer (RFC 1952 section 2.3.1)
    entries, problems = listed(tmp_path / "a.gz", bytes(packed))
    assert entries["a.gz/a"].status == "evidence"
    assert entries["a.gz/a"].size == len(LOG)
    assert f"found {zlib.crc32(LOG):08x} and {len(LOG)}" in problems[0].reason


def test_a_wrong_checksum_in_a_zip_costs_only_a_problem(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.log": LOG, "b.log": LOG + b"b"}, zipfile.ZIP_STORED))
    data[data.index(b"LOG line 000100") + 4] ^= 1
    entries, problems = listed(tmp_path / "l.zip", bytes(data))
    assert statuses(entries) == {"l.zip": "container", "l.zip/a.log": "evidence", "l.zip/b.log": "evidence"}
    assert [p.file for p in problems] == ["l.zip/a.log"]
    assert f"CRC-32 {zlib.crc32(LOG):08x}" in problems[0].reason


def test_bytes_behind_the_end_of_compressed_data_are_told(tmp_path: Path) -> None:
    data = gzip.compress(LOG)
    entries, problems = listed(tmp_path / "a.gz", data + b"hidden message")
    assert entries["a.gz/a"].size == len(LOG)
    assert [p.reason for p in problems] == [
        f"byte {len(data)} of a.gz: 14 bytes after the end of the compressed data are not compressed; "
        f"they are not read; the {len(LOG)} bytes before it are used"
    ]


def test_a_zip_without_its_directory_is_read_by_member_headers(tmp_path: Path) -> None:
    data = zipped({"a.log": LOG, "b.log": LOG + b"b", "c.log": LOG + b"c"})
    cut = data.index(b"c.log") + 20  # inside the third member's data
    entries, problems = listed(tmp_path / "l.zip", data[:cut])
    assert statuses(entries)["l.zip/a.log"] == "evidence"
    assert read(tmp_path / "l.zip", entries)["l.zip/b.log"] == LOG + b"b"
    assert len(problems) == 2  # no directory; c.log is cut short


def test_members_found_by_their_own_headers_are_found_again_when_others_are_skipped(tmp_path: Path) -> None:
    inner = zipped({"decoy.log": LOG + b"decoy"}, zipfile.ZIP_STORED)
    data = zipped({"in.zip": inner, "b.log": LOG + b"b"}, zipfile.ZIP_STORED)
    entries, _ = listed(tmp_path / "l.zip", data[: data.rindex(b"PK\x01\x02")])
    assert list(entries) == ["l.zip", "l.zip/in.zip", "l.zip/in.zip/decoy.log", "l.zip/b.log"]
    last = {"l.zip/b.log": entries["l.zip/b.log"]}
    assert read(tmp_path / "l.zip", last) == {"l.zip/b.log": LOG + b"b"}


def test_a_damaged_tar_header_costs_only_its_own_member(tmp_path: Path) -> None:
    data = bytearray(tarred({"a.log": LOG, "b.log": LOG + b"b", "c.log": LOG + b"c"}, tarfile.USTAR_FORMAT))
    at = data.index(b"b.log")
    data[at + 148 : at + 156] = b"77777777"  # header checksum (POSIX ustar, offset 148)
    entries, problems = listed(tmp_path / "x.tar", bytes(data))
    assert list(entries) == ["x.tar", "x.tar/a.log", "x.tar/c.log"]
    assert [(p.file, p.offset, p.offset + p.length) for p in problems] == [("x.tar", at, data.index(b"c.log"))]


def test_a_truncated_tar_gz_gives_its_first_members_and_the_part_of_the_last(tmp_path: Path) -> None:
    random.seed(3)
    noise = b"LOG" + random.randbytes(300_000)
    data = gzip.compress(tarred({"a.log": LOG, "b.log": noise}))
    entries, problems = listed(tmp_path / "x.tgz", data[: len(data) - 100_000])
    assert statuses(entries) == {"x.tgz": "container", "x.tgz/a.log": "evidence", "x.tgz/b.log": "evidence"}
    assert noise.startswith(read(tmp_path / "x.tgz", entries)["x.tgz/b.log"])
    assert [p.file for p in problems] == ["x.tgz/b.log", "x.tgz"]


def test_tars_one_after_another_are_both_read(tmp_path: Path) -> None:
    entries, problems = listed(tmp_path / "x.tar", tarred({"a.log": LOG}) + tarred({"b.log": LOG + b"b"}))
    assert list(entries) == ["x.tar", "x.tar/a.log", "x.tar/b.log"]
    assert problems == []


def test_bytes_behind_the_end_of_a_tar_are_told(tmp_path: Path) -> None:
    data = tarred({"a.log": LOG})
    _, problems = listed(tmp_path / "x.tar", data + b"hidden")
    assert [(p.offset, p.length) for p in problems] == [(len(data), 6)]


def test_magic_and_nothing_behind_it(tmp_path: Path) -> None:
    for head in (b"\x1f\x8b\x08", b"PK\x03\x04", b"BZh91AY&SY", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"):
        entries, problems = listed(tmp_path / "x", head)
        assert "evidence" not in statuses(entries).values()
        assert problems or "unreadable" in statuses(entries).values(), head


# Members that are not read


def test_an_encrypted_member_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    data = bytearray(zipped({"secret.log": LOG, "open.log": LOG + b"o"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1  # general purpose bit 0: encrypted (APPNOTE 4.4.4)
    entries, problems = listed(tmp_path / "l.zip", bytes(data))
    assert entries["l.zip/secret.log"].status == "unreadable"
    assert entries["l.zip/secret.log"].reason == "encrypted; decrypt the archive and add its contents"
    assert entries["l.zip/open.log"].status == "evidence"
    assert problems == []


def test_an_unsupported_method_is_named(tmp_path: Path) -> None:
    entries, _ = listed(tmp_path / "l.zip", zipped({"a.log": LOG}, zipfile.ZIP_LZMA))
    assert entries["l.zip/a.log"].reason == (
        "compression method 14 (LZMA) is not supported; unpack the archive and add its contents"
    )


def test_links_and_devices_in_a_tar_are_mentioned(tmp_path: Path) -> None:
    held = io.BytesIO()
    kinds = [
        ("sym", tarfile.SYMTYPE, "symbolic link to '/etc/shadow' inside a tar; it holds no bytes of its own"),
        ("hard", tarfile.LNKTYPE, "hard link to '/etc/shadow' inside a tar; it holds no bytes of its own"),
        ("char", tarfile.CHRTYPE, "character device inside a tar; it holds no bytes of its own"),
        ("block", tarfile.BLKTYPE, "block device inside a tar; it holds no bytes of its own"),
        ("pipe", tarfile.FIFOTYPE, "pipe inside a tar; it holds no bytes of its own"),
    ]
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, kind, _ in kinds:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = "/etc/shadow" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            archive.addfile(info)
        info = tarfile.TarInfo("z.log")
        info.size = len(LOG)
        archive.addfile(info, io.BytesIO(LOG))
    entries, problems = listed(tmp_path / "x.tar", held.getvalue())
    assert {e.file: e.reason for e in entries.values() if e.status == "unreadable"} == {
        f"x.tar/{name}": reason for name, _, reason in kinds
    }
    assert entries["x.tar/z.log"].status == "evidence"
    assert problems == []


def test_a_symbolic_link_in_a_zip_is_mentioned(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/shadow")
    entries, _ = listed(tmp_path / "l.zip", held.getvalue())
    assert entries["l.zip/link"].reason == "symbolic link inside a zip; it holds no bytes of its own"


# Contract of the kinds


@pytest.mark.parametrize("kind", all_containers(), ids=lambda kind: kind.name)
def test_kinds_are_exclusive_and_refuse_what_is_not_theirs(kind: Container) -> None:
    random.seed(1)
    for head in (b"", b"\0" * 1024, b"text\n" * 200, random.randbytes(1024), b"PK", b"\x1f", b"BZ", b"(\xb5"):
        assert kind.accepts(head) is False


def test_all_kinds_are_found() -> None:
    assert [kind.name for kind in all_containers()] == ["bz2", "gz", "lz4", "tar", "zip", "zst"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("gz", gzip.compress(LOG)),
        ("bz2", bz2.compress(LOG)),
        ("zst", zstandard.compress(LOG)),
        ("lz4", lz4(LOG)),
        ("zip", zipped({"a": LOG})),
        ("tar", tarred({"a": LOG})),
    ],
)
def test_one_kind_takes_each(name: str, data: bytes) -> None:
    assert [kind.name for kind in all_containers() if kind.accepts(data)] == [name]
    found = container_for(data)
    assert found is not None
    assert found.name == name


def test_struct_of_an_extra_field_that_lies_does_no_harm(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        info = zipfile.ZipInfo("a.log")
        info.extra = struct.pack("<HH", 0x7075, 0xFFFF)[:4]  # a Unicode path field that claims 65,535 bytes
        archive.writestr(info, LOG)
    entries, _ = listed(tmp_path / "l.zip", held.getvalue())
    assert entries["l.zip/a.log"].status == "evidence"
