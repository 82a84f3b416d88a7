"""Sigma 2.1, case by case: a detection block, values of `F` that must match, values that must not. None is a row without the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from timelines.detection import Engine, columns, evaluate, literals

Hits = Callable[..., list[int]]

# Sigma specification, "Values", "Wildcards", "Escaping" and the appendix on modifiers.
VALUES: list[tuple[str, str, list[Any], list[Any]]] = [
    ("whole value, case ignored", "F: WhoAmI", ["whoami", "WHOAMI"], ["whoami.exe", " whoami", "", None]),
    ("case ignored beyond ASCII", "F: Ünïcodé", ["üNÏCODÉ"], ["unicode"]),
    ("case ignored in Greek, final sigma too", "F: ΟΔΟΣ", ["οδος", "οδοσ"], ["οδο"]),
    ("folding keeps length: sharp s is not ss", "F: straße", ["STRAẞE"], ["STRASSE"]),
    ("Arabic as written", "F|contains: أثر", ["قبل أثر بعد"], ["اثر"]),
    ("list of values is or", "F: [a, b]", ["a", "B"], ["ab", "c"]),
    ("number against text", "F: 3", ["3", "03", "0x3"], ["33", "three", "", None]),
    ("number against hex text", "F: 0x1410", ["0x1410", "5136"], ["1410"]),
    ("text of digits is text", "F: '3'", ["3"], ["03", "0x3"]),
    ("number against a number column", "F: 4624", [4624], [4625, 46240]),
    ("text against a number column", "F: '46*'", [4624, 4625], [1102]),
    ("boolean", "F: true", ["true", "True"], ["1", "false"]),
    ("boolean column", "F: false", [False], [True]),
    ("* is any text, newlines too", "F: a*c", ["ac", "a\r\nc", "axxc"], ["acd", "xac"]),
    ("? is one character", "F: a?c", ["abc", "a\nc", "aأc"], ["ac", "abbc"]),
    ("?* is at least one character", "F: '?*'", ["x", "xy"], ["", None]),
    ("* alone asks for a value, '' is one", "F: '*'", ["x", ""], [None]),
    ("backslash before a plain character is itself", r"F: 'C:\Windows'", [r"c:\windows"], [r"C:\\Windows"]),
    (r"\\ is one backslash", r"F: 'a\\b'", [r"a\b"], [r"a\\b"]),
    (r"\* is a star", r"F: 'a\*b'", ["a*b"], ["axb", r"a\*b"]),
    (r"\? is a question mark", r"F: 'a\?b'", ["a?b"], ["axb"]),
    (r"\\* is a backslash and a wildcard", r"F: 'a\\*b'", [r"a\b", r"a\xxb"], ["a*b", "axb"]),
    (r"\\\* is a backslash and a star", r"F: 'a\\\*b'", [r"a\*b"], [r"a\xb", "a*b"]),
    ("backslash at the end", "F|endswith: 'x\\'", ["ax\\"], ["ax"]),
    ("pattern characters of regular expressions are plain", "F|contains: 'a.b(c)[d]+'", ["xa.b(c)[d]+x"], ["aab(c)[d]+"]),
    ("wildcard inside contains", "F|contains: 'add*user'", ["net ADD my USER x"], ["user add"]),
    ("a wildcard does not loosen the end", "F: 'a?c'", ["abc"], ["abc\n", "\nabc"]),
    ("several wildcards", "F: '*one*two*'", ["1 one 2 two 3"], ["two one"]),
    ("pieces may not overlap", "F: 'aba*aba'", ["abaaba", "abaxaba"], ["ababa"]),
    ("contains", "F|contains: ab", ["ab", "xABx"], ["a b", None]),
    ("contains, one character", "F|contains: '-'", ["a-b"], ["ab", ""]),
    ("contains, longer", "F|contains: needle", ["hayNEEDLEhay", "needle"], ["needl", "eneedl"]),
    ("startswith", "F|startswith: needle", ["needles"], ["a needle", "needl"]),
    ("startswith, short", "F|startswith: 'C:'", ["c:\\x"], ["xC:"]),
    ("endswith", r"F|endswith: '\cmd.exe'", [r"C:\x\CMD.EXE"], ["cmd.exe", r"C:\cmd.exe "]),
    ("endswith, short", "F|endswith: ts", ["a.TS"], ["ts.a"]),
    ("one needle inside another", "F|contains: [abcd, bc]", ["xbcx", "abcd"], ["b c"]),
    ("all", "F|contains|all: [one, two]", ["two one"], ["one", "two"]),
    ("cased", "F|cased: AbC", ["AbC"], ["abc", "ABC"]),
    ("contains cased", "F|contains|cased: AbC", ["xAbCx"], ["xabcx"]),
    ("cased with a wildcard", "F|cased: 'A*Cde'", ["AxCde"], ["axcde"]),
    ("empty text is not null", "F: ''", [""], ["x", None]),
    ("null is no value", "F: null", [None], ["", "x", "null"]),
    ("empty list is no value", "F: []", [None], ["", "x"]),
    ("null or empty", "F: ['', null]", ["", None], ["x"]),
    ("exists", "F|exists: true", ["", "x"], [None]),
    ("exists not", "F|exists: false", [None], ["", "x"]),
    ("neq: a missing field compares false, so its negation is true", "F|neq: a", ["b", "", None], ["a", "A"]),
    ("re is found anywhere, case matters", "F|re: 'b+c'", ["abbcd"], ["ABBCD", "ac"]),
    ("re with anchors", "F|re: '^b+$'", ["bb"], ["abb", "bb\nx"]),
    ("re dot stops at a newline", "F|re: 'a.c'", ["abc"], ["a\nc"]),
    ("re of a long line", "F|re: '.{5,}'", ["abcde", "a\nabcde", "ééééé"], ["abcd", "abc\nabc", ""]),
    ("re|i", "F|re|i: 'b+c'", ["ABBC"], ["ac"]),
    ("re|s", "F|re|s: 'a.c'", ["a\nc"], ["ac"]),
    ("re|m", "F|re|m: '^b$'", ["a\nb\nc"], ["ab"]),
    ("re keeps its backslashes", r"F|re: 'a\\b\.c'", [r"a\b.c"], [r"a\bxc", "ab.c"]),
    ("cidr", "F|cidr: 192.0.2.0/24", ["192.0.2.0", "192.0.2.255"], ["192.0.3.1", "x192.0.2.1", "192.0.2", ""]),
    ("cidr of an address", "F|cidr: 192.0.2.7", ["192.0.2.7"], ["192.0.2.70"]),
    ("cidr in IPv6, any spelling", "F|cidr: '2001:db8::/32'", ["2001:0DB8:0::1"], ["2001:db9::1", "192.0.2.1"]),
    ("cidr of a mapped address", "F|cidr: 192.0.2.0/24", ["::ffff:192.0.2.9"], ["::192.0.2.9"]),
    ("windash", "F|windash|contains: ' -enc '", [" -enc ", " /ENC ", " –enc ", " —enc ", " ―enc "], [" enc ", " +enc "]),
    ("windash leaves inner dashes", "F|windash: 'a -b-c'", ["a /b-c", "a -b-c"], ["a -b/c"]),
    ("windash with all", "F|windash|contains|all: ['-one', '-two']", ["/one -two"], ["/one two"]),
    ("base64", "F|base64|contains: 'whoami'", ["x d2hvYW1p x"], ["whoami"]),
    ("base64offset", "F|base64offset|contains: 'http://'", ["aHR0cDovL3", "xodHRwOi8vx", "xxh0dHA6Ly9x"], ["http://"]),
    ("wide then base64", "F|wide|base64|contains: 'ab'", ["YQBiAA=="], ["YWI="]),
    ("utf16le is wide", "F|utf16le|base64|contains: 'ab'", ["YQBiAA=="], ["YWI="]),
    ("utf16be then base64", "F|utf16be|base64|contains: 'ab'", ["AGEAYg=="], ["YQBiAA=="]),
    ("utf16 then base64 has a byte order mark", "F|utf16|base64|contains: 'ab'", ["//5hAGIA"], ["YQBiAA=="]),
    ("gt", "F|gt: 10", ["11", "0x0B", "10.5"], ["10", "9", "x", "", None]),
    ("gte", "F|gte: 10", ["10", "11"], ["9.9"]),
    ("lt, negative numbers", "F|lt: 0", ["-1"], ["0", "1"]),
    ("lte", "F|lte: 10", ["10", "9"], ["11"]),
    ("gt compares numbers, not text", "F|gt: 9", ["10", "100"], ["8"]),
    ("gt beyond 2^53", "F|gt: 9007199254740992", ["9007199254740993"], ["9007199254740992"]),
    ("gt on a number column", "F|gt: 9", [10, 100], [9, -1]),
    ("hour", "F|hour: 3", ["2026-01-02T03:59:59Z", "2026-01-02T05:10:00+02:00"], ["2026-01-02T04:00:00Z", "3", ""]),
    ("hour compared", "F|hour|gte: 20", ["2026-01-02 20:00:00"], ["2026-01-02 19:59:59"]),
    ("minute", "F|minute: 59", ["2026-01-02T03:59:00.123456700Z"], ["2026-01-02T03:58:59Z"]),
    ("day, month, year", "F|day: 2", ["2026-01-02"], ["2026-02-01"]),
    ("month", "F|month: 12", ["2025-12-31"], ["2026-01-12"]),
    ("year", "F|year: 2026", ["2026-06-01"], ["2025-12-31"]),
    ("week is ISO", "F|week: 1", ["2025-12-30"], ["2026-01-05"]),
]  # fmt: skip


@pytest.mark.parametrize(("block", "match", "miss"), [case[1:] for case in VALUES], ids=[case[0] for case in VALUES])
def test_value(hits: Hits, block: str, match: list[Any], miss: list[Any]) -> None:
    rows = [{"F": value, "Other": "x"} for value in [*match, *miss]]
    assert hits(f"selection:\n  {block}", rows) == list(range(len(match)))


# Sigma specification, "Condition" and "Detection"; rows hold A and B.
CONDITIONS: list[tuple[str, str, list[dict[str, Any]], list[dict[str, Any]]]] = [
    ("fields of a map are and", "selection: {A: a, B: b}", [{"A": "a", "B": "b"}], [{"A": "a"}, {"A": "a", "B": "x"}]),
    ("maps of a list are or", "selection: [{A: a}, {B: b}]", [{"A": "a"}, {"B": "b"}], [{"A": "b", "B": "a"}]),
    (
        "not of a field that the row lacks is true",
        "{selection: {A: a}, filter: {B: b}, condition: selection and not filter}",
        [{"A": "a"}, {"A": "a", "B": "x"}],
        [{"A": "a", "B": "b"}],
    ),
    (
        "not of a field that no row has is true",
        "{selection: {A: a}, filter: {Nowhere|contains: b}, condition: selection and not filter}",
        [{"A": "a"}],
        [{"A": "b"}],
    ),
    (
        "not binds before and, and before or",
        "{x: {A: a}, y: {B: b}, z: {C: c}, condition: x or y and not z}",
        [{"A": "a", "C": "c"}, {"B": "b"}],
        [{"B": "b", "C": "c"}],
    ),
    (
        "parentheses",
        "{x: {A: a}, y: {B: b}, z: {C: c}, condition: (x or y) and z}",
        [{"A": "a", "C": "c"}],
        [{"A": "a"}, {"C": "c"}],
    ),
    (
        "1 of pattern",
        "{s_1: {A: a}, s_2: {B: b}, t: {C: c}, condition: 1 of s_*}",
        [{"A": "a"}, {"B": "b"}],
        [{"C": "c"}],
    ),
    ("all of pattern", "{s_1: {A: a}, s_2: {B: b}, condition: all of s_*}", [{"A": "a", "B": "b"}], [{"A": "a"}]),
    ("star anywhere in a pattern", "{a_s: {A: a}, b_s: {B: b}, condition: all of *_s}", [{"A": "a", "B": "b"}], [{"A": "a"}]),
    ("1 of them skips _names", "{s: {A: a}, _t: {B: b}, condition: 1 of them}", [{"A": "a"}], [{"B": "b"}]),
    ("all of them skips _names", "{s: {A: a}, _t: {B: b}, condition: all of them}", [{"A": "a"}], [{"B": "b"}]),
    ("list of conditions is or", "{x: {A: a}, y: {B: b}, condition: [x, y]}", [{"A": "a"}, {"B": "b"}], [{"A": "b"}]),
    ("fieldref, case ignored", "selection: {A|fieldref: B}", [{"A": "x", "B": "X"}], [{"A": "x", "B": "y"}, {"A": "x"}, {"C": "c"}]),
    ("fieldref|startswith", "selection: {A|fieldref|startswith: B}", [{"A": "xyz", "B": "xy"}], [{"A": "xy", "B": "xyz"}]),
    ("fieldref|endswith", "selection: {A|fieldref|endswith: B}", [{"A": "xyz", "B": "yz"}], [{"A": "yz", "B": "xyz"}]),
    ("fieldref|contains", "selection: {A|fieldref|contains: B}", [{"A": "xyz", "B": "y"}], [{"A": "y", "B": "xyz"}]),
    ("a range from two modifiers", "selection: {A|gt: 1, A|lte: 5}", [{"A": "2"}, {"A": "5"}], [{"A": "1"}, {"A": "6"}]),
    ("keyword in any value, inside it", "selection: [needle]", [{"A": "a NEEDLE b"}, {"B": "needle"}], [{"A": "need", "B": "le"}]),
    ("keywords are or", "selection: [one, two]", [{"A": "xonex"}, {"B": "two"}], [{"A": "three"}]),
    ("keywords with all may stand in several values", "selection: {'|all': [one, two]}", [{"A": "one", "B": "two"}], [{"A": "one"}]),
    ("keyword with wildcard", "selection: ['on*wo']", [{"A": "x one two x"}], [{"A": "on", "B": "wo"}]),
    ("keyword number", "selection: [1234]", [{"A": "x1234x"}, {"N": 1234}], [{"A": "123"}]),
    ("keyword regular expression", "selection: {'|re': 'n[e]{2}d'}", [{"A": "xneed"}], [{"A": "NEED"}]),
    ("spaces in field names do not count", "selection: {ThreatName: x}", [{"Threat Name": "x"}], [{"Threat Name": "y"}]),
    ("a repeated field matches by any value", "selection: {Data|contains: two}", [{"Data": "one", "Data#2": "two"}], [{"Data": "one"}]),
    ("a repeated field is null when all are", "selection: {Data: null}", [{"A": "a"}], [{"Data": "one"}, {"Data#2": "two"}]),
    ("a column is found by its own name", "selection: {User: bob}", [{"User": "BOB"}], [{"User": "al", "user": "bob"}]),
    ("a core column by its name", "selection: {host: ws1}", [{"host": "WS1", "A": "a"}], [{"host": "ws2", "A": "a"}]),
]  # fmt: skip


@pytest.mark.parametrize(("block", "match", "miss"), [c[1:] for c in CONDITIONS], ids=[c[0] for c in CONDITIONS])
def test_condition(hits: Hits, block: str, match: list[dict[str, Any]], miss: list[dict[str, Any]]) -> None:
    assert hits(block, [*match, *miss]) == list(range(len(match)))


def test_lists_match_by_any_element(hits: Hits) -> None:
    rows = [{"F": ["one", "two"]}, {"F": []}, {"F": None}, {"F": ["three"]}]
    assert hits("selection: {F: two}", rows) == [0]
    assert hits("selection: {F: null}", rows) == [1, 2]
    assert hits("selection: {F|fieldref: G}", [{"F": ["a", "b"], "G": "B"}, {"F": ["a"], "G": "b"}, {"G": "a"}]) == [0]
    assert hits("{selection: {F|contains: o}, condition: not selection}", rows) == [1, 2, 3]


def test_columns_of_one_name_may_be_different_fields(load: Any, rule: Any, make_table: Any) -> None:
    """`Data_2` is the second unnamed value of one event and a field of that very name in another."""
    engine = Engine(load(rule("selection: {Data: x}")).rules)
    second = make_table([{"Data": "a", "Data#2": "x"}])
    named = make_table([{"Data": "a", "Data_2": "x"}])
    assert second.schema.names == named.schema.names
    assert list(evaluate(engine, "windows/other", second)) == [0]
    assert list(evaluate(engine, "windows/other", named)) == []


def test_values_across_scan_borders(hits: Hits, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values lie end to end when they are scanned: a needle that two neighbours only share between them is no match. The long
    one is scanned in several pieces, by compiled code."""
    monkeypatch.setattr(columns, "LARGE", 2 * literals.SCAN_BYTES)
    rows = [
        {"F": "xxnee"},
        {"F": "dlexx"},
        {"F": ""},
        {"F": "needle"},
        {"F": "a" * (3 * literals.SCAN_BYTES) + "needle"},
        {"F": "dle"},
    ]
    assert hits("selection: {F|contains: needle}", rows) == [3, 4]
    assert hits("selection: {F|startswith: needle}", rows) == [3]
    assert hits("selection: {F|contains: aaaa}", rows) == [4]
    assert hits("selection: {F|startswith: aaaa, F|endswith: needle}", rows) == [4]
    assert hits("selection: {F|endswith: [aaaa, eneedl]}", rows) == []
    assert hits("selection: {F|endswith: needle}", rows) == [3, 4]
