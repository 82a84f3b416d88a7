"""LDAP messages (RFC 4511 section 4): what is asked, and how it is answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.network.protocols import text
from parsers.network.protocols.ber import Part, Span, extent, signed, spans
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


@dataclass(slots=True)  # made for every logon: frozen costs three times as much
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
    begin, end = _within(raw, number_at)
    if raw[number_at] != 0x02 or end == len(raw) or raw[end] not in OPERATIONS:
        raise ValueError("no LDAP message")
    return signed(raw, (begin, end)) & 0x7FFFFFFF, raw[end]


def _within(raw: bytes, at: int = 0) -> Span:
    """The content of the element at `at`, all of which must be there."""
    begin, end = extent(raw, at)
    if end > len(raw):
        raise ValueError("element runs beyond the message")
    return begin, end


def message(raw: bytes, place: tuple[int, int, int]) -> Message:
    """The message. place: first and last packet, and where it ends. Raises ValueError for what is none."""
    number, operation = head(raw)
    tag, begin, stop = spans(raw, _within(raw))[1]
    packet, last, end = place
    if operation in (ENTRY, REFERENCE, INTERMEDIATE):
        return Message(packet, last, number, operation, end)
    if operation in FINAL:
        parts = spans(raw, (begin, stop))
        if len(parts) < 3:
            raise ValueError("answer without its three fields")
        server = next((raw[first:after] for tag, first, after in parts[3:] if tag == 0x87), b"")
        if not server and operation == 0x61 and raw.startswith(b"NTLMSSP\x00", parts[1][1], parts[1][2]):
            server = _raw(raw, parts[1])
        result, diagnostic = signed(raw, parts[0][1:]), _text(raw, parts[2]) or None
        return Message(packet, last, number, operation, end, {}, None, result, diagnostic, server)
    values, bind = _asked(raw, (tag, begin, stop))
    return Message(packet, last, number, operation, end, values, bind)


def _raw(data: bytes, part: Part) -> bytes:
    return data[part[1] : part[2]]


def _text(data: bytes, part: Part) -> str:
    return text(data[part[1] : part[2]])


def _inner(data: bytes, part: Part) -> list[Part]:
    return spans(data, part[1:])


def _asked(data: bytes, found: Part) -> tuple[dict[str, object], Bind | None]:
    """Columns of a request; and how it logs on, if it does."""
    tag = found[0]
    if tag == BIND:
        return _bind(data, found)
    if tag == SEARCH:
        return _search(data, found), None
    values: dict[str, object] = {"opcode": _OPCODES[tag]}
    if tag == DELETE:
        values["object"] = _text(data, found)
    elif tag == ABANDON:
        values["argument"] = str(signed(data, found[1:]))
    elif tag == EXTENDED_OP:
        oid = text(next((_raw(data, part) for part in _inner(data, found) if part[0] == 0x80), b""))
        values["object"] = f"{oid} ({EXTENDED.get(oid, 'unknown')})"
    elif tag != UNBIND:
        name, *rest = _inner(data, found)
        values |= {"object": _text(data, name), "argument": _argument(data, tag, rest)}
    return values, None


def _argument(data: bytes, operation: int, rest: list[Part]) -> str:
    if operation == RENAME:
        superior = [_text(data, part) for part in rest if part[0] == 0x80]
        return ",".join([_text(data, rest[0]), *superior])
    if operation == COMPARE:
        name, value = _inner(data, rest[0])[:2]
        return f"{_text(data, name)}={value_text(_raw(data, value))}"
    if operation == ADD:
        return ",".join([_text(data, _inner(data, part)[0]) for part in _inner(data, rest[0])[:ATTRIBUTES]])
    changes = []
    for part in _inner(data, rest[0])[:ATTRIBUTES]:
        kind, change = _inner(data, part)[:2]
        changes.append(f"{_CHANGES.get(signed(data, kind[1:]), 'unknown')} {_text(data, _inner(data, change)[0])}")
    return ",".join(changes)


def _bind(data: bytes, found: Part) -> tuple[dict[str, object], Bind]:
    version, name, how = _inner(data, found)[:3]
    who = _text(data, name)
    values: dict[str, object] = {"version": signed(data, version[1:]) & 0x7F, "object": who or None}
    tag, mechanism, secret, method = how[0], None, _raw(data, how), "simple"
    if tag == 0xA3:
        parts = _inner(data, how)
        method, mechanism, secret = "SASL", _text(data, parts[0]), _raw(data, parts[1]) if len(parts) > 1 else b""
    elif tag in (0x89, 0x8A, 0x8B):  # MS-ADTS section 5.1.1.1.3
        method, mechanism = "SICILY", "NTLM"
    elif tag != 0x80:
        raise ValueError(f"bind of kind {tag:#04x} is not known")
    values["opcode"], values["argument"] = f"bind {method}", mechanism
    return values, Bind(who, method, mechanism, secret)


def _search(data: bytes, found: Part) -> dict[str, object]:
    base, scope, deref, _, _, _, wanted, attributes = _inner(data, found)[:8]
    return {
        "base_object": _text(data, base), "scope": SCOPES.get(signed(data, scope[1:]), "unknown"),
        "deref_aliases": DEREF.get(signed(data, deref[1:]), "unknown"), "filter": filter_text(data, wanted),
        "attributes": ",".join([_text(data, part) for part in _inner(data, attributes)[:ATTRIBUTES]]) or None,
    }  # fmt: skip
