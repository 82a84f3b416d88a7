"""Decimal numbers as logs write what time something took and when: digits, a point, perhaps a power of ten; exactly, a column at a time."""

from __future__ import annotations

import numpy as np

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import steady
from timelines.compiled import compiled, inlined

WHOLE, FRACTION, POWER = 12, 40, 2  # digits before the point, behind it, and of the power of ten
_SAFE = 18  # digits that are sure to fit 64 bits
_MINUS, _PLUS, _POINT, _ZERO, _E = (int(byte) for byte in b"-+.0e")
_TENS = 10 ** np.arange(_SAFE + 1, dtype=np.int64)


def scaled(data: Bytes, starts: Int64s, ends: Int64s, places: int) -> tuple[Int64s, Bools]:
    """Numbers at [start, end) times 10**places, ties to even, and where there is one whose result has 18 digits at most.

    A number: a minus or none, 1 to WHOLE digits, with a point 1 to FRACTION digits, with an `e` a sign or none and 1 to POWER digits.
    """
    values, read = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.bool_)
    _scaled(steady(data), *_edges(starts, ends), places, values, read)
    return values, read


def seconds(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Int64s, Int64s, Bools]:
    """Seconds at [start, end), 1 to 11 digits, and with a point 1 to 9 more: whole ones, nanoseconds, and where there are such."""
    whole, rest, read = (
        np.zeros(len(starts), np.int64),
        np.zeros(len(starts), np.int64),
        np.zeros(len(starts), np.bool_),
    )
    _seconds(steady(data), *_edges(starts, ends), whole, rest, read)
    return whole, rest, read


def _edges(starts: Int64s, ends: Int64s) -> tuple[Int64s, Int64s]:
    return np.ascontiguousarray(starts, np.int64), np.ascontiguousarray(ends, np.int64)


@compiled
def _scaled(data: Bytes, starts: Int64s, ends: Int64s, places: int, values: Int64s, read: Bools) -> None:
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        if start < 0 or start >= end:
            continue
        minus = data[start] == _MINUS
        first = start + minus
        point = _past_digits(data, first, end)
        last = point
        if point < end and data[point] == _POINT:
            last = _past_digits(data, point + 1, end)
            if last == point + 1:
                continue
        behind = max(last - point - 1, 0)
        if not 1 <= point - first <= WHOLE or behind > FRACTION:
            continue
        power = 0
        if last < end:
            power = _power(data, last, end)
            if power == _SAFE * _SAFE:
                continue
        kept = point - first + places + power  # so many of the digits, the first, are the result; the others round it
        if kept > _SAFE:
            continue
        value = _rounded(data, first, last, point, kept)
        values[row] = -value if minus else value
        read[row] = True


@inlined
def _digit(data: Bytes, at: int) -> int:
    return int(np.int64(data[at])) - _ZERO


@inlined
def _past_digits(data: Bytes, at: int, end: int) -> int:
    while at < end and 0 <= _digit(data, at) <= 9:
        at += 1
    return at


@compiled
def _power(data: Bytes, at: int, end: int) -> int:
    """The power of ten that stands from a place on to the end; _SAFE squared where there is none."""
    none = _SAFE * _SAFE
    if (data[at] | 32) != _E or at + 1 >= end:
        return none
    sign = data[at + 1]
    first = at + 1 + (sign in (_PLUS, _MINUS))
    if not 1 <= end - first <= POWER or _past_digits(data, first, end) != end:
        return none
    power = 0
    for place in range(first, end):
        power = power * 10 + _digit(data, place)
    return -power if sign == _MINUS else power


@compiled
def _rounded(data: Bytes, first: int, last: int, point: int, kept: int) -> int:
    """The first `kept` of the digits at [first, last), zeros behind them where there are fewer; rounded by the others, ties to even."""
    value, half, more, count = 0, 0, False, 0
    for place in range(first, last):
        if place == point:
            continue
        digit = _digit(data, place)
        if count < kept:
            value = value * 10 + digit
        elif count == kept:
            half = digit
        else:
            more = more or digit > 0
        count += 1
    if count < kept:
        value *= _TENS[kept - count]
    if kept < 0:
        half, more = 0, False
    return value + (half > 5 or (half == 5 and (more or value % 2 == 1)))


@compiled
def _seconds(data: Bytes, starts: Int64s, ends: Int64s, whole: Int64s, rest: Int64s, read: Bools) -> None:
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        if start < 0 or start >= end:
            continue
        point = _past_digits(data, start, end)
        if not 1 <= point - start <= 11:
            continue
        if point < end and (
            data[point] != _POINT or not 1 <= end - point - 1 <= 9 or _past_digits(data, point + 1, end) != end
        ):
            continue
        value, part = 0, 0
        for place in range(start, point):
            value = value * 10 + _digit(data, place)
        for place in range(point + 1, end):
            part = part * 10 + _digit(data, place)
        whole[row] = value
        rest[row] = part * _TENS[9 - (end - point - 1)] if point < end else 0
        read[row] = True
