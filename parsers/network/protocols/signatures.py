"""Services known by how they begin and by nothing else that could be read: net/conn names them, no rows of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Spoken
from parsers.network.records import Bools, Bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """A dissector that names the service of the flows that `fits` is true for."""

    service: str
    fits: Callable[[Openings], Bools]
    family: str = "net/conn"

    def recognise(self, openings: Openings) -> Bools:
        return self.fits(openings)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Spoken]:
        yield Spoken(self.service)


def begins(raw: Bytes, start: bytes, at: int = 0) -> Bools:
    """Which rows hold `start` at byte `at`: (f,) bool."""
    found: Bools = (raw[:, at : at + len(start)] == np.frombuffer(start, np.uint8)).all(axis=1)
    return found
