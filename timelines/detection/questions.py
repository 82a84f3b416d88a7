"""All that a rule set asks of one column, put to all its distinct values at once.

Literal text goes through one Aho-Corasick automaton, whole values through a hash lookup, regular expressions through RE2 (Arrow's):
the time is linear in the text for any rule and any evidence.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from timelines.detection.columns import Ints
from timelines.detection.expressions import Like, Network, Number, Predicate, Regex, Text, TimePart
from timelines.detection.folding import fold_array

Hits = dict[Predicate, Ints]

SHORT = 3  # bytes; shorter needles occur too often to be worth a list of their places
SCAN_BYTES = 1 << 20  # scanned at a time, so that the list of places stays small
_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?", re.ASCII)
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


class Literals:
    """Text and wildcard predicates of one case rule (folded or exact)."""

    def __init__(self, predicates: Iterable[Text | Like]) -> None:
        self._whole: dict[str, Text] = {}
        self._brief: list[Text] = []
        self._scanned: list[Text] = []
        self._likes: list[Like] = []
        for predicate in predicates:
            if isinstance(predicate, Like):
                self._likes.append(predicate)
            elif predicate.place == "equals":
                self._whole[predicate.needle] = predicate
            elif len(predicate.needle.encode()) < SHORT:
                self._brief.append(predicate)
            else:
                self._scanned.append(predicate)
        needles = [predicate.needle for predicate in self._scanned]
        needles += [piece for like in self._likes for piece in _anchors(like)]
        self._needles = {needle: at for at, needle in enumerate(dict.fromkeys(needles))}

    @cached_property
    def _automaton(self) -> object:
        from ahocorasick_rs import BytesAhoCorasick

        return BytesAhoCorasick([needle.encode() for needle in self._needles])

    def ask(self, texts: pa.StringArray) -> Iterator[tuple[Predicate, Ints]]:
        """Each predicate that holds for any text, with the positions of those texts."""
        yield from self._ask_whole(texts)
        functions = {"contains": pc.match_substring, "startswith": pc.starts_with, "endswith": pc.ends_with}
        for brief in self._brief:
            yield brief, _positions(functions[brief.place](texts, pattern=brief.needle))
        if self._needles:
            places = self._scan(texts)
            for scanned in self._scanned:
                found = places.get(self._needles[scanned.needle])
                if found is not None:
                    yield scanned, found.at(scanned.place)
        else:
            places = {}
        for like in self._likes:
            candidates = self._candidates(like, places, len(texts))
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

    def _candidates(self, like: Like, places: dict[int, _Places], count: int) -> Ints:
        left: Ints | None = None
        for piece in _anchors(like):
            found = places.get(self._needles[piece])
            if found is None:
                return np.empty(0, np.int64)
            left = found.at("contains") if left is None else np.intersect1d(left, found.at("contains"))
        return np.arange(count, dtype=np.int64) if left is None else left

    def _scan(self, texts: pa.StringArray) -> dict[int, _Places]:
        """Where each needle occurs: one pass over the column's own bytes. UTF-8 makes byte matches character matches."""
        offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
        data = memoryview(texts.buffers()[2] or b"").cast("B")
        found: list[npt.NDArray[np.int64]] = []
        first = 0
        while first < len(texts):
            reach = int(np.searchsorted(offsets, int(offsets[first]) + SCAN_BYTES, "right")) - 1
            last = min(max(reach, first + 1), len(texts))
            begin, end = int(offsets[first]), int(offsets[last])
            matches = self._automaton.find_matches_as_indexes(data[begin:end], overlapping=True)  # type: ignore[attr-defined]
            if matches:
                flat = np.fromiter(chain.from_iterable(matches), np.int64, 3 * len(matches)).reshape(-1, 3)
                flat[:, 1:] += begin
                owner = np.searchsorted(offsets, flat[:, 1], "right") - 1
                inside = flat[:, 2] <= offsets[owner + 1]
                starts = flat[:, 1] == offsets[owner]
                ends = flat[:, 2] == offsets[owner + 1]
                found.append(np.stack([flat[:, 0], owner, starts, ends], axis=1)[inside])
            first = last
        return _by_needle(np.concatenate(found)) if found else {}


class _Places:
    """Where one needle occurs: `texts` (k,) positions of texts, `starts` and `ends` whether at the begin or end of the text."""

    def __init__(self, rows: npt.NDArray[np.int64]) -> None:
        self.texts, self.starts, self.ends = rows[:, 1], rows[:, 2].astype(np.bool_), rows[:, 3].astype(np.bool_)

    def at(self, place: str) -> Ints:
        chosen = {"startswith": self.starts, "endswith": self.ends}.get(place)
        return np.unique(self.texts if chosen is None else self.texts[chosen])


def _by_needle(rows: npt.NDArray[np.int64]) -> dict[int, _Places]:
    if not len(rows):
        return {}
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    needles, begins = np.unique(rows[:, 0], return_index=True)
    pieces = np.split(rows, begins[1:])
    return {int(needle): _Places(piece) for needle, piece in zip(needles, pieces, strict=True)}


def _anchors(like: Like) -> list[str]:
    return [piece for piece in like.pieces if isinstance(piece, str) and len(piece.encode()) >= SHORT]


def _positions(mask: pa.Array) -> Ints:
    return np.flatnonzero(mask.to_numpy(zero_copy_only=False)).astype(np.int64)


class Questions:
    """A fixed set of predicates for one column; `ask` answers them for any number of tables."""

    def __init__(self, predicates: Iterable[Predicate]) -> None:
        kinds: dict[type, list[Predicate]] = {}
        for predicate in dict.fromkeys(predicates):
            kinds.setdefault(type(predicate), []).append(predicate)
        texts = [p for p in (*kinds.get(Text, ()), *kinds.get(Like, ())) if isinstance(p, Text | Like)]
        self._folded = Literals(p for p in texts if not p.cased)
        self._exact = Literals(p for p in texts if p.cased)
        self._any_folded = any(not p.cased for p in texts)
        self._any_exact = any(p.cased for p in texts)
        self._regexes = [p for p in kinds.get(Regex, ()) if isinstance(p, Regex)]
        self._numbers = [p for p in kinds.get(Number, ()) if isinstance(p, Number)]
        self._parts = [p for p in kinds.get(TimePart, ()) if isinstance(p, TimePart)]
        self._networks = [p for p in kinds.get(Network, ()) if isinstance(p, Network)]

    def ask(self, texts: pa.StringArray) -> Hits:
        """Predicates that hold for any of `texts` (v,), each with the positions of those texts, ascending."""
        if len(texts) == 0:
            return {}
        answers: list[Iterable[tuple[Predicate, Ints]]] = []
        if self._any_folded:
            answers.append(self._folded.ask(fold_array(texts)))
        if self._any_exact:
            answers.append(self._exact.ask(texts))
        answers.append((p, _positions(pc.match_substring_regex(texts, p.pattern))) for p in self._regexes)
        answers.append(self._ask_read(texts))
        return {predicate: at for predicate, at in chain.from_iterable(answers) if len(at)}

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
