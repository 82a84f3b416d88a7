"""What the requests of SMB connections come to, one tuple each: numbers where they are plain, else the message with its answer."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import repeat
from typing import NamedTuple

import numpy as np

from parsers.network.protocols.smb.messages import BODY, Message, Run, Side, made, runs
from parsers.network.protocols.smb.step_kernels import FILE, ODD, STEPS, VERB, A, steps
from parsers.network.records import Bytes, Int64s

Pair = tuple[Message, Message | None]


class Plain(NamedTuple):
    """A plain request with its answer: first and last packet, status, the session and share that it names, and the file, 16 bytes of which
    SMB 1 uses two. What a to h are `step_kernels.py` says where they are filled, by verb. run: what follows a read or write at once."""

    verb: int
    begun: int
    ended: int
    code: int
    session: int
    share: int
    file: bytes
    a: int
    b: int
    c: int
    d: int
    e: int
    f: int
    g: int
    h: int
    run: Run | None = None


_new = partial(tuple.__new__, Plain)  # a third of what it costs to call the class, for every request


class Said(NamedTuple):
    """Messages of one or both sides, (COLUMNS, n), the conversation of each, and how its side is known."""

    rows: Int64s
    talks: Int64s
    sides: list[Side]
    side: Int64s

    def made(self, which: Int64s) -> Iterable[Message]:
        return made(self.rows[:, which], map(self.sides.__getitem__, self.side[which].tolist()))


def steps_of(buffer: Bytes, asked: Said, told: Said, pairs: Int64s, whole: bool, more: Int64s) -> list[Plain | Pair]:
    """The steps of requests in their order, of what `pair_kernels.paired` told: `pairs`, (3, n), and `more`. `whole`: these are all."""
    count = pairs.shape[1]
    out = np.empty((STEPS, count), np.int64)
    steps(buffer, asked.rows, asked.talks, told.rows, pairs, int(whole), BODY, out)
    files = np.ascontiguousarray(out[FILE:A].T).view("V16").ravel().tolist()
    numbers = out.tolist()
    found: list[Plain | Pair] = list(
        map(_new, zip(*numbers[:FILE], files, *numbers[A:], repeat(None), strict=False)),
    )
    _follow(found, pairs[2], more)
    odd = np.flatnonzero(out[VERB] == ODD)
    answer = pairs[1, odd]
    answers = iter(told.made(answer[answer >= 0]))
    known = (answer >= 0).tolist()
    for number, request, there in zip(odd.tolist(), asked.made(pairs[0, odd]), known, strict=True):
        plain = found[number]
        if isinstance(plain, Plain) and plain.run is not None:
            request = request._replace(run=plain.run)
        found[number] = request, next(answers) if there else None
    return found


def _follow(found: list[Plain | Pair], following: Int64s, more: Int64s) -> None:
    """Give the requests that others follow what these moved."""
    stop = np.cumsum(following)
    if not len(stop) or not stop[-1]:
        return
    told = runs(more[:, : stop[-1]])
    for number in np.flatnonzero(following).tolist():
        run = slice(stop[number] - following[number], stop[number])
        found[number] = _new((*found[number][:-1], Run(told.pieces[run], told.packets[run])))
