"""Template instances of many records, each record visited once, in file order: where the values lie, of which type and how large they are,
and what they say, while their bytes are at hand.

A record is a template instance; values of type binary XML are mostly instances again, and follow their parent here. Numbers are read where
they stand. All other values are told apart by type and bytes: distinct ones are copied into one dictionary. Evidence is written by
attackers, who can choose values that hash alike: one is looked for at PROBES places at most, then held once more. MS-EVEN6 section 2.2.12.
"""

from __future__ import annotations

import numpy as np

from parsers.gather import Bytes, Int64s
from parsers.windows import values
from parsers.windows.binxml import MAX_DEPTH
from parsers.windows.flat import PROBES, RECENT, SPARE, WIDE, Flat, Int32s, Texts, Whole
from parsers.windows.structures import CHUNK, DEFINITION
from parsers.windows.tokens import HEADER, MORE, TEMPLATE
from timelines.compiled import closely, compiled, inlined
from timelines.words_at import WORD, word

INSTANCE = 10  # bytes of a template instance before an inline definition or the values: token, 1, template id, place of the definition
FRAGMENT = 4  # bytes of a fragment header: token, version 1.1, flags; what Windows nests while it logs has none, what it exports has
LEAST = FRAGMENT + INSTANCE + 4  # bytes that an instance must have room for, though it may lack the header
MANY = 1 << 15  # values of an instance; a chunk has no room for so many
NONE, UNREADABLE = -1, -2  # what a value says that is null; a value of binary XML that holds no instance
# of an instance: place of its definition, values, the first of them, who holds it and where, how many values are binary XML, and which
# of them is the last
WHICH, COUNT, FIRST, PARENT, SLOT, INNER, LAST = range(7)
_HEAD = HEADER | 1 << 8 | 1 << 16  # any flags
_BEGUN = TEMPLATE | 1 << 8
_BINXML, _NO_MORE = values.BINXML, 0xFF & ~MORE
_SIGN = 1 << 31


@inlined
def _number(data: Bytes, at: Whole, size: Whole) -> np.uint64:
    """The `size` bytes, up to eight, at a place."""
    if at + WORD <= len(data):
        return word(data, at) & (np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - 8 * size))
    number = np.uint64(0)
    for step in range(size):
        number |= np.uint64(data[at + step]) << np.uint64(8 * step)
    return number


@inlined
def _hashed(data: Bytes, start: Whole, size: Whole, kind: Whole) -> np.uint64:
    """A hash of a value: two halves that do not wait for each other."""
    odd, even, half = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(32)
    left, right = np.uint64(size * 256 + kind) * odd, even
    at, end = start, start + size
    while at + 16 <= end:
        left = (left ^ word(data, np.uint64(at))) * odd
        right = (right ^ word(data, np.uint64(at + 8))) * even
        left ^= left >> half
        right ^= right >> half
        at += 16
    if at + 8 <= end:
        left = (left ^ word(data, np.uint64(at))) * odd
        left ^= left >> half
        at += 8
    if at < end:
        right = (right ^ _number(data, at, end - at)) * even
        right ^= right >> half
    mixed = (left + right) * odd
    return mixed ^ (mixed >> half)


@inlined
def _same(held: Bytes, begin: Whole, data: Bytes, start: Whole, size: Whole) -> bool:
    """Whether a value is the one that is held from `begin` on."""
    step, differs = 0, np.uint64(0)
    while step + 8 <= size:
        # places are never below zero, which need not be asked of numbers without a sign
        differs |= word(held, np.uint64(begin + step)) ^ word(data, np.uint64(start + step))
        step += 8
    if step < size:
        unused = np.uint64(64 - 8 * (size - step))
        differs |= (word(held, begin + step) << unused) ^ (_number(data, start + step, size - step) << unused)
    return bool(differs == 0)


@inlined
def _code(data: Bytes, texts: Texts, start: Whole, size: Whole, kind: Whole, hint: Whole) -> Whole:
    """The place of a value in the dictionary, mostly that of the last one with this `hint`; UNREADABLE where there is no room for it."""
    slot = np.uint64(hint & (RECENT - 1))
    last = np.uint64(texts.recent[slot])
    begin = texts.bounds[last]
    alike = texts.kinds[last] == kind and texts.bounds[last + np.uint64(1)] - begin == size
    if alike and _same(texts.held, begin, data, start, size):
        return np.int64(last)
    table, low = texts.table, np.int64(0xFFFFFFFF)
    mask = np.int64(len(table) - 1)
    mixed = _hashed(data, start, size, kind)
    tag = np.int64(mixed >> np.uint64(33))
    place, free, code = np.int64(mixed) & mask, np.int64(-1), np.int64(-1)
    for _ in range(PROBES):
        entry = table[place]
        if entry < 0:
            free = place
            break
        other = entry & low
        begin = texts.bounds[other]
        alike = entry >> 32 == tag and texts.bounds[other + 1] - begin == size and texts.kinds[other] == kind
        if alike and _same(texts.held, begin, data, start, size):
            code = other
            break
        place = (place + 1) & mask
    if code < 0:
        code = np.int64(texts.total[0])
        used = texts.bounds[code]
        if SPARE * code >= len(table) or code == len(texts.kinds) or used + size + 8 > len(texts.held):
            code = np.int64(UNREADABLE)
        else:
            for step in range(size):
                texts.held[used + step] = data[start + step]
            texts.hashes[code], texts.kinds[code] = mixed, kind
            texts.bounds[code + 1] = used + size
            texts.total[0] = code + 1
            if free >= 0:
                table[free] = tag << 32 | code
    if code >= 0:
        texts.recent[slot] = code
    return code


@inlined
def _said(data: Bytes, flat: Flat, texts: Texts, start: Whole, size: Whole, kind: Whole, hint: Whole) -> Whole:
    """What a value says: a number itself, or where it is among wide ones; else its place in the dictionary."""
    if size == flat.widths[kind]:
        number = np.int64(_number(data, start, size))
        if size < WIDE:
            return (number ^ _SIGN) - _SIGN  # the same 32 bits, as a number with a sign
        said = np.int64(flat.total[3])
        flat.wide[said] = number
        flat.total[3] = said + 1
        return said
    if kind == 0 or kind == _BINXML:
        return np.int64(NONE)
    return _code(data, texts, start, size, kind, hint)


@inlined
def _begun(data: Bytes, at: Whole, end: Whole, base: Whole) -> tuple[Whole, Whole]:
    """Where the definition of the instance at `at` stands, or -1 where there is no instance, and where its count of values stands."""
    if at + LEAST > end:
        return -1, at
    if np.int64(word(data, at)) & 0xFFFFFF == _HEAD:
        at += FRAGMENT
    begin = np.int64(word(data, at) & np.uint64(0xFFFFFFFFFFFF))
    relative = np.int64(word(data, at + 6) & np.uint64(0xFFFFFFFF))
    place = base + relative
    if begin & 0xFFFF != _BEGUN or relative + DEFINITION > CHUNK or place < 0 or place + DEFINITION > len(data):
        return -1, at
    # a template's id is the begin of its GUID; where the two differ another definition stands in its place
    if np.int64(word(data, place + 4) & np.uint64(0xFFFFFFFF)) != begin >> 16:
        return -1, at
    at += INSTANCE
    if place == at:
        at += DEFINITION + np.int64(word(data, place + 16) >> np.uint64(32))
    return place, at


@inlined
def _counted(data: Bytes, at: Whole, end: Whole) -> Whole:
    """How many values an instance gives whose count stands at `at`; -1 unless all have room, no null has bytes, and nothing follows."""
    if at + 4 > end:
        return -1
    many = np.int64(word(data, at) & np.uint64(0xFFFFFFFF))
    stop = at + 4 + 4 * many
    if many >= MANY or stop > end:
        return -1
    for number in range(many):
        described = np.int64(word(data, at + 4 + 4 * number)) & 0xFFFFFF
        if 0 < described < 0x10000:
            return -1
        stop += described & 0xFFFF
    # what ends before its room does ends with a token that says so, else more of the document follows
    if stop > end or (stop < end and data[stop] & _NO_MORE):
        return -1
    return many


@inlined
def _place(flat: Flat, place: Whole, base: Whole) -> Whole:
    """The number of a definition's place; UNREADABLE where there is no room for one more."""
    known = np.int64(flat.total[2])
    which = np.int64(flat.seen[place - base])
    if which < known and flat.places[which, 0] == place and flat.places[which, 1] == base:
        return which
    if known == len(flat.places):
        return np.int64(UNREADABLE)
    flat.places[known, 0], flat.places[known, 1] = place, base
    flat.seen[place - base] = known
    flat.total[2] = known + 1
    return known


@inlined
def _valued(data: Bytes, flat: Flat, texts: Texts, at: Whole, instance: Whole, hint: Whole) -> bool:
    """Note the values of an instance, whose count stands at `at`, with hints from `hint` on; False where the dictionary has no room."""
    inner, last = 0, 0
    many, value = flat.instances[instance, COUNT], np.int64(flat.instances[instance, FIRST])
    start = at + 4 + 4 * many
    for number in range(many):
        described = np.int64(word(data, np.uint64(at + 4 + 4 * number))) & 0xFFFFFF
        kind, size = described >> 16, described & 0xFFFF
        if kind == _BINXML:
            inner, last = inner + 1, number
        said = _said(data, flat, texts, start, size, kind, hint + number)
        if said == UNREADABLE and size != flat.widths[kind]:
            return False
        place = np.uint64(value)
        flat.start[place], flat.size[place], flat.kind[place], flat.said[place] = start, size, kind, said
        value += 1
        start += size
    flat.instances[instance, INNER], flat.instances[instance, LAST] = inner, last
    return True


@inlined
def _instance(
    data: Bytes, flat: Flat, texts: Texts, where: tuple[Whole, Whole, Whole], held_by: tuple[Whole, Whole]
) -> Whole:
    """Note the instance in the bytes [at, end) of a chunk; NONE where there is none, UNREADABLE where there is no room for it."""
    at, end, base = where
    place, at = _begun(data, at, end, base)
    if place < 0:
        return NONE
    many = _counted(data, at, end)
    if many < 0:
        return NONE
    which = _place(flat, place, base)
    number, value = np.int64(flat.total[0]), np.int64(flat.total[1])
    if which < 0 or number == len(flat.instances) or value + many > len(flat.start):
        return UNREADABLE
    if flat.total[3] + many > len(flat.wide):
        return UNREADABLE
    flat.instances[number, WHICH], flat.instances[number, COUNT], flat.instances[number, FIRST] = which, many, value
    flat.instances[number, PARENT], flat.instances[number, SLOT] = held_by
    if not _valued(data, flat, texts, at, number, np.int64(word(data, place + 4) & np.uint64(0xFFFFFFFF))):
        return UNREADABLE
    flat.total[0], flat.total[1] = number + 1, value + many
    return number


@closely
def visited(data: Bytes, flat: Flat, texts: Texts, bounds: Int64s, first: Whole, roots: Int32s, waiting: Int64s) -> int:
    """Visit fragments from row `first` on; the row for which there was no room is returned, and nothing of it is noted.

    `bounds`: (n, 3) begins, ends, and bases of their chunks; `roots`: (n,) the instance that each is; `waiting`: (ONE, 5).
    """
    for row in range(first, len(bounds)):
        instances, held, wide = flat.total[0], flat.total[1], flat.total[3]
        roots[row] = NONE
        waiting[0, 0], waiting[0, 1] = bounds[row, 0], bounds[row, 1]
        waiting[0, 2], waiting[0, 3], waiting[0, 4] = 0, -1, -1
        base, top = bounds[row, 2], 1
        while top:
            top -= 1
            at, end, depth = waiting[top, 0], waiting[top, 1], waiting[top, 2]
            parent, value = waiting[top, 3], waiting[top, 4]
            slot = -1 if parent < 0 else value - flat.instances[parent, FIRST]
            found = _instance(data, flat, texts, (at, end, base), (parent, slot)) if depth <= MAX_DEPTH else NONE
            if found == UNREADABLE:
                flat.total[0], flat.total[1], flat.total[3] = instances, held, wide
                return row
            if parent < 0:
                roots[row] = found
            else:
                flat.said[value] = UNREADABLE if found < 0 else found
            if found < 0 or not flat.instances[found, INNER]:
                continue
            many, begin = flat.instances[found, COUNT], np.int64(flat.instances[found, FIRST])
            for number in range(begin + many - 1, begin - 1, -1):  # the first on top
                if flat.kind[number] == _BINXML and flat.size[number]:
                    flat.said[number] = UNREADABLE
                    if top < len(waiting):
                        start = flat.start[number]
                        waiting[top, 0], waiting[top, 1] = start, start + flat.size[number]
                        waiting[top, 2], waiting[top, 3], waiting[top, 4] = depth + 1, found, number
                        top += 1
    return len(bounds)


@compiled
def added(data: Bytes, flat: Flat, texts: Texts, first: int, stop: int) -> int:
    """Say what the values [first, stop) say, whose places, sizes and types are known; the one for which there was no room is returned."""
    for value in range(first, stop):
        kind, size = np.int64(flat.kind[value]), np.int64(flat.size[value])
        if flat.total[3] == len(flat.wide):
            return value
        said = _said(data, flat, texts, np.int64(flat.start[value]), size, kind, size)
        if said == UNREADABLE and size != flat.widths[kind]:
            return value
        flat.said[value] = said
    return stop
