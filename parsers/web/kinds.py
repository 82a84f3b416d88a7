"""What a value of a line can be: whether it is written so, and the columns that it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.copied import Cut, columns_of
from parsers.gather import Bools, Bytes, Int64s
from parsers.web import fields as f
from parsers.web.formats import Page
from parsers.web.numerals import digits, nullable
from parsers.web.request_parts import (
    METHOD,
    QUERY,
    STEM,
    TARGET,
    VERSION,
    places_of,
    request_parts,
    split_targets,
)
from parsers.web.spans import Grid, Spans
from parsers.web.strict import request
from parsers.web.table import Table

DASH = 45
_REQUEST = (
    ("cs_method", METHOD),
    ("cs_uri", TARGET),
    ("cs_uri_stem", STEM),
    ("cs_uri_query", QUERY),
    ("cs_version", VERSION),
)


class Kind(Protocol):
    """One kind of value. `fits` sees where values lie ((n,) positions in `data`); `fill` puts columns into a table."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools: ...

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None: ...


class ReadOnce:
    """A kind that must read values to see whether they fit: what was read is kept for `fill`. See `Spans.once`."""

    __slots__ = ()

    def fits_in(self, spans: Spans, place: int) -> Bools:
        """What `fits` says of a field of all lines."""
        raise NotImplementedError


def dashes(data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
    """Where a value is a lone `-`, the formats' own sign for nothing."""
    inside = np.clip(starts, 0, max(len(data) - 1, 0))
    found: Bools = (ends - starts == 1) & (data[inside] == DASH)
    return found


def texts(data: Bytes, starts: Int64s, ends: Int64s) -> pa.Array:
    """Values as bytes, for patterns."""
    edges = np.empty(2 * len(starts) + 1, np.int32)
    edges[:-1:2], edges[1::2] = starts, ends
    edges[-1] = len(data)  # Arrow looks at the first and the last only: values may lie in any order
    if not len(starts):
        return pa.array([], pa.binary())
    raw = pa.Array.from_buffers(
        pa.binary(), len(edges) - 1, [None, pa.py_buffer(edges), pa.py_buffer(np.ascontiguousarray(data))]
    )
    return raw.take(pa.array(np.arange(0, 2 * len(starts), 2)))


@dataclass(frozen=True, slots=True)
class Text:
    """Any text. A lone `-` is null, unless `dash` says that it may be meant; `empty` allows nothing between two marks."""

    dash: bool = False
    empty: bool = True
    spaces: bool = True

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        good = np.ones(len(starts), np.bool_) if self.empty else np.asarray(ends > starts)
        if not self.spaces:
            good &= ~matches(texts(data, starts, ends), r" ")
        return good

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        table.put(column, table.spans.text(place, dash_is_null=not self.dash), own)


@dataclass(frozen=True, slots=True)
class Whole(ReadOnce):
    """A whole number of at most 18 digits, or `-`; `digits` fixes how many there are."""

    type: pa.DataType = pa.int64()  # noqa: RUF009 - immutable
    digits: int = 0

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return self._fitting(digits(data, starts, ends)[1], data, starts, ends)

    def fits_in(self, spans: Spans, place: int) -> Bools:
        return self._fitting(spans.numbers(place)[1], spans.lines.data, spans.starts[place], spans.ends[place])

    def _fitting(self, good: Bools, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        if self.digits:
            good = good & (ends - starts == self.digits)
        return good if good.all() else np.asarray(good | dashes(data, starts, ends))

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        table.put(column, nullable(*table.spans.numbers(place), self.type), own)


STATUS = Whole(pa.int32(), 3)


@dataclass(frozen=True, slots=True)
class Span:
    """A time that something took, in units of `unit` ns, with or without a decimal point; `-` and `missing` are null. Becomes ns."""

    unit: int
    missing: tuple[str, ...] = ("-",)

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        held = texts(data, starts, ends)
        blank = pc.is_in(held, value_set=pa.array([text.encode() for text in self.missing], pa.binary()))
        written = matches(held, r"^-?[0-9]{1,12}(\.[0-9]{1,9})?$")
        return np.asarray(written | blank.to_numpy(zero_copy_only=False))

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        held = table.spans.text(place)
        blank = pc.is_in(held, value_set=pa.array(self.missing))
        exact = pc.if_else(blank, None, held).cast(pa.decimal128(24, 9))
        ns = pc.multiply(exact, pa.scalar(self.unit, pa.decimal128(13, 0)))
        table.put(column, pc.round(ns).cast(pa.int64(), safe=False), own)


SECONDS, MILLISECONDS, MICROSECONDS, NANOSECONDS = Span(10**9), Span(10**6), Span(10**3), Span(1)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`address:port`, the address perhaps in brackets, or `-`: two columns, the second under `port`."""

    port: str

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return matches(
            texts(data, starts, ends), r"^(-|[0-9A-Za-z_.-]+|[0-9A-Fa-f:.%]+|\[[0-9A-Fa-f:.%]+\])(:[0-9]{1,5})?$"
        )

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        held = table.spans.text(place)
        parts = pc.extract_regex(held, r"^\[?(?P<host>.*?)\]?(?::(?P<port>[0-9]{1,5}))?$")
        bare_v6 = pc.match_substring_regex(held, r"^[0-9A-Fa-f]*:[0-9A-Fa-f]*:[^\[\]]*$")
        table.put(column, pc.if_else(bare_v6, held, pc.struct_field(parts, "host")), own)
        port = pc.struct_field(parts, "port")
        port = pc.if_else(pc.or_(bare_v6, pc.equal(port, "")), None, port)
        table.put(self.port, port.cast(pa.int32()))


@dataclass(frozen=True, slots=True)
class Request:
    """`METHOD target HTTP/n` between quotes; any other is kept whole as `request_line`, and what can be told apart of it."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return np.ones(len(starts), np.bool_)

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        held = table.spans.text(place, dash_is_null=False)
        data, starts, ends = places_of(held)
        begins, stops, usual = request_parts(data, starts, ends)
        odd = np.flatnonzero(~usual & (starts >= 0))
        line: pa.Array = pa.nulls(len(table), pa.string())
        if len(odd):
            data = _told_apart(data, held, (odd, begins, stops))
            mask = np.zeros(len(table), np.bool_)
            mask[odd] = True
            line = pc.if_else(pa.array(mask), held, None)
            table.remarks.mark(odd, "odd-request")
        cuts = {column: Cut(begins[part], stops[part]) for column, part in _REQUEST}
        for column, array in columns_of(data, cuts, given_plain(table.page)).items():
            table.put(column, array)
        table.put("request_line", line)


def given_plain(page: Page) -> set[str]:
    """Text columns whose texts did not repeat in the slice so far."""
    return cast("set[str]", page.state.setdefault("kinds: given plain", set()))


def _told_apart(data: Bytes, held: pa.StringArray, where: tuple[Int64s, Grid, Grid]) -> Bytes:
    """The bytes of requests, and behind them what can be told apart of `odd` ones; the grids of parts are led there."""
    odd, begins, stops = where
    more, at = list[bytes](), len(data)
    for row, text in zip(odd.tolist(), held.take(pa.array(odd)).to_pylist(), strict=True):
        for part, said in zip((METHOD, TARGET, VERSION), _odd_request(text), strict=True):
            if said is not None:
                begins[part, row], stops[part, row] = at, at + len(said)
                more.append(said)
                at += len(said)
    data = np.concatenate((data, np.frombuffer(b"".join(more), np.uint8)))
    split_targets(data, begins, stops)
    return data


def _odd_request(text: str) -> tuple[bytes | None, ...]:
    """What can be told apart of a request that is not `METHOD target HTTP/n`: method, target, version."""
    raw = text.encode("utf-8")
    reading = f.Reading({}, f.STRICT)
    request(raw, 0, len(raw), reading)
    said = [reading.spans.get(field) for field in (f.METHOD, f.URI, f.VERSION)]
    return tuple(None if span is None else raw[span[0] : span[1]] for span in said)


class Lists:
    """Values side by side that may each be a list (`a, b : c`), as nginx writes them when several upstreams were asked: one column each."""

    def __init__(self, *columns: str) -> None:
        self.columns = columns
        one = r"[^ ,]+(?:(?:, | : )[^ ,]+)*"
        self._pattern = "^" + " ".join(f"(?P<{name}>{one})" for name in columns) + "$"

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return matches(texts(data, starts, ends), self._pattern)

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        found = pc.extract_regex(table.spans.text(place), self._pattern)
        for name in self.columns:
            said = pc.struct_field(found, name)
            table.put(name, pc.if_else(pc.equal(said, "-"), None, said))


def matches(held: pa.Array, pattern: str) -> Bools:
    """Where values match a pattern (RE2: linear time); not where they are null."""
    found: Bools = pc.match_substring_regex(held, pattern).fill_null(False).to_numpy(zero_copy_only=False)
    return found
