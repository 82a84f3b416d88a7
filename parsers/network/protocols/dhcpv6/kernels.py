"""DHCPv6 messages as nearly all are, walked by a compiled loop: where their options lie, those inside of others too.

What comes from a relay, is cut, or tells several addresses is left to `messages.py`, which tells the same of these.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from parsers.network.protocols.dhcpv6.messages import INSIDE, OPTIONS, TYPES
from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled

CLIENT, SERVER, WANTED, VENDOR, RESOLVERS, DOMAINS, NAME, ADDRESS, PREFIX, STATUS = range(10)
_CODES = (1, 2, 6, 16, 23, 24, 39, 5, 26, 13)  # in this order
_TOLD = 64  # codes below this are looked up
_WHERE, _HOLDS = np.full(_TOLD, -1, np.int64), np.full(_TOLD, -1, np.int64)
_WHERE[list(_CODES)] = np.arange(len(_CODES))
_HOLDS[list(INSIDE)] = list(INSIDE.values())
_KINDS = np.isin(np.arange(256), list(TYPES))
_ADDRESS, _PREFIX, _STATUS, _MOST = ADDRESS, PREFIX, STATUS, OPTIONS
PLAIN, OWN = range(2)  # whether it is plain; how many options are its own
_LEAST = np.array([0, 0, 0, 0, 0, 0, 0, 24, 25, 2], np.int64)  # bytes of an option that says anything


def walked(data: Bytes, bounds: Int64s) -> tuple[Int64s, Int64s, Bytes]:
    """Of messages, which begin at `bounds` in `data`, (n + 1,): heads, (n, 2); where options lie, -1 where they are not there, and their
    sizes, (n, 10, 2); and the codes, of two bytes, of their own options, those of each message from where it begins in `data` on."""
    heads, spans = np.zeros((len(bounds) - 1, 2), np.int64), np.full((len(bounds) - 1, len(_CODES), 2), -1, np.int64)
    codes, queue = np.zeros(len(data), np.uint8), np.zeros((_MOST + 1, 2), np.int64)
    _walk(data, bounds, _KINDS, (_WHERE, _HOLDS, _LEAST), heads, spans, codes, queue)
    return heads, spans, codes


@compiled
def _keep(data: Any, at: Any, size: Any, place: Any, least: Any, span: Any) -> Any:
    """Keep where an option lies, the first of its kind; of statuses the first that is no success, else the first. Returns False for a
    second address."""
    if size < least[place]:
        return True
    if span[place, 0] < 0:
        span[place, 0], span[place, 1] = at, size
    elif place in (_ADDRESS, _PREFIX):
        return False
    elif place == _STATUS:
        before = span[place, 0]
        if data[before] == 0 and data[before + 1] == 0 and (data[at] != 0 or data[at + 1] != 0):
            span[place, 0], span[place, 1] = at, size
    return True


@compiled
def _message(data: Any, begin: Any, end: Any, tables: Any, head: Any, span: Any, codes: Any, queue: Any) -> Any:
    """Walk the options of one message. Returns whether it is plain."""
    where, holds, least = tables
    queue[0, 0], queue[0, 1] = begin + 4, end
    taken, waiting, count = 0, 1, 0
    while taken < waiting:
        at, stop = queue[taken, 0], queue[taken, 1]
        while at < stop:
            if at + 4 > stop or count == _MOST:
                return False
            code = np.int64(data[at]) << 8 | np.int64(data[at + 1])
            size = np.int64(data[at + 2]) << 8 | np.int64(data[at + 3])
            if at + 4 + size > stop:
                return False
            count += 1
            if taken == 0:
                codes[begin + 2 * head[1]], codes[begin + 2 * head[1] + 1] = data[at], data[at + 1]
                head[1] += 1
            if code < len(where) and where[code] >= 0 and not _keep(data, at + 4, size, where[code], least, span):
                return False
            if code < len(holds) and holds[code] >= 0 and size > holds[code]:
                queue[waiting, 0], queue[waiting, 1] = at + 4 + holds[code], at + 4 + size
                waiting += 1
            at += 4 + size
        taken += 1
    return True


@compiled
def _walk(data: Any, bounds: Any, kinds: Any, tables: Any, heads: Any, spans: Any, codes: Any, queue: Any) -> None:
    for row in range(len(bounds) - 1):
        begin, end = bounds[row], bounds[row + 1]
        if end - begin >= 4 and kinds[data[begin]]:
            plain = _message(data, begin, end, tables, heads[row], spans[row], codes, queue)
            heads[row, 0] = np.int64(plain)
