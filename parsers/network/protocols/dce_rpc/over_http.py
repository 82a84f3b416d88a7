"""DCE/RPC over HTTP: the greeting of servers on a port of its own, and the two channels in HTTP bodies (MS-RPCH section 2.1.2, 2.2.3).

Each channel is a connection of its own, so that a call and its answer do not meet: calls are told without answers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Spoken, Yield
from parsers.network.protocols.dce_rpc.association import UNITS, Association
from parsers.network.protocols.dce_rpc.pdus import HEADER, size_of
from parsers.network.streams import Stream

GREETING = b"ncacn_http/1.0"
CHANNELS = frozenset((b"RPC_IN_DATA", b"RPC_OUT_DATA"))
_RTS = 20  # units that manage the channels (MS-RPCH section 2.2.3.6.1)


def greeted(stream: Stream) -> int:
    """Where units begin in what a server says."""
    begin = stream.begin
    return begin + len(GREETING) if stream.read(begin, len(GREETING)) == GREETING else begin


def channel(flow: int, stream: Stream, span: tuple[int, int], packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
    """The rows of one channel, whose body lies in `span` of the stream; none where it does not begin with a unit."""
    at, stop = span
    association, spoken = Association(flow), False
    for _ in range(UNITS):
        head = stream.read(at, HEADER)
        size = _size(head)
        if size is None or at >= stop:
            break
        if not spoken:
            spoken = True
            yield Spoken("dce_rpc")
        if head[2] != _RTS:
            association.take(stream.read(at, size if head[2] not in (0, 2) else 32), stream.packet(at))
        at += size
    yield from association.rows(packet_time)


def _size(head: bytes) -> int | None:
    if len(head) == HEADER and head[2] == _RTS:
        return size_of(head[:2] + b"\0" + head[3:])
    return size_of(head)
