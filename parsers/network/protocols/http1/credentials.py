"""Credentials in requests: basic, digest and bearer (RFC 7617, RFC 7616, RFC 6750).

NTLM and Negotiate carry NTLMSSP or Kerberos messages, which this version does not read: they need both sides of several exchanges.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from parsers.network.protocols import Record, text
from parsers.network.protocols.http1.exchanges import Exchange
from parsers.network.protocols.http1.messages import Message

LOGINS = 1_000  # different ones told of one connection
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


def _login(field: str) -> Login | None:
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


class Logins:
    """The logins of one connection, each different one told once."""

    __slots__ = ("_flow", "_known")

    def __init__(self, flow: int) -> None:
        self._flow = flow
        self._known: set[tuple[Login, bool | None]] = set()

    def of(self, exchange: Exchange) -> tuple[str | None, list[Record]]:
        """The user that an exchange's request names, and the rows of logins not told yet."""
        request, user, rows = exchange.request, None, []
        for name, refused in _FIELDS if request is not None else ():
            if request is None or name not in request.head.headers:
                continue
            login = _login(request.head.headers[name])
            if login is None:
                continue
            user = login.username or user
            accepted = int(exchange.response.head.parts[1]) != refused if exchange.response else None
            if (login, accepted) not in self._known and len(self._known) < LOGINS:
                self._known.add((login, accepted))
                rows.append(_row(self._flow, request, login, accepted))
        return user, rows


def _row(flow: int, request: Message, login: Login, accepted: bool | None) -> Record:
    values: dict[str, object] = {
        "service": "http",
        "scheme": login.scheme,
        "username": login.username,
        "realm": login.realm or request.head.headers.get("host"),
        "secret": login.secret,
        "challenge": login.challenge,
        "accepted": accepted,
        "user": login.username,
    }
    if accepted is not None:
        values["outcome"] = "success" if accepted else "failure"
    return Record(flow, request.first, request.last, "credentials", values, family="net/credentials")
