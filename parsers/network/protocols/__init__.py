"""Application protocols, one file each, found by walking this folder: a module that defines `DISSECTOR` is one.

A protocol is recognised by the first bytes each side sends; ports decide only where bytes cannot (`Guesser`). What a dissector yields is
put together by `parsers/network/reading.py`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from parsers.network.records import Bools, Bytes
from parsers.network.streams import Stream

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
        return np.isin(self.resp_port, ports) | np.isin(self.orig_port, ports)


@dataclass(frozen=True, slots=True)
class Datagram:
    """One UDP payload: which packet (0-based), who sent it, where its bytes lie in the file."""

    packet: int
    forward: bool
    at: int
    size: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """One flow to be read: streams for TCP, datagrams for UDP. `told` is what an `Expected` said of it beforehand."""

    flow: int
    tcp: bool
    view: memoryview
    orig: Stream | None = None
    resp: Stream | None = None
    datagrams: tuple[Datagram, ...] = ()
    told: Mapping[str, object] = field(default_factory=dict)

    def payload(self, gram: Datagram) -> bytes:
        """The bytes of a datagram that the capture holds."""
        return bytes(self.view[gram.at : gram.at + gram.size])


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a protocol: its flow, first and last packet (0-based), event verb, family columns, and remarks.

    `family` is where the row goes; None is the dissector's own. Core columns `object`, `outcome` and `user` may stand among the values.
    """

    flow: int
    first: int
    last: int
    event: str
    values: dict[str, object]
    flags: tuple[str, ...] = ()
    family: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Payload that breaks its protocol: at which packet (0-based), and why.

    It becomes a row of net/weird under `name` (lower case and `_`, Zeek's weird names where it has one), and reasons that are equal up to a
    colon become one problem with a count.
    """

    packet: int
    reason: str
    name: str = "malformed"


@dataclass(frozen=True, slots=True)
class Carried:
    """A file that a protocol carried: it becomes a row of net/files with its digests.

    first, last: packets (0-based); forward: the originator sent it; name, declared: file name and media type as the protocol says;
    size: bytes it should have, where known; missing: how many of them the capture lacks; content: gives its bytes in order, piece by
    piece, as often as asked; values: more columns of net/files.
    """

    flow: int
    first: int
    last: int
    forward: bool
    content: Callable[[], Iterator[bytes]]
    name: str | None = None
    declared: str | None = None
    size: int | None = None
    missing: int = 0
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """From these positions of its two streams on the flow speaks another service (STARTTLS, CONNECT, WebSocket …)."""

    service: str
    orig_at: int
    resp_at: int


@dataclass(frozen=True, slots=True)
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


Yield = Record | Trouble | Carried | Upgrade | Expected


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
