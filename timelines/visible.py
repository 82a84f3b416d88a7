"""Evidence text made safe to show: control, bidi and other invisible characters become visible, `⟨U+202E⟩`.

Terminals, HTML and PDF all show evidence through this, so that no byte of evidence can move a cursor, hide text or turn it around.
"""

from __future__ import annotations

import re

# C0 and C1 controls, soft hyphen, Arabic letter mark, zero-width and bidi controls, line and paragraph separators, BOM,
# interlinear annotation, tags, and lone surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """`text` with every invisible or direction-changing character written as `⟨U+XXXX⟩`."""
    return _INVISIBLE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def neutral_cell(text: str) -> str:
    """`text` for a CSV or spreadsheet cell: visible, and with an apostrophe before a leading `= + - @` so no formula runs.

    A lone `-` (the logs' mark for "no value") and plain numbers are left alone: they cannot be formulas.
    """
    shown = visible(text)
    if shown[:1] in ("=", "+", "-", "@") and shown != "-" and not re.fullmatch(r"[+-]?\d+(?:\.\d+)?", shown):
        return "'" + shown
    return shown
