"""Client and server hellos of SSL 3.0 to TLS 1.3 (RFC 8446 sections 4.1 and 4.2, RFC 5246 section 7.4.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

# RFC 8446 section 4.1.3: this random value marks a HelloRetryRequest
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
SERVER_NAME, GROUPS, POINTS, SIGNATURES, ALPN, VERSIONS, KEY_SHARE = 0, 10, 11, 13, 16, 43, 51
TICKET, PRE_SHARED_KEY = 35, 41


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Hello:
    """A hello. `ciphers` and `extensions` in the order of the wire (a server's single cipher as a tuple of one).

    group: the key exchange group a server chose; ticket: a client offered to resume with a ticket (RFC 5077).
    """

    version: int
    session: bytes
    ciphers: tuple[int, ...]
    extensions: tuple[int, ...]
    server_name: str | None = None
    groups: tuple[int, ...] = ()
    points: tuple[int, ...] = ()
    signatures: tuple[int, ...] = ()
    protocols: tuple[bytes, ...] = ()
    versions: tuple[int, ...] = ()
    group: int | None = None
    ticket: bool = False

    @property
    def chosen_version(self) -> int:
        """A server's version: of TLS 1.3 the extension tells, before it the field."""
        return self.versions[0] if self.versions else self.version


class _Reader:
    """Numbers and vectors off a message, in order. Raises ValueError where they run beyond it."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.data):
            raise ValueError(f"{size} bytes wanted at byte {self.at}, message has {len(self.data)}")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """Bytes after a length of `size` bytes."""
        return self.take(self.number(size))

    @property
    def left(self) -> int:
        return len(self.data) - self.at


def _pairs(data: bytes) -> tuple[int, ...]:
    return struct.unpack_from(f">{len(data) // 2}H", data)


def client_hello(body: bytes, cookie: bool = False) -> Hello:
    """A ClientHello without its handshake header. Raises ValueError when it is malformed.

    cookie: it has the field that DTLS adds (RFC 6347 section 4.2.1)."""
    reader = _Reader(body)
    version, _, session = reader.number(2), reader.take(32), reader.vector(1)
    if cookie:
        reader.vector(1)
    ciphers = _pairs(reader.vector(2))
    reader.vector(1)  # compression methods
    extensions = _extensions(reader)
    content = dict(reversed(extensions))  # of a repeated extension the first counts
    return Hello(
        version,
        session,
        ciphers,
        tuple(kind for kind, _ in extensions),
        _server_name(content.get(SERVER_NAME)),
        _pairs(_inner(content.get(GROUPS), 2)),
        tuple(_inner(content.get(POINTS), 1)),
        _pairs(_inner(content.get(SIGNATURES), 2)),
        _protocols(content.get(ALPN)),
        _pairs(_inner(content.get(VERSIONS), 1)),
        ticket=bool(content.get(TICKET)),
    )


def server_hello(body: bytes) -> Hello:
    """A ServerHello without its handshake header. Raises ValueError when it is malformed."""
    reader = _Reader(body)
    version, _, session = reader.number(2), reader.take(32), reader.vector(1)
    cipher, _ = reader.number(2), reader.number(1)
    extensions = _extensions(reader)
    content = dict(reversed(extensions))
    share = content.get(KEY_SHARE, b"")
    return Hello(
        version,
        session,
        (cipher,),
        tuple(kind for kind, _ in extensions),
        protocols=_protocols(content.get(ALPN)),
        versions=_pairs(content.get(VERSIONS, b"")[:2]),
        group=share[0] << 8 | share[1] if len(share) >= 2 else None,
    )


def retry(body: bytes) -> bool:
    """Whether a ServerHello is a HelloRetryRequest."""
    return body[2:34] == _RETRY


def _extensions(reader: _Reader) -> list[tuple[int, bytes]]:
    if not reader.left:
        return []
    data, found = reader.vector(2), []
    at, end = 0, len(data)
    while at < end:
        stop = at + 4 + (data[at + 2] << 8 | data[at + 3]) if at + 4 <= end else end + 1
        if stop > end:
            raise ValueError(f"an extension runs beyond byte {end} of the extensions")
        found.append((data[at] << 8 | data[at + 1], data[at + 4 : stop]))
        at = stop
    return found


def _inner(data: bytes | None, size: int) -> bytes:
    """The vector an extension holds, as much of it as is there."""
    return data[size : size + int.from_bytes(data[:size], "big")] if data else b""


def _server_name(data: bytes | None) -> str | None:
    """RFC 6066 section 3: the first name of type host_name."""
    names = _inner(data, 2)
    if len(names) < 3 or names[0] != 0:
        return None
    return names[3 : 3 + (names[1] << 8 | names[2])].decode("utf-8", "backslashreplace")


def _protocols(data: bytes | None) -> tuple[bytes, ...]:
    """RFC 7301 section 3.1."""
    names, out, at = _inner(data, 2), [], 0
    while at < len(names):
        out.append(names[at + 1 : at + 1 + names[at]])
        at += 1 + names[at]
    return tuple(out)
