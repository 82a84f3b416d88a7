"""Kinds of values that are text of a known shape, or numbers with words of their own for "nothing"."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.kinds import matches, texts
from parsers.web.numerals import nullable
from parsers.web.table import Table

ADDRESS = r"([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(%[0-9A-Za-z]+)?)"


@dataclass(frozen=True, slots=True)
class Matching:
    """Text that matches a pattern as a whole; `nothing` is null. `before`: bytes of the fixed text before it that belong to it."""

    pattern: str
    nothing: str = "-"
    before: int = 0

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return matches(texts(data, starts - self.before, ends), f"^(?:{self.pattern})$")

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        if self.before:
            table.spans.starts[place] -= self.before
        held = table.spans.text(place)
        table.put(column, pc.if_else(pc.equal(held, self.nothing), None, held), own)


@dataclass(frozen=True, slots=True)
class Counted:
    """A whole number, or one of the words that stand for none."""

    type: pa.DataType = pa.int64()  # noqa: RUF009 - immutable
    missing: tuple[str, ...] = ("-",)

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return matches(texts(data, starts, ends), "^(?:[0-9]{1,18}|" + "|".join(self.missing) + ")$")

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        table.put(column, nullable(*table.spans.numbers(place), self.type), own)
