"""Evidence text made safe to show: control, bidi and other invisible characters become visible, `⟨U+202E⟩`.

Terminals, HTML and PDF all show evidence through this, so that no byte of evidence can move a cursor, hide text or turn it around.
"""

from __future__ import annotations

import re

# C0 and C1 controls, line and paragraph separators, interlinear annotation, lone surrogates, and all that Unicode lets fonts ignore
# (Default_Ignorable_Code_Point: soft hyphen, bidi and zero-width controls, fillers, variation selectors, tags …).
INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """`text` with every invisible or direction-changing character written as `⟨U+XXXX⟩`."""
    return INVISIBLE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


# A value as `timelines.messages.sentences` isolates it in Arabic: its direction ends where it ends.
_ISOLATED = re.compile("(\u2066[^\u2066-\u2069]*\u2069)")


def visible_sentence(text: str) -> str:
    """A sentence of ours with values in it: whole isolates around a value stay, so that it reads in its own direction."""
    return "".join(
        f"{piece[0]}{visible(piece[1:-1])}{piece[-1]}" if at % 2 else visible(piece)
        for at, piece in enumerate(_ISOLATED.split(text))
    )


def neutral_sentence(text: str) -> str:
    """A sentence of ours for a CSV or spreadsheet cell, as `visible_sentence` and `neutral_cell` say."""
    return ("'" if neutral_cell(text) != visible(text) else "") + visible_sentence(text)


def neutral_cell(text: str) -> str:
    """`text` for a CSV or spreadsheet cell: visible, and with an apostrophe before a leading `= + - @` so no formula runs.

    A lone `-` (the logs' mark for "no value") and plain numbers are left alone: they cannot be formulas.
    """
    shown = visible(text)
    if shown[:1] in ("=", "+", "-", "@") and shown != "-" and not re.fullmatch(r"[+-]?\d+(?:\.\d+)?", shown):
        return "'" + shown
    return shown
