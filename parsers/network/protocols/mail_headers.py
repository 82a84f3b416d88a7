"""Header fields of mail and MIME as text: folded lines joined, encoded words decoded, parameters read, the envelope of a message."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from parsers.network.address_names import address_name
from parsers.network.protocols import text
from parsers.network.protocols.mail_head_kernels import GROUPS, HEAD_LINES, SEARCHED

READ = (
    "date", "from", "to", "cc", "reply-to", "message-id", "in-reply-to", "subject", "x-originating-ip", "received", "user-agent",
    "x-mailer", "content-type", "content-disposition", "content-transfer-encoding",
)  # fmt: skip
HEADER_LIMIT = 262_144  # bytes of one head; mail servers refuse more than 64 to 256 KiB
VALUE_LIMIT = 16_384  # characters of one value that are kept
HOPS = 64  # addresses kept of the Received fields
_READ = {form: name for name in READ for form in (name, name.title(), name.title().replace("-Id", "-ID"))}


def _any_case(names: tuple[str, ...]) -> str:
    """A pattern of names, letter by letter, so that a search leaves most lines at their first one."""
    firsts = [name[0] for name in dict.fromkeys(name[:1] for name in names) if name]
    ways = [
        f"[{first.upper()}{first}]{_any_case(tuple(name[1:] for name in names if name[:1] == first))}"
        for first in firsts
    ]
    return f"(?:{'|'.join(ways)}){'?' if '' in names else ''}" if ways else ""


_EMPTY_LINE = re.compile(rb"\n\r?\n")
_SPACE = " \t\n\r\v\f"  # as bytes are stripped
_BLANK = r"[ \t\r\v\f]"  # within a line
# A field that is read: its name, and its value with the lines that go on with it. One search finds all of a head.
_FIELD = re.compile(rf"\n(?:[\r\v\f]{_BLANK}*)?({_any_case(READ)}){_BLANK}*:(.*(?:\n[ \t].*)*)")
_NONE: tuple[None] = (None,)
# Text encodings of mail as it is; a name from the wire reaches no other codec of Python's.
_CHARSETS = re.compile(
    r"(?:us-)?ascii|utf-?8|utf-16(?:le|be)?|iso-?8859-?\d{1,2}|latin-?1|windows-?\d{3,4}|cp-?\d{3,4}|koi8-[ru]|gb2312|gbk|gb18030"
    r"|big5|shift[_-]?jis|euc-(?:jp|kr)|iso-2022-(?:jp|kr)|ks_c_5601-1987|tis-620|macintosh",
    re.IGNORECASE,
)
# RFC 2047 section 2: encoded words; section 6.2: white space between two of them is none.
_WORD = re.compile(r"=\?([^?\s]{1,40})\?([BbQq])\?([^?]{0,1000})\?=(?:[ \t]+(?==\?))?")
_PARAMETER = re.compile(r';\s*([^\s=;"*]{1,40})(\*\d{1,3})?(\*)?\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;\s]*))')
_ESCAPED = re.compile(r"\\(.)")
_ADDRESS = re.compile(r"\b(?:IPv6:)?([0-9A-Fa-f.:]{7,45})")
_RUN = re.compile(r"[0-9A-Fa-f.:]{7,}")  # what such an address lies in; found several times sooner
_LETTERS = frozenset("0123456789abcdefABCDEF.:")
_TAG = 3  # characters of `IPv6:` before a run, to which its other two belong
_QUAD = re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]")  # within every IPv4 address
WEBMAIL = re.compile(
    r"squirrelmail|roundcube|horde|\(imp\)|zimbrawebclient|webmail|iplanet messenger|neomail|openwebmail", re.IGNORECASE
)


def decoded(raw: bytes, charset: str) -> str:
    """Bytes in a named character set, as UTF-8 where the name is none that mail uses."""
    name = charset.partition("*")[0]
    known = name if _CHARSETS.fullmatch(name) else "utf-8"
    try:
        return raw.decode(known, "replace" if known != "utf-8" else "backslashreplace")
    except (LookupError, UnicodeError):
        return text(raw)


def _word(found: re.Match[str]) -> str:
    charset, kind, code = found[1], found[2].lower(), found[3]
    raw = code.encode("ascii", "replace")
    try:
        raw = binascii.a2b_base64(raw + b"=" * (-len(raw) % 4)) if kind == "b" else binascii.a2b_qp(raw, header=True)
    except binascii.Error:
        return found[0]
    return decoded(raw, charset)


def unfolded(value: str) -> str:
    """A header value as a reader sees it."""
    plain = value[: 4 * VALUE_LIMIT].strip()
    return (_WORD.sub(_word, plain) if "=?" in plain else plain)[:VALUE_LIMIT]


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Head:
    """The fields of one head that are READ, by lower-case name, in order, and the same as a reader sees them; `end`: where the body begins
    in the bytes."""

    fields: dict[str, list[str]]
    shown: dict[str, list[str]]
    end: int


def head(raw: bytes, begin: int, stop: int) -> Head:
    """The head that begins at `begin` of `raw` and ends with an empty line, before `stop` at the latest."""
    if raw.startswith((b"\n", b"\r\n"), begin):
        return Head({}, {}, begin + (2 if raw[begin] == 13 else 1))
    last = min(stop, begin + HEADER_LIMIT)
    empty = _EMPTY_LINE.search(raw, begin, last)
    size, end = empty.span() if empty else (last, last)
    block = text(raw[begin:size])
    fields = _fields(block)
    if "=?" in block or len(block) > VALUE_LIMIT:
        return Head(fields, {name: [unfolded(value) for value in values] for name, values in fields.items()}, end)
    return Head(fields, fields, end)


def _fields(block: str) -> dict[str, list[str]]:
    """The fields that are READ of the first lines, each with the lines that go on with it."""
    block = "\n" + block
    if len(block) > HEAD_LINES and block.count("\n") > HEAD_LINES:
        block = "\n".join(block.split("\n", HEAD_LINES + 1)[: HEAD_LINES + 1])
    fields: dict[str, list[str]] = {}
    for name, value in _FIELD.findall(block):
        known = _READ[name] if name in _READ else _READ[name.lower()]
        value = value.strip()
        if "\n" in value:
            value = " ".join([line.strip(_SPACE) for line in value.split("\n")])
        if known in fields:
            fields[known].append(value)
        else:
            fields[known] = [value]
    return fields


def parameters(value: str) -> dict[str, str]:
    """The parameters of a content type or disposition; RFC 2231 continuations joined, extended values decoded."""
    plain: dict[str, str] = {}
    if ";" not in value:
        return plain
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for found in _PARAMETER.finditer(value):
        name, number, extended, quoted, content = found.groups()
        name = name.lower()
        if quoted is not None:
            content = _ESCAPED.sub(r"\1", quoted) if "\\" in quoted else quoted
        if number or extended:
            pieces.setdefault(name, []).append((int(number[1:]) if number else 0, bool(extended), content))
        else:
            plain.setdefault(name, content)
    for name, found_pieces in pieces.items():
        plain[name] = _joined(sorted(found_pieces))
    return plain


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    """RFC 2231 section 3 and 4: `charset'language'percent-encoded` in the first extended piece."""
    charset, out = "utf-8", b""
    for place, (_, extended, content) in enumerate(pieces):
        if extended and place == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        out += unquote_to_bytes(content) if extended else content.encode("utf-8", "replace")
    return decoded(out, charset)


def hops(received: list[str]) -> str | None:
    """The addresses that Received fields name, nearest first, without repeats."""
    return listed(said for value in received for said in _addresses(value[:SEARCHED]))


def listed(candidates: Iterable[str]) -> str | None:
    """Those that are addresses, at most HOPS."""
    found: dict[str, None] = {}
    for said in candidates:
        if (address := _address(said)) is not None:
            found[address] = None
            if len(found) >= HOPS:
                break
    return ",".join(found) or None


def _addresses(value: str) -> Iterator[str]:
    """What may be an address in a field."""
    if "::" in value or value.count(":") >= GROUPS:
        for run in _RUN.finditer(value):
            yield from _ADDRESS.findall(value, max(run.start() - _TAG, 0), run.end())
        return
    stop = 0
    for quad in _QUAD.finditer(value):
        if quad.start() < stop:
            continue
        begin = quad.start()
        while begin > stop and value[begin - 1] in _LETTERS:
            begin -= 1
        found = _RUN.match(value, begin)
        stop = found.end() if found else quad.end()
        yield from _ADDRESS.findall(value, max(begin - _TAG, 0), stop)


@lru_cache(maxsize=1 << 12)
def _address(said: str) -> str | None:
    """An address as it is usually written; mail comes through the same relays again and again."""
    try:
        return address_name(said)
    except ValueError:
        return None


def envelope(message: Head) -> dict[str, object]:
    """The columns that a message's own head fills, as in Zeek's smtp.log."""
    shown = message.shown
    first = shown.get
    received = first("received")
    origin = first("x-originating-ip", _NONE)[0]
    return {
        "date": first("date", _NONE)[0],
        "from": _every(first("from")),
        "to": _every(first("to")),
        "cc": _every(first("cc")),
        "reply_to": first("reply-to", _NONE)[0],
        "msg_id": first("message-id", _NONE)[0],
        "in_reply_to": first("in-reply-to", _NONE)[0],
        "subject": first("subject", _NONE)[0],
        "x_originating_ip": origin.strip("[]") if origin else None,
        "first_received": received[-1] if received else None,
        "second_received": received[-2] if received and len(received) > 1 else None,
        "path": hops(message.fields["received"]) if received else None,
        "user_agent": first("user-agent", _NONE)[0] or first("x-mailer", _NONE)[0],
    }


def _every(values: list[str] | None) -> str | None:
    """The values of a field that may come several times."""
    if not values:
        return None
    return values[0] if len(values) == 1 else ", ".join(values)[:VALUE_LIMIT]
