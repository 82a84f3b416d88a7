"""What plain requests do, in numbers: the fields of each, and of its answer, that rows are made of (MS-SMB2 section 2.2, MS-CIFS
section 2.2.4)."""

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
    KEY,
    KIND,
    LAST,
    LEAD,
    OFFSET,
    ONE,
    PACKET,
    PLACE,
    SESSION,
    SIZE,
    STATUS,
    THERE,
    TREE,
    TWO,
)
from parsers.network.protocols.smb.pair_kernels import NT_STATUS, OFFSET_LIMIT, RELATED, RETRY
from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled, inlined

# Rows of what is filled, one column a request. What A to H are depends on the verb: see where they are filled.
VERB, BEGUN, ENDED, CODE, USER, SHARE, FILE, FILE_HIGH, A, B, C, D, E, F, G, H = range(16)
STEPS = 16
NO_ANSWER = -1  # as CODE, where no answer was seen
# Verbs: ODD is for what is not plain, which is read message by message
ODD, MAP, UNMAP, OPEN, CLOSE, READ, WRITE, CALL, LIST, CLOSE_ONE, READ_ONE, WRITE_ONE, CALL_ONE = range(13)
OF_ONE = frozenset((CLOSE_ONE, READ_ONE, WRITE_ONE, CALL_ONE))
UNSET = -(1 << 63)  # a time that is none
EPOCH, MOST = 116_444_736_000_000_000, ((1 << 63) - 1) // 100  # as in shares.py, in 100 ns


@inlined
def _little(buffer: Bytes, at: int | np.int64, size: int) -> int:
    value = np.int64(0)
    for number in range(size):
        value |= np.int64(buffer[at + number]) << (8 * number)
    return value  # type: ignore[return-value]  # numba needs its width


@inlined
def _has(rows: Int64s, row: int | np.int64, size: int | np.int64) -> bool:
    """Whether the first `size` bytes of a message came in one packet."""
    return bool(rows[SIZE, row] >= size and rows[THERE, row] >= size)


@inlined
def _part(buffer: Bytes, rows: Int64s, row: int, at: int, limit: int, out: Int64s, number: int) -> bool:
    """A text of a message, to whose place and size the two numbers at `at` point: A, B. False where it is not all there."""
    begin, size = _little(buffer, rows[PLACE, row] + at, 2), _little(buffer, rows[PLACE, row] + at + 2, 2)
    out[A, number], out[B, number] = rows[PLACE, row] + begin, size
    return bool(begin + size <= limit and _has(rows, row, begin + size))


@inlined
def _file(buffer: Bytes, at: int | np.int64, out: Int64s, number: int) -> bool:
    """What a file is called. False for the file of the request before."""
    out[FILE, number], out[FILE_HIGH, number] = _little(buffer, at, 8), _little(buffer, at + 8, 8)
    return bool(out[FILE, number] != -1 or out[FILE_HIGH, number] != -1)


@inlined
def _map(
    buffer: Bytes, rows: Int64s, row: int, told: Int64s, good: int | np.int64, limit: int, out: Int64s, number: int
) -> int:  # fmt: skip
    """A share is mapped: A, B as in `_part`; C: its kind, -1 where it was refused; D: its number."""
    out[C, number] = -1
    if not _has(rows, row, 72) or not _part(buffer, rows, row, 68, limit, out, number):
        return ODD
    if good >= 0:
        if not _has(told, good, 72):
            return ODD
        out[C, number], out[D, number] = np.int64(buffer[told[PLACE, good] + 66]), told[TREE, good]
    return MAP


@inlined
def _open(
    buffer: Bytes, rows: Int64s, row: int, told: Int64s, good: int | np.int64, limit: int, out: Int64s, number: int
) -> int:  # fmt: skip
    """A file is opened: A, B as in `_part`; C: its size, -1 where it was refused; D to G: its times, UTC ns; H: options."""
    out[C, number] = -1
    if not _has(rows, row, 112) or not _part(buffer, rows, row, 108, limit, out, number):
        return ODD
    out[H, number] = _little(buffer, rows[PLACE, row] + 104, 4)
    if good >= 0:
        if told[COMMAND, good] != 5 or not _has(told, good, 152):
            return ODD
        place = told[PLACE, good]
        for ticks in range(4):
            value = _little(buffer, place + 72 + 8 * ticks, 8)
            known = value > 0 and abs(value - EPOCH) <= MOST
            out[D + ticks, number] = (value - EPOCH) * 100 if known else UNSET
        size = _little(buffer, place + 112, 8)
        out[C, number] = size if size >= 0 else (1 << 63) - 1
        _file(buffer, place + 128, out, number)
    return OPEN


@inlined
def _moved(rows: Int64s, row: int, carrying: Int64s, carrier: int | np.int64, out: Int64s, number: int) -> None:
    """Bytes of a file: A: where in it, B: where in the stream, C: how many."""
    lead, size = carrying[LEAD, carrier], carrying[SIZE, carrier]
    out[A, number], out[B, number] = rows[OFFSET, row], carrying[AT, carrier] + lead
    out[C, number] = min(carrying[COUNT, carrier], max(size - lead, 0))


@inlined
def _called(rows: Int64s, row: int, told: Int64s, good: int | np.int64, out: Int64s, number: int) -> None:
    """A call through a pipe: A, B: where in the stream, and how many bytes; C, D: of its answer, C being -1 where there is none."""
    out[A, number], out[B, number], out[C, number] = rows[AT, row] + rows[LEAD, row], rows[COUNT, row], -1
    if good >= 0:
        out[C, number], out[D, number] = told[AT, good] + told[LEAD, good], told[COUNT, good]


@compiled
def _of_file(
    buffer: Bytes, rows: Int64s, row: int, told: Int64s, good: int | np.int64, failed: bool, limit: int, out: Int64s, number: int
) -> int:  # fmt: skip
    """What is done to an open file of SMB 2. good: the answer, -1 where there is none or it failed."""
    command, place, cut = rows[COMMAND, row], rows[PLACE, row], rows[FIELDS, row] == CUT
    fits = good >= 0 and told[FIELDS, good] == CUT and told[COMMAND, good] == command
    if command == 6:
        return CLOSE if _has(rows, row, 88) and _file(buffer, place + 72, out, number) else ODD
    if command == 14:
        whole = _has(rows, row, 92) and _part(buffer, rows, row, 88, limit, out, number)
        return LIST if whole and _file(buffer, place + 72, out, number) else ODD
    if not cut:
        return ODD
    if command == 11:
        if not _has(rows, row, 88) or not _file(buffer, place + 72, out, number) or (good >= 0 and not fits):
            return ODD
        _called(rows, row, told, good, out, number)
        return CALL
    out[FILE, number], out[FILE_HIGH, number] = rows[KEY, row], rows[HIGH, row]
    if failed or rows[OFFSET, row] > OFFSET_LIMIT or (rows[KEY, row] == -1 and rows[HIGH, row] == -1):
        return ODD
    if command == 8 and fits:
        _moved(rows, row, told, good, out, number)
        return READ
    if command == 9:
        _moved(rows, row, rows, row, out, number)
        return WRITE
    return ODD


@compiled
def _two(buffer: Bytes, rows: Int64s, row: int, told: Int64s, answer: int, limit: int, out: Int64s, number: int) -> int:
    """The verb of a request of SMB 2, which stands alone and first in its frame."""
    status = told[STATUS, answer] if answer >= 0 else np.int64(0)
    failed = status >> 30 == 3 and status != RETRY
    good = np.int64(answer) if answer >= 0 and not failed else np.int64(-1)
    command = rows[COMMAND, row]
    if command == 3:
        return _map(buffer, rows, row, told, good, limit, out, number)
    if command == 4:
        return UNMAP
    if command == 5:
        return _open(buffer, rows, row, told, good, limit, out, number)
    if command == 6 or command == 8 or command == 9 or command == 11 or command == 14:
        return _of_file(buffer, rows, row, told, good, failed, limit, out, number)
    return ODD


@compiled
def _one(rows: Int64s, row: int, told: Int64s, answer: int, out: Int64s, number: int) -> int:
    """The verb of a request of SMB 1 that is one command, whose fields were found with it, as those of its answer were."""
    if rows[FIELDS, row] != CUT or rows[OFFSET, row] > OFFSET_LIMIT:
        return ODD
    status, good = np.int64(0), np.int64(-1)
    command = rows[COMMAND, row]
    if answer >= 0:
        status = told[STATUS, answer]
        if told[FIELDS, answer] != CUT or (status != 0 and not told[FLAGS, answer] & NT_STATUS):
            return ODD
        if not (status >> 30 == 3 and status != RETRY) and told[COMMAND, answer] == command:
            good = np.int64(answer)
    failed = status >> 30 == 3 and status != RETRY
    out[FILE, number] = rows[KEY, row]
    if command == 0x04:
        return CLOSE_ONE
    if command == 0x25:
        _called(rows, row, told, good, out, number)
        return CALL_ONE
    if answer >= 0:
        out[SHARE, number] = told[TREE, answer]
    if command == 0x2E and good >= 0:
        _moved(rows, row, told, good, out, number)
        return READ_ONE
    if command == 0x2F and not failed:
        _moved(rows, row, rows, row, out, number)
        return WRITE_ONE
    return ODD


@compiled
def steps(
    buffer: Bytes, rows: Int64s, talks: Int64s, told: Int64s, pairs: Int64s, whole: int, limit: int, out: Int64s
) -> None:  # fmt: skip
    """Fill `out`, (STEPS, n), for the pairs, (3, n), that `pair_kernels.paired` told.

    talks: the conversation of each of `rows`; whole: these are all of the requests; limit: bytes of a message that are looked at.
    """
    talk, related = np.int64(-1), whole == 0  # whether the next request of SMB 2 goes on where this one leaves off
    for number in range(pairs.shape[1] - 1, -1, -1):
        row, answer = pairs[0, number], pairs[1, number]
        kind, verb = rows[KIND, row], ODD
        if talk >= 0 and talks[row] != talk:
            related = False
        talk = talks[row]
        for empty in range(FILE, STEPS):
            out[empty, number] = 0
        out[BEGUN, number], out[ENDED, number] = rows[PACKET, row], rows[LAST, row]
        out[CODE, number], out[USER, number], out[SHARE, number] = NO_ANSWER, rows[SESSION, row], rows[TREE, row]
        if answer >= 0:
            out[ENDED, number], out[CODE, number] = told[LAST, answer], told[STATUS, answer]
        if kind == TWO:
            alone = not related and not rows[FLAGS, row] & RELATED and rows[AT, row] == rows[FRAME_AT, row]
            if alone:
                verb = _two(buffer, rows, row, told, answer, limit, out, number)
            related = rows[FLAGS, row] & RELATED != 0
        elif kind == ONE and rows[AT, row] == rows[FRAME_AT, row]:
            verb = _one(rows, row, told, answer, out, number)
        out[VERB, number] = verb
