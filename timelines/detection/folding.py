"""Case as Sigma ignores it: simple Unicode folding, one character for one, so positions and wildcards keep their meaning."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def fold(text: str) -> str:
    """Fold one string (Unicode CaseFolding.txt, statuses C and S)."""
    if text.isascii():
        return text.lower()
    folded = text.casefold()
    if len(folded) == len(text):
        return folded
    return "".join(_fold_character(c) for c in text)


def _fold_character(character: str) -> str:
    for candidate in (character.casefold(), character.lower()):
        if len(candidate) == 1:
            return candidate
    return character


def fold_array(texts: pa.StringArray) -> pa.StringArray:
    """Fold a column of distinct values: ASCII at once, the others one by one."""
    folded = pc.ascii_lower(texts)
    plain = pc.string_is_ascii(texts)
    if pc.all(plain, min_count=0).as_py():
        return folded
    odd = pc.invert(plain)
    others = pa.array([fold(text) for text in texts.filter(odd).to_pylist()], texts.type)
    return pc.replace_with_mask(folded, odd, others)
