"""The Sigma specification case by case (`semantics/*.yml`): our engine and the plain evaluator against what each case expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from sigma.collection import SigmaCollection

from tests import quick_yaml
from timelines.detection import Engine, RuleSet, evaluate

FOLDER = Path(__file__).parent / "semantics"
TABLES = ("values.yml", "modifiers.yml", "conditions.yml")


def _cases() -> Iterator[Any]:
    for name in TABLES:
        for section in quick_yaml.safe_load((FOLDER / name).read_text("utf-8")):
            for number, case in enumerate(section["cases"], 1):
                yield pytest.param(case, id=f"{section['cites']} ({number})")


CASES = list(_cases())


def rows_of(values: list[Any]) -> list[dict[str, Any]]:
    return [value if isinstance(value, dict) else {"F": value} for value in values]


def block_of(case: dict[str, Any]) -> dict[str, Any]:
    return case["rule"] if "rule" in case else {"sel": case["sel"], "condition": "sel"}


def test_the_table_has_the_size_that_is_promised() -> None:
    counted = sum(max(1, len(case.values[0].get("hit", [])) + len(case.values[0].get("miss", []))) for case in CASES)
    assert (len(CASES) >= 350, counted >= 1000) == (True, True), (len(CASES), counted)


@pytest.mark.parametrize("case", CASES)
def test_case(
    load: Callable[..., RuleSet],
    rule: Callable[..., str],
    make_table: Callable[..., pa.Table],
    plain: ModuleType,
    case: dict[str, Any],
) -> None:
    text = rule(block_of(case))
    loaded = load(text)
    if case.get("refused"):
        assert (len(loaded.rules), len(loaded.refused)) == (0, 1)
        assert loaded.refused[0].reason
        return
    assert loaded.refused == (), loaded.refused
    hit, miss = rows_of(case.get("hit", [])), rows_of(case.get("miss", []))
    assert hit or miss
    parsed = SigmaCollection.from_yaml(text).rules[0]
    told = [row for row in [*hit, *miss] if plain.rule_matches(parsed, row)]
    assert told == hit, "the plain evaluator"
    engine = Engine(loaded.rules)
    for row in (
        *hit,
        *miss,
    ):  # one by one, since values of one column have one type; the column `Other` is another field
        found = evaluate(engine, "windows/security", make_table([{**row, "Other": "-"}]))
        assert bool(found) == (row in hit), ("the engine", row)
