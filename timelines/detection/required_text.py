"""What a text has to hold before a predicate can be true of it: short literal pieces, case aside, that are cheap to look for.

This speaks of texts in ASCII alone. A text with any other character is asked everything, since folding may make `k` of the sign for kelvin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from timelines.detection.expressions import Like, Predicate, Regex, Text

WINDOW = 3  # characters of the longest gram
Cost = Callable[[str], int]  # how often a gram occurs


@dataclass(frozen=True, slots=True)
class AnyNeedle:
    """One at least of these texts, in lower case; with none of them, no ASCII text will do."""

    needles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these hold, so that looking for any one of them will do."""

    args: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One at least of these holds, so that all of them have to be looked for."""

    args: tuple[Requirement, ...]


Requirement = AnyNeedle | AllOf | OneOf


def required(predicate: Predicate) -> Requirement | None:
    """What an ASCII text holds for which the predicate is true; None where nothing is known."""
    from timelines.detection.required_by_regex import required_by

    match predicate:
        case Text(needle=needle):
            return needed([needle])
        case Like(pieces=pieces):
            return all_of(needed([piece]) for piece in pieces if isinstance(piece, str))
        case Regex(pattern):
            return required_by(pattern)
        case _:
            return None


def needed(texts: Iterable[str]) -> Requirement | None:
    """Any of the texts; None where one of them is empty, and so in every text."""
    plain = sorted({text.lower() for text in texts if text.isascii()})
    return None if "" in plain else AnyNeedle(tuple(plain))


def all_of(found: Iterable[Requirement | None]) -> Requirement | None:
    args = tuple(requirement for requirement in found if requirement is not None)
    return None if not args else args[0] if len(args) == 1 else AllOf(args)


def one_of(found: Iterable[Requirement | None]) -> Requirement | None:
    args = tuple(found)
    kept = tuple(requirement for requirement in args if requirement is not None)
    return OneOf(kept) if len(kept) == len(args) else None


def cheapest(requirement: Requirement, cost: Cost) -> tuple[int, list[str]]:
    """The grams of at most WINDOW characters to look for, chosen so that they occur least, and how often they do."""
    match requirement:
        case AnyNeedle(needles):
            found = [min((cost(gram), gram) for gram in _grams(needle)) for needle in needles]
            return sum(count for count, _ in found), [gram for _, gram in found]
        case AllOf(args):
            return min((cheapest(arg, cost) for arg in args), key=lambda one: one[0])
        case OneOf(args):
            each = [cheapest(arg, cost) for arg in args]
            return sum(count for count, _ in each), [gram for _, grams in each for gram in grams]


def _grams(needle: str) -> Iterator[str]:
    return (needle[at : at + WINDOW] for at in range(max(1, len(needle) - WINDOW + 1)))
