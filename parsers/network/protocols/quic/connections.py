"""The QUIC connections of a flow: which packets came, and what the handshake in their Initial packets says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Record, Trouble
from parsers.network.protocols.fingerprints import ja4
from parsers.network.protocols.hellos import client_hello
from parsers.network.protocols.quic import headers
from parsers.network.protocols.quic.frames import Handshake, read_frames
from parsers.network.protocols.quic.headers import Packet
from parsers.network.protocols.quic.protection import opened
from parsers.network.protocols.ssl.records import handshake_messages
from parsers.network.protocols.ssl.rows import handshake_rows
from parsers.network.protocols.ssl.sides import CLIENT_HELLO, SERVER_HELLO, Side

HISTORY = 100  # letters of a history, as in Zeek
CONNECTIONS = 16  # connections that one flow may hold
TRIES = 400  # Initial packets of a flow that are opened; a handshake has a few
_SHORT_LAST = [headers.SHORT], [headers.SHORT.lower()]  # a history that has noted packets with short headers
_SEALED = 1_200  # stands for an encrypted record that is more than an alert


@dataclass(slots=True)
class Connection:
    """One connection. client: the direction (forward or not) its client sends in; origin: the connection id its keys come from."""

    version: int
    client: bool
    first: int
    last: int
    origin: bytes = b""
    opened: bool = False
    retried: bool = False
    dcid: bytes | None = None
    client_scid: bytes | None = None
    server_scid: bytes | None = None
    offered: tuple[int, ...] = ()
    letters: list[str] = field(default_factory=list)
    sides: tuple[Handshake, Handshake] = field(default_factory=lambda: (Handshake(), Handshake()))  # client, server
    helloed: list[bool] = field(default_factory=lambda: [False, False])
    sealed: list[bool] = field(default_factory=lambda: [False, False])

    def note(self, letter: str, forward: bool, packet: int) -> None:
        if len(self.letters) < HISTORY:
            self.letters.append(letter if forward == self.client else letter.lower())
        self.last = packet


@dataclass(slots=True)
class Connections:
    """The connections of one flow while its datagrams are read in time order."""

    flow: int
    found: list[Connection] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    tries: int = 0

    def datagram(self, data: bytes, forward: bool, number: int) -> None:
        for packet in headers.packets(data):
            if packet.kind == headers.SHORT:
                self.short(forward, number)
            elif packet.kind == headers.INITIAL:
                self._initial(data, packet, forward, number)
            else:
                self._other(packet, forward, number)

    def short(self, forward: bool, number: int) -> bool:
        """A packet with a short header, which tells nothing but that it came. Returns whether more of them would tell nothing at all."""
        if not self.found:
            return True
        current = self.found[-1]
        if current.letters[-1:] not in _SHORT_LAST:
            current.note(headers.SHORT, forward, number)
        return current.letters[-1:] in _SHORT_LAST

    def _current(self, packet: Packet, forward: bool, number: int) -> Connection:
        """The last connection, or a first one of which only this packet is known."""
        if not self.found:
            from_client = packet.kind not in (headers.NEGOTIATION, headers.RETRY)
            self.found.append(Connection(packet.version, forward == from_client, number, number))
        return self.found[-1]

    def _initial(self, data: bytes, packet: Packet, forward: bool, number: int) -> None:
        """Open with the keys of the connection that is there, else with this packet's own: then it begins a connection, or goes on after
        a Retry, which changes the id (RFC 9001 section 5.2)."""
        current = self.found[-1] if self.found else None
        frames = None
        self.tries += 1
        if self.tries > TRIES:
            return
        if current is not None and current.opened:
            role = forward != current.client
            frames = opened(data, packet, current.origin, role)
        if frames is None:
            frames = opened(data, packet, packet.dcid, False)
            if frames is not None:
                current = self._begun(current, packet, forward, number)
        if current is None or (frames is not None and not current.opened):
            current = self._current(packet, forward, number)
        self._ids(current, packet, forward)
        current.note(headers.INITIAL, forward, number)
        if frames is not None:
            self._frames(current, frames, forward, number)

    def _begun(self, current: Connection | None, packet: Packet, forward: bool, number: int) -> Connection:
        goes_on = current is not None and (not current.opened or (current.retried and not current.helloed[1]))
        if current is None or not (goes_on or len(self.found) == CONNECTIONS):
            current = Connection(packet.version, forward, number, number)
            self.found.append(current)
        current.client, current.origin, current.opened, current.version = forward, packet.dcid, True, packet.version
        if current.retried:
            current.sides = (Handshake(), Handshake())
        return current

    def _ids(self, current: Connection, packet: Packet, forward: bool) -> None:
        if forward == current.client:
            current.dcid = packet.dcid if current.dcid is None else current.dcid
            current.client_scid = packet.scid if current.client_scid is None else current.client_scid
        else:
            current.server_scid = packet.scid

    def _frames(self, current: Connection, frames: bytes, forward: bool, number: int) -> None:
        role = int(forward != current.client)
        side = current.sides[role]
        wrong = read_frames(frames, side, number)
        if wrong is not None:
            self.troubles.append(Trouble(number, f"QUIC Initial packet is malformed: {wrong}", "quic_malformed_frame"))
        if not current.helloed[role] and side.ready >= 4 and side.ready >= 4 + int.from_bytes(side.data[1:4], "big"):
            current.helloed[role] = True
            current.note("S", forward, number)
        if side.closed:
            side.closed = False
            current.note("C", forward, number)

    def _other(self, packet: Packet, forward: bool, number: int) -> None:
        current = self._current(packet, forward, number)
        current.note(packet.kind, forward, number)
        if packet.kind == headers.NEGOTIATION:
            current.offered = packet.offered
            return
        self._ids(current, packet, forward)
        current.retried |= packet.kind == headers.RETRY
        if packet.kind == headers.HANDSHAKE:
            current.sealed[forward != current.client] = True


def rows(connection: Connection, flow: int, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
    """A row of net/quic, and one of net/ssl where a hello was read."""
    dcid, client_scid, server_scid = connection.dcid, connection.client_scid, connection.server_scid
    values: dict[str, object] = {
        "version": headers.version_name(connection.version),
        "history": "".join(connection.letters),
        "client_initial_dcid": None if dcid is None else dcid.hex(),
        "client_scid": None if client_scid is None else client_scid.hex(),
        "server_scid": None if server_scid is None else server_scid.hex(),
        "versions_offered": ",".join(map(headers.version_name, connection.offered)) or None,
    }
    client, server = _side(connection, 0), _side(connection, 1)
    for message in client.of(CLIENT_HELLO)[:1]:
        try:
            hello = message.offer = client_hello(message.body)
        except ValueError:
            break  # net/ssl tells it
        protocol = hello.protocols[0].decode("utf-8", "backslashreplace") if hello.protocols else None
        values["server_name"], values["client_protocol"] = hello.server_name, protocol
        values["ja4"] = ja4(hello, "q")
    if connection.sealed[0] and SERVER_HELLO in server.kinds:
        values["outcome"] = "success"
    flags = ("truncated",) if client.cut or server.cut else ()
    yield Record(flow, connection.first, connection.last, "quic.connection", values, flags)
    yield from handshake_rows(flow, (client, server) if connection.client else (server, client), packet_time, "q")


def _side(connection: Connection, role: int) -> Side:
    """What the client (0) or the server (1) said in its Initial packets."""
    stream, side = connection.sides[role], Side()
    if stream.data:
        rest = handshake_messages(side, bytes(stream.data[: stream.ready]), (stream.first, stream.last))
        side.cut = bool(rest) or stream.ready < len(stream.data)
    if connection.sealed[role]:
        side.seal(_SEALED)
    return side
