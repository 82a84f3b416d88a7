"""Requests of SMB connections with their answers, found for many connections at once where these are short and nothing in them is odd."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from parsers.network.protocols.nt_status import PENDING
from parsers.network.protocols.smb import messages
from parsers.network.protocols.smb.framing import FRAMES
from parsers.network.protocols.smb.message_kernels import (
    ANSWERS,
    AT,
    COLUMNS,
    FIRST,
    FLAGS,
    FRAME_AT,
    HEAD,
    KIND,
    NUMBER,
    ONE,
    REPLY,
    RESPONSE,
    ROW,
    STATUS,
    TOLD,
    TWO,
    WHOLE,
    walk_all,
)
from parsers.network.protocols.smb.messages import Message, Side, empty_of, messages_of, of_stream, side_of
from parsers.network.protocols.smb.pair_kernels import MORE, paired
from parsers.network.protocols.smb.steps import Pair, Plain, Said, steps_of
from parsers.network.records import Bools, Bytes, Int64s
from parsers.network.streams import Pieces, Stream

LIMIT = 500_000  # answers kept of one connection; with more, the requests after them go without
_STREAMS = 1_024  # streams looked at at a time


@dataclass(slots=True)
class Exchanges:
    """What one connection says: what its server says that is no message of either version; each request with its answer, without those that
    change nothing; and the first message of a server that says too much, from which on its answers are not read."""

    odd: list[Message]
    steps: Iterable[Plain | Pair]
    beyond: Message | None = None


class Ahead:
    """The messages of connections that are to be read one after the other, found and paired for many at once.

    acting: by version and command, which requests anything is done for.
    """

    def __init__(self, held: Pieces, flows: Int64s, acting: Bools) -> None:
        self._held, self._acting, self._next = held, acting, 0
        self._streams = (2 * flows[:, None] + np.arange(2)).ravel()
        self._rows = np.empty((COLUMNS, messages.ROOM), np.int64)
        self._told = np.empty((_STREAMS, TOLD), np.int64)
        self._head = np.zeros(HEAD, np.uint8)
        self._found: dict[int, int] = {}
        self._batch: _Batch | None = None

    def forward(self, flow: int) -> bool | None:
        """Whether the originator of a flow is the client; None where its messages are not at hand."""
        while flow not in self._found:
            if 2 * flow not in self._streams[self._next : self._next + 1]:
                return None
            self._go_on()
        begins = self._told.item(self._found[flow], ANSWERS)
        return None if begins < 0 else not begins

    def exchanges(self, flow: int, orig: Stream, resp: Stream) -> Exchanges | None:
        """The exchanges of a flow that `forward` has just told of; None where more of it is to be read."""
        at = self._found.get(flow)
        return self._batch.of(at >> 1, orig, resp) if at is not None and self._batch is not None else None

    def _go_on(self) -> None:
        held, wanted = self._held, self._streams[self._next :]
        buffer = held.space.buffer
        done = walk_all(buffer, held.columns, held.bounds, wanted, FRAMES, self._told, self._rows, self._head)
        done &= ~1  # the sides of a connection together
        self._found = {stream >> 1: 2 * row for row, stream in enumerate(wanted[:done:2].tolist())}
        self._batch = _Batch(buffer, self._rows, self._told[:done], self._acting) if done else None
        if not done:
            self._found = {int(wanted[0]) >> 1: 0}
            self._told[0, ANSWERS] = -1
            done = 2
        self._next += done


class _Batch:
    """The exchanges of the connections in `rows`: `told`, (2 n, TOLD), says where the sides of each lie."""

    def __init__(self, buffer: Bytes, rows: Int64s, told: Int64s, acting: Bools) -> None:
        rows = np.ascontiguousarray(rows[:, : told[-1, ROW]])  # one layout, so that kernels are compiled once
        whole = (told[0::2, WHOLE] & told[1::2, WHOLE]).astype(np.bool_) & (told[0::2, ANSWERS] >= 0)
        side = np.repeat(np.arange(len(told)), told[:, ROW] - told[:, FIRST])
        talk = side >> 1
        serving = (side & 1 != told[talk * 2, ANSWERS]) & whole[talk]
        asking = np.flatnonzero(~serving & whole[talk])
        order = _ordered(rows, talk, np.flatnonzero(serving & answers(rows)))
        taken, out = np.zeros(len(order), np.int64), np.empty((3, len(asking)), np.int64)
        more = np.empty((MORE, len(asking)), np.int64)
        count = paired(rows, asking, talk, rows, talk, order, taken, acting, 1, out, more)
        self._whole = whole.tolist()
        self._sides = [Side() for _ in range(len(told))]
        asked = Said(rows, talk, self._sides, side)
        self._steps = steps_of(buffer, asked, asked, np.ascontiguousarray(out[:, :count]), True, more)
        odd = np.flatnonzero(serving & _odd(rows))
        self._odd = list(asked.made(odd))
        numbers = np.arange(len(told) // 2 + 1)
        self._bounds = np.searchsorted(talk[out[0, :count]], numbers).tolist()
        self._odd_bounds = np.searchsorted(talk[odd], numbers).tolist()

    def of(self, number: int, orig: Stream, resp: Stream) -> Exchanges | None:
        if not self._whole[number]:
            return None
        self._sides[2 * number].stream, self._sides[2 * number + 1].stream = orig, resp
        steps = self._steps[self._bounds[number] : self._bounds[number + 1]]
        return Exchanges(self._odd[self._odd_bounds[number] : self._odd_bounds[number + 1]], steps)


def answers(rows: Int64s) -> Bools:
    """Which messages of a server are answers, of either version; one that says only that another will follow is none."""
    kind, flags = rows[KIND], rows[FLAGS]
    two = (kind == TWO) & (flags & RESPONSE != 0) & (rows[STATUS] != PENDING)
    return np.asarray(two | (kind == ONE) & (flags & REPLY != 0))


def _odd(rows: Int64s) -> Bools:
    return np.asarray(rows[KIND] > TWO)


def _ordered(rows: Int64s, talk: Int64s, chosen: Int64s) -> Int64s:
    """Some rows by conversation, kind, number, and place."""
    return np.asarray(chosen[np.lexsort((rows[NUMBER, chosen], rows[KIND, chosen], talk[chosen]))])


def one_by_one(client: Stream, server: Stream, acting: Bools) -> Exchanges:
    """The exchanges of a connection whatever it is: all answers, then the requests some at a time."""
    said, asked = empty_of(server), empty_of(client)
    if said is not None and asked is not None:
        return Exchanges(said, [(one, None) for one in asked])
    told = _Told()
    for rows in messages_of(server):
        told.add(rows)
        if told.beyond is not None:
            break
    kept = np.ascontiguousarray(np.concatenate([np.empty((COLUMNS, 0), np.int64), *told.kept], axis=1))
    odd = [one for rows in told.odd for one in of_stream(rows, server)]
    beyond = next(of_stream(told.beyond, server)) if told.beyond is not None else None
    return Exchanges(odd, _steps(client, server, kept, acting), beyond)


def _steps(client: Stream, server: Stream, told: Int64s, acting: Bools) -> Iterator[Plain | Pair]:
    owner = np.zeros(told.shape[1], np.int64)
    order = _ordered(told, owner, np.arange(told.shape[1])) if len(owner) else owner
    taken = np.zeros(len(order), np.int64)
    answering = Said(told, owner, [side_of(server)], owner)
    for rows in messages_of(client):
        if not (rows[KIND] <= TWO).any():  # no SMB at all, most often
            yield from zip(of_stream(rows, client), repeat(None), strict=False)
            continue
        count = rows.shape[1]
        out, more = np.empty((3, count), np.int64), np.empty((MORE, count), np.int64)
        talks = np.zeros(count, np.int64)
        found = paired(rows, np.arange(count), talks, told, owner, order, taken, acting, 0, out, more)
        asking = Said(np.ascontiguousarray(rows), talks, [side_of(client)], talks)
        buffer, _ = client.laid_out()
        yield from steps_of(buffer, asking, answering, np.ascontiguousarray(out[:, :found]), False, more)


class _Told:
    """What a server says, while it is not too much: its answers, what is no message of either version, and the first message beyond."""

    def __init__(self) -> None:
        self.kept: list[Int64s] = []
        self.odd: list[Int64s] = []
        self.beyond: Int64s | None = None
        self._seen = 0
        self._known: set[tuple[int, int]] | None = None  # asked for only where there are very many

    def add(self, rows: Int64s) -> None:
        self._seen += rows.shape[1]
        if self._seen > LIMIT:
            rows = self._within(rows, self._seen - rows.shape[1])
        if (odd := _odd(rows)).any():
            self.odd.append(rows[:, odd])
        if not odd.all():
            self.kept.append(rows[:, answers(rows)])

    def _within(self, rows: Int64s, seen: int) -> Int64s:
        """Those that are not too many, `seen` of which came before; answers of one number count once."""
        if self._known is None:
            self._known = {key for kept in self.kept for key in _keys(kept)}
        known, keep = self._known, np.zeros(rows.shape[1], np.bool_)
        begins, answering = (rows[AT] == rows[FRAME_AT]).tolist(), answers(rows).tolist()
        for number, key in enumerate(_keys(rows)):
            if seen + number >= LIMIT and len(known) >= LIMIT:
                if begins[number]:
                    self.beyond = rows[:, number : number + 1]
                    break
                continue  # the rest of a frame that was begun
            keep[number] = not answering[number] or key[0] == ONE or key not in known
            if answering[number]:
                known.add(key)
        return rows[:, keep]


def _keys(rows: Int64s) -> Iterator[tuple[int, int]]:
    return zip(rows[KIND].tolist(), rows[NUMBER].tolist(), strict=True)
