"""Our engine against the plain evaluator (`plain_rules.py`: one event, one rule, no cleverness) on random rules and rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from types import ModuleType
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sigma.collection import SigmaCollection

from tests import quick_yaml
from timelines.detection import Engine, RuleSet, evaluate

Row = Mapping[str, Any]

LETTERS = "abAB.é É-"
texts = st.one_of(
    st.text(LETTERS + "\\*?\n", max_size=8),
    st.sampled_from(["", "7", "0x7", "12", "-3", "2.50", "192.0.2.5", "192.0.3.5", "::ffff:192.0.2.5", "abab", "ABABA", "a*b"]),
    st.sampled_from(["abcabcabc", "ab\n", "b\nab\n", "x /ab y", "–a —B", "YWI=", "xYQBiAAx", "οδος", "2026-01-02T03:04:05Z", "2026-03-01"]),
)  # fmt: skip
regexes = st.sampled_from(["a+b", "^a", "[ab]{2}", "b.", "b$", "^b|a$", "(a|é)b?$", "[$a]", r"\-", "^$", "A"])
patterns = st.text(LETTERS + "\\*?", max_size=6)
FIELDS = ("F", "G", "H", "Absent")


PLACES = (
    *(
        "",
        "|contains",
        "|startswith",
        "|endswith",
        "|cased",
        "|contains|cased",
        "|startswith|cased",
        "|neq",
        "|windash",
    ),
    *("|contains|neq", "|endswith|neq", "|windash|contains", "|expand", "|cased|neq"),
)
REGEXES = ("", "|i", "|m", "|s", "|i|m", "|startswith", "|endswith", "|i|endswith", "|contains", "|neq")
CODED = ("base64", "base64offset", "wide|base64", "utf16le|base64offset", "utf16be|base64", "utf16|base64")
PARTS = ("minute", "hour", "day", "week", "month", "year", "hour|gte", "day|lt", "month|neq")


def items() -> st.SearchStrategy[tuple[str, Any]]:
    fields = st.sampled_from(FIELDS)
    places = st.sampled_from(PLACES)
    values = st.one_of(patterns, st.lists(patterns, min_size=1, max_size=3))
    return st.one_of(
        st.tuples(st.builds(lambda f, p: f + p, fields, places), values),
        st.tuples(st.builds(lambda f: f + "|contains|all", fields), st.lists(patterns, min_size=1, max_size=3)),
        st.tuples(fields, st.one_of(st.none(), st.integers(-3, 12), st.lists(st.one_of(st.none(), patterns), min_size=1, max_size=2))),
        st.tuples(st.builds(lambda f, o: f"{f}|{o}", fields, st.sampled_from(["gt", "gte", "lt", "lte"])), st.integers(-3, 12)),
        st.tuples(st.builds(lambda f: f + "|exists", fields), st.booleans()),
        st.tuples(st.builds(lambda f: f + "|fieldref", fields), st.sampled_from(FIELDS)),
        st.tuples(st.builds(lambda f: f + "|cidr", fields), st.just("192.0.2.0/24")),
        st.tuples(
            st.builds(lambda f, i: f"{f}|re{i}", fields, st.sampled_from(REGEXES)),
            regexes),
        st.tuples(st.builds(lambda f, p: f"{f}|fieldref|{p}", fields, st.sampled_from(
            ["contains", "startswith", "endswith", "neq"])), st.sampled_from(FIELDS)),
        st.tuples(st.builds(lambda f: f + "|cidr|neq", fields), st.lists(
            st.sampled_from(["192.0.2.0/24", "192.0.3.5", "::/0"]), min_size=1, max_size=2)),
        st.tuples(st.builds(lambda f, e: f"{f}|{e}|contains", fields, st.sampled_from(CODED)), st.sampled_from(["ab", "b", "a-"])),
        st.tuples(st.builds(lambda f, p: f"{f}|{p}", fields, st.sampled_from(PARTS)), st.sampled_from([1, 2, 3, 4, 9, 2026])),
        st.tuples(st.builds(lambda f, o: f"{f}|{o}", fields, st.sampled_from(["gt", "gte", "lt", "lte"])), st.sampled_from([2.5, -3, 7])),
    )  # fmt: skip


selections = st.one_of(
    st.lists(items(), min_size=1, max_size=3).map(dict),
    st.lists(st.lists(items(), min_size=1, max_size=2).map(dict), min_size=1, max_size=2),
    st.lists(patterns.filter(bool), min_size=1, max_size=2),
    st.lists(patterns.filter(bool), min_size=1, max_size=2).map(lambda words: {"|all": words}),
    st.sampled_from(["|re", "|re|i", "|cased", "|windash", "|contains"]).flatmap(
        lambda modifier: (regexes if "re" in modifier else patterns.filter(bool)).map(lambda one: {modifier: one})
    ),
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
        ["x and y", "not z"],
        "all of x* and not 1 of z*",
    ]
)
rules = st.builds(
    lambda x, y, z, condition: {"x": x, "y": y, "z": z, "condition": condition},
    selections,
    selections,
    selections,
    conditions,
)
cells = {name: st.one_of(st.none(), texts) for name in "FG"}
rows = st.lists(
    st.fixed_dictionaries({**cells, "H": st.one_of(st.none(), st.lists(texts, max_size=2))}), min_size=1, max_size=12
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(  # `endswith` means the end of the text, whatever the flags; as PCRE has it, also before its last line end
    blocks=[{"x": {"F|re|endswith": "a+b"}, "y": {"F": ""}, "z": {"F": ""}, "condition": "x"}],
    data=[{"F": "ab\n", "G": None, "H": None}, {"F": "ab\nc", "G": None, "H": None}],
    cut=0,
    seed=Random(1),
)
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
    plain: ModuleType,
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
        parsed = SigmaCollection.from_dicts([quick_yaml.safe_load(written[place])]).rules[0]
        expected[at] = [number for number, row in enumerate(data) if plain.rule_matches(parsed, row)]
    engine = Engine(loaded.rules)
    found = evaluate(engine, "windows/security", make_table(data))
    assert {at: found[at].tolist() if at in found else [] for at in expected} == expected
    order = list(range(len(data)))
    seed.shuffle(order)
    for piece in (order[:cut], order[cut:]):
        found = evaluate(engine, "windows/security", make_table([data[at] for at in piece]))
        again = {at: sorted(piece[row] for row in found.get(at, [])) for at in expected}
        assert again == {at: sorted(set(want) & set(piece)) for at, want in expected.items()}
