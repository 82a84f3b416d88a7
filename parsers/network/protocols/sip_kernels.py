"""Messages of SIP as nearly all are, walked by a compiled loop: where their first line and the headers that are read lie.

Messages with a folded header, or with anything that `sip_messages.py` reads by other rules, are left to it; it tells the same of these.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from parsers.network.protocols.sip_messages import LONG, READ
from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled, inlined

NONE, REQUEST, RESPONSE, OTHER = (
    0,
    1,
    2,
    -1,
)  # what a datagram is: no message, one of two kinds, or one to be read by other rules
_REQUEST, _RESPONSE, _OTHER = REQUEST, RESPONSE, OTHER
LINES = 900  # header lines of a message that is walked; no more than are read of any
VIA = READ.index("via")
FIELDS = len(READ) + 2  # method or status, address or reason, then READ
_SHORT = {name: short for short, name in LONG.items()}


def _spelt() -> tuple[Bytes, Int64s, Int64s]:
    """Names of headers one after the other, where each begins, and which of READ it is."""
    forms = [(form, number) for number, name in enumerate(READ) for form in (name, _SHORT.get(name)) if form]
    text = "".join(form for form, _ in forms).encode()
    begins = np.cumsum([0, *(len(form) for form, _ in forms)])
    return np.frombuffer(text, np.uint8), begins, np.array([number for _, number in forms], np.int64)


_NAMES = _spelt()


def walked(data: Bytes, bounds: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """What each datagram is, where its body begins, and how many Via headers it has: (n, 3); where its parts begin and end, -1 for those
    that are not there: (n, FIELDS, 2); and where the Via headers lie: (v, 2). `bounds`: where each begins in `data`, (n + 1,)."""
    count = len(bounds) - 1
    heads, spans = np.zeros((count, 3), np.int64), np.full((count, FIELDS, 2), -1, np.int64)
    vias = np.zeros((len(data) // 16 + 1, 2), np.int64)
    used = int(_walk(data, bounds, *_NAMES, VIA, heads, spans, vias))
    return heads, spans, vias[:used]


@inlined
def _blank(letter: Any) -> Any:
    """White space as `bytes.strip` takes it off."""
    return letter == 0x20 or (letter >= 0x09 and letter <= 0x0D)


@inlined
def _digit(letter: Any) -> Any:
    return letter >= 0x30 and letter <= 0x39


@inlined
def _after_version(data: Any, at: Any, end: Any) -> Any:
    """Behind `SIP/`, a digit, a dot and a digit; -1 where other bytes stand."""
    if at + 7 > end or data[at] != 0x53 or data[at + 1] != 0x49 or data[at + 2] != 0x50 or data[at + 3] != 0x2F:
        return np.int64(-1)
    return at + 7 if _digit(data[at + 4]) and data[at + 5] == 0x2E and _digit(data[at + 6]) else np.int64(-1)


@inlined
def _after_line(data: Any, at: Any, end: Any) -> Any:
    """Behind the end of a line that stands at `at`, -1 where none does."""
    if at < end and data[at] == 0x0D:
        at += 1
    return at + 1 if at < end and data[at] == 0x0A else np.int64(-1)


@compiled
def _request(data: Any, begin: Any, end: Any, span: Any) -> Any:
    """A method, an address and the version. Returns where the next line begins, -1 where it is none."""
    at = begin
    while at < end and data[at] >= 0x41 and data[at] <= 0x5A:
        at += 1
    if at - begin < 3 or at - begin > 16 or at >= end or data[at] != 0x20:
        return np.int64(-1)
    span[0, 0], span[0, 1] = begin, at
    address = at + 1
    at = address
    while at < end and not _blank(data[at]):
        at += 1
    if at - address < 1 or at - address > 4096 or at >= end or data[at] != 0x20:
        return np.int64(-1)
    span[1, 0], span[1, 1] = address, at
    at = _after_version(data, at + 1, end)
    return _after_line(data, at, end) if at >= 0 else np.int64(-1)


@compiled
def _response(data: Any, begin: Any, end: Any, span: Any) -> Any:
    """The version, a status and a reason. Returns where the next line begins, -1 where it is none."""
    at = _after_version(data, begin, end)
    if at < 0 or at + 4 > end or data[at] != 0x20:
        return np.int64(-1)
    if not (_digit(data[at + 1]) and _digit(data[at + 2]) and _digit(data[at + 3])):
        return np.int64(-1)
    span[0, 0], span[0, 1] = at + 1, at + 4
    at += 4
    span[1, 0] = span[1, 1] = at
    if at < end and data[at] == 0x20:
        at += 1
        span[1, 0] = at
        while at < end and data[at] != 0x0D and data[at] != 0x0A:
            at += 1
        span[1, 1] = at
    return _after_line(data, at, end)


@compiled
def _field(data: Any, begin: Any, stop: Any, names: Any, begins: Any, numbers: Any) -> Any:
    """Which of the headers that are read has its name here, -1 where none has, -2 where a letter is no letter of a name."""
    while stop > begin and (data[stop - 1] == 0x20 or data[stop - 1] == 0x09):
        stop -= 1
    for at in range(begin, stop):
        if data[at] < 0x20:
            return np.int64(-2)
    for form in range(len(numbers)):
        first = begins[form]
        if begins[form + 1] - first != stop - begin:
            continue
        at = 0
        while at < stop - begin:
            letter = np.int64(data[begin + at])
            if letter >= 0x41 and letter <= 0x5A:
                letter += 0x20
            if letter != names[first + at]:
                break
            at += 1
        if at == stop - begin:
            return numbers[form]
    return np.int64(-1)


@compiled
def _headers(
    data: Any, begin: Any, end: Any, names: Any, begins: Any, numbers: Any, via: Any, span: Any, vias: Any, used: Any
) -> Any:
    """Fill `span` and `vias` from the lines at `begin`. Returns where the body begins, -1 where it is not plain, and `used` with the Via
    headers that were found."""
    at = begin
    for _ in range(LINES):
        if at >= end or data[at] == 0x20 or data[at] == 0x09 or data[at] == 0x0A:
            return np.int64(-1), used
        if data[at] == 0x0D:  # the empty line, whose line before it must end likewise
            plain = at + 1 < end and data[at + 1] == 0x0A and data[at - 2] == 0x0D
            return (at + 2 if plain else np.int64(-1)), used
        stop, colon = at, np.int64(-1)
        while stop < end and data[stop] != 0x0A:
            if colon < 0 and data[stop] == 0x3A:
                colon = stop
            stop += 1
        if colon >= 0:
            which = _field(data, at, colon, names, begins, numbers)
            first, last = colon + 1, stop
            while first < last and _blank(data[first]):
                first += 1
            while last > first and _blank(data[last - 1]):
                last -= 1
            if which == -2 or (which == via and used == len(vias)):
                return np.int64(-1), used
            if which == via:
                vias[used, 0], vias[used, 1] = first, last
                used += 1
            elif which >= 0 and span[2 + which, 0] < 0:
                span[2 + which, 0], span[2 + which, 1] = first, last
        at = stop + 1
    return np.int64(-1), used


@compiled
def _walk(
    data: Bytes,
    bounds: Int64s,
    names: Bytes,
    begins: Int64s,
    numbers: Int64s,
    via: int,
    heads: Int64s,
    spans: Int64s,
    vias: Int64s,
) -> int:
    """Fill what `walked` gives. Returns how many Via headers there are."""
    used = 0
    for row in range(len(bounds) - 1):
        begin, end = bounds[row], bounds[row + 1]
        answer = end - begin >= 4 and data[begin] == 0x53 and data[begin + 1] == 0x49
        answer = answer and data[begin + 2] == 0x50 and data[begin + 3] == 0x2F
        at = _response(data, begin, end, spans[row]) if answer else _request(data, begin, end, spans[row])
        if at < 0:
            continue
        before = used
        body, used = _headers(data, at, end, names, begins, numbers, via, spans[row], vias, used)
        if body < 0:
            used = before
            heads[row, 0] = _OTHER
        else:
            heads[row, 0] = _RESPONSE if answer else _REQUEST
            heads[row, 1], heads[row, 2] = body, used - before
    return used
