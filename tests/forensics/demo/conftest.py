"""The demo evidence, made once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.demo import make_evidence


@pytest.fixture(scope="session")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "evidence"
    make_evidence(folder, seed=1)
    return folder
