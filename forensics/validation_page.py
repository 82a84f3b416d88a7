"""The validation page, made from the test suite: `python -m forensics.validation_page > docs/validation/README.md`, in a checkout.

It is read from the sources of the tests, without running them, so that the page and the suite cannot part. From the JUnit file of a
run, `python -m forensics.validation_page --results validation.xml` makes the page of results; none is ever written by hand.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.validation_results import ROWS, Results, cell, checklist, heading, read, table

ROOT = Path(__file__).resolve().parents[1]
CHECKLIST, LIMITS = "tests/contract/checklist", "docs/validation/limits.toml"
_INTRO = """# Validation

Made from the test suite by `python -m forensics.validation_page > docs/validation/README.md`; a test keeps it so.

## How to repeat it

In a checkout of the version to be validated, with Python 3.11 or later:

```
python -m venv .venv
.venv/bin/pip install -e '.[dev,exchange]'
.venv/bin/pytest --junitxml=validation.xml
.venv/bin/python -m forensics.validation_page --results validation.xml > results.md
```

`results.md` tells how many tests passed, failed and were skipped, by area, why they were skipped, what became of every row of the
checklist, and the known limits; it names the version and the digest of the source. The command ends with exit code 1 where a row of the
checklist did not pass. `validation.xml` holds each test by name. Keep both, the source and the machine (`athar doctor`) together: they
are the result. A page of results is the record of one run: it is made anew for a release, never edited, and a later test does not
make it untrue. Every build makes one (`.ci/run`, kept where `ATHAR_ARTEFACTS` names a folder). A laboratory validates on its own
machine; what passed elsewhere is no validation there.

Warnings fail tests. Tests write only to temporary folders, use invented evidence, and ask no network. Known answers come from
`athar demo`: an invented incident, whose every step is declared beforehand (`forensics/demo/scenario.py`) and whose bytes are the
same for the same seed. `athar demo --exercise` gives the same to a person, with an answer key.
"""


@dataclass(frozen=True, slots=True)
class Test:
    """One test function: the module that holds it, its name, and the first paragraph of its docstring."""

    module: str
    name: str
    said: str

    @property
    def title(self) -> str:
        return self.name.removeprefix("test_").replace("_", " ")


@dataclass(frozen=True, slots=True)
class Module:
    """One file of tests, with what it says of itself."""

    path: str
    said: str
    tests: tuple[Test, ...]

    @property
    def area(self) -> str:
        return "/".join(self.path.split("/")[1:-1]) or "whole"


def modules(root: Path = ROOT, below: str = "tests") -> list[Module]:
    """Every file of tests in a folder of the checkout, by path. Raises FileNotFoundError outside a checkout."""
    folder = root / below
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no tests here; the page is made in a checkout")
    return [_module(path, path.relative_to(root).as_posix()) for path in sorted(folder.rglob("test_*.py"))]


def _module(path: Path, name: str) -> Module:
    tree = ast.parse(path.read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    tests = sorted((node for node in functions if node.name.startswith("test_")), key=lambda node: node.lineno)
    found = tuple(Test(name, node.name, _first(ast.get_docstring(node))) for node in tests)
    return Module(name, _first(ast.get_docstring(tree)), found)


def _first(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())


def by_row(found: list[Module]) -> dict[int, list[Test]]:
    """The tests of the checklist by their row."""
    rows: dict[int, list[Test]] = {}
    for module in found:
        if module.path.startswith(f"{CHECKLIST}/"):
            for test in module.tests:
                if row := re.match(r"test_row_(\d\d)_", test.name):
                    rows.setdefault(int(row[1]), []).append(test)
    return rows


def limits(root: Path = ROOT) -> dict[str, list[dict[str, Any]]]:
    """What is known not to be shown: `open` by row of the checklist, `limit` by area."""
    return tomllib.loads((root / LIMITS).read_text("utf-8"))


def page(root: Path = ROOT) -> str:
    """The page as Markdown."""
    found, known = modules(root), limits(root)
    parts = [
        _INTRO,
        *_checklist(by_row(found), known["open"]),
        *_limits(known["limit"]),
        *_areas(found),
    ]
    return "\n".join(parts).rstrip() + "\n"


def results_page(results: Results, root: Path = ROOT) -> str:
    """What one run came to, as Markdown: by area, by row of the checklist, with the known limits."""
    must = {row: tests[0].said for row, tests in by_row(modules(root, CHECKLIST)).items()}
    parts = [*heading(results, root), *table(results), *checklist(results, must), *_limits(limits(root)["limit"])]
    return "\n".join(parts).rstrip() + "\n"


def _checklist(rows: dict[int, list[Test]], still_open: list[dict[str, Any]]) -> Iterator[str]:
    yield "## What a tool for courts must do\n"
    yield f"Each row is tested by name in `{CHECKLIST}`: `pytest {CHECKLIST} -k row_05` runs one.\n"
    yield "| row | must | tests | open |\n|---|---|---|---|"
    for row in ROWS:
        tests = rows.get(row, [])
        must = tests[0].said if tests else ""
        names = "<br>".join(f"`{test.name}`" for test in tests) or "none: not fulfilled"
        left = " ".join(str(item["text"]) for item in still_open if item["row"] == row)
        yield f"| {row} | {cell(must)} | {names} | {cell(left)} |"
    yield ""


def _limits(known: list[dict[str, Any]]) -> Iterator[str]:
    yield "## Known limits\n"
    for item in known:
        yield f"- **{item['area']}.** {item['text']}"
    yield ""


def _areas(found: list[Module]) -> Iterator[str]:
    total = sum(len(module.tests) for module in found)
    yield "## What is tested\n"
    yield f"{total} tests in {len(found)} files; many run over several inputs, so that a run counts more.\n"
    areas = sorted({module.area for module in found})
    for area in areas:
        yield f"### `tests/{area}`\n" if area != "whole" else "### `tests`\n"
        for module in (m for m in found if m.area == area):
            name = f"<code>{module.path.rsplit('/', 1)[1]}</code>, {len(module.tests)} tests."
            yield f"<details><summary>{name} {_plain(module.said)}</summary>\n"
            yield from (f"- {test.title}" for test in module.tests)
            yield "\n</details>\n"


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def main(arguments: list[str]) -> int:
    """Write a page to standard output: 0, or 1 where a row of the checklist did not pass, or 2 for a file that holds no results."""
    parser = argparse.ArgumentParser(prog="python -m forensics.validation_page", description=__doc__)
    parser.add_argument("--results", type=Path, metavar="JUNIT", help="what `pytest --junitxml=JUNIT` wrote")
    chosen = parser.parse_args(arguments)
    if chosen.results is None:
        sys.stdout.buffer.write(page().encode())
        return 0
    try:
        results = read(chosen.results)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    sys.stdout.buffer.write(results_page(results).encode())
    return 0 if results.fulfilled() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
