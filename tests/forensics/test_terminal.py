"""What the terminal shows of hostile evidence, and to pipes."""

from __future__ import annotations

import json

import pytest

from forensics import terminal


@pytest.mark.parametrize(
    ("ns", "shown"),
    [
        (None, "–"),
        (0, "1970-01-01 00:00:00Z"),
        (1, "1970-01-01 00:00:00.000000001Z"),
        (-500_000_000, "1969-12-31 23:59:59.5Z"),
        (2**63 - 1, "2262-04-11 23:47:16.854775807Z"),
        (-(2**63), "1677-09-21 00:12:43.145224192Z"),
    ],
)
def test_instants_to_the_nanosecond(ns, shown):
    assert terminal.instant(ns) == shown


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (3_100_000, "3.1 MB"), (10**15, "1,000.0 TB")]
)
def test_amounts(size, shown):
    assert terminal.amount(size) == shown


def test_piped_tables_are_tab_separated_and_cannot_move_the_cursor(capsys):
    terminal.table("title", ("a", "b"), [("x\x1b[2J\t\n", None), ("\u202eexe.txt", 1234567)])
    assert capsys.readouterr().out == "a\tb\nx⟨U+001B⟩[2J⟨U+0009⟩⟨U+000A⟩\t–\n⟨U+202E⟩exe.txt\t1234567\n"


def test_errors_are_one_line(capsys):
    terminal.complain("bad\nname\x1b]0;x\x07")
    assert capsys.readouterr().err == "athar: bad⟨U+000A⟩name⟨U+001B⟩]0;x⟨U+0007⟩\n"


def test_json_is_ascii(capsys):
    terminal.as_json({"a": ("\u202e", None)})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"a": ["\u202e", None]}
