"""Kinds of values that JSON lines hold besides those of other logs: a target apart from its request, and times of any precision."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.kinds import matches, texts
from parsers.web.table import UTC, Table

_PLAIN = r"^-?[0-9]{1,12}(\.[0-9]{1,25})?$"


@dataclass(frozen=True, slots=True)
class Target:
    """A request's target: `cs_uri` as written, and its path and query at the first `?`. `stem` is the target without its query."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return np.ones(len(starts), np.bool_)

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        uri = table.spans.text(place, dash_is_null=False)
        mark = pc.find_substring(uri, "?")
        query = pc.struct_field(pc.extract_regex(uri, r"^(?s)[^?]*\?(?P<query>.*)$"), "query")
        table.put("cs_uri", uri)
        table.put("cs_uri_stem", pc.struct_field(pc.extract_regex(uri, r"^(?s)(?P<stem>[^?]*)"), "stem"))
        table.put("cs_uri_query", pc.if_else(pc.greater_equal(mark, 0), query, None))


@dataclass(frozen=True, slots=True)
class Took:
    """A time that something took, as a JSON number (or a text that is one) in units of `unit` ns; a lone `-` or nothing is null.

    Becomes whole ns, ties to even: a server that counts in floating point writes more places than there are.
    """

    unit: int

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return matches(texts(data, starts, ends), r"^(-?[0-9]{1,12}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?|-|)$")

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        held = table.spans.text(place)
        plain = pc.match_substring_regex(held, _PLAIN)
        exact = pc.if_else(plain, held, None).cast(pa.decimal128(37, 25))
        ns = pc.round(
            pc.multiply(exact.cast(pa.decimal256(60, 25)), pa.scalar(self.unit, pa.decimal256(13, 0))),
            0,
            "half_to_even",
        )
        out = ns.cast(pa.int64(), safe=False)
        odd = np.flatnonzero(~plain.fill_null(True).to_numpy(zero_copy_only=False))
        if len(odd):
            told = [self._ns(held[int(row)].as_py()) for row in odd]
            mask = np.zeros(len(held), np.bool_)
            mask[odd] = True
            out = pc.replace_with_mask(out, pa.array(mask), pa.array(told, pa.int64()))
        table.put(column, out, own)

    def _ns(self, written: str) -> int | None:
        if not written:
            return None
        value = Decimal(written) * self.unit
        return int(value.to_integral_value()) if abs(value) < 2**63 else None


SECONDS, MILLISECONDS, NANOSECONDS = Took(10**9), Took(10**6), Took(1)


@dataclass(frozen=True, slots=True)
class EpochNs:
    """Whole nanoseconds since 1970, 12 to 19 digits."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return matches(texts(data, starts, ends), r"^([0-9]{12,18}|[1-8][0-9]{18}|9[01][0-9]{17})$")

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        ns = table.spans.text(place).cast(pa.int64())
        table.put_time(ns.fill_null(0).to_numpy(), ns.is_valid().to_numpy(False), UTC)
