"""Times written as a pattern of `strftime` says (POSIX), the pattern given by whoever configured the log."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.kinds import matches, texts
from parsers.web.table import OFFSET, UNKNOWN, UTC, Table
from timelines import times

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WHOLE = {
    "T": "%H:%M:%S",
    "R": "%H:%M",
    "F": "%Y-%m-%d",
    "D": "%m/%d/%y",
    "c": "%a %b %e %H:%M:%S %Y",
    "r": "%I:%M:%S %p",
}
# letter: pattern and width; 0 where it has none that is always the same
_PIECES = {
    "Y": ("[0-9]{4}", 4), "y": ("[0-9]{2}", 2), "m": ("[0-9]{2}", 2), "d": ("[0-9]{2}", 2), "e": ("[ 0-9][0-9]", 2),
    "H": ("[0-9]{2}", 2), "I": ("[0-9]{2}", 2), "M": ("[0-9]{2}", 2), "S": ("[0-9]{2}", 2), "p": ("[AP]M", 2),
    "b": ("[A-Za-z]{3}", 3), "h": ("[A-Za-z]{3}", 3), "a": ("[A-Za-z]{3}", 3), "j": ("[0-9]{3}", 3), "u": ("[0-9]", 1),
    "w": ("[0-9]", 1), "z": ("[+-][0-9]{4}", 5), "s": ("[0-9]{10}", 10), "3": ("[0-9]{3}", 3), "6": ("[0-9]{6}", 6),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Strftime:
    """`pattern` in strftime's letters; `%3` and `%6` are a second's thousandths, millionths. Raises ValueError for others."""

    pattern: str
    expression: str = field(init=False, default="")
    width: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        expression, width, named = "^", 0, set[str]()
        spelled = re.sub("%([TRFDcr])", lambda match: _WHOLE[match[1]], self.pattern)
        for percent, text in re.findall(r"%(.)|([^%]+)", spelled, re.DOTALL):
            if text or percent == "%":
                expression += re.escape(text or "%")
                width += len((text or "%").encode())
                continue
            if percent not in _PIECES:
                raise ValueError(f"%{percent} of the time {self.pattern!r} is not read")
            piece, size = _PIECES[percent]
            expression += piece if percent in named else f"(?P<f{percent}>{piece})"
            named.add(percent)
            width += size
        day = named & {"d", "e"} and named & {"m", "b", "h"} and named & {"Y", "y"}
        if "s" not in named and not (day and named & {"H", "I"}):
            raise ValueError(f"the time {self.pattern!r} gives no whole date and hour")
        object.__setattr__(self, "expression", expression + "$")
        object.__setattr__(self, "width", width)

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return matches(texts(data, starts, ends), self.expression)

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        said = pc.extract_regex(table.spans.text(place), self.expression)
        names = {one.name.removeprefix("f") for one in said.type}
        part = {name: pc.struct_field(said, "f" + name) for name in names}

        def number(*letters: str, unless: int = 0) -> Int64s:
            found = next((part[letter] for letter in letters if letter in part), None)
            if found is None:
                return np.full(len(table), unless, np.int64)
            return np.asarray(pc.utf8_trim_whitespace(found).cast(pa.int64()).to_numpy())

        fraction = number("3") * 10**6 if "3" in part else number("6") * 10**3
        if "s" in part:
            ns, real = times.from_epoch(number("s"), fraction)
            table.put_time(ns, real, UTC)
            return
        year, hour = number("Y", "y"), number("H", "I")
        if "Y" not in part:
            year = year + np.where(year < 69, 2000, 1900)  # POSIX strptime: 69 to 99 are of the last century
        if "H" not in part and "p" in part:
            hour = hour % 12 + 12 * np.asarray(pc.equal(part["p"], "PM").to_numpy(zero_copy_only=False))
        clock = hour, number("M"), number("S")
        ns, real = times.from_civil(
            year, _month(part, number("m")), number("d", "e"), *clock, _offset(part, len(table))
        )
        table.put_time(ns + fraction, real, OFFSET if "z" in part else UNKNOWN)


def _month(part: dict[str, pa.Array], written: Int64s) -> Int64s:
    name = part.get("b", part.get("h"))
    if "m" in part or name is None:
        return written
    return np.asarray(pc.index_in(pc.utf8_lower(name), pa.array(_MONTHS)).fill_null(-1).to_numpy()).astype(np.int64) + 1


def _offset(part: dict[str, pa.Array], count: int) -> Int64s:
    """Seconds east of UTC."""
    if "z" not in part:
        return np.zeros(count, np.int64)
    zone = part["z"]
    hours, minutes = (pc.utf8_slice_codeunits(zone, a, a + 2).cast(pa.int64()).to_numpy() for a in (1, 3))
    west = pc.equal(pc.utf8_slice_codeunits(zone, 0, 1), "-").to_numpy(zero_copy_only=False)
    return np.asarray(np.where(west, -1, 1) * (hours * 3600 + minutes * 60))
