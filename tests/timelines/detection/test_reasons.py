"""Reasons: which field had which value, in words a reader can check against the row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from timelines.detection import Engine, RuleSet
from timelines.detection.board import Board
from timelines.detection.reasons import REASONS, reasons_of

CASES: list[tuple[str, dict[str, Any], str]] = [
    ("selection: {F|contains: WhoAmI}", {"F": "x whoami /all"}, "F contains 'WhoAmI' (x whoami /all)"),
    ("selection: {F: A}", {"F": "a"}, "F is 'A' (a)"),
    ("selection: {F: A}", {"F": "A"}, "F is 'A'"),
    ("selection: {F|contains|all: [one, two]}", {"F": "one two"}, "F contains 'one' and contains 'two' (one two)"),
    ("selection: {F: 4624}", {"F": 4624}, "F is 4624"),
    ("selection: {F: 0x10}", {"F": "0x10"}, "F is 16 (0x10)"),
    ("selection: {F|cased: A}", {"F": "A"}, "F is 'A' (same case)"),
    ("selection: {F: 'a*c?'}", {"F": "abcd"}, "F is like 'a*c?' (abcd)"),
    ("selection: {F|re|i: 'b+'}", {"F": "aBb"}, "F matches /(?i)b+/ (aBb)"),
    ("selection: {F|gte: 5}", {"F": "7"}, "F is at least 5 (7)"),
    ("selection: {F|cidr: 192.0.2.0/24}", {"F": "192.0.2.9"}, "F lies in 192.0.2.0/24 (192.0.2.9)"),
    ("selection: {F|hour: 3}", {"F": "2026-01-02T03:00:00Z"}, "F hour is 3 (2026-01-02T03:00:00Z)"),
    ("selection: {F: null, G: g}", {"G": "g"}, "G is 'g'"),
    ("selection: {F|exists: true}", {"F": "x"}, "F has a value (x)"),
    ("selection: {F|fieldref: G}", {"F": "x", "G": "X"}, "F is the value of G (x; X)"),
    ("selection: [needle]", {"F": "a needle"}, "F contains 'needle' (a needle)"),
    ("selection: [{F: a, G: b}, {F: c}]", {"F": "c", "G": "b"}, "F is 'c'"),
    ("{selection: {F: a}, filter: {G: b}, condition: selection and not filter}", {"F": "a", "G": "x"}, "F is 'a'"),
    ("{selection: {F: a}, condition: not selection}", {"F": "b"}, "none of the excluded values occurs in this row"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "row", "said"), CASES, ids=[case[2] for case in CASES])
def test_reason(
    load: Callable[..., RuleSet],
    rule: Callable[..., str],
    make_table: Callable[..., pa.Table],
    block: str,
    row: dict[str, Any],
    said: str,
) -> None:
    assert reason(load(rule(block)), make_table([row])) == said


def reason(rules: RuleSet, table: pa.Table) -> str:
    engine = Engine(rules.rules)
    plans = engine.plans("windows/security", table.schema)
    board = Board(table, engine.questions(plans))
    ((_, _, (match,)),) = list(engine.matches(plans, board))
    return reasons_of(match, board)[0]


def test_a_reason_has_a_bounded_number_of_clauses(
    load: Callable[..., RuleSet], rule: Callable[..., str], make_table: Callable[..., pa.Table]
) -> None:
    names = [f"F{n}" for n in range(20)]
    said = reason(load(rule({"selection": dict.fromkeys(names, "x")})), make_table([dict.fromkeys(names, "x")]))
    assert said.count("; ") == REASONS
    assert said.startswith("F0 is 'x'; F1 is 'x'")
    assert said.endswith("; and 14 more")


def test_a_long_value_is_shown_where_it_matched(
    load: Callable[..., RuleSet], rule: Callable[..., str], make_table: Callable[..., pa.Table]
) -> None:
    row = {"F": "a" * 5000 + " Needle " + "b" * 5000}
    said = reason(load(rule("selection: {F|contains: needle}")), make_table([row]))
    assert " Needle b" in said
    assert len(said) < 250


def test_a_decoded_match_shows_both_forms(
    load: Callable[..., RuleSet], rule: Callable[..., str], make_table: Callable[..., pa.Table]
) -> None:
    rules = load(rule("selection: {cs-uri-query|contains: 'a b'}", logsource={"category": "webserver"}))
    engine, table = Engine(rules.rules), make_table([{"cs_uri_query": "q=a%2520b"}], "web/access")
    plans = engine.plans("web/access", table.schema)
    board = Board(table, engine.questions(plans))
    ((_, _, (match,)),) = list(engine.matches(plans, board))
    assert reasons_of(match, board)[0] == "cs-uri-query contains 'a b' (q=a%2520b, decoded (percent twice): q=a b)"


def test_what_holds_in_two_columns_is_said_once(
    load: Callable[..., RuleSet], rule: Callable[..., str], make_table: Callable[..., pa.Table]
) -> None:
    """`cs-uri-query` is looked for in the query and in the whole address."""
    rules = load(
        rule("{selection: {cs-uri-query|re: 'a+b'}, condition: selection}", logsource={"category": "webserver"})
    )
    table = make_table([{"cs_uri": "/x?q=aab", "cs_uri_stem": "/x", "cs_uri_query": "q=aab"}], "web/access")
    engine = Engine(rules.rules)
    plans = engine.plans("web/access", table.schema)
    board = Board(table, engine.questions(plans))
    ((_, _, (match,)),) = list(engine.matches(plans, board))
    assert reasons_of(match, board)[0] == "cs-uri-query matches /a+b/ (q=aab)"


def test_rows_have_the_same_reasons_together_as_alone(
    load: Callable[..., RuleSet], rule: Callable[..., str], make_table: Callable[..., pa.Table], monkeypatch: Any
) -> None:
    """Rows of which different conditions held, more than are made at a time, with values that are long, hidden or encoded."""
    block = "{a: {cs-uri-query|contains: ['a b', '/x']}, b: {cs-method: PUT, sc-status|gte: 400}, condition: a or b}"
    rules = load(rule(block, logsource={"category": "webserver"}))
    queries = ["q=a%2520b{}", "q=a+b{}", "q=a b\u202e{}", "y" * 300 + "/x{}", "/x%2Fx{}", "none{}", "é/x{}"]
    rows = [
        {"cs_uri_query": queries[n % 7].format(n), "cs_method": ["GET", "PUT"][n % 2], "sc_status": 200 + n % 3 * 100}
        for n in range(400)
    ]
    together = reasons_by_row(rules, make_table(rows, "web/access"))
    monkeypatch.setattr("timelines.detection.reasons.BLOCK", 50)
    assert reasons_by_row(rules, make_table(rows, "web/access")) == together
    alone = [reasons_by_row(rules, make_table([row], "web/access")).get(0) for row in rows]
    assert {n: said for n, said in enumerate(alone) if said is not None} == together
    assert together[0] == "cs-uri-query contains 'a b' (q=a%2520b0, decoded (percent twice): q=a b0)"
    assert together[2] == "cs-uri-query contains 'a b' (q=a b⟨U+202E⟩2)"
    assert together[5] == "cs-method is 'PUT'; sc-status is at least 400"
    assert {said.split(" (")[0] for said in together.values()} == {
        "cs-uri-query contains 'a b'",
        "cs-uri-query contains '/x'",
        "cs-method is 'PUT'; sc-status is at least 400",
    }


def reasons_by_row(rules: RuleSet, table: pa.Table) -> dict[int, str]:
    engine = Engine(rules.rules)
    plans = engine.plans("web/access", table.schema)
    board = Board(table, engine.questions(plans))
    found = [match for _, _, matches in engine.matches(plans, board) for match in matches]
    return {
        row: said for match in found for row, said in zip(match.rows.tolist(), reasons_of(match, board), strict=True)
    }
