"""Heads of mail as nearly all are, walked many at once by a compiled loop: the texts of the fields that rows tell.

Heads with letters beyond ASCII, a repeated From, To or Cc, or addresses that do not stand alone are left to `mail_headers.py`, which tells
the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled, inlined

# Fields whose texts are kept; of `received` the last one.
READ = (
    "date", "from", "to", "cc", "reply-to", "message-id", "in-reply-to", "subject", "x-originating-ip", "received", "user-agent",
    "x-mailer", "content-type", "content-disposition", "content-transfer-encoding",
)  # fmt: skip
SECOND = len(READ)  # where the Received field before the last one lies
COLUMNS = SECOND + 1
HEAD_LINES = 2_000  # lines that are read of one head
PLAIN_HEAD = 16_384  # bytes of a head that is walked
SEARCHED = 4_096  # characters of a Received field in which addresses are looked for
GROUPS = 6  # colons at least of an IPv6 address without `::`; a date has two
ODD, PARTED, WORDS, BODY = range(4)  # what is told of each message
_SECOND, _ODD, _PARTED, _WORDS, _BODY = SECOND, ODD, PARTED, WORDS, BODY
_RECEIVED, _TYPE, _DISPOSITION = READ.index("received"), READ.index("content-type"), READ.index("content-disposition")
_SEVERAL = np.isin(np.arange(COLUMNS), [READ.index(name) for name in ("from", "to", "cc")])  # all values are told
_TELLING = (np.arange(256) >= 0x80) | np.isin(
    np.arange(256), list(b"\n:?")
)  # letters that a line is looked through for
_NAMES = np.frombuffer("".join(READ).encode(), np.uint8)
_BEGINS = np.cumsum([0, *map(len, READ)])


def walked(data: Bytes, begins: Int64s, stops: Int64s) -> tuple[Bytes, Int64s, Int64s, Int64s]:
    """What the messages at [begin, stop) of `data` say: texts; where those of each message begin, and their sizes, -1 for what is not
    there: (m, COLUMNS, 2); addresses in order: message, begin and stop in the texts, (a, 3); and of each message: whether it is not plain,
    whether it may have parts or a part with a name, whether there are encoded words in it, where its body begins: (m, 4)."""
    room = int(np.minimum(stops - begins, PLAIN_HEAD).sum())
    texts, spans = np.empty(room, np.uint8), np.full((len(begins), COLUMNS, 2), -1, np.int64)
    addresses, told = np.empty((room // 7 + 1, 3), np.int64), np.zeros((len(begins), 4), np.int64)
    begins, stops = np.ascontiguousarray(begins), np.ascontiguousarray(stops)  # compiled once, for one kind of array
    used = int(_walk(data, begins, stops, texts, spans, addresses, told))
    return texts, spans, addresses[:used], told


@inlined
def _space(letter: Any) -> Any:
    """White space of ASCII as lines are stripped of it."""
    return letter == 0x20 or (letter >= 0x09 and letter <= 0x0D)


@inlined
def _of_address(letter: Any) -> Any:
    """What addresses are written with."""
    if letter >= 0x30 and letter <= 0x3A:
        return True
    return letter == 0x2E or (letter >= 0x41 and letter <= 0x46) or (letter >= 0x61 and letter <= 0x66)


@inlined
def _of_word(letter: Any) -> Any:
    if letter >= 0x30 and letter <= 0x39:
        return True
    return letter == 0x5F or (letter >= 0x41 and letter <= 0x5A) or (letter >= 0x61 and letter <= 0x7A)


@inlined
def _small(letter: Any) -> Any:
    return letter + 0x20 if letter >= 0x41 and letter <= 0x5A else letter


@compiled
def _named(data: Any, begin: Any, stop: Any) -> Any:
    """Which of READ a line's name is, -1 where it is none."""
    while begin < stop and _space(data[begin]):
        begin += 1
    while stop > begin and _space(data[stop - 1]):
        stop -= 1
    for name in range(len(_BEGINS) - 1):
        first = _BEGINS[name]
        if _BEGINS[name + 1] - first != stop - begin:
            continue
        at = 0
        while at < stop - begin and _small(np.int64(data[begin + at])) == _NAMES[first + at]:
            at += 1
        if at == stop - begin:
            return np.int64(name)
    return np.int64(-1)


@compiled
def _put(data: Any, begin: Any, stop: Any, texts: Any, used: Any) -> Any:
    """Write a value as one line: each of its lines stripped, a space between two. Returns where it ends."""
    while begin < stop:
        end = begin
        while end < stop and data[end] != 0x0A:
            end += 1
        first, last = begin, end
        while first < last and _space(data[first]):
            first += 1
        while last > first and _space(data[last - 1]):
            last -= 1
        for at in range(first, last):
            texts[used] = data[at]
            used += 1
        if end < stop:
            texts[used] = 0x20
            used += 1
        begin = end + 1
    return used


@compiled
def _alone(texts: Any, begin: Any, stop: Any) -> Any:
    """Whether four numbers with dots between them stand here, and nothing else."""
    dots = digits = 0
    for at in range(begin, stop):
        if texts[at] == 0x2E:
            if digits == 0:
                return False
            dots += 1
            digits = 0
        elif texts[at] >= 0x30 and texts[at] <= 0x39:
            digits += 1
            if digits > 3:
                return False
        else:
            return False
    return dots == 3 and digits > 0


@compiled
def _addresses(texts: Any, begin: Any, stop: Any, message: Any, rows: Any, used: Any) -> Any:
    """Put addresses of four numbers that stand alone to the rows. Returns how many rows there are, -1 where others may be there."""
    at, colons = begin, 0
    while at < stop:
        if not _of_address(texts[at]):
            at += 1
            continue
        first, dots = at, 0
        while at < stop and _of_address(texts[at]):
            dots += texts[at] == 0x2E
            if texts[at] == 0x3A:
                colons += 1
                if colons >= GROUPS or (at > first and texts[at - 1] == 0x3A):
                    return np.int64(-1)
            at += 1
        if dots < 3:
            continue
        if not _alone(texts, first, at) or (first > begin and _of_word(texts[first - 1])):
            return np.int64(-1)
        rows[used, 0], rows[used, 1], rows[used, 2] = message, first, at
        used += 1
    return np.int64(used)


@compiled
def _has_parts(texts: Any, begin: Any, stop: Any) -> Any:
    """Whether a content type is one of messages with parts, or names its content."""
    if stop - begin >= 4:
        first, second = _small(np.int64(texts[begin])), _small(np.int64(texts[begin + 1]))
        if first == 0x6D and (second == 0x75 or second == 0x65):  # multipart, message
            return True
    for at in range(begin, stop - 3):
        name = texts[at] | 0x20 == 0x6E and texts[at + 1] | 0x20 == 0x61
        if name and texts[at + 2] | 0x20 == 0x6D and texts[at + 3] | 0x20 == 0x65:
            return True
    return False


@compiled
def _kept(texts: Any, field: Any, begin: Any, stop: Any, span: Any) -> Any:
    """Note a value that was written. Returns whether the message is still plain."""
    if span[field, 0] >= 0:
        if _SEVERAL[field]:
            return False
        if field != _RECEIVED:
            return True  # the first one counts
        span[_SECOND, 0], span[_SECOND, 1] = span[field, 0], span[field, 1]
    span[field, 0], span[field, 1] = begin, stop - begin
    return True


@compiled
def _value(
    data: Any, field: Any, begin: Any, stop: Any, message: Any, texts: Any, used: Any, span: Any, rows: Any, found: Any
) -> Any:
    """Keep a field. Returns how far texts reach, -1 where the message is not plain; and how many addresses there are."""
    end = _put(data, begin, stop, texts, used)
    reach = end
    while used < end and (_space(texts[used]) or (texts[used] >= 0x1C and texts[used] <= 0x1F)):
        used += 1
    while end > used and (_space(texts[end - 1]) or (texts[end - 1] >= 0x1C and texts[end - 1] <= 0x1F)):
        end -= 1
    if not _kept(texts, field, used, end, span):
        return np.int64(-1), found
    if field == _RECEIVED:
        found = _addresses(texts, used, end, message, rows, found) if end - used <= SEARCHED else np.int64(-1)
        if found < 0:
            return np.int64(-1), found
    return reach, found


@compiled
def _line(data: Any, begin: Any, last: Any, told: Any) -> Any:
    """Where a line ends, -1 where it is beyond ASCII, and its first colon stands. Encoded words are noted."""
    at, colon = begin, np.int64(-1)
    while at < last:
        letter = data[at]
        if _TELLING[letter]:
            if letter == 0x0A:
                break
            if letter >= 0x80:
                return np.int64(-1), colon
            if letter == 0x3A:
                colon = at if colon < 0 else colon
            elif at > begin and data[at - 1] == 0x3D:
                told[_WORDS] = 1
        at += 1
    return at, colon


@compiled
def _head(
    data: Any, begin: Any, stop: Any, message: Any, texts: Any, used: Any, span: Any, rows: Any, found: Any, told: Any
) -> Any:
    """Keep the fields of one head. Returns as `_value`."""
    last = min(stop, begin + PLAIN_HEAD)
    at, field, value, end, lines = begin, np.int64(-1), begin, begin, 0
    ended = begin < last and (data[at] == 0x0A or (data[at] == 0x0D and at + 1 < last and data[at + 1] == 0x0A))
    while at < last and not ended:
        line = at
        at, colon = _line(data, line, last, told)
        lines += 1
        if at < 0 or lines > HEAD_LINES:
            return np.int64(-1), found
        if data[line] == 0x20 or data[line] == 0x09:
            end = at
        else:
            if field >= 0:
                used, found = _value(data, field, value, end, message, texts, used, span, rows, found)
                if used < 0:
                    return used, found
            field = _named(data, line, colon) if colon >= 0 else np.int64(-1)
            value, end = colon + 1, at
        at += 1
        ended = at < last and (data[at] == 0x0A or (at + 1 < last and data[at] == 0x0D and data[at + 1] == 0x0A))
    if not ended and last < stop:
        return np.int64(-1), found
    told[_BODY] = min(at, last)
    if ended:
        told[_BODY] += 1 if data[at] == 0x0A else 2
    if field >= 0:
        used, found = _value(data, field, value, end, message, texts, used, span, rows, found)
    return used, found


@compiled
def _walk(
    data: Bytes,
    begins: Int64s,
    stops: Int64s,
    texts: Bytes,
    spans: Int64s,
    addresses: Int64s,
    told: Int64s,
) -> int:
    """Fill what `walked` gives. Returns how many addresses there are."""
    used = found = 0
    for message in range(len(begins)):
        reach, more = _head(
            data, begins[message], stops[message], message, texts, used, spans[message], addresses, found, told[message]
        )
        if reach < 0:
            told[message, _ODD] = 1
        else:
            used, found = reach, more
            begin, size = spans[message, _TYPE, 0], spans[message, _TYPE, 1]
            told[message, _PARTED] = spans[message, _DISPOSITION, 0] >= 0 or (
                size > 0 and _has_parts(texts, begin, begin + size)
            )
    return found
