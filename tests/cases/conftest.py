"""A small case with real rows, made by hand: two exhibits, web and Windows rows, one finding, one damaged file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases.case import Case, CaseInfo, Hand
from timelines.inventory import Exhibit, FileEntry

LOG = b'192.0.2.10 - - [03/Mar/2026:21:14:05 +0000] "GET / HTTP/1.1" 200 512\n'
ZIP = b"PK\x03\x04 stands for an archive that holds the log again"
EVTX = b"ElfFile\x00 stands for a Windows event log"


def ticking(start: str = "2026-03-03T21:14:05+00:00") -> Callable[[], datetime]:
    """A clock that moves one second each time it is read."""
    moments: Iterator[int] = iter(range(10**6))
    return lambda: datetime.fromisoformat(start).astimezone(UTC) + timedelta(seconds=next(moments))


@pytest.fixture
def hand() -> Hand:
    return Hand(who="analyst.one", tool="athar", version="0.1.0", clock=ticking())


@pytest.fixture
def empty_case(tmp_path: Path, hand: Hand) -> Case:
    return Case.create(tmp_path / "case", CaseInfo(number="2026-017", title="Invented portal"), hand)


def entry(number: str, file: str, data: bytes, status: str = "evidence", on_disk: str | None = None) -> FileEntry:
    sha256 = hashlib.sha256(data).hexdigest()
    return FileEntry(number, file, len(data), sha256, status, on_disk=on_disk or file)  # type: ignore[arg-type]


@pytest.fixture
def seized(tmp_path: Path) -> Path:
    """Evidence as handed in: a folder with a log and an archive, and a single file."""
    folder = tmp_path / "seized"
    (folder / "server" / "logs").mkdir(parents=True)
    (folder / "server" / "logs" / "access.log").write_bytes(LOG)
    (folder / "server" / "old.zip").write_bytes(ZIP)
    (folder / "Security.evtx").write_bytes(EVTX)
    return folder


@pytest.fixture
def case(empty_case: Case, seized: Path) -> Case:
    """A case with two exhibits registered and recorded in custody."""
    register = empty_case.register
    register.register(
        Exhibit("E001", "server", str(seized / "server"), True, len(LOG) + len(ZIP), 3, "2026-03-03T21:14:06Z")
    )
    register.record(
        [
            entry("E001", "logs/access.log", LOG),
            entry("E001", "old.zip", ZIP, "container"),
            entry("E001", "old.zip/inner/access.log", LOG, "duplicate", on_disk="old.zip"),
        ]
    )
    empty_case.save_register("exhibit-added", {"exhibit": "E001"}, "E001")
    register.register(
        Exhibit("E002", "Security.evtx", str(seized / "Security.evtx"), False, len(EVTX), 1, "2026-03-03T21:14:07Z")
    )
    register.record([entry("E002", "Security.evtx", EVTX)])
    empty_case.save_register("exhibit-added", {"exhibit": "E002"}, "E002")
    return empty_case
