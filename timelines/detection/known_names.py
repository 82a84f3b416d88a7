"""The field names that the rows of a log source have, where they are known: data beside this file, and the declared columns of families."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from timelines.detection.logsources import SPEAKING_CORE, LogSource
from timelines.detection.rules import Rule
from timelines.families import all_families


def is_known(rule: Rule, name: str, known: frozenset[str]) -> bool:
    """Whether a rule's field is one of the names, as the engine looks for it."""
    spelled = name.replace("-", "_").replace(".", "_")
    return name in known or (spelled in known and any(source.underscores for source in rule.sources))


def known_names(rule: Rule) -> frozenset[str] | None:
    """The names that a rule may use for its rows; None where an event of its log source may carry any field."""
    found: set[str] = set()
    for source in rule.sources:
        names = _declared(source) if source.underscores else _published(rule.about.logsource[1])
        if names is None:
            return None
        found |= names | set(source.fields) | SPEAKING_CORE
    return frozenset(found)


def _published(category: str) -> frozenset[str] | None:
    every, by_category = _table()
    return every | by_category[category] if category in by_category else None


@cache
def _table() -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    every: set[str] = set()
    by_category: dict[str, frozenset[str]] = {}
    folder = files("timelines.detection") / "known_fields"
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if path.name.endswith(".toml"):
            table = tomllib.loads(path.read_text("utf-8"))
            every |= set(table["every"])
            by_category |= {name: frozenset(fields) for name, fields in table["category"].items()}
    return frozenset(every), by_category


def _declared(source: LogSource) -> frozenset[str]:
    """Columns under their own names; of these rules may write `_` as `-` or `.`."""
    names = {
        column.name.rstrip("_")
        for family, kind in all_families().items()
        if source.covers(family)
        for column in kind.columns
    }
    return frozenset(names)
