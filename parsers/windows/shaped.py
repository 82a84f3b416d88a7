"""Instances by shape: which say the same by the same template, with the same shapes inside; and the rows of each shape.

A shape is known by what makes it up: the key of its definition, its number of values, and for each value of binary XML that the definition
uses the shape in it, or that it is empty.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parsers.gather import Bytes, Int64s
from parsers.windows import values
from parsers.windows.flat import Flat, Int32s, Whole
from parsers.windows.instances import COUNT, FIRST, INNER, LAST, PARENT, SLOT, WHICH
from timelines.compiled import compiled, inlined

SUMMED = 6  # of a column: values that are no null; their lowest and highest type and size; all bits that sizes have
_BINXML, _NULL = values.BINXML, values.NULL
NO_ROOM, NO_SHAPE = -2, -1
HEAD = 2  # numbers before the parts of a shape: the key of its definition, and its number of values


class Known(NamedTuple):
    """Definitions: `at`, by place, which stands there (-1: none that can be read); `keys` and `needs` of each; the values that each takes
    for binary XML, ascending, between `bounds`."""

    at: Int32s
    keys: Int64s
    needs: Int32s
    bounds: Int32s
    fragments: Int32s


class Shapes(NamedTuple):
    """What makes up each shape, between `bounds`: key, values, then (value, shape in it or -1). `total`: shapes."""

    table: Int32s
    bounds: Int64s
    made_of: Int64s
    definition: Int32s
    total: Int64s


@inlined
def _made_up(flat: Flat, known: Known, shapes: Shapes, shape: Int32s, instance: Whole) -> Whole:
    """Write down what makes up the shape of an instance behind those that are known; its end, NO_SHAPE or NO_ROOM."""
    definition = known.at[flat.instances[instance, WHICH]]
    if definition < 0 or flat.instances[instance, COUNT] < known.needs[definition]:
        return NO_SHAPE
    needs, first, out = np.int64(known.needs[definition]), np.int64(flat.instances[instance, FIRST]), shapes.made_of
    at = np.int64(shapes.bounds[shapes.total[0]])
    if at + HEAD + 2 * needs > len(out):
        return NO_ROOM
    out[at], out[at + 1] = known.keys[definition], flat.instances[instance, COUNT]
    at += HEAD
    asked, last = np.int64(known.bounds[definition]), np.int64(known.bounds[definition + 1])
    # most hold no binary XML, or one that their definition asks for: only those of others are looked for
    inner, begin = flat.instances[instance, INNER], np.int64(0)
    if inner < 2 and (
        asked == last or (asked + 1 == last and inner and known.fragments[asked] == flat.instances[instance, LAST])
    ):
        begin = np.int64(flat.instances[instance, LAST]) if inner else needs
    for slot in range(begin, needs):
        kind, wanted = flat.kind[first + slot], asked < last and known.fragments[asked] == slot
        asked += wanted
        if kind == _BINXML:
            inner = flat.said[first + slot]
            inside = np.int64(shape[inner]) if inner >= 0 else np.int64(NO_SHAPE)
            if inside < 0 and flat.size[first + slot]:
                return NO_SHAPE
            out[at], out[at + 1] = slot, inside
            at += 2
        elif wanted:
            if kind != _NULL:
                return NO_SHAPE
            out[at], out[at + 1] = slot, NO_SHAPE
            at += 2
    return at


@inlined
def _number(shapes: Shapes, stop: Whole) -> Whole:
    """The number of the shape that was written down last, up to `stop`; NO_ROOM where it would be one too many."""
    count = np.int64(shapes.total[0])
    begin, mask = shapes.bounds[count], np.int64(len(shapes.table) - 1)
    mixed = np.uint64(stop - begin)
    for at in range(begin, stop):
        mixed = (mixed ^ np.uint64(shapes.made_of[at])) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    slot = np.int64(mixed) & mask
    while shapes.table[slot] >= 0:
        other = np.int64(shapes.table[slot])
        start = shapes.bounds[other]
        same = shapes.bounds[other + 1] - start == stop - begin
        step = np.int64(0)
        while same and step < stop - begin:
            same = shapes.made_of[start + step] == shapes.made_of[begin + step]
            step += 1
        if same:
            return other
        slot = (slot + 1) & mask
    if count == len(shapes.definition):
        return NO_ROOM
    shapes.table[slot] = count
    shapes.bounds[count + 1] = stop
    shapes.total[0] = count + 1
    return count


@compiled
def tell(flat: Flat, known: Known, shapes: Shapes, shape: Int32s, first: int, stop: int) -> int:
    """The shapes of the instances [first, stop), from the last to the first, since an instance follows the one that holds it; returns
    `first`, or the last instance whose shape has no room, plus one."""
    for instance in range(stop - 1, first - 1, -1):
        shape[instance] = NO_SHAPE
        end = _made_up(flat, known, shapes, shape, instance)
        if end == NO_ROOM:
            return instance + 1
        if end == NO_SHAPE:
            continue
        count = shapes.total[0]
        number = _number(shapes, end)
        if number == NO_ROOM:
            return instance + 1
        if number == count:
            shapes.definition[count] = known.at[flat.instances[instance, WHICH]]
        shape[instance] = number
    return first


class Places(NamedTuple):
    """By shape of a record: where its rows begin among the `rows` of all, its `levels` and its `columns`, and how many rows it has."""

    rows: Int64s
    levels: Int64s
    columns: Int64s
    size: Int64s
    filled: Int64s


@inlined
def _summed(flat: Flat, sums: Int32s, first: Whole, many: Whole, column: Whole) -> None:
    """Add the values of an instance to what is known of their columns."""
    for number in range(many):
        kind, size, at = np.int32(flat.kind[first + number]), flat.size[first + number], column + number
        if kind != _NULL:
            sums[at, 0] += 1
            if kind == sums[at, 1] and kind == sums[at, 2] and size == sums[at, 3] and size == sums[at, 4]:
                continue  # nothing that the ones before did not say
            sums[at, 1] = min(sums[at, 1], kind)
            sums[at, 2] = max(sums[at, 2], kind)
            sums[at, 3] = min(sums[at, 3], size)
            sums[at, 4] = max(sums[at, 4], size)
            sums[at, 5] |= size


@compiled
def arrange(
    flat: Flat,
    known: Known,
    shape: Int32s,
    used: Bytes,
    roots: Int32s,
    places: Places,
    rows: Int64s,
    firsts: Int32s,
    sums: Int32s,
) -> None:
    """The rows of each shape, and for each of its levels the first value of each row; what all values of each column are, in `sums`."""
    for row in range(len(roots)):
        root = np.int64(roots[row])
        if root < 0 or shape[root] < 0:
            continue
        number = shape[root]
        rank, count = places.filled[number], places.size[number]
        places.filled[number] = rank + 1
        rows[places.rows[number] + rank] = row
        level, column, instance = places.levels[number], places.columns[number], root
        while instance == root or (instance < flat.total[0] and flat.instances[instance, PARENT] >= root):
            parent = flat.instances[instance, PARENT]
            needed = instance == root
            if not needed and used[parent]:
                needed = flat.instances[instance, SLOT] < known.needs[known.at[flat.instances[parent, WHICH]]]
            used[instance] = needed
            if needed:
                many, first = np.int64(flat.instances[instance, COUNT]), np.int64(flat.instances[instance, FIRST])
                firsts[level + rank] = first
                _summed(flat, sums, first, many, column)
                level += count
                column += many
            instance += 1
