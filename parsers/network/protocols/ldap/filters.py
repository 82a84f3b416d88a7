"""Search filters of LDAP as text (RFC 4511 section 4.5.1.7, written as in RFC 4515)."""

from __future__ import annotations

from parsers.network.protocols.ber import Part, Span, spans, spans_by_tag

DEPTH = 32  # filters inside filters; a filter that people or programs write has a handful
TEXT_LIMIT = 65_536  # characters of a filter
_SIGNS = {0xA3: "=", 0xA5: ">=", 0xA6: "<=", 0xA8: "~="}
_SETS = {0xA0: "&", 0xA1: "|", 0xA2: "!"}
_SPECIAL = frozenset("()*\\")


def value_text(raw: bytes) -> str:
    """A value with its special, control and undecodable bytes as `\\hh` (RFC 4515 section 3)."""
    try:
        found = raw.decode("utf-8")
    except UnicodeDecodeError:
        found = raw.decode("latin-1")
        return "".join(c if c.isascii() and c.isprintable() and c not in _SPECIAL else f"\\{ord(c):02x}" for c in found)
    if found.isprintable() and _SPECIAL.isdisjoint(found):
        return found
    return "".join(c if c.isprintable() and c not in _SPECIAL else _escaped(c) for c in found)


def _escaped(char: str) -> str:
    return "".join(f"\\{byte:02x}" for byte in char.encode())


def filter_text(data: bytes, found: Part, depth: int = 0) -> str:
    """The filter at `found` as text. Raises ValueError for one that is malformed, too deep or too long."""
    if depth > DEPTH:
        raise ValueError(f"search filter is nested more than {DEPTH} times")
    tag, begin, end = found
    if tag in _SIGNS:
        (_, at, stop), (_, begin, end) = spans(data, (begin, end))[:2]
        out = f"({value_text(data[at:stop])}{_SIGNS[tag]}{value_text(data[begin:end])})"
    elif tag in _SETS:
        inner = [filter_text(data, part, depth + 1) for part in spans(data, (begin, end))]
        out = f"({_SETS[tag]}{''.join(inner)})"
    elif tag == 0x87:
        out = f"({value_text(data[begin:end])}=*)"
    elif tag == 0xA4:
        out = _substrings(data, (begin, end))
    elif tag == 0xA9:
        out = _extensible(data, (begin, end))
    else:
        raise ValueError(f"search filter of kind {tag:#04x} is not known")
    if len(out) > TEXT_LIMIT:
        raise ValueError(f"search filter is longer than {TEXT_LIMIT} characters")
    return out


def _substrings(data: bytes, found: Span) -> str:
    (_, at, stop), (_, begin, end) = spans(data, found)[:2]
    out = ""
    for tag, first, last in spans(data, (begin, end)):
        piece = value_text(data[first:last])
        out += piece + "*" if tag == 0x80 else "*" * (not out) + piece
        out += "*" if tag == 0x81 else ""
    return f"({value_text(data[at:stop])}={out})"


def _extensible(data: bytes, found: Span) -> str:
    raw = {tag: data[begin:end] for tag, (begin, end) in spans_by_tag(data, found).items()}
    fields = {tag: value_text(part) for tag, part in raw.items() if tag != 0x84}
    dn = ":dn" if any(raw.get(0x84, b"")) else ""
    rule = f":{fields[0x81]}" if 0x81 in fields else ""
    return f"({fields.get(0x82, '')}{dn}{rule}:={fields.get(0x83, '')})"
