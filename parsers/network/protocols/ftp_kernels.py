"""Plain control connections of FTP, walked by a compiled loop: each command with its replies. `ftp.py` tells the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from parsers.network.protocols.replies import REPLY_LINES
from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled, inlined

FLOW, LINE, VERB, VERB_STOP, ARGUMENT, STOP = range(6)
# Of a preliminary reply from EARLY on, and of the final one from REPLY on: where it begins, its code (NONE where there is none), where
# its text ends, and whether it has several lines.
BEGIN, CODE, END, SEVERAL = range(4)
EARLY, REPLY, COLUMNS = 6, 10, 14
NONE = -1
COMMANDS = 100_000  # commands walked of one connection
PRELIMINARY = 8  # 1xx replies before the final one
LONGEST_LINE = 65_535  # bytes of a line that is walked
_EARLY, _REPLY, _REPLY_LINES = EARLY, REPLY, REPLY_LINES


def walked(data: Bytes, bounds: Int64s) -> tuple[Int64s, Int64s]:
    """The commands of flows whose streams lie at `bounds` in `data` (2 f + 1): (n, COLUMNS): number of the flow; where the line begins; its
    verb and its argument, begin and stop; the last preliminary reply and the final one. And how many commands each flow has: (f,), -1
    where it is not plain: lines that are no command, or TLS."""
    flows = (len(bounds) - 1) // 2
    commands, counts = np.empty((len(data) // 4 + flows, COLUMNS), np.int64), np.zeros(flows, np.int64)
    used = int(_walk(data, bounds, commands, counts))
    return commands[:used], counts


@inlined
def _space(letter: Any) -> Any:
    return letter == 0x20 or (letter >= 0x09 and letter <= 0x0D)


@inlined
def _digit(letter: Any) -> Any:
    return letter >= 0x30 and letter <= 0x39


@inlined
def _letter(letter: Any) -> Any:
    return (letter >= 0x41 and letter <= 0x5A) or (letter >= 0x61 and letter <= 0x7A)


@compiled
def _line_end(data: Any, at: Any, stop: Any) -> Any:
    """Where the line at `at` ends, its ending left out; -1 where it is too long."""
    begin = at
    while at < stop and data[at] != 0x0A:
        at += 1
    return at if at - begin <= LONGEST_LINE else np.int64(-1)


@compiled
def _code(data: Any, at: Any, stop: Any) -> Any:
    """The code of a reply and whether another line follows; a code of -1 for a line without."""
    if stop - at < 3 or not (_digit(data[at]) and _digit(data[at + 1]) and _digit(data[at + 2])):
        return np.int64(-1), False
    code = 100 * np.int64(data[at]) + 10 * np.int64(data[at + 1]) + np.int64(data[at + 2]) - 5328
    if stop - at == 3 or data[at + 3] == 0x20:
        return code, False
    return (code if data[at + 3] == 0x2D else np.int64(-1)), True


@compiled
def _reply(data: Any, at: Any, stop: Any, row: Any) -> Any:
    """Fill `row` with the next reply, lines that are none passed over. Returns where the next line begins, -1 for a reply too long."""
    row[1] = -1
    for _ in range(_REPLY_LINES):
        if at >= stop:
            return stop
        end = _line_end(data, at, stop)
        if end < 0:
            break
        following = min(end + 1, stop)
        while following > end and end > at and data[end - 1] == 0x0D:
            end -= 1
        code, more = _code(data, at, end)
        if row[1] >= 0:
            row[2], row[3] = end, 1
            if code == row[1] and not more:
                return following
        elif code >= 0:
            row[0], row[1], row[2], row[3] = at, code, end, 0
            if not more:
                return following
        at = following
    return np.int64(-1)


@compiled
def _final(data: Any, at: Any, stop: Any, row: Any) -> Any:
    """Fill the preliminary reply and the final one. Returns as `_reply`."""
    row[_EARLY + 1] = row[_REPLY + 1] = -1
    for _ in range(PRELIMINARY):
        at = _reply(data, at, stop, row[_REPLY : _REPLY + 4])
        code = row[_REPLY + 1]
        if at < 0 or code < 0 or code >= 200:
            return at
        for place in range(4):
            row[_EARLY + place] = row[_REPLY + place]
        row[_REPLY + 1] = -1
    return at


@compiled
def _after_greeting(data: Any, begin: Any, stop: Any, row: Any) -> Any:
    """Where the server goes on behind its greeting, if it gave one."""
    at = _reply(data, begin, stop, row[_REPLY : _REPLY + 4])
    if at >= 0 and row[_REPLY + 1] in (120, 220, 421):
        return _final(data, begin, stop, row)
    return begin if at >= 0 else at


@compiled
def _command(data: Any, begin: Any, stop: Any, row: Any) -> Any:
    """Fill verb and argument of a line. Returns whether it is a command; an empty line has neither."""
    while begin < stop and data[begin] >= 0xF0:  # ABOR may follow bytes of telnet
        begin += 1
    at = begin
    while at < stop and _letter(data[at]):
        at += 1
    if at - begin < 3 or at - begin > 8 or (at < stop and data[at] != 0x20 and data[at] != 0x09):
        return False
    row[2], row[3] = begin, at
    while at < stop and (data[at] == 0x20 or data[at] == 0x09):
        at += 1
    row[4], row[5] = at, stop
    return True


@inlined
def _is_auth(data: Any, begin: Any, stop: Any) -> Any:
    if stop - begin != 4:
        return False
    first = data[begin] & 0xDF == 0x41 and data[begin + 1] & 0xDF == 0x55
    return first and data[begin + 2] & 0xDF == 0x54 and data[begin + 3] & 0xDF == 0x48


@compiled
def _session(
    data: Any, client: Any, client_stop: Any, server: Any, server_stop: Any, flow: Any, commands: Any, used: Any
) -> Any:
    """Put the commands of a connection to the others. Returns how many there are, -1 where it is not plain."""
    if used == len(commands):
        return np.int64(-1)
    server, following = _after_greeting(data, server, server_stop, commands[used]), client
    for _ in range(COMMANDS):
        line = following
        if server < 0 or line >= client_stop:
            return used if server >= 0 else np.int64(-1)
        stop = _line_end(data, line, client_stop)
        if stop < 0 or used == len(commands):
            return np.int64(-1)
        following, begin, row = min(stop + 1, client_stop), line, commands[used]
        while begin < stop and _space(data[begin]):
            begin += 1
        while stop > begin and _space(data[stop - 1]):
            stop -= 1
        if begin == stop:
            continue
        if not _command(data, begin, stop, row):
            return np.int64(-1)
        row[0], row[1] = flow, line
        server = _final(data, server, server_stop, row)
        code = row[_REPLY + 1]
        if (code == 234 or code == 334) and _is_auth(data, row[2], row[3]):
            return np.int64(-1)
        used += 1
    return np.int64(-1)


@compiled
def _walk(data: Bytes, bounds: Int64s, commands: Int64s, counts: Int64s) -> int:
    """Fill what `walked` gives. Returns how many commands there are."""
    used = 0
    for flow in range(len(counts)):
        first, second, third = bounds[2 * flow], bounds[2 * flow + 1], bounds[2 * flow + 2]
        code, _ = _code(data, first, min(second, first + 4))
        if code >= 0 and second - first > 3:  # captured without its handshake
            found = _session(data, second, third, first, second, flow, commands, used)
        else:
            found = _session(data, first, second, second, third, flow, commands, used)
        counts[flow] = found - used if found >= 0 else -1
        used = max(found, used)
    return used
