"""Columns and values that fit a terminal: which columns are shown, and how long values are cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from forensics.terminal import amount
from timelines.schema import Column
from timelines.visible import visible, visible_sentence

GAP = 2  # cells between columns
CUT_TEXT = 20  # cells for which a column of text is shown at all
LEAST_TEXT = 12  # cells that a column of text keeps however narrow the terminal
LEAST_MESSAGE = 44  # the last column folds over lines; narrower than this it becomes a pillar of words


def for_people(table: pa.Table, columns: Sequence[Column]) -> dict[str, list[str]]:
    """Each column as texts: instants to the second (UTC), spans and sizes in words, numbers with their thousands marked, `–` for none."""
    return {column.name: _texts(table.column(column.name), column) for column in columns}


def _texts(values: pa.ChunkedArray, column: Column) -> list[str]:
    if pa.types.is_timestamp(column.type):
        seconds = pc.strftime(
            pc.floor_temporal(values, unit="second").cast(pa.timestamp("s", "UTC")), "%Y-%m-%d %H:%M:%S"
        )
        return ["–" if text is None else text for text in seconds.to_pylist()]
    shown = visible_sentence if column.name == "message" else visible
    return ["–" if value is None else _text(value, column.unit, shown) for value in values.to_pylist()]


def _text(value: Any, unit: str, shown: Callable[[str], str]) -> str:
    if isinstance(value, str):
        return shown(value)
    if unit == "bytes":
        return amount(value)
    if unit == "s":
        return span(value)
    return f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"


def span(seconds: float) -> str:
    """Seconds as `3 d 4 h`, `2 h 5 min`, `12 s`: the two largest units."""
    left = int(seconds)
    words: list[str] = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if left >= size and len(words) < 2:
            words.append(f"{left // size:,} {unit}")
            left %= size
        elif words:
            break
    return " ".join(words) or "0 s"


def fitting(
    texts: Mapping[str, Sequence[str]], shown: Sequence[str], columns: Sequence[Column], width: int
) -> list[str]:
    """The columns to show, in their declared order: of `shown` those that fit when long texts are cut, the first named first; then of the
    others those that fit uncut beside them."""
    kinds = {column.name: column.type for column in columns}
    uncut = {name: max(map(len, (name, *values))) for name, values in texts.items()}
    least = {n: min(wide, CUT_TEXT) if pa.types.is_string(kinds[n]) else wide for n, wide in uncut.items()}
    least |= {name: min(uncut[name], LEAST_MESSAGE) for name in least if name == "message"}
    taken: list[str] = []
    for wide, names in ((least, shown), (uncut, [column.name for column in columns])):
        for name in names:
            if name not in taken and sum(wide[n] + GAP for n in (*taken, name)) - GAP <= width:
                taken.append(name)
    return [column.name for column in columns if column.name in taken]


def cut(
    texts: Mapping[str, Sequence[str]], names: Sequence[str], columns: Sequence[Column], width: int
) -> dict[str, list[str]]:
    """The columns `names`, long texts cut in their middle so that a row stays one line; `message`, where it is last, is left to fold."""
    kinds = {column.name: column.type for column in columns}
    wide = {name: max(map(len, (name, *texts[name]))) for name in names}
    folds = [name for name in names[-1:] if name == "message"]
    free = [name for name in names if pa.types.is_string(kinds[name]) and name not in folds]
    room = width - GAP * (len(names) - 1) - sum(wide[name] for name in names if name not in (*free, *folds))
    room -= sum(min(wide[name], LEAST_MESSAGE) for name in folds)
    shares = _shares({name: wide[name] for name in free}, room)
    return {name: [_middle(text, shares[name]) if name in shares else text for text in texts[name]] for name in names}


def _shares(wanted: Mapping[str, int], room: int) -> dict[str, int]:
    """How wide each column may be: the narrow ones as they are, the wide ones alike."""
    shares: dict[str, int] = {}
    for at, (name, wide) in enumerate(sorted(wanted.items(), key=lambda pair: pair[1])):
        fair = max((room - sum(shares.values())) // (len(wanted) - at), LEAST_TEXT)
        shares[name] = min(wide, fair)
    return shares


def _middle(text: str, most: int) -> str:
    """Both ends of a text: the name of a program or file stands at the end, its folder at the beginning."""
    if len(text) <= most:
        return text
    end = (most - 1) * 3 // 5
    return f"{text[: most - 1 - end]}…{text[len(text) - end :]}"
