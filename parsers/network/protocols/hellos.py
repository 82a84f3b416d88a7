"""Client and server hellos of SSL 3.0 to TLS 1.3 (RFC 8446 sections 4.1 and 4.2, RFC 5246 section 7.4.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache

# RFC 8446 section 4.1.3: this random value marks a HelloRetryRequest
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
SERVER_NAME, GROUPS, POINTS, SIGNATURES, ALPN, VERSIONS, KEY_SHARE = 0, 10, 11, 13, 16, 43, 51
TICKET, PRE_SHARED_KEY = 35, 41
_READ = frozenset((SERVER_NAME, GROUPS, POINTS, SIGNATURES, ALPN, VERSIONS, KEY_SHARE, TICKET))
_HEAD = struct.Struct(">HH")  # of an extension: kind, size
_FEW = 1_024  # bytes of a list whose numbers are kept for the next time: programs offer the same ones each time


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Hello:
    """A hello. `ciphers` and `extensions` in the order of the wire (a server's single cipher as a tuple of one).

    group: the key exchange group a server chose; ticket: a client offered to resume with a ticket (RFC 5077); ja4: its fingerprint, once
    somebody asked for it.
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
    ja4: str | None = field(init=False, default=None, compare=False)

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
        data, begin = self.data, self.at + size
        stop = begin + int.from_bytes(data[begin - size : begin], "big")
        if stop > len(data) or begin > len(data):
            return self.take(self.number(size))  # which tells what is missing
        self.at = stop
        return data[begin:stop]

    def opened(self) -> tuple[int, bytes]:
        """The version and the session id, with which either hello begins; what is random between them is passed over."""
        data = self.data
        stop = 35 + data[34] if len(data) > 34 else 35
        if stop > len(data):
            version, _, session = self.number(2), self.take(32), self.vector(1)
            return version, session
        self.at = stop
        return data[0] << 8 | data[1], data[35:stop]


def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack_from(f">{len(data) // 2}H", data)


_known = lru_cache(maxsize=1 << 10)(_numbers)


def _pairs(data: bytes) -> tuple[int, ...]:
    """Numbers of two bytes."""
    return _known(data) if len(data) <= _FEW else _numbers(data)


def client_hello(body: bytes, cookie: bool = False) -> Hello:
    """A ClientHello without its handshake header. Raises ValueError when it is malformed.

    cookie: it has the field that DTLS adds (RFC 6347 section 4.2.1)."""
    reader = _Reader(body)
    version, session = reader.opened()
    if cookie:
        reader.vector(1)
    ciphers = _pairs(reader.vector(2))
    reader.vector(1)  # compression methods
    kinds, content = _extensions(reader)
    return Hello(
        version,
        session,
        ciphers,
        kinds,
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
    version, session = reader.opened()
    cipher, _ = reader.number(2), reader.number(1)
    kinds, content = _extensions(reader)
    share = content.get(KEY_SHARE, b"")
    return Hello(
        version,
        session,
        (cipher,),
        kinds,
        protocols=_protocols(content.get(ALPN)),
        versions=_pairs(content.get(VERSIONS, b"")[:2]),
        group=share[0] << 8 | share[1] if len(share) >= 2 else None,
    )


def retry(body: bytes) -> bool:
    """Whether a ServerHello is a HelloRetryRequest."""
    return body[2:34] == RETRY


def _extensions(reader: _Reader) -> tuple[tuple[int, ...], dict[int, bytes]]:
    """The kinds of the extensions in order, and the content of those that are read; of a repeated one the first counts."""
    kinds: list[int] = []
    content: dict[int, bytes] = {}
    if reader.at >= len(reader.data):
        return (), content
    data = reader.vector(2)
    at, end = 0, len(data)
    while at < end:
        if at + 4 > end:
            raise ValueError(f"an extension runs beyond byte {end} of the extensions")
        kind, size = _HEAD.unpack_from(data, at)
        at += 4 + size
        if at > end:
            raise ValueError(f"an extension runs beyond byte {end} of the extensions")
        kinds.append(kind)
        if kind in _READ and kind not in content:
            content[kind] = data[at - size : at]
    return tuple(kinds), content


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
