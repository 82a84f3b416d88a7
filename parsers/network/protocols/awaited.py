"""Rows that wait for those of other flows, and the dissectors that join them: answers come from another address, or go to all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Ends, Record
from parsers.network.protocols.tabular import Rows


@dataclass(frozen=True, slots=True)
class Awaited:
    """What the flows of one protocol gave: rows that are objects, and tables of those that were read together. Such a table may have
    columns that only its own dissector knows."""

    records: list[Record]
    tables: list[Rows]


@runtime_checkable
class Joiner(Protocol):
    """A dissector whose rows span flows (DHCP, LLMNR).

    `awaiting`: the family, or the name of none, under which its records wait for those of other flows.
    """

    awaiting: str

    def join(
        self, waiting: Awaited, ends: Callable[[int], Ends], packet_time: npt.NDArray[np.int64]
    ) -> Iterator[list[Record] | Rows]:
        """The rows of its family, from those that the flows gave; asked after all flows were read, or when too many wait."""
        ...
