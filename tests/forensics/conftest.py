"""What tests of commands share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.made_once import made_once
from timelines.statistics import Statistic

OF_SRV02 = ("Security.evtx", "System.evtx", "PowerShell%4Operational.evtx", "u_ex260121.log")


@pytest.fixture(scope="session")
def some_logs(demo, tmp_path_factory) -> Path:
    """`case/`, of some of the demo's logs and every fourth line of another, with findings of ten rules, and its `evidence/`, made once a
    run: rules run on it in a third of the time that the demo takes. Shared: a test that changes it copies it first."""

    def make(folder: Path) -> None:
        import forensics

        for log in sorted((demo.evidence / "SRV02").rglob("*")):
            if log.name.endswith(OF_SRV02):
                copy = folder / "evidence" / log.relative_to(demo.evidence)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(log, copy)
        lines = (demo.evidence / "WEB01" / "apache" / "access.log").read_bytes().splitlines(keepends=True)
        (folder / "evidence" / "WEB01").mkdir()
        (folder / "evidence" / "WEB01" / "access.log").write_bytes(b"".join(lines[::4]))
        forensics.run([folder / "evidence"], folder / "case", workers=1)

    return made_once(tmp_path_factory, "some-logs", make)


@pytest.fixture(scope="module")
def _counts():
    return {}


@pytest.fixture
def counted_once(_counts, monkeypatch):
    """Each table of a case is counted once for the tests of a module that show it in several forms or widths. A case that is changed
    is counted by other tests."""
    count = Statistic.table

    def table(self, scope):
        key = (self.name, scope.timeline.store.root, scope.chosen, scope.lang)
        if key not in _counts:
            _counts[key] = count(self, scope)
        return _counts[key]

    monkeypatch.setattr(Statistic, "table", table)
