"""What is wrong with rule files, one line each with its place: an error stops a rule, a warning does not."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from timelines.detection.expressions import fields_of
from timelines.detection.given import Given
from timelines.detection.known_names import is_known, known_names
from timelines.detection.load import load_rules
from timelines.detection.places import Spot, located, spots_of
from timelines.detection.rule_files import rule_files
from timelines.detection.rules import Refused, Rule, RuleSet

_WORD = re.compile(r"[A-Za-z0-9_*-]+")
_NO_NAMES = {"and", "or", "not", "of", "all", "any", "1"}


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """`line` and `column` count from 1; 0 where the place is not known. `rule` is the title, or the id where there is none."""

    path: str
    line: int
    column: int
    severity: Literal["error", "warning"]
    reason: str
    rule: str
    rule_id: str = ""


def lint(paths: Sequence[Path], given: Given | None = None) -> tuple[RuleSet, tuple[Complaint, ...]]:
    """The rules of these files, without those that come with Athar, and what is wrong with them, in order of path and place."""
    remarks: list[Refused] = []
    rules = load_rules(paths, own=False, given=given, remarks=remarks)
    found = [_of(item, "error") for item in rules.refused]
    found += [_of(item, "warning") for item in located(remarks)]
    found += (complaint for rule in rules.rules for complaint in _unknown_fields(rule))
    for path in rule_files(paths)[0]:
        for spots in spots_of(path):
            found += _omissions(str(path), spots)
    return rules, tuple(sorted(set(found)))


def _of(item: Refused, severity: Literal["error", "warning"]) -> Complaint:
    return Complaint(item.path, item.line, item.column, severity, item.reason, item.title or item.rule_id, item.rule_id)


def _omissions(path: str, spots: tuple[Spot, ...]) -> Iterator[Complaint]:
    """What a rule lacks that it should say of itself, and what it defines and never asks for."""
    top = {spot.text: spot for spot in spots if spot.is_key and not spot.above}
    values = {spot.above[0]: spot.text for spot in spots if not spot.is_key and len(spot.above) == 1}
    name, first = values.get("title", Path(path).name), spots[0]
    if "action" in top or not {"detection", "correlation"} & set(top):
        return
    if not values.get("id"):
        yield Complaint(
            path, first.line, first.column, "warning", "no id; findings and allow-lists name rules by id", name
        )
    if "level" not in top:
        reason = "no level; the rule counts as informational"
        yield Complaint(path, first.line, first.column, "warning", reason, name, values.get("id", ""))
    conditions = [s.text for s in spots if not s.is_key and s.above == ("detection", "condition")]
    if conditions:
        for spot in spots:
            if spot.is_key and spot.above == ("detection",) and not _asked(spot.text, conditions):
                reason = f"{spot.text!r} is defined, and the condition never asks for it"
                yield Complaint(path, spot.line, spot.column, "warning", reason, name, values.get("id", ""))


def _asked(name: str, conditions: Iterable[str]) -> bool:
    if name in ("condition", "timeframe"):
        return True
    words = [word for text in conditions for word in _WORD.findall(text) if word not in _NO_NAMES]
    return any(fnmatchcase(name, word) or (word == "them" and not name.startswith("_")) for word in words)


def _unknown_fields(rule: Rule) -> Iterator[Complaint]:
    known = known_names(rule)
    if known is None:
        return
    about = rule.about
    for field in sorted(
        name for name in fields_of(rule.condition) if name is not None and not is_known(rule, name, known)
    ):
        where = "/".join(filter(None, about.logsource))
        near = [name for name in sorted(known) if name.lower() == field.lower()] or difflib.get_close_matches(
            field, sorted(known), 1
        )
        hint = f"; did you mean {near[0]!r}?" if near else ""
        spot = _field_spot(about.path, about.rule_id, about.title, field)
        line, column = (spot.line, spot.column) if spot is not None else (0, 0)
        reason = f"rows of {where} have no field {field!r}, so what asks for it never holds{hint}"
        yield Complaint(about.path, line, column, "warning", reason, about.title, about.rule_id)


def _field_spot(path: str, rule_id: str, title: str, field: str) -> Spot | None:
    for spots in spots_of(Path(path)):
        texts = {spot.text for spot in spots if not spot.is_key and spot.above in (("id",), ("title",))}
        if rule_id in texts or title in texts:
            keys = (s for s in spots if s.is_key and s.above[:1] == ("detection",))
            return next((s for s in keys if s.text.partition("|")[0].replace(" ", "") == field), None)
    return None
