"""One spelling for what reads alike: case, accents, Arabic vowel signs and hamza, tatweel, invisible characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_DROPPED = frozenset(
    "\u0640\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
)  # drawn as nothing, or as a longer line
_ALIKE = str.maketrans("\u0649\u06cc\u06a9\u0629", "\u064a\u064a\u0643\u0647")  # Arabic letters that writers exchange
PREFIXES = frozenset("وفبلكا")  # Arabic words of one letter, and the article, are written onto the name


def fold(text: str) -> str:
    return folded(text)[0]


def folded(text: str) -> tuple[str, Sequence[int]]:
    """The folded text, and for each of its characters the position in `text`."""
    if text.isascii():
        return text.lower(), range(len(text))
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        spelled = _letters(char)
        letters.append(spelled)
        places.extend([place] * len(spelled))
    return "".join(letters), places


@lru_cache(4_096)  # more than the letters of the texts of a case
def _letters(char: str) -> str:
    """What a character is folded to: nothing, a letter, or several."""
    if char in _DROPPED:
        return ""
    if "\ud800" <= char <= "\udfff":  # a byte that is no text
        char = "\ufffd"
    letters: list[str] = []
    for base in unicodedata.normalize("NFKD", char).translate(_ALIKE):
        if not unicodedata.combining(base):
            lowered = base.lower()
            letters.append(lowered if len(lowered) == 1 else base)
    return "".join(letters)


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` is not a part of a longer word. `_` parts words; an Arabic prefix may be written onto it."""
    if _joined(text, end - 1, end):
        return False
    if not _joined(text, start - 1, start):
        return True
    before = start
    while before > 0 and start - before < 4 and text[before - 1] in PREFIXES:
        before -= 1
        if not _joined(text, before - 1, before):
            return True
    return False


def _joined(text: str, left: int, right: int) -> bool:
    return left >= 0 and right < len(text) and text[left].isalnum() and text[right].isalnum()
