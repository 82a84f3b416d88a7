"""Text in the writer's own code page: Windows does not store which. Unless the examiner tells it, it is read as Windows-1252, and said so.

ASCII is the same in every code page that Windows uses for ANSI text.
"""

from __future__ import annotations

from timelines.code_pages import codec

USUAL = 1252


def text(raw: bytes, page: int | None = None) -> str:
    """Text without its terminators; bytes that the page lacks are written `\\xHH`."""
    return raw.rstrip(b"\0").decode(codec(page or USUAL), "backslashreplace")


def doubt(raw: bytes, page: int | None = None) -> str:
    """Why the text of a value may be another than shown; empty for ASCII, and for what a page that was told has characters for."""
    if raw.isascii():
        return ""
    if page is None:
        return f"ANSI text whose code page is not stored; read as Windows-{USUAL}"
    try:
        raw.decode(codec(page))
    except UnicodeDecodeError:
        return f"ANSI text with bytes that code page {page} lacks; they are written \\xHH"
    return ""
