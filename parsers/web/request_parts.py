"""Where the parts of requests lie, for a whole column at once: `METHOD target HTTP/n`, and a target's path and query."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import steady
from parsers.web.spans import Grid
from timelines.compiled import compiled

METHOD, TARGET, VERSION, STEM, QUERY = range(5)
PARTS = 5
_SPACE, _POINT, _ASKED, _ZERO, _NINE = (int(byte) for byte in b" .?09")
_TOKEN = np.zeros(256, np.bool_)  # RFC 9110 section 5.6.2
_TOKEN[list(b"!#$%&'*+.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-")] = True
_HTTP = np.frombuffer(b"HTTP/", np.uint8)


def places_of(held: pa.StringArray) -> tuple[Bytes, Int64s, Int64s]:
    """The bytes of a text column, and where each text begins and ends in them; a start of -1 for null."""
    _, bounds, text = held.buffers()
    edges = np.frombuffer(bounds, np.int32, len(held) + 1, 4 * held.offset).astype(np.int64)
    data = np.frombuffer(text, np.uint8) if text is not None else np.empty(0, np.uint8)
    starts = np.where(held.is_valid().to_numpy(zero_copy_only=False), edges[:-1], -1) if held.null_count else edges[:-1]
    return data, starts, edges[1:]


def request_parts(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Grid, Grid, Bools]:
    """Starts and ends of the PARTS of each request, a start of -1 for what is not there; and which requests are written as usual."""
    begins, stops = _grids(len(starts))
    usual = np.zeros(len(starts), np.bool_)
    _requests(steady(data), starts, ends, begins, stops, usual)
    split_targets(data, begins, stops)
    return begins, stops, usual


def target_parts(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Grid, Grid]:
    """The same of targets alone."""
    begins, stops = _grids(len(starts))
    begins[TARGET], stops[TARGET] = starts, ends
    split_targets(data, begins, stops)
    return begins, stops


def split_targets(data: Bytes, begins: Grid, stops: Grid) -> None:
    """Fill STEM and QUERY: a target is split at its first `?` (RFC 3986 section 3.4); without one all is stem."""
    _targets(steady(data), begins, stops)


def _grids(count: int) -> tuple[Grid, Grid]:
    return np.full((PARTS, count), -1, np.int64), np.full((PARTS, count), -1, np.int64)


@compiled
def _requests(data: Bytes, starts: Int64s, ends: Int64s, begins: Grid, stops: Grid, usual: Bools) -> None:
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        if at < 0:
            continue
        while at < end and _TOKEN[data[at]]:
            at += 1
        if at == starts[row] or at >= end or data[at] != _SPACE:
            continue
        method, target = at, at + 1
        at = target
        while at < end and data[at] != _SPACE:
            at += 1
        if at == target or not _is_version(data, at + 1, end):
            continue
        begins[METHOD, row], stops[METHOD, row] = starts[row], method
        begins[TARGET, row], stops[TARGET, row] = target, at
        begins[VERSION, row], stops[VERSION, row] = at + 1, end
        usual[row] = True


@compiled
def _is_version(data: Bytes, at: int, end: int) -> bool:
    """`HTTP/n` or `HTTP/n.n`"""
    if end - at != 6 and end - at != 8:
        return False
    for step in range(5):
        if data[at + step] != _HTTP[step]:
            return False
    if not _ZERO <= data[at + 5] <= _NINE:
        return False
    return end - at == 6 or (data[at + 6] == _POINT and _ZERO <= data[at + 7] <= _NINE)


@compiled
def _targets(data: Bytes, begins: Grid, stops: Grid) -> None:
    for row in range(begins.shape[1]):
        at, end = begins[TARGET, row], stops[TARGET, row]
        if at < 0:
            continue
        begins[STEM, row] = at
        while at < end and data[at] != _ASKED:
            at += 1
        stops[STEM, row] = at
        if at < end:
            begins[QUERY, row], stops[QUERY, row] = at + 1, end
