"""`athar export` and `case.export`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import forensics
from cases.case import Case
from cases.exchange import exchanges
from cases.exchange.delivery import EXPORTED

DOCS = Path(__file__).parents[3] / "docs" / "exports.md"


def test_help_lists_every_format_and_shows_examples(athar: Any) -> None:
    shown = athar("export", "--help").out
    assert [name for name in exchanges() if not re.search(rf"^ +{name} +\w", shown, re.MULTILINE)] == []
    assert "athar export CASE --to timesketch -o case.jsonl" in shown


def test_every_format_is_documented_with_its_suffixes() -> None:
    table = re.findall(r"^\| `(\w+)` \| (.*?) \|", DOCS.read_text("utf-8"), re.MULTILINE)
    said = {name: set(re.findall(r"\.\w+", suffixes)) for name, suffixes in table}
    assert said == {name: set(exchange.suffixes) for name, exchange in exchanges().items()}


def test_the_command_says_what_it_wrote_and_records_it(athar: Any, hostile_case: Case, tmp_path: Path) -> None:
    ran = athar("export", hostile_case.folder, "--to", "timesketch", "-o", tmp_path / "t.jsonl", "--date", "2026-03-06")
    assert ran.code == 0
    assert "8 rows, 1 left out without time, 2 values cut" in ran.out
    assert hostile_case.custody.entries()[-1].act.subjects[0].sha256 in ran.out


def test_json_is_for_scripts(athar: Any, hostile_case: Case, tmp_path: Path) -> None:
    ran = athar("export", hostile_case.folder, "--to", "jsonl", "-o", tmp_path / "t.jsonl", "--json")
    assert json.loads(ran.out)["counts"] == {"rows": 9}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "timesketsh"), "did you mean 'timesketch'?"),
        (("--to", "jsonl", "--date", "tomorrow"), "expected YYYY-MM-DD"),
    ],
)
def test_mistakes_are_one_line_and_write_nothing(
    arguments: tuple[str, ...], said: str, athar: Any, hostile_case: Case, tmp_path: Path
) -> None:
    ran = athar("export", hostile_case.folder, *arguments, "-o", tmp_path / "out" / "x.jsonl")
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_there_stays(athar: Any, hostile_case: Case, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("mine")
    ran = athar("export", hostile_case.folder, "--to", "csv", "-o", tmp_path / "x.csv")
    assert (ran.code, (tmp_path / "x.csv").read_text()) == (2, "mine")
    assert "never overwrites" in ran.err


def test_python_exports_by_name_and_path(hostile_case: Case, tmp_path: Path) -> None:
    case = forensics.open_case(hostile_case.folder)
    made = case.export("timesketch", tmp_path / "out.jsonl", date="2026-03-06", lang="fr")
    assert made == tmp_path / "out.jsonl"
    assert len(made.read_text("ascii").splitlines()) == 8
    act = hostile_case.custody.entries()[-1].act
    assert (act.action, act.options["lang"]) == (EXPORTED, "fr")
