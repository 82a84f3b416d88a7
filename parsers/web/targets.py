"""Kinds of values that are a request's parts, where a log writes them apart: the target whole, its path, its query, the version."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.kinds import matches, texts
from parsers.web.table import Table


@dataclass(frozen=True, slots=True)
class Target:
    """A whole target, split at its first `?` into stem and query (RFC 3986 section 3.4); a lone `-` is null."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return np.asarray(ends > starts)

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        held = table.spans.text(place)
        parts = pc.extract_regex(held, r"^(?s)(?P<stem>[^?]*)(?P<asked>\?)?(?P<query>.*)$")
        table.put("cs_uri", held)
        table.put("cs_uri_stem", pc.struct_field(parts, "stem"))
        asked = pc.equal(pc.struct_field(parts, "asked"), "?")
        table.put("cs_uri_query", pc.if_else(asked, pc.struct_field(parts, "query"), None))


@dataclass(frozen=True, slots=True)
class Query:
    """A query with its `?` before it, or nothing (Apache's `%q`)."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return np.asarray((ends == starts) | matches(texts(data, starts, ends), r"^\?"))

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        held = table.spans.text(place, dash_is_null=False)
        asked = pc.greater(pc.binary_length(held), 0)
        table.put("cs_uri_query", pc.if_else(asked, pc.utf8_slice_codeunits(held, 1), pa.scalar(None, pa.string())))


@dataclass(frozen=True, slots=True)
class Version:
    """`HTTP/1.1` or another protocol's name."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return matches(texts(data, starts, ends), r"^([A-Za-z]{2,10}/[0-9](\.[0-9])?|-)$")

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        table.put("cs_version", table.spans.text(place))
