"""Regular expressions as rules mean them (PCRE) in the words of RE2."""

from __future__ import annotations

import re
from functools import lru_cache

_END = r"(?:\n?\z)"  # PCRE: `$` stands at the end of the text, and before a newline that ends it
_LINES = re.compile(
    r"\(\?[a-zA-Z]*m|\\Q"
)  # `$` means the end of any line then, or nothing at all; `(?-m:` takes that away
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\$", re.DOTALL)


@lru_cache(maxsize=4096)
def for_re2(pattern: str) -> str:
    """The same pattern, where `$` outside of classes and without the flag `m` also stands before a newline that ends the text."""
    if "$" not in pattern or _LINES.search(pattern):
        return pattern
    return _PIECE.sub(lambda found: _END if found[0] == "$" else found[0], pattern)
