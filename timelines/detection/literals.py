"""Literal text in a column: one Aho-Corasick automaton over the column's own bytes, whole values through a hash lookup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from timelines.detection.columns import Bools, Ints
from timelines.detection.expressions import Like, Predicate, Text

SHORT = 3  # bytes; shorter needles occur too often to be worth a list of their places
SCAN_BYTES = 1 << 18  # scanned at a time, so that the list of places stays small whatever the evidence holds
DENSE = 4  # a window with more than one place in so many bytes is thinned at once


def is_whole(predicate: Text) -> bool:
    return predicate.place == "equals"


def is_short(text: str) -> bool:
    return len(text) < SHORT and len(text.encode()) < SHORT


def anchors(like: Like) -> list[str]:
    return [piece for piece in like.pieces if isinstance(piece, str) and not is_short(piece)]


class Literals:
    """Text and wildcard predicates of one case rule (folded or exact), none of them late."""

    def __init__(self, predicates: Iterable[Text | Like]) -> None:
        self._whole: dict[str, Text] = {}
        self._scanned: list[Text] = []
        self._likes: list[Like] = []
        for predicate in predicates:
            if isinstance(predicate, Like):
                self._likes.append(predicate)
            elif is_whole(predicate):
                self._whole[predicate.needle] = predicate
            else:
                self._scanned.append(predicate)
        needles = [predicate.needle for predicate in self._scanned]
        needles += [piece for like in self._likes for piece in anchors(like)]
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
                yield like, candidates[positions(matched)]

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
        found = [places.get(self._needles[piece]) for piece in anchors(like)]
        left: Ints | None = None
        for place in found:
            if place is None:
                return np.empty(0, np.int64)
            left = place.at("contains") if left is None else np.intersect1d(left, place.at("contains"), True)
        assert left is not None
        return left

    def _scan(self, texts: pa.StringArray) -> dict[int, _Places]:
        """Where each needle occurs: one pass over the column's own bytes. UTF-8 makes byte matches character matches.

        Windows overlap by the longest needle, and a match is taken from the window in which it ends.
        """
        offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
        data = memoryview(texts.buffers()[2] or b"").cast("B")
        start, end = int(offsets[0]), int(offsets[-1])
        overlap = max(len(needle.encode()) for needle in self._needles) - 1
        found: list[_Found] = []
        for begin in range(start, end, SCAN_BYTES):
            low, high = max(start, begin - overlap), min(begin + SCAN_BYTES, end)
            matches = self._automaton.find_matches_as_indexes(data[low:high], overlapping=True)
            if matches:
                flat = np.fromiter(chain.from_iterable(matches), np.int64, 3 * len(matches)).reshape(-1, 3)
                placed = _placed(flat[flat[:, 2] + low > begin], low, offsets)
                found.append(_distinct(placed) if len(matches) * DENSE > SCAN_BYTES else placed)
        return _by_needle(found)


_Found = tuple[npt.NDArray[np.int32], Ints, Bools, Bools]


def _placed(matches: npt.NDArray[np.int64], begin: int, offsets: npt.NDArray[np.int32]) -> _Found:
    """Needle, text, and whether at the text's begin or end, of each match that lies inside one text."""
    starts, ends = matches[:, 1] + begin, matches[:, 2] + begin
    owner = np.searchsorted(offsets, starts.astype(np.int32), "right") - 1
    inside = ends <= offsets[owner + 1]
    starts, ends, owner = starts[inside], ends[inside], owner[inside]
    return matches[inside, 0].astype(np.int32), owner, starts == offsets[owner], ends == offsets[owner + 1]


def _distinct(found: _Found) -> _Found:
    """Each needle and text once a kind of place: a text of one letter repeated has as many places as letters."""
    needles, texts, starts, ends = found
    order = np.lexsort((ends, starts, needles, texts))
    needles, texts, starts, ends = needles[order], texts[order], starts[order], ends[order]
    new = np.zeros(len(order), np.bool_)
    new[:1] = True
    for column in (needles, texts, starts, ends):
        new[1:] |= column[1:] != column[:-1]
    return needles[new], texts[new], starts[new], ends[new]


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


def positions(mask: pa.Array) -> Ints:
    return np.flatnonzero(mask.to_numpy(zero_copy_only=False)).astype(np.int64)
