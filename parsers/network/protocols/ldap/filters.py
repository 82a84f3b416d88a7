"""Search filters of LDAP as text (RFC 4511 section 4.5.1.7, written as in RFC 4515)."""

from __future__ import annotations

from parsers.network.protocols.ber import Element

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


def filter_text(found: Element, depth: int = 0) -> str:
    """The filter as text. Raises ValueError for one that is malformed, too deep or too long."""
    if depth > DEPTH:
        raise ValueError(f"search filter is nested more than {DEPTH} times")
    if found.tag in _SETS:
        out = f"({_SETS[found.tag]}{''.join(filter_text(part, depth + 1) for part in found.parts())})"
    elif found.tag == 0x87:
        out = f"({value_text(found.raw)}=*)"
    elif found.tag in _SIGNS:
        name, value = found.parts()[:2]
        out = f"({value_text(name.raw)}{_SIGNS[found.tag]}{value_text(value.raw)})"
    elif found.tag == 0xA4:
        out = _substrings(found)
    elif found.tag == 0xA9:
        out = _extensible(found)
    else:
        raise ValueError(f"search filter of kind {found.tag:#04x} is not known")
    if len(out) > TEXT_LIMIT:
        raise ValueError(f"search filter is longer than {TEXT_LIMIT} characters")
    return out


def _substrings(found: Element) -> str:
    name, pieces = found.parts()[:2]
    out = ""
    for piece in pieces.parts():
        out += value_text(piece.raw) + "*" if piece.tag == 0x80 else "*" * (not out) + value_text(piece.raw)
        out += "*" if piece.tag == 0x81 else ""
    return f"({value_text(name.raw)}={out})"


def _extensible(found: Element) -> str:
    fields = {tag: value_text(part.raw) for tag, part in found.fields().items() if tag != 0x84}
    dn = ":dn" if 0x84 in found.fields() and any(found.fields()[0x84].raw) else ""
    rule = f":{fields[0x81]}" if 0x81 in fields else ""
    return f"({fields.get(0x82, '')}{dn}{rule}:={fields.get(0x83, '')})"
