"""TLS records of many plain conversations, walked in one pass: both sides of each, their handshake messages put together, and the order
of what they said. The same as `records.py` tells, which reads whatever is odd here."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled, inlined

Number = Any  # of 64 bits

# What is told of each conversation. Bodies of messages by their place in the bytes that were put together, -1 where there is none; of a
# certificate message also the packets that brought it. SEALED: size of a side's first encrypted record, -1 where there is none. SPAN:
# first and last packet in time of what a row is read from.
ODD, OFFER, OFFER_SIZE, ANSWER, ANSWER_SIZE, CUT = range(6)
CHAIN, CHAIN_SIZE, CHAIN_FIRST, CHAIN_LAST = range(6, 10)
OWN_CHAIN, OWN_CHAIN_SIZE, OWN_CHAIN_FIRST, OWN_CHAIN_LAST = range(10, 14)  # the client's
GROUP, CLIENT_SEALED, SERVER_SEALED, TICKET_TAKEN, ALERT = range(14, 19)
SPAN_FIRST, SPAN_LAST, HISTORY, HISTORY_SIZE, SECOND, SECOND_SIZE = range(
    19, 25
)  # SECOND: the client's hello after a retry
COLUMNS = 25

STREAM_LIMIT, HISTORY_LIMIT, KEPT = 65_536, 100, 16  # as in `records.py` and `sides.py`
ROOM = 2 * (2 * STREAM_LIMIT + 5) + 2 * HISTORY_LIMIT + 1  # bytes that one conversation may fill at the most
# What is told of each side while it is walked; of alerts and letters how many
SEALED, CHANGED, KINDS, ALERTS, ALERTED, ALERT_PACKET, LETTERS, MESSAGES, HALF, STRANGE, USED = range(11)
SIDE = 11
# Of each message: kind, place and size of its body, packets
MESSAGE = 5
_CLIENT, _SERVER, _RETRY, _CERTIFICATE, _KEY_EXCHANGE, _CLIENT_KEY = 1, 2, 6, 11, 12, 16
Several = tuple[npt.NDArray[Any], ...]


def scratch(retry: Bytes) -> Several:
    """What a walk notes of the two sides of a conversation: numbers, messages, letters and their packets, a record's head. retry: the
    random value of a server's hello that asks for another one."""
    numbers, messages = np.zeros((2, SIDE), np.int64), np.zeros((2, KEPT, MESSAGE), np.int64)
    letters, packets = np.zeros((2, HISTORY_LIMIT), np.uint8), np.zeros((2, HISTORY_LIMIT), np.int64)
    return numbers, messages, letters, packets, np.zeros(5, np.uint8), retry


@inlined
def _piece(pieces: Int64s, index: Number, stop: Number, position: Number) -> Number:
    """The last of the pieces [index, stop) that begins at or before `position`."""
    while index + 1 < stop and pieces[0, index + 1] <= position:
        index += 1
    return index


@compiled
def _copied(
    buffer: Bytes,
    pieces: Int64s,
    index: Number,
    stop: Number,
    position: Number,
    size: Number,
    out: Bytes,
    begin: Number,
) -> Number:
    """Copy `size` bytes from `position` on, which piece `index` may hold; how many are there before a gap, -1 where some lie outside."""
    done = np.int64(0)
    while index < stop and done < size:
        skip = position + done - pieces[0, index]
        if skip < 0 or skip >= pieces[1, index] or (done > 0 and skip > 0):
            break
        some = min(pieces[1, index] - skip, size - done)
        place = pieces[2, index] + skip
        if place + some > len(buffer):
            return -1
        for at in range(some):
            out[begin + done + at] = buffer[place + at]
        done += some
        index += 1
    return done


@inlined
def _letter(scratch: Several, side: Number, letter: Number, packet: Number) -> None:
    count = scratch[0][side, LETTERS]
    if count < HISTORY_LIMIT:
        scratch[2][side, count], scratch[3][side, count] = letter, packet
        scratch[0][side, LETTERS] = count + 1


@inlined
def _retries(data: Bytes, at: Number, size: Number, retry: Bytes) -> bool:
    """Whether the body of a server's hello asks for another hello."""
    for place in range(len(retry)):  # noqa: SIM110  kernels know no `all`
        if size < 34 or data[at + 2 + place] != retry[place]:
            return False
    return True


@compiled
def _messages(
    data: Bytes, parsed: Number, scratch: Several, side: Number, names: Bytes, first: Number, last: Number
) -> Number:
    """Note the whole handshake messages that lie in `data` from `parsed` on; where the first unfinished one begins."""
    told, used = scratch[0][side], scratch[0][side, USED]
    while parsed + 4 <= used:
        kind = np.int64(data[parsed])
        size = np.int64(data[parsed + 1]) << 16 | np.int64(data[parsed + 2]) << 8 | np.int64(data[parsed + 3])
        if parsed + 4 + size > used:
            break
        again = kind == _SERVER and _retries(data, parsed + 4, size, scratch[5])
        _letter(scratch, side, names[_RETRY if again else kind], last)
        if kind < 32:
            told[KINDS] |= np.int64(1) << kind
        if kind in (_CLIENT, _SERVER, _CERTIFICATE, _KEY_EXCHANGE):
            if told[MESSAGES] == KEPT:
                told[STRANGE] = 1
                break
            row = scratch[1][side, told[MESSAGES]]
            row[0] = np.int64(_RETRY) if again else kind
            row[1], row[2], row[3], row[4] = parsed + 4, size, first, last
            told[MESSAGES] += 1
        parsed += 4 + size
    return parsed


@inlined
def _clear_again(data: Bytes, at: Number, kind: Number, size: Number) -> Any:
    """As `records._clear_again`: what is not encrypted though ChangeCipherSpec was sent."""
    if kind != 22 or size < 4 or (data[at] != _CLIENT and data[at] != _SERVER):
        return kind == 20
    return np.int64(data[at + 1]) << 16 | np.int64(data[at + 2]) << 8 | np.int64(data[at + 3]) == size - 4


@compiled
def _side(
    buffer: Bytes,
    pieces: Int64s,
    index: Number,
    stop: Number,
    data: Bytes,
    scratch: Several,
    side: Number,
    names: Bytes,
) -> None:
    """What one side, the pieces [index, stop), sent in clear. Its handshake messages are put together in `data`."""
    told, head = scratch[0][side], scratch[4]
    parsed = told[USED]
    at, begun = np.int64(0), np.int64(0)
    while at < STREAM_LIMIT and index < stop and told[STRANGE] == 0:
        index = _piece(pieces, index, stop, at)
        there = _copied(buffer, pieces, index, stop, at, 5, head, 0)
        if there == 0:
            break
        if there < 5 or (at == 0 and head[0] >= 0x80):
            told[STRANGE] = 1
            break
        if head[0] < 20 or head[0] > 24 or head[1] != 3:
            break
        kind, size = np.int64(head[0]), np.int64(head[3]) << 8 | np.int64(head[4])
        if kind == 23:
            told[SEALED] = size
            break
        used = told[USED]
        behind = _piece(pieces, index, stop, at + 5)
        whole = _copied(buffer, pieces, behind, stop, at + 5, size, data, used) == size
        if not whole:
            told[STRANGE] = 1
            break
        if told[CHANGED] == 1 and not _clear_again(data, used, kind, size):
            told[SEALED] = size
            break
        last = pieces[3, _piece(pieces, index, stop, at + 4 + size)]
        if kind == 22:
            if used == parsed:
                begun = pieces[3, index]
            told[USED] = used + size
            parsed = _messages(data, parsed, scratch, side, names, begun, last)
        else:
            _noted(data, used, size, kind, scratch, side, last)
        at += 5 + size
    told[HALF] = np.int64(told[USED] > parsed)


@compiled
def _noted(data: Bytes, at: Number, size: Number, kind: Number, scratch: Several, side: Number, last: Number) -> None:
    """Note a record of another kind than handshake: an alert, ChangeCipherSpec, a heartbeat."""
    told = scratch[0][side]
    if kind == 21 and size == 2:
        _letter(scratch, side, 108, last)  # l
        told[ALERTS] += 1
        told[ALERTED], told[ALERT_PACKET] = np.int64(data[at + 1]), last
        told[STRANGE] |= np.int64(told[ALERTS] > 1)
    elif kind == 20:
        told[CHANGED] = 1
        _letter(scratch, side, 105, last)  # i
    elif kind == 24:
        _letter(scratch, side, 98, last)  # b


@compiled
def _history(scratch: Several, client: Number, packet_time: Int64s, data: Bytes, at: Number) -> Number:
    """Write the letters of both sides in the order of time to `data`, the client's as capitals; where they end. Each side's own order
    stays: a packet counts as no earlier than what came before it."""
    letters, packets = scratch[2], scratch[3]
    server = 1 - client
    mine, other = scratch[0][client, LETTERS], scratch[0][server, LETTERS]
    one, two = 0, 0
    packet, behind = np.int64(0), np.int64(0)  # reached by client and server, as are the times
    time, late = np.int64(0), np.int64(0)
    while one < mine or two < other:
        if one < mine:
            new = packets[client, one]
            if packet_time[new] > time or (packet_time[new] == time and new > packet):
                time, packet = packet_time[new], new
        if two < other:
            new = packets[server, two]
            if packet_time[new] > late or (packet_time[new] == late and new > behind):
                late, behind = packet_time[new], new
        if one < mine and (two == other or time < late or (time == late and packet <= behind)):
            letter = letters[client, one]
            data[at] = letter - 32 if 97 <= letter <= 122 else letter
            one += 1
        else:
            data[at] = letters[server, two]
            two += 1
        at += 1
    return at


@inlined
def _earlier(packet_time: Int64s, one: Number, two: Number) -> Any:
    return packet_time[one] < packet_time[two] or (packet_time[one] == packet_time[two] and one < two)


@inlined
def _spanned(out: Int64s, packet_time: Int64s, packet: Number) -> None:
    if out[SPAN_FIRST] < 0 or _earlier(packet_time, packet, out[SPAN_FIRST]):
        out[SPAN_FIRST] = packet
    if out[SPAN_LAST] < 0 or _earlier(packet_time, out[SPAN_LAST], packet):
        out[SPAN_LAST] = packet


@compiled
def _kept(scratch: Several, side: Number, server: bool, data: Bytes, packet_time: Int64s, out: Int64s) -> None:
    """Tell the messages of a side: its hello, its first certificates, the group of its first key exchange."""
    for number in range(scratch[0][side, MESSAGES]):
        row = scratch[1][side, number]
        kind, at, size = row[0], row[1], row[2]
        _spanned(out, packet_time, row[3])
        _spanned(out, packet_time, row[4])
        if kind in (_CLIENT, _SERVER):
            place = ANSWER if kind == _SERVER else OFFER if out[OFFER] < 0 else SECOND
            if out[place] >= 0 or (kind == _SERVER) != server:
                out[ODD] = 1
            out[place], out[place + 1] = at, size
        elif kind == _CERTIFICATE:
            place = CHAIN if server else OWN_CHAIN
            if out[place] < 0:
                out[place], out[place + 1], out[place + 2], out[place + 3] = at, size, row[3], row[4]
        elif kind == _KEY_EXCHANGE and server and out[GROUP] < 0 and size >= 3 and data[at] == 3:
            out[GROUP] = np.int64(data[at + 1]) << 8 | np.int64(data[at + 2])


@compiled
def _conversation(scratch: Several, packet_time: Int64s, data: Bytes, out: Int64s) -> None:
    """Tell what both sides said, whoever opened the connection."""
    told = scratch[0]
    hello, reply = np.int64(1) << _CLIENT, np.int64(1) << _SERVER
    flipped = np.int64(told[1, KINDS] & hello != 0 or (told[0, KINDS] & reply != 0 and told[0, KINDS] & hello == 0))
    client, server = told[flipped], told[1 - flipped]
    out[:] = -1
    out[ODD] = client[STRANGE] | server[STRANGE]
    out[CUT] = client[HALF] | server[HALF]
    _kept(scratch, flipped, False, data, packet_time, out)
    _kept(scratch, 1 - flipped, True, data, packet_time, out)
    if out[OFFER] < 0 and out[ANSWER] < 0:
        out[ODD] = 1
    if out[ODD] != 0:
        return
    out[CLIENT_SEALED], out[SERVER_SEALED] = client[SEALED], server[SEALED]
    out[TICKET_TAKEN] = np.int64(client[CHANGED] == 1 and client[KINDS] & (np.int64(1) << _CLIENT_KEY) == 0)
    for side in range(2):
        one = server if side else client
        if one[ALERTS] > 0:
            _spanned(out, packet_time, one[ALERT_PACKET])
            out[ODD] |= np.int64(packet_time[one[ALERT_PACKET]] < 0)
            if not side or client[ALERTS] == 0 or not _earlier(packet_time, one[ALERT_PACKET], client[ALERT_PACKET]):
                out[ALERT] = one[ALERTED]
    out[HISTORY] = max(told[0, USED], told[1, USED])
    at = out[HISTORY]
    if flipped:
        data[at] = 94  # ^
        at += 1
    out[HISTORY_SIZE] = _history(scratch, flipped, packet_time, data, at) - out[HISTORY]


@compiled
def walk(
    buffer: Bytes, pieces: Int64s, bounds: Int64s, flows: Int64s, packet_time: Int64s, names: Bytes, scratch: Several,
    data: Bytes, filled: Int64s, shakes: Int64s,
) -> Number:  # fmt: skip
    """Walk conversations until `data`, of which `filled` bytes are taken, has no room for another; how many were walked."""
    told = scratch[0]
    for number in range(len(flows)):
        used = filled[0]
        if used + ROOM > len(data):
            return number
        told[:] = 0
        for side in range(2):
            stream = 2 * flows[number] + side
            told[side, SEALED], told[side, USED] = -1, used
            _side(buffer, pieces, bounds[stream], bounds[stream + 1], data, scratch, side, names)
            used = told[side, USED]
        _conversation(scratch, packet_time, data, shakes[number])
        if shakes[number, ODD] == 0:
            filled[0] = shakes[number, HISTORY] + shakes[number, HISTORY_SIZE]
    return len(flows)
