"""What the texts of JSON lines say: escapes read, bytes that are no UTF-8 spelled, for all values of a page at once."""

from __future__ import annotations

import re

import numpy as np

from parsers.gather import Bools, Bytes, Int64s, spread
from parsers.web.formats import Page
from parsers.web.json_scan import TEXT, text
from parsers.web.lines import Lines
from parsers.web.remarks import Remarks

_BACKSLASH, _NEWLINE = b"\\\n"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# Escapes that servers write often (Go's encoders for & < >) and that say one plain character.
_COMMON = ((rb"\u0026", b"&"), (rb"\u003c", b"<"), (rb"\u003e", b">"), (rb"\/", b"/"), (rb"\"", b'"'))


def unescaped(page: Page, spans: tuple[Int64s, Int64s, Int64s, Int64s], remarks: Remarks) -> Bytes:
    """The page's bytes, and behind them what texts say that are written with escapes or hold bytes that are no UTF-8; `spans` (row, kind,
    start, end) is led there."""
    row, kind, start, end = spans
    data = page.lines.data
    slashes = np.flatnonzero(data == _BACKSLASH)
    bad = _undecodable(page.lines, page.high)[row]
    escaped = (_holds(slashes, start, end) & (kind == TEXT)) if len(slashes) else np.zeros(len(row), np.bool_)
    doubled = slashes[1:][slashes[1:] == slashes[:-1] + 1]
    plain = np.flatnonzero(escaped & ~bad & ~_holds(doubled, start, end))
    arena, left = _replaced(data, start[plain], end[plain])
    done = plain[~left[2]]
    start[done], end[done] = left[0][~left[2]] + len(data), left[1][~left[2]] + len(data)
    rest = escaped | bad
    rest[done] = False
    one_by_one, at = [], len(data) + len(arena)
    for place in np.flatnonzero(rest).tolist():
        raw = data[start[place] : end[place]].tobytes()
        said, valid, proper = text(raw) if kind[place] == TEXT else (spelled(raw), _is_utf8(raw), True)
        told = said.encode("utf-8")
        start[place], end[place] = at, at + len(told)
        at += len(told)
        one_by_one.append(told)
        flags = (
            ("bad-encoding", not valid),
            ("bad-escape", not proper),
            ("control-bytes", bool(_CONTROL.search(said))),
        )
        remarks.add(int(row[place]), *(name for name, holds in flags if holds))
    if not len(arena) and not one_by_one:
        return data
    return np.concatenate((data, arena, np.frombuffer(b"".join(one_by_one), np.uint8)))


def _replaced(data: Bytes, start: Int64s, end: Int64s) -> tuple[Bytes, tuple[Int64s, Int64s, Bools]]:
    """Texts with their common escapes replaced, one after the other; where each lies, and whether it still holds a backslash.

    None holds two backslashes side by side, so each backslash begins an escape; and no line holds a newline, which parts them here.
    """
    lengths = end - start + 1
    flat = data[spread(start, lengths)]
    flat[np.cumsum(lengths) - 1] = _NEWLINE
    blob = flat.tobytes()
    for written, said in _COMMON:
        blob = blob.replace(written, said)
    arena = np.frombuffer(blob, np.uint8)
    ends = np.flatnonzero(arena == _NEWLINE)
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1)) if len(ends) else ends
    return arena, (starts, ends, _holds(np.flatnonzero(arena == _BACKSLASH), starts, ends))


def _holds(places: Int64s, start: Int64s, end: Int64s) -> Bools:
    """Which [start, end) hold one of the ascending places."""
    found: Bools = np.searchsorted(places, start) < np.searchsorted(places, end)
    return found


def spelled(raw: bytes) -> str:
    """Bytes as text, those that are no UTF-8 as `\\xHH`."""
    return raw.decode("utf-8", "backslashreplace")


def _undecodable(lines: Lines, high: Bools) -> Bools:
    """Lines that are no UTF-8, among those with bytes above 0x7f."""
    found = np.zeros(len(lines), np.bool_)
    for row in np.flatnonzero(high).tolist():
        found[row] = not _is_utf8(lines.at(row))
    return found


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
