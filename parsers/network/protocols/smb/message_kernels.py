"""SMB messages of many streams, found in one pass: session frames (RFC 1002 section 4.3), the headers behind them (MS-SMB2 section 2.2.1,
MS-CIFS section 2.2.3.1), and the fields of what is said most."""

from __future__ import annotations

import numpy as np

from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled, inlined

# Rows of what is filled: where a message lies in its stream, what its header says, and the frame that it came in. The place is one in the
# capture, with as many bytes there as came in that packet; of SMB 1 the number is command, process and number, the session a user. Of what
# reads, writes, closes or calls: where in the file, where in the message its bytes begin, how many they are, and of SMB 1 the file.
KIND, AT, SIZE, PLACE, THERE, PACKET, LAST, COMMAND, STATUS, FLAGS, NUMBER, TREE, SESSION, FRAME_AT, FRAME_SIZE = range(
    15
)
FIELDS, OFFSET, LEAD, COUNT, KEY = range(15, 20)
HIGH = 20  # of SMB 2 the second half of what a file that is read or written is called, KEY being the first
COLUMNS = 21
# What FIELDS tells: nothing, it is looked at as it is read; the fields are there; it is one whole command; it is a request that changes
# nothing
UNCUT, CUT, PLAIN, IDLE = range(4)
RESPONSE, REPLY = 0x1, 0x80  # flags of SMB 2 and of SMB 1
PIPE_CONTROL, PIPE_CALL, NT_CREATE = 0x0011C017, 0x26, 1  # functions of a control, a transaction, an NT transaction
ONE, TWO, ASIDE, BAD_ONE, BAD_TWO, BAD_COMPOUND = 1, 2, 3, 4, 5, 6  # kinds
# What is told of each stream: its first row; where the pass stands, frames that may follow, and the row after the last; why it ended
# Further, by the pass over many streams: whether these were all messages of the stream; and whether it begins with an answer, -1 where
# that lies outside the file
FIRST, POSITION, LEFT, ROW, WHY, WHOLE, ANSWERS = range(7)
TOLD = 7
STRANGE, FULL = 0, 1  # why: what lies there is no plain frame, or none in the file; no room for more
GO_ON = 0  # instead of how many frames of a stream are taken: as many as are left of those of before
HEADER = 52  # bytes of a frame that a message of SMB 2 needs: the length and most of its header
HEAD = 116  # bytes of a frame that are looked at: the length, the header, and the fields behind it


@inlined
def _piece(pieces: Int64s, first: int, stop: int, position: int) -> int:
    """The last of the pieces [first, stop) that begins at or before `position`; `first` where none does."""
    low, high = first, stop
    if low + 1 < stop and pieces[0, low + 1] > position:
        high = low + 1
    while low + 1 < high:
        middle = (low + high) >> 1
        if pieces[0, middle] <= position:
            low = middle
        else:
            high = middle
    return low


@compiled
def _copied(buffer: Bytes, pieces: Int64s, index: int, stop: int, position: int, head: Bytes, begin: int) -> int:
    """Copy bytes from `position` on, which piece `index` may hold, to `head` from `begin` on; how many there are then in it: fewer before a
    gap, -1 where not even a header lies in the file."""
    done = begin
    while index < stop and done < HEAD:
        skip = position + done - begin - pieces[0, index]
        if skip < 0 or skip >= pieces[1, index] or (done > begin and skip > 0):
            break
        some = min(pieces[1, index] - skip, HEAD - done)
        place = pieces[2, index] + skip
        if place + some > len(buffer):
            return done if done >= HEADER else -1
        for at in range(some):
            head[done + at] = buffer[place + at]
        done += some
        index += 1
    return done


@inlined
def _little(head: Bytes, at: int, size: int) -> int:
    value = np.int64(0)
    for number in range(size):
        value |= np.int64(head[at + number]) << (8 * number)
    return value  # type: ignore[return-value]  # numba needs its width


@compiled
def _put(
    pieces: Int64s, index: int, stop: int, kind: int, at: int, size: int, outside: int, out: Int64s, row: int
) -> None:
    """Where a message lies. `outside`: the capture's size; what lies behind it is not for slicing."""
    index = _piece(pieces, index, stop, at)
    skip = at - pieces[0, index]
    there = skip >= 0 and skip < pieces[1, index] and pieces[2, index] + pieces[1, index] <= outside
    end = pieces[0, stop - 1] + pieces[1, stop - 1]
    last = max(min(at + size, end) - 1, at)
    out[KIND, row], out[AT, row], out[SIZE, row] = kind, at, size
    out[FIELDS, row] = UNCUT
    out[OFFSET, row], out[LEAD, row], out[COUNT, row], out[KEY, row], out[HIGH, row] = 0, 0, 0, 0, 0
    out[PLACE, row] = pieces[2, index] + skip if there else 0
    out[THERE, row] = pieces[1, index] - skip if there else 0
    out[PACKET, row] = pieces[3, index]
    out[LAST, row] = pieces[3, _piece(pieces, index, stop, last)]


@compiled
def _cut_two(out: Int64s, row: int, head: Bytes, have: int) -> None:
    """The fields of a message of SMB 2 (MS-SMB2 section 2.2), of which `have` bytes stand in `head` from 4 on."""
    command, answers = out[COMMAND, row], out[FLAGS, row] & RESPONSE
    if answers:
        if command == 8 and have >= 72:
            out[FIELDS, row], out[LEAD, row], out[COUNT, row] = CUT, np.int64(head[70]), _little(head, 72, 4)
        elif command == 11 and have >= 104:
            out[FIELDS, row], out[LEAD, row], out[COUNT, row] = CUT, _little(head, 100, 4), _little(head, 104, 4)
    elif command == 8 or command == 9:
        if have >= 96 and head[83] < 0x80:
            out[FIELDS, row], out[OFFSET, row] = CUT, _little(head, 76, 8)
            out[KEY, row], out[HIGH, row] = _little(head, 84, 8), _little(head, 92, 8)
            if command == 9:
                out[LEAD, row], out[COUNT, row] = _little(head, 70, 2), _little(head, 72, 4)
    elif command == 6:
        if have >= 88:
            out[FIELDS, row] = CUT
    elif command == 11 and have >= 96:
        out[FIELDS, row] = CUT if _little(head, 72, 4) == PIPE_CONTROL else IDLE
        out[LEAD, row], out[COUNT, row] = _little(head, 92, 4), _little(head, 96, 4)


@compiled
def _cut_one(out: Int64s, row: int, head: Bytes, have: int) -> None:
    """The fields of a message of SMB 1 that is one command (MS-CIFS section 2.2.4), of which `have` bytes stand in `head` from 4 on."""
    command, size = out[COMMAND, row], 2 * np.int64(head[36]) if have > 32 else have
    if 35 + size > have:
        return
    at = 37  # where its words begin
    chained = command == 0x24 or 0x2D <= command <= 0x2F or 0x73 <= command <= 0x75 or command == 0xA2
    if chained and size >= 4 and head[at] != 0xFF:
        return
    if (command == 0x2E or command == 0x2F) and size > 32:
        return
    out[FIELDS, row] = PLAIN
    if out[FLAGS, row] & REPLY:
        if (command != 0x2E and command != 0x25) or size >= 16:
            out[FIELDS, row] = CUT
        if command == 0x2E and size >= 16:
            out[LEAD, row] = _little(head, at + 12, 2)
            out[COUNT, row] = _little(head, at + 14, 2) << 16 | _little(head, at + 10, 2)
        elif command == 0x25 and size >= 16:
            out[LEAD, row], out[COUNT, row] = _little(head, at + 14, 2), _little(head, at + 12, 2)
    elif command == 0x04 and size >= 2:
        out[FIELDS, row], out[KEY, row] = CUT, _little(head, at, 2)
    elif (command == 0x2E and size >= 10) or (command == 0x2F and size >= 24):
        high = 20 if command == 0x2E else 24
        above = _little(head, at + high, 4) if size >= high + 4 else np.int64(0)
        if above < 0x80000000:
            out[FIELDS, row], out[KEY, row] = CUT, _little(head, at + 4, 2)
            out[OFFSET, row] = above << 32 | _little(head, at + 6, 4)
        if command == 0x2F:
            out[LEAD, row] = _little(head, at + 22, 2)
            out[COUNT, row] = _little(head, at + 18, 2) << 16 | _little(head, at + 20, 2)
    elif command == 0x25:
        out[FIELDS, row] = IDLE
        if size >= 32 and head[at + 26] >= 2 and _little(head, at + 28, 2) == PIPE_CALL:
            out[FIELDS, row], out[KEY, row] = CUT, _little(head, at + 30, 2)
            out[LEAD, row], out[COUNT, row] = _little(head, at + 24, 2), _little(head, at + 22, 2)
    elif command == 0xA0 and size >= 38 and _little(head, at + 36, 2) != NT_CREATE:
        out[FIELDS, row] = IDLE


@compiled
def _single(
    pieces: Int64s, index: int, stop: int, at: int, size: int, count: int, outside: int, out: Int64s, row: int, head: Bytes
) -> int:  # fmt: skip
    """A message of SMB 1, or one that is not read. The row after it."""
    if row >= out.shape[1]:
        return -1
    kind = ASIDE if head[4] != 0xFF else ONE if count >= 36 else BAD_ONE
    _put(pieces, index, stop, kind, at, size, outside, out, row)
    out[COMMAND, row] = np.int64(head[4])
    if kind == ONE:
        out[COMMAND, row], out[STATUS, row] = np.int64(head[8]), _little(head, 9, 4)
        out[FLAGS, row] = np.int64(head[13]) | _little(head, 14, 2) << 16
        out[NUMBER, row] = _little(head, 16, 2) << 32 | _little(head, 30, 2) << 16 | _little(head, 34, 2)
        out[NUMBER, row] |= out[COMMAND, row] << 48  # many clients use one number for all that they ask
        out[TREE, row], out[SESSION, row] = _little(head, 28, 2), _little(head, 32, 2)
        _cut_one(out, row, head, min(size, count - 4))
    return row + 1


@compiled
def _compound(
    buffer: Bytes, pieces: Int64s, index: int, stop: int, at: int, size: int, count: int, out: Int64s, row: int, head: Bytes
) -> int:  # fmt: skip
    """The messages of a frame of SMB 2: one, or several one behind the other. The row after them; -1 where they have no room, -2 where they
    lie outside the file."""
    outside, behind = len(buffer), at + size
    while True:
        if count < 0:
            return -2
        if row >= out.shape[1]:
            return -1
        if count < HEADER or head[4] != 0xFE or head[5] != 0x53 or head[6] != 0x4D or head[7] != 0x42 or head[8] != 64:
            _put(pieces, index, stop, BAD_TWO, at, 0, outside, out, row)
            return row + 1
        following = _little(head, 24, 4)
        own = following if following > 0 else behind - at
        _put(pieces, index, stop, TWO, at, own, outside, out, row)
        out[STATUS, row], out[COMMAND, row] = _little(head, 12, 4), _little(head, 16, 2)
        out[FLAGS, row], out[NUMBER, row] = _little(head, 20, 4), _little(head, 28, 8)
        out[TREE, row], out[SESSION, row] = _little(head, 40, 4), _little(head, 44, 8)
        _cut_two(out, row, head, min(own, count - 4))
        row, at = row + 1, at + own
        if following == 0 or at >= behind:
            return row
        if row >= out.shape[1]:
            return -1
        if following < 64:
            _put(pieces, index, stop, BAD_COMPOUND, at, 0, outside, out, row)
            return row + 1
        index = _piece(pieces, index, stop, at)
        count = _copied(buffer, pieces, index, stop, at, head, 4)


@compiled
def _walk(
    buffer: Bytes, pieces: Int64s, first: int, stop: int, told: Int64s, number: int, out: Int64s, head: Bytes
) -> None:
    """The messages of the stream that has the pieces [first, stop), (4, p) as in `streams.Pieces`, from where `told[number]` stands.

    out: (COLUMNS, rows); told: (n, TOLD); head: room for HEAD bytes.
    """
    index = first
    while told[number, LEFT] > 0:
        at, row = told[number, POSITION], told[number, ROW]
        index = _piece(pieces, index, stop, at)
        count = _copied(buffer, pieces, index, stop, at, head, 0)
        told[number, WHY] = STRANGE
        if count < 4:
            return
        size = int(head[1]) << 16 | int(head[2]) << 8 | int(head[3])
        if count >= 8 and head[0] == 0 and head[4] >= 0xFC and head[5] == 0x53 and head[6] == 0x4D and head[7] == 0x42:
            if head[4] == 0xFE:
                row = _compound(buffer, pieces, index, stop, at + 4, size, count, out, row, head)
            else:
                row = _single(pieces, index, stop, at + 4, size, count, len(buffer), out, row, head)
            if row < 0:
                told[number, WHY] = FULL if row == -1 else STRANGE
                return
            for filled in range(told[number, ROW], row):
                out[FRAME_AT, filled], out[FRAME_SIZE, filled] = at + 4, size
        elif head[0] < 0x81 or head[0] > 0x85 or size >= 1_024:
            return
        told[number, POSITION], told[number, LEFT], told[number, ROW] = at + 4 + size, told[number, LEFT] - 1, row


@inlined
def _answers(head: Bytes, count: int) -> int:
    """Whether the first bytes of a stream are those of an answer."""
    if count < 8 or head[5] != 0x53 or head[6] != 0x4D or head[7] != 0x42:
        return min(count, 0)
    answers = head[20] & RESPONSE if head[4] == 0xFE and count >= 21 else np.uint8(0)
    if head[4] == 0xFF and count >= 14:
        answers = head[13] & REPLY
    return 1 if answers else 0


@compiled
def walk_all(
    buffer: Bytes, pieces: Int64s, bounds: Int64s, streams: Int64s, frames: int, told: Int64s, out: Int64s, head: Bytes
) -> int:  # fmt: skip
    """The messages of streams one after the other while there is room, and of how many that was. bounds: as in `streams.Pieces`; frames:
    the most that are taken of each, or GO_ON from where `told` stands of each."""
    row = 0
    for number in range(min(len(streams), len(told))):
        first, stop = bounds[streams[number]], bounds[streams[number] + 1]
        if frames != GO_ON:
            told[number, POSITION], told[number, LEFT] = pieces[0, first] if first < stop else 0, frames
        told[number, FIRST], told[number, ROW], told[number, WHY] = row, row, STRANGE
        told[number, WHOLE], told[number, ANSWERS] = 1, 0
        if first < stop:
            told[number, ANSWERS] = _answers(head, _copied(buffer, pieces, first, stop, pieces[0, first], head, 0))
            _walk(buffer, pieces, first, stop, told, number, out, head)
            end = pieces[0, stop - 1] + pieces[1, stop - 1]
            told[number, WHOLE] = told[number, LEFT] <= 0 or told[number, POSITION] >= end
            if told[number, WHY] == FULL and row > 0:
                return number  # it is begun again where there is more room
        row = told[number, ROW]
    return min(len(streams), len(told))
