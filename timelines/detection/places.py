"""Where in a rule file a reason points: line and column, for refusals whose parser gave none.

A reason quotes what it is about (a modifier, a placeholder, a pattern, a name) or names the part of the rule; the place is that of the
first such text, else that of the rule itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import yaml

from timelines.detection.rule_files import RULE_BYTES
from timelines.detection.rules import Refused

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)+)'|\"((?:[^\"\\]|\\.)+)\"|(%[^%\s]+%)")
_MODIFIER = re.compile(r"(?i)modifier:? '?([a-z0-9_]+)")
_PARTS: tuple[tuple[str, str], ...] = (
    *(
        ("not defined|selector", "condition"),
        ("log ?source", "logsource"),
        ("timespan", "timespan"),
        ("timeframe", "timeframe"),
        ("taxonomy", "taxonomy"),
    ),
    *(("refers to|references? ", "rules"), ("correlation type", "type"), ("condition", "condition")),
    *(("level", "level"), ("status", "status"), ("date", "date"), ("title", "title"), ("tag", "tags")),
    *(
        ("identifier|same id|uuid", "id"),
        ("alias", "aliases"),
        ("detection", "detection"),
        ("correlation", "correlation"),
    ),
)  # what a reason speaks of, and the key under which a rule has it


@dataclass(frozen=True, slots=True)
class Spot:
    """A scalar of a document: its text, the keys above it, and its place (from 1)."""

    text: str
    above: tuple[str, ...]
    is_key: bool
    line: int
    column: int


def located(refused: Iterable[Refused]) -> list[Refused]:
    """The same, each with a place where its file can be read."""
    return [item if item.line else _located(item) for item in refused]


def _located(item: Refused) -> Refused:
    documents = spots_of(Path(item.path))
    if not documents:
        return item
    mine = next((spots for spots in documents if _is(spots, item.rule_id, item.title)), documents[0])
    line, column = place_of(mine, item.reason)
    return replace(item, line=line, column=column)


def _is(spots: tuple[Spot, ...], rule_id: str, title: str) -> bool:
    top = {spot.above[0]: spot.text for spot in spots if not spot.is_key and len(spot.above) == 1}
    return (bool(rule_id) and rule_id in (top.get("id"), top.get("name"))) or top.get("title") == title


@lru_cache(8)
def spots_of(path: Path) -> tuple[tuple[Spot, ...], ...]:
    """The scalars of each document of a rule file, in order; none of a file that cannot be read."""
    try:
        if path.stat().st_size > RULE_BYTES:
            return ()
        nodes = [node for node in yaml.compose_all(path.read_bytes(), _LOADER) if node is not None]
        return tuple(spots for node in nodes if (spots := tuple(_spots(node, (), set()))))
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        return ()  # the reason says why it cannot be read, with a place of its own


def _spots(node: yaml.Node, above: tuple[str, ...], seen: set[int]) -> Iterator[Spot]:
    """Each node once, where it stands first: aliases name one many times, and in a bomb exponentially many."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        yield Spot(node.value, above, False, node.start_mark.line + 1, node.start_mark.column + 1)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _spots(item, above, seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            yield Spot(name, above, True, key.start_mark.line + 1, key.start_mark.column + 1)
            yield from _spots(value, (*above, name), seen)


def place_of(spots: tuple[Spot, ...], reason: str) -> tuple[int, int]:
    """Line and column of what the reason is about."""
    ruling = [
        spot for spot in spots if (*spot.above, spot.text)[0] in ("detection", "correlation", "filter", "logsource")
    ]
    quoted = [next(filter(None, found)) for found in _QUOTED.findall(reason)]
    for modifier in _MODIFIER.findall(reason):
        for spot in ruling:
            if spot.is_key and modifier in spot.text.split("|")[1:]:
                return spot.line, spot.column
    if "(at char " in reason:  # pyparsing, on the text of a condition
        reason = f"condition: {reason}"
    for text in quoted:
        for spot in ruling:
            if _says(spot, text):
                return spot.line, spot.column
    if "modifier" in reason.lower():
        for spot in ruling:
            if spot.is_key and "|" in spot.text:
                return spot.line, spot.column
    for words, key in _PARTS:
        if re.search(rf"(?i)\b(?:{words})", reason):
            for spot in (*ruling, *spots):
                if spot.is_key and spot.text == key:
                    return spot.line, spot.column
    return spots[0].line, spots[0].column


def _says(spot: Spot, text: str) -> bool:
    own = (spot.text, spot.text.partition("|")[0], repr(spot.text)[1:-1])
    flagged = re.sub(r"^\(\?[ims]+\)", "", text)
    return text in own or flagged in own or (text.startswith("%") and text in spot.text)
