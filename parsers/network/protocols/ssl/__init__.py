"""TLS and SSL, over TCP and as DTLS over UDP: one row a connection, and one a certificate. Fingerprints: JA3, JA3S, JA4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble
from parsers.network.protocols.ssl import datagrams, records, together, version2
from parsers.network.protocols.ssl.rows import handshake_rows
from parsers.network.protocols.tabular import Streams, Tabulated
from parsers.network.records import Bools, Bytes

_STUN = (0x21, 0x12, 0xA4, 0x42)  # STUN's magic cookie (RFC 8489 section 5); DTLS may follow on the same ports


def _stream_hello(side: Bytes, size: npt.NDArray[np.int64]) -> Bools:
    """A handshake record, version 3.0 to 3.4, that begins with a hello; or a hello of SSL 2. The first byte decides for nearly all."""
    found = (side[:, 0] == records.HANDSHAKE) & (size >= 6)
    rows = np.flatnonzero(found)
    head = side[rows]
    found[rows] = (head[:, 1] == 3) & (head[:, 2] <= 4) & ((head[:, 5] == 1) | (head[:, 5] == 2))
    old = np.flatnonzero(side[:, 0] >= 0x80)
    if len(old):
        found[old] = version2.recognise(side[old], size[old])
    return np.asarray(found)


def _datagram_hello(side: Bytes, size: npt.NDArray[np.int64]) -> Bools:
    """A handshake record of epoch 0, version 254.x, that begins with a hello or a request to verify one; or STUN."""
    found = (side[:, 0] == records.HANDSHAKE) & (size >= 25)
    rows = np.flatnonzero(found)
    head = side[rows]
    found[rows] = (
        (head[:, 1] == 0xFE)
        & (head[:, 2] >= 0xFC)
        & (head[:, 3:5] == 0).all(axis=1)
        & ((head[:, 13] >= 1) & (head[:, 13] <= 3))
    )
    stun = np.flatnonzero((side[:, 4] == _STUN[0]) & (side[:, 0] & 0xFE == 0) & (size >= 20))
    found[stun] = (side[stun, 4:8] == _STUN).all(axis=1)
    return np.asarray(found)


@dataclass(frozen=True, slots=True)
class Ssl:
    """The dissector."""

    service: str = "ssl"
    family: str = "net/ssl"

    def recognise(self, openings: Openings) -> Bools:
        """A hello from either side."""
        found = np.zeros(len(openings.proto), np.bool_)
        for proto, hello in ((6, _stream_hello), (17, _datagram_hello)):
            own = openings.proto == proto
            if not own.any():
                continue
            for side, size in ((openings.orig, openings.orig_size), (openings.resp, openings.resp_size)):
                found |= own & hello(side, size)
        return found

    def tabulate_streams(self, streams: Streams, packet_time: npt.NDArray[np.int64]) -> Tabulated:
        """The rows of plain conversations, by columns."""
        return together.tabulate(streams, packet_time)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        if talk.orig is not None and talk.resp is not None:
            sides = records.side(talk.orig), records.side(talk.resp)
            rows = list(handshake_rows(talk.flow, sides, packet_time, "t"))
            streams = [stream for stream in (talk.orig, talk.resp) if stream.end]
            if not rows and streams:
                yield Trouble(streams[0].packet(0), "TLS connection: its hello is cut or damaged", "tls_hello_cut")
            yield from rows
        elif talk.datagrams:
            yield from handshake_rows(talk.flow, datagrams.sides(talk), packet_time, "d")


DISSECTOR = Ssl()
