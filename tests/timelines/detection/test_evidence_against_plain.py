"""All of the shared Windows evidence with all of SigmaHQ's rules: our engine and the plain evaluator, hit for hit, nothing left out.

Every row that a rule speaks of is looked at, comparison after comparison: each text of a field once, and what is no text by the plain
evaluator, one of the rows that have the same values. `and`, `or`, `not` are taken of sets of rows. What the evaluator itself says of whole
rules, row for row, is held against that in samples. Texts are compared by what stands between stars, which the last test holds against
the comparison character by character.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma import conditions as c
from sigma import types as t

from forensics import open_case
from timelines.detection import Engine, RuleSet, evaluate, load
from timelines.schema import CORE_NAMES, own_name

pytestmark = pytest.mark.evidence
FEW = 10  # so many times the texts of a field that are looked at, all of them, for each row that is in question
SAMPLED = 211  # of so many rows one is put to the plain evaluator whole
WINDOWS = Path(load.__file__).parent / "logsources" / "windows.toml"


@pytest.fixture(scope="module")
def tables(windows_case: Path) -> list[tuple[str, pa.Table]]:
    timeline = open_case(windows_case).query
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


@dataclass(frozen=True)
class Groups:
    """The values that rows of a log source have in some fields: of each row, and the rows that have them."""

    of: list[tuple[Any, ...]]
    rows: dict[tuple[Any, ...], int]


class Plain:
    """The plain evaluator over rows of one table. A set of rows is a number: the bit `at` stands for the row `at` of a log source."""

    def __init__(self, rules: ModuleType, sources: ModuleType, rows: list[Any], known: list[Any], quick: Quick) -> None:
        self._rules, self._sources, self._rows, self._quick = rules, sources, rows, quick
        self._inside = list(zip(known, inside(known, rows), strict=True))
        self._groups: dict[tuple[Any, ...], Groups] = {}
        self._found: dict[tuple[int, ...], list[int]] = {}
        self._answers: dict[
            tuple[int, tuple[Any, ...]], bool
        ] = {}  # by the comparison, which the rules hold on to, and the values
        self._columns: dict[tuple[int, str], list[tuple[str, ...]]] = {}
        self._read: dict[tuple[str, str], dict[int, tuple[str, ...]]] = {}
        self._texts: dict[tuple[int, str, bool], dict[str, int]] = {}
        self._like: dict[tuple[Any, ...], int] = {}

    def hits(self, rule: Asked) -> list[int]:
        return sorted({row for number in rule.sources for row in self._hits(number, rule)})

    def differing(self, rule: Asked, step: int) -> list[int]:
        """Of every `step`th row that the rule speaks of, those of which the evaluator says another thing of the whole rule."""
        out = []
        for number in rule.sources:
            found = set(self._hits(number, rule))
            columns = [self._column(number, name) for name in rule.names]
            here = self._inside[number][1]
            for place, at in zip(range(0, len(here), step), here[::step], strict=True):
                event = {name: list(column[place]) for name, column in zip(rule.names, columns, strict=True)}
                if any(self._rules.holds(tree, event) for tree in rule.trees) != (at in found):
                    out.append(at)
        return out

    def _hits(self, number: int, rule: Asked) -> list[int]:
        key = (number, *map(id, rule.trees))
        if key not in self._found:
            inside = self._inside[number][1]
            every, found = (1 << len(inside)) - 1, 0
            for tree in rule.trees:
                found |= self._among(tree, every & ~found, number, rule)
            self._found[key] = [inside[place] for place in places_of(found)]
        return self._found[key]

    def _among(self, node: Any, rows: int, number: int, rule: Asked) -> int:
        """Those of the rows of a log source of which a condition holds."""
        if not rows:
            return 0
        if isinstance(node, c.ConditionAND):
            for arg in node.args:
                rows = self._among(arg, rows, number, rule)
            return rows
        if isinstance(node, c.ConditionOR):
            found = 0
            for arg in node.args:
                found |= self._among(arg, rows & ~found, number, rule)
            return found
        if isinstance(node, c.ConditionNOT):
            return rows & ~self._among(node.args[0], rows, number, rule)
        name = node.field if isinstance(node, c.ConditionFieldEqualsValueExpression) else ""  # a keyword, anywhere
        if isinstance(node.value, t.SigmaString) and rows.bit_count() * FEW > len(self._texts_of(number, name, False)):
            return rows & self._with_text_like(number, name, node.value)
        return self._compared(node, rows, number, rule)

    def _with_text_like(self, number: int, name: str, wanted: Any) -> int:
        """The rows of a log source that have a text in a field that is as wanted: each text is looked at once."""
        cased = isinstance(wanted, t.SigmaCasedString)
        key = (number, name, cased, tuple(wanted.s))
        if key not in self._like:
            texts, found = self._texts_of(number, name, cased), 0
            for text in self._quick.alike(texts, wanted, anywhere=not name):
                found |= texts[text]
            self._like[key] = found
        return self._like[key]

    def _texts_of(self, number: int, name: str, cased: bool) -> dict[str, int]:
        """The texts of a field in a log source, folded unless cased, and the rows that have each."""
        if (number, name, cased) not in self._texts:
            texts: dict[str, int] = {}
            for place, values in enumerate(self._column(number, name)):
                for text in values if cased else map(self._quick.fold, values):
                    texts[text] = texts.get(text, 0) | 1 << place
            self._texts[number, name, cased] = texts
        return self._texts[number, name, cased]

    def _compared(self, node: Any, rows: int, number: int, rule: Asked) -> int:
        """As `_among`, for a comparison of any kind: of rows that have the same values the plain evaluator looks at one."""
        named = set(fields_of(node))
        names = rule.names if None in named else tuple(sorted(name or "" for name in named))
        groups, found = self._grouped(number, names), 0
        while rows:
            lowest = rows & -rows
            values = groups.of[lowest.bit_length() - 1]
            alike = groups.rows[values]
            key = (id(node), values)
            if key not in self._answers:
                self._answers[key] = self._rules.holds(node, dict(zip(names, map(list, values), strict=True)))
            if self._answers[key]:
                found |= alike & rows
            rows &= ~alike
        return found

    def _grouped(self, number: int, names: tuple[str, ...]) -> Groups:
        key = (number, *names)
        if key not in self._groups:
            of = list(zip(*(self._column(number, name) for name in names), strict=True))
            rows: dict[tuple[Any, ...], int] = {}
            for place, values in enumerate(of):
                rows[values] = rows.get(values, 0) | 1 << place
            self._groups[key] = Groups(of, rows)
        return self._groups[key]

    def _column(self, number: int, name: str) -> list[tuple[str, ...]]:
        """The values of a field in the rows of a log source, read once for all rules that name it."""
        if (number, name) not in self._columns:
            source, inside = self._inside[number]
            known = self._read.setdefault((repr(self._asked_of(source, name)), name), {})
            for at in inside:
                if at not in known:
                    known[at] = tuple(self._values(source, self._rows[at], name))
            self._columns[number, name] = [known[at] for at in inside]
        return self._columns[number, name]

    @staticmethod
    def _asked_of(source: Any, name: str) -> Any:
        """All of a log source that the plain reading asks for a field: sources that say the same of it have the same values in a row."""
        return source.fields.get(name.replace(" ", "")) if name else source.fields

    def _values(self, source: Any, row: Any, name: str) -> list[str]:
        return (
            self._sources.values_of(source, row, name.replace(" ", ""))
            if name
            else self._sources.every_value(source, row)
        )


def inside(known: list[Any], rows: list[Any]) -> list[list[int]]:
    """The rows that each source has. Of rows that say the same in all columns that any source asks for, one is looked at."""
    names = {name for source in known for name, _ in source.where}
    columns = [
        c for c in (rows[0].stored if rows else ()) if c in names or any(c in rows[0].own.get(n, ()) for n in names)
    ]
    alike: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        alike.setdefault(repr([row.stored[column] for column in columns]), []).append(at)
    found: list[list[int]] = []
    for source in known:
        found.append(sorted(at for places in alike.values() if source.has(rows[places[0]]) for at in places))
    return found


def places_of(rows: int) -> list[int]:
    """The numbers of the bits that are set, lowest first."""
    held = np.frombuffer(rows.to_bytes((rows.bit_length() + 7) // 8, "little"), np.uint8)
    return np.flatnonzero(np.unpackbits(held, bitorder="little")).tolist() if rows else []


class Quick:
    """Texts compared by what stands between the stars of a pattern."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        self.fold = cache(lambda text: text.lower() if text.isascii() else fold(text))

    def string_is(self, text: str, wanted: Any, anywhere: bool = False) -> bool:
        return bool(self.alike([text if isinstance(wanted, t.SigmaCasedString) else self.fold(text)], wanted, anywhere))

    def alike(self, texts: Collection[str], wanted: Any, anywhere: bool = False) -> list[str]:
        """Those of the texts that are as wanted, whole or in any part; they are folded, unless case matters."""
        fold: Callable[[str], str] = str if isinstance(wanted, t.SigmaCasedString) else self.fold
        if t.SpecialChars.WILDCARD_SINGLE in wanted.s:
            signs = {t.SpecialChars.WILDCARD_MULTI: ".*", t.SpecialChars.WILDCARD_SINGLE: "."}
            parts = [signs.get(p) or re.escape(fold(p)) for p in wanted.s]
            pattern = re.compile("".join([".*", *parts] if anywhere else parts), re.DOTALL)
            match = pattern.match if anywhere else pattern.fullmatch
            return [text for text in texts if match(text)]
        first, *later = runs_of(wanted.s, fold)
        if anywhere:
            first, later = "", [first, *later, ""]
        if not later:
            return [first] if first in texts else []
        *inner, last = later
        if len(inner) == 1 and first == last == "":
            return [text for text in texts if inner[0] in text]
        if not inner:
            room = len(first) + len(last)
            return [text for text in texts if text.endswith(last) and text.startswith(first) and len(text) >= room]
        return [text for text in texts if in_turn(text, first, inner, last)]


def runs_of(parts: Iterable[Any], fold: Callable[[str], str]) -> list[str]:
    """What stands before, between and behind the stars."""
    runs = [""]
    for part in parts:
        if part == t.SpecialChars.WILDCARD_MULTI:
            runs.append("")
        else:
            runs[-1] += fold(part)
    return runs


def in_turn(text: str, first: str, inner: list[str], last: str) -> bool:
    """Whether a text begins with `first`, ends with `last`, and has the others between them, one behind the other."""
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for one in inner:
        found = text.find(one, at, end)
        if found < 0:
            return False
        at = found + len(one)
    return True


@pytest.mark.long
def test_every_hit_is_the_same(
    tables: list[tuple[str, pa.Table]],
    sigmahq: RuleSet,
    sigmahq_parsed: dict[str, Any],
    plain: ModuleType,
    plain_sources: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules, parsed = sigmahq, sigmahq_parsed
    quick = Quick(plain.fold)
    monkeypatch.setattr(plain, "string_is", quick.string_is)
    known = plain_sources.sources(WINDOWS)
    questions = {at: asked(parsed[rule.about.rule_id], plain_sources, known) for at, rule in enumerate(rules.rules)}
    spoken = {at: rule for at, rule in questions.items() if rule.sources}
    assert len(spoken) > 2800
    engine = Engine(rules.rules)
    total, rows = 0, 0
    for family, table in tables:
        found = {(at, int(row)) for at, hits in evaluate(engine, family, table).items() for row in hits}
        evaluator = Plain(plain, plain_sources, rows_of(table, plain_sources), known, quick)
        expected = {(at, row) for at, rule in spoken.items() for row in evaluator.hits(rule)}
        differing = sorted(found ^ expected)
        assert not differing, [(rules.rules[at].about.title, row, (at, row) in found) for at, row in differing[:10]]
        assert [at for at, rule in spoken.items() if evaluator.differing(rule, SAMPLED)] == []
        total, rows = total + len(found), rows + table.num_rows
    assert (rows > 8000, total > 1000) == (True, True), (rows, total)


words = st.text("aAbB*?\\\néÉςΣß", max_size=7)


@settings(max_examples=1000, deadline=None)
@given(text=words, pattern=words, cased=st.booleans(), anywhere=st.booleans())
def test_the_quick_comparison_is_the_plain_one(
    plain: ModuleType, text: str, pattern: str, cased: bool, anywhere: bool
) -> None:
    wanted = t.SigmaCasedString(pattern) if cased else t.SigmaString(pattern)
    assert Quick(plain.fold).string_is(text, wanted, anywhere) == plain.string_is(text, wanted, anywhere)
