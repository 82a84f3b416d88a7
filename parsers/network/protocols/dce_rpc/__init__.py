"""DCE/RPC over TCP: the endpoint mapper and the interfaces behind it, known by content on any port. The SMB reader feeds pipes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Spoken, Trouble, Yield
from parsers.network.protocols.dce_rpc.association import UNITS, Association
from parsers.network.protocols.dce_rpc.over_http import GREETING, greeted
from parsers.network.protocols.dce_rpc.pdus import HEADER, KINDS, REQUEST, RESPONSE, size_of
from parsers.network.records import Bools, Bytes, one_of
from parsers.network.streams import Stream

CALL = 32  # bytes of a call that are wanted: its header, not what it carries
LEAPS = 256  # pieces after a gap that are tried for the beginning of a unit


@dataclass(frozen=True, slots=True)
class DceRpc:
    """The dissector."""

    service: str = "dce_rpc"
    family: str = "net/dce_rpc"

    def recognise(self, openings: Openings) -> Bools:
        """A header of version 5 with a known kind, a data representation that is in use, and a size that holds it; or the greeting of
        a server that is reached over HTTP."""
        tcp = openings.proto == 6
        found = np.zeros(len(tcp), np.bool_)
        for side, size in ((openings.orig, openings.orig_size), (openings.resp, openings.resp_size)):
            some = np.flatnonzero(tcp & (side[:, 0] == 5) & (side[:, 1] <= 1) & (size >= HEADER))
            if len(some):
                found[some] |= _head(side[some])
            if (greets := tcp & (side[:, 0] == GREETING[0])).any():
                found |= (side[:, : len(GREETING)] == np.frombuffer(GREETING, np.uint8)).all(axis=1) & greets
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        if talk.orig is None or talk.resp is None:
            return
        association = Association(talk.flow)
        if greeted(talk.resp) > talk.resp.begin or greeted(talk.orig) > talk.orig.begin:
            yield Spoken("dce_rpc")
        for stream in (talk.orig, talk.resp):
            yield from _units(stream, association, greeted(stream))
        yield from association.rows(packet_time)


def _head(side: Bytes) -> Bools:
    ends = side[:, 8:10].astype(np.int64)
    length = np.where(side[:, 4] == 0x10, ends[:, 0] | ends[:, 1] << 8, ends[:, 0] << 8 | ends[:, 1])
    found: Bools = one_of(side[:, 2], *KINDS) & ((side[:, 4] == 0x10) | (side[:, 4] == 0)) & ~side[:, 5:8].any(axis=1)
    return found & (length >= HEADER) & (length <= 16_384)


def _units(stream: Stream, association: Association, at: int) -> Iterator[Trouble]:
    """All units of one side from `at` on. After a gap a piece that begins one is looked for."""
    leaps = 0
    for _ in range(UNITS):
        head = stream.read(at, CALL)
        size = size_of(head)
        if size is not None:
            association.take(head if head[2] in (REQUEST, RESPONSE) else stream.read(at, size), stream.packet(at))
            at += size
            continue
        if head and at < stream.end:
            yield Trouble(
                stream.packet(at), "DCE/RPC connection: bytes where a unit should begin are none", "dce_rpc_malformed"
            )
        while leaps < LEAPS and (following := stream.next_start(at)) is not None:
            leaps, at = leaps + 1, following
            if size_of(stream.read(at, HEADER)) is not None:
                break
        else:
            return


DISSECTOR = DceRpc()
