"""Hellos of many conversations, cut up in one pass: what differs from one to the next, and a key of all else, equal where programs say
hello the same way, so that each way is read and digested once. The same as `hellos.py` tells, which reads whatever is odd here."""

from __future__ import annotations

from typing import Any

import numpy as np

from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled, inlined

Number = Any  # of 64 bits

# Rows of what is noted of a hello's extensions: where the content of the first one of a kind begins, and where it ends
NAME, GROUPS, POINTS, SIGNATURES, ALPN, VERSIONS, KEY_SHARE, TICKET = range(8)
SPANS = 8
KEY_ROOM = 32  # bytes that a key may have beyond those of its hello
# What is told of the hellos of each conversation: whether one is malformed or asks for another; the server's name, where it lies; whether
# the client has a ticket, and a session; whether the server repeats that
ODD, NAMED, NAMED_SIZE, HAS_TICKET, SESSION, SESSION_AGAIN = range(6)
TOLD = 6


@inlined
def _two(data: Bytes, at: Number) -> Number:
    return np.int64(data[at]) << 8 | np.int64(data[at + 1])


@inlined
def _put(keys: Bytes, at: Number, value: Number) -> None:
    keys[at], keys[at + 1] = value >> 8, value & 0xFF


@compiled
def _slot(kind: Number) -> Number:
    """Which row of spans an extension of this kind has, -1 where its content is not read."""
    if kind == 0:
        return 0
    if kind == 10 or kind == 11:
        return kind - 9
    if kind == 13:
        return 3
    if kind == 16:
        return 4
    if kind == 43:
        return 5
    if kind == 51:
        return 6
    return 7 if kind == 35 else -1


@inlined
def _told_apart(value: Number, plain: bool) -> Number:
    """A number; with `plain` one and the same for all that mean nothing (GREASE, RFC 8701): no fingerprint looks at which it is."""
    return 0x0A0A if plain and value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF else value


@compiled
def _listed(data: Bytes, at: Number, stop: Number, plain: bool, keys: Bytes, used: Number) -> Number:
    """Write the numbers of two bytes in [at, stop) to `keys`, behind how many bytes they are; where the key ends."""
    begin = used
    used += 2
    while at + 1 < stop:
        _put(keys, used, _told_apart(_two(data, at), plain))
        used += 2
        at += 2
    _put(keys, begin, used - begin - 2)
    return used


@compiled
def _copied(data: Bytes, at: Number, stop: Number, keys: Bytes, used: Number) -> Number:
    """The same for bytes."""
    _put(keys, used, stop - at)
    used += 2
    while at < stop:
        keys[used] = data[at]
        used += 1
        at += 1
    return used


@compiled
def _inner(data: Bytes, spans: Int64s, slot: Number, width: Number) -> None:
    """Narrow the content of an extension to the vector that it holds, as much of it as is there."""
    at, stop = spans[slot, 0], spans[slot, 1]
    if stop - at < width:
        spans[slot, 1] = at
        return
    size = np.int64(data[at]) if width == 1 else _two(data, at)
    spans[slot, 0], spans[slot, 1] = at + width, min(at + width + size, stop)


@compiled
def _extensions(data: Bytes, at: Number, stop: Number, plain: bool, spans: Int64s, keys: Bytes, used: Number) -> Number:
    """Note the extensions of a hello that go on at `at`, and write their kinds to `keys`; where the key ends, -1 for malformed ones."""
    spans[:] = 0
    begin = used
    used += 2
    if at < stop:
        if at + 2 > stop or at + 2 + _two(data, at) > stop:
            return -1
        end = at + 2 + _two(data, at)
        at += 2
        while at < end:
            if at + 4 > end:
                return -1
            kind, size = _two(data, at), _two(data, at + 2)
            at += 4 + size
            if at > end:
                return -1
            _put(keys, used, _told_apart(kind, plain))
            used += 2
            slot = _slot(kind)
            if slot >= 0 and spans[slot, 0] == 0:
                spans[slot, 0], spans[slot, 1] = at - size, at
    _put(keys, begin, used - begin - 2)
    return used


@compiled
def _client_hello(data: Bytes, at: Number, size: Number, spans: Int64s, keys: Bytes, used: Number) -> Number:
    """Note a ClientHello and write its key; where that ends, -1 for a malformed one."""
    stop = at + size
    if size <= 34 or at + 35 + np.int64(data[at + 34]) > stop:
        return -1
    keys[used], keys[used + 1] = data[at], data[at + 1]
    used += 2
    at += 35 + np.int64(data[at + 34])
    if at + 2 > stop or at + 2 + _two(data, at) > stop:
        return -1
    ciphers = at + 2
    at = ciphers + _two(data, at)
    used = _listed(data, ciphers, at, True, keys, used)
    if at + 1 > stop or at + 1 + np.int64(data[at]) > stop:
        return -1
    at += 1 + np.int64(data[at])
    used = _extensions(data, at, stop, True, spans, keys, used)
    if used < 0:
        return -1
    for slot in (NAME, GROUPS, SIGNATURES, ALPN):
        _inner(data, spans, slot, 2)
    for slot in (POINTS, VERSIONS):
        _inner(data, spans, slot, 1)
    for slot in (GROUPS, SIGNATURES, VERSIONS):
        used = _listed(data, spans[slot, 0], spans[slot, 1], True, keys, used)
    for slot in (POINTS, ALPN):
        used = _copied(data, spans[slot, 0], spans[slot, 1], keys, used)
    return used


@compiled
def _server_hello(data: Bytes, at: Number, size: Number, spans: Int64s, keys: Bytes, used: Number) -> Number:
    """Note a ServerHello and write its key; where that ends, -1 for a malformed one."""
    stop = at + size
    if size <= 34 or at + 38 + np.int64(data[at + 34]) > stop:
        return -1
    keys[used], keys[used + 1] = data[at], data[at + 1]
    at += 35 + np.int64(data[at + 34])
    keys[used + 2], keys[used + 3] = data[at], data[at + 1]
    used = _extensions(data, at + 3, stop, False, spans, keys, used + 4)
    if used < 0:
        return -1
    _inner(data, spans, ALPN, 2)
    used = _copied(data, spans[ALPN, 0], spans[ALPN, 1], keys, used)
    for slot in (VERSIONS, KEY_SHARE):
        used = _copied(data, spans[slot, 0], min(spans[slot, 0] + 2, spans[slot, 1]), keys, used)
    return used


@inlined
def _sessions(data: Bytes, offer: Number, answer: Number, told: Int64s) -> None:
    """Note whether the session id of a client is more than zeros, and whether the server repeats it."""
    size = np.int64(data[offer + 34])
    told[SESSION] = 0
    for at in range(size):
        if data[offer + 35 + at] != 0:
            told[SESSION] = 1
    told[SESSION_AGAIN] = np.int64(answer >= 0 and data[answer + 34] == size)
    if told[SESSION_AGAIN] == 1:
        for at in range(size):
            if data[offer + 35 + at] != data[answer + 35 + at]:
                told[SESSION_AGAIN] = 0


@inlined
def _named(data: Bytes, spans: Int64s, told: Int64s) -> None:
    """Tell the server's name that a client hello asks for."""
    at, stop = spans[NAME, 0], spans[NAME, 1]
    told[NAMED], told[NAMED_SIZE] = -1, 0
    if stop - at >= 3 and data[at] == 0:
        told[NAMED], told[NAMED_SIZE] = at + 3, min(_two(data, at + 1), stop - at - 3)


@compiled
def _same_name(data: Bytes, one: Int64s, other: Int64s) -> bool:
    if (one[NAMED] < 0) != (other[NAMED] < 0) or one[NAMED_SIZE] != other[NAMED_SIZE]:
        return False
    for place in range(one[NAMED_SIZE]):  # noqa: SIM110  kernels know no `all`
        if data[one[NAMED] + place] != data[other[NAMED] + place]:
            return False
    return True


@compiled
def cut_up(
    data: Bytes,
    offers: Int64s,
    seconds: Int64s,
    answers: Int64s,
    spans: Int64s,
    told: Int64s,
    offer_keys: Bytes,
    offer_ends: Int64s,
    answer_keys: Bytes,
    answer_ends: Int64s,
) -> None:
    """Cut up the hellos of conversations: `offers`, `seconds` (of clients after a retry) and `answers` have place and size of each, -1
    where there is none, whose key is empty. The row of `told` behind the last is for notes."""
    used, behind = np.int64(0), np.int64(0)
    note = told[len(offers)]
    for row in range(len(offers)):
        offer, second, answer, one = offers[row, 0], seconds[row, 0], answers[row, 0], told[row]
        one[:] = 0
        one[NAMED] = -1
        if offer >= 0:
            end = _client_hello(data, offer, offers[row, 1], spans, offer_keys, used)
            one[ODD] |= np.int64(end < 0)
            if end >= 0:
                used = end
                one[HAS_TICKET] = np.int64(spans[TICKET, 1] > spans[TICKET, 0])
                _named(data, spans, one)
        if second >= 0:
            if _client_hello(data, second, seconds[row, 1], spans, offer_keys, used) < 0:
                one[ODD] = 1
            else:
                _named(data, spans, note)
                one[ODD] |= np.int64(not _same_name(data, one, note))
        if answer >= 0:
            end = _server_hello(data, answer, answers[row, 1], spans, answer_keys, behind)
            one[ODD] |= np.int64(end < 0)
            behind = max(behind, end)
        if offer >= 0 and one[ODD] == 0:
            _sessions(data, offer, answer, one)
        offer_ends[row + 1], answer_ends[row + 1] = used, behind
