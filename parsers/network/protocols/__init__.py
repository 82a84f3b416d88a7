"""Application protocols, one file each, found by walking this folder: a module that defines `DISSECTOR` is one.

A protocol is recognised by the first bytes each side sends; ports decide only where bytes cannot (`Guesser`). What a dissector yields is
put together by `parsers/network/reading.py`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from parsers.network.records import Bools, Bytes, one_of
from parsers.network.space import Space
from parsers.network.streams import Pieces, Stream

OPENING = 32  # bytes of each side's first payload that recognition sees


@dataclass(frozen=True, slots=True)
class Openings:
    """How flows begin: (f,) arrays. proto: 6 or 17; ports; and the first payload bytes of each side, (f, OPENING) uint8, zero
    beyond `orig_size` and `resp_size`."""

    proto: npt.NDArray[np.int16]
    orig_port: npt.NDArray[np.int32]
    resp_port: npt.NDArray[np.int32]
    orig: Bytes
    orig_size: npt.NDArray[np.int64]
    resp: Bytes
    resp_size: npt.NDArray[np.int64]

    def on_port(self, *ports: int) -> Bools:
        return one_of(self.resp_port, *ports) | one_of(self.orig_port, *ports)


@dataclass(slots=True)  # made for every flow or row: frozen costs three times as much
class Datagram:
    """One UDP payload: which packet (0-based), who sent it, where its bytes lie in the capture's `Space`."""

    packet: int
    forward: bool
    at: int
    size: int


@dataclass(slots=True)  # made for every flow or row: frozen costs three times as much
class Conversation:
    """One flow to be read: streams for TCP, datagrams for UDP in order of time, and of packets where that is the same. `told` is what an
    `Expected` said of it beforehand.

    ends: address and port of the originator, then of the responder; ahead: what its dissector, a `Foresighted` one, made of all its flows.
    """

    flow: int
    tcp: bool
    view: Space | memoryview
    orig: Stream | None = None
    resp: Stream | None = None
    datagrams: tuple[Datagram, ...] = ()
    told: Mapping[str, object] = field(default_factory=dict)
    uid: str = ""
    orig_port: int = 0
    resp_port: int = 0
    ends: tuple[str, int, str, int] = ("", 0, "", 0)
    ahead: object = None

    def payload(self, gram: Datagram) -> bytes:
        """The bytes of a datagram that the capture holds."""
        return bytes(self.view[gram.at : gram.at + gram.size])


@dataclass(slots=True)  # made for every flow or row: frozen costs three times as much
class Record:
    """One row of a protocol: its flow, first and last packet (0-based), event verb, family columns, and remarks.

    `family` is where the row goes; None is the dissector's own. Core columns `object`, `outcome` and `user` may stand among the values.
    `common`: further values that many rows share, the same object in all of them; those of the row itself stand before them.
    """

    flow: int
    first: int
    last: int
    event: str
    values: dict[str, object]
    flags: tuple[str, ...] = ()
    family: str | None = None
    common: dict[str, object] | None = None


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Trouble:
    """Payload that breaks its protocol: at which packet (0-based), and why.

    It becomes a row of net/weird under `name` (lower case and `_`, Zeek's weird names where it has one), and reasons that are equal up to a
    colon become one problem with a count.
    """

    packet: int
    reason: str
    name: str = "malformed"


class CutShort(Exception):
    """Raised by the `content` of a `Carried` where its bytes cannot be given further; the file is then incomplete."""


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Carried:
    """A file that a protocol carried: it becomes a row of net/files with its digests.

    first, last: packets (0-based); forward: the originator sent it; name, declared: file name and media type as the protocol says;
    size: bytes it should have, where known; missing: how many of them the capture lacks; content: gives its bytes in order, piece by
    piece, as often as asked, and may raise CutShort; values: more columns of net/files, `fuid` (from `file_ids.py`) among them where
    other rows name the file.
    """

    flow: int
    first: int
    last: int
    forward: bool
    content: Callable[[], Iterable[bytes]]
    name: str | None = None
    declared: str | None = None
    size: int | None = None
    missing: int = 0
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """From these positions of its two streams on the flow speaks another service (STARTTLS, CONNECT, WebSocket …).

    An empty `service` means whatever recognises the bytes that follow, if anything does.
    """

    service: str
    orig_at: int
    resp_at: int


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Expected:
    """A flow foretold: one that `host` (address as text) takes part in on `port`, with `peer`, after `packet`; it speaks `service`.

    It is read with `told` where no content says otherwise (the data channels of FTP, transfers of TFTP).
    """

    service: str
    host: str
    port: int
    peer: str
    packet: int
    told: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spoken:
    """The flow speaks this service; there is no row to tell more (tunnels and other sealed traffic that its first bytes give away)."""

    service: str


Yield = Record | Trouble | Carried | Upgrade | Expected | Spoken


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Ends:
    """Whom a flow lies between: addresses as text, and ports."""

    uid: str
    orig: str
    orig_port: int
    resp: str
    resp_port: int


@runtime_checkable
class Dissector(Protocol):
    """One application protocol. It may have `families`: others than its own whose rows show that a flow speaks it."""

    service: str
    family: str

    def recognise(self, openings: Openings) -> Bools:
        """Which flows speak this protocol by what they say first: (f,) bool."""
        ...

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        """The rows of one flow. `packet_time` gives every packet's UTC ns."""
        ...


@runtime_checkable
class Guesser(Protocol):
    """A dissector that also knows its usual ports, asked for flows that nothing recognised."""

    def guess(self, openings: Openings) -> Bools:
        """Which flows may speak this protocol by their ports (and whatever bytes allow it): (f,) bool."""
        ...


@runtime_checkable
class Foresighted(Protocol):
    """A dissector that looks at all of its flows together before they are read one by one: a kernel called once costs as much as a hundred
    lines of Python."""

    def ahead(self, held: Pieces, flows: npt.NDArray[np.int64]) -> object:
        """What `read` is given with each of these flows, which come in this order. `held`: the streams of all flows."""
        ...


@cache
def all_dissectors() -> tuple[Dissector, ...]:
    """Every protocol of this folder, by service name. Raises TypeError for a DISSECTOR that breaks the contract."""
    found = []
    for info in pkgutil.iter_modules(__path__):
        candidate = getattr(importlib.import_module(f"{__name__}.{info.name}"), "DISSECTOR", None)
        if candidate is None:
            continue
        if not isinstance(candidate, Dissector):
            raise TypeError(f"{info.name}: DISSECTOR has no service, family, recognise and read")
        found.append(candidate)
    return tuple(sorted(found, key=lambda dissector: dissector.service))


def text(raw: bytes) -> str:
    """Bytes of the wire as text: UTF-8 where they are, `\\xHH` where they are not."""
    return raw.decode("utf-8", "backslashreplace")
