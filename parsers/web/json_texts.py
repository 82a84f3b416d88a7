"""What the values of JSON lines say: escapes read, bytes that are no UTF-8 spelled, for all values of a page at once."""

from __future__ import annotations

import re

import numpy as np

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.json_escapes import CONTROL, ODD, said
from parsers.web.json_scan import text
from parsers.web.json_structure import BEGIN, END, ESCAPED, KIND, ROW, Int32s
from parsers.web.lines import Lines
from parsers.web.remarks import Remarks

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def unescaped(lines: Lines, high: Bools, table: Int32s, remarks: Remarks) -> Bytes:
    """The lines' bytes, and behind them what values say that are written with escapes or hold bytes that are no UTF-8; the `table` of
    values (see `json_page.Values`) is led there. `high`: lines with bytes above 0x7f."""
    data, bad = lines.data, _undecodable(lines, high)
    wanted = (table[:, KIND] & ESCAPED) > 0
    left = bad[table[:, ROW]] if bad.any() else np.zeros(len(table), np.bool_)
    plain = np.flatnonzero(wanted & ~left)
    arena = data[:0]
    if len(plain):
        arena, starts, ends, marks = said(
            data, table[plain, BEGIN].astype(np.int64), table[plain, END].astype(np.int64)
        )
        done = marks != ODD
        table[plain[done], BEGIN], table[plain[done], END] = starts[done] + len(data), ends[done] + len(data)
        remarks.mark(table[plain[marks == CONTROL], ROW], "control-bytes")
        left[plain[~done]] = True
    rest = np.flatnonzero(left)
    if not len(arena) and not len(rest):
        return data
    alone = _one_by_one(data, table, (rest, len(data) + len(arena)), remarks)
    return np.concatenate((data, arena, np.frombuffer(alone, np.uint8)))


def _one_by_one(data: Bytes, table: Int32s, where: tuple[Int64s, int], remarks: Remarks) -> bytes:
    """What some values say that are in some way odd, one behind the other; they are to lie from a place on."""
    told, (places, at) = list[bytes](), where
    for place in places.tolist():
        row, _, kind, start, end = table[place].tolist()
        raw = data[start:end].tobytes()
        says, valid, proper = text(raw) if kind & ESCAPED else (spelled(raw), _is_utf8(raw), True)
        written = says.encode("utf-8")
        table[place, BEGIN], table[place, END] = at, at + len(written)
        at += len(written)
        told.append(written)
        flags = (
            ("bad-encoding", not valid),
            ("bad-escape", not proper),
            ("control-bytes", bool(_CONTROL.search(says))),
        )
        remarks.add(row, *(name for name, holds in flags if holds))
    return b"".join(told)


def spelled(raw: bytes) -> str:
    """Bytes as text, those that are no UTF-8 as `\\xHH`."""
    return raw.decode("utf-8", "backslashreplace")


def _undecodable(lines: Lines, high: Bools) -> Bools:
    """Lines that are no UTF-8, among those with bytes above 0x7f."""
    found = np.zeros(len(lines), np.bool_)
    if high.any() and not _is_utf8(lines.data.tobytes()):
        for row in np.flatnonzero(high).tolist():
            found[row] = not _is_utf8(lines.at(row))
    return found


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
