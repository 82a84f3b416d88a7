"""Every analyzer keeps its contract."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import timelines.analyzers
from timelines.analyzers import Analyzer, all_analyzers
from timelines.families import all_families


def test_every_file_is_found_and_keeps_the_contract() -> None:
    folder = Path(timelines.analyzers.__file__).parent
    files = [path for path in folder.glob("*.py") if not path.name.startswith("_")]
    found = all_analyzers()
    assert len(found) == len(files)
    for name, analyzer in found.items():
        assert isinstance(analyzer, Analyzer)
        assert name == analyzer.name
        for pattern in analyzer.needs:
            assert any(fnmatchcase(family, pattern) for family in all_families()), pattern
