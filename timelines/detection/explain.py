"""Conditions in words, and values as they are shown."""

from __future__ import annotations

from functools import lru_cache

from timelines.detection.expressions import (
    Like,
    Network,
    Number,
    Predicate,
    Present,
    Regex,
    Text,
    TimePart,
)
from timelines.detection.folding import fold
from timelines.visible import visible

VALUE_LENGTH = 160  # characters of a value that are shown
_COMPARED = {
    "eq": "is",
    "neq": "is not",
    "lt": "is below",
    "lte": "is at most",
    "gt": "is above",
    "gte": "is at least",
}
PLACES = {"equals": "is", "contains": "contains", "startswith": "starts with", "endswith": "ends with"}


def words(predicate: Predicate) -> str:
    """A predicate in words, without its field: `contains 'whoami'`."""
    return _words(predicate, predicate.shown if isinstance(predicate, Text | Like) else "")


@lru_cache(maxsize=4096)
def _words(predicate: Predicate, shown: str) -> str:
    match predicate:
        case Text(place, needle, cased):
            return f"{PLACES[place]} {quoted(shown or needle)}" + (" (same case)" if cased else "")
        case Like(cased=cased):
            return f"is like {quoted(shown)}" + (" (same case)" if cased else "")
        case Regex(pattern):
            return f"matches /{trimmed(pattern)}/"
        case Number(op, number):
            return f"{_COMPARED[op]} {number}"
        case TimePart(part, op, number):
            return f"{part} {_COMPARED[op]} {number}"
        case Network(network):
            return f"lies in {network}"
        case Present(wanted):
            return "has a value" if wanted else "has no value"


def trimmed(text: str) -> str:
    """A value as shown: control and bidi characters made visible, cut to VALUE_LENGTH."""
    cut = text if len(text) <= VALUE_LENGTH else text[:VALUE_LENGTH] + "…"
    return visible(cut)


def quoted(text: str) -> str:
    return f"'{trimmed(text)}'"


def excerpt(value: str, needle: str) -> str:
    """A value as shown; where it is long, the stretch around `needle` (folded)."""
    at = fold(value).find(needle) if needle and len(value) > VALUE_LENGTH else 0
    first = max(0, at - VALUE_LENGTH // 4) if at > VALUE_LENGTH // 2 else 0
    return ("…" if first else "") + trimmed(value[first:])
