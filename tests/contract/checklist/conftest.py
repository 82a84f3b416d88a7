"""A small case for every row of the checklist, and its summaries."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .sample import DAY, put_evidence


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """A folder with `seized` and, made of it, `case`. Shared: a test that changes either works on `copy`."""
    from forensics import run

    folder = tmp_path_factory.mktemp("checklist")
    put_evidence(folder / "seized")
    run([folder / "seized"], folder / "case", workers=1)
    return folder


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    shutil.copytree(small / "case", tmp_path / "case")
    return tmp_path / "case"


@pytest.fixture
def issued(athar) -> Callable[..., Any]:
    """The summary of a case, as read back from the file that `athar report` wrote: a dict for JSON, text for HTML."""

    def issue(case: Path, lang: str = "en", form: str = "json", *more: object) -> Any:
        ran = athar("report", case, "--lang", lang, "--format", form, *DAY, *more)
        assert ran.code == 0, ran.err
        text = sorted((case / "reports").glob(f"summary-{lang}*.{form}"))[-1].read_text("utf-8")
        return json.loads(text) if form == "json" else text

    return issue
