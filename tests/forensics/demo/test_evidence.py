"""The demo evidence as a whole: the same bytes from the same seed, enough of them, and every trace where the truth says."""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forensics.demo import TRUTH, case_details, exhibits, make_evidence
from forensics.demo import scenario as story

ReadLog = Callable[[Path], list[dict[str, Any]]]
PINNED = Path(__file__).with_name("seed1_sha256.json")


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_tells_its_progress(evidence: Path, tmp_path: Path) -> None:
    told: list[str] = []
    make_evidence(tmp_path / "again", seed=1, progress=told.append)
    assert told == ["web logs", "event logs of WEB01", "event logs of SRV02", "network capture"]
    assert digests(tmp_path / "again") == digests(evidence)


def test_these_are_the_bytes_on_every_machine(evidence: Path) -> None:
    """A change here is a change of the demo case and must be meant; then write the digests found into the file."""
    assert digests(evidence) == json.loads(PINNED.read_text())


def test_another_seed_gives_other_bytes(evidence: Path, made: Path) -> None:
    other, first = digests(made / "evidence"), digests(evidence)
    assert other.keys() == first.keys()
    assert [name for name in first if first[name] == other[name]] == [story.NOTE]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(FileExistsError, match="is not empty; give a folder that does not exist yet or is empty"):
        make_evidence(tmp_path)
    with pytest.raises(NotADirectoryError, match="is a file"):
        make_evidence(tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_there_is_enough_ordinary_life(evidence: Path) -> None:
    access = (evidence / story.ACCESS_LOG).read_text().count("\n")
    access += gzip.decompress((evidence / story.OLD_ACCESS_LOG).read_bytes()).count(b"\n")
    iis = sum(path.read_text().count("\n") - 4 for path in (evidence / "SRV02/inetpub/W3SVC1").iterdir())
    with zipfile.ZipFile(evidence / story.EXPORT) as archive:
        assert archive.testzip() is None
        exported = archive.read(story.EXPORT_MEMBER)
    # next record id of each log less one: event headers of the exported log count from 1
    windows = struct.unpack_from("<Q", exported, 24)[0] - 1
    for path in evidence.rglob("*.evtx"):
        last, first = struct.unpack_from("<Q", path.read_bytes(), 24)[0] - 1, first_record(path.read_bytes())
        windows += last - first + 1
    assert access >= 24_000
    assert iis >= 9_000
    assert windows >= 14_000


def first_record(raw: bytes) -> int:
    """The record id in the first record's header: after the file header, the chunk header, `**` and the size."""
    return int(struct.unpack_from("<Q", raw, 4096 + 512 + 8)[0])


def test_every_trace_of_the_truth_names_a_file_that_exists(evidence: Path) -> None:
    for step in TRUTH:
        assert step.time_utc.startswith("2026-01-21T")
        for trace in step.traces:
            file = trace.file.replace(f"/{story.EXPORT_MEMBER}", "")
            assert (evidence / file).is_file(), trace
    assert [step.time_ns for step in TRUTH if step.name != "beacon"] == sorted(
        s.time_ns for s in TRUTH if s.name != "beacon"
    )


def test_windows_traces_of_the_truth_are_in_the_logs(evidence: Path, tmp_path: Path, read_log: ReadLog) -> None:
    with zipfile.ZipFile(evidence / story.EXPORT) as archive:
        archive.extract(story.EXPORT_MEMBER, tmp_path)
    logs: dict[str, Counter[int]] = {}
    for step in TRUTH:
        for trace in step.traces:
            if not trace.kind.isdigit():
                continue
            name = trace.file
            if name not in logs:
                path = tmp_path / story.EXPORT_MEMBER if name.endswith(story.EXPORT_MEMBER) else evidence / name
                logs[name] = Counter(event["id"] for event in read_log(path))
            assert logs[name][int(trace.kind)], (step.name, trace)
    assert logs[story.EXPORTED_SECURITY][4625] >= 56
    assert logs[story.SRV_SYSTEM][7045] == 1
    assert logs[story.SRV_SECURITY][1102] == 1
    assert logs[story.SRV_SYSTEM][104] == 1


def test_exhibits_and_case(tmp_path: Path) -> None:
    listed = exhibits(tmp_path)
    assert [(path.name, offset) for path, _, offset, _ in listed] == [
        ("WEB01", 187.0),
        ("SRV02", 0.0),
        ("capture", 0.0),
    ]
    details = case_details()
    questions = details["questions"]
    assert isinstance(questions, tuple)
    assert all(question[language] for question in questions for language in ("en", "fr", "ar"))
