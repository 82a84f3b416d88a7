"""The code pages of Windows for ANSI text, by their numbers: what an examiner may say of an exhibit."""

from __future__ import annotations

# Thai, Japanese, simplified Chinese, Korean, traditional Chinese; Central European to Vietnamese (1256 is Arabic); UTF-8
PAGES = (874, 932, 936, 949, 950, *range(1250, 1259), 65001)


def codec(page: int) -> str:
    """Python's name for a code page."""
    return "utf-8" if page == 65001 else f"cp{page}"


def checked_page(page: int | None) -> int | None:
    """The page, or None. Raises ValueError for a number that is none of PAGES."""
    if page is not None and page not in PAGES:
        raise ValueError(f"code page {page} is not known; there are {', '.join(map(str, PAGES))}")
    return page
