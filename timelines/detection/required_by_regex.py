"""Literal pieces that every match of a regular expression has, read from its pattern (RE2's syntax).

Only what is understood for certain is used: an expression with anything else in it requires nothing, and is asked of every text.
https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from timelines.detection.required_text import Requirement, all_of, needed, one_of

MOST = 128  # texts that a piece of an expression may stand for, to be taken letter by letter
WIDEST = 16  # characters of a class that is taken apart; `[0-9a-f]` is, `\w` is not
DEEPEST = 50  # groups in groups
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a"}
_CLASSES = {"d": "0123456789", "s": "\t\n\v\f\r "}
_REPEAT = re.compile(r"(?:([*+?])|\{(\d{1,4})(?:(,)(\d{0,4}))?\})[?]?")
_GROUP = re.compile(r"\(\?(?:([imsU]*(?:-[imsU]+)?)([:)])|P?<\w+>)", re.ASCII)


class _Unclear(ValueError):
    """The pattern has something of which nothing is said here."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """The texts (in lower case) that a piece stands for, if they are few; else what any match of it requires."""

    texts: frozenset[str] | None
    requires: Requirement | None = None

    def needs(self) -> Requirement | None:
        return self.requires if self.texts is None else needed(self.texts)


_NOTHING = _Piece(frozenset(("",)))  # a place between characters
_ANYTHING = _Piece(None)


@lru_cache(maxsize=4096)
def required_by(pattern: str) -> Requirement | None:
    """What every match of the pattern holds; None where nothing is known."""
    try:
        piece, end = _alternatives(pattern, 0, 0)
    except _Unclear:
        return None
    return piece.needs() if end == len(pattern) else None


def _alternatives(pattern: str, at: int, depth: int) -> tuple[_Piece, int]:
    """Up to the end of the group that begins before `at`."""
    if depth > DEEPEST:
        raise _Unclear
    found = []
    while True:
        piece, at = _sequence(pattern, at, depth)
        found.append(piece)
        if pattern[at : at + 1] != "|":
            return _either(found), at
        at += 1


def _either(pieces: Sequence[_Piece]) -> _Piece:
    if len(pieces) == 1:
        return pieces[0]
    texts: set[str] = set()
    for piece in pieces:
        if piece.texts is None or len(texts) + len(piece.texts) > MOST:
            return _Piece(None, one_of(one.needs() for one in pieces))
        texts |= piece.texts
    return _Piece(frozenset(texts))


def _sequence(pattern: str, at: int, depth: int) -> tuple[_Piece, int]:
    pieces: list[_Piece] = []
    while at < len(pattern) and pattern[at] not in "|)":
        piece, at = _atom(pattern, at, depth)
        again = _REPEAT.match(pattern, at)
        if again:
            at = again.end()
            if _REPEAT.match(pattern, at):
                raise _Unclear
            pieces += _repeated(piece, *_bounds(again))
        else:
            pieces.append(piece)
    return _joined(pieces), at


def _joined(pieces: Sequence[_Piece]) -> _Piece:
    """Pieces that stand one after the other; texts that touch are one text."""
    run = frozenset(("",))
    asked: list[Requirement | None] = []
    whole = True
    for piece in pieces:
        if piece.texts is not None and len(run) * len(piece.texts) <= MOST:
            run = frozenset(a + b for a, b in product(run, piece.texts))
            continue
        whole = False
        asked.append(needed(run))
        if piece.texts is None:
            asked.append(piece.requires)
        run = frozenset(("",)) if piece.texts is None else piece.texts
    return _Piece(run) if whole else _Piece(None, all_of([*asked, needed(run)]))


def _bounds(again: re.Match[str]) -> tuple[int, int | None]:
    if again[1]:
        return {"*": (0, None), "+": (1, None), "?": (0, 1)}[again[1]]
    least = int(again[2])
    return least, (int(again[4]) if again[4] else None) if again[3] else least


def _repeated(piece: _Piece, least: int, most: int | None) -> list[_Piece]:
    if most == 0:
        return [_NOTHING]
    if least == 0:
        return [_Piece(piece.texts | {""})] if most == 1 and piece.texts is not None else [_ANYTHING]
    if least == most and least <= 8:
        return [piece] * least
    return [piece, _ANYTHING, piece]  # one begins the run and one ends it, of a single one both are it


def _atom(pattern: str, at: int, depth: int) -> tuple[_Piece, int]:
    character = pattern[at]
    if character == "(":
        return _group(pattern, at, depth)
    if character == "[":
        return _class(pattern, at + 1)
    if character == "\\":
        return _escape(pattern, at + 1)
    if character in "^$":
        return _NOTHING, at + 1
    if character == ".":
        return _ANYTHING, at + 1
    if character in "*+?":
        raise _Unclear
    return _characters(character), at + 1


def _group(pattern: str, at: int, depth: int) -> tuple[_Piece, int]:
    if pattern.startswith("(?", at):
        head = _GROUP.match(pattern, at)
        if head is None:
            raise _Unclear
        if (
            head[2] == ")"
        ):  # flags for what follows: case is ignored here anyway, and what `.` and `^` take is of no account
            return _NOTHING, head.end()
        at = head.end()
    else:
        at += 1
    piece, at = _alternatives(pattern, at, depth + 1)
    if pattern[at : at + 1] != ")":
        raise _Unclear
    return piece, at + 1


def _escape(pattern: str, at: int) -> tuple[_Piece, int]:
    """What follows a backslash outside of a class."""
    character = pattern[at : at + 1]
    if character and character in "bBAz":
        return _NOTHING, at + 1
    found, at = _escaped(pattern, at)
    return (_ANYTHING if found is None else _characters(found)), at


def _escaped(pattern: str, at: int) -> tuple[str | None, int]:
    """The characters that an escape stands for; None for very many."""
    character = pattern[at : at + 1]
    if character and character in "wWDS":
        return None, at + 1
    if character in _CLASSES:
        return _CLASSES[character], at + 1
    if character in _CONTROL:
        return _CONTROL[character], at + 1
    if character == "x" and re.fullmatch("[0-9a-fA-F]{2}", pattern[at + 1 : at + 3]):
        return chr(int(pattern[at + 1 : at + 3], 16)), at + 3
    if character.isascii() and character.isprintable() and character and not character.isalnum():
        return character, at + 1
    raise _Unclear


def _class(pattern: str, at: int) -> tuple[_Piece, int]:
    """What follows `[`."""
    if pattern[at : at + 1] == "^":
        _, at = _members(pattern, at + 1)
        return _ANYTHING, at
    found, at = _members(pattern, at)
    return (_ANYTHING if found is None else _characters(found)), at


def _members(pattern: str, at: int) -> tuple[str | None, int]:
    """The characters of a class up to its `]`; None for very many."""
    members, many, first = "", False, at
    while pattern[at : at + 1] != "]" or at == first:
        if at >= len(pattern) or pattern.startswith("[:", at):
            raise _Unclear
        begin, at = _member(pattern, at)
        if pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in ("]", ""):
            last, at = _member(pattern, at + 1)
            if begin is None or last is None or len(begin) != 1 or len(last) != 1:
                raise _Unclear
            if ord(last) - ord(begin) > 128:
                many = True
            else:
                members += "".join(map(chr, range(ord(begin), ord(last) + 1)))
        elif begin is None:
            many = True
        else:
            members += begin
    return None if many else members, at + 1


def _member(pattern: str, at: int) -> tuple[str | None, int]:
    return _escaped(pattern, at + 1) if pattern[at] == "\\" else (pattern[at], at + 1)


def _characters(found: str) -> _Piece:
    """One character of these. Those outside of ASCII are left out: texts that have any are asked everything."""
    texts = frozenset(character.lower() for character in found if character.isascii())
    return _ANYTHING if len(texts) > WIDEST else _Piece(texts)
