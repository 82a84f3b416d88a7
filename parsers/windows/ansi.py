"""Text in the writer's own code page: Windows does not store which. It is read as Windows-1252, and said where that is a choice.

ASCII is the same in every code page that Windows uses for ANSI text.
"""

from __future__ import annotations

from parsers.windows.values import ANSI, ARRAY

PAGE = "Windows-1252"


def doubt(kind: int, raw: bytes) -> str:
    """Why the text of a value may be another than shown; empty for what is not ANSI text, and for ASCII."""
    if kind & ~ARRAY != ANSI or raw.isascii():
        return ""
    return f"ANSI text whose code page is not stored; read as {PAGE}"
