"""Messages that are as nearly all are, walked by a compiled loop: one question in printable letters, answers that are addresses.

EDNS may stand there without options. `messages.py` reads all others, and tells the same of these.
"""

from __future__ import annotations

from socket import AF_INET6, inet_ntoa, inet_ntop
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import numbers_at, spread, utf8
from parsers.network.protocols.dns.messages import RECORDS
from parsers.network.protocols.dns.said import Said
from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled, inlined

LEAST = 11  # bytes of a record
_MOST = RECORDS  # a kernel takes numbers from its own file alone


def _fixed(data: Bytes) -> Bytes:
    """Bytes that can't be written to: the kernel is compiled for one kind of array, whether they were gathered or read."""
    view = data.view()
    view.flags.writeable = False
    return view


def plain_messages(data: Bytes, bounds: Int64s) -> tuple[Int64s, Said]:
    """Which messages are plain, and what these say. `bounds`: where each begins in `data`, behind its number, (n + 1,)."""
    heads, text = np.zeros((len(bounds) - 1, 9), np.int64), np.zeros(len(data), np.uint8)
    answers = np.zeros((len(data) // LEAST + 1, 3), np.int64)
    used = int(_walk(_fixed(data), bounds, heads, text, answers))
    rows = np.flatnonzero(heads[:, 0])
    length, bits, kind, group, count, size, dnssec, empty = heads[rows, 1:].T
    name, _ = utf8(text, bounds[:-1][rows], length)
    ttl, at, width = answers[:used].T
    begins = pa.array(np.concatenate([[0], np.cumsum(count)]), pa.int32())
    some = pa.array(count > 0)
    shown, lives = (
        pc.if_else(some, pc.binary_join(pa.ListArray.from_arrays(begins, texts), ","), None)
        for texts in (_addresses(data, at, width), pa.array(ttl).cast(pa.string()))
    )
    none, whole = pa.nulls(len(rows), pa.string()), np.ones(len(rows), np.bool_)
    return rows, Said(bits, name, kind, group, shown, lives, size, dnssec > 0, none, empty > 0, whole)


def _addresses(data: Bytes, at: Int64s, width: Int64s) -> pa.StringArray:
    """Addresses of four or sixteen bytes as text; each distinct one is formatted once."""
    four, six = np.flatnonzero(width == 4), np.flatnonzero(width == 16)
    short, which = np.unique(numbers_at(data, at[four], ">u4"), return_inverse=True)
    raw = np.ascontiguousarray(data[spread(at[six], width[six])]).view("V16")
    long, place = np.unique(raw, return_inverse=True)
    texts = [inet_ntoa(one.to_bytes(4, "big")) for one in short.tolist()]
    texts += [inet_ntop(AF_INET6, bytes(one)) for one in long]
    out = np.empty(len(at), np.int64)
    out[four], out[six] = which.reshape(-1), place.reshape(-1) + len(short)
    return pa.array(texts, pa.string()).take(pa.array(out))


@inlined
def _two(data: Any, at: Any) -> Any:
    """A number of two bytes."""
    return np.int64(data[at]) << 8 | np.int64(data[at + 1])


@inlined
def _after_name(data: Any, at: Any, end: Any) -> Any:
    """Where the bytes after a name begin, beyond `end` where it runs out."""
    while at < end:
        size = np.int64(data[at])
        if size >= 0x40:
            return at + 2
        at += 1 + size
        if size == 0:
            return at
    return end + 1


@inlined
def _name(data: Any, at: Any, end: Any, text: Any, out: Any) -> Any:
    """Write the name at `at` as text from `out` on. Returns where it ends, -1 where it is not plain, and how long the text is."""
    begin, start = at, out
    while at < end and data[at] != 0:
        size = np.int64(data[at])
        if size >= 0x40 or at + size >= end or at + size - begin > 254:
            return np.int64(-1), np.int64(0)
        if out > start:
            text[out] = 0x2E
            out += 1
        for place in range(at + 1, at + 1 + size):
            letter = data[place]
            if letter < 0x20 or letter > 0x7E or letter == 0x2E:
                return np.int64(-1), np.int64(0)
            text[out] = letter + np.uint8(0x20) if 0x41 <= letter <= 0x5A else letter
            out += 1
        at += 1 + size
    return (at if at < end and at - begin <= 254 else np.int64(-1)), np.int64(out - start)


@compiled
def _walk(data: Bytes, bounds: Int64s, heads: Int64s, text: Bytes, answers: Int64s) -> int:
    """Fill `heads` of plain messages: 1, length of the name's text, bits, type, class, number of answers, EDNS size or -1, DNSSEC, empty;
    and `answers`, one after the other: TTL, where its address lies, how long it is. Returns how many answers there are."""
    used = 0
    for row in range(len(bounds) - 1):
        begin, end = bounds[row], bounds[row + 1]
        if end - begin < 15 or _two(data, begin + 2) != 1:
            continue
        answered, rest = _two(data, begin + 4), _two(data, begin + 6) + _two(data, begin + 8)
        if answered > _MOST or _two(data, begin + 6) > _MOST or _two(data, begin + 8) > _MOST:
            continue
        at, length = _name(data, begin + 10, end, text, begin)
        if at < 0 or at + 5 > end:
            continue
        kind, group = _two(data, at + 1), _two(data, at + 3)
        at += 5
        size, dnssec, plain = np.int64(-1), np.int64(0), True
        for number in range(answered + rest):
            at = _after_name(data, at, end)
            if at + 10 > end:
                plain = False
                break
            form, width = _two(data, at), _two(data, at + 8)
            ttl = _two(data, at + 4) << 16 | _two(data, at + 6)
            at += 10
            if at + width > end:
                plain = False
                break
            if number < answered:
                if not ((form == 1 and width == 4) or (form == 28 and width == 16)):
                    plain = False
                    break
                one = answers[used + number]
                one[0], one[1], one[2] = ttl, at, width
            elif form == 41:
                size, dnssec = _two(data, at - 8), np.int64(ttl & 0x8000 != 0)
                plain = plain and width == 0
            at += width
        if not plain:
            continue
        used += answered
        head = heads[row]
        head[0], head[1], head[2], head[3], head[4] = 1, length, _two(data, begin), kind, group
        head[5], head[6], head[7], head[8] = answered, size, dnssec, np.int64(answered + rest == 0)
    return used
