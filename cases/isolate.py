"""Evidence text inside a page of words: visible, inert, and kept in its own direction so that it turns nothing around.

A time, an address, a path or a hash that stands raw in an Arabic sentence is shown with its parts in another order
(`2001:db8::1` becomes `db8::1:2001`); each such token therefore stands in `<bdi dir="ltr">`.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from timelines.visible import visible

SHORT = 24  # characters up to which a token is not broken over two lines: a time, an address, a number
_MARKS = re.compile("([\u2066-\u2069])")  # isolates that `timelines.messages.sentences` puts around values
_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_RIGHT_LETTER = re.compile(f"[{_RIGHT_TO_LEFT}]")
_LEFT_RUN = re.compile("([!-~]+(?: +[!-~]+)*)")
_ENDS_SENTENCE = ".,:;!?"
_RIGHT_RUN = re.compile(f"([{_RIGHT_TO_LEFT}](?:[^A-Za-z<>]*[{_RIGHT_TO_LEFT}])?)")


def token(text: str) -> Markup:
    """A value that reads from left to right: address, hash, path, time, command, identifier."""
    short = Markup(' class="short"') if len(text) <= SHORT else ""
    return Markup('<bdi dir="ltr"{}>{}</bdi>').format(short, visible(text))


def plain(text: str) -> Markup:
    """Words that a person wrote, in whatever script: they take the direction of their first letter.

    Among Arabic words, what reads from left to right (an address, a path, a time, a foreign phrase) keeps its order.
    """
    shown = visible(text)
    if not _RIGHT_LETTER.search(shown):
        return Markup('<bdi dir="auto">{}</bdi>').format(shown)
    pieces = _LEFT_RUN.split(shown)  # every second one is a run
    parts = (_left(piece) if at % 2 else escape(piece) for at, piece in enumerate(pieces))
    return Markup('<bdi dir="auto">{}</bdi>').format(Markup("").join(parts))


def _left(run: str) -> Markup:
    """A run of ASCII among Arabic words, isolated without what belongs to the sentence around it: a full stop, a lone bracket."""
    kept = run.rstrip(_ENDS_SENTENCE)
    if kept.endswith(")") and kept.count(")") > kept.count("("):
        kept = kept[:-1].rstrip(_ENDS_SENTENCE)
    after = run[len(kept) :]
    before = "(" if kept.startswith("(") and kept.count("(") > kept.count(")") else ""
    kept = kept[len(before) :]
    if not any(letter.isalnum() for letter in kept):
        return escape(run)
    return Markup('{}<bdi dir="ltr">{}</bdi>{}').format(before, kept, after)


def sentence(text: str, direction: str) -> Markup:
    """A sentence of the page's language with values in it. Isolating characters become elements; every other control is shown."""
    out: list[str] = []
    depth = 0
    for piece in _MARKS.split(text):
        if piece in ("\u2066", "\u2067", "\u2068"):
            depth += 1
            out.append('<bdi dir="ltr">')
        elif piece == "\u2069":
            out.append("</bdi>" if depth else "")
            depth = max(depth - 1, 0)
        elif direction == "ltr":
            shown = str(escape(visible(piece)))
            out.append(_RIGHT_RUN.sub(r"<bdi>\1</bdi>", shown))
        else:
            out.append(str(escape(visible(piece))))
    return Markup("".join(out) + "</bdi>" * depth)
