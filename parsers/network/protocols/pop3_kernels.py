"""Plain sessions of POP3, walked by a compiled loop: each command with its answer, and where messages lie. `pop3.py` tells the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled, inlined

VERBS = (
    b"USER", b"PASS", b"APOP", b"AUTH", b"STLS", b"CAPA", b"LIST", b"UIDL", b"RETR", b"TOP", b"STAT", b"DELE", b"NOOP", b"RSET", b"LAST",
    b"QUIT",
)  # fmt: skip
USER, PASS, RETR, TOP, DELE = (VERBS.index(verb) for verb in (b"USER", b"PASS", b"RETR", b"TOP", b"DELE"))
FLOW, VERB, LINE, REPLY, ACCEPTED, FIRST, LAST, BEGIN, STOP = range(9)
COLUMNS = 9
NO_REPLY = -1
COMMANDS = 100_000  # commands walked of one session
PASSED_OVER = 10_000  # lines of a server that are no reply where one is due
LONGEST_LINE = 65_535  # bytes of a line that is walked
_APOP, _AUTH, _STLS, _CAPA, _LIST, _UIDL = (
    VERBS.index(one) for one in (b"APOP", b"AUTH", b"STLS", b"CAPA", b"LIST", b"UIDL")
)
_RETR, _TOP = RETR, TOP
_NAMES = np.frombuffer(b"".join(VERBS), np.uint8)
_BEGINS = np.cumsum([0, *map(len, VERBS)])


def walked(data: Bytes, bounds: Int64s) -> tuple[Int64s, Int64s]:
    """The commands of flows whose streams lie at `bounds` in `data` (2 f + 1): (n, COLUMNS): number of the flow, which of VERBS, where its
    line and its reply begin (NO_REPLY for none), whether it was accepted, where its argument begins and ends, and the message that
    answers it (both 0 where none does); and how many commands each flow has: (f,), -1 where it is not plain."""
    flows = (len(bounds) - 1) // 2
    commands, counts = np.empty((len(data) // 4 + flows, COLUMNS), np.int64), np.zeros(flows, np.int64)
    used = int(_walk(data, bounds, commands, counts))
    return commands[:used], counts


@inlined
def _space(letter: Any) -> Any:
    return letter == 0x20 or (letter >= 0x09 and letter <= 0x0D)


@inlined
def _signed(letter: Any) -> Any:
    return letter == 0x2B or letter == 0x2D


@compiled
def _line_end(data: Any, at: Any, stop: Any) -> Any:
    """Where the line at `at` ends, its ending left out; -1 where it is too long."""
    begin = at
    while at < stop and data[at] != 0x0A:
        at += 1
    return at if at - begin <= LONGEST_LINE else np.int64(-1)


@compiled
def _verb(data: Any, begin: Any, stop: Any) -> Any:
    """Which of VERBS stands here; -1 for letters that are none of them, -2 for what is no command."""
    if stop - begin < 3 or stop - begin > 8:
        return np.int64(-2)
    for at in range(begin, stop):
        letter = data[at] & 0xDF
        if letter < 0x41 or letter > 0x5A:
            return np.int64(-2)
    for verb in range(len(_BEGINS) - 1):
        first = _BEGINS[verb]
        if _BEGINS[verb + 1] - first != stop - begin:
            continue
        at = 0
        while at < stop - begin and data[begin + at] & 0xDF == _NAMES[first + at]:
            at += 1
        if at == stop - begin:
            return np.int64(verb)
    return np.int64(-1)


@compiled
def _after_greeting(data: Any, begin: Any, stop: Any) -> Any:
    """The server speaks first; where the first line may answer a command, it is none."""
    end = _line_end(data, begin, stop)
    if end < 0 or not _signed(data[begin]):
        return end if end < 0 else begin
    return begin if end + 1 < stop and not _signed(data[end + 1]) else min(end + 1, stop)


@compiled
def _reply(data: Any, begin: Any, stop: Any) -> Any:
    """The reply from `begin` on: where it begins and the next line does. NO_REPLY where there is none, -2 where it is not plain."""
    for _ in range(PASSED_OVER):
        if begin >= stop:
            return np.int64(-1), stop
        end = _line_end(data, begin, stop)
        if end < 0:
            break
        following = min(end + 1, stop)
        if end < stop:
            while end > begin and data[end - 1] == 0x0D:
                end -= 1
        size = end - begin
        if size >= 1 and data[begin] == 0x2B and (size == 1 or data[begin + 1] == 0x20):
            return begin, following
        if size >= 3 and data[begin] == 0x2B and data[begin + 1] == 0x4F and data[begin + 2] == 0x4B:
            return begin, following
        if (
            size >= 4
            and data[begin] == 0x2D
            and data[begin + 1] == 0x45
            and data[begin + 2] == 0x52
            and data[begin + 3] == 0x52
        ):
            return begin, following
        begin = following
    return np.int64(-2), begin


@compiled
def _dot(data: Any, begin: Any, stop: Any) -> Any:
    """Where a dot stands alone on a line, from the end of the line before it on; -1 where none does."""
    for at in range(begin, stop - 4):
        if (
            data[at + 2] == 0x2E
            and data[at] == 0x0D
            and data[at + 1] == 0x0A
            and data[at + 3] == 0x0D
            and data[at + 4] == 0x0A
        ):
            return np.int64(at)
    return np.int64(-1)


@inlined
def _left(verb: Any, accepted: Any, argument: Any) -> Any:
    """Whether a command is read by `pop3.py`: logins that are exchanges, and TLS."""
    return verb == _APOP or (verb == _AUTH and argument) or (verb == _STLS and accepted)


@inlined
def _long(verb: Any, argument: Any) -> Any:
    """Whether a command that is accepted is answered by many lines."""
    if verb in (_RETR, _TOP, _CAPA):
        return True
    return verb in (_LIST, _UIDL, _AUTH) and not argument


@compiled
def _answer(data: Any, verb: Any, begin: Any, stop: Any) -> Any:
    """An answer of many lines: where its message begins and stops (0 where it is none), and where the server goes on, -1 where it is not
    plain."""
    dot = _dot(data, begin - 2, stop)
    mail = verb in (_RETR, _TOP)
    if dot < 0 or (mail and dot + 2 <= begin):
        return np.int64(0), np.int64(0), np.int64(-1)
    return (begin, dot + 2, dot + 5) if mail else (np.int64(0), np.int64(0), dot + 5)


@compiled
def _trimmed(data: Any, begin: Any, stop: Any) -> Any:
    """A line without white space at its ends."""
    while begin < stop and _space(data[begin]):
        begin += 1
    while stop > begin and _space(data[stop - 1]):
        stop -= 1
    return begin, stop


@compiled
def _session(
    data: Any, client: Any, client_stop: Any, server: Any, server_stop: Any, flow: Any, commands: Any, used: Any
) -> Any:
    """Put the commands of a session to the others. Returns how many there are, -1 where it is not plain."""
    server = _after_greeting(data, server, server_stop)
    if server < 0:
        return np.int64(-1)
    following = client
    for _ in range(COMMANDS):
        line = following
        if line >= client_stop:
            return used
        stop = _line_end(data, line, client_stop)
        if stop < 0:
            return np.int64(-1)
        following = min(stop + 1, client_stop)
        begin, stop = _trimmed(data, line, stop)
        first = begin
        while first < stop and data[first] != 0x20:
            first += 1
        verb = _verb(data, begin, first)
        if verb == -2:
            continue
        reply, after = _reply(data, server, server_stop)
        accepted, argument = reply >= 0 and data[reply] == 0x2B, first < stop
        if verb == -1 or reply == -2 or _left(verb, accepted, argument):
            return np.int64(-1)
        while first < stop and _space(data[first]):
            first += 1
        mail = mail_stop = np.int64(0)
        server = after
        if accepted and _long(verb, argument):
            mail, mail_stop, server = _answer(data, verb, after, server_stop)
            if server < 0:
                return np.int64(-1)
        row = commands[used]
        row[0], row[1], row[2], row[3], row[4] = flow, verb, line, reply, accepted
        row[5], row[6], row[7], row[8] = first, stop, mail, mail_stop
        used += 1
    return np.int64(-1)


@compiled
def _walk(data: Bytes, bounds: Int64s, commands: Int64s, counts: Int64s) -> int:
    """Fill what `walked` gives. Returns how many commands there are."""
    used = 0
    for flow in range(len(counts)):
        first, second, third = bounds[2 * flow], bounds[2 * flow + 1], bounds[2 * flow + 2]
        turned = second - first >= 3 and data[first] == 0x2B and data[first + 1] == 0x4F and data[first + 2] == 0x4B
        if turned:  # captured without its handshake
            found = _session(data, second, third, first, second, flow, commands, used)
        else:
            found = _session(data, first, second, second, third, flow, commands, used)
        counts[flow] = found - used if found >= 0 else -1
        used = max(found, used)
    return used
