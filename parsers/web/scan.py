"""The fast path: common, combined, vhost_combined and nginx's main, by the positions of quotes and spaces in a whole block.

A line is taken only when every field lies where its layout puts it; any doubt leaves it to `strict`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from parsers.gather import Bools, Bytes, Int64s
from parsers.web import fields as f
from parsers.web.dates import looks_clf, windows
from parsers.web.lines import Lines
from parsers.web.numerals import digits
from parsers.web.spans import Spans

_TAB, _SPACE, _QUOTE, _BACKSLASH, _OPEN, _CLOSE, _DASH = b'\t "\\[]-'
_LAYOUT_QUOTES = (2, 6, 8)  # common; combined; combined with X-Forwarded-For
_VHOST = re.compile(r"([A-Za-z0-9_.*-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
MARGIN = 16  # sentinel positions behind the last space and quote, so that looking ahead stays in the array


@dataclass(frozen=True, slots=True)
class Marks:
    """Positions of one byte value in a block, and for each line the index of its first and how many it has."""

    where: Int64s
    first: Int64s
    count: Int64s

    @classmethod
    def of(cls, where: Int64s, lines: Lines) -> Marks:
        first = np.searchsorted(where, lines.starts)
        count = np.searchsorted(where, lines.ends) - first
        return cls(np.append(where, np.full(MARGIN, len(lines.data))), first, count)

    def nth(self, rows: Int64s, n: int | Int64s) -> Int64s:
        """Position of the n-th mark of each row, n below MARGIN or the row's count; rows that have fewer give some later position."""
        where: Int64s = self.where[self.first[rows] + n]
        return where


def odd_lines(lines: Lines) -> tuple[Bools, Bools]:
    """Lines with control bytes (a line end apart), and lines with bytes above 0x7f: two (n,) masks."""
    data = lines.data
    control, high = np.zeros(len(lines), np.bool_), np.zeros(len(lines), np.bool_)
    if int(data.max(initial=0)) >= 0x7F:
        _mark(lines, np.flatnonzero(data >= 0x80), high)
        _mark(lines, np.flatnonzero(data == 0x7F), control)
    if np.count_nonzero(data < 32) > len(lines) - np.count_nonzero(lines.unterminated()):  # more than the newlines
        low = np.flatnonzero(data < 32)
        _mark(lines, low[data[low] != _TAB], control)
    return control, high


def _mark(lines: Lines, places: Int64s, mask: Bools) -> None:
    """Set `mask` for the lines that hold one of `places` before their line end."""
    row = np.searchsorted(lines.starts, places, side="right") - 1
    inside = (row >= 0) & (places < lines.ends[np.maximum(row, 0)])
    mask[row[inside]] = True


def _quotes(data: Bytes) -> tuple[Int64s, Int64s]:
    """Quotes that no backslash escapes, and those that two backslashes precede (undecided here)."""
    quotes = np.flatnonzero(data == _QUOTE)
    escaped = data[np.maximum(quotes - 1, 0)] == _BACKSLASH
    if not escaped.any():
        return quotes, quotes[:0]
    doubtful = escaped & (data[np.maximum(quotes - 2, 0)] == _BACKSLASH)
    return quotes[~escaped], quotes[doubtful]


def scan(lines: Lines, odd: Bools) -> tuple[Spans, Bools]:
    """Fields of the lines that fit a layout to the byte, and which lines those are. `odd` lines are left out."""
    data = lines.data
    found = Spans.empty(lines, f.FIELDS)
    unescaped, doubtful = _quotes(data)
    quotes = Marks.of(unescaped, lines)
    spaces = Marks.of(np.flatnonzero(data == _SPACE), lines)
    fits = ~odd & np.isin(quotes.count, _LAYOUT_QUOTES) & (spaces.count >= 8)
    if len(doubtful):
        fits[np.maximum(np.searchsorted(lines.starts, doubtful, side="right") - 1, 0)] = False
    rows = np.flatnonzero(fits)
    shift = np.full(len(lines), -1, np.int64)
    shift[rows] = _shift(rows, quotes, spaces)
    rows = rows[shift[rows] >= 0]
    marks = _Seen(found, quotes, spaces, shift)
    for step in (_head, _request, _answer, _headers):
        rows = rows[step(marks, rows)]
    fast = np.zeros(len(lines), np.bool_)
    fast[rows] = True
    found.starts[:, ~fast] = -1
    return found, fast


@dataclass(frozen=True, slots=True)
class _Seen:
    """A block under the scan: spans found so far, its marks, and how many words stand before a line's client: 0, or 1 (a virtual host)."""

    found: Spans
    quotes: Marks
    spaces: Marks
    shift: Int64s


def _shift(rows: Int64s, quotes: Marks, spaces: Marks) -> Int64s:
    """0 where three words stand before the date, 1 where four do (vhost_combined), else -1."""
    before = quotes.nth(rows, 0) - 30  # the space before `[dd/Mon/yyyy:HH:MM:SS +hhmm] "`
    return np.where(spaces.nth(rows, 2) == before, 0, np.where(spaces.nth(rows, 3) == before, 1, -1))


def _head(seen: _Seen, rows: Int64s) -> Bools:
    """`[vhost:port ]client ident user [date] "`"""
    found, spaces = seen.found, seen.spaces
    data, starts = found.lines.data, found.lines.starts[rows]
    shift, quote = seen.shift[rows], seen.quotes.nth(rows, 0)
    fits: Bools = quote - 30 > starts
    fits &= (data[quote - 1] == _SPACE) & (data[quote - 2] == _CLOSE) & (data[np.maximum(quote - 29, 0)] == _OPEN)
    fits &= looks_clf(data, quote - 28)
    words = [spaces.nth(rows, k) for k in range(3)]
    begin = starts
    with_host = shift == 1
    if with_host.any():
        colon = _virtual_hosts(found, rows, with_host & fits, words)
        fits &= ~with_host | (colon > 0)
        found.put(f.VHOST, rows[with_host], starts[with_host], colon[with_host])
        found.put(f.VPORT, rows[with_host], colon[with_host] + 1, words[0][with_host])
        begin = np.where(with_host, words[0] + 1, starts)
        words = [spaces.nth(rows, k + shift) for k in range(3)]
    for column, end in zip((f.CLIENT, f.IDENT, f.USER), words, strict=True):
        fits &= end > begin
        found.put(column, rows, begin, end)
        begin = end + 1
    found.put(f.DATE, rows, quote - 28, quote - 8)
    found.put(f.ZONE, rows, quote - 7, quote - 2)
    return fits


def _virtual_hosts(found: Spans, rows: Int64s, wanted: Bools, words: list[Int64s]) -> Int64s:
    """Where the colon of a leading `name:port` lies: (rows,) positions, 0 where the first word is none or the second is `-`."""
    colon = np.zeros(len(rows), np.int64)
    data = found.lines.data
    wanted = wanted & ~((words[1] - words[0] == 2) & (data[np.minimum(words[0] + 1, len(data) - 1)] == _DASH))
    found.put(f.VHOST, rows[wanted], found.lines.starts[rows[wanted]], words[0][wanted])
    encoded = pc.dictionary_encode(found.text(f.VHOST, dash_is_null=False).take(rows[wanted]))
    ports = [len(name) - name.rfind(":") if _VHOST.fullmatch(name) else 0 for name in encoded.dictionary.to_pylist()]
    if ports:
        width = np.array(ports, np.int64)[encoded.indices.to_numpy()]
        colon[wanted] = np.where(width > 0, words[0][wanted] - width, 0)
    return colon


def _request(seen: _Seen, rows: Int64s) -> Bools:
    """`METHOD target HTTP/d.d`"""
    found, quotes, spaces = seen.found, seen.quotes, seen.spaces
    data, shift = found.lines.data, seen.shift[rows]
    start, end = quotes.nth(rows, 0) + 1, quotes.nth(rows, 1)
    method_end, target_end = spaces.nth(rows, 5 + shift), spaces.nth(rows, 6 + shift)
    fits: Bools = (target_end == end - 9) & (target_end > method_end + 1) & (method_end > start)
    version = windows(data, end - 8, 8)
    for place, mark in enumerate(b"HTTP/"):
        fits &= version[:, place] == mark
    fits &= (version[:, 5] - np.uint8(48) <= 9) & (version[:, 6] == 46) & (version[:, 7] - np.uint8(48) <= 9)
    length = method_end - start
    fits &= length <= 16
    for place in range(int(length[fits].max()) if fits.any() else 0):
        fits &= (place >= length) | (data[np.minimum(start + place, len(data) - 1)] - np.uint8(65) <= 25)
    found.put(f.METHOD, rows, start, method_end)
    found.put(f.URI, rows, method_end + 1, target_end)
    found.put(f.VERSION, rows, end - 8, end)
    return fits


def _answer(seen: _Seen, rows: Int64s) -> Bools:
    """` sss bytes`, then the line's end or ` "`"""
    found, quotes, spaces = seen.found, seen.quotes, seen.spaces
    data, shift = found.lines.data, seen.shift[rows]
    end, common = quotes.nth(rows, 1), quotes.count[rows] == 2
    fits: Bools = (spaces.nth(rows, 7 + shift) == end + 1) & (spaces.nth(rows, 8 + shift) == end + 5)
    status = windows(data, end + 2, 3) - np.uint8(48)
    fits &= (status <= 9).all(axis=1)
    start = end + 6
    stop = np.where(common, found.lines.ends[rows], spaces.nth(rows, 9 + shift))
    fits &= common | (quotes.nth(rows, 2) == stop + 1)
    dash = (stop - start == 1) & (data[np.minimum(start, len(data) - 1)] == _DASH)
    fits &= dash | digits(data, np.where(fits, start, -1), stop)[1]
    found.put(f.STATUS, rows, end + 2, end + 5)
    found.put(f.BYTES, rows, start, stop)
    return fits


def _headers(seen: _Seen, rows: Int64s) -> Bools:
    """` "referer" "agent"`, and in nginx's main ` "forwarded for"`; then the line's end."""
    found, quotes = seen.found, seen.quotes
    data = found.lines.data
    last = quotes.nth(rows, quotes.count[rows] - 1)
    fits: Bools = (quotes.count[rows] == 2) | (last + 1 == found.lines.ends[rows])
    for pair, column in ((2, f.REFERER), (4, f.AGENT), (6, f.FORWARDED)):
        has = np.flatnonzero(quotes.count[rows] > pair)
        before, opening = quotes.nth(rows[has], pair - 1), quotes.nth(rows[has], pair)
        if pair > 2:
            fits[has] &= (opening == before + 2) & (data[opening - 1] == _SPACE)
        found.put(column, rows[has], opening + 1, quotes.nth(rows[has], pair + 1))
    return fits
