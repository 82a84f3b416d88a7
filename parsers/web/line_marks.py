"""What is remarkable of the bytes around lines: holes, byte order marks in the middle of a file, line ends that change.

Servers write none of these: a log that was emptied while its server went on writing begins with a hole, a hole elsewhere is left by a
crash; the others come of files joined or saved by an editor.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from parsers.gather import Bools, Bytes, Int64s

BOM = b"\xef\xbb\xbf"
_NUL, _NL, _CR = 0, 10, 13


def behind_holes(data: Bytes, begins: Int64s, ends: Int64s) -> Int64s:
    """Where lines begin once the NULs before them are left out: (n,)."""
    holes = (ends > begins) & (data[np.minimum(begins, len(data) - 1)] == _NUL)
    if not holes.any():
        return begins
    solid = np.append(np.flatnonzero(data != _NUL), len(data))
    starts = begins.copy()
    starts[holes] = np.minimum(solid[np.searchsorted(solid, begins[holes])], ends[holes])
    return starts


def joints(data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
    """Lines of text that begin with a byte order mark: (n,)."""
    found: Bools = (ends - starts > len(BOM)) & (data[np.minimum(starts, len(data) - 1)] == BOM[0])
    found[found] = [data[at : at + len(BOM)].tobytes() == BOM for at in starts[found].tolist()]
    return found


def marks(before: Bytes, data: Bytes, newlines: Int64s, holes: Bools, mark: Bools) -> Mapping[str, Bools]:
    """Remarks on lines, as (n,) masks, those that no line has left out. `before`: up to two bytes that precede the block; `holes`: lines
    that begin with NULs; `mark`: lines that begin with a byte order mark."""
    # The line after one that is all NULs stands behind a hole too: such a line becomes no row of its own.
    nothing = _all_nul(data, newlines, holes)
    text = before[:-1] if before[-1:].tobytes() == b"\n" else before
    leads = text[-1:].tobytes() == b"\0"
    if leads and len(text) == len(before) and len(newlines) and data[: newlines[0]].tobytes() in (b"", b"\r"):
        nothing[0] = True
    after = np.concatenate(([leads], nothing[:-1]))
    remarks = {
        "byte-order-mark": mark,
        "hole-before": holes | after,
        "line-end-differs": _turns(before, data, newlines, len(holes)),
    }
    return {name: mask for name, mask in remarks.items() if mask.any()}


def _all_nul(data: Bytes, newlines: Int64s, holes: Bools) -> Bools:
    """Lines with a line end that hold nothing but NULs."""
    found = holes.copy()
    starts = np.concatenate(([0], newlines + 1))
    for row in np.flatnonzero(holes).tolist():
        line = data[starts[row] : newlines[row]] if row < len(newlines) else data[:0]
        found[row] = bool(len(line)) and not line[line != _CR].any()
    return found


def _turns(before: Bytes, data: Bytes, newlines: Int64s, count: int) -> Bools:
    """Lines that end otherwise (CR LF, or LF alone) than the one before them; a line without an end does not."""
    turns = np.zeros(count, np.bool_)
    if not len(newlines):
        return turns
    pairs = data[np.maximum(newlines - 1, 0)] == _CR
    if newlines[0] == 0:
        pairs[0] = len(before) > 0 and before[-1] == _CR
    turns[1 : len(pairs)] = pairs[1:] != pairs[:-1]
    if len(before) == 2 and before[1] == _NL:
        turns[0] = pairs[0] != (before[0] == _CR)
    return turns
