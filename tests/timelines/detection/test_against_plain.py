"""The engine against the plainest possible evaluator: one row, one rule, pySigma's own condition tree, no cleverness."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

import pyarrow as pa
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sigma import conditions as c
from sigma import types as t
from sigma.collection import SigmaCollection

from timelines.detection import Engine, RuleSet, evaluate

Row = Mapping[str, str | None]
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
}


def plain_number(text: str) -> float | None:
    try:
        return float(int(text, 16)) if text.lower().startswith("0x") else float(text)
    except ValueError:
        return None


def plain_text(value: Any, text: str, anywhere: bool) -> bool:
    pieces = []
    for part in value.s:
        if part == t.SpecialChars.WILDCARD_MULTI:
            pieces.append(".*")
        elif part == t.SpecialChars.WILDCARD_SINGLE:
            pieces.append(".")
        else:
            pieces.append(re.escape(part))
    flags = re.DOTALL if isinstance(value, t.SigmaCasedString) else re.DOTALL | re.IGNORECASE
    pattern = "".join(pieces)
    return bool(re.search(pattern, text, flags) if anywhere else re.fullmatch(pattern, text, flags))


def plain_value(value: Any, text: str | None, row: Row, anywhere: bool = False) -> bool:
    if isinstance(value, t.SigmaExpansion):
        return any(plain_value(v, text, row, anywhere) for v in value.values)
    if isinstance(value, t.SigmaNull):
        return text is None
    if isinstance(value, t.SigmaExists):
        return (text is not None) == value.exists
    if text is None:
        return False
    if isinstance(value, t.SigmaString):
        return plain_text(value, text, anywhere)
    if isinstance(value, t.SigmaNumber):
        return str(value.number) in text if anywhere else plain_number(text) == value.number
    if isinstance(value, t.SigmaRegularExpression):
        flags = re.IGNORECASE if value.flags else re.NOFLAG
        return bool(re.search(str(value.regexp), text, flags))
    if isinstance(value, t.SigmaCIDRExpression):
        try:
            return ip_address(text) in value.network
        except ValueError:
            return False
    if isinstance(value, t.SigmaCompareExpression):
        number = plain_number(text)
        return number is not None and OPERATORS[value.op.name](number, value.number.number)
    if isinstance(value, t.SigmaFieldReference):
        other = row.get(value.field)
        return other is not None and text.casefold() == other.casefold()
    raise AssertionError(value)


def plain_holds(node: Any, row: Row) -> bool:
    if isinstance(node, c.ConditionAND):
        return all(plain_holds(arg, row) for arg in node.args)
    if isinstance(node, c.ConditionOR):
        return any(plain_holds(arg, row) for arg in node.args)
    if isinstance(node, c.ConditionNOT):
        return not plain_holds(node.args[0], row)
    if isinstance(node, c.ConditionFieldEqualsValueExpression):
        return plain_value(node.value, row.get(node.field), row)
    return any(plain_value(node.value, text, row, anywhere=True) for text in row.values() if text is not None)


LETTERS = "abAB.é É-"
texts = st.one_of(
    st.text(LETTERS + "\\*?\n", max_size=8),
    st.sampled_from(["", "7", "0x7", "12", "-3", "192.0.2.5", "192.0.3.5", "abab", "ABABA", "a*b", "abcabcabc"]),
)
regexes = st.sampled_from(["a+b", "^a", "[ab]{2}", "b."])
patterns = st.text(LETTERS + "\\*?", max_size=6)
FIELDS = ("F", "G", "H", "Absent")


def items() -> st.SearchStrategy[tuple[str, Any]]:
    fields = st.sampled_from(FIELDS)
    places = st.sampled_from(
        ["", "|contains", "|startswith", "|endswith", "|cased", "|contains|cased", "|neq", "|windash"]
    )
    values = st.one_of(patterns, st.lists(patterns, min_size=1, max_size=3))
    return st.one_of(
        st.tuples(st.builds(lambda f, p: f + p, fields, places), values),
        st.tuples(st.builds(lambda f: f + "|contains|all", fields), st.lists(patterns, min_size=1, max_size=3)),
        st.tuples(fields, st.one_of(st.none(), st.integers(-3, 12), st.lists(st.one_of(st.none(), patterns), min_size=1, max_size=2))),
        st.tuples(st.builds(lambda f, o: f"{f}|{o}", fields, st.sampled_from(["gt", "gte", "lt", "lte"])), st.integers(-3, 12)),
        st.tuples(st.builds(lambda f: f + "|exists", fields), st.booleans()),
        st.tuples(st.builds(lambda f: f + "|fieldref", fields), st.sampled_from(FIELDS)),
        st.tuples(st.builds(lambda f: f + "|cidr", fields), st.just("192.0.2.0/24")),
        st.tuples(st.builds(lambda f, i: f"{f}|re{i}", fields, st.sampled_from(["", "|i"])), regexes),
    )  # fmt: skip


selections = st.one_of(
    st.lists(items(), min_size=1, max_size=3).map(dict),
    st.lists(st.lists(items(), min_size=1, max_size=2).map(dict), min_size=1, max_size=2),
    st.lists(patterns.filter(bool), min_size=1, max_size=2),
)
conditions = st.sampled_from(
    [
        "x",
        "not x",
        "x and y",
        "x or not y",
        "x and not (y or z)",
        "1 of them",
        "all of them",
        "not 1 of them",
        "x or y and z",
    ]
)
rules = st.builds(
    lambda x, y, z, condition: {"x": x, "y": y, "z": z, "condition": condition},
    selections,
    selections,
    selections,
    conditions,
)
rows = st.lists(st.fixed_dictionaries({name: st.one_of(st.none(), texts) for name in "FGH"}), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    blocks=st.lists(rules, min_size=1, max_size=3),
    data=rows,
    cut=st.integers(0, 12),
    seed=st.randoms(use_true_random=False),
)
def test_agrees_with_the_plain_evaluator(
    load: Callable[..., RuleSet],
    rule: Callable[..., str],
    make_table: Callable[..., pa.Table],
    blocks: list[dict[str, Any]],
    data: list[Row],
    cut: int,
    seed: Any,
) -> None:
    """Whatever the rules and rows; also when the rows are shuffled and cut in two, since no answer may depend on that."""
    written = [rule(block, id=f"00000000-0000-4000-8000-{at:012d}") for at, block in enumerate(blocks)]
    loaded = load(*written)
    kept = [int(r.about.rule_id[-4:]) for r in loaded.rules]
    refused = {int(r.rule_id[-4:]) for r in loaded.refused}
    assert refused | set(kept) == set(range(len(blocks)))
    expected = {}
    for at, place in enumerate(kept):
        trees = [
            x.parsed
            for x in SigmaCollection.from_dicts([yaml.safe_load(written[place])]).rules[0].detection.parsed_condition
        ]
        expected[at] = [number for number, row in enumerate(data) if any(plain_holds(tree, row) for tree in trees)]
    engine = Engine(loaded.rules)
    found = evaluate(engine, "windows/security", make_table(data))
    assert {at: found[at].tolist() if at in found else [] for at in expected} == expected
    order = list(range(len(data)))
    seed.shuffle(order)
    for piece in (order[:cut], order[cut:]):
        found = evaluate(engine, "windows/security", make_table([data[at] for at in piece]))
        again = {at: sorted(piece[row] for row in found.get(at, [])) for at in expected}
        assert again == {at: sorted(set(want) & set(piece)) for at, want in expected.items()}
