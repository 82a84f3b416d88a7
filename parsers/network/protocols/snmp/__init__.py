"""SNMP: one row a flow, as in Zeek; communities and signed requests of users become rows of net/credentials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Datagram, Openings, Record, Trouble, text
from parsers.network.protocols.ber import OCTET_STRING, oid
from parsers.network.protocols.snmp.messages import (
    BULK,
    GET,
    INFORM,
    NEXT,
    RESPONSE,
    SET,
    TIME_TICKS,
    TRAP,
    TRAP2,
    VERSIONS,
    Message,
    message,
)
from parsers.network.records import Bools, Bytes, one_of

CREDENTIALS = 1_000  # different communities or users kept of one flow; guessing tools try thousands
NAMES = 32  # names of objects kept of one flow, of those set and those told by traps
_DESCRIPTION, _UP_TIME, _NAME = (bytes((0x2B, 6, 1, 2, 1, 1, number, 0)) for number in (1, 3, 5))  # 1.3.6.1.2.1.1.1.0 …
_COUNTED = {
    GET: "get_requests",
    NEXT: "get_requests",
    BULK: "get_bulk_requests",
    RESPONSE: "get_responses",
    SET: "set_requests",
}
_TRAPS = (TRAP, TRAP2, INFORM)


@dataclass(slots=True)
class _Session:
    """What the messages of one flow add up to."""

    values: dict[str, object]
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*_COUNTED.values(), "traps"), 0))
    changed: dict[str, None] = field(default_factory=dict)
    told: dict[str, None] = field(default_factory=dict)
    secrets: dict[tuple[bytes, bool], Record] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snmp:
    """The dissector."""

    service: str = "snmp"
    family: str = "net/snmp"

    def recognise(self, openings: Openings) -> Bools:
        """A sequence that begins with version 1, 2c or 3, then a community or a header."""
        begins = _begins(openings.orig, openings.orig_size) | _begins(openings.resp, openings.resp_size)
        found: Bools = (openings.proto == 17) & begins
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        session: _Session | None = None
        first = last = -1
        for gram in talk.datagrams:
            try:
                found = message(talk.payload(gram))
            except ValueError as error:
                yield Trouble(gram.packet, f"payload is no SNMP message: {error}")
                continue
            if session is None:
                session, first = _Session({"version": VERSIONS[found.version]}), gram.packet
            last = gram.packet
            _add(session, found, packet_time.item(last))
            _credentials(session, found, gram, talk.flow)
        if session is None:
            return
        duration = packet_time.item(last) - packet_time.item(first)
        values = {**session.values, **session.counts, "duration": duration}
        values |= {"set_oids": ",".join(session.changed) or None, "trap_oids": ",".join(session.told) or None}
        yield Record(talk.flow, first, last, "snmp", values)
        yield from session.secrets.values()


def _begins(raw: Bytes, size: npt.NDArray[np.int64]) -> Bools:
    out = np.zeros(len(size), np.bool_)
    if not (sequence := raw[:, 0] == 0x30).any():
        return out
    form = raw[:, 1]
    for at, fits in ((2, form < 0x80), (3, form == 0x81), (4, form == 0x82)):
        version = one_of(raw[:, at + 2], 0, 1) & (raw[:, at + 3] == 0x04)
        version |= (raw[:, at + 2] == 3) & (raw[:, at + 3] == 0x30)
        out |= fits & (raw[:, at] == 2) & (raw[:, at + 1] == 1) & version & (size > at + 4)
    found: Bools = out & sequence
    return found


def _add(session: _Session, found: Message, time: int) -> None:
    """Counts of bindings as Zeek keeps them, and what the agent says of itself."""
    values = session.values
    if found.user:
        values.setdefault("username", text(found.user))
    if found.engine:
        values.setdefault("engine_id", found.engine.hex())
    if found.version == 3:
        values["encrypted"] = bool(values.get("encrypted")) or found.pdu is None
    if found.pdu in _COUNTED:
        session.counts[_COUNTED[found.pdu]] += len(found.bindings)
    if found.pdu == SET:
        _keep(session.changed, [oid(name) for name, _, _ in found.bindings])
    if found.pdu in _TRAPS:
        session.counts["traps"] += 1
        _keep(session.told, [found.trap] if found.trap else [oid(name) for name, _, _ in found.bindings])
    if found.pdu == RESPONSE:
        _describe(values, found, time)


def _keep(names: dict[str, None], new: list[str]) -> None:
    for name in new:
        if len(names) < NAMES:
            names[name] = None


def _describe(values: dict[str, object], found: Message, time: int) -> None:
    for written, tag, value in found.bindings:
        name = (
            written.replace(b"\x80", b"") if b"\x80" in written else written
        )  # a number may begin with bytes that add nothing
        if name == _DESCRIPTION and tag == OCTET_STRING:
            values["display_string"] = text(value)
        elif name == _NAME and tag == OCTET_STRING:
            values["sys_name"] = text(value)
        elif name == _UP_TIME and tag == TIME_TICKS and 0 < len(value) <= 5:
            values["up_since"] = time - int.from_bytes(value, "big") * 10_000_000  # hundredths of a second


def _credentials(session: _Session, found: Message, gram: Datagram, flow: int) -> None:
    """A community, or a user with the signature of the first signed message, once each; accepted where a response bears the same."""
    plain = found.community is not None
    secret = found.community or (found.user if found.signature else None)
    if not secret:
        return
    known = session.secrets.get((secret, plain))
    if known is None and len(session.secrets) < CREDENTIALS:
        values: dict[str, object] = {"service": "snmp", "scheme": "community", "secret": text(secret)}
        if not plain:
            values = {"service": "snmp", "scheme": "usm", "username": text(secret)}
            values |= {"secret": (found.signature or b"").hex(), "challenge": (found.engine or b"").hex() or None}
        known = Record(flow, gram.packet, gram.packet, "credentials", values, family="net/credentials")
        session.secrets[secret, plain] = known
    if known is not None and found.pdu == RESPONSE:
        known.values["accepted"] = True


DISSECTOR = Snmp()
