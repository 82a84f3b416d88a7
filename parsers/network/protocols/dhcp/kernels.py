"""DHCP messages as nearly all are, walked by a compiled loop: where their options lie. Options in parts, in other fields, or without an
end mark are left to `options.py`, which tells the same of these."""

from __future__ import annotations

from typing import Any

import numpy as np

from parsers.network.protocols.dhcp.options import HEADER
from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled

HOST, DOMAIN, ADDRESS, LEASE, TYPE, SERVER, WANTED, MESSAGE, VENDOR, CLIENT, NAME = range(11)
_CODES = (12, 15, 50, 51, 53, 54, 55, 56, 60, 61, 81)  # in this order
_WHERE = np.full(256, -1, np.int64)
_WHERE[list(_CODES)] = np.arange(len(_CODES))
_HEAD = HEADER
PLAIN, REQUEST, OPTIONS = range(3)  # whether it is plain, and a request; how many options it has


def walked(data: Bytes, bounds: Int64s) -> tuple[Int64s, Int64s, Bytes]:
    """Of messages, which begin at `bounds` in `data`, (n + 1,): heads, (n, 3); where options lie, -1 where they are not there, and their
    sizes, (n, 11, 2); and the codes of all options, those of each message from where it begins in `data` on."""
    heads, spans = np.zeros((len(bounds) - 1, 3), np.int64), np.full((len(bounds) - 1, len(_CODES), 2), -1, np.int64)
    codes = np.zeros(len(data), np.uint8)
    _walk(data, bounds, _WHERE, heads, spans, codes)
    return heads, spans, codes


@compiled
def _walk(data: Any, bounds: Any, where: Any, heads: Any, spans: Any, codes: Any) -> None:
    for row in range(len(bounds) - 1):
        begin, end = bounds[row], bounds[row + 1]
        if end - begin < _HEAD or (data[begin] != 1 and data[begin] != 2):
            continue
        at = begin + _HEAD
        if data[at - 4] != 0x63 or data[at - 3] != 0x82 or data[at - 2] != 0x53 or data[at - 1] != 0x63:
            continue
        heads[row, 1] = np.int64(data[begin] == 1)
        count = 0
        while at < end:
            code = np.int64(data[at])
            if code == 255:
                heads[row, 0] = 1
                break
            if code == 0:
                at += 1
                continue
            if code == 52 or at + 1 >= end or at + 2 + np.int64(data[at + 1]) > end:
                break
            again = False
            for place in range(begin, begin + count):
                again = again or codes[place] == code
            if again:
                break
            codes[begin + count] = code
            count += 1
            if where[code] >= 0:
                spans[row, where[code], 0], spans[row, where[code], 1] = at + 2, np.int64(data[at + 1])
            at += 2 + np.int64(data[at + 1])
        heads[row, 2] = count
