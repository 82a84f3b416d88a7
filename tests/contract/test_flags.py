"""Every remark that a reader can put on a row is declared, documented, and has words in every language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import parsers
from cases.flags import told
from cases.languages import codes, language
from timelines.flags import FLAGS

ROOT = Path(parsers.__file__).parent
ADDERS = {"add", "mark", "append", "extend"}  # of `remarks` and of `flags`


def texts(node: ast.AST) -> Iterator[str]:
    for found in ast.walk(node):
        if isinstance(found, ast.Constant) and isinstance(found.value, str) and found.value:
            yield found.value


def named(node: ast.AST) -> str:
    """The name that a variable, attribute or item ends in."""
    if isinstance(node, ast.Subscript):
        return named(node.value)
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def about_flags(name: str) -> bool:
    return name.lower().strip("_") in ("flags", "remarks")


def set_in(tree: ast.Module) -> Iterator[str]:
    """The texts that a module puts among flags: given to them, added to them, handed to a function or a reading as theirs."""
    for node in ast.walk(tree):
        if (isinstance(node, ast.Assign) and any(about_flags(named(target)) for target in node.targets)) or (
            isinstance(node, ast.AnnAssign | ast.AugAssign) and about_flags(named(node.target)) and node.value
        ):
            yield from texts(node.value)
        elif isinstance(node, ast.FunctionDef) and about_flags(node.name):
            yield from (text for part in node.body if isinstance(part, ast.Return) for text in texts(part))
        elif isinstance(node, ast.Call):
            func = node.func
            if isinstance(func, ast.Attribute) and func.attr in ADDERS and about_flags(named(func.value)):
                yield from (text for argument in node.args for text in texts(argument))
            elif named(func) == "Reading" and len(node.args) > 2:
                yield from texts(node.args[2])


def found() -> set[str]:
    modules = (ast.parse(path.read_text("utf-8")) for path in sorted(ROOT.rglob("*.py")))
    return {text for tree in modules for text in set_in(tree) if re.fullmatch(r"[a-z]+(-[a-z]+)*", text)}


def test_every_flag_that_a_reader_sets_is_declared_and_no_other():
    assert found() == set(FLAGS)


def test_the_search_sees_each_way_in_which_flags_are_set():
    ways = (
        'remarks.add(row, "a")\nreading.flags.append("b" if x else "c")\nflags = ("d",) if x else ()\nFLAGS = {1: "e"}\n'
        'f.Reading(head, 1, ["f"])\ndef flags(self):\n    return ("g",)\nremarks = (("h", mask),)\nremarks.mark(rows, "i")'
    )
    assert set(set_in(ast.parse(ways))) == set("abcdefghi")


@pytest.mark.parametrize("code", codes())
def test_every_flag_has_words_of_its_own(code: str):
    words = language(code)
    said = {flag: words.word(f"flag.{flag}") for flag in FLAGS}
    assert len(set(said.values())) == len(FLAGS)
    assert {key.removeprefix("flag.") for key in words.words if key.startswith("flag.")} == set(FLAGS)
    assert told("loose,no-date", words) == said["loose"] + words.word("common.comma") + said["no-date"]
    assert told("", words) == ""


def test_a_flag_of_a_foreign_reader_stays_as_it_is():
    assert told("theirs", language("fr")) == "theirs"


def test_declarations_are_sentences_in_order():
    assert list(FLAGS) == sorted(FLAGS)
    assert all(doc.endswith(".") and doc[0].isupper() for doc in FLAGS.values())
