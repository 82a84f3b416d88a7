"""Application protocols, one file each, found by walking this folder: a module that defines `DISSECTOR` is one.

A protocol is recognised by the first bytes each side sends; ports decide only where bytes cannot.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from parsers.network.records import Bools, Bytes
from parsers.network.streams import Stream

OPENING = 16  # bytes of each side's first payload that recognition sees


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
    """One flow to be read: streams for TCP, datagrams for UDP."""

    flow: int
    tcp: bool
    view: memoryview
    orig: Stream | None = None
    resp: Stream | None = None
    datagrams: tuple[Datagram, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a protocol: its flow, first and last packet (0-based), event verb, family columns, and remarks."""

    flow: int
    first: int
    last: int
    event: str
    values: dict[str, object]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Payload that could not be read: at which packet (0-based), and why. Equal reasons become one problem with a count."""

    packet: int
    reason: str


@runtime_checkable
class Dissector(Protocol):
    """One application protocol."""

    service: str
    family: str

    def recognise(self, openings: Openings) -> Bools:
        """Which flows speak this protocol: (f,) bool."""
        ...

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        """The rows of one flow. `packet_time` gives every packet's UTC ns."""
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
