"""SNMP messages of versions 1, 2c and 3 (RFC 1157, RFC 1901, RFC 3412, RFC 3414)."""

from __future__ import annotations

from typing import NamedTuple

from parsers.network.protocols.ber import (
    INTEGER,
    OCTET_STRING,
    OID,
    OID_BYTES,
    SEQUENCE,
    Part,
    Span,
    extent,
    inside,
    oid,
    signed,
    spans,
)

VERSIONS = {0: "1", 1: "2c", 3: "3"}
GET, NEXT, RESPONSE, SET, TRAP, BULK, INFORM, TRAP2, REPORT = range(0xA0, 0xA9)
TIME_TICKS = 0x43
BINDINGS = 4_096  # bindings read of one message; one of 64 KiB holds fewer
Binding = tuple[bytes, int, bytes]  # name as it stands in the message, tag and content of the value


class Message(NamedTuple):
    """One message. `pdu` is None where it is encrypted; `trap` is what a version 1 trap is about."""

    version: int
    community: bytes | None
    user: bytes | None
    engine: bytes | None
    signature: bytes | None
    pdu: int | None
    bindings: tuple[Binding, ...]
    trap: str | None


def message(data: bytes) -> Message:
    """One message. Raises ValueError for what is none."""
    begin, end = extent(data)
    if end > len(data):
        raise ValueError("element runs beyond the message")
    parts = spans(data, _expect((data[0], begin, end), SEQUENCE))
    if len(parts) < 3 or parts[0][0] != INTEGER:
        raise ValueError("it does not begin with a version")
    version = signed(data, parts[0][1:])
    if version not in VERSIONS:
        raise ValueError(f"version {version} is not known")
    if version == 3:
        return _secured(data, parts)
    begin, end = _expect(parts[1], OCTET_STRING)
    trap, bindings = _pdu(data, parts[2])
    return Message(version, data[begin:end], None, None, None, parts[2][0], bindings, trap)


def _secured(data: bytes, parts: list[Part]) -> Message:
    """Version 3: header, security parameters (of the user-based model), then the PDU in the clear or encrypted."""
    if len(parts) < 4:
        raise ValueError("version 3 without its four parts")
    header = spans(data, _expect(parts[1], SEQUENCE))
    if len(header) < 4:
        raise ValueError("header without its four parts")
    user = engine = signature = None
    if signed(data, header[3][1:]) == 3:  # user-based security model
        outer = _expect(parts[2], OCTET_STRING)
        begin, end = inside(data, outer)
        security = spans(data, _expect((data[outer[0]], begin, end), SEQUENCE))
        if len(security) < 6:
            raise ValueError("security parameters without their six parts")
        engine, user, signature = (data[begin:end] for _, begin, end in (security[0], security[3], security[4]))
    if parts[3][0] == OCTET_STRING:
        return Message(3, None, user, engine, signature, None, (), None)
    scoped = spans(data, _expect(parts[3], SEQUENCE))
    if len(scoped) < 3:
        raise ValueError("scoped PDU without its three parts")
    trap, bindings = _pdu(data, scoped[2])
    return Message(3, None, user, engine, signature, scoped[2][0], bindings, trap)


def _pdu(data: bytes, pdu: Part) -> tuple[str | None, tuple[Binding, ...]]:
    """What a version 1 trap is about (enterprise, generic and specific number), and the bindings."""
    tag, begin, end = pdu
    if not GET <= tag <= REPORT:
        raise ValueError(f"PDU of tag {tag:#04x} is not known")
    parts = spans(data, (begin, end))
    trap = None
    if tag == TRAP:
        if len(parts) < 6:
            raise ValueError("trap without its six parts")
        begin, end = _expect(parts[0], OID)
        trap = f"{oid(data[begin:end])} {signed(data, parts[2][1:])} {signed(data, parts[3][1:])}"
    elif len(parts) < 4:
        raise ValueError("PDU without its four parts")
    bindings = spans(data, _expect(parts[-1], SEQUENCE))[:BINDINGS]
    return trap, tuple([_binding(data, found) for found in bindings])


def _binding(data: bytes, found: Part) -> Binding:
    parts = spans(data, _expect(found, SEQUENCE))
    if len(parts) != 2:
        raise ValueError("binding without name and value")
    (named, begin, end), (tag, at, stop) = parts
    raw = data[begin:end]
    if named != OID or not raw or len(raw) > OID_BYTES or raw[-1] & 0x80:
        _expect(parts[0], OID)
        oid(raw)  # it tells what is wrong
    return raw, tag, data[at:stop]


def _expect(found: Part, tag: int) -> Span:
    if found[0] != tag:
        raise ValueError(f"element of tag {found[0]:#04x} where {tag:#04x} belongs")
    return found[1], found[2]
