"""What the terminal shows: tables that fit it, tab-separated lines for pipes, errors in one line. Evidence text is made visible."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from timelines.visible import visible, visible_sentence

WIDE = 100  # columns of a terminal that a table with a time and a title needs


class Failure(Exception):
    """A command ends with this line and this exit code."""

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


def utf8_streams() -> None:
    """Write UTF-8 even where the locale says otherwise (Windows pipes): Arabic and evidence text must not fail to print."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - None where the shell closed it
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and (stream.encoding or "").lower().replace("-", "") != "utf8":
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def complain(message: str) -> None:
    """One line on standard error."""
    print(f"athar: {visible(message)}", file=sys.stderr)


def say(text: str = "") -> None:
    """A line of our own words on standard output."""
    print(text)


def wrapped(text: str) -> str:
    """A line broken between words where the terminal is narrower, its indent kept; as it is into a pipe."""
    if not sys.stdout.isatty():
        return text
    import shutil
    import textwrap

    indent = " " * (len(text) - len(text.lstrip()))
    hang = indent + ("  " if text.lstrip().startswith(("- ", "• ")) else "")
    width = max(40, shutil.get_terminal_size().columns)
    return textwrap.fill(text.strip(), width, initial_indent=indent, subsequent_indent=hang, break_on_hyphens=False)


def narrow() -> bool:
    """Whether standard output is a terminal on which a table of many columns would leave the last one no room."""
    import shutil

    return sys.stdout.isatty() and shutil.get_terminal_size().columns < WIDE


def table(
    title: str, headers: Sequence[str], rows: Iterable[Sequence[object]], note: str = "", folding: int = 1
) -> None:
    """A table that fits the terminal; piped, tab-separated lines with a heading. Numbers stand right.

    Of a row too wide for the terminal the last `folding` columns go on below; the others are cut with a mark.
    """
    listed = [[_text(cell, header) for cell, header in zip(row, headers, strict=True)] for row in rows]
    if not sys.stdout.isatty():
        print("\t".join(headers))
        for row in listed:
            print("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="dim")
    for at, header in enumerate(headers):
        numeric = bool(listed) and all(_numeric(row[at]) for row in listed)
        folds = at >= len(headers) - folding
        drawn.add_column(
            header, justify="right" if numeric else "left", no_wrap=not folds, overflow="fold" if folds else "ellipsis"
        )
    for row in listed:
        drawn.add_row(*(Text(cell) for cell in row))
    console = Console(highlight=False)
    if title:  # of its own, not the table's, which would fold it to the width of a narrow one
        console.print(Text(title, style="bold"))
    console.print(drawn)
    if note:
        console.print(Text(note, style="dim"))


def width() -> int:
    """Columns of the terminal."""
    from rich.console import Console

    return Console().width


def remark(text: str) -> None:
    """A line beside the matter: dim on a terminal. Only our own words."""
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.console import Console
    from rich.text import Text

    Console(highlight=False).print(Text(text, style="dim"))


def as_json(value: object) -> None:
    """One JSON document, for scripts. Evidence text is escaped to ASCII, so no byte of it reaches the terminal raw."""
    print(json.dumps(value, ensure_ascii=True, indent=1, default=_plain))


def instant(ns: int | None) -> str:
    """UTC ns as `2026-01-14 08:15:02.123Z`, with as many digits of the fraction as are needed; `–` for none."""
    if ns is None:
        return "–"
    from datetime import UTC, datetime, timedelta

    whole, fraction = divmod(ns, 1_000_000_000)
    shown = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=whole)).strftime("%Y-%m-%d %H:%M:%S")
    digits = f"{fraction:09d}".rstrip("0")
    return f"{shown}.{digits}Z" if digits else f"{shown}Z"


def amount(size: int) -> str:
    """Bytes for people: `3.1 MB`."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            return f"{value:,.0f} {unit}" if unit == "B" else f"{value:,.1f} {unit}"
        value /= 1000
    return f"{size} B"


def _text(cell: object, header: str = "") -> str:
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}" if sys.stdout.isatty() else str(cell)
    return visible_sentence(str(cell)) if header == "message" else visible(str(cell))


def _numeric(text: str) -> bool:
    return text.replace(",", "").replace("–", "0").isdigit()


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    return str(value)
