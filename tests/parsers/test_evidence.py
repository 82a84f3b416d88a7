"""Intake: every file is listed with what it is, hashed once, and never touched."""

import hashlib
import io
import os
import stat
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from parsers import evidence
from parsers.containers import DEFAULT_LIMITS
from parsers.evidence import Limits, examine, materialised, rehash
from timelines.inventory import CARVABLE, FileEntry
from timelines.problems import Problem

LOG = b"LOG one line of a log\n"


@dataclass(frozen=True)
class LogParser:
    """Takes what begins with `LOG `, so that these tests depend on no real format."""

    name: str = "log"

    def accepts(self, head: bytes, name: str) -> bool:
        return head.startswith(b"LOG ")


@pytest.fixture(autouse=True)
def only_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        evidence, "recognise", lambda head, name, log_formats: LogParser() if LogParser().accepts(head, name) else None
    )


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def entries(source: Path, known: dict[str, str] | None = None, limits: Limits = DEFAULT_LIMITS) -> list[FileEntry]:
    found = list(examine("E001", source, known or {}, limits))
    assert [item for item in found if isinstance(item, Problem)] == []
    return [item for item in found if isinstance(item, FileEntry)]


def folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def test_files_come_in_bytewise_order_of_their_whole_paths(tmp_path: Path) -> None:
    # `.` (0x2e) sorts before `/` (0x2f), and `/` before `0`: the order is that of the joined paths, not of each folder.
    names = ["a/b.log", "a.log", "a0.log", "B.log", "é.log", "a/b/c.log"]
    folder(tmp_path, {name: LOG + name.encode() for name in names})
    assert [e.file for e in entries(tmp_path)] == sorted(names, key=str.encode)


def test_each_entry_says_size_hash_parser_and_place(tmp_path: Path) -> None:
    folder(tmp_path, {"sub/web.dat": LOG})
    assert entries(tmp_path) == [
        FileEntry("E001", "sub/web.dat", len(LOG), sha(LOG), "evidence", parser="log", on_disk="sub/web.dat")
    ]


def test_a_single_file_is_listed_under_its_own_name(tmp_path: Path) -> None:
    folder(tmp_path, {"access.log": LOG})
    assert [(e.file, e.on_disk, e.status) for e in entries(tmp_path / "access.log")] == [
        ("access.log", "access.log", "evidence")
    ]


def test_large_files_are_hashed_over_several_blocks_and_progress_adds_up(tmp_path: Path) -> None:
    data = LOG * 40_000  # 880 kB: more than three blocks
    folder(tmp_path, {"a": data, "b": LOG})
    steps: list[int] = []
    found = list(examine("E001", tmp_path, {}, progress=steps.append))
    assert [item.sha256 for item in found if isinstance(item, FileEntry)] == [sha(data), sha(LOG)]
    assert sum(steps) == len(data) + len(LOG)
    assert len(steps) > 3


def test_the_same_bytes_are_a_duplicate_of_the_first(tmp_path: Path) -> None:
    folder(tmp_path, {"a.log": LOG, "b.log": LOG, "c.log": LOG + b"more"})
    assert [(e.file, e.status, e.duplicate_of) for e in entries(tmp_path)] == [
        ("a.log", "evidence", ""),
        ("b.log", "duplicate", "E001/a.log"),
        ("c.log", "evidence", ""),
    ]


def test_what_the_case_already_holds_is_a_duplicate_even_inside_a_container(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("in.log", LOG)
    assert [(e.file, e.status, e.duplicate_of) for e in entries(tmp_path, {sha(LOG): "E007/old.log"})] == [
        ("z.zip", "container", ""),
        ("z.zip/in.log", "duplicate", "E007/old.log"),
    ]


def test_a_duplicate_container_is_not_opened_again(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in.log", LOG)
    (tmp_path / "b.zip").write_bytes((tmp_path / "a.zip").read_bytes())
    assert [(e.file, e.status) for e in entries(tmp_path)] == [
        ("a.zip", "container"),
        ("a.zip/in.log", "evidence"),
        ("b.zip", "duplicate"),
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"just a note\nto self\n", "text, but no line fits a known log format"),
        (b"\xff\xfea\0b\0", "UTF-16 text, but no line fits a known log format"),
        (b"MZ\x90\0", "no reader for this format: a Windows program (PE)"),
        (b"%PDF-1.7", "no reader for this format: a PDF document"),
        (b"SQLite format 3\0", "no reader for this format: an SQLite database"),
        (
            b"EVF\x09\x0d\x0a\xff\0",
            "no reader for this format: an EnCase disk image (E01); mount it and add the files in it",
        ),
        (b"7z\xbc\xaf\x27\x1c", "no reader for this format: a 7z archive; unpack it and add its contents"),
        (b"Rar!\x1a\x07\x01\0", "no reader for this format: a RAR archive; unpack it and add its contents"),
        (b"\x01\x02\x03\x04\x05", "no reader for these bytes: the file begins with 01 02 03 04 05"),
        (bytes(700), "no reader for these bytes: the first 700 are all zero"),
        (bytes(4096) + b"ElfChnk\0" + bytes(600), CARVABLE),
        (b"ElfFilX\0" + bytes(4088) + b"ElfChnk\0" + bytes(600), CARVABLE),
        (b"MZ" + bytes(4094) + b"ElfChnk\0" + bytes(600), CARVABLE),
        (b"ElfChnk\0" + bytes(600), CARVABLE),
        (
            bytes(4095) + b"ElfChnk\0" + bytes(600),
            "no reader for these bytes: the file begins with 00 00 00 00 00 00 00 00",
        ),
    ],
)
def test_an_unrecognised_file_says_what_it_begins_like(tmp_path: Path, data: bytes, reason: str) -> None:
    folder(tmp_path, {"x.evtx": data})
    (entry,) = entries(tmp_path)
    assert (entry.status, entry.size, entry.sha256, entry.reason) == ("unrecognised", len(data), sha(data), reason)


def test_an_empty_file_is_listed_and_never_a_duplicate(tmp_path: Path) -> None:
    folder(tmp_path, {"a": b"", "b": b""})
    assert [(e.file, e.status, e.sha256) for e in entries(tmp_path, {sha(b""): "E009/x"})] == [
        ("a", "empty", sha(b"")),
        ("b", "empty", sha(b"")),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_links_are_mentioned_and_not_followed(tmp_path: Path) -> None:
    folder(tmp_path, {"in/real.log": LOG, "outside/secret.log": LOG + b"secret"})
    (tmp_path / "in" / "file").symlink_to(tmp_path / "outside" / "secret.log")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in" / "nowhere").symlink_to("missing")
    found = {e.file: e for e in entries(tmp_path / "in")}
    assert {name: e.status for name, e in found.items()} == {
        "file": "unreadable",
        "loop": "unreadable",
        "nowhere": "unreadable",
        "real.log": "evidence",
    }
    assert found["nowhere"].reason == "symbolic link to missing, not followed; add what it points to by itself"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_mentioned_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for a writer for ever
    assert [(e.file, e.status, e.reason) for e in entries(tmp_path)] == [
        ("pipe", "unreadable", "not read: it is a named pipe")
    ]


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="permissions do not bind this user")
def test_a_file_without_permission_is_mentioned(tmp_path: Path) -> None:
    folder(tmp_path, {"a.log": LOG, "b.log": LOG + b"b"})
    (tmp_path / "a.log").chmod(0)
    assert [(e.file, e.status) for e in entries(tmp_path)] == [("a.log", "unreadable"), ("b.log", "evidence")]


def test_a_file_that_cannot_be_read_is_mentioned_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(tmp_path, {"a.log": LOG, "b.log": LOG + b"b"})
    plain_open = Path.open

    def broken(self: Path, mode: str = "r") -> object:
        if self.name == "a.log":
            raise OSError(5, "Input/output error")
        return plain_open(self, mode)

    monkeypatch.setattr(Path, "open", broken)
    assert [(e.file, e.status, e.reason) for e in entries(tmp_path)] == [
        ("a.log", "unreadable", "cannot be read: Input/output error"),
        ("b.log", "evidence", ""),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not store such names")
def test_a_name_that_is_not_utf8_is_shown_and_found_again(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/caf\xe9.log", "wb") as handle:
        handle.write(LOG)
    (entry,) = entries(tmp_path)
    assert entry.file == "caf\\xe9.log"
    assert list(rehash(tmp_path, [entry.on_disk])) == [("caf\\xe9.log", sha(LOG))]


def test_a_missing_source_is_one_line(tmp_path: Path) -> None:
    (entry,) = entries(tmp_path / "gone.log")
    assert (entry.file, entry.status) == ("gone.log", "unreadable")
    assert "No such file" in entry.reason or "cannot find" in entry.reason


def packed(root: Path) -> Path:
    """A plain log, a zip with two logs and a tar.gz, which holds two more."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as tar:
        for number in (1, 2):
            info = tarfile.TarInfo(f"t{number}.log")
            info.size = len(LOG) + 2
            tar.addfile(info, io.BytesIO(LOG + b"t%d" % number))
    root.mkdir(exist_ok=True)
    with zipfile.ZipFile(root / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/one.log", LOG + b"one")
        archive.writestr("in.tgz", inner.getvalue())
        archive.writestr("two.log", LOG + b"two")
    return folder(root, {"plain.log": LOG})


def test_materialised_gives_plain_bytes_and_removes_each_copy(tmp_path: Path) -> None:
    source, scratch = packed(tmp_path / "evidence"), tmp_path / "scratch"
    wanted = [e for e in entries(source) if e.status == "evidence"]
    assert [e.file for e in wanted] == [
        "plain.log",
        "z.zip/a/one.log",
        "z.zip/in.tgz/t1.log",
        "z.zip/in.tgz/t2.log",
        "z.zip/two.log",
    ]
    got = []
    for item in materialised(source, wanted, scratch):
        assert isinstance(item, tuple)
        entry, path = item
        got.append((entry.file, path.read_bytes()))
        assert entry.file == "plain.log" or [path] == list(scratch.iterdir())
    assert got == [
        ("plain.log", LOG),
        ("z.zip/a/one.log", LOG + b"one"),
        ("z.zip/in.tgz/t1.log", LOG + b"t1"),
        ("z.zip/in.tgz/t2.log", LOG + b"t2"),
        ("z.zip/two.log", LOG + b"two"),
    ]
    assert list(scratch.iterdir()) == []


def test_a_consumer_that_stops_early_leaves_nothing_behind(tmp_path: Path) -> None:
    source, scratch = packed(tmp_path / "evidence"), tmp_path / "scratch"
    wanted = [e for e in entries(source) if e.file.endswith("t1.log")]
    run = materialised(source, wanted, scratch)
    assert isinstance(run, Iterator)
    next(run)
    run.close()  # type: ignore[attr-defined]
    assert list(scratch.iterdir()) == []


def test_a_member_that_changed_since_it_was_listed_is_a_problem(tmp_path: Path) -> None:
    source = packed(tmp_path / "evidence")
    wanted = [e for e in entries(source) if e.file == "z.zip/two.log"]
    with zipfile.ZipFile(source / "z.zip", "w") as archive:
        archive.writestr("two.log", LOG + b"2wo")
    (problem,) = materialised(source, wanted, tmp_path / "scratch")
    assert isinstance(problem, Problem)
    assert (problem.exhibit, problem.file) == ("E001", "z.zip/two.log")
    assert problem.reason.startswith(f"changed since it was listed: SHA-256 is {sha(LOG + b'2wo')}")


def test_files_and_members_that_are_gone_are_problems(tmp_path: Path) -> None:
    source = packed(tmp_path / "evidence")
    wanted = [e for e in entries(source) if e.file in ("plain.log", "z.zip/in.tgz/t2.log")]
    (source / "plain.log").unlink()
    with zipfile.ZipFile(source / "z.zip", "w") as archive:
        archive.writestr("two.log", LOG)
    problems = list(materialised(source, wanted, tmp_path / "scratch"))
    assert [(p.file, p.reason) for p in problems if isinstance(p, Problem)] == [
        ("plain.log", "cannot be read: No such file or directory"),
        ("z.zip/in.tgz/t2.log", "is not found any more"),
    ]


def test_a_scratch_folder_that_cannot_be_used_costs_only_what_needs_it(tmp_path: Path) -> None:
    source, occupied = packed(tmp_path / "evidence"), tmp_path / "occupied"
    occupied.write_bytes(b"a file, no folder")
    found = entries(source, limits=Limits(scratch=occupied))
    assert {e.file: e.status for e in found} == {
        "plain.log": "evidence",
        "z.zip": "container",
        "z.zip/a/one.log": "evidence",
        "z.zip/in.tgz": "unreadable",
        "z.zip/two.log": "evidence",
    }
    read = list(materialised(source, [e for e in found if e.status == "evidence"], occupied))
    assert [item[0].file if isinstance(item, tuple) else f"problem: {item.file}" for item in read] == [
        "plain.log",
        "problem: z.zip/a/one.log",
        "problem: z.zip/two.log",
    ]


def test_evidence_in_a_read_only_folder_is_read_and_left_as_it_was(tmp_path: Path) -> None:
    source = packed(tmp_path / "evidence")
    paths = [source, *source.iterdir()]
    for path in paths[1:]:
        path.chmod(stat.S_IREAD)
    source.chmod(stat.S_IREAD | stat.S_IEXEC)

    def state() -> list[tuple[str, int, int, bytes]]:
        kept = []
        for path in paths[1:]:
            data, status = path.read_bytes(), path.stat()
            kept.append((path.name, status.st_size, status.st_mtime_ns, data))
        return kept

    before, listing = state(), sorted(os.listdir(source))
    try:
        found = entries(source)
        read = list(materialised(source, [e for e in found if e.status == "evidence"], tmp_path / "scratch"))
        hashes = list(rehash(source, ["plain.log", "z.zip"]))
        assert state() == before
        assert sorted(os.listdir(source)) == listing
    finally:
        source.chmod(stat.S_IRWXU)
    assert len(read) == 5
    assert hashes == [(e.file, e.sha256) for e in found if "/" not in e.file]


def test_rehash_tells_what_changed_and_what_is_gone(tmp_path: Path) -> None:
    folder(tmp_path, {"a.log": LOG, "b/c.log": LOG})
    (tmp_path / "a.log").write_bytes(LOG + b"x")
    (tmp_path / "b" / "c.log").unlink()
    steps: list[int] = []
    first, second = rehash(tmp_path, ["a.log", "b/c.log"], steps.append)
    assert first == ("a.log", sha(LOG + b"x"))
    assert isinstance(second, Problem)
    assert (second.file, second.reason) == ("b/c.log", "cannot be read any more: No such file or directory")
    assert steps == [len(LOG) + 1]
