"""TLS and SSL 3: the hellos of a connection, with JA3, JA3S and JA4. One row a connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble
from parsers.network.protocols.fingerprints import ja3, ja3s, ja4
from parsers.network.protocols.hellos import Hello, client_hello, retry, server_hello
from parsers.network.protocols.tls_names import alert_name, cipher_name, curve_name, version_name
from parsers.network.records import Bools
from parsers.network.streams import Stream

STREAM_LIMIT = 65_536  # bytes of each side in which hellos are looked for
HANDSHAKE, ALERT, CHANGE_CIPHER, APPLICATION = 22, 21, 20, 23


@dataclass(slots=True)
class _Side:
    """What one side sent in clear: its hellos, key exchange group, last alert, and whether it went on encrypted."""

    hellos: list[tuple[int, bytes, int]]
    group: int | None = None
    alert: int | None = None
    encrypted: bool = False
    cut: bool = False


def _side(stream: Stream) -> _Side:
    """Records and handshake messages of one side (RFC 8446 sections 4 and 5.1; RFC 5246 section 6.2.1)."""
    side = _Side([])
    at, pending, starts = 0, b"", 0
    changed = False
    while at < STREAM_LIMIT:
        head = stream.read(at, 5)
        if len(head) < 5 or head[0] not in (20, 21, 22, 23) or head[1] != 3:
            break
        size = head[3] << 8 | head[4]
        if head[0] == APPLICATION or (head[0] == HANDSHAKE and changed):
            side.encrypted = True
            break
        body = stream.read(at + 5, size)
        side.cut |= len(body) < size
        if head[0] == HANDSHAKE:
            starts = at if not pending else starts
            pending = _messages(side, pending + body, stream, (starts, at))
        elif head[0] == ALERT and len(body) == 2 and not changed:
            side.alert = body[1]
        changed |= head[0] == CHANGE_CIPHER
        if side.cut:
            break
        at += 5 + size
    side.cut |= bool(pending)
    return side


def _messages(side: _Side, data: bytes, stream: Stream, span: tuple[int, int]) -> bytes:
    """Take whole handshake messages off `data`; what is left begins the next one."""
    while len(data) >= 4:
        size = int.from_bytes(data[1:4], "big")
        if len(data) < 4 + size:
            break
        kind, body = data[0], data[4 : 4 + size]
        if kind in (1, 2):
            side.hellos.append((kind, body, stream.packet(span[0])))
        if (
            kind == 12 and body[:1] == b"\x03" and len(body) >= 3
        ):  # ServerKeyExchange, named curve (RFC 8422 section 5.4)
            side.group = body[1] << 8 | body[2]
        data = data[4 + size :]
    return data


@dataclass(frozen=True, slots=True)
class Ssl:
    """The dissector."""

    service: str = "ssl"
    family: str = "net/ssl"

    def recognise(self, openings: Openings) -> Bools:
        """A handshake record of version 3.x that begins with a hello, from either side."""
        found = np.zeros(len(openings.proto), np.bool_)
        for side, size in ((openings.orig, openings.orig_size), (openings.resp, openings.resp_size)):
            hello = (side[:, 0] == HANDSHAKE) & (side[:, 1] == 3) & (side[:, 2] <= 4)
            found |= hello & ((side[:, 5] == 1) | (side[:, 5] == 2)) & (size >= 6)
        found &= openings.proto == 6
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        if talk.orig is None or talk.resp is None:
            return
        sides = (_side(talk.orig), _side(talk.resp))
        client: Hello | None = None
        server: Hello | None = None
        packets: list[int] = []
        for side in sides:
            for kind, body, packet in side.hellos:
                packets.append(packet)
                try:
                    if kind == 1 and client is None:
                        client = client_hello(body)
                    if kind == 2 and not retry(body):
                        server = server_hello(body)
                except ValueError as error:
                    yield Trouble(packet, f"TLS hello is malformed: {error}")
        if client is None and server is None:
            at = talk.orig if talk.orig.end else talk.resp
            if not packets:
                yield Trouble(at.packet(0), "TLS connection: its hello is cut or damaged")
            return
        yield _row(talk.flow, sides, (client, server), packets)


def _row(
    flow: int, sides: tuple[_Side, _Side], hellos: tuple[Hello | None, Hello | None], packets: list[int]
) -> Record:
    client, server = hellos
    values: dict[str, object] = {"established": bool(server) and sides[0].encrypted and sides[1].encrypted}
    if client:
        values |= {"server_name": client.server_name, "ja3": ja3(client), "ja4": ja4(client)}
    if server:
        group = (
            server.group if server.group is not None else next((s.group for s in sides if s.group is not None), None)
        )
        version = server.chosen_version
        values |= {"version": version_name(version), "cipher": cipher_name(server.ciphers[0]), "ja3s": ja3s(server)}
        values |= {"curve": None if group is None else curve_name(group)}
        values["next_protocol"] = server.protocols[0].decode("utf-8", "backslashreplace") if server.protocols else None
        if client and version < 0x0304:
            values["resumed"] = bool(client.session) and client.session == server.session
    alert = next((side.alert for side in reversed(sides) if side.alert is not None), None)
    values["last_alert"] = None if alert is None else alert_name(alert)
    if values["established"] or alert not in (None, 0, 90):  # close_notify and user_canceled are no failures
        values["outcome"] = "success" if values["established"] else "failure"
    flags = ("truncated",) if any(side.cut for side in sides) else ()
    return Record(flow, min(packets), max(packets), "ssl.hello", values, flags)


DISSECTOR = Ssl()
