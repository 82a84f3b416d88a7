"""Text for the page as runs: inert strings with a role, never markup.

A run is a `str` (words of the page's language) or one of:
`{"t": pieces}` a token in fixed pitch, `{"n": pieces}` one in the face of the text: both read from left to right;
`{"p": pieces, "d": "ltr"|"rtl"}` words of a person, in their own direction;
`{"s": style, "c": runs}` runs in a style; `{"l": label, "c": runs}` a link in the document;
`{"h": hex}` a hash, always on one line; `{"g": n}` a grade as n of three dots; `{"a": label}` a place that links lead to.
Pieces are strings, and lists of strings for a word so long that it may break between them. `i` says that a value has letters
of the other direction in it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from cases.typesetting.fonts import printable

Run = str | dict[str, Any]
Runs = list[Run]

SHORT = 24  # characters up to which a token is kept on one line
_CHUNKS = re.compile(r"[^\\/._?&=,;:|+-]{0,9}[\\/._?&=,;:|+-]|[^\\/._?&=,;:|+-]{1,10}")  # where a longer word may break
_WORDS = re.compile(r"(\s+)")
ISOLATES = re.compile("([\u2066-\u2069])")  # isolates that `timelines.messages.sentences` puts around values
_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_RIGHT_WORD = re.compile(f"[{_RIGHT}]+")
_RIGHT_LETTER = re.compile(f"[{_RIGHT}]")
_RIGHT_RUN = re.compile(f"([{_RIGHT}](?:[^A-Za-z<>]*[{_RIGHT}])?)")


def pieces(text: str) -> list[str | list[str]]:
    """`text` printable, its long words in chunks. Joined, they are the text."""
    return _parts(printable(text))


def _value(text: str) -> list[str | list[str]]:
    """The pieces of a value that reads from left to right: words of the other direction in it move nothing beside them."""
    return _parts(_RIGHT_WORD.sub("\u2067\\g<0>\u2069", printable(text)))


def _parts(shown: str) -> list[str | list[str]]:
    if len(shown) <= SHORT:
        return [shown]
    return [_broken(word) if len(word) > SHORT else word for word in _WORDS.split(shown) if word]


def _broken(word: str) -> str | list[str]:
    if _RIGHT_LETTER.search(word) and len(word) <= 4 * SHORT:
        return word  # Arabic letters join; cut apart they would not
    return _CHUNKS.findall(word)


def token(text: str) -> Run:
    """An address, hash, path, command or identifier."""
    return {"t": _value(text), "i": _turns(text)}


def number(text: str) -> Run:
    """A number, a time, a label of ours such as C-01."""
    return {"n": _value(text), "i": _turns(text)}


def plain(text: str) -> Run:
    """Words that a person wrote, in the direction of their first letter."""
    return {"p": pieces(text), "d": _direction(text), "i": _turns(text)}


def _direction(text: str) -> str:
    strong = (unicodedata.bidirectional(char) for char in text)
    return next(("rtl" if kind != "L" else "ltr" for kind in strong if kind in ("L", "R", "AL")), "ltr")


def _turns(text: str) -> bool:
    """Whether some of it runs from right to left, so that it must not touch what is around it."""
    return not text.isascii() and _RIGHT_LETTER.search(text) is not None


def styled(style: str, *runs: Run) -> Run:
    return {"s": style, "c": list(runs)}


def link(label: str, *runs: Run) -> Run:
    return {"l": label, "c": list(runs)}


def anchor(label: str) -> Run:
    """Nothing that shows: where links to `label` lead."""
    return {"a": label}


def sentence(text: str, direction: str) -> Runs:
    """A sentence of the page's language with values in it; what stands between isolating characters becomes tokens."""
    out: Runs = []
    depth = 0
    for piece in ISOLATES.split(text):
        if piece in ("\u2066", "\u2067", "\u2068"):
            depth += 1
        elif piece == "\u2069":
            depth = max(depth - 1, 0)
        elif depth:
            out.append(number(piece))
        elif direction == "ltr":
            out += _turned(piece)
        elif piece:
            out.append({"p": pieces(piece), "d": direction, "i": False})
    return out


def _turned(text: str) -> Runs:
    """Words from left to right, with each run of the other direction on its own."""
    parts = _RIGHT_RUN.split(text)
    return [{"p": pieces(part), "d": "rtl" if at % 2 else "ltr", "i": False} for at, part in enumerate(parts) if part]
