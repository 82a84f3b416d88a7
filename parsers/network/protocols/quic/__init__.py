"""QUIC: its connections by their Initial packets, which anyone can open: server name, protocols, versions, connection ids, JA4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble
from parsers.network.protocols.quic import headers
from parsers.network.protocols.quic.connections import Connections, rows
from parsers.network.records import Bools, Bytes, one_of

DATAGRAMS = 200  # datagrams of a flow in which handshakes are looked for
_SMALLEST = 20  # bytes: less holds no long header with anything behind it


def _long_header(side: Bytes, size: npt.NDArray[np.int64]) -> Bools:
    """A long header of a version in use, of one that shall never be (RFC 9000 section 15), or of Google's own QUIC."""
    fits = (side[:, 0] & 0xC0 == 0xC0) & (side[:, 5] <= headers.CONNECTION_ID) & (size >= _SMALLEST)
    if not fits.any():
        return np.asarray(fits)
    wide = side.astype(np.int64)
    version = wide[:, 1] << 24 | wide[:, 2] << 16 | wide[:, 3] << 8 | wide[:, 4]
    known = one_of(version, headers.VERSION_1, headers.VERSION_2)
    known |= (version >= headers.FIRST_DRAFT) & (version <= headers.LAST_DRAFT)
    known |= version & 0x0F0F0F0F == 0x0A0A0A0A
    known |= (
        one_of(version >> 16, 0x5130, 0x5430) & (wide[:, 3:5] >= 0x30).all(axis=1) & (wide[:, 3:5] <= 0x39).all(axis=1)
    )
    return np.asarray(known & fits)


@dataclass(frozen=True, slots=True)
class Quic:
    """The dissector."""

    service: str = "quic"
    family: str = "net/quic"

    def recognise(self, openings: Openings) -> Bools:
        found = _long_header(openings.orig, openings.orig_size) | _long_header(openings.resp, openings.resp_size)
        return np.asarray(found & (openings.proto == 17))

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        found, view, noted = Connections(talk.flow), talk.view, False
        for gram in talk.datagrams[:DATAGRAMS]:
            at = gram.at
            first = view[at : at + 1][0]
            if first & headers.LONG:
                found.datagram(view[at : at + gram.size].tobytes(), gram.forward, gram.packet)
                noted = False
            elif not noted and first & headers.FIXED:  # nearly all: of these no more is looked at
                noted = found.short(gram.forward, gram.packet)
        yield from found.troubles
        for connection in found.found:
            yield from rows(connection, talk.flow, packet_time)


DISSECTOR = Quic()
