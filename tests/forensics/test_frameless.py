"""pyarrow is kept from pandas in processes of ours alone, and gives frames all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LINE = '192.0.2.1 - - [02/Jan/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n'
HEAVY = (
    "pandas",
    "yaml",
    "duckdb",
    "cryptography",
    "coverage",
    "sigma",
    "parsers.network.capture",
    "timelines.detection",
)
COMMAND = """
import sys
from forensics.cli import athar
athar.main(sys.argv[1:], standalone_mode=False)
print([name for name in {heavy!r} if name in sys.modules])
"""
THEN = """
athar.main({given!r}, standalone_mode=False)
print("pandas" in sys.modules)
"""


def _run(code: str, *given: str) -> list[str]:
    """The lines that a new process prints."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", code, *given]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def _last_line(code: str, *given: str) -> str:
    return _run(code, *given)[-1]


def test_who_asks_for_a_frame_gets_one_and_series_are_known_after_that() -> None:
    code = """
import sys
from forensics.frameless import frameless
frameless()
assert "pandas" not in sys.modules
import pyarrow as pa
frame = pa.table({"a": [1.5, None]}).to_pandas()
print(len(frame), pa.array(frame["a"]).null_count)
"""
    assert _last_line(code) == "2 1"


def test_pandas_is_loaded_where_readers_of_others_are_installed(tmp_path: Path) -> None:
    about = tmp_path / "others-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[athar.parsers]\nothers = others:PARSER\n")
    code = f"""
import sys
sys.path.append({str(tmp_path)!r})
from forensics.frameless import frameless
frameless()
import pyarrow as pa
pa.array([0])
print("pandas" in sys.modules)
"""
    assert _last_line(code) == "True"


def _of_modules(code: str, *given: str) -> list[str]:
    """What it prints of modules, command after command."""
    return [line for line in _run(code, *given) if line in ("True", "False") or line.startswith("[")]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_web_log_is_read_without_what_it_has_no_use_for(tmp_path: Path, workers: str) -> None:
    log, case = tmp_path / "access.log", str(tmp_path / "case")
    log.write_text(LINE, encoding="utf-8", newline="")
    code, ingested = COMMAND.format(heavy=HEAVY[:1]), COMMAND.format(heavy=HEAVY)
    added, analysed = THEN.format(given=["add", case, str(log)]), THEN.format(given=["analyze", case, "--quiet"])
    assert _of_modules(code + added, "case", "new", case) == ["[]", "False"]
    assert _of_modules(ingested + analysed, "ingest", case, "--workers", workers, "--quiet") == ["[]", "False"]
    assert _of_modules(code, "run", str(log), "--case", str(tmp_path / "run"), "--workers", workers, "--quiet") == [
        "[]"
    ]
