"""SNMP messages of versions 1, 2c and 3 (RFC 1157, RFC 1901, RFC 3412, RFC 3414)."""

from __future__ import annotations

from typing import NamedTuple

from parsers.network.protocols.ber import INTEGER, OCTET_STRING, OID, OID_BYTES, SEQUENCE, Element, element, oid

VERSIONS = {0: "1", 1: "2c", 3: "3"}
GET, NEXT, RESPONSE, SET, TRAP, BULK, INFORM, TRAP2, REPORT = range(0xA0, 0xA9)
TIME_TICKS = 0x43
BINDINGS = 4_096  # bindings read of one message; one of 64 KiB holds fewer


class Message(NamedTuple):
    """One message. `pdu` is None where it is encrypted; `bindings` are names, as they stand in it, with values; `trap` is what a version 1
    trap is about."""

    version: int
    community: bytes | None
    user: bytes | None
    engine: bytes | None
    signature: bytes | None
    pdu: int | None
    bindings: tuple[tuple[bytes, Element], ...]
    trap: str | None


def message(data: bytes) -> Message:
    """One message. Raises ValueError for what is none."""
    whole = _expect(element(data), SEQUENCE)
    parts = whole.parts()
    if len(parts) < 3 or parts[0].tag != INTEGER:
        raise ValueError("it does not begin with a version")
    version = parts[0].number
    if version not in VERSIONS:
        raise ValueError(f"version {version} is not known")
    if version == 3:
        return _secured(parts)
    community = _expect(parts[1], OCTET_STRING).raw
    trap, bindings = _pdu(parts[2])
    return Message(version, community, None, None, None, parts[2].tag, bindings, trap)


def _secured(parts: list[Element]) -> Message:
    """Version 3: header, security parameters (of the user-based model), then the PDU in the clear or encrypted."""
    if len(parts) < 4:
        raise ValueError("version 3 without its four parts")
    header = _expect(parts[1], SEQUENCE).parts()
    if len(header) < 4:
        raise ValueError("header without its four parts")
    user = engine = signature = None
    if header[3].number == 3:  # user-based security model
        security = _expect(_expect(parts[2], OCTET_STRING).inner(), SEQUENCE).parts()
        if len(security) < 6:
            raise ValueError("security parameters without their six parts")
        engine, user, signature = security[0].raw, security[3].raw, security[4].raw
    if parts[3].tag == OCTET_STRING:
        return Message(3, None, user, engine, signature, None, (), None)
    scoped = _expect(parts[3], SEQUENCE).parts()
    if len(scoped) < 3:
        raise ValueError("scoped PDU without its three parts")
    trap, bindings = _pdu(scoped[2])
    return Message(3, None, user, engine, signature, scoped[2].tag, bindings, trap)


def _pdu(pdu: Element) -> tuple[str | None, tuple[tuple[bytes, Element], ...]]:
    """What a version 1 trap is about (enterprise, generic and specific number), and the bindings."""
    if not GET <= pdu.tag <= REPORT:
        raise ValueError(f"PDU of tag {pdu.tag:#04x} is not known")
    parts = pdu.parts()
    trap = None
    if pdu.tag == TRAP:
        if len(parts) < 6:
            raise ValueError("trap without its six parts")
        trap = f"{oid(_expect(parts[0], OID).raw)} {parts[2].number} {parts[3].number}"
    elif len(parts) < 4:
        raise ValueError("PDU without its four parts")
    bindings = _expect(parts[-1], SEQUENCE).parts()[:BINDINGS]
    return trap, tuple(map(_binding, bindings))


def _binding(found: Element) -> tuple[bytes, Element]:
    parts = found.parts() if found.tag == SEQUENCE else _expect(found, SEQUENCE).parts()
    if len(parts) != 2:
        raise ValueError("binding without name and value")
    name, value = parts
    raw = name.raw
    if name.tag != OID or not raw or len(raw) > OID_BYTES or raw[-1] & 0x80:
        oid(_expect(name, OID).raw)  # it tells what is wrong
    return raw, value


def _expect(found: Element, tag: int) -> Element:
    if found.tag != tag:
        raise ValueError(f"element of tag {found.tag:#04x} where {tag:#04x} belongs")
    return found
