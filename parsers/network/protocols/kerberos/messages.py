"""Kerberos 5 messages in DER (RFC 4120 section 5): requests for tickets, tickets, errors, and the use of a ticket."""

from __future__ import annotations

from calendar import timegm
from dataclasses import dataclass
from functools import lru_cache
from time import strptime

from parsers.network.protocols import text
from parsers.network.protocols.ber import Span, extent, inside, signed, spans, spans_by_tag
from parsers.network.protocols.kerberos.pkinit import certificate_subject

AS_REQ, AS_REP, TGS_REQ, TGS_REP, AP_REQ, ERROR = 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x7E
KINDS = frozenset((AS_REQ, AS_REP, TGS_REQ, TGS_REP, ERROR))  # what a KDC hears and says
PARTS = 16  # parts kept of a name; two or three are usual
LISTED = 64  # encryption types and kinds of pre-authentication kept of a message
CIPHER_LIMIT = 16_384  # bytes of an encrypted part that are kept; a longer one is left out, as half of it is of no use
KEPT_TICKETS = 512  # tickets kept for the next time: 4 MiB with their parts
KEPT_TICKET = 4_096  # bytes of the longest of them
Fields = dict[int, Span]  # by tag
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
    begin, end = extent(data)
    if end > len(data):
        raise ValueError("element runs beyond the message")
    kind = data[0]
    if kind not in KINDS and kind != AP_REQ:
        raise ValueError(f"message of kind {kind & 0x1F} is not known")
    fields = spans_by_tag(data, inside(data, (begin, end)))
    if kind in (AS_REQ, TGS_REQ):
        return _request(data, kind, fields, packet)
    if kind in (AS_REP, TGS_REP):
        ticket = _ticket(data, _of(data, fields, 0xA5))
        client, realm = _principal(data, _of(data, fields, 0xA4)), _text(data, _of(data, fields, 0xA3))
        sealed = _sealed(data, _of(data, fields, 0xA6))
        return Message(packet, kind, client, realm, ticket.service, ticket=ticket, sealed=sealed)
    if kind == AP_REQ:
        ticket = _ticket(data, _of(data, fields, 0xA3))
        return Message(packet, AP_REQ, realm=ticket.realm, service=ticket.service, ticket=ticket)
    code = signed(data, _of(data, fields, 0xA6))
    if abs(code) >> 31:
        raise ValueError("error code is none")
    return Message(
        packet, ERROR, _optional(data, fields, 0xA8), _text(data, inside(data, fields[0xA9])) if 0xA9 in fields else None,
        _optional(data, fields, 0xAA), error=code,
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


def _of(data: bytes, fields: Fields, tag: int) -> Span:
    """What stands under an explicit tag. Raises ValueError where it is missing."""
    outer = fields.get(tag)
    if outer is None:
        raise ValueError(f"field {tag & 0x1F} is missing")
    return inside(data, outer)


def _text(data: bytes, span: Span) -> str:
    return text(data[span[0] : span[1]])


def _optional(data: bytes, fields: Fields, tag: int) -> str | None:
    return _principal(data, inside(data, fields[tag])) if tag in fields else None


def _principal(data: bytes, found: Span) -> str:
    """PrincipalName: its parts joined by slashes (section 5.2.2)."""
    parts = spans(data, _of(data, spans_by_tag(data, found), 0xA1))[:PARTS]
    return "/".join([text(data[begin:end]) for _, begin, end in parts])


def _sealed(data: bytes, found: Span) -> Sealed:
    fields = spans_by_tag(data, found)
    begin, end = _of(data, fields, 0xA2)
    return Sealed(signed(data, _of(data, fields, 0xA0)), data[begin:end] if end - begin <= CIPHER_LIMIT else None)


def _ticket(data: bytes, found: Span) -> Ticket:
    """The ticket at `found`: a client presents the same one to a server for hours, so that what was read of it is kept."""
    begin, end = found
    if end - begin > KEPT_TICKET:
        return _read_ticket(data, found)
    try:
        return _kept_ticket(data[begin:end])
    except ValueError:
        return _read_ticket(data, found)  # amid its message, which may say otherwise what is wrong


@lru_cache(maxsize=KEPT_TICKETS)
def _kept_ticket(raw: bytes) -> Ticket:
    return _read_ticket(raw, (0, len(raw)))


def _read_ticket(data: bytes, found: Span) -> Ticket:
    fields = spans_by_tag(data, inside(data, found))
    realm, service = _text(data, _of(data, fields, 0xA1)), _principal(data, _of(data, fields, 0xA2))
    return Ticket(realm, service, _sealed(data, _of(data, fields, 0xA3)))


def _time(data: bytes, fields: Fields, tag: int) -> int | None:
    """KerberosTime as UTC ns; None where it is missing, no time, or beyond a 64-bit count."""
    if tag not in fields:
        return None
    try:
        begin, end = inside(data, fields[tag])
        return _utc(data[begin:end])
    except ValueError:
        return None


@lru_cache(maxsize=4_096)  # clients ask for tickets until the same far day
def _utc(raw: bytes) -> int | None:
    seconds = timegm(strptime(text(raw), "%Y%m%d%H%M%SZ"))
    return seconds * 10**9 if abs(seconds) < 9_223_372_036 else None


def _request(data: bytes, kind: int, fields: Fields, packet: int) -> Message:
    body, options, etypes = spans_by_tag(data, _of(data, fields, 0xA4)), None, tuple[int, ...]()
    if 0xA0 in body:
        begin, end = inside(data, body[0xA0])
        options = int.from_bytes(data[begin:end][1:5], "big")
    if 0xA8 in body:
        parts = spans(data, inside(data, body[0xA8]))[:LISTED]
        etypes = tuple([signed(data, (begin, end)) for _, begin, end in parts])
    preauth, stamp, for_user, certificate = [], None, None, None
    for _, begin, end in spans(data, _of(data, fields, 0xA3))[:LISTED] if 0xA3 in fields else ():
        pair = spans_by_tag(data, (begin, end))
        number, (begin, end) = signed(data, _of(data, pair, 0xA1)), _of(data, pair, 0xA2)
        preauth.append(number)
        value = data[begin:end]
        if number == _TIMESTAMP_PA:
            stamp = _sealed(value, inside(value, (0, len(value))))
        elif number == _CERTIFICATE_PA:
            certificate = certificate_subject(value)
        elif number == _FOR_USER_PA:  # MS-SFU section 2.2.1
            for_user = _principal(value, _of(value, spans_by_tag(value, inside(value, (0, len(value)))), 0xA0))
    return Message(
        packet, kind, _optional(data, body, 0xA1), _text(data, _of(data, body, 0xA2)), _optional(data, body, 0xA3), options,
        _time(data, body, 0xA4), _time(data, body, 0xA5), etypes, tuple(preauth), stamp, for_user, certificate,
    )  # fmt: skip
