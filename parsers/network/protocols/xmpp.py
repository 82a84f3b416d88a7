"""XMPP: how a stream begins, which ways to log in the server offers, and the step to TLS (RFC 6120). One row a connection."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble, Upgrade, text
from parsers.network.protocols.packet_span import packet_span
from parsers.network.records import Bools, Bytes
from parsers.network.streams import Stream

SIDE_LIMIT = 32_768  # bytes of each side that are looked at: the stream's begin, features, TLS or login
MECHANISMS = 32  # names of mechanisms that a row holds
_START = np.frombuffer(b"<stream", np.uint8)
_HEADER = re.compile(rb"<(?:stream:)?stream\b([^<>]{0,2000})>")
_MECHANISM = re.compile(rb"<mechanism(?:\s[^<>]{0,200})?>\s{0,20}([A-Za-z0-9_-]{1,40})\s{0,20}</mechanism>")
_OFFER = re.compile(rb"<starttls\b")
_ASK = re.compile(rb"<starttls\b[^<>]{0,200}(?:/>|>\s{0,20}</starttls>)\s{0,20}")
_PROCEED = re.compile(rb"<proceed\b[^<>]{0,200}(?:/>|>\s{0,20}</proceed>)\s{0,20}")
_AUTH = re.compile(rb"<auth\b([^<>]{0,500})>([^<>]{0,4000})</auth>")
_VERDICT = re.compile(rb"<(success|failure)\b[^<>]{0,200}urn:ietf:params:xml:ns:xmpp-sasl")


def _attribute(tag: bytes, name: bytes) -> str | None:
    found = re.search(rb"(?:^|\s)" + name + rb"\s{0,20}=\s{0,20}(?:'([^']{0,1000})'|\"([^\"]{0,1000})\")", tag)
    return text(found[1] if found[1] is not None else found[2]) if found else None


@dataclass(frozen=True, slots=True)
class Xmpp:
    """The dissector."""

    service: str = "xmpp"
    family: str = "net/xmpp"

    def recognise(self, openings: Openings) -> Bools:
        """XML whose first element is a stream."""
        return np.asarray((_streams(openings.orig) | _streams(openings.resp)) & (openings.proto == 6))

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble | Upgrade]:
        if talk.orig is None or talk.resp is None:
            return
        asks, answers = (stream.read(0, SIDE_LIMIT) for stream in (talk.orig, talk.resp))
        ask, proceed = _ASK.search(asks), _PROCEED.search(answers)
        secured = ask is not None and proceed is not None
        ends = (ask.end(), proceed.end()) if ask is not None and proceed is not None else (len(asks), len(answers))
        asks, answers = asks[: ends[0]], answers[: ends[1]]
        headers = [_HEADER.search(side) for side in (asks, answers)]
        if not any(headers):
            for stream in [stream for stream in (talk.orig, talk.resp) if stream.end][:1]:
                yield Trouble(stream.packet(0), "XMPP stream does not begin", "xmpp_no_stream")
            return
        packets = [
            s.packet(at) for s, side in ((talk.orig, asks), (talk.resp, answers)) if side for at in (0, len(side) - 1)
        ]
        first, last = packet_span(packets, packet_time)
        yield Record(talk.flow, first, last, "xmpp.stream", _values(asks, answers, headers) | {"starttls": secured})
        if secured:
            yield Upgrade("ssl", *ends)
        else:
            yield from _login(talk.flow, talk.orig, asks, answers)


def _streams(raw: Bytes) -> Bools:
    found = np.zeros(len(raw), np.bool_)
    rows = np.flatnonzero(raw[:, 0] == ord("<"))
    if not len(rows):
        return found
    for at in range(raw.shape[1] - len(_START) + 1):
        found[rows] |= (raw[rows, at : at + len(_START)] == _START).all(axis=1)
    return found


def _values(asks: bytes, answers: bytes, headers: list[re.Match[bytes] | None]) -> dict[str, object]:
    values: dict[str, object] = {"starttls_offered": bool(_OFFER.search(answers))}
    tags = [header[1] if header else b"" for header in headers]
    values["domain"] = _attribute(tags[0], b"to") or _attribute(tags[1], b"from")
    values["peer"] = "server" if b"jabber:server" in tags[0] + tags[1] else "client"
    values["mechanisms"] = ",".join(dict.fromkeys(map(text, _MECHANISM.findall(answers)[:MECHANISMS]))) or None
    auth = _AUTH.search(asks)
    values["mechanism"] = _attribute(auth[1], b"mechanism") if auth else None
    verdict = _VERDICT.search(answers)
    values["outcome"] = verdict[1].decode("ascii") if verdict else None
    values["object"] = values["domain"]
    return values


def _login(flow: int, stream: Stream, asks: bytes, answers: bytes) -> Iterator[Record]:
    """A PLAIN login in clear (RFC 4616): identity, user and password between nulls."""
    for auth in _AUTH.finditer(asks):
        if (_attribute(auth[1], b"mechanism") or "").upper() != "PLAIN":
            continue
        try:
            parts = base64.b64decode(auth[2].strip(), validate=True).split(b"\0")
        except (binascii.Error, ValueError):
            continue
        if len(parts) == 3:
            verdict = _VERDICT.search(answers)
            header = _HEADER.search(asks)
            values: dict[str, object] = {
                "service": "xmpp",
                "scheme": "plain",
                "username": text(parts[1]),
                "secret": text(parts[2]),
            }
            values["realm"] = _attribute(header[1], b"to") if header else None
            values["accepted"] = verdict[1] == b"success" if verdict else None
            packets = stream.packet(auth.start()), stream.packet(auth.end() - 1)
            yield Record(flow, *packets, "credentials", values, family="net/credentials")
            return


DISSECTOR = Xmpp()
