"""All that a rule set asks of one column, put to all its distinct values at once.

Literal text goes through one Aho-Corasick automaton, whole values through a hash lookup, regular expressions through RE2 (Arrow's):
the time is linear in the text for any rule and any evidence.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from timelines.detection.columns import Ints, compiled_pays, size_of
from timelines.detection.expressions import Like, Network, Number, Predicate, Regex, Text, TimePart
from timelines.detection.literals import Literals, anchors, is_short, is_whole, positions
from timelines.detection.regex_dialect import for_re2

if TYPE_CHECKING:
    from timelines.detection.likely_texts import LikelyTexts

Hits = dict[Predicate, Ints]

TO_PART = 4_096  # bytes of text that can be asked in the time that it takes to see what one predicate requires
TO_SHOW = 1_000  # texts that show what a column is like
FEW = 64  # texts that are searched one by one: Arrow compiles an expression anew each time, which takes as long as many a search
_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?", re.ASCII)
_RUN = re.compile(r"\.\{(\d{1,4}),\}")
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,32}")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    name: getattr(operator, {"lte": "le", "gte": "ge", "neq": "ne"}.get(name, name))
    for name in ("eq", "lt", "lte", "gt", "gte", "neq")
}


def number_of(text: str) -> int | float | None:
    """A decimal or 0x number, as Windows and web logs write them; None for any other text."""
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return int(text, 16) if _HEX.fullmatch(text) else None


def instant_of(text: str) -> datetime | None:
    """An ISO 8601 instant in UTC (a text without offset is taken as UTC); None for any other text."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def part_of(instant: datetime, part: str) -> int:
    return instant.isocalendar().week if part == "week" else int(getattr(instant, part))


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """An address; an IPv4-mapped one as the IPv4 address it carries."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def late(predicate: Predicate) -> bool:
    """Whether a predicate costs a pass over the column of its own, so that it is worth asking only when the rest of a rule may hold."""
    if isinstance(predicate, Like):
        return not anchors(predicate)
    return isinstance(predicate, Regex) or (
        isinstance(predicate, Text) and not is_whole(predicate) and is_short(predicate.needle)
    )


def ask_late(predicate: Predicate, texts: pa.StringArray, folded: pa.StringArray) -> Ints:
    """The positions of the texts for which a late predicate holds; `folded` are the texts with their case folded."""
    if isinstance(predicate, Regex):
        run = _RUN.fullmatch(predicate.pattern)
        if run:
            return _with_run(texts, int(run[1]))
        return found_in(texts, for_re2(predicate.pattern))
    assert isinstance(predicate, Text | Like)
    where = texts if predicate.cased else folded
    if isinstance(predicate, Like):
        return positions(pc.match_substring_regex(where, f"^{predicate.regex}$"))
    functions = {"contains": pc.match_substring, "startswith": pc.starts_with, "endswith": pc.ends_with}
    return positions(functions[predicate.place](where, pattern=predicate.needle))


def found_in(texts: pa.StringArray, pattern: str) -> Ints:
    """The positions of the texts that an expression of RE2 is found in. Raises ValueError for one that RE2 takes for too large."""
    if len(texts) > FEW:
        return positions(pc.match_substring_regex(texts, pattern))
    search = _searching(pattern)
    return _where(search(text) is not None for text in texts.to_pylist())


@lru_cache(maxsize=1024)
def _searching(pattern: str) -> Callable[[str], object | None]:
    """What finds an expression in a text: RE2, as in Arrow, compiled once."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        search: Callable[[str], object | None] = re2.compile(pattern, options=options).search
    except re2.error as error:
        raise ValueError(f"not for RE2: {error}") from error
    return search


def is_run(regex: Regex) -> bool:
    """Whether it asks for a run of any characters, which is counted rather than searched."""
    return _RUN.fullmatch(regex.pattern) is not None


def _with_run(texts: pa.StringArray, length: int) -> Ints:
    """The texts with a line of `length` characters: what `.{1000,}` asks, for which RE2 would need milliseconds a text."""
    long = positions(pc.greater_equal(pc.utf8_length(texts), length))
    lines = (text.split("\n") for text in texts.take(pa.array(long)).to_pylist())
    return long[_where(any(len(line) >= length for line in found) for found in lines)]


class Questions:
    """A fixed set of predicates for one column; `ask` answers those that are not late, for any number of tables."""

    def __init__(self, predicates: Iterable[Predicate]) -> None:
        kinds: dict[type, list[Predicate]] = {}
        self._every = every = dict.fromkeys(predicates)
        self._parted: list[Parted | None] = []
        self._seen = 0  # bytes
        self.regexes = tuple(predicate for predicate in every if isinstance(predicate, Regex))  # late: asked one by one
        for predicate in every:
            if not late(predicate):
                kinds.setdefault(type(predicate), []).append(predicate)
        texts = [p for p in (*kinds.get(Text, ()), *kinds.get(Like, ())) if isinstance(p, Text | Like)]
        self._folded = Literals(p for p in texts if not p.cased)
        self._exact = Literals(p for p in texts if p.cased)
        self._numbers = [p for p in kinds.get(Number, ()) if isinstance(p, Number)]
        self._parts = [p for p in kinds.get(TimePart, ()) if isinstance(p, TimePart)]
        self._networks = [p for p in kinds.get(Network, ()) if isinstance(p, Network)]

    def parted(self, texts: pa.StringArray) -> Parted | None:
        """The questions that hardly any text satisfies apart from the others, as the texts show that make the column large; None before
        that, where there are none, and where texts are too few to show it."""
        if not self._parted:
            self._seen += size_of(texts)
            if len(texts) < TO_SHOW or not compiled_pays(self._seen - TO_PART * len(self._every)):
                return None
            from timelines.detection.likely_texts import LikelyTexts  # loads numba, which small evidence does without

            likely = LikelyTexts.of(self._every, texts)
            self._parted.append(None if likely is None else Parted.of(self._every, likely))
        return self._parted[0]

    def part_anew(self, texts: pa.StringArray) -> None:
        """Let the next large column show: these texts are not what the parting was made for. A few prove nothing."""
        if len(texts) >= TO_SHOW:
            self._parted.clear()

    def ask(self, texts: pa.StringArray, folded: pa.StringArray) -> Hits:
        """Predicates that hold for any of `texts` (v,), each with the positions of those texts, ascending."""
        if len(texts) == 0:
            return {}
        answers = chain(self._folded.ask(folded), self._exact.ask(texts), self._ask_read(texts))
        return {predicate: at for predicate, at in answers if len(at)}

    def _ask_read(self, texts: pa.StringArray) -> Iterator[tuple[Predicate, Ints]]:
        """Predicates on what a text stands for: a number, an instant, an address. Each text is read once."""
        if not (self._numbers or self._parts or self._networks):
            return
        plain = texts.to_pylist()
        if self._numbers:
            numbers = [number_of(text) for text in plain]
            for number in self._numbers:
                compare = COMPARE[number.op]
                yield number, _where(n is not None and compare(n, number.number) for n in numbers)
        if self._parts:
            instants = [instant_of(text) for text in plain]
            for part in self._parts:
                compare = COMPARE[part.op]
                yield part, _where(t is not None and compare(part_of(t, part.part), part.number) for t in instants)
        if self._networks:
            addresses = [address_of(text) for text in plain]
            for network in self._networks:
                yield network, _where(a is not None and a in network.network for a in addresses)


@dataclass(frozen=True)
class Parted:
    """Questions of which `few` are asked of the likely texts alone, the `rest` of all."""

    likely: LikelyTexts
    few: Questions
    rest: Questions

    @classmethod
    def of(cls, predicates: Iterable[Predicate], likely: LikelyTexts) -> Parted:
        told = {True: list[Predicate](), False: list[Predicate]()}
        for predicate in predicates:
            told[predicate in likely.predicates].append(predicate)
        return cls(likely, Questions(told[True]), Questions(told[False]))


NONE = Questions(())


def _where(flags: Iterator[bool]) -> Ints:
    return np.flatnonzero(np.fromiter(flags, np.bool_)).astype(np.int64)
