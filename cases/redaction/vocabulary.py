"""Values known to the case, found in running text whatever their case, accents or vowel signs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from cases.redaction.folding import fold, folded, stands_alone
from cases.redaction.record import Kind
from cases.redaction.spans import Span

SHORT = 3  # characters below which a name is replaced only where it stands as a whole value or part of a path
_OPENS = frozenset("\\/=\"'`:@\u2066\u2067\u2068")
_CLOSES = frozenset("\\/\"'`:@&;,)]\u2069")
_SEPARATED = re.compile(r"[\s+._-]+")
_JOINTS = (" ", ".", "_", "-", "+", "")  # between the parts of a person's name


def spellings(name: str) -> tuple[str, ...]:
    """How a person's name may be written: parts in order or turned around, with whatever between them."""
    parts = [part for part in _SEPARATED.split(name.strip()) if part]
    turned = [parts, [*parts[1:], *parts[:1]], parts[::-1]] if len(parts) > 1 else [parts]
    return tuple(dict.fromkeys(joint.join(order) for order in turned for joint in _JOINTS if order))


class Vocabulary:
    """Known values with their kind and canonical spelling, searched for all at once."""

    def __init__(self, values: Mapping[str, tuple[Kind, str]]) -> None:
        import ahocorasick_rs

        self._values = {fold(text): meant for text, meant in sorted(values.items()) if fold(text)}
        self._patterns = list(self._values)
        self._search = ahocorasick_rs.AhoCorasick(self._patterns) if self._patterns else None

    def spans(self, text: str) -> Iterator[Span]:
        """Every place where a known value stands alone."""
        if self._search is None:
            return
        low, places = folded(text)
        for index, start, end in self._search.find_matches_as_indexes(low, overlapping=True):
            if not stands_alone(low, start, end) and not _cut_off(text, places, start, end):
                continue
            if end - start < SHORT and not _whole(low, start, end):
                continue
            kind, canonical = self._values[self._patterns[index]]
            yield Span(places[start], places[end - 1] + 1, kind, canonical)


def _cut_off(text: str, places: Sequence[int], start: int, end: int) -> bool:
    """Whether nothing but characters that are drawn as nothing joins the value to the letters beside it."""
    first, after = places[start], places[end - 1] + 1
    return not (first and text[first - 1].isalnum()) and not (after < len(text) and text[after].isalnum())


def _whole(low: str, start: int, end: int) -> bool:
    """Whether a short name stands as a whole value: alone, between marks, or after a mark and before a space."""
    opened, ended = start > 0 and low[start - 1] in _OPENS, end == len(low)
    closed = ended or low[end] in _CLOSES
    return (opened and (closed or low[end].isspace())) or (start == 0 and closed)
