"""All of the shared Windows evidence with all of SigmaHQ's rules: our engine and the plain evaluator, hit for hit, nothing left out.

The plain evaluator looks at every row that a rule speaks of; rows that have the same values in all fields that the rule names are looked
at once. Texts are compared by a regular expression there, which the last test holds against the comparison character by character.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma import conditions as c
from sigma import types as t

from forensics import api, pipeline
from timelines.detection import Engine, RuleSet, evaluate, load
from timelines.schema import CORE_NAMES, own_name

pytestmark = pytest.mark.evidence
SHARED = Path(__file__).resolve().parents[4] / "shared"
WINDOWS = Path(load.__file__).parent / "logsources" / "windows.toml"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, pa.Table]]:
    opened = api.start(tmp_path_factory.mktemp("real") / "case", [SHARED / "evidence" / "windows"], None)
    pipeline.ingest(opened, 1)
    timeline = api.OpenCase(opened).query
    return [(name, table) for name in timeline.families() for part in timeline.parts(name) for table in part.read()]


def rows_of(table: pa.Table, plain_sources: ModuleType) -> list[Any]:
    own: dict[str, list[str]] = {}
    for column in table.schema:
        if column.name not in CORE_NAMES:
            own.setdefault((own_name(column) or "Data").replace(" ", ""), []).append(column.name)
    texts = {name: column if pa.types.is_list(column.type) else column.cast(pa.string()) for name, column in
             zip(table.schema.names, table.columns, strict=True)}  # fmt: skip
    return [plain_sources.Row(stored, own) for stored in pa.table(texts).to_pylist()]


def fields_of(node: Any) -> Iterator[str | None]:
    """The fields that a rule names; None for keywords."""
    if isinstance(node, c.ConditionFieldEqualsValueExpression):
        yield node.field
        if isinstance(node.value, t.SigmaFieldReference):
            yield node.value.field
    elif isinstance(node, c.ConditionValueExpression):
        yield None
    else:
        for arg in node.args:
            yield from fields_of(arg)


@dataclass(frozen=True)
class Asked:
    """What a rule asks: the numbers of the log sources that it means, the fields that it names, and its conditions."""

    sources: tuple[int, ...]
    names: tuple[str, ...]
    trees: tuple[Any, ...]


def asked(rule: Any, sources: ModuleType, known: list[Any]) -> Asked:
    trees = tuple(one.parsed for one in rule.detection.parsed_condition)
    meant = tuple(number for number, source in enumerate(known) if sources.meant(source, rule.logsource))
    return Asked(meant, tuple(sorted({name or "" for tree in trees for name in fields_of(tree)})), trees)


class Plain:
    """The plain evaluator over rows of one table."""

    def __init__(self, rules: ModuleType, sources: ModuleType, rows: list[Any], known: list[Any]) -> None:
        self._rules, self._sources, self._rows = rules, sources, rows
        self._inside = [(source, [at for at, row in enumerate(rows) if source.has(row)]) for source in known]
        self._groups: dict[Any, dict[tuple[Any, ...], list[int]]] = {}
        self._columns: dict[tuple[int, str], list[tuple[str, ...]]] = {}

    def hits(self, rule: Asked) -> list[int]:
        found: set[int] = set()
        for number in rule.sources:
            if self._inside[number][1]:
                key = (number, *rule.names)
                if key not in self._groups:
                    self._groups[key] = self._grouped(number, rule.names)
                for values, members in self._groups[key].items():
                    event = dict(zip(rule.names, map(list, values), strict=True))
                    if any(self._rules.holds(tree, event) for tree in rule.trees):
                        found.update(members)
        return sorted(found)

    def _grouped(self, number: int, names: tuple[str, ...]) -> dict[tuple[Any, ...], list[int]]:
        groups: dict[tuple[Any, ...], list[int]] = {}
        inside = self._inside[number][1]
        columns = [self._column(number, name) for name in names]
        for at, values in zip(inside, zip(*columns, strict=True), strict=True):
            groups.setdefault(values, []).append(at)
        return groups

    def _column(self, number: int, name: str) -> list[tuple[str, ...]]:
        """The values of a field in the rows of a log source, read once for all rules that name it."""
        if (number, name) not in self._columns:
            source, inside = self._inside[number]
            self._columns[number, name] = [tuple(self._values(source, self._rows[at], name)) for at in inside]
        return self._columns[number, name]

    def _values(self, source: Any, row: Any, name: str) -> list[str]:
        return (
            self._sources.values_of(source, row, name.replace(" ", ""))
            if name
            else self._sources.every_value(source, row)
        )


class Quick:
    """Texts compared by regular expressions, each made once, and each text with each once."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        self._fold = cache(fold)
        self._made: dict[
            tuple[int, bool], tuple[Any, Callable[[str], bool]]
        ] = {}  # with the object, so that its id stays its own

    def string_is(self, text: str, wanted: Any, anywhere: bool = False) -> bool:
        made = self._made.get((id(wanted), anywhere))
        if made is None:
            made = self._made[id(wanted), anywhere] = wanted, cache(self._comparison(wanted, anywhere))
        return made[1](text)

    def _comparison(self, wanted: Any, anywhere: bool) -> Callable[[str], bool]:
        cased = isinstance(wanted, t.SigmaCasedString)
        signs = {t.SpecialChars.WILDCARD_MULTI: ".*", t.SpecialChars.WILDCARD_SINGLE: "."}
        parts = [signs.get(p) or re.escape(p if cased else self._fold(p)) for p in wanted.s]
        pattern = re.compile("".join([".*", *parts] if anywhere else parts), re.DOTALL)
        match = pattern.match if anywhere else pattern.fullmatch
        return lambda text: match(text if cased else self._fold(text)) is not None


@pytest.mark.long
def test_every_hit_is_the_same(
    tables: list[tuple[str, pa.Table]],
    sigmahq: tuple[RuleSet, dict[str, Any]],
    plain: ModuleType,
    plain_sources: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules, parsed = sigmahq
    monkeypatch.setattr(plain, "string_is", Quick(plain.fold).string_is)
    known = plain_sources.sources(WINDOWS)
    questions = {at: asked(parsed[rule.about.rule_id], plain_sources, known) for at, rule in enumerate(rules.rules)}
    spoken = {at: rule for at, rule in questions.items() if rule.sources}
    assert len(spoken) > 2800
    engine = Engine(rules.rules)
    total, rows = 0, 0
    for family, table in tables:
        found = {(at, int(row)) for at, hits in evaluate(engine, family, table).items() for row in hits}
        evaluator = Plain(plain, plain_sources, rows_of(table, plain_sources), known)
        expected = {(at, row) for at, rule in spoken.items() for row in evaluator.hits(rule)}
        differing = sorted(found ^ expected)
        assert not differing, [(rules.rules[at].about.title, row, (at, row) in found) for at, row in differing[:10]]
        total, rows = total + len(found), rows + table.num_rows
    assert (rows > 8000, total > 1000) == (True, True), (rows, total)


words = st.text("aAbB*?\\\néÉςΣß", max_size=7)


@settings(max_examples=300, deadline=None)
@given(text=words, pattern=words, cased=st.booleans(), anywhere=st.booleans())
def test_the_quick_comparison_is_the_plain_one(
    plain: ModuleType, text: str, pattern: str, cased: bool, anywhere: bool
) -> None:
    wanted = t.SigmaCasedString(pattern) if cased else t.SigmaString(pattern)
    assert Quick(plain.fold).string_is(text, wanted, anywhere) == plain.string_is(text, wanted, anywhere)
