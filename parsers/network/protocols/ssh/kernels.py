"""The clear part of many plain SSH conversations, walked in one pass, and the sizes of what servers answer sealed: what `transport.py` and
`logins.py` tell of one conversation, which read whatever is odd here."""

from __future__ import annotations

from typing import Any

import numpy as np

from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled, inlined

Number = Any  # of 64 bits
# What is told of each side: whether it is odd; first and last packet, the first -1 where it says nothing; whether it went on sealed, and
# where; where its key ends
ODD, FIRST, LAST, SEALED, SEALED_AT, KEY_END = range(6)
TOLD = 6
LINE, PACKETS, PACKET_LIMIT, STREAM_LIMIT = 400, 12, 35_000, 65_536  # as in `transport.py`
ROOM = 2 * (STREAM_LIMIT + PACKET_LIMIT + 4 * PACKETS + LINE + 16)  # bytes that one conversation may fill at the most
ANSWERS, SHORTER, BANNER = 100, 16, 256  # as in `logins.py`
UNKNOWN, REFUSED, ACCEPTED = range(3)


@inlined
def _long(data: Bytes, at: Number) -> Number:
    value = np.int64(0)
    for place in range(4):
        value = value << 8 | np.int64(data[at + place])
    return value


@inlined
def _put(data: Bytes, at: Number, value: Number) -> None:
    for place in range(4):
        data[at + place] = value >> (24 - 8 * place) & 0xFF


@inlined
def _piece(pieces: Int64s, index: Number, stop: Number, position: Number) -> Number:
    """The last of the pieces [index, stop) that begins at or before `position`."""
    while index + 1 < stop and pieces[0, index + 1] <= position:
        index += 1
    return index


@compiled
def _copied(
    buffer: Bytes,
    pieces: Int64s,
    index: Number,
    stop: Number,
    position: Number,
    size: Number,
    out: Bytes,
    begin: Number,
) -> Number:
    """Copy `size` bytes from `position` on, which piece `index` may hold; how many are there before a gap, -1 where some lie outside."""
    done = np.int64(0)
    while index < stop and done < size:
        skip = position + done - pieces[0, index]
        if skip < 0 or skip >= pieces[1, index] or (done > 0 and skip > 0):
            break
        some = min(pieces[1, index] - skip, size - done)
        place = pieces[2, index] + skip
        if place + some > len(buffer):
            return -1
        for at in range(some):
            out[begin + done + at] = buffer[place + at]
        done += some
        index += 1
    return done


@compiled
def _line(data: Bytes, at: Number, there: Number) -> Number:
    """How long a version line is that speaks version 2 and ends within `there` bytes, without its end; -1 where it is none."""
    if there < 10 or _long(data, at) != 0x5353482D:  # SSH-
        return -1
    number = _long(data, at + 4)
    if number != 0x322E302D and (number != 0x312E3939 or data[at + 8] != 45):  # 2.0- and 1.99-
        return -1
    for size in range(8, there):
        if data[at + size] == 10:
            return size
        if data[at + size] == 13:
            return size if size + 1 < there and data[at + size + 1] == 10 else -1
    return -1


@compiled
def _kept(data: Bytes, at: Number, size: Number, offered: bool) -> Number:
    """How many bytes of a message at `at` tell anything, from the first on: all of an offer but its cookie, which becomes zeros, the host
    key of a reply, the kind of what a client asks."""
    kind = data[at]
    if kind == 20 and not offered:
        for place in range(at + 1, min(at + 17, at + size)):
            data[place] = 0
        return size
    if kind in (30, 32, 34):
        return 1
    if kind in (31, 33) and size >= 5:
        key = _long(data, at + 1)
        return 5 + key if 0 < key <= size - 5 else np.int64(0)
    return np.int64(0)


@compiled
def _packets(
    buffer: Bytes, pieces: Int64s, index: Number, stop: Number, at: Number, data: Bytes, used: Number, told: Int64s
) -> Number:
    """Walk the clear packets of a side from `at` on, and add what tells anything to its key, which ends at `used`; where it ends then."""
    offered = False
    for _ in range(PACKETS):
        index = _piece(pieces, index, stop, at)
        there = _copied(buffer, pieces, index, stop, at, 6, data, used)
        if there < 6:
            told[ODD] = np.int64(there != 0 or pieces[0, stop - 1] + pieces[1, stop - 1] > at)
            return used
        size, padding, kind = _long(data, used), np.int64(data[used + 4]), data[used + 5]
        body = size - padding - 1
        if (
            padding + 2 > size
            or size > PACKET_LIMIT
            or at > STREAM_LIMIT
            or (
                _copied(buffer, pieces, _piece(pieces, index, stop, at + 5), stop, at + 5, body, data, used + 4) != body
            )
        ):
            told[ODD] = 1
            return used
        at += 4 + size
        told[LAST] = max(told[LAST], pieces[3, _piece(pieces, index, stop, at - 1)])
        if kind == 21:
            index = _piece(pieces, index, stop, at)
            told[SEALED] = np.int64(_copied(buffer, pieces, index, stop, at, 1, data, used) != 0)
            told[SEALED_AT] = at
            return used
        some = _kept(data, used + 4, body, offered)
        offered = offered or kind == 20
        if some > 0:
            _put(data, used, some)
            used += 4 + some
    return used


@compiled
def _side(
    buffer: Bytes, pieces: Int64s, index: Number, stop: Number, data: Bytes, used: Number, told: Int64s
) -> Number:
    """Walk a side, the pieces [index, stop), and write its key: its version line and each message that tells anything, behind lengths of
    four bytes; where the key ends. A side that says nothing has an empty one."""
    told[:] = 0
    told[FIRST] = -1
    if index >= stop:
        return used
    begin = used + 4
    there = _copied(buffer, pieces, index, stop, 0, LINE + 2, data, begin)
    size = _line(data, begin, there)
    if size < 0:
        told[ODD] = 1
        return used
    behind = size + 1 + np.int64(data[begin + size] == 13)
    told[FIRST] = pieces[3, index]
    told[LAST] = pieces[3, _piece(pieces, index, stop, behind - 1)]
    _put(data, used, size)
    return _packets(buffer, pieces, index, stop, behind, data, begin + size, told)


@compiled
def walk(
    buffer: Bytes, pieces: Int64s, bounds: Int64s, flows: Int64s, data: Bytes, filled: Int64s, told: Int64s
) -> Number:
    """Walk conversations until `data`, of which `filled` bytes are taken, has no room for another; how many were walked. told: (2 n, TOLD),
    originators and responders in turn; the keys of odd conversations are empty."""
    for number in range(len(flows)):
        used = filled[0]
        if used + ROOM > len(data):
            return number
        for side in range(2):
            stream = 2 * flows[number] + side
            one = told[2 * number + side]
            used = _side(buffer, pieces, bounds[stream], bounds[stream + 1], data, used, one)
            one[KEY_END] = used
        silent = told[2 * number, FIRST] < 0 and told[2 * number + 1, FIRST] < 0
        if silent or told[2 * number, ODD] != 0 or told[2 * number + 1, ODD] != 0:
            for side in range(2):
                told[2 * number + side, ODD], told[2 * number + side, KEY_END] = 1, filled[0]
        else:
            filled[0] = used
    return len(flows)


@compiled
def _begins(pieces: Int64s, index: Number, stop: Number, position: Number) -> Number:
    """The first of the pieces [index, stop) that has a byte at or behind `position`; `stop` where none has."""
    while index < stop and pieces[0, index] + pieces[1, index] <= position:
        index += 1
    return index


@compiled
def _login(
    pieces: Int64s, index: Number, stop: Number, at: Number, asked: Number, packet_time: Int64s, out: Int64s
) -> None:
    """As `logins.login`: by the sizes of what the server's pieces [index, stop) bring from `at` on, `asked` at the earliest."""
    service, refusal, attempts, count = np.int64(0), np.int64(0), np.int64(0), 0
    banner = False
    while index < stop and count < ANSWERS and max(pieces[0, index], at) == at:
        size = pieces[0, index] + pieces[1, index] - at
        at += size
        if packet_time[pieces[3, index]] >= asked:
            count += 1
            if service == 0:
                service = size
            elif size + SHORTER == service:
                out[0], out[1] = ACCEPTED, attempts + 1
                return
            elif refusal == 0:
                if not banner and size - service > BANNER:
                    banner = True
                else:
                    refusal = size
            elif size == refusal:
                attempts += 1
        index += 1
    out[0], out[1] = REFUSED if attempts else UNKNOWN, attempts


@compiled
def logins(pieces: Int64s, bounds: Int64s, ends: Int64s, packet_time: Int64s, out: Int64s) -> None:
    """How logging in went, and attempts: `out`, (n, 2). ends: (n, 4), the client's stream and where it goes on sealed, and the server's."""
    for row in range(len(ends)):
        client, asking, server, answering = ends[row, 0], ends[row, 1], ends[row, 2], ends[row, 3]
        out[row, 0], out[row, 1] = UNKNOWN, 0
        asked = _begins(pieces, bounds[client], bounds[client + 1], asking)
        if asked < bounds[client + 1] and pieces[0, asked] <= asking:
            first = _begins(pieces, bounds[server], bounds[server + 1], answering)
            _login(pieces, first, bounds[server + 1], answering, packet_time[pieces[3, asked]], packet_time, out[row])
