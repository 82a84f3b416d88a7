"""Kerberos 5 messages in DER (RFC 4120 section 5): requests for tickets, tickets, errors, and the use of a ticket."""

from __future__ import annotations

from calendar import timegm
from dataclasses import dataclass
from functools import lru_cache
from time import strptime

from parsers.network.protocols import text
from parsers.network.protocols.ber import Element, element
from parsers.network.protocols.kerberos.pkinit import certificate_subject

AS_REQ, AS_REP, TGS_REQ, TGS_REP, AP_REQ, ERROR = 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x7E
KINDS = frozenset((AS_REQ, AS_REP, TGS_REQ, TGS_REP, ERROR))  # what a KDC hears and says
PARTS = 16  # parts kept of a name; two or three are usual
LISTED = 64  # encryption types and kinds of pre-authentication kept of a message
CIPHER_LIMIT = 16_384  # bytes of an encrypted part that are kept; a longer one is left out, as half of it is of no use
_TIMESTAMP_PA, _CERTIFICATE_PA, _FOR_USER_PA = 2, 16, 129
_GSS = tuple(bytes.fromhex(mark) + b"\x01\x00" for mark in ("06092a864886f712010202", "06092a864882f712010202"))


@dataclass(frozen=True, slots=True)  # told apart by what they are
class Sealed:
    """An encrypted part: its encryption type, and its bytes where they are not too many."""

    etype: int
    cipher: bytes | None


@dataclass(frozen=True, slots=True)  # told apart by what they are
class Ticket:
    realm: str
    service: str
    sealed: Sealed


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Message:
    """One message of any kind; what its kind does not have is empty. from_, till: UTC ns."""

    packet: int
    kind: int
    client: str | None = None
    realm: str | None = None
    service: str | None = None
    options: int | None = None
    from_: int | None = None
    till: int | None = None
    etypes: tuple[int, ...] = ()
    preauth: tuple[int, ...] = ()
    stamp: Sealed | None = None
    for_user: str | None = None
    certificate: str | None = None
    ticket: Ticket | None = None
    sealed: Sealed | None = None
    error: int | None = None
    last: int | None = None  # the packet it ends in, where that is another


def message(data: bytes, packet: int) -> Message:
    """The message. Raises ValueError for what is none."""
    outer = element(data)
    if outer.tag not in KINDS and outer.tag != AP_REQ:
        raise ValueError(f"message of kind {outer.tag & 0x1F} is not known")
    fields = outer.inner().fields()
    if outer.tag in (AS_REQ, TGS_REQ):
        return _request(outer.tag, fields, packet)
    if outer.tag in (AS_REP, TGS_REP):
        ticket = _ticket(_of(fields, 0xA5))
        client, realm = _principal(_of(fields, 0xA4)), text(_of(fields, 0xA3).raw)
        return Message(
            packet, outer.tag, client, realm, ticket.service, ticket=ticket, sealed=_sealed(_of(fields, 0xA6))
        )
    if outer.tag == AP_REQ:
        ticket = _ticket(_of(fields, 0xA3))
        return Message(packet, AP_REQ, realm=ticket.realm, service=ticket.service, ticket=ticket)
    code = _of(fields, 0xA6).number
    if abs(code) >> 31:
        raise ValueError("error code is none")
    return Message(
        packet, ERROR, _optional(fields, 0xA8), text(fields[0xA9].inner().raw) if 0xA9 in fields else None,
        _optional(fields, 0xAA), error=code,
    )  # fmt: skip


def ticket_use(blob: bytes, packet: int) -> Message | None:
    """The ticket that a security blob (GSS-API, SPNEGO) presents; None where it presents none, or it is malformed."""
    for mark in _GSS:  # RFC 4121 section 4.1; the second identifier is an old one of Windows
        at = blob.find(mark)
        if at >= 0 and blob[at + len(mark) : at + len(mark) + 1] == b"\x6e":
            try:
                return message(blob[at + len(mark) :], packet)
            except ValueError:
                return None
    return None


def _of(fields: dict[int, Element], tag: int) -> Element:
    """What stands under an explicit tag. Raises ValueError where it is missing."""
    if tag not in fields:
        raise ValueError(f"field {tag & 0x1F} is missing")
    return fields[tag].inner()


def _optional(fields: dict[int, Element], tag: int) -> str | None:
    return _principal(fields[tag].inner()) if tag in fields else None


def _principal(found: Element) -> str:
    """PrincipalName: its parts joined by slashes (section 5.2.2)."""
    parts = _of(found.fields(), 0xA1).parts()[:PARTS]
    return "/".join(text(part.raw) for part in parts)


def _sealed(found: Element) -> Sealed:
    fields = found.fields()
    cipher = _of(fields, 0xA2).raw
    return Sealed(_of(fields, 0xA0).number, cipher if len(cipher) <= CIPHER_LIMIT else None)


def _ticket(found: Element) -> Ticket:
    fields = found.inner().fields()
    return Ticket(text(_of(fields, 0xA1).raw), _principal(_of(fields, 0xA2)), _sealed(_of(fields, 0xA3)))


def _time(fields: dict[int, Element], tag: int) -> int | None:
    """KerberosTime as UTC ns; None where it is missing, no time, or beyond a 64-bit count."""
    if tag not in fields:
        return None
    try:
        return _utc(fields[tag].inner().raw)
    except ValueError:
        return None


@lru_cache(maxsize=4_096)  # clients ask for tickets until the same far day
def _utc(raw: bytes) -> int | None:
    seconds = timegm(strptime(text(raw), "%Y%m%d%H%M%SZ"))
    return seconds * 10**9 if abs(seconds) < 9_223_372_036 else None


def _request(kind: int, fields: dict[int, Element], packet: int) -> Message:
    body = _of(fields, 0xA4).fields()
    options = int.from_bytes(_of(body, 0xA0).raw[1:5], "big") if 0xA0 in body else None
    etypes = tuple(part.number for part in _of(body, 0xA8).parts()[:LISTED]) if 0xA8 in body else ()
    preauth, stamp, for_user, certificate = [], None, None, None
    for entry in (_of(fields, 0xA3).parts() if 0xA3 in fields else [])[:LISTED]:
        pair = entry.fields()
        number, value = _of(pair, 0xA1).number, _of(pair, 0xA2).raw
        preauth.append(number)
        if number == _TIMESTAMP_PA:
            stamp = _sealed(element(value))
        elif number == _CERTIFICATE_PA:
            certificate = certificate_subject(value)
        elif number == _FOR_USER_PA:  # MS-SFU section 2.2.1
            for_user = _principal(_of(element(value).fields(), 0xA0))
    return Message(
        packet, kind, _optional(body, 0xA1), text(_of(body, 0xA2).raw), _optional(body, 0xA3), options,
        _time(body, 0xA4), _time(body, 0xA5), etypes, tuple(preauth), stamp, for_user, certificate,
    )  # fmt: skip
