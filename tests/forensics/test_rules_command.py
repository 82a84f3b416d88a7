"""`athar rules`: list, check, explain and test, as a person at a shell meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

GOOD = """title: Odd start of {n}
id: 00000000-0000-4000-8000-00000000000{n}
status: test
level: {level}
tags: [attack.t1059.001, attack.execution]
logsource: {{product: windows, category: process_creation}}
detection:
  selection:
    Image|endswith: [\\odd.exe, \\strange.exe]
    CommandLine|contains|all: [a, b]
  quiet:
    User: ["SYSTEM\\e[2J", null]
  condition: selection and not quiet
"""
SAMPLES = """base: {family: windows/sysmon, Channel: Microsoft-Windows-Sysmon/Operational, EventID: 1, Image: 'C:\\odd.exe', User: eve}
match:
- {CommandLine: b a}
no_match:
- {CommandLine: a}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.yml").write_text(GOOD.format(n=1, level="high"))
    (tmp_path / "b.yml").write_text(GOOD.format(n=2, level="low"))
    return tmp_path


def test_list_by_level_tag_log_source_and_status(athar, folder):
    def titles(*options) -> list[str]:
        ran = athar("rules", "list", folder, "--json", *options)
        assert ran.code == 0
        return [row["title"] for row in json.loads(ran.out)]

    assert titles() == ["Odd start of 1", "Odd start of 2"]
    assert titles("--level", "medium") == ["Odd start of 1"]
    assert titles("--status", "stable") == []
    assert titles("--tag", "attack.T1059*", "--status", "test") == ["Odd start of 1", "Odd start of 2"]
    assert titles("--logsource", "process_creation", "--exclude", "a.yml") == ["Odd start of 2"]
    assert titles("--logsource", "dns") == []


def test_list_without_a_path_is_ours_and_a_pipe_gets_a_table(athar):
    lines = athar("rules", "list", "--level", "high").out.splitlines()
    assert lines[0].split("\t") == ["level", "status", "logsource", "technique", "rule_id", "title"]
    assert len(lines) > 20


def test_log_sources_are_listed_with_the_rows_they_mean(athar):
    rows = json.loads(athar("rules", "list", "--logsources", "--json").out)
    created = [r for r in rows if r["category"] == "process_creation"]
    assert len(created) == 2
    assert any("EventID is 4688" in r["rows"] for r in created)


def test_check_exits_1_only_where_a_rule_cannot_run(athar, folder):
    ran = athar("rules", "check", folder)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "2 rules can run; 0 errors, 0 warnings"
    bad = folder / "c.yml"
    bad.write_text(GOOD.format(n=3, level="low").replace("|endswith", "|endwith"))
    ran = athar("rules", "check", folder)
    assert ran.code == 1
    assert f"{bad}:9:5: error: Unknown modifier 'endwith' [Odd start of 3]" in ran.out
    assert "\x1b" not in ran.out
    found = json.loads(athar("rules", "check", folder, "--json").out)
    assert [(f["line"], f["severity"]) for f in found] == [(9, "error")]
    assert athar("rules", "check", folder / "none").code == 2


def test_check_with_placeholders(athar, folder):
    rule = folder / "p.yml"
    rule.write_text(GOOD.format(n=4, level="low").replace('User: ["SYSTEM\\e[2J", null]', "User|expand: '%admins%'"))
    assert athar("rules", "check", rule).code == 1
    (folder / "values.txt").write_text("admins: [a]")
    assert athar("rules", "check", rule, "--placeholders", folder / "values.txt").code == 0
    ran = athar("rules", "check", rule, "--placeholders", folder / "missing.txt")
    assert (ran.code, ran.err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "ends with '\\odd.exe' or"), ("fr", "finit par"), ("ar", "ينتهي بـ")]
)
def test_explain_in_three_languages_and_never_raw(athar, folder, lang, said):
    ran = athar("rules", "explain", folder / "a.yml", "--lang", lang)
    assert (ran.code, ran.err) == (0, "")
    assert said in ran.out
    assert "EventID" in ran.out
    assert "4688" in ran.out
    assert "\x1b" not in ran.out


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_every_rule_of_ours_can_be_explained(lang):
    from timelines.detection import load_rules
    from timelines.detection.wording import explanation

    rules = load_rules()
    for rule in (*rules.rules, *rules.correlations):
        told = explanation(rule, rules, lang)
        assert len(told) >= 6, rule.about.title
        assert all(lines for _, lines in told)


def test_the_phrases_are_complete_in_every_language():
    from timelines.detection.wording import words

    shapes = [
        {(section, name, tuple(sorted(part.partition("}")[0] for part in text.split("{")[1:])))
         for section, texts in words(lang)._table.items() for name, text in texts.items()}
        for lang in ("en", "fr", "ar")
    ]  # fmt: skip
    assert shapes[0] == shapes[1] == shapes[2]


def test_explain_names_what_it_cannot(athar, folder):
    ran = athar("rules", "explain", "pasword_spraying")
    assert (ran.code, "did you mean 'password_spraying'?" in ran.err) == (2, True)
    ran = athar("rules", "explain", "Odd start*", "--rules", folder)
    assert (ran.code, "2 rules are named by" in ran.err) == (2, True)
    (folder / "c.yml").write_text(GOOD.format(n=3, level="low").replace("|endswith", "|endwith"))
    ran = athar("rules", "explain", "Odd start of 3", "--rules", folder)
    assert (ran.code, "c.yml:9:5: this rule cannot run: Unknown modifier" in ran.err) == (1, True)


def test_samples_beside_rules_and_in_a_folder(athar, folder):
    (folder / "a.samples.yml").write_text(SAMPLES)
    ran = athar("rules", "test", folder)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == ["2 of 2 samples of 1 rules as written; 1 rule files have no samples"]
    apart = folder.parent / "apart"
    apart.mkdir()
    (apart / "b.yml").write_text(SAMPLES.replace("{CommandLine: b a}", "{CommandLine: b}"))
    ran = athar("rules", "test", folder, "--samples", apart)
    assert ran.code == 1
    assert f"{apart / 'b.yml'}: match 1: must match, and is not found [Odd start of 2]" in ran.out
    assert [t["ok"] for t in json.loads(athar("rules", "test", folder, "--samples", apart, "--json").out)["trials"]] == [
        True, True, False, True
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1", "a.samples.yml: not a Sigma rule"),
        ("matches: []", "expected one mapping with base, match and no_match"),
        ("match: {a: b}", "match: expected a list of rows"),
        ("match: [x]", "match 1: a row is 'x'"),
        ("match: [{family: toaster}]", "match 1: family 'toaster'"),
        ("match: [{family: web/access, host: x}]", "'host' is a column that Athar fills"),
        ("match: [{family: web/access, sc_status: many}]", "sc_status: invalid literal"),
        ("match: [{family: web/access, repeat: 1000000000}]", "more than 100,000 rows"),
        ("match: [", "not readable as YAML"),
    ],
)
def test_samples_that_are_none_are_one_line(athar, folder, text, said):
    (folder / "a.samples.yml").write_text(text)
    ran = athar("rules", "test", folder)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert said in ran.err.replace("expected a mapping with title, logsource and detection", "")


def test_no_samples_at_all_is_said(athar, folder):
    ran = athar("rules", "test", folder)
    assert (ran.code, "no samples for 2 rule files" in ran.err) == (2, True)


@pytest.mark.parametrize("words", [(), ("list",), ("check",), ("explain",), ("test",)])
def test_help_has_examples(athar, words):
    assert "Examples" in athar("rules", *words, "--help").out


def test_the_examples_of_the_page_are_true(tmp_path):
    from timelines.detection.allowed import allow_list
    from timelines.detection.samples import rows_of, samples_of, timeline_of

    page = (Path(__file__).resolve().parents[2] / "docs" / "rules-howto.md").read_text("utf-8")
    blocks = [text.partition("```")[0] for text in page.split("```yaml\n")[1:]]
    allowed, samples = tmp_path / "allow.yaml", tmp_path / "samples.yml"
    allowed.write_text(blocks[0], "utf-8")
    samples.write_text(blocks[1], "utf-8")
    _, agent = allow_list(allowed)
    assert agent.fields["ParentImage"][0].holds("C:\\Tools\\AGENT.exe")
    assert agent.fields["User"][0].holds("corp\\svc-deploy")
    written = samples_of(samples)
    rows = [rows_of(written["base"], case) for kind in ("match", "no_match") for case in written[kind]]
    assert [len(found) for found in rows] == [6, 6, 2]
    assert sum(timeline_of(rows[2], tmp_path / "t").counts().values()) == 2


def test_the_page_names_every_transformation_that_is_honoured():
    from timelines.detection.given import TRANSFORMATIONS

    page = (Path(__file__).resolve().parents[2] / "docs" / "rules-howto.md").read_text("utf-8")
    families = {"field_name_mapping", "field_name_prefix_mapping", "field_name_suffix", "field_name_prefix"}
    outputs = {
        "add_field",
        "remove_field",
        "set_field",
        "rule_failure",
        "detection_item_failure",
        "strict_field_mapping_failure",
    }
    assert [name for name in sorted(TRANSFORMATIONS - families - outputs) if f"`{name}`" not in page] == []
