"""Where FTP opens its data channels: PORT and EPRT of the client, answers to PASV and EPSV of the server (RFC 959, 2428)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from parsers.network.address_names import address_name

_SIX = re.compile(rb"(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})")
_EXTENDED = re.compile(rb"([!-~])([12])\1([0-9A-Fa-f.:]{2,45})\1(\d{1,5})\1")
_EXTENDED_PORT = re.compile(rb"\(([!-~])\1\1(\d{1,5})\1\)")


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Channel:
    """A data channel: who listens (None: the server that was asked), on which port, and whether the client opens it."""

    host: str | None
    port: int
    passive: bool


def of_client(verb: bytes, argument: bytes) -> Channel | None:
    """The client listens: PORT h1,h2,h3,h4,p1,p2 or EPRT |1|address|port|."""
    if verb == b"PORT":
        return _six(argument, passive=False)
    found = _EXTENDED.search(argument)
    if found is None:
        return None
    host = _host(found[3])
    return _channel(host, int(found[4]), passive=False) if host is not None else None


@lru_cache(maxsize=1 << 8)
def _host(said: bytes) -> str | None:
    """An address as it is usually written; a client gives the same again and again."""
    try:
        return address_name(said.decode("ascii"))
    except ValueError:
        return None


def of_server(code: int, reply: bytes) -> Channel | None:
    """The server listens: 227 with six numbers, 229 with a port alone."""
    if code == 227:
        return _six(reply[4:], passive=True)
    found = _EXTENDED_PORT.search(reply) if code == 229 else None
    return _channel(None, int(found[2]), passive=True) if found else None


def _six(words: bytes, *, passive: bool) -> Channel | None:
    found = _SIX.search(words)
    if found is None:
        return None
    numbers = [int(part) for part in found.groups()]
    if max(numbers) > 255:
        return None
    return _channel(".".join(map(str, numbers[:4])), numbers[4] << 8 | numbers[5], passive=passive)


def _channel(host: str | None, port: int, *, passive: bool) -> Channel | None:
    return Channel(host, port, passive) if 0 < port < 65_536 else None
