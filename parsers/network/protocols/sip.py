"""SIP: each request with its last answer, and digest logins (RFC 3261)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Yield
from parsers.network.protocols.beginnings import begins
from parsers.network.protocols.sasl import credentials
from parsers.network.protocols.sip_messages import Message, message, of_stream
from parsers.network.protocols.sip_together import tabulate
from parsers.network.protocols.tabular import Datagrams, Tabulated
from parsers.network.records import Bools

TRANSACTIONS = 50_000  # of one flow
METHODS = (
    b"INVITE", b"ACK", b"BYE", b"CANCEL", b"REGISTER", b"OPTIONS", b"PRACK", b"SUBSCRIBE", b"NOTIFY", b"PUBLISH", b"INFO", b"REFER",
    b"MESSAGE", b"UPDATE",
)  # fmt: skip
_URI = re.compile(rb"(?:" + b"|".join(METHODS) + rb") (?:sips?|tel|im|pres|urn):?", re.IGNORECASE)
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True, slots=True)
class Sip:
    """The dissector."""

    service: str = "sip"
    family: str = "net/sip"

    def recognise(self, openings: Openings) -> Bools:
        """`SIP/2.0 ` or a method and a SIP address from either side."""
        found = np.zeros(len(openings.proto), np.bool_)
        for raw in (openings.orig, openings.resp):
            found |= begins(raw, b"SIP/2.0 ")
            likely = begins(raw, *(method + b" " for method in METHODS)) & ~found
            for row in np.flatnonzero(likely).tolist():
                found[row] = _URI.match(raw[row].tobytes()) is not None
        return found

    def tabulate(self, grams: Datagrams, packet_time: npt.NDArray[np.int64]) -> Tabulated:
        """Plain flows over UDP."""
        return tabulate(grams, packet_time, _login)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        found: list[Message] = []
        if talk.tcp:
            for stream in (talk.orig, talk.resp):
                found += of_stream(stream) if stream is not None else ()
        else:
            for gram in talk.datagrams:
                one = message(talk.payload(gram), gram.packet, gram.packet)
                found += [one] if one else []
        found.sort(key=lambda one: (packet_time.item(one.first), one.first))
        yield from _transactions(talk.flow, found)


def _transactions(flow: int, found: list[Message]) -> Iterator[Yield]:
    """Requests and answers meet by Call-ID and CSeq; what is sent again counts once; of the answers the last is told."""
    asked: dict[tuple[str, str], Message] = {}
    told: dict[tuple[str, str], Message] = {}
    for one in found:
        if len(asked) + len(told) > TRANSACTIONS:
            break
        key = one.key
        if not one.response:
            asked.setdefault(key, one)
        elif key not in told or int(told[key].parts[0]) < 200:
            told[key] = one
    keys = dict.fromkeys([*asked, *told])
    for depth, key in enumerate(keys, 1):
        request, response = asked.get(key), told.get(key)
        yield _row(flow, depth, request, response)
        if request is not None:
            yield from _login(flow, request, response)


def _row(flow: int, depth: int, request: Message | None, response: Message | None) -> Record:
    sides = [side for side in (request, response) if side]
    one = sides[0]
    sequence = one.get("cseq") or ""
    values: dict[str, object] = {
        "trans_depth": depth,
        "call_id": one.get("call-id"),
        "seq": sequence or None,
        "method": request.parts[0] if request else sequence.rpartition(" ")[2] or None,
        "date": one.get("date"),
        "subject": one.get("subject"),
        "reply_to": one.get("reply-to"),
        "user_agent": one.get("user-agent"),
    }
    if request:
        values |= {
            "uri": request.parts[1],
            "request_from": request.get("from"),
            "request_to": request.get("to"),
            "request_path": ", ".join(request.headers.get("via", ())) or None,
            "request_body_len": request.body,
            "content_type": request.get("content-type"),
            "object": request.parts[1],
        }
    if response:
        status = int(response.parts[0])
        values |= {
            "status_code": status,
            "status_msg": response.parts[1],
            "response_from": response.get("from"),
            "response_to": response.get("to"),
            "response_path": ", ".join(response.headers.get("via", ())) or None,
            "response_body_len": response.body,
            "warning": response.get("warning"),
            "outcome": None if status < 200 else "success" if status < 400 else "failure",
        }
        values["content_type"] = values.get("content_type") or response.get("content-type")
    event = "sip.request" if request else "sip.response"
    return Record(flow, one.first, max(side.last for side in sides), event, values)


def _login(flow: int, request: Message, response: Message | None) -> Iterator[Record]:
    """Digest access (RFC 3261 section 22): the answer depends on the nonce, the method and the address."""
    for name in ("authorization", "proxy-authorization"):
        if name not in request.headers:
            continue
        scheme, _, rest = (request.get(name) or "").partition(" ")
        if scheme.lower() != "digest":
            continue
        fields = {m[1].lower(): m[2] if m[2] is not None else m[3] for m in _PARAMETER.finditer(rest[:4_096])}
        values: dict[str, object] = {
            "scheme": "digest",
            "username": fields.get("username"),
            "realm": fields.get("realm"),
            "secret": fields.get("response"),
            "challenge": fields.get("nonce"),
        }
        status = int(response.parts[0]) if response else 100
        accepted = None if status < 200 else status not in (401, 403, 407)
        yield credentials(
            flow, request.first, max(request.last, response.last if response else 0), "sip", values, accepted
        )


DISSECTOR = Sip()
