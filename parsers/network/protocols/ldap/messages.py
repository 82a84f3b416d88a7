"""LDAP messages (RFC 4511 section 4): what is asked, and how it is answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.network.protocols import text
from parsers.network.protocols.ber import Element, element
from parsers.network.protocols.ldap.filters import filter_text, value_text
from parsers.network.protocols.ldap.names import DEREF, EXTENDED, SCOPES

BIND, UNBIND, SEARCH, MODIFY, ADD, DELETE, RENAME, COMPARE, ABANDON, EXTENDED_OP = (
    0x60, 0x42, 0x63, 0x66, 0x68, 0x4A, 0x6C, 0x6E, 0x50, 0x77,
)  # fmt: skip
ENTRY, REFERENCE, INTERMEDIATE = 0x64, 0x73, 0x79
REQUESTS = frozenset((BIND, UNBIND, SEARCH, MODIFY, ADD, DELETE, RENAME, COMPARE, ABANDON, EXTENDED_OP))
FINAL = frozenset((0x61, 0x65, 0x67, 0x69, 0x6B, 0x6D, 0x6F, 0x78))  # answers that end an operation
OPERATIONS = REQUESTS | FINAL | {ENTRY, REFERENCE, INTERMEDIATE}
ATTRIBUTES = 256  # attributes kept of a request
_OPCODES = {
    UNBIND: "unbind", MODIFY: "modify", ADD: "add", DELETE: "delete", RENAME: "modify", COMPARE: "compare", ABANDON: "abandon",
    EXTENDED_OP: "extended",
}  # fmt: skip
_CHANGES = {0: "add", 1: "delete", 2: "replace", 3: "increment"}


@dataclass(frozen=True, slots=True)
class Bind:
    """How a client logs on: simple (a password), SASL (a mechanism and its bytes), or Sicily (NTLM of Windows)."""

    name: str
    method: str
    mechanism: str | None
    secret: bytes


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Message:
    """One message. values: the columns it fills; end: where its bytes end in its stream."""

    packet: int
    last: int
    number: int
    operation: int
    end: int = 0
    values: dict[str, object] = field(default_factory=dict)
    bind: Bind | None = None
    result: int | None = None
    diagnostic: str | None = None
    server: bytes = b""  # what a bind's answer carries for the client
    entries: int = 0


def head(raw: bytes) -> tuple[int, int]:
    """Number and operation of a message that may be cut. Raises ValueError for what is none."""
    number_at = 2 + (raw[1] & 0x7F if len(raw) > 1 and raw[1] & 0x80 else 0)
    if raw[:1] != b"\x30":
        raise ValueError("no LDAP message")
    number = element(raw, number_at)
    if number.tag != 0x02 or number.end >= len(raw) or raw[number.end] not in OPERATIONS:
        raise ValueError("no LDAP message")
    return number.number & 0x7FFFFFFF, raw[number.end]


def message(raw: bytes, place: tuple[int, int, int]) -> Message:
    """The message. place: first and last packet, and where it ends. Raises ValueError for what is none."""
    number, operation = head(raw)
    found = element(raw).parts()[1]
    packet, last, end = place
    if operation in (ENTRY, REFERENCE, INTERMEDIATE):
        return Message(packet, last, number, operation, end)
    if operation in FINAL:
        parts = found.parts()
        if len(parts) < 3:
            raise ValueError("answer without its three fields")
        server = next((part.raw for part in parts[3:] if part.tag == 0x87), b"")
        server = server or (parts[1].raw if operation == 0x61 and parts[1].raw.startswith(b"NTLMSSP\x00") else b"")
        return Message(
            packet,
            last,
            number,
            operation,
            end,
            result=parts[0].number,
            diagnostic=text(parts[2].raw) or None,
            server=server,
        )
    values, bind = _asked(found)
    return Message(packet, last, number, operation, end, values, bind)


def _asked(found: Element) -> tuple[dict[str, object], Bind | None]:
    """Columns of a request; and how it logs on, if it does."""
    if found.tag == BIND:
        return _bind(found)
    if found.tag == SEARCH:
        return _search(found), None
    values: dict[str, object] = {"opcode": _OPCODES[found.tag]}
    if found.tag == DELETE:
        values["object"] = text(found.raw)
    elif found.tag == ABANDON:
        values["argument"] = str(found.number)
    elif found.tag == EXTENDED_OP:
        oid = text(next((part.raw for part in found.parts() if part.tag == 0x80), b""))
        values["object"] = f"{oid} ({EXTENDED.get(oid, 'unknown')})"
    elif found.tag != UNBIND:
        name, *rest = found.parts()
        values |= {"object": text(name.raw), "argument": _argument(found.tag, rest)}
    return values, None


def _argument(operation: int, rest: list[Element]) -> str:
    if operation == RENAME:
        superior = [text(part.raw) for part in rest if part.tag == 0x80]
        return ",".join([text(rest[0].raw), *superior])
    if operation == COMPARE:
        name, value = rest[0].parts()[:2]
        return f"{text(name.raw)}={value_text(value.raw)}"
    if operation == ADD:
        return ",".join(text(part.parts()[0].raw) for part in rest[0].parts()[:ATTRIBUTES])
    changes = []
    for part in rest[0].parts()[:ATTRIBUTES]:
        kind, change = part.parts()[:2]
        changes.append(f"{_CHANGES.get(kind.number, 'unknown')} {text(change.parts()[0].raw)}")
    return ",".join(changes)


def _bind(found: Element) -> tuple[dict[str, object], Bind]:
    version, name, how = found.parts()[:3]
    values: dict[str, object] = {"version": version.number & 0x7F, "object": text(name.raw) or None}
    mechanism, secret, method = None, how.raw, "simple"
    if how.tag == 0xA3:
        parts = how.parts()
        method, mechanism, secret = "SASL", text(parts[0].raw), parts[1].raw if len(parts) > 1 else b""
    elif how.tag in (0x89, 0x8A, 0x8B):  # MS-ADTS section 5.1.1.1.3
        method, mechanism = "SICILY", "NTLM"
    elif how.tag != 0x80:
        raise ValueError(f"bind of kind {how.tag:#04x} is not known")
    values |= {"opcode": f"bind {method}", "argument": mechanism}
    return values, Bind(text(name.raw), method, mechanism, secret)


def _search(found: Element) -> dict[str, object]:
    base, scope, deref, _, _, _, wanted, attributes = found.parts()[:8]
    return {
        "base_object": text(base.raw), "scope": SCOPES.get(scope.number, "unknown"), "deref_aliases": DEREF.get(deref.number, "unknown"),
        "filter": filter_text(wanted), "attributes": ",".join(text(part.raw) for part in attributes.parts()[:ATTRIBUTES]) or None,
    }  # fmt: skip
