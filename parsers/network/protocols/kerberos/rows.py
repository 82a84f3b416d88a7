"""Kerberos messages as rows: each request with its answer, the use of tickets, and what passwords could be guessed from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from parsers.network.protocols import Record
from parsers.network.protocols.kerberos.messages import AP_REQ, AS_REP, AS_REQ, ERROR, TGS_REP, TGS_REQ, Message, Sealed
from parsers.network.protocols.kerberos.names import cipher_name, error_name, preauth_name

FORWARDABLE, RENEWABLE = 0x40000000, 0x00800000  # kdc-options, RFC 4120 section 5.4.1
_TYPES = {AS_REQ: "AS", AS_REP: "AS", TGS_REQ: "TGS", TGS_REP: "TGS", AP_REQ: "AP"}
_ANSWERS = {AS_REQ: AS_REP, TGS_REQ: TGS_REP}
PREAUTH_FAILED = 24
WINDOW = 16  # answers that are compared with a request; a flow has one or two open at a time


def pairs(requests: list[Message], answers: list[Message]) -> Iterator[tuple[Message | None, Message | None]]:
    """Each request with the first answer that is left, fits its kind and names its service; then answers of no request."""
    left = list(answers)
    for request in requests:
        found = next((answer for answer in islice(left, WINDOW) if _fits(request, answer)), None)
        if found is not None:
            left.remove(found)
        yield request, found
    for answer in left:
        yield None, answer


def _fits(request: Message, answer: Message) -> bool:
    if answer.kind not in (_ANSWERS[request.kind], ERROR):
        return False
    # a referral names another service than the one asked for (MS-KILE section 3.3.5.7.5)
    return answer.kind == TGS_REP or None in (request.service, answer.service) or request.service == answer.service


def rows(flow: int, requests: list[Message], answers: list[Message]) -> Iterator[Record]:
    """The rows of one flow, in the order of its requests."""
    for request, answer in pairs(requests, answers):
        sides = [side for side in (request, answer) if side]
        values = _asked(request) if request else {}
        if answer:
            values |= _told(answer, values)
        values["user"], values["object"] = (answer and answer.client) or (request and request.client), values["service"]
        event = "kerberos.request" if request else "kerberos.answer"
        yield Record(flow, sides[0].packet, sides[-1].last or sides[-1].packet, event, values, family="net/kerberos")
        yield from _guessable(flow, request, answer)


def _named(client: str | None, realm: str | None) -> str | None:
    """Client as Zeek writes it: name/REALM."""
    return f"{client}/{realm or ''}" if client else None


def _asked(request: Message) -> dict[str, object]:
    values: dict[str, object] = {
        "request_type": _TYPES[request.kind], "client": _named(request.client, request.realm), "service": request.service,
        "realm": request.realm, "from": request.from_, "till": request.till, "for_user": request.for_user,
        "client_cert_subject": request.certificate,
        "etypes": ",".join(map(cipher_name, request.etypes)) or None, "preauth": ",".join(map(preauth_name, request.preauth)) or None,
    }  # fmt: skip
    if request.options is not None:
        values |= {"forwardable": bool(request.options & FORWARDABLE), "renewable": bool(request.options & RENEWABLE)}
    return values


def _told(answer: Message, asked: dict[str, object]) -> dict[str, object]:
    values: dict[str, object] = {
        "success": answer.kind != ERROR,
        "outcome": "failure" if answer.kind == ERROR else "success",
    }
    values["client"] = asked.get("client") or _named(answer.client, answer.realm)
    values["service"] = answer.service or asked.get("service")
    values["realm"] = asked.get("realm") or answer.realm
    if answer.error is not None:
        return values | {"error_code": answer.error, "error_msg": error_name(answer.error)}
    if answer.ticket and answer.sealed:
        values |= {"cipher": cipher_name(answer.ticket.sealed.etype), "reply_cipher": cipher_name(answer.sealed.etype)}
    return values | {"request_type": _TYPES[answer.kind]}


def used(flow: int, use: Message, service: str, success: bool | None) -> Record:
    """A ticket that another protocol carried."""
    cipher = cipher_name(use.ticket.sealed.etype) if use.ticket else None
    values: dict[str, object] = {
        "request_type": "AP", "service": use.service, "realm": use.realm, "cipher": cipher, "carrier": service, "success": success,
        "outcome": None if success is None else "success" if success else "failure", "object": use.service,
    }  # fmt: skip
    return Record(flow, use.packet, use.packet, "kerberos.use", values, family="net/kerberos")


def _guessable(flow: int, request: Message | None, answer: Message | None) -> Iterator[Record]:
    """Parts encrypted under a password's key: the time stamp of a request, the answer to it, the ticket for a service."""
    accepted = None
    if answer:
        accepted = True if answer.kind == AS_REP else False if answer.error == PREAUTH_FAILED else None
    if request and request.stamp and request.client:
        yield from _secret(flow, request, "krb5-preauth", (request.client, request.realm), request.stamp, accepted)
    if answer and answer.kind == AS_REP and answer.sealed and answer.client:
        yield from _secret(flow, answer, "krb5-as-rep", (answer.client, answer.realm), answer.sealed, None)
    if answer and answer.kind == TGS_REP and answer.ticket and not answer.ticket.service.startswith("krbtgt/"):
        owner = (answer.ticket.service, answer.ticket.realm)
        yield from _secret(flow, answer, "krb5-tgs-rep", owner, answer.ticket.sealed, None)


def _secret(
    flow: int, seen: Message, scheme: str, owner: tuple[str, str | None], sealed: Sealed, accepted: bool | None
) -> Iterator[Record]:
    if sealed.cipher is None:
        return
    values: dict[str, object] = {
        "service": "kerberos", "scheme": f"{scheme}-{cipher_name(sealed.etype)}", "username": owner[0], "realm": owner[1],
        "secret": sealed.cipher.hex(), "accepted": accepted,
    }  # fmt: skip
    yield Record(flow, seen.packet, seen.packet, "credentials", values, family="net/credentials")
