"""Conditions in words: what a rule looks for, and why a row satisfied it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa

from timelines.detection.board import AllOf, AnyOf, Board, Node, NoneOf, Pair, Slot
from timelines.detection.columns import DECODED
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
from timelines.detection.folding import fold, fold_array
from timelines.detection.questions import Questions, ask_late, late
from timelines.url_decoding import decodings
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


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition that held: of which field, what it says, and the value that it held for (empty where the words tell it)."""

    field: str
    said: str
    value: str = ""


def why(node: Node, board: Board, row: int) -> str:
    """The conditions that held for a row, with the values: at most REASONS, positive ones; else that nothing excluded occurs.

    Conditions on one value stand together: `CommandLine contains 'a' and ends with 'b' (the value)`.
    """
    clauses: dict[tuple[str, str], Clause] = {}
    _collect(node, board, row, clauses)
    if not clauses:
        return "none of the excluded values occurs in this row"
    groups: dict[str, list[Clause]] = {}
    for clause in list(clauses.values())[:REASONS]:
        groups.setdefault(clause.field, []).append(clause)
    left = len(clauses) - REASONS
    return "; ".join(_told(group) for group in groups.values()) + (f"; and {left} more" if left > 0 else "")


def _told(clauses: list[Clause]) -> str:
    said = " and ".join(clause.said for clause in clauses)
    value = next((clause.value for clause in clauses if clause.value), "")
    return f"{clauses[0].field} {said}" + (f" ({value})" if value else "")


def _collect(node: Node, board: Board, row: int, clauses: dict[tuple[str, str], Clause]) -> None:
    """Gather what held, each once: a field that is looked for in several columns may hold the same in all of them."""
    match node:
        case Slot():
            clause = _clause(node, board, row)
            clauses.setdefault((clause.field, clause.said), clause)
        case Pair(left, right, place, same):
            value = trimmed(board.values(left).first(row) or "")
            other = trimmed(board.values(right).first(row) or "")
            said = f"{_PLACES[place]} the value of {same.other}"
            clauses.setdefault((same.field, said), Clause(same.field, said, f"{value}; {other}"))
        case AllOf(args=args):
            for arg in args:
                _collect(arg, board, row, clauses)
        case AnyOf():
            for arg in board.likely(node):
                if arg.rows(board)[row]:
                    _collect(arg, board, row, clauses)
                    if not isinstance(arg, Slot):
                        break
        case NoneOf():
            pass


def _clause(slot: Slot, board: Board, row: int) -> Clause:
    field = slot.test.field if slot.test.field is not None else slot.column.names[0]
    predicate, said = slot.predicate, words(slot.predicate)
    values = board.values(slot.column)
    value = values.first(row)
    if value is None:
        return Clause(field, said)
    if isinstance(predicate, Number) and value == str(predicate.number):
        return Clause(field, said)
    if isinstance(predicate, Text) and value == (predicate.shown or predicate.needle):
        return Clause(field, said)
    needle = predicate.needle if isinstance(predicate, Text) else ""
    if slot.column.form != "raw":
        forms = values.texts_of(row)
        other = _first_that_holds(predicate, forms) if len(forms) > 1 else ""
        if other and other != value:
            how = _decoding(value, other, slot.column.form)
            return Clause(field, said, f"{trimmed(value)}, {how}: {excerpt(other, needle)}")
    return Clause(field, said, excerpt(value, needle))


def _first_that_holds(predicate: Predicate, forms: list[str]) -> str:
    """The first of a value's forms for which the predicate holds, the value as written before all others; empty without one."""
    texts = pa.array(forms, pa.string())
    folded = fold_array(texts)
    found = (
        ask_late(predicate, texts, folded)
        if late(predicate)
        else Questions([predicate]).ask(texts, folded).get(predicate)
    )
    return forms[int(found[0])] if found is not None and len(found) else ""


def _decoding(value: str, form: str, kind: str) -> str:
    """How a form came from the value: `decoded (percent twice)`."""
    if kind not in DECODED:
        return "also read as"
    how = next((one.said() for one in decodings(value, kind == "query") if one.text == form), "")
    return f"decoded ({how})" if how else "decoded"


def excerpt(value: str, needle: str) -> str:
    """A value as shown; where it is long, the stretch around `needle` (folded)."""
    at = fold(value).find(needle) if needle and len(value) > VALUE_LENGTH else 0
    first = max(0, at - VALUE_LENGTH // 4) if at > VALUE_LENGTH // 2 else 0
    return ("…" if first else "") + trimmed(value[first:])
