"""TFTP: each request, and each transfer with its file, which the server sends from a port of its own (RFC 1350, 2347)."""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Carried, Conversation, Datagram, Expected, Openings, Record, Trouble, Yield, text
from parsers.network.records import Bools, one_of

RRQ, WRQ, DATA, ACK, ERROR, OACK = 1, 2, 3, 4, 5, 6
BLOCK = 512  # bytes of a block where nothing else was agreed on
BLOCKS = 1 << 20  # blocks kept of one transfer
REQUESTS = 1_000  # requests of one flow


@dataclass(frozen=True, slots=True)
class Request:
    """A request: whether it writes, name, mode, options."""

    write: bool
    name: str
    mode: str
    options: str | None


_head = struct.Struct(">HH").unpack_from  # operation and block


@dataclass(frozen=True, slots=True)
class Tftp:
    """The dissector."""

    service: str = "tftp"
    family: str = "net/tftp"

    def recognise(self, openings: Openings) -> Bools:
        """A request: opcode 1 or 2, then a name; on another port than 69 the mode must be seen too."""
        raw = openings.orig
        found = (openings.proto == 17) & (raw[:, 0] == 0) & one_of(raw[:, 1], RRQ, WRQ) & (raw[:, 2] > 32)
        elsewhere = found & ~openings.on_port(69)
        for row in np.flatnonzero(elsewhere).tolist():
            opening = raw[row].tobytes().lower()
            found[row] = b"\0octet\0" in opening or b"\0netascii\0" in opening
        return np.asarray(found)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        grams = talk.datagrams
        told: dict[str, object] = dict(talk.told)
        seen: set[Request] = set()
        for gram in [] if told else grams[:REQUESTS]:
            data = talk.payload(gram)
            if len(data) < 4 or data[0] != 0 or data[1] not in (RRQ, WRQ):
                continue
            asked = _request(data)
            if asked is None:
                yield Trouble(gram.packet, "TFTP request that cannot be read", "tftp_malformed_request")
            elif asked not in seen:
                seen.add(asked)
                yield from _asked(talk, gram, asked)
                told = {"wrq": asked.write, "fname": asked.name, "mode": asked.mode, "object": asked.name}
        yield from _transfer(talk, grams, told)


def _request(data: bytes) -> Request | None:
    words = data[2:].split(b"\0")
    if len(words) < 3 or not words[0]:
        return None
    pairs = [f"{text(a)}={text(b)}" for a, b in zip(words[2:-1:2], words[3::2], strict=False) if a]
    return Request(data[1] == WRQ, text(words[0]), text(words[1]).lower(), ",".join(pairs) or None)


def _asked(talk: Conversation, gram: Datagram, asked: Request) -> Iterator[Yield]:
    values: dict[str, object] = {
        "wrq": asked.write,
        "fname": asked.name,
        "mode": asked.mode,
        "options": asked.options,
        "object": asked.name,
    }
    yield Record(talk.flow, gram.packet, gram.packet, "tftp.request", values)
    one, one_port, other, other_port = talk.ends
    client, port, server = (one, one_port, other) if gram.forward else (other, other_port, one)
    told = {name: values[name] for name in ("wrq", "fname", "mode", "object")}
    yield Expected("tftp", client, port, server, gram.packet, told)


@dataclass(slots=True)
class Transfer:
    """Blocks by unwrapped number, and what else was said."""

    blocks: dict[int, Datagram]
    acked: int = 0
    size: int = BLOCK
    error: tuple[int, str] | None = None
    reach: int = 0

    def number(self, block: int) -> int:
        """Block numbers begin anew after 65,535: the nearest to where the transfer stands."""
        return self.reach + (block - self.reach + 0x8000) % 0x10000 - 0x8000

    def take(self, code: int, block: int, gram: Datagram) -> None:
        """A block of data, or that one came."""
        number = self.number(block)
        if code == ACK:
            if number > self.acked:
                self.acked = number
        elif number > 0 and len(self.blocks) < BLOCKS:
            self.blocks.setdefault(number, gram)
            if number > self.reach:
                self.reach = number

    def take_other(self, code: int, block: int, data: bytes) -> None:
        if code == ERROR and self.error is None:
            self.error = (block, text(data[4:260].split(b"\0")[0]))
        elif code == OACK:
            words = [word.lower() for word in data[2:].split(b"\0")]
            if (
                b"blksize" in words[:-1]
                and (digits := words[words.index(b"blksize") + 1]).isdigit()
                and len(digits) < 6
            ):
                self.size = int(digits)


def _transfer(talk: Conversation, grams: Sequence[Datagram], told: dict[str, object]) -> Iterator[Yield]:
    found, taken, view = Transfer({}), [], talk.view
    for gram in grams:
        head = view[gram.at : gram.at + (4 if gram.size >= 4 else gram.size)]
        if len(head) < 4:
            continue
        code, block = _head(head)
        if code in (DATA, ACK):
            found.take(code, block, gram)
        elif code in (ERROR, OACK):
            found.take_other(code, block, talk.payload(gram))
        else:
            continue
        taken.append(gram)
    if not taken:
        return
    order = sorted(found.blocks)
    size = sum([gram.size for gram in found.blocks.values()]) - 4 * len(order)
    whole = bool(order) and order[0] == 1 and order[-1] == len(order) and found.blocks[order[-1]].size - 4 < found.size
    error = found.error or (None, None)
    values = dict(told) | {
        "size": size if order else None,
        "block_sent": order[-1] if order else 0,
        "block_acked": found.acked,
        "error_code": error[0],
        "error_msg": error[1],
        "outcome": "failure" if found.error else "success" if whole else None,
    }
    yield Record(talk.flow, taken[0].packet, taken[-1].packet, "tftp.transfer", values)
    if not order:
        return

    def content() -> Iterator[bytes]:
        for number in order:
            yield talk.payload(found.blocks[number])[4:]

    first, last = found.blocks[order[0]], found.blocks[order[-1]]
    name = posixpath.basename(str(told.get("fname") or "").replace("\\", "/")) or None
    lost = (order[-1] - len(order)) * found.size
    state = {} if whole or lost else {"complete": False}
    yield Carried(
        talk.flow, first.packet, max(first.packet, last.packet), first.forward, content, name, missing=lost,
        values={"object": told.get("fname"), **state},
    )  # fmt: skip


DISSECTOR = Tftp()
