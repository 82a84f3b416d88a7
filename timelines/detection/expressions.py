"""What a rule asks, as plain data: predicates over one value, and the boolean algebra that joins them.

Two rules that ask the same of the same field hold equal predicates, so the engine answers once for both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

Place = Literal["equals", "contains", "startswith", "endswith"]
Compare = Literal["eq", "lt", "lte", "gt", "gte", "neq"]
Part = Literal["minute", "hour", "day", "week", "month", "year"]


class Wild(Enum):
    """The two special characters of a Sigma string."""

    ANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Text:
    """The value has `needle` at `place`. Case is ignored (simple Unicode folding) unless `cased`; `needle` is folded then.

    `shown` is the needle as the rule spells it.
    """

    place: Place
    needle: str
    cased: bool = False
    shown: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Like:
    """The whole value is `pieces`: literal text (folded unless `cased`) and wildcards."""

    pieces: tuple[str | Wild, ...]
    cased: bool = False
    shown: str = field(default="", compare=False)

    @property
    def regex(self) -> str:
        """The same as a regular expression for a whole value, in the dialect that RE2 and `re` share."""
        forms = {Wild.ANY: ".*", Wild.ONE: "."}
        return "(?s)" + "".join(forms[p] if isinstance(p, Wild) else re.escape(p) for p in self.pieces)


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression found anywhere in the value; flags stand in front of it, as in `(?i)`."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Number:
    """The value, read as a decimal or 0x number, compares so with `number`."""

    op: Compare
    number: int | float


@dataclass(frozen=True, slots=True)
class TimePart:
    """A part of the instant that the value holds (UTC) compares so with `number`; weeks are ISO weeks."""

    part: Part
    op: Compare
    number: int | float


@dataclass(frozen=True, slots=True)
class Network:
    """The value is an address in `network`; an IPv4-mapped IPv6 address counts as the IPv4 address it carries (RFC 4291 2.5.5.2)."""

    network: IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Present:
    """The row has the field with a value (`''` is one), or has not (`wanted` False: Sigma's null, or `exists: false`)."""

    wanted: bool


Predicate = Text | Like | Regex | Number | TimePart | Network | Present


@dataclass(frozen=True, slots=True)
class Test:
    """A predicate on a field of the rule; `field` None asks it of every value of the row (a keyword)."""

    __test__ = False  # not a pytest class

    field: str | None
    predicate: Predicate


@dataclass(frozen=True, slots=True)
class SameAs:
    """The value of `field` has the value of `other` at `place`, ignoring case (`fieldref`)."""

    field: str
    other: str
    place: Place


@dataclass(frozen=True, slots=True)
class And:
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    arg: Expression


@dataclass(frozen=True, slots=True)
class Constant:
    value: bool


Expression = Test | SameAs | And | Or | Not | Constant

FALSE, TRUE = Constant(False), Constant(True)


def conjunction(args: list[Expression]) -> Expression:
    """And, with constants taken out."""
    if FALSE in args:
        return FALSE
    left = tuple(a for a in args if a != TRUE)
    return TRUE if not left else left[0] if len(left) == 1 else And(left)


def disjunction(args: list[Expression]) -> Expression:
    """Or, with constants taken out."""
    if TRUE in args:
        return TRUE
    left = tuple(a for a in args if a != FALSE)
    return FALSE if not left else left[0] if len(left) == 1 else Or(left)


def negation(arg: Expression) -> Expression:
    """Not, with constants taken out."""
    return Constant(not arg.value) if isinstance(arg, Constant) else Not(arg)


def fields_of(expression: Expression) -> frozenset[str | None]:
    """The fields a rule names; None among them when it has keywords."""
    found: set[str | None] = set()
    left = [expression]
    while left:
        match left.pop():
            case Test(name, _):
                found.add(name)
            case SameAs(name, other, _):
                found |= {name, other}
            case And(args) | Or(args):
                left += args
            case Not(arg):
                left.append(arg)
            case _:
                pass
    return frozenset(found)
