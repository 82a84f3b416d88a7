"""Summaries issued: built once from the case, written by an exporter, recorded in custody."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

FORMATS = ("html", "json")  # what `run` and `demo` issue for each language


def languages(text: str) -> tuple[str, ...]:
    """`"en,fr"` as a tuple of known languages. Raises ValueError naming those there are."""
    from importlib.resources import files

    known = sorted(
        p.name.removesuffix(".toml") for p in (files("cases") / "languages").iterdir() if p.name.endswith(".toml")
    )
    wanted = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for language in wanted:
        if language not in known:
            raise ValueError(f"no language {language!r}; there are {', '.join(known)}")
    return wanted


def report_date(text: str | None) -> str:
    """The date that a summary bears: as given, checked; today in UTC when None. Raises ValueError."""
    if text is None:
        return datetime.now(UTC).date().isoformat()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"date {text!r}: expected YYYY-MM-DD")
    return date.fromisoformat(text).isoformat()
