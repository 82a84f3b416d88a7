"""`athar rules check`: errors and warnings, each one line at its place; bad files stop nothing but themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from timelines.detection import load_rules
from timelines.detection.lint import lint
from timelines.detection.rule_files import RULE_BYTES

HEAD = "title: A\nid: 00000000-0000-4000-8000-00000000000a\nlevel: high\nlogsource: {product: windows, category: process_creation}\n"
GOOD = HEAD + "detection:\n  selection:\n    Image: x\n  condition: selection\n"
CYCLE = """title: C{n}
id: 00000000-0000-4000-8000-0000000000c{n}
correlation: {{type: temporal, rules: [00000000-0000-4000-8000-0000000000c{m}], timespan: 1m}}
level: high
"""


def complaints(tmp_path: Path, text: str) -> list[tuple[int, int, str, str]]:
    (tmp_path / "r.yml").write_text(text)
    return [(c.line, c.column, c.severity, c.reason) for c in lint([tmp_path])[1]]


def test_a_good_rule_has_none(tmp_path: Path) -> None:
    assert complaints(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("text", "line", "column", "severity", "said"),
    [
        (GOOD.replace("Image:", "Image|nonsense:"), 7, 5, "error", "Unknown modifier 'nonsense'"),
        (GOOD.replace("Image: x", "Image|re: '(?=x)'"), 7, 15, "error", "not for a linear-time engine"),
        (GOOD.replace("Image: x", "Image|re: '(a+)+$(?!b)'"), 7, 15, "error", "not for a linear-time engine"),
        (GOOD.replace("Image: x", "Image|re: 'a{1000}{1000}'"), 7, 15, "error", "not for a linear-time engine"),
        (GOOD.replace("Image: x", "Image|expand: '%adm%'"), 7, 19, "error", "placeholder %adm% has no value"),
        (GOOD.replace("condition: selection", "condition: selection or other"), 8, 3, "error", "'other' not defined"),
        (GOOD.replace("condition: selection", "condition: selection and ("), 8, 3, "error", "Expected"),
        (GOOD.replace("product: windows, category: process_creation", "product: toaster"), 4, 1, "error", "product toaster"),
        (GOOD.replace("level: high", "level: huge"), 3, 1, "error", "'huge' is not a valid"),
        (GOOD.replace("  condition", " condition"), 8, 2, "error", "not readable as YAML"),
        (GOOD.replace("    Image: x", "    Image: x\n    Image: y"), 8, 5, "error", "'Image' given twice"),
        (GOOD.replace("level: high\n", ""), 1, 1, "warning", "no level"),
        (GOOD.replace("title: A\nid: 00000000-0000-4000-8000-00000000000a", "title: A"), 1, 1, "warning", "no id"),
        (GOOD.replace("level: high", "level: high\ndate: soon"), 4, 1, "warning", "soon"),
        (GOOD.replace("    Image: x", "    Imaeg: x"), 7, 5, "warning", "no field 'Imaeg'"),
        (GOOD.replace("    Image: x", "    image|contains: x"), 7, 5, "warning", "did you mean 'Image'?"),
        (GOOD.replace("  condition", "  spare: {Image: y}\n  condition"), 8, 3, "warning", "'spare' is defined"),
        (GOOD.replace("title: A\n", ""), 1, 1, "error", "title"),
    ],
)  # fmt: skip
def test_each_is_one_line_at_its_place(
    tmp_path: Path, text: str, line: int, column: int, severity: str, said: str
) -> None:
    (found,) = complaints(tmp_path, text)
    assert found[:3] == (line, column, severity)
    assert said in found[3]
    assert "\n" not in found[3]


def test_patterns_and_them_ask_for_selections(tmp_path: Path) -> None:
    two = "detection:\n  sel_a: {Image: x}\n  sel_b: {Image: y}\n  _spare: {Image: z}\n  condition: 1 of "
    assert [c[3] for c in complaints(tmp_path, HEAD + two + "them\n")] == [
        "'_spare' is defined, and the condition never asks for it"
    ]
    assert len(complaints(tmp_path, HEAD + two + "sel_*\n")) == 1


def test_cycles_are_named_in_each_rule_of_them(tmp_path: Path) -> None:
    found = complaints(tmp_path, CYCLE.format(n=1, m=2) + "---\n" + CYCLE.format(n=2, m=1))
    assert [(line, severity) for line, _, severity, _ in found] == [(3, "error"), (8, "error")]
    assert "refers to itself" in found[0][3]


def test_a_filter_that_fits_nothing_is_told(tmp_path: Path) -> None:
    text = "title: F\nlogsource: {product: windows}\nfilter:\n  rules: [nothing]\n  a: {Image: x}\n  condition: not a\n"
    found = complaints(tmp_path, GOOD + "---\n" + text)
    assert [(severity, reason) for _, _, severity, reason in found] == [
        ("warning", "this filter fits no rule that is loaded, so it has no effect")
    ]


def test_fields_of_web_rows_are_known_in_both_spellings(tmp_path: Path) -> None:
    web = GOOD.replace("product: windows, category: process_creation", "category: webserver")
    assert complaints(tmp_path, web.replace("Image", "cs-method")) == []
    assert complaints(tmp_path, web.replace("Image", "cs_method")) == []
    assert "no field 'cs-methods'" in complaints(tmp_path, web.replace("Image", "cs-methods"))[0][3]


def test_bad_files_are_one_line_each_and_the_rest_still_runs(tmp_path: Path) -> None:
    (tmp_path / "good.yml").write_text(GOOD)
    (tmp_path / "broken.yml").write_text("title: [\n")
    (tmp_path / "binary.yml").write_bytes(bytes(range(256)))
    (tmp_path / "deep.yml").write_text("[" * 5000)
    (tmp_path / "bomb.yml").write_text("a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefghijklmnopqrstuvwx", "bcdefghijklmnopqrstuvwxy")))  # fmt: skip # noqa: B905, E501
    with (tmp_path / "large.yml").open("wb") as handle:
        handle.truncate(100_000_000)  # as long as the largest that anyone would hand over; it is not read
    rules, found = lint([tmp_path])
    assert [rule.about.title for rule in rules.rules] == ["A"]
    errors = {Path(c.path).name: c.reason for c in found if c.severity == "error"}
    assert sorted(errors) == ["binary.yml", "bomb.yml", "broken.yml", "deep.yml", "large.yml"]
    assert errors["large.yml"] == f"file of 100000000 bytes; a rule file has at most {RULE_BYTES}"
    assert all("\n" not in c.reason for c in found)
    assert len(load_rules([tmp_path], own=False).rules) == 1


def test_refusals_bear_their_place_in_every_run(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text("---\ntitle: First\n---\n" + GOOD.replace("Image:", "Image|nonsense:"))
    places = {r.title: (r.line, r.column) for r in load_rules([tmp_path], own=False).refused}
    assert places == {"First": (2, 1), "A": (10, 5)}
