"""Values for placeholders and pipelines of the user's: honoured exactly, or refused with the reason and the place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from timelines.detection import Engine, RuleSet, evaluate, load_rules
from timelines.detection.given import GivenError, given_by

ROWS = [
    {"User": "alice", "CommandLine": "run x"},
    {"User": "Bob2", "CommandLine": "x"},
    {"User": "eve", "CommandLine": "x"},
]
RULE = {"selection": {"User|expand": "%admins%"}}
Run = Callable[..., tuple[RuleSet, list[int]]]


@pytest.fixture
def run(rule: Callable[..., str], make_table: Callable, tmp_path: Path) -> Run:
    def _run(detection: dict, values: str | None = None, *pipelines: str, more: str = "") -> tuple[RuleSet, list[int]]:
        (tmp_path / "r.yml").write_text(rule(detection) + more)
        paths = []
        for at, text in enumerate(pipelines):
            paths.append(tmp_path / f"p{at}.yaml")
            paths[-1].write_text(text)
        if values is not None:
            (tmp_path / "v.yaml").write_text(values)
        given = given_by(tmp_path / "v.yaml" if values is not None else None, paths)
        rules = load_rules([tmp_path / "r.yml"], own=False, given=given)
        found = evaluate(Engine(rules.rules), "windows/sysmon", make_table(ROWS, "windows/sysmon"))
        return rules, [int(at) for at in found.get(0, [])]

    return _run


def test_placeholders_are_filled_with_every_value_and_their_wildcards(run: Run) -> None:
    assert run(RULE, "admins: [ALICE, 'bob?']")[1] == [0, 1]
    assert run(RULE, "admins: eve")[1] == [2]
    assert run({"selection": {"CommandLine|re|expand": "^%word%\\s"}}, "word: run")[1] == [0]


def test_an_unfilled_placeholder_is_refused(run: Run) -> None:
    for values in (None, "others: [x]"):
        rules, _ = run(RULE, values)
        assert [r.reason for r in rules.refused] == ["placeholder %admins% has no value"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("admins: []", "v.yaml:1:1: placeholder 'admins': expected texts or numbers"),
        ("x: 1\nadmins: {a: b}", "v.yaml:2:1: placeholder 'admins'"),
        ("- a", "expected a mapping"),
        ("a: [", "not readable as YAML"),
        ("", "0 YAML documents"),
    ],
)
def test_a_bad_file_of_values_is_one_line(run: Run, text: str, said: str) -> None:
    with pytest.raises(GivenError) as error:
        run(RULE, text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_pipeline_maps_fields_and_the_log_source(run: Run) -> None:
    pipeline = """
transformations:
- {type: field_name_mapping, mapping: {cmd: CommandLine}}
- {type: change_logsource, product: windows, rule_conditions: [{type: logsource, product: windows}]}
"""
    assert run({"selection": {"cmd|contains": "run"}}, None, pipeline)[1] == [0]
    assert run({"selection": {"cmd|contains": "run"}})[1] == []


def test_pipelines_run_by_priority_after_the_placeholders(run: Run) -> None:
    late = "priority: 20\ntransformations: [{type: field_name_mapping, mapping: {b: User}}]"
    early = "priority: 10\ntransformations: [{type: field_name_mapping, mapping: {a: b}}]"
    assert run({"selection": {"a|expand": "%admins%"}}, "admins: eve", late, early)[1] == [2]


def test_a_pipeline_maps_the_fields_of_correlations(run: Run) -> None:
    more = """---
title: Many
correlation:
  type: value_count
  rules: [00000000-0000-4000-8000-000000000001]
  group-by: [cmd]
  timespan: 1m
  condition: {gte: 2, field: who}
"""
    pipeline = "transformations: [{type: field_name_mapping, mapping: {cmd: CommandLine, who: User}}]"
    rules, _ = run({"selection": {"cmd": "x"}}, None, pipeline, more=more)
    (many,) = rules.correlations
    assert (many.group_by, set(many.counted.values())) == (("CommandLine",), {("User",)})


def test_a_rule_that_a_pipeline_rejects_is_refused_with_its_words(run: Run) -> None:
    pipeline = "name: ours\ntransformations: [{type: rule_failure, message: not for us}]"
    rules, _ = run({"selection": {"User": "x"}}, None, pipeline)
    assert [r.reason for r in rules.refused] == ["pipeline 'ours': not for us"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "transformations: [{type: command_placeholders, command: [id]}]",
            "p0.yaml:1:26: transformation 'command_placeholders'",
        ),
        ("transformations: [{type: http_placeholders, url: x}]", "cannot be honoured"),
        ("transformations: [{type: file_placeholders, path: /etc/passwd}]", "cannot be honoured"),
        ("transformations: [{type: query_expression_placeholders}]", "cannot be honoured"),
        ("transformations: [{type: nest, items: [{type: command_placeholders}]}]", "cannot be honoured"),
        ("transformations: [{type: field_name_maping}]", "did you mean 'field_name_mapping'?"),
        ("transformations: [{type: field_name_mapping}]", "not a pipeline that pySigma takes"),
        ("transformations: {a: b}", "expected a list of mappings"),
        ("postprocessing: [{type: embed, prefix: x}]", "p0.yaml:1:1: postprocessing work on the text of a query"),
        ("finalizers: [{type: concat}]", "finalizers work on the text"),
        ("allowed_backends: [splunk]", "Athar is none of them"),
        ("colour: red", "'colour' is no key of a pipeline"),
        ("priority: soon", "expected a whole number"),
        ("transformations: [", "not readable as YAML"),
    ],
)
def test_a_pipeline_that_cannot_be_honoured_is_one_line(run: Run, text: str, said: str) -> None:
    with pytest.raises(GivenError) as error:
        run(RULE, None, text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_documents_of_a_rule_collection_build_on_each_other(tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text(
        """action: global
title: Collected
level: high
logsource: {product: windows}
detection: {condition: selection}
---
id: 00000000-0000-4000-8000-00000000000a
detection: {selection: {User: a}}
---
action: repeat
id: 00000000-0000-4000-8000-00000000000b
detection: {selection: {User|nonsense: b}}
---
action: reset
---
title: Alone
detection: {selection: {User: c}, condition: selection}
"""
    )
    rules = load_rules([tmp_path], own=False)
    assert [(r.about.rule_id[-1], r.about.title, r.about.level) for r in rules.rules] == [("a", "Collected", "high")]
    assert sorted((r.title, r.reason) for r in rules.refused) == [
        ("Alone", "Sigma rule must have a log source"),
        ("Collected", "Unknown modifier 'nonsense'"),
    ]
