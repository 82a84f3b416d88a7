"""The demo case as an exercise: evidence without answers, question sheets, and an answer key in a folder of its own."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from cases.isolate import token
from cases.languages import language
from forensics.demo.exercise_facts import Fact, facts

PARTS = {
    "easy": ("who-scanned", "scan-tools", "clock", "entered"),
    "middle": ("commands", "program", "calls", "intranet", "tries", "desktop", "service"),
    "hard": ("packed", "left", "cleared", "missing"),
}  # the questions in the order of the sheet, from the easiest on
EVIDENCE, QUESTIONS, ANSWERS = "evidence", "questions", "answers"
_START = (
    "athar case new CASE",
    *(f"athar add CASE evidence/{name}" for name in ("WEB01", "SRV02", "capture")),
    "athar ingest CASE",
    "athar analyze CASE",
)
_WORDS = "exercise_words"


def make_exercise(
    folder: Path, seed: int, languages: Sequence[str], progress: Callable[[str], None] | None = None
) -> list[Path]:
    """Write `folder/evidence`, `folder/questions` and, for the trainer alone, `folder/answers`; returns the sheets and the key.

    Raises FileExistsError when one of the three is there and not empty, NotADirectoryError when it is a file.
    """
    from forensics.demo import make_evidence

    for name in (QUESTIONS, ANSWERS):
        _refuse_held(folder / name)
    make_evidence(folder / EVIDENCE, seed, progress)
    known = facts(seed)
    written = []
    for name, key in ((QUESTIONS, False), (ANSWERS, True)):
        (folder / name).mkdir(exist_ok=True)
        for lang in languages:
            path = folder / name / f"{name}-{lang}.html"
            path.write_bytes(sheet(lang, seed, known, key).encode())
            written.append(path)
    path = folder / ANSWERS / "answers.json"
    path.write_bytes((json.dumps({"seed": seed, "facts": known}, indent=2, sort_keys=True) + "\n").encode())
    return [*written, path]


def _refuse_held(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder}: is a file; give a folder that does not exist yet or is empty")
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder}: is not empty; give a folder that does not exist yet or is empty")


@cache
def words(name: str) -> dict[str, Any]:
    """The words of a language of the exercise, or (`commands`) the commands that show each answer."""
    return tomllib.loads((resources.files(__package__) / _WORDS / f"{name}.toml").read_text("utf-8"))


def commands(question: str, known: dict[str, Fact]) -> list[str]:
    """The commands that show the answer of one question, on this evidence. `CASE` stands for the reader's case folder."""
    return [line.format(**known) for line in words("commands")[question]]


def sheet(lang: str, seed: int, known: dict[str, Fact], key: bool) -> str:
    """One printable page: the questions, or (`key`) the questions with their answers and how to see them."""
    from jinja2 import Environment

    said = words(lang)
    number = language(lang).number
    told = {name: number(value) if isinstance(value, int) else str(value) for name, value in known.items()}
    values = {name: token(text) for name, text in {**told, "seed": str(seed)}.items()}

    def fill(text: str) -> Markup:
        return Markup(escape(text)).format(**values)

    parts, first = [], 1
    for part, questions in PARTS.items():
        items: list[dict[str, Any]] = [{"question": fill(said[name]["question"])} for name in questions]
        if key:
            for item, name in zip(items, questions, strict=True):
                item |= {"answer": fill(said[name]["answer"]), "commands": commands(name, known)}
        parts.append({"title": said[part], "first": first, "asked": items})
        first += len(questions)
    page = (resources.files(__package__) / _WORDS / "sheet.html").read_text("utf-8")
    shown = {name: fill(text) for name, text in said.items() if isinstance(text, str) and (key or name != "key")}
    title = said[ANSWERS if key else QUESTIONS]
    template = Environment(autoescape=True, keep_trailing_newline=True).from_string(page)
    return template.render(**shown, lang=lang, title=title, start=_START, parts=parts)
