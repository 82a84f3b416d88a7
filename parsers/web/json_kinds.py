"""Kinds of values that JSON lines hold besides those of other logs: a target apart from its request, and times of any precision."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from functools import partial

import numpy as np
import pyarrow as pa

from parsers.copied import Cut, columns_of
from parsers.gather import Bools, Bytes, Int64s
from parsers.web.decimals import FRACTION, WHOLE, scaled
from parsers.web.kinds import ReadOnce, dashes, matches, texts
from parsers.web.request_parts import QUERY, STEM, TARGET, target_parts
from parsers.web.spans import Spans
from parsers.web.table import UTC, Table

_NUMBER = r"^-?[0-9]{1,12}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?$"
_EXACT = Context(prec=WHOLE + FRACTION)


@dataclass(frozen=True, slots=True)
class Target:
    """A request's target: `cs_uri` as written, and its path and query at the first `?`. `stem` is the target without its query."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return np.ones(len(starts), np.bool_)

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        for name, array in columns_of(table.spans.lines.data, self.cuts(table.spans, place), set()).items():
            table.put(name, array)

    def cuts(self, spans: Spans, place: int) -> dict[str, Cut]:
        """Where the texts of its columns lie."""
        begins, stops = target_parts(spans.lines.data, spans.starts[place], spans.ends[place])
        parts = {"cs_uri": TARGET, "cs_uri_stem": STEM, "cs_uri_query": QUERY}
        return {name: Cut(begins[part], stops[part]) for name, part in parts.items()}


@dataclass(frozen=True, slots=True)
class Took(ReadOnce):
    """A time that something took, as a JSON number (or a text that is one) in units of 10**`places` ns; a lone `-` or nothing is null.

    Becomes whole ns, ties to even: a server that counts in floating point writes more places than there are. What does not fit 64 bits is
    no such time.
    """

    places: int

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return self._fitting(scaled(data, starts, ends, self.places)[1], data, starts, ends)

    def fits_in(self, spans: Spans, place: int) -> Bools:
        good = self._read(spans, place)[1].copy()
        return self._fitting(good, spans.lines.data, spans.starts[place], spans.ends[place])

    def _read(self, spans: Spans, place: int) -> tuple[Int64s, Bools]:
        return spans.once(self, place, partial(scaled, places=self.places))

    def _fitting(self, good: Bools, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        if good.all():
            return good
        rest = np.flatnonzero(~good & ~(starts == ends) & ~dashes(data, starts, ends))
        good[:] = True
        good[rest] = matches(texts(data, starts[rest], ends[rest]), _NUMBER)
        for row in rest[good[rest]].tolist():
            good[row] = self._ns(data[starts[row] : ends[row]].tobytes().decode("ascii")) is not None
        return good

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        data, starts, ends = table.spans.lines.data, table.spans.starts[place], table.spans.ends[place]
        ns, known = (made.copy() for made in self._read(table.spans, place))
        for row in np.flatnonzero(~known & (starts >= 0)).tolist():
            told = self._ns(data[starts[row] : ends[row]].tobytes().decode("ascii"))
            known[row], ns[row] = told is not None, told or 0
        table.put(column, pa.array(ns, mask=~known), own)

    def _ns(self, written: str) -> int | None:
        if written in ("", "-"):
            return None
        value = Decimal(written).scaleb(self.places, _EXACT).to_integral_value()
        return int(value) if abs(value) < 2**63 else None


SECONDS, MILLISECONDS, NANOSECONDS = Took(9), Took(6), Took(0)


@dataclass(frozen=True, slots=True)
class EpochNs:
    """Whole nanoseconds since 1970, 12 to 19 digits."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return matches(texts(data, starts, ends), r"^([0-9]{12,18}|[1-8][0-9]{18}|9[01][0-9]{17})$")

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        ns = table.spans.text(place).cast(pa.int64())
        table.put_time(ns.fill_null(0).to_numpy(), ns.is_valid().to_numpy(False), UTC)
