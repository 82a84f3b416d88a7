"""SSDP: devices that tell what they are, and searches for them, one row a message (UPnP Device Architecture 2.0, section 1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble, Yield, text
from parsers.network.protocols.beginnings import begins
from parsers.network.records import Bools

MESSAGES = 100_000  # messages of one flow; a device repeats its dozen notices every half hour
HEAD_LIMIT = 8_192  # bytes of one message that are read; the fields of a device come to a few hundred
VALUE_LIMIT = 1_024  # characters kept of one field
PORT = 1900
_REQUEST = re.compile(rb"(M-SEARCH|NOTIFY) (\S{1,200}) HTTP/1\.[01]\s*\Z")
_ANSWER = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})\b")
# Fields and their columns; what a search is for (ST) and what a notice is of (NT) is the same thing.
_FIELDS = {
    b"st": "target", b"nt": "target", b"nts": "notice", b"usn": "usn", b"location": "location", b"server": "server",
    b"user-agent": "user_agent", b"man": "man",
}  # fmt: skip
_AGE = re.compile(r"max-age\s*=\s*([0-9]{1,9})", re.IGNORECASE)
_EVENTS = {b"M-SEARCH": "ssdp.search", b"NOTIFY": "ssdp.notify"}


@dataclass(frozen=True, slots=True)
class Ssdp:
    """The dissector."""

    service: str = "ssdp"
    family: str = "net/ssdp"

    def recognise(self, openings: Openings) -> Bools:
        """A search or a notice in the first datagram, or an answer of HTTP from or to the port of SSDP."""
        found = begins(openings.orig, b"M-SEARCH * HTTP/1.", b"NOTIFY * HTTP/1.")
        found |= openings.on_port(PORT) & (begins(openings.orig, b"HTTP/1.") | begins(openings.resp, b"HTTP/1."))
        return np.asarray(found & (openings.proto == 17))

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        for gram in talk.datagrams[:MESSAGES]:
            raw = talk.payload(gram)
            found = _message(raw[:HEAD_LIMIT])
            if found is None:
                yield Trouble(gram.packet, "SSDP message begins with none of its lines", "ssdp_malformed")
                continue
            event, values = found
            values |= {"is_orig": gram.forward, "object": values.get("usn") or values.get("target")}
            whole = b"\r\n\r\n" in raw or raw.endswith(b"\n\n")
            yield Record(talk.flow, gram.packet, gram.packet, event, values, () if whole else ("truncated",))
        if len(talk.datagrams) > MESSAGES:
            reason = f"SSDP flow with more than {MESSAGES} messages: the rest is not read"
            yield Trouble(talk.datagrams[MESSAGES].packet, reason, "ssdp_too_much")


def _message(raw: bytes) -> tuple[str, dict[str, object]] | None:
    """The event and columns of a message; None where its first line is none of SSDP."""
    first, *lines = raw.split(b"\n")
    request, answer = _REQUEST.match(first), _ANSWER.match(first)
    values: dict[str, object]
    if request is not None:
        event, values = _EVENTS[request[1]], {"method": text(request[1])}
    elif answer is not None:
        code = int(answer[1])
        event, values = "ssdp.response", {"status_code": code, "outcome": "success" if code < 400 else "failure"}
    else:
        return None
    for line in lines:
        name, colon, value = line.strip().partition(b":")
        if not name:
            break
        if not colon:
            continue
        told, field = text(value.strip())[:VALUE_LIMIT], name.strip().lower()
        if field == b"cache-control":
            age = _AGE.search(told)
            values.setdefault("max_age", int(age[1]) if age else None)
        elif (column := _FIELDS.get(field)) is not None and told:
            values.setdefault(column, told.strip('"') if column == "man" else told)
    return event, values


DISSECTOR = Ssdp()
