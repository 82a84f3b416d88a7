"""Where the names and values of JSON lines lie: one pass over a block's bytes, compiled.

RFC 8259, read as strictly as `json_scan` reads it: what this loop gives up on, that one reads alone and says why. A text's end is looked
for eight bytes at a time; and since a server writes its names in much the same order on every line, each name is first compared with the
one that followed the last one before, and its value, marks and all, with the last one: what is the same needs no looking for its end.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import steady
from parsers.web.json_scan import BARE, DEPTH, TEXT, VALUES, WHOLE
from timelines.compiled import compiled, inlined
from timelines.words_at import WORD, word

Int32s = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]
ROW, NAME, KIND, BEGIN, END = range(5)
START, STOP, PARENT, AFTER, LINE, FIRST, USES = range(7)
# Of a name's last value: where the name's quote stands, the value's first mark, its bytes, and what follows its last mark; and its kind.
HOLDS, FROM, OPENS, BEGUN, ENDED, UPTO, SORT = range(7, 14)
COUNT = START  # of the line's own object, which is no value: how many names there are
PROBES = 64  # places of the table of names that are looked at: keys chosen to fall on one place cost this much, no more
SHORTEST = 6  # bytes that a value takes with its name and marks at least: `{"":0}`, and then `,"a":0`, as no name is said twice
_USUAL = 4_096  # names for which there is room at first; a block with more is read once more
_MORE = 16  # times as many the next time: few names are paid for with little memory
ESCAPED, AGAIN = (
    4,
    8,
)  # added to the kind of a text with a backslash, and of what the last value of this name was as well
NONE = -1
_QUOTE, _COLON, _COMMA, _OPEN, _CLOSE, _LIST, _LIST_END, _BACKSLASH = (int(byte) for byte in b'":,{}[]\\')
_MINUS, _PLUS, _POINT, _ZERO, _NINE, _E, _SPACE, _TAB = (int(byte) for byte in b"-+.09e \t")
_WORDS = np.frombuffer(b"true\0false\0null\0", np.uint8)
_NEXT_VALUE, _NEXT_NAME, _NEXT_MARK = range(3)
_QUOTES, _SLASHES = np.uint64(int.from_bytes(b'"' * 8, "little")), np.uint64(int.from_bytes(b"\\" * 8, "little"))
_LOW, _HIGH, _ONE = np.uint64(0x7F7F7F7F7F7F7F7F), np.uint64(0x8080808080808080), np.uint64(1)
_SEVEN, _HALF, _LOW_HALF = np.uint64(7), np.uint64(32), np.uint64(0xFFFFFFFF)
_ZEROS, _SIX = np.uint64(0x3030303030303030), np.uint64(0x7676767676767676)
_BITS, _TWO, _FOUR = np.uint64(0x0101010101010101), np.uint64(2), np.uint64(4)
_MIX, _ALL = np.uint64(0x85EBCA6B), np.uint64(0xFFFFFFFFFFFFFFFF)
# A lone bit in the lowest place of one of eight bytes, times this: the highest byte is that byte's number.
_PLACES, _SHIFT = np.uint64(0x0001020304050607), np.uint64(56)


class Cut(NamedTuple):
    """Values of a block: (values, 5) of ROW, NAME, KIND, BEGIN and END; and the (names, …) of each name. Name 0 is a line's own object.

    AGAIN is to be trusted where all lines are `whole`.
    """

    values: Int32s
    names: Int32s
    whole: Bools  # (lines,): those that were read to their end


def cut(data: Bytes, starts: Int64s, ends: Int64s, odd: Bools) -> Cut:
    """The values of the lines that are plainly JSON objects, their names, and which lines those are. `odd` lines are left out."""
    most = len(data) // SHORTEST + 2
    text, starts, ends = steady(data), np.ascontiguousarray(starts, np.int64), np.ascontiguousarray(ends, np.int64)
    room = min(most, _USUAL)
    while True:
        names, keys = np.zeros((room, SORT + 1), np.int32), np.zeros(room, np.uint64)
        slots = np.zeros(1 << (2 * room).bit_length(), np.int32)
        values, whole = np.empty((most, 5), np.int32), np.zeros(len(starts), np.bool_)
        above = np.zeros(DEPTH + 1, np.int64)  # the objects around the one in hand
        count = _lines(text, starts, ends, odd, names, keys, slots, values, above, whole)
        if names[0, COUNT] < room or room == most:
            return Cut(values[:count], names[: names[0, COUNT]], whole)
        room = min(most, _MORE * room)


@compiled
def _lines(
    data: Bytes,
    starts: Int64s,
    ends: Int64s,
    odd: Bools,
    names: Int32s,
    keys: Words,
    slots: Int32s,
    values: Int32s,
    above: Int64s,
    whole: Bools,
) -> int:
    """Values of all lines; `whole` tells which were read to their end. How many values there are."""
    count = 0
    names[0, COUNT] = 1
    for row in range(len(starts)):
        if odd[row] or starts[row] >= ends[row] or data[starts[row]] != _OPEN:
            continue
        after = _line(data, starts[row] + 1, ends[row], row, names, keys, slots, values, count, above)
        if after >= 0:
            count = after
            whole[row] = True
            continue
        for value in range(count, -1 - after):
            _forget(names, values[value, NAME])
    return count


@inlined
def _forget(names: Int32s, name: int) -> None:
    """Take back one value of a name, and what is known of its last."""
    names[name, USES] -= 1
    names[name, HOLDS] = False
    names[name, FROM], names[name, UPTO] = names[name, START] - 1, names[name, STOP]


@compiled
def _line(
    data: Bytes,
    at: int,
    end: int,
    row: int,
    names: Int32s,
    keys: Words,
    slots: Int32s,
    values: Int32s,
    count: int,
    above: Int64s,
) -> int:
    """Put the values of the object whose bytes behind its brace are [at, end) behind the `count` that there are. How many there are then;
    where it is no object, or an odd one, that number's complement (-1 for none)."""
    depth, parent, before, seen = 1, 0, 0, 0
    while True:
        at = _past_blanks(data, at, end)
        if at >= end or data[at] != _QUOTE:
            return -1 - count
        name, sure, alike = int(names[before, AFTER]), False, 0
        while True:
            if name and names[name, PARENT] == parent:
                alike = _alike(data, at, names[name, FROM], names[name, UPTO] + 1 - names[name, FROM])
                if sure or alike > names[name, STOP] + 1 - names[name, START]:
                    break
            stop, _ = _text_end(data, at + 1, end)
            if stop == NONE:
                return -1 - count
            name, sure = _number(data, at + 1, stop, parent, names, keys, slots), True
            if name == NONE:
                return -1 - count
            names[before, AFTER] = name
        seen += 1
        if names[name, LINE] == row + 1 or seen > VALUES:
            return -1 - count
        names[name, LINE] = row + 1
        begun, before, last = at, name, int(names[name, FROM])
        if names[name, HOLDS] and alike > names[name, UPTO] - last and at + alike <= end:
            kind, start, stop = (
                names[name, SORT] | AGAIN,
                at + names[name, BEGUN] - last,
                at + names[name, ENDED] - last,
            )
            at += names[name, UPTO] - last
        else:
            if names[name, HOLDS] and alike >= names[name, OPENS] - last:
                at += names[name, OPENS] - last
            else:
                at, alike = _past_blanks(data, at + names[name, STOP] - names[name, START] + 2, end), 0
                if at >= end or data[at] != _COLON:
                    return -1 - count
                at = _past_blanks(data, at + 1, end)
            if at >= end:
                return -1 - count
            opens = at
            if data[at] == _OPEN:
                inside = _past_blanks(data, at + 1, end)
                if inside >= end or data[inside] != _CLOSE:
                    if depth >= DEPTH:
                        return -1 - count
                    above[depth] = parent
                    depth, parent, at = depth + 1, name, at + 1
                    continue
                kind, start, stop, at = WHOLE, at, inside + 1, inside + 1
            elif data[at] == _QUOTE:
                start = at + 1
                told = 0  # bytes that were seen to be the last value's, and hold no marks
                if alike and names[name, SORT] == TEXT and names[name, BEGUN] == names[name, OPENS] + 1:
                    told = max(0, min(alike, names[name, ENDED] - last) - (start - begun))
                stop, escaped = _text_end(data, start + told, end)
                if stop == NONE:
                    return -1 - count
                kind, at = TEXT + ESCAPED * escaped, stop + 1
            else:
                kind, start, stop = BARE, at, _past_digits(data, at, end) if _ZERO < data[at] <= _NINE else at
                if stop > at and stop < end and (data[stop] == _COMMA or data[stop] == _CLOSE):
                    at = stop
                else:
                    kind, start, stop, at = _value(data, at, end)
                if at == NONE:
                    return -1 - count
            same = alike >= names[name, ENDED] - last and stop - start == names[name, ENDED] - names[name, BEGUN]
            again = alike > 0 and same and kind == names[name, SORT]
            names[name, HOLDS] = True
            names[name, FROM], names[name, OPENS], names[name, UPTO] = begun, opens, at
            names[name, SORT], names[name, BEGUN], names[name, ENDED] = kind, start, stop
            kind |= AGAIN * again
        values[count, ROW] = row
        values[count, NAME] = name
        values[count, KIND] = kind
        values[count, BEGIN] = start
        values[count, END] = stop
        if not names[name, USES]:
            names[name, FIRST] = count
        names[name, USES] += 1
        count += 1
        while True:
            at = _past_blanks(data, at, end)
            if at >= end:
                return -1 - count
            if data[at] == _COMMA:
                at += 1
                break
            if data[at] != _CLOSE:
                return -1 - count
            depth, at = depth - 1, at + 1
            if not depth:
                return count if _past_blanks(data, at, end) == end else -1 - count
            parent = above[depth]


@inlined
def _past_blanks(data: Bytes, at: int, end: int) -> int:
    while at < end and (data[at] == _SPACE or data[at] == _TAB):
        at += 1
    return at


@inlined
def _alike(data: Bytes, at: int, first: int, size: int) -> int:
    """How many bytes from a place on are those at `first`, `size` at most; behind the last whole word of the data none is."""
    step = 0
    while step < size:
        if at + step + WORD > len(data):
            return step
        differs = word(data, at + step) ^ word(data, first + step)
        if differs:
            differs |= differs >> _FOUR
            differs |= differs >> _TWO
            differs = (differs | differs >> _ONE) & _BITS
            step += int(((differs & (~differs + _ONE)) * _PLACES) >> _SHIFT)
            break
        step += 8
    return min(step, size)


@inlined
def _text_end(data: Bytes, at: int, end: int) -> tuple[int, bool]:
    """Where the text that begins at a place (behind its quote) ends, NONE where it does not; and whether a backslash stands in it."""
    escaped = False
    while at + 8 <= end:
        eight = word(data, at)
        quote, slash = eight ^ _QUOTES, eight ^ _SLASHES
        marks = ~((((quote & _LOW) + _LOW) | quote) & (((slash & _LOW) + _LOW) | slash)) & _HIGH
        if not marks:
            at += 8
            continue
        at += int((((marks & (~marks + _ONE)) >> _SEVEN) * _PLACES) >> _SHIFT)
        if data[at] == _QUOTE:
            return at, escaped
        escaped = True
        at += 2
    while at < end:
        if data[at] == _QUOTE:
            return at, escaped
        if data[at] == _BACKSLASH:
            escaped = True
            at += 1
        at += 1
    return NONE, escaped


@inlined
def _past_digits(data: Bytes, at: int, end: int) -> int:
    """Where the digits end that begin at a place, eight at a time; at the data's end, perhaps before the last of them."""
    while at + 8 <= end:
        digits = word(data, at) ^ _ZEROS
        others = ((digits + _SIX) | digits) & _HIGH
        if others:
            return at + int((((others & (~others + _ONE)) >> _SEVEN) * _PLACES) >> _SHIFT)
        at += 8
    return at


@compiled
def _number(data: Bytes, start: int, stop: int, parent: int, names: Int32s, keys: Words, slots: Int32s) -> int:
    """The number of a name, a new one where it is; NONE where too many others fell on its place of the table."""
    first = _word(data, start, stop)
    last = word(data, stop - 8) if stop - start > 8 else first
    mixed = ((first ^ (first >> _HALF) ^ np.uint64(parent)) & _LOW_HALF) * _MIX
    mixed ^= (last ^ (last >> _HALF) ^ (mixed >> _HALF) ^ np.uint64(stop - start)) & _LOW_HALF
    mixed = (mixed & _LOW_HALF) * _MIX
    place = np.int64((mixed ^ (mixed >> _HALF)) & _LOW_HALF)
    for probe in range(PROBES):
        slot = (place + probe) & (len(slots) - 1)
        name = int(slots[slot])
        if not name:
            name = int(names[0, COUNT])
            if name == len(names):
                return NONE
            names[0, COUNT] += 1
            slots[slot] = name
            names[name, START] = start
            names[name, STOP] = stop
            names[name, PARENT] = parent
            names[name, FROM] = start - 1
            names[name, UPTO] = stop
            keys[name] = first
            return name
        alike = names[name, PARENT] == parent and names[name, STOP] - names[name, START] == stop - start
        if alike and keys[name] == first and _equal(data, names[name, START], start, stop - start):
            return name
    return NONE


@inlined
def _word(data: Bytes, at: int, stop: int) -> np.uint64:
    """The bytes from a place on, eight at most."""
    said = np.uint64(0)
    if at + WORD <= len(data):
        kept = _ALL if at + 8 <= stop else (_ONE << np.uint64(8 * (stop - at))) - _ONE
        held: np.uint64 = word(data, at) & kept
        return held
    for place in range(stop - 1, at - 1, -1):
        said = (said << np.uint64(8)) | np.uint64(data[place])
    return said


@inlined
def _equal(data: Bytes, one: int, other: int, length: int) -> bool:
    """Whether two keys are the same behind their first eight bytes."""
    step = 8
    while step + 8 < length and word(data, one + step) == word(data, other + step):
        step += 8
    return step >= length or (step + 8 >= length and word(data, one + length - 8) == word(data, other + length - 8))


@compiled
def _value(data: Bytes, at: int, end: int) -> tuple[int, int, int, int]:
    """What a value that is no object is, its bytes, and where it ends with its marks; NONE for that where it is none."""
    if data[at] == _QUOTE:
        stop, escaped = _text_end(data, at + 1, end)
        return (TEXT + ESCAPED * escaped), at + 1, stop, (NONE if stop == NONE else stop + 1)
    if data[at] != _LIST:
        stop = _bare_end(data, at, end)
        return BARE, at, stop, stop
    inside = _past_blanks(data, at + 1, end)
    if inside < end and data[inside] == _QUOTE:
        stop, escaped = _text_end(data, inside + 1, end)
        if stop == NONE:
            return TEXT, at, at, NONE
        behind = _past_blanks(data, stop + 1, end)
        if behind < end and data[behind] == _LIST_END:
            return (TEXT + ESCAPED * escaped), inside + 1, stop, behind + 1
    stop = _list_end(data, at, end)
    return WHOLE, at, stop, stop


@compiled
def _bare_end(data: Bytes, at: int, end: int) -> int:
    """Where the number, true, false or null ends that begins at a place; NONE where there is none."""
    first = data[at]
    if first != _MINUS and not (_ZERO <= first <= _NINE):
        word = 0 if first == 116 else 5 if first == 102 else 11  # t, f, n
        while _WORDS[word]:
            if at >= end or data[at] != _WORDS[word]:
                return NONE
            at, word = at + 1, word + 1
        return at
    at += first == _MINUS
    whole = _past_each(data, at, end)
    if whole == at or (data[at] == _ZERO and whole > at + 1):
        return NONE
    at = whole
    if at < end and data[at] == _POINT:
        places = _past_each(data, at + 1, end)
        if places == at + 1:
            return NONE
        at = places
    if at < end and (data[at] | 32) == _E:
        at += 1
        if at < end and (data[at] == _PLUS or data[at] == _MINUS):
            at += 1
        power = _past_each(data, at, end)
        if power == at:
            return NONE
        at = power
    return at


@inlined
def _past_each(data: Bytes, at: int, end: int) -> int:
    while at < end and _ZERO <= data[at] <= _NINE:
        at += 1
    return at


@compiled
def _list_end(data: Bytes, at: int, end: int) -> int:
    """Where the array at a place ends, with all that is in it; NONE where it does not, or where it is nested too deeply."""
    kinds, depth, at = 0, 1, at + 1  # a bit for each open list and object: 1 for an object
    expect, empty = _NEXT_VALUE, True
    while depth:
        at = _past_blanks(data, at, end)
        if at >= end:
            return NONE
        mark, inside_object = data[at], kinds & 1
        if mark == (_CLOSE if inside_object else _LIST_END) and (empty or expect == _NEXT_MARK):
            depth, kinds, at = depth - 1, kinds >> 1, at + 1
            expect, empty = _NEXT_MARK, False
        elif expect == _NEXT_MARK:
            if mark != _COMMA:
                return NONE
            expect, at = (_NEXT_NAME if inside_object else _NEXT_VALUE), at + 1
        elif expect == _NEXT_NAME:
            if mark != _QUOTE:
                return NONE
            stop, _ = _text_end(data, at + 1, end)
            at = NONE if stop == NONE else _past_blanks(data, stop + 1, end)
            if at == NONE or at >= end or data[at] != _COLON:
                return NONE
            expect, empty, at = _NEXT_VALUE, False, at + 1
        elif mark in (_LIST, _OPEN):
            if depth >= DEPTH:
                return NONE
            depth, kinds, empty, at = depth + 1, kinds << 1 | (mark == _OPEN), True, at + 1
            expect = _NEXT_NAME if mark == _OPEN else _NEXT_VALUE
        else:
            stop = _text_end(data, at + 1, end)[0] if mark == _QUOTE else _bare_end(data, at, end)
            if stop == NONE:
                return NONE
            expect, empty, at = _NEXT_MARK, False, stop + (mark == _QUOTE)
    return at
