"""Rows and rules made small: a row is a dict, a rule is its detection block."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from tests import quick_yaml
from timelines.detection import Engine, RuleSet, evaluate, load_rules
from timelines.query import Timeline
from timelines.schema import CORE, CORE_NAMES, named_field, stored_names
from timelines.store import Store

Row = Mapping[str, Any]
LoadRules = Callable[..., RuleSet]
MakeTable = Callable[..., pa.Table]
MakeTimeline = Callable[..., Timeline]


def table_of(rows: Sequence[Row], family: str = "windows/security", start: int = 0) -> pa.Table:
    """Timeline rows of one shape. Keys that are core columns fill them (`time` in seconds); the others are the evidence's own names."""
    core = {column.name: [row.get(column.name) for row in rows] for column in CORE}
    core["family"] = [family] * len(rows)
    core["row_id"] = [row.get("row_id", f"{family}-{start + at:06d}") for at, row in enumerate(rows)]
    core["time"] = [None if row.get("time") is None else int(row["time"] * 1_000_000_000) for row in rows]
    core["offset"] = [start + at for at in range(len(rows))]
    core["exhibit"], core["file"], core["flags"] = (
        ["E001"] * len(rows),
        ["a.evtx"] * len(rows),
        [r.get("flags", "") for r in rows],
    )
    arrays = [
        pa.array(core[column.name], pa.int64()).cast(column.type)
        if column.name == "time"
        else pa.array(core[column.name], column.type)
        for column in CORE
    ]
    fields = [column.field() for column in CORE]
    names = list(dict.fromkeys(name for row in rows for name in row if name not in CORE_NAMES))
    own = [name.partition("#")[0] for name in names]  # `Data#2` is a second column whose own name is Data
    for name, mine, stored in zip(names, own, stored_names(own), strict=True):
        array = pa.array([row.get(name) for row in rows])
        array = array.cast(pa.string()) if pa.types.is_null(array.type) else array
        arrays.append(array)
        fields.append(named_field(stored, mine, array.type))
    return pa.table(arrays, schema=pa.schema(fields))


def rule_text(detection: Mapping[str, Any] | str, **changes: Any) -> str:
    """A whole rule around a detection block; it speaks of every Windows row unless `logsource` says otherwise."""
    block = quick_yaml.safe_load(detection) if isinstance(detection, str) else dict(detection)
    block.setdefault("condition", "selection")
    rule = {
        "title": "Test",
        "id": "00000000-0000-4000-8000-000000000001",
        "logsource": {"product": "windows"},
        "level": "high",
        "detection": block,
    }
    return quick_yaml.safe_dump({**rule, **changes}, sort_keys=False)


def _beside(name: str) -> ModuleType:
    """A module of this folder; test files cannot import one another."""
    spec = importlib.util.spec_from_file_location(f"athar_tests_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def plain() -> ModuleType:
    """The second evaluator of single-event rules."""
    return _beside("plain_rules")


@pytest.fixture(scope="session")
def plain_correlations() -> ModuleType:
    """The second evaluator of correlations."""
    return _beside("plain_correlations")


@pytest.fixture(scope="session")
def plain_sources() -> ModuleType:
    """The plain reading of log sources."""
    return _beside("plain_sources")


@pytest.fixture
def make_table() -> MakeTable:
    return table_of


@pytest.fixture
def load(tmp_path: Path) -> LoadRules:
    """Load rule texts (YAML documents) as one file, without the rules that come with Athar."""

    def _load(*texts: str) -> RuleSet:
        path = tmp_path / "rules.yml"
        path.unlink(missing_ok=True)  # a file that is written over is waited for: the disk is to have it
        path.write_text("\n---\n".join(texts), encoding="utf-8")
        return load_rules([path], own=False)

    return _load


@pytest.fixture
def rule() -> Callable[..., str]:
    return rule_text


@pytest.fixture
def hits(load: LoadRules) -> Callable[..., list[int]]:
    """Positions of the rows that a detection block matches."""

    def _hits(
        detection: Mapping[str, Any] | str, rows: Sequence[Row], family: str = "windows/security", **changes: Any
    ) -> list[int]:
        rules = load(rule_text(detection, **changes))
        assert rules.refused == (), rules.refused
        found = evaluate(Engine(rules.rules), family, table_of(rows, family))
        return [int(at) for at in found.get(0, [])]

    return _hits


@pytest.fixture
def make_timeline(tmp_path: Path) -> MakeTimeline:
    """A timeline on disk; each argument (family, rows) becomes a task of its own, so a part of its own."""

    def _make(*tasks: tuple[str, Sequence[Row]], name: str = "timeline") -> Timeline:
        store = Store(tmp_path / name)
        start = 0
        for number, (family, rows) in enumerate(tasks):
            writer = store.writer(f"t{number}")
            for batch in table_of(rows, family, start).to_batches():
                writer.add(batch)
            start += len(rows)
            store.commit({f"t{number}": writer.close([], [])})
        return Timeline(tmp_path / name)

    return _make
