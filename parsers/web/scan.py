"""The fast path: common, combined, vhost_combined and nginx's main, each line read once, by the quotes that part its fields.

A line is taken only when every field lies where its layout puts it; any doubt leaves it to `strict`. Of a request that is none (what a
client sent, or `-`), just the place is told. Lines of common and combined whose date has no zone are taken too, which `strict` does not:
they are what `loose` reads without a remark of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import steady
from parsers.web import fields as f
from parsers.web.lines import Lines
from parsers.web.odd_bytes import odd_bytes
from parsers.web.spans import Grid, Spans
from timelines.compiled import compiled, inlined
from timelines.words_at import word

_SPACE, _QUOTE, _BACKSLASH, _OPEN, _CLOSE, _DASH, _ASKED = b' "\\[]-?'
_SLASH, _COLON, _PLUS, _POINT, _STAR, _LOW = b"/:+.*_"
_ZERO, _NINE, _UPPER_A, _UPPER_F, _UPPER_Z, _A, _F, _Z = b"09AFZafz"
_H, _T, _P = b"HTP"
BUT_REQUEST, WHOLE, BARE = range(3)
Codes = npt.NDArray[np.int8]
_QUOTES = 8  # most that a layout has
_METHOD = 16  # bytes of the longest method that is read here
_NUMBER = 18  # digits that are sure to fit 64 bits
_HEAD = 30  # bytes of the space and `[dd/Mon/yyyy:HH:MM:SS +hhmm] ` before the request's quote
_MONTHS = np.array(
    [int.from_bytes(name, "little") for name in b"jan feb mar apr may jun jul aug sep oct nov dec".split()], np.uint64
)


def _shape(text: bytes) -> npt.NDArray[np.uint64]:
    """What eight bytes must be: `0` any digit, `.` any byte, others themselves: a pattern, how far bytes may differ, which count."""
    within = bytes(0x76 if byte == _ZERO else 0 if byte == _POINT else 0x7F for byte in text)
    mask = bytes(0 if byte == _POINT else 0xFF for byte in text)
    return np.array([int.from_bytes(part, "little") for part in (text, within, mask)], np.uint64)


_BARE_HEAD = 24  # the same of a date without its zone
_DAY, _YEAR, _MINUTE, _SHIFT = (_shape(text) for text in (b"00/.../0", b"000:00:0", b"0:00 .00", b"00 .0000"))
_CLOCK = _shape(b"00:00:00")


def odd_lines(lines: Lines) -> tuple[Bools, Bools]:
    """Lines with control bytes (a line end apart), and lines with bytes above 0x7f: two (n,) masks."""
    if lines.odd is None:
        return odd_bytes(lines.data, lines.starts, lines.ends)
    control, high = np.zeros(len(lines), np.bool_), np.zeros(len(lines), np.bool_)
    rows = np.flatnonzero(lines.odd)
    control[rows], high[rows] = odd_bytes(lines.data, lines.starts[rows], lines.ends[rows])
    return control, high


@dataclass(frozen=True, slots=True)
class Scanned:
    """What the scan took of some lines, side by side: their fields, STEM and QUERY of plain requests among them; which lines they are,
    ascending; how far each fits (BUT_REQUEST, WHOLE; BARE: whole, without a zone). The numbers of STATUS and BYTES are known to `spans`."""

    spans: Spans
    rows: Int64s
    fits: Codes


def scan(lines: Lines) -> Scanned:
    """Fields of the lines that fit a layout to the byte, but for the request of some, which is to be split."""
    count, spans = len(lines), Spans.empty(lines, f.FIELDS)
    rows, fits, numbers = np.empty(count, np.int64), np.empty(count, np.int8), np.empty((2, count), np.int64)
    starts, ends = np.ascontiguousarray(lines.starts), np.ascontiguousarray(lines.ends)
    quotes = np.zeros(_QUOTES, np.int64)
    taken = _scan(steady(lines.data), starts, ends, rows, fits, spans.starts, spans.ends, numbers, quotes)
    rows = rows[:taken]
    known = {f.STATUS: numbers[0, :taken], f.BYTES: numbers[1, :taken]}
    grids = spans.starts[:, :taken], spans.ends[:, :taken]
    return Scanned(Spans(lines.take(rows), *grids, np.zeros(taken, np.bool_), known), rows, fits[:taken])


@inlined
def _find(data: Bytes, byte: int, at: int, end: int) -> int:
    """The first place of a byte in [at, end), else `end`."""
    ones, tops = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
    pattern = np.uint64(byte) * ones
    while at + 8 <= end:
        differs = word(data, at) ^ pattern
        hits = (differs - ones) & ~differs & tops
        if hits:
            below = (hits - np.uint64(1)) & ~hits & ones  # a bit for each byte up to the first hit
            return at + int(np.int64((below * ones) >> np.uint64(56))) - 1
        at += 8
    while at < end and data[at] != byte:
        at += 1
    return at


@inlined
def _put(row: int, column: int, start: int, end: int, starts: Grid, ends: Grid) -> None:
    starts[column, row] = start
    ends[column, row] = end


@inlined
def _keeps(word: np.uint64, pattern: np.uint64, within: np.uint64, mask: np.uint64) -> bool:
    """Whether a word is of a shape (see `_shape`)."""
    differs = (word ^ pattern) & mask
    return not (((differs + within) | differs) & np.uint64(0x8080808080808080))


@inlined
def _has_month(word: np.uint64) -> bool:
    """Whether the fourth to sixth byte of a word name a month."""
    name = (word >> np.uint64(24)) & np.uint64(0xFFFFFF) | np.uint64(0x202020)
    known = False
    for month in _MONTHS:
        known = known or name == month
    return known


@inlined
def _is_date(data: Bytes, at: int) -> bool:
    """Whether `dd/Mon/yyyy:HH:MM:SS +hhmm` stands there."""
    first = word(data, at)
    if not (
        _keeps(first, _DAY[0], _DAY[1], _DAY[2])
        and _keeps(word(data, at + 8), _YEAR[0], _YEAR[1], _YEAR[2])
        and _keeps(word(data, at + 16), _MINUTE[0], _MINUTE[1], _MINUTE[2])
        and _keeps(word(data, at + 18), _SHIFT[0], _SHIFT[1], _SHIFT[2])
    ):
        return False
    sign = (word(data, at + 18) >> np.uint64(24)) & np.uint64(255)
    if sign != np.uint64(_PLUS) and sign != np.uint64(_DASH):
        return False
    return _has_month(first)


@compiled
def _bare_head(data: Bytes, row: int, start: int, quote: int, starts: Grid, ends: Grid) -> bool:
    """`client ident user [date] "`, the date without a zone; the fields before it hold no bracket, as a second date would"""
    stop, date = quote - _BARE_HEAD, quote - 22
    if stop <= start or data[quote - 1] != _SPACE or data[quote - 2] != _CLOSE or data[quote - 23] != _OPEN:
        return False
    first = word(data, date)
    if data[stop] != _SPACE or not (
        _keeps(first, _DAY[0], _DAY[1], _DAY[2])
        and _keeps(word(data, date + 8), _YEAR[0], _YEAR[1], _YEAR[2])
        and _keeps(word(data, date + 12), _CLOCK[0], _CLOCK[1], _CLOCK[2])
    ):
        return False
    one = _find(data, _SPACE, start, stop)
    two = _find(data, _SPACE, one + 1, stop)
    if not _has_month(first) or one == start or two >= stop or two == one + 1 or stop == two + 1:
        return False
    if _find(data, _SPACE, two + 1, stop) != stop or _find(data, _OPEN, start, stop) != stop:
        return False
    _put(row, f.CLIENT, start, one, starts, ends)
    _put(row, f.IDENT, one + 1, two, starts, ends)
    _put(row, f.USER, two + 1, stop, starts, ends)
    _put(row, f.DATE, date, date + 20, starts, ends)
    return True


@compiled
def _port(data: Bytes, start: int, end: int) -> int:
    """Where the colon of `name:port` or `[address]:port` at [start, end) lies; 0 where something else stands."""
    colon = end
    while colon > start and end - colon < 5 and _ZERO <= data[colon - 1] <= _NINE:
        colon -= 1
    colon -= 1
    if colon == end - 1 or colon <= start or data[colon] != _COLON:
        return 0
    if data[start] == _OPEN:
        if data[colon - 1] != _CLOSE or colon - start < 3:
            return 0
        for place in range(start + 1, colon - 1):
            byte, low = data[place], data[place] | 32
            if not (_ZERO <= byte <= _NINE or _A <= low <= _F or byte in (_COLON, _POINT)):
                return 0
        return colon
    for place in range(start, colon):
        byte, low = data[place], data[place] | 32
        letter = _ZERO <= byte <= _NINE or _A <= low <= _Z
        if not (letter or byte in (_LOW, _POINT, _STAR, _DASH)):
            return 0
    return colon


@compiled
def _head(data: Bytes, row: int, start: int, quote: int, starts: Grid, ends: Grid) -> bool:
    """`[vhost:port ]client ident user [date] "`"""
    stop = quote - _HEAD  # the space before the date
    if stop <= start or data[quote - 1] != _SPACE or data[quote - 2] != _CLOSE or data[quote - 29] != _OPEN:
        return False
    if data[stop] != _SPACE or not _is_date(data, quote - 28):
        return False
    first = _find(data, _SPACE, start, stop)
    second = _find(data, _SPACE, first + 1, stop)
    third = _find(data, _SPACE, second + 1, stop + 1)
    if first >= stop or second >= stop:
        return False
    if third < stop:
        if _find(data, _SPACE, third + 1, stop) != stop or (second - first == 2 and data[first + 1] == _DASH):
            return False
        colon = _port(data, start, first)
        if not colon:
            return False
        _put(row, f.VHOST, start, colon, starts, ends)
        _put(row, f.VPORT, colon + 1, first, starts, ends)
        start, first, second = first + 1, second, third
    if first == start or second == first + 1 or stop == second + 1:
        return False
    _put(row, f.CLIENT, start, first, starts, ends)
    _put(row, f.IDENT, first + 1, second, starts, ends)
    _put(row, f.USER, second + 1, stop, starts, ends)
    _put(row, f.DATE, quote - 28, quote - 8, starts, ends)
    _put(row, f.ZONE, quote - 7, quote - 2, starts, ends)
    return True


@compiled
def _request(data: Bytes, row: int, start: int, end: int, starts: Grid, ends: Grid) -> bool:
    """`METHOD target HTTP/d.d` at [start, end)"""
    stop = end - 9  # the space before the version
    if stop <= start or data[stop] != _SPACE or data[end - 8] != _H or data[end - 7] != _T or data[end - 6] != _T:
        return False
    if data[end - 5] != _P or data[end - 4] != _SLASH or data[end - 2] != _POINT:
        return False
    if not (_ZERO <= data[end - 3] <= _NINE and _ZERO <= data[end - 1] <= _NINE):
        return False
    method = start
    while method < stop and _UPPER_A <= data[method] <= _UPPER_Z:
        method += 1
    if method == start or method - start > _METHOD or data[method] != _SPACE or stop <= method + 1:
        return False
    if _find(data, _SPACE, method + 1, stop) != stop:
        return False
    asked = _find(data, _ASKED, method + 1, stop)
    _put(row, f.METHOD, start, method, starts, ends)
    _put(row, f.URI, method + 1, stop, starts, ends)
    _put(row, f.STEM, method + 1, asked, starts, ends)
    if asked < stop:
        _put(row, f.QUERY, asked + 1, stop, starts, ends)
    _put(row, f.VERSION, end - 8, end, starts, ends)
    return True


@compiled
def _answer(data: Bytes, row: int, quote: int, stop: int, starts: Grid, ends: Grid, numbers: Grid) -> bool:
    """` sss bytes` behind the request's closing quote, up to `stop`; `-` is no number, here -1"""
    start = quote + 6
    if stop <= start or data[quote + 1] != _SPACE or data[quote + 5] != _SPACE:
        return False
    status, count = 0, 0
    for place in range(quote + 2, quote + 5):
        if not _ZERO <= data[place] <= _NINE:
            return False
        status = status * 10 + int(data[place]) - _ZERO
    if stop == start + 1 and data[start] == _DASH:
        count = -1
    else:
        if stop - start > _NUMBER:
            return False
        for place in range(start, stop):
            if not _ZERO <= data[place] <= _NINE:
                return False
            count = count * 10 + int(data[place]) - _ZERO
    numbers[0, row], numbers[1, row] = status, count
    _put(row, f.STATUS, quote + 2, quote + 5, starts, ends)
    _put(row, f.BYTES, start, stop, starts, ends)
    return True


@compiled
def _quotes(data: Bytes, start: int, end: int, quotes: Int64s) -> int:
    """How many quotes that no backslash escapes a line has, and where they stand; -1 for too many, or where one is in doubt."""
    count, at = 0, _find(data, _QUOTE, start, end)
    while at < end:
        if at > start and data[at - 1] == _BACKSLASH:
            if at - 1 > start and data[at - 2] == _BACKSLASH:
                return -1
        elif count == _QUOTES:
            return -1
        else:
            quotes[count] = at
            count += 1
        at = _find(data, _QUOTE, at + 1, end)
    return count


@compiled
def _scan(
    data: Bytes,
    begins: Int64s,
    stops: Int64s,
    rows: Int64s,
    fits: Codes,
    starts: Grid,
    ends: Grid,
    numbers: Grid,
    quotes: Int64s,
) -> int:
    """Fill in the fields of the lines that fit, side by side, which lines they are and how far each fits; returns how many."""
    at = 0
    for row in range(len(begins)):
        start, end = begins[row], stops[row]
        count = _quotes(data, start, end, quotes)
        laid = count == 2 or ((count == 6 or count == 8) and quotes[count - 1] + 1 == end)
        for pair in range(2, count, 2):
            before, opening = quotes[pair - 1], quotes[pair]
            laid = laid and data[opening - 1] == _SPACE and (pair == 2 or opening == before + 2)
        laid = laid and _answer(data, at, quotes[1], end if count == 2 else quotes[2] - 1, starts, ends, numbers)
        zoned = laid and _head(data, at, start, quotes[0], starts, ends)
        if laid and not zoned:
            laid = (
                count != 8
                and _bare_head(data, at, start, quotes[0], starts, ends)
                and _request(data, at, quotes[0] + 1, quotes[1], starts, ends)
            )
        if not laid:
            starts[:, at] = -1
            continue
        fits[at] = WHOLE if zoned else BARE
        if zoned and not _request(data, at, quotes[0] + 1, quotes[1], starts, ends):
            fits[at] = BUT_REQUEST
            _put(at, f.REQUEST, quotes[0] + 1, quotes[1], starts, ends)
        for pair in range(2, count, 2):
            _put(at, f.REFERER + pair // 2 - 1, quotes[pair] + 1, quotes[pair + 1], starts, ends)
        rows[at] = row
        at += 1
    return at
