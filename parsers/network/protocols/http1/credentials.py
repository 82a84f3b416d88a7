"""Credentials in requests: basic, digest and bearer (RFC 7617, RFC 7616, RFC 6750); NTLM, and Negotiate with NTLM or a Kerberos ticket
inside (RFC 4559).

A ticket names the service it is for; its user is sealed in it.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from parsers.network.protocols import Record, ntlm, text
from parsers.network.protocols.http1.exchanges import Exchange
from parsers.network.protocols.http1.messages import Message
from parsers.network.protocols.kerberos.messages import Ticket, ticket_use
from parsers.network.protocols.kerberos.rows import used

LOGINS = 1_000  # different ones told of one connection
_LIMIT = 16_384  # characters of one field
TOKEN_LIMIT = (
    65_536  # characters of a Negotiate token: tickets that list hundreds of groups; servers accept no longer head
)
_PAIR = re.compile(r'([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]*)')
# (field of the request, status by which the server refuses it, field of the response that challenges)
_FIELDS = (("authorization", 401, "www-authenticate"), ("proxy-authorization", 407, "proxy-authenticate"))
NAMED_IN = frozenset(name for name, _, _ in _FIELDS)  # fields of a request that say who asks
_TOKEN = re.compile(r"(?:NTLM|Negotiate|Kerberos)\s+([A-Za-z0-9+/=]+)", re.IGNORECASE)


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

    __slots__ = ("_challenge", "_flow", "_known")

    def __init__(self, flow: int) -> None:
        self._flow = flow
        self._challenge: ntlm.Challenge | None = None
        self._known: set[tuple[Login | Ticket, bool | None]] = set()

    def of(self, exchange: Exchange) -> tuple[str | None, list[Record]]:
        """The user that an exchange's request names, and the rows of logins not told yet."""
        request, user = exchange.request, None
        rows: list[Record] = []
        if request is None:
            return user, rows
        for name, refused, challenging in _FIELDS:
            if name not in request.head.headers:
                continue
            accepted = int(exchange.response.head.parts[1]) != refused if exchange.response else None
            login = _login(request.head.headers[name])
            if login is not None:
                user = login.username or user
                if self._new(login, accepted):
                    rows.append(_row(self._flow, request, login, accepted))
            elif (answer := self._answer(exchange, name, challenging)) is not None:
                answered, challenge = answer
                user = answered.user or user
                rows += ntlm.rows(self._flow, "http", challenge, answered, accepted)
            elif (blob := _token(request, name)) is not None:
                use = ticket_use(blob, request.first)
                if use is not None and use.ticket is not None and self._new(use.ticket, accepted):
                    rows.append(used(self._flow, use, "http", accepted))
        return user, rows

    def _new(self, told: Login | Ticket, accepted: bool | None) -> bool:
        """Whether this was not told yet, and may be."""
        if (told, accepted) in self._known or len(self._known) >= LOGINS:
            return False
        self._known.add((told, accepted))
        return True

    def _answer(
        self, exchange: Exchange, name: str, challenging: str
    ) -> tuple[ntlm.Authenticate, ntlm.Challenge | None] | None:
        """The answer to an NTLM challenge in a request, and that challenge; one in the response is kept for the next request."""
        found, challenge = _ntlm(exchange.request, name), self._challenge
        given = _ntlm(exchange.response, challenging)
        self._challenge = given if isinstance(given, ntlm.Challenge) else None
        return (found, challenge) if isinstance(found, ntlm.Authenticate) else None


def _token(message: Message | None, name: str) -> bytes | None:
    """What a field of a message says in base64 after NTLM, Negotiate or Kerberos."""
    found = _TOKEN.search(message.head.headers.get(name, "")[:TOKEN_LIMIT]) if message is not None else None
    try:
        return base64.b64decode(found[1], validate=True) if found is not None else None
    except ValueError:
        return None


def _ntlm(message: Message | None, name: str) -> ntlm.Challenge | ntlm.Authenticate | None:
    """The NTLM message in a field of a message, if there is one that can be read."""
    blob = _token(message, name)
    raw = ntlm.find(blob) if blob is not None else None
    try:
        return ntlm.message(raw, message.first) if raw is not None and message is not None else None
    except ValueError:  # what is no message names nobody
        return None


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
