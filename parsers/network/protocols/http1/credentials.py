"""Credentials in requests: basic, digest and bearer (RFC 7617, RFC 7616, RFC 6750).

NTLM and Negotiate carry NTLMSSP or Kerberos messages, which this version does not read: they need both sides of several exchanges.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

from parsers.network.protocols import text
from parsers.network.protocols.http1.exchanges import Exchange

_LIMIT = 16_384  # characters of one field
_PAIR = re.compile(r'([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]*)')
# (field of the request, status by which the server refuses it)
_FIELDS = (("authorization", 401), ("proxy-authorization", 407))


class Login(NamedTuple):
    """What one field says: scheme, user, realm, the secret, and the challenge it answers."""

    scheme: str
    username: str | None = None
    realm: str | None = None
    secret: str | None = None
    challenge: str | None = None


def login(field: str) -> Login | None:
    """The credentials of an Authorization field, None where there are none that can be read."""
    scheme, _, rest = field[:_LIMIT].strip().partition(" ")
    reader = _SCHEMES.get(scheme.lower())
    return reader(rest.strip()) if reader else None


def _basic(code: str) -> Login | None:
    try:
        user, colon, password = base64.b64decode(code, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return Login("basic", text(user), secret=text(password)) if colon else None


def _digest(rest: str) -> Login | None:
    """The nonce is the challenge; the response is the secret, checked by cracking tools with the other values of the row's request."""
    found: dict[str, str] = {}
    for name, raw in _PAIR.findall(rest):
        plain = re.sub(r"\\(.)", r"\1", raw[1:-1]) if raw[:1] == '"' and len(raw) > 1 else raw
        found.setdefault(name.lower(), plain)
    if not found.get("username"):
        return None
    return Login("digest", found["username"], found.get("realm"), found.get("response"), found.get("nonce"))


def _bearer(rest: str) -> Login | None:
    return Login("bearer", secret=rest) if rest else None


_SCHEMES = {"basic": _basic, "digest": _digest, "bearer": _bearer}


def logins(exchange: Exchange) -> Iterator[tuple[Login, bool | None]]:
    """The credentials of a request, and whether the server took them (None: not seen)."""
    if exchange.request is None:
        return
    headers = exchange.request.head.headers
    for name, refused in _FIELDS:
        if name in headers and (found := login(headers[name])) is not None:
            status = int(exchange.response.head.parts[1]) if exchange.response else None
            yield found, None if status is None else status != refused
