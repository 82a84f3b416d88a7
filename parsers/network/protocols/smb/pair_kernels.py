"""Requests of SMB with their answers, by number, and which of them there is nothing to do for."""

from __future__ import annotations

import numpy as np

from parsers.network.protocols.smb.message_kernels import (
    AT,
    COMMAND,
    COUNT,
    CUT,
    FIELDS,
    FLAGS,
    FRAME_AT,
    HIGH,
    IDLE,
    KEY,
    KIND,
    LAST,
    LEAD,
    NUMBER,
    OFFSET,
    ONE,
    PACKET,
    PLAIN,
    REPLY,
    RESPONSE,
    SESSION,
    SIZE,
    STATUS,
    TREE,
    TWO,
    UNCUT,
)
from parsers.network.records import Bools, Int64s
from timelines.compiled import compiled, inlined

RELATED = 0x4  # flag of SMB 2: goes on where the request before it left off
NT_STATUS = 0x4000 << 16  # flag of SMB 1
READ, WRITE, READ_ONE, WRITE_ONE, READ_RAW, NEGOTIATE = 8, 9, 0x2E, 0x2F, 0x1A, 0x72  # commands of SMB 2 and of SMB 1
OFFSET_LIMIT = 1 << 60  # bytes; no file system holds a larger file
MORE = 5  # rows of what tells of further reads and writes: offset in the file, position in the stream, bytes, first and last packet
RETRY = 0xC0000016  # a status that looks like an error and is none


@inlined
def _before(rows: Int64s, at: int, talk: int, kind: int, number: int, owner: Int64s) -> bool:
    """Whether message `at` stands before those of this conversation, kind and number."""
    if owner[at] != talk:
        return bool(owner[at] < talk)
    if rows[KIND, at] != kind:
        return bool(rows[KIND, at] < kind)
    return bool(rows[NUMBER, at] < number)


@inlined
def _is(rows: Int64s, at: int, talk: int, kind: int, number: int, owner: Int64s) -> bool:
    return bool(owner[at] == talk and rows[KIND, at] == kind and rows[NUMBER, at] == number)


@inlined
def _asks(rows: Int64s, row: int) -> bool:
    kind, flags = rows[KIND, row], rows[FLAGS, row]
    return bool((kind == TWO and not flags & RESPONSE) or (kind == ONE and not flags & REPLY))


@compiled
def _partner(
    rows: Int64s, row: int, talk: int, told: Int64s, owner: Int64s, order: Int64s, taken: Int64s
) -> int:  # fmt: skip
    """The answer to a request, which is then taken; -1 where there is none left."""
    kind, number = rows[KIND, row], rows[NUMBER, row]
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) >> 1
        if _before(told, order[middle], talk, kind, number, owner):
            low = middle + 1
        else:
            high = middle
    if low >= len(order) or (kind == TWO and taken[low] > 0):
        return -1
    at = low + taken[low]
    if at >= len(order) or not _is(told, order[at], talk, kind, number, owner):
        return -1
    taken[low] += 1
    return int(order[at])


@inlined
def _failed(status: int) -> bool:
    return bool(status >> 30 == 3 and status != RETRY)


@inlined
def _nothing_done(rows: Int64s, row: int, told: Int64s, answer: int | np.int64, acting: Bools) -> bool:
    """Whether a request changes nothing and cannot be malformed in what is read of it. acting: by version and command."""
    kind, command, fields = rows[KIND, row], rows[COMMAND, row], rows[FIELDS, row]
    if command >= acting.shape[1] or not acting[kind - ONE, command]:
        return True
    if kind == ONE:
        if answer < 0:
            return bool(fields == IDLE or (fields == PLAIN and command == NEGOTIATE))
        return bool(fields == IDLE and told[FIELDS, answer] != UNCUT)
    if fields == CUT and command == READ:
        if answer < 0:
            return True
        return bool(_failed(told[STATUS, answer]))
    return bool(fields == IDLE)


@inlined
def _open(rows: Int64s, row: int | np.int64) -> bool:
    """Whether a request of SMB 1 may leave a read of raw bytes waiting, for whose end the next is looked at: one may stand in a chain."""
    return bool(rows[FIELDS, row] == UNCUT or rows[COMMAND, row] == READ_RAW)


@inlined
def _moves(rows: Int64s, row: int, told: Int64s, answer: int | np.int64) -> bool:
    """Whether a request, first in its frame, reads or writes a file that it names, by its fields and those of its answer."""
    kind, command = rows[KIND, row], rows[COMMAND, row]
    if rows[FIELDS, row] != CUT or rows[AT, row] != rows[FRAME_AT, row] or rows[OFFSET, row] > OFFSET_LIMIT:
        return False
    reads = command == (READ if kind == TWO else READ_ONE)
    if not reads and command != (WRITE if kind == TWO else WRITE_ONE):
        return False
    if answer < 0:
        return not reads
    status = told[STATUS, answer]
    if _failed(status) or (reads and (told[FIELDS, answer] != CUT or told[COMMAND, answer] != command)):
        return False
    if kind == ONE:
        return bool(told[FIELDS, answer] == CUT and (told[FLAGS, answer] & NT_STATUS or not status))
    return not rows[FLAGS, row] & RELATED and (rows[KEY, row] != -1 or rows[HIGH, row] != -1)


@inlined
def _same_file(rows: Int64s, row: int, before: int | np.int64) -> bool:
    """Whether two requests do the same to one file, as one user."""
    return bool(
        rows[KIND, row] == rows[KIND, before]
        and rows[COMMAND, row] == rows[COMMAND, before]
        and rows[KEY, row] == rows[KEY, before]
        and rows[HIGH, row] == rows[HIGH, before]
        and rows[TREE, row] == rows[TREE, before]
        and rows[SESSION, row] == rows[SESSION, before]
    )


@compiled
def _moved(rows: Int64s, row: int, told: Int64s, answer: int | np.int64, more: Int64s, at: int) -> None:
    """Tell of a read or write that follows another."""
    reads = rows[COMMAND, row] == (READ if rows[KIND, row] == TWO else READ_ONE)
    if reads:
        lead, begin, size, count = told[LEAD, answer], told[AT, answer], told[SIZE, answer], told[COUNT, answer]
    else:
        lead, begin, size, count = rows[LEAD, row], rows[AT, row], rows[SIZE, row], rows[COUNT, row]
    more[0, at], more[1, at], more[2, at] = rows[OFFSET, row], begin + lead, min(count, max(size - lead, 0))
    more[3, at], more[4, at] = rows[PACKET, row], told[LAST, answer] if answer >= 0 else rows[LAST, row]


@inlined
def _goes_on(rows: Int64s, asks: Int64s, talks: Int64s, number: int, whole: int) -> bool:
    """Whether the next request of SMB 2 may go on where request `number` leaves off; what is not known may."""
    talk, following = talks[asks[number]], number + 1
    while following < len(asks) and talks[asks[following]] == talk:
        row = asks[following]
        if rows[KIND, row] == TWO and _asks(rows, row):
            return bool(rows[FLAGS, row] & RELATED)
        following += 1
    return not whole


@compiled
def paired(
    rows: Int64s, asks: Int64s, talks: Int64s, told: Int64s, owner: Int64s, order: Int64s, taken: Int64s, acting: Bools, whole: int,
    out: Int64s, more: Int64s,
) -> int:  # fmt: skip
    """The requests that are to be looked at, and all that is no message of either version: fills `out`, (3, n), with the row of each, of
    its answer, -1 for none, and how many reads or writes of the same file follow at once, which `more`, (MORE, n), tells one after the
    other; how many they are.

    rows: messages, (COLUMNS, n); asks: those of clients in their order; talks: the conversation of each; whole: these are all of them;
    told: messages of servers, and the conversation of each in `owner`; order: the answers among them by conversation, kind, number, and
    place; taken: zeros, (len(order),).
    """
    count, further, known, head = 0, 0, np.int64(-1), np.int64(-1)  # the request of SMB 1 before; what a run began with
    for number in range(len(asks)):
        row, talk = asks[number], talks[asks[number]]
        kind, answer, drop = rows[KIND, row], np.int64(-1), False
        if kind in (ONE, TWO):
            if not _asks(rows, row):
                continue
            answer = np.int64(_partner(rows, row, talk, told, owner, order, taken))
            drop = _nothing_done(rows, row, told, answer, acting)
            if kind == ONE:
                first = known < 0 or talks[known] != talk
                drop = drop and (bool(whole) if first else not _open(rows, known))
                known = np.int64(row)
            elif drop:
                drop = not rows[FLAGS, row] & RELATED and not _goes_on(rows, asks, talks, number, whole)
            if drop:
                continue
            moves = _moves(rows, row, told, answer)
            if moves and head >= 0 and talks[head] == talk and _same_file(rows, row, head):
                _moved(rows, row, told, answer, more, further)
                further, out[2, count - 1] = further + 1, out[2, count - 1] + 1
                continue
            head = np.int64(row) if moves else np.int64(-1)
        else:
            head = np.int64(-1)
        out[0, count], out[1, count], out[2, count] = row, answer, 0
        count += 1
    return count
