"""What the columns of a window say, as places in its one dictionary."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from parsers.windows.gathered import DIFFER, NONE
from timelines.coded import constant, nothing


@dataclass(slots=True)
class Asked:
    """A column that was asked for: its type, whether no row lacks it, its number among columns that are gathered; `text` is given at once
    where types are mixed.

    `trouble` is what could not be rendered: (row, place in the window, reason).
    """

    kind: int
    count: int
    full: bool = True
    number: int = -1
    text: pa.DictionaryArray | None = None
    trouble: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Words:
    """The dictionary of a window; where each column begins; the places of all texts, as if none were null and with nulls, and by type those
    of all numbers; the place that all rows of a column name, NONE or DIFFER."""

    text: pa.Array
    starts: list[int]
    whole: pa.Array
    some: pa.Array
    numbers: dict[int, pa.Array]
    alike: list[int]
    _said: dict[int, str] = field(default_factory=dict)

    def always(self, said: Asked | str | None) -> str | int | None:
        """What all rows of a column say: a text, None, or DIFFER where they do not say one thing or nobody knows."""
        if said is None or isinstance(said, str):
            return said
        if said.text is not None:
            return DIFFER
        place = NONE if said.number < 0 else self.alike[said.number]
        if place < 0:
            return None if place == NONE else DIFFER
        text = self._said.get(place)
        if text is None:
            text = self._said[place] = self.text[place].as_py()
        return text

    def column(self, said: Asked | str | None, count: int) -> pa.DictionaryArray:
        """A column of so many rows that says a value, one text, or nothing."""
        if isinstance(said, Asked) and said.text is not None:
            return said.text
        text = self.always(said)
        if isinstance(said, Asked) and text == DIFFER:
            return pa.DictionaryArray.from_arrays(self._places(said), self.text, safe=False)
        return _alike(text, count)

    def together(self, pieces: list[tuple[Asked | str | None, int]]) -> pa.DictionaryArray | None:
        """Columns of several shapes, each with its rows, one after the other; None where one says what is not in the dictionary."""
        always, count = {self.always(said) for said, _ in pieces}, sum(rows for _, rows in pieces)
        if len(always) == 1 and (text := always.pop()) != DIFFER:
            return _alike(text, count)
        places = [self._run(*piece) for piece in pieces]
        if any(one is None for one in places):
            return None
        return pa.DictionaryArray.from_arrays(pa.concat_arrays(places), self.text, safe=False)

    def _run(self, said: Asked | str | None, rows: int) -> pa.Array | None:
        """The places that rows name."""
        text = self.always(said)
        if text is None:
            return pa.nulls(rows, pa.int32())
        if text != DIFFER:
            place = self._place(said, str(text))
            return None if place < 0 else pa.repeat(pa.scalar(place, pa.int32()), rows)
        return self._places(said) if isinstance(said, Asked) and said.text is None else None

    def _place(self, said: Asked | str | None, text: str) -> int:
        """Where a text that all rows of a column say is in the dictionary; -1 where it is not."""
        if isinstance(said, Asked):
            return self.alike[said.number]
        return int(pc.index(self.text, text).as_py())

    def _places(self, asked: Asked) -> pa.Array:
        held = self.numbers.get(asked.kind, self.whole if asked.full else self.some)
        return held.slice(self.starts[asked.number], asked.count)


def _alike(text: str | int | None, count: int) -> pa.DictionaryArray:
    return nothing(count) if text is None else constant(str(text), count)
