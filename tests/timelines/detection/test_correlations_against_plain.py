"""Correlations on random event streams against every window tried one by one: ties, unordered input, borders, missing values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import quick_yaml
from timelines.detection import RuleSet
from timelines.detection.correlate import correlate
from timelines.detection.found_rows import Gathering

RULES = ("a", "b", "c")
BASE = "\n---\n".join(
    f"{{title: {name}, id: 00000000-0000-4000-8000-00000000000{name}, name: {name}, "
    f"logsource: {{product: windows}}, detection: {{s: {{{name}: 1}}, condition: s}}}}"
    for name in RULES
)
operators = st.sampled_from(["gt", "gte", "lt", "lte", "eq", "neq"])
limits = st.one_of(
    st.tuples(operators, st.integers(0, 4)).map(lambda one: dict([one])),
    st.tuples(st.integers(0, 3), st.integers(1, 5)).map(lambda two: {"gt": two[0], "lte": two[1]}),
)
amounts = st.one_of(
    st.tuples(operators, st.sampled_from([-1, 0, 0.3, 1, 1.5, 2, 2.25, 2.5, 2.9, 3])).map(lambda one: dict([one])),
    st.just({"gte": 1, "lt": 4}),
)
expressions = st.sampled_from(
    ["a and b", "a and not b", "a or b and c", "not a", "(a or b) and not c", "not (a and b)", "a and (b or not c)"]
)
orders = st.sampled_from(["a and b", "a and (b or c)", "a and b or c", "b or a and c", "a"])


def _rules_of(expression: str) -> list[str]:
    return [name for name in RULES if name in expression.replace("and", "").replace("not", "").replace("or", "")]


def _metric(kind: str, condition: dict[str, Any], percentile: int) -> dict[str, Any]:
    more = {"percentile": percentile} if kind == "value_percentile" else {}
    return {"type": kind, "condition": {"field": "n", **more, **condition}}


subsets = st.lists(st.sampled_from(RULES), min_size=1, max_size=3, unique=True)
BODIES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "event_count": st.builds(
        lambda rules, limit: {"type": "event_count", "rules": rules, "condition": limit}, subsets, limits
    ),
    "value_count": st.builds(
        lambda rules, limit, field: {"type": "value_count", "rules": rules, "condition": {**limit, "field": field}},
        subsets,
        limits,
        st.sampled_from(["n", ["n", "user"], ["user"]]),
    ),
    "metrics": st.builds(
        lambda rules, kind, limit, percent: {"rules": rules, **_metric(kind, limit, percent)},
        subsets,
        st.sampled_from(["value_sum", "value_avg", "value_percentile", "value_median"]),
        amounts,
        st.sampled_from([0, 5, 50, 90, 100]),
    ),
    "temporal": st.one_of(
        st.builds(lambda rules: {"type": "temporal", "rules": rules}, subsets),
        st.builds(lambda rules, limit: {"type": "temporal", "rules": rules, "condition": limit}, subsets, limits),
    ),
    "temporal over an expression": expressions.map(
        lambda text: {"type": "temporal", "rules": _rules_of(text), "condition": text}
    ),
    "temporal_ordered": st.one_of(
        st.builds(lambda rules: {"type": "temporal_ordered", "rules": rules}, subsets),
        st.just({"type": "temporal_ordered", "rules": ["a", "a"]}),
        st.just({"type": "temporal_ordered", "rules": ["a", "b", "c"], "condition": {"gte": 2}}),
    ),
    "temporal_ordered over an expression": orders.map(
        lambda text: {"type": "temporal_ordered", "rules": _rules_of(text), "condition": text}
    ),
}
groups = st.sampled_from([{}, {"group-by": ["user"]}, {"group-by": ["user", "n"]}])
streams = st.lists(
    st.fixed_dictionaries(
        {
            "time": st.one_of(st.integers(0, 25), st.integers(0, 8), st.integers(0, 25), st.none()),
            "rules": st.lists(st.sampled_from(RULES), min_size=1, max_size=2, unique=True),
            "user": st.sampled_from(["bob", "Bob", "bob", "BOB", "ada", None]),
            "other": st.sampled_from(["ada", "bob", None]),
            "n": st.sampled_from(["1", "2", "3", "0x3", "2", "1", "0.1", "0.2", "-4", "text", None]),
        }
    ),
    max_size=12,
)
Loaded = Callable[..., RuleSet]


@dataclass(frozen=True)
class Held:
    """A table in the place of a part."""

    table: pa.Table
    family: str = "windows/security"

    def read(self, columns: Sequence[str], *, groups: Collection[int]) -> Iterator[pa.Table]:
        return (self.table.select(columns) for _ in groups)


def engine_hits(loaded: RuleSet, rows: list[dict[str, Any]], table: pa.Table) -> dict[str, set[Any]]:
    """What our engine finds in these rows, taken in this order; rows by their number."""
    gathering = Gathering()
    cited = gathering.add_rows(Held(table), 0, table, np.arange(len(rows)))
    for at, rule in enumerate(loaded.rules):
        mine = [place for place, row in enumerate(rows) if rule.about.name in row["rules"]]
        fields = {name: [rows[place][name] for place in mine] for name in ("user", "other", "n")}
        gathering.add_hits(at, cited[mine], ["x"] * len(mine), fields)
    finished = gathering.finish()
    by_rule = {loaded.rules[at].about.rule_id: hits for at, hits in finished.hits.items() if len(hits.rows)}
    found = correlate(loaded.correlations, by_rule, (finished.times, finished.timed))
    numbers = [int(str(text)[-6:]) for text in finished.texts("row_id")]
    return {
        one.about.name: {
            (tuple(value.casefold() for value in hit.group.values()), frozenset(numbers[row] for row in hit.rows))
            for hit in found[one.about.rule_id]
        }
        for one in loaded.correlations
    }


def document(name: str, body: dict[str, Any]) -> dict[str, Any]:
    number = {"one": 1, "two": 2}[name]
    return {"title": name, "id": f"30000000-0000-4000-8000-00000000000{number}", "name": name, "correlation": body}


def compare(
    load: Loaded, make_table: Any, plain: ModuleType, documents: list[dict[str, Any]], rows: list[dict[str, Any]], order: list[int]
) -> None:  # fmt: skip
    loaded = load(BASE, *(quick_yaml.safe_dump(each) for each in documents))
    assert loaded.refused == (), loaded.refused
    numbered = [{**row, "row": at} for at, row in enumerate(rows)]
    expected = {
        name: {(hit.group, hit.rows) for hit in hits} for name, hits in plain.correlate(documents, numbered).items()
    }
    shuffled = [numbered[at] for at in order]
    core = [{"time": row["time"], "row_id": f"r-{row['row']:06d}"} for row in shuffled]
    assert engine_hits(loaded, shuffled, make_table(core)) == expected


@pytest.mark.parametrize("kind", BODIES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), group=groups, span=st.integers(1, 12), rows=streams, chance=st.randoms(use_true_random=False))
def test_every_type_agrees_with_windows_tried_one_by_one(
    load: Loaded,
    make_table: Any,
    plain_correlations: ModuleType,
    kind: str,
    data: Any,
    group: dict[str, Any],
    span: int,
    rows: list[dict[str, Any]],
    chance: Any,
) -> None:
    body = data.draw(BODIES[kind])
    order = list(range(len(rows)))
    chance.shuffle(order)
    documents = [document("one", {**body, **group, "timespan": f"{span}s"})]
    compare(load, make_table, plain_correlations, documents, rows, order)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=streams, span=st.integers(1, 12), count=st.integers(1, 3), kind=st.sampled_from(["temporal", "temporal_ordered"]))  # fmt: skip
def test_correlations_over_correlations(
    load: Loaded, make_table: Any, plain_correlations: ModuleType, rows: list[dict[str, Any]], span: int, count: int, kind: str
) -> None:  # fmt: skip
    one = {"type": "event_count", "rules": ["a"], "group-by": ["user"], "timespan": "5s", "condition": {"gte": count}}
    two = {"type": kind, "rules": ["one", "b"], "group-by": ["user"], "timespan": f"{span}s"}
    documents = [document("one", one), document("two", two)]
    compare(load, make_table, plain_correlations, documents, rows, list(range(len(rows))))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=streams, span=st.integers(1, 12))
def test_aliases(
    load: Loaded, make_table: Any, plain_correlations: ModuleType, rows: list[dict[str, Any]], span: int
) -> None:
    aliases = {"who": {"a": "user", "b": "other"}}
    body = {"type": "temporal", "rules": ["a", "b"], "group-by": ["who"], "timespan": f"{span}s", "aliases": aliases}
    compare(load, make_table, plain_correlations, [document("one", body)], rows, list(range(len(rows))))


def _table() -> Iterator[Any]:
    for section in quick_yaml.safe_load((Path(__file__).parent / "semantics" / "correlations.yml").read_text("utf-8")):
        for number, case in enumerate(section["cases"], 1):
            yield pytest.param(case, id=f"{section['cites']} ({number})")


def _event(at: int, text: str) -> dict[str, Any]:
    time, rules, user, number = [*text.split(), "-", "-"][:4]
    said = [None if value == "-" else value for value in (time, user, number)]
    return {
        "row": at,
        "time": said[0] and int(said[0]),
        "rules": rules.split("+"),
        "user": said[1],
        "other": None,
        "n": said[2],
    }


@pytest.mark.parametrize("case", list(_table()))
def test_case(load: Loaded, make_table: Any, plain_correlations: ModuleType, case: dict[str, Any]) -> None:
    """The specification case by case: our engine and the plain evaluator against what each case expects."""
    written = document("one", case["is"])
    loaded = load(BASE, quick_yaml.safe_dump(written))
    if "refused" in case:
        assert [case["refused"] in refused.reason.lower() for refused in loaded.refused] == [True], loaded.refused
        return
    assert loaded.refused == (), loaded.refused
    rows = [_event(at, text) for at, text in enumerate(case["events"])]
    table = make_table([{"time": row["time"], "row_id": f"r-{row['row']:06d}"} for row in rows])
    expected = sorted(case["hits"])
    found = sorted(sorted(hit.rows) for hit in plain_correlations.correlate([written], rows)["one"])
    assert found == expected, "the plain evaluator"
    assert sorted(sorted(hit) for _, hit in engine_hits(loaded, rows, table)["one"]) == expected, "the engine"


def test_referenced_rules_speak_for_themselves_only_where_they_may(load: Loaded) -> None:
    """`generate` (false unless said): whether the rules that a correlation refers to are results too."""
    body = {"type": "event_count", "rules": ["a"], "timespan": "5s", "condition": {"gte": 2}}
    silent = load(BASE, quick_yaml.safe_dump(document("one", body)))
    told = load(BASE, quick_yaml.safe_dump(document("one", {**body, "generate": True})))
    assert [rule.output for rule in silent.rules] == [False, True, True]
    assert [rule.output for rule in told.rules] == [True, True, True]
