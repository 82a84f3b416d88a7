"""Conditions in words: what a rule looks for, and why a row satisfied it."""

from __future__ import annotations

from functools import lru_cache

from timelines.detection.board import AllOf, AnyOf, Board, Node, NoneOf, Pair, Slot
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
from timelines.visible import visible

REASONS = 6  # clauses in one reason; a reader needs the telling ones, the row itself has the rest
VALUE_LENGTH = 160  # characters of a value that are shown
_COMPARED = {
    "eq": "is",
    "neq": "is not",
    "lt": "is below",
    "lte": "is at most",
    "gt": "is above",
    "gte": "is at least",
}
_PLACES = {"equals": "is", "contains": "contains", "startswith": "starts with", "endswith": "ends with"}


def words(predicate: Predicate) -> str:
    """A predicate in words, without its field: `contains 'whoami'`."""
    return _words(predicate, predicate.shown if isinstance(predicate, Text | Like) else "")


@lru_cache(maxsize=4096)
def _words(predicate: Predicate, shown: str) -> str:
    match predicate:
        case Text(place, needle, cased):
            return f"{_PLACES[place]} {quoted(shown or needle)}" + (" (same case)" if cased else "")
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


def why(node: Node, board: Board, row: int) -> str:
    """The clauses that held for a row, each with the value: at most REASONS, positive ones; else what the row lacks."""
    clauses: dict[str, None] = {}
    _collect(node, board, row, clauses)
    if not clauses:
        return "none of the excluded values occurs in this row"
    shown = list(clauses)[:REASONS]
    left = len(clauses) - len(shown)
    return "; ".join(shown) + (f"; and {left} more" if left else "")


def _collect(node: Node, board: Board, row: int, clauses: dict[str, None]) -> None:
    match node:
        case Slot():
            clauses[_clause(node, board, row)] = None
        case Pair(left, right, place, same):
            value = trimmed(board.values(left).first(row) or "")
            other = trimmed(board.values(right).first(row) or "")
            clauses[f"{same.field} {_PLACES[place]} the value of {same.other} ({value}; {other})"] = None
        case AllOf(args):
            for arg in args:
                _collect(arg, board, row, clauses)
        case AnyOf(args):
            for arg in args:
                if arg.possible(board) and arg.rows(board)[row]:
                    _collect(arg, board, row, clauses)
                    if not isinstance(arg, Slot):
                        break
        case NoneOf():
            pass


def _clause(slot: Slot, board: Board, row: int) -> str:
    field = slot.test.field if slot.test.field is not None else slot.column.names[0]
    said = f"{field} {words(slot.predicate)}"
    value = board.values(slot.column).first(row)
    predicate = slot.predicate
    plain = (isinstance(predicate, Text) and predicate.place == "equals") or isinstance(predicate, Number)
    if value is None or (plain and trimmed(value) in said.split(" ", 2)[-1]):
        return said
    return f"{said} ({trimmed(value)})"
