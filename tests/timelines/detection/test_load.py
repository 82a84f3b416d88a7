"""Reading rules: what is refused, with which reason, and that the rest still loads."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import timelines.rules
from timelines.detection import RuleSet, load_rules, rule_files
from timelines.detection.rule_files import RULE_BYTES

Load = Callable[..., RuleSet]
Rule = Callable[..., str]

TOKENS = (
    *(
        b"null",
        b"[]",
        b"{}",
        b"- ",
        b": ",
        b"|re",
        b"|cidr",
        b"|expand",
        b"7",
        b"true",
        b'"',
        b"\n",
        b"  ",
        b"*a",
        b"&a",
        b"",
    ),
    *(
        b"!!python/object:x",
        b"\xff",
        b"%",
        b"(",
        b"1 of ",
        b"action: global\n",
        b"correlation:\n",
        b"filter:\n",
        b"<<: ",
    ),
)
GOOD = "selection: {F: a}"
SIGMA = Path(__file__).parents[4] / "shared" / "rules" / "sigma"

REFUSED: list[tuple[str, str, str]] = [
    ("unknown modifier", "selection: {F|almost: a}", "Unknown modifier 'almost'"),
    ("placeholder without a value", "selection: {F|expand: '%admins%'}", "placeholder %admins% has no value"),
    ("placeholder in a regular expression", "selection: {F|re|expand: 'a%admins%'}", "placeholder %admins% has no value"),
    ("look-around", "selection: {F|re: 'a(?=b)'}", "linear-time"),
    ("back-reference", r"selection: {F|re: '(a)\1'}", "linear-time"),
    ("broken regular expression", "selection: {F|re: 'a('}", "is invalid"),
    ("repetition bomb", "selection: {F|re: '((a{900}){900}){900}'}", "linear-time"),
    ("undefined selection", "{selection: {F: a}, condition: other}", "'other' not defined"),
    ("pattern that selects nothing", "{selection: {F: a}, condition: 1 of other*}", "doesn't match any detection"),
    ("old aggregation", "{selection: {F: a}, condition: selection | count() > 5}", "deprecated"),
    ("condition that does not parse", "{selection: {F: a}, condition: selection and}", "Expected"),
    ("no condition text", "{selection: {F: a}, condition: null}", "condition"),
    ("condition that is a number", "{selection: {F: a}, condition: 7}", "condition"),
    ("regular expression that is a number", "selection: {F|re: 7}", "is not text"),
    ("old time frame", "{selection: {F: a}, timeframe: 5m}", "timeframe"),
    ("too many dashes", "selection: {F|windash: '-a -b -c -d'}", "at most three"),
    ("not an address", "selection: {F|cidr: nowhere}", "CIDR"),
    ("host bits set", "selection: {F|cidr: 192.0.2.1/24}", "host bits"),
    ("comparison with text", "selection: {F|gt: many}", "incompatible"),
    ("range in one item", "selection: {F|gt|lt: 5}", "incompatible"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused_with_the_reason_and_the_rest_loads(load: Load, rule: Rule, block: str, reason: str) -> None:
    rules = load(rule(block), rule(GOOD, id="00000000-0000-4000-8000-000000000002"))
    assert [r.about.rule_id[-1] for r in rules.rules] == ["2"]
    (refused,) = rules.refused
    assert reason in refused.reason
    assert "\n" not in refused.reason
    assert (refused.title, refused.rule_id[-1], refused.level) == ("Test", "1", "high")


def test_a_level_that_is_none_of_sigmas(load: Load, rule: Rule) -> None:
    (refused,) = load(rule(GOOD, level="terrible")).refused
    assert "level" in refused.reason
    assert refused.level == "informational"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_damaged_rule_files_never_raise(tmp_path: Path, chance: Random) -> None:
    """Our own rules with bytes put in, taken out and changed: rules or refusals come back, each of one line."""
    folder = Path(timelines.rules.__file__).parent
    damaged = bytearray(chance.choice(sorted(folder.rglob("*.yml"))).read_bytes())
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(damaged))
        damaged[at : at + chance.choice((0, 0, 1, 12))] = chance.choice(TOKENS)
    (tmp_path / "damaged.yml").write_bytes(damaged)
    loaded = load_rules([tmp_path], own=False)
    assert all(refused.reason and "\n" not in refused.reason for refused in loaded.refused)


def test_field_names_of_another_taxonomy(load: Load, rule: Rule) -> None:
    assert "taxonomy 'ecs'" in load(rule(GOOD, taxonomy="ecs")).refused[0].reason


def test_what_a_rule_says_of_itself_does_not_stop_it(load: Load, rule: Rule) -> None:
    rules = load(
        rule(
            GOOD, date="yesterday", status="final", author=7, tags=["attack.t1059.001", "attack.execution"], level=None
        )
    )
    assert rules.refused == ()
    assert (rules.rules[0].about.attack, rules.rules[0].about.level) == (("T1059.001",), "informational")


def test_a_rule_may_say_that_only_correlations_use_it(load: Load, rule: Rule) -> None:
    other = rule(GOOD, id="00000000-0000-4000-8000-000000000002")
    rules = load(rule(GOOD, athar={"output": False, "en": {"title": "Step"}}), other)
    assert [(r.output, dict(r.about.texts)) for r in rules.rules] == [(False, {"en": {"title": "Step"}}), (True, {})]


def write(folder: Path, name: str, content: str | bytes) -> None:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def test_bad_files_are_one_line_each(tmp_path: Path, rule: Rule) -> None:
    write(tmp_path, "a_broken.yml", "title: x\ndetection: [unclosed\nmore: 1")
    write(tmp_path, "b_binary.yml", bytes(range(256)))
    write(tmp_path, "c_twice.yml", "title: x\ndetection:\n  selection: {F: a}\n  selection: {F: b}\n")
    write(tmp_path, "d_list.yml", "- 1\n- 2\n")
    write(tmp_path, "e_huge.yml", b"#" * (RULE_BYTES + 1))
    write(tmp_path, "f_bomb.yml", "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]" for i in range(8)
    ))  # fmt: skip
    write(tmp_path, "g_deep.yml", "title: " + "[" * 5000 + "]" * 5000)
    write(
        tmp_path, "h_parens.yml", rule({"selection": {"F": "a"}, "condition": "(" * 15000 + "selection" + ")" * 15000})
    )
    write(tmp_path, "i_empty.yml", "")
    write(tmp_path, "j_no_logsource.yml", rule(GOOD).replace("logsource", "source"))
    write(tmp_path, "k_good.YAML", rule(GOOD, id="00000000-0000-4000-8000-00000000000a"))
    write(tmp_path, "l_date.yml", rule(GOOD) + "date: 2026-99-99\n")
    write(tmp_path, "readme.txt", "not a rule")
    rules = load_rules([tmp_path, tmp_path / "k_good.YAML", tmp_path / "missing"], own=False)
    assert [r.about.rule_id[-1] for r in rules.rules] == ["a"]
    told = {Path(r.path).name: (r.line, r.column, r.reason) for r in rules.refused}
    assert sorted(told) == [*(f"{n}.yml" for n in ("a_broken", "b_binary", "c_twice", "d_list", "e_huge", "f_bomb", "g_deep",
                              "h_parens", "j_no_logsource", "l_date")), "missing"]  # fmt: skip
    assert told["c_twice.yml"] == (4, 3, "not readable as YAML: key 'selection' given twice")
    assert told["a_broken.yml"][0] == 3
    assert all("\n" not in reason and len(reason) < 400 for _, _, reason in told.values())


def test_a_rule_id_is_used_once(load: Load, rule: Rule) -> None:
    rules = load(rule(GOOD), rule("selection: {F: b}"))
    assert len(rules.rules) == 1
    assert rules.refused[0].reason.startswith("has the same id as a rule in")


def test_own_rules_load_without_a_refusal() -> None:
    rules = load_rules()
    assert rules.refused == ()
    assert all(r.about.path.startswith("athar:") for r in (*rules.rules, *rules.correlations))


BASE = (
    "{title: B, id: 00000000-0000-4000-8000-00000000000b, name: base, "
    "logsource: {product: windows}, detection: {s: {F: a}, condition: s}}"
)


def correlation(body: str, number: int = 1) -> str:
    return f"{{title: C{number}, id: 30000000-0000-4000-8000-{number:012d}, name: c{number}, correlation: {{timespan: 1m, {body}}}}}"


CORRELATIONS: list[tuple[str, str, str]] = [
    ("unknown rule", "type: event_count, rules: [nobody], condition: {gte: 1}", "'nobody', which is not loaded"),
    ("unknown type", "type: event_mean, rules: [base], condition: {gte: 1}", "no valid Sigma correlation type"),
    ("sum of two fields", "type: value_sum, rules: [base], condition: {gte: 1, field: [F, G]}", "measures one field"),
    ("percentile of nothing", "type: value_percentile, rules: [base], condition: {gte: 1, field: F}", "a percentile from 0"),
    ("percentile beyond", "type: value_percentile, rules: [base], condition: {gte: 1, field: F, percentile: 101}", "a percentile from 0"),
    ("metric without a field", "type: value_avg, rules: [base], condition: {gte: 1}", "without field"),
    ("range of three", "type: event_count, rules: [base], condition: {gt: 1, lt: 5, neq: 3}", "exactly one condition item"),
    ("range with a text", "type: event_count, rules: [base], condition: {gt: 1, lt: many}", "condition lt: 'many' is not a number"),
    ("count that is a text", "type: event_count, rules: [base], condition: {gt: many}", "no valid Sigma correlation condition count"),
    ("itself", "type: event_count, rules: [c1], condition: {gte: 1}", "refers to itself"),
    ("expression of another type", "type: event_count, rules: [base], condition: base", "temporal"),
    ("expression over an unknown rule", "type: temporal, condition: base and nobody", "'nobody', which is not loaded"),
    ("expression that names a rule beside the list", "type: temporal, rules: [base], condition: base and other", "not defined in rules"),
    ("expression that does not parse", "type: temporal, rules: [base], condition: base and", "parse"),
    ("not in an order", "type: temporal_ordered, rules: [base], condition: not base", "where in the order"),
    ("a rule twice", "type: temporal, rules: [base, base]", "names a rule twice"),
    ("alias that leaves a rule out", "type: temporal, rules: [base], group-by: [x], aliases: {x: {other: F}}", "alias 'x' says nothing"),
    ("order with a count", "type: temporal_ordered, rules: [base], condition: {gte: 2}", "more than its 1 rules"),
    ("order with at most", "type: temporal_ordered, rules: [base], condition: {lte: 1}", "other than gt and gte"),
    ("no field", "type: value_count, rules: [base], condition: {gte: 1}", "field"),
    ("no condition", "type: event_count, rules: [base]", "without condition"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "reason"), [case[1:] for case in CORRELATIONS], ids=[case[0] for case in CORRELATIONS]
)
def test_refused_correlations(load: Load, body: str, reason: str) -> None:
    rules = load(BASE, correlation(body))
    assert rules.correlations == ()
    (refused,) = rules.refused
    assert reason in refused.reason
    assert refused.kind == "correlation"
    assert rules.rules[0].output


def test_no_timespan(load: Load) -> None:
    rules = load(
        BASE, correlation("type: event_count, rules: [base], condition: {gte: 1}").replace("timespan: 1m, ", "")
    )
    assert "timespan" in rules.refused[0].reason


def test_a_name_that_two_rules_share_is_no_reference(load: Load) -> None:
    rules = load(BASE, BASE.replace("00b", "00c"), correlation("type: event_count, rules: [base], condition: {gte: 1}"))
    assert len(rules.rules) == 2
    assert "several rules" in rules.refused[0].reason


def test_cycles_are_refused_and_what_leans_on_them(load: Load) -> None:
    one = correlation("type: event_count, rules: [c2], condition: {gte: 1}", 1)
    two = correlation("type: event_count, rules: [c1], condition: {gte: 1}", 2)
    three = correlation("type: temporal, rules: [base, c1]", 3)
    four = correlation("type: temporal, rules: [base, c5]", 4)
    five = correlation("type: event_count, rules: [00000000-0000-4000-8000-00000000000b], condition: {gte: 1}", 5)
    rules = load(BASE, one, two, three, four, five)
    assert [c.about.title for c in rules.correlations] == ["C5", "C4"]
    assert sorted(r.title for r in rules.refused) == ["C1", "C2", "C3"]


def test_filters_narrow_the_rules_they_name(load: Load, hits: Callable[..., list[int]], rule: Rule) -> None:
    narrowed = rule(GOOD)
    keep = """
title: Not the backup
logsource: {product: windows}
filter:
  rules: any
  noise: {G: backup}
  condition: not noise
"""
    rules = load(narrowed, keep)
    assert rules.refused == ()
    from timelines.detection.expressions import fields_of

    assert fields_of(rules.rules[0].condition) == {"F", "G"}


@pytest.mark.evidence
@pytest.mark.skipif(not SIGMA.exists(), reason="the shared rules are not beside this checkout")
def test_every_windows_and_web_rule_of_sigmahq_runs_but_those_for_absent_sources(
    sigmahq: RuleSet,
) -> None:
    assert len(sigmahq.rules) >= 3000
    ours = [
        r
        for r in sigmahq.refused
        if any(f"/{kind}/" in Path(r.path).as_posix() for kind in ("windows", "web", "dns", "firewall"))
    ]
    reasons = Counter(r.reason.split(", ")[-1] if "log source" in r.reason else r.reason for r in ours)
    assert set(reasons) <= {
        "category file_access",  # Windows writes no such event to a log
        "category file_rename",
        "placeholder %known_cdcs% has no value",
        "no family of Athar's holds the log source service apache",  # error logs
        "no family of Athar's holds the log source service nginx",
        "Sigma rule must have a log source",
    }, reasons


@pytest.mark.parametrize("content", ["[" * 100_000, "- " * 60_000 + "x", "{a: " * 5_000 + "1" + "}" * 5_000])
def test_nesting_that_would_overflow_the_yaml_library_is_refused(load: Load, content: str) -> None:
    (refused,) = load(content).refused
    assert (refused.reason, refused.column > 100) == ("nested more than 100 deep", True)


SIGNS = [
    "- ",
    "-\n",
    "? ",
    "?",
    ": ",
    "a: ",
    "a:\n",
    "[",
    "{",
    "]",
    "}",
    ",",
    "\n",
    " ",
    "\t",
    '"',
    "&a ",
    "!!map ",
    ":\t",
]
SIGNS += ["\x85", "\u2028", "|\n", "---\n", "\r"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(SIGNS), max_size=12).map("".join), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]))
def test_no_list_and_no_mapping_begins_uncounted(text: str, coding: str) -> None:
    """Files with few of the signs that lists and mappings begin with are not looked at for nesting: it cannot be deeper."""
    content = ("\ufeff" + text).encode(coding)
    begun = 0
    with contextlib.suppress(yaml.YAMLError):
        for event in yaml.parse(content, rule_files._Base):
            begun += isinstance(event, yaml.CollectionStartEvent)
    assert begun <= rule_files._beginnings(content)
