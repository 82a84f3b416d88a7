"""All that a rule set asks of one column, put to all its distinct values at once.

Literal text goes through one Aho-Corasick automaton, whole values through a hash lookup, regular expressions through RE2 (Arrow's):
the time is linear in the text for any rule and any evidence.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from timelines.detection.columns import Bools, Ints
from timelines.detection.expressions import Like, Network, Number, Predicate, Regex, Text, TimePart

Hits = dict[Predicate, Ints]

SHORT = 3  # bytes; shorter needles occur too often to be worth a list of their places
SCAN_BYTES = 1 << 20  # scanned at a time, so that the list of places stays small
_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?", re.ASCII)
_RUN = re.compile(r"\.\{(\d{1,4}),\}")
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,32}")
COMPARE: dict[str, Callable[[float, float], bool]] = {
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
        return not _anchors(predicate)
    return isinstance(predicate, Regex) or (
        isinstance(predicate, Text) and not _whole(predicate) and _short(predicate.needle)
    )


def ask_late(predicate: Predicate, texts: pa.StringArray, folded: pa.StringArray) -> Ints:
    """The positions of the texts for which a late predicate holds; `folded` are the texts with their case folded."""
    if isinstance(predicate, Regex):
        run = _RUN.fullmatch(predicate.pattern)
        if run:
            return _with_run(texts, int(run[1]))
        return _positions(pc.match_substring_regex(texts, predicate.pattern))
    assert isinstance(predicate, Text | Like)
    where = texts if predicate.cased else folded
    if isinstance(predicate, Like):
        return _positions(pc.match_substring_regex(where, f"^{predicate.regex}$"))
    functions = {"contains": pc.match_substring, "startswith": pc.starts_with, "endswith": pc.ends_with}
    return _positions(functions[predicate.place](where, pattern=predicate.needle))


def _with_run(texts: pa.StringArray, length: int) -> Ints:
    """The texts with a line of `length` characters: what `.{1000,}` asks, for which RE2 would need milliseconds a text."""
    long = _positions(pc.greater_equal(pc.utf8_length(texts), length))
    lines = (text.split("\n") for text in texts.take(pa.array(long)).to_pylist())
    return long[_where(any(len(line) >= length for line in found) for found in lines)]


def _whole(predicate: Text) -> bool:
    return predicate.place == "equals"


def _short(text: str) -> bool:
    return len(text.encode()) < SHORT


def _anchors(like: Like) -> list[str]:
    return [piece for piece in like.pieces if isinstance(piece, str) and not _short(piece)]


class Literals:
    """Text and wildcard predicates of one case rule (folded or exact), none of them late."""

    def __init__(self, predicates: Iterable[Text | Like]) -> None:
        self._whole: dict[str, Text] = {}
        self._scanned: list[Text] = []
        self._likes: list[Like] = []
        for predicate in predicates:
            if isinstance(predicate, Like):
                self._likes.append(predicate)
            elif _whole(predicate):
                self._whole[predicate.needle] = predicate
            else:
                self._scanned.append(predicate)
        needles = [predicate.needle for predicate in self._scanned]
        needles += [piece for like in self._likes for piece in _anchors(like)]
        self._needles = {needle: at for at, needle in enumerate(dict.fromkeys(needles))}

    @cached_property
    def _automaton(self) -> Any:
        from ahocorasick_rs import BytesAhoCorasick

        return BytesAhoCorasick([needle.encode() for needle in self._needles])

    def ask(self, texts: pa.StringArray) -> Iterator[tuple[Predicate, Ints]]:
        """Each predicate that holds for any text, with the positions of those texts."""
        yield from self._ask_whole(texts)
        places = self._scan(texts) if self._needles else {}
        for scanned in self._scanned:
            found = places.get(self._needles[scanned.needle])
            if found is not None:
                yield scanned, found.at(scanned.place)
        for like in self._likes:
            candidates = self._candidates(like, places)
            if len(candidates):
                matched = pc.match_substring_regex(texts.take(pa.array(candidates)), f"^{like.regex}$")
                yield like, candidates[_positions(matched)]

    def _ask_whole(self, texts: pa.StringArray) -> Iterator[tuple[Predicate, Ints]]:
        if not self._whole:
            return
        wanted = list(self._whole)
        found = pc.index_in(texts, value_set=pa.array(wanted, texts.type)).fill_null(-1).to_numpy(zero_copy_only=False)
        where = np.flatnonzero(found >= 0)
        for which in np.unique(found[where]).tolist():
            yield self._whole[wanted[which]], where[found[where] == which]

    def _candidates(self, like: Like, places: dict[int, _Places]) -> Ints:
        """Texts that hold all of the pattern's literal pieces."""
        found = [places.get(self._needles[piece]) for piece in _anchors(like)]
        left: Ints | None = None
        for place in found:
            if place is None:
                return np.empty(0, np.int64)
            left = place.at("contains") if left is None else np.intersect1d(left, place.at("contains"), True)
        assert left is not None
        return left

    def _scan(self, texts: pa.StringArray) -> dict[int, _Places]:
        """Where each needle occurs: one pass over the column's own bytes. UTF-8 makes byte matches character matches."""
        offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
        data = memoryview(texts.buffers()[2] or b"").cast("B")
        found: list[_Found] = []
        first = 0
        while first < len(texts):
            reach = int(np.searchsorted(offsets, int(offsets[first]) + SCAN_BYTES, "right")) - 1
            last = min(max(reach, first + 1), len(texts))
            begin, end = int(offsets[first]), int(offsets[last])
            matches = self._automaton.find_matches_as_indexes(data[begin:end], overlapping=True)
            if matches:
                flat = np.fromiter(chain.from_iterable(matches), np.int64, 3 * len(matches)).reshape(-1, 3)
                found.append(_placed(flat, begin, offsets))
            first = last
        return _by_needle(found)


_Found = tuple[npt.NDArray[np.int32], Ints, Bools, Bools]


def _placed(matches: npt.NDArray[np.int64], begin: int, offsets: npt.NDArray[np.int32]) -> _Found:
    """Needle, text, and whether at the text's begin or end, of each match that lies inside one text."""
    starts, ends = matches[:, 1] + begin, matches[:, 2] + begin
    owner = np.searchsorted(offsets, starts.astype(np.int32), "right") - 1
    inside = ends <= offsets[owner + 1]
    starts, ends, owner = starts[inside], ends[inside], owner[inside]
    return matches[inside, 0].astype(np.int32), owner, starts == offsets[owner], ends == offsets[owner + 1]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where one needle occurs: `texts` (k,) positions of texts, ascending; whether at the begin or end of the text."""

    texts: Ints
    starts: Bools
    ends: Bools

    def at(self, place: str) -> Ints:
        chosen = {"startswith": self.starts, "endswith": self.ends}.get(place)
        texts = self.texts if chosen is None else self.texts[chosen]
        return texts[np.flatnonzero(np.diff(texts, prepend=-1))]


def _by_needle(found: Sequence[_Found]) -> dict[int, _Places]:
    if not found:
        return {}
    needles, texts, starts, ends = (np.concatenate(column) for column in zip(*found, strict=True))
    if needles.size and int(needles.max()) < 2**16:
        needles = needles.astype(np.uint16)  # sorted by radix then
    order = np.argsort(needles, kind="stable")
    needles, texts, starts, ends = needles[order], texts[order], starts[order], ends[order]
    borders = [*np.flatnonzero(np.diff(needles, prepend=needles[:1])).tolist(), len(needles)]
    out, first = {}, 0
    for last in borders:
        if last > first:
            out[int(needles[first])] = _Places(texts[first:last], starts[first:last], ends[first:last])
        first = last
    return out


def _positions(mask: pa.Array) -> Ints:
    return np.flatnonzero(mask.to_numpy(zero_copy_only=False)).astype(np.int64)


class Questions:
    """A fixed set of predicates for one column; `ask` answers those that are not late, for any number of tables."""

    def __init__(self, predicates: Iterable[Predicate]) -> None:
        kinds: dict[type, list[Predicate]] = {}
        for predicate in dict.fromkeys(predicates):
            if not late(predicate):
                kinds.setdefault(type(predicate), []).append(predicate)
        texts = [p for p in (*kinds.get(Text, ()), *kinds.get(Like, ())) if isinstance(p, Text | Like)]
        self._folded = Literals(p for p in texts if not p.cased)
        self._exact = Literals(p for p in texts if p.cased)
        self._numbers = [p for p in kinds.get(Number, ()) if isinstance(p, Number)]
        self._parts = [p for p in kinds.get(TimePart, ()) if isinstance(p, TimePart)]
        self._networks = [p for p in kinds.get(Network, ()) if isinstance(p, Network)]

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


def _where(flags: Iterator[bool]) -> Ints:
    return np.flatnonzero(np.fromiter(flags, np.bool_)).astype(np.int64)
