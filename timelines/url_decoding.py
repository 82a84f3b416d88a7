"""What an address or header that a client sent stands for, once its encodings are taken away: attackers encode, often more than once.

Order: escapes of the log itself (`\\x22`, `\\"`, HAProxy's `#22`), then rounds of percent signs (RFC 3986 section 2.1), `%uHHHH`
(ECMA-262 annex B.2.1) and overlong UTF-8 (RFC 3629 section 3 forbids it, some servers took it; IIS logs `%c0%af` as `À¯`), `+` for a
space where the text is a query, HTML entities last. Each step gives a form of its own: rules are asked of the value as written and of
every form.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

ROUNDS = 4  # of percent-decoding; attackers encode twice, more only costs time: what is encoded still is said to be
LONGEST = 1 << 20  # characters that are decoded; no server takes an address so long, the rest is looked at as written
LIKELY = (
    r"%[0-9a-fA-FuU]|\\[x\"\\nrtbvf]|#[0-27-9A-F][0-9A-F]|&#[0-9xX]|&[A-Za-z][A-Za-z0-9]{1,31};"
    "|[\u00c0\u00c1\u00e0][\u0080-\u00bf]"
)  # RE2: what any text has that some step changes
LIKELY_QUERY = rf"\+|{LIKELY}"

# HAProxy's: what cannot be printed, and `"`, `#`, `{`, `|`, `}` (docs.haproxy.org/3.0/configuration.html#8.6).
_HASHED = r"(?:#(?:[01][0-9A-F]|2[23]|7[B-DF]|[89A-F][0-9A-F]))+"
_ESCAPES = re.compile(rf'((?:\\x[0-9a-fA-F]{{2}})+|{_HASHED})|\\(["\\nrtbvf])')
_ESCAPED = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t", "b": "\b", "v": "\v", "f": "\f"}
_PERCENT = re.compile(
    r"((?:%[0-9a-fA-F]{2})+)|((?:%[uU][0-9a-fA-F]{4})+)|([\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f][\x80-\xbf])"
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};)")
_OVERLONG = re.compile(
    rb"[\xc0\xc1][\x80-\xbf]|\xc0[./]|\xc1\x1c|\xe0[\x80-\x9f][\x80-\xbf]|\xf0[\x80-\x8f][\x80-\xbf]{2}"
    rb"|\xf8[\x80-\x87][\x80-\xbf]{3}|\xfc[\x80-\x83][\x80-\xbf]{4}"
)  # and what IIS 4 and 5 took for `/`, `.` and `\` though the second byte continues nothing (CVE-2000-0884)
_UNKNOWN = "\ufffd"


@dataclass(frozen=True, slots=True)
class Decoded:
    """One form of a value: its text, the decodings that gave it, in order, how many rounds of percent signs were taken away, and whether it
    is encoded still, since they are bounded."""

    text: str
    steps: tuple[str, ...]
    depth: int
    still: bool = False

    def said(self) -> str:
        """`log escapes, percent twice, overlong UTF-8`."""
        times = "" if self.depth < 2 else " twice" if self.depth == 2 else f" {self.depth} times"
        steps = [step + times if step in ("percent", "%u") else step for step in self.steps]
        return ", ".join([*steps, "still encoded"] if self.still else steps)


def decodings(text: str, query: bool) -> tuple[Decoded, ...]:
    """The forms that differ from the text and from each other, those with the fewest steps first. Never raises; no form is longer than
    the text, and their number is bounded. `query`: `+` stands for a space too."""
    seen = {text}
    out = []
    for form in _forms(text[:LONGEST], query):
        if form.text not in seen:
            seen.add(form.text)
            out.append(form)
    return tuple(sorted(out, key=lambda form: len(form.steps) + form.depth))


def still_encoded(text: str) -> bool:
    """Whether more rounds than ROUNDS would go on taking percent signs away."""
    starts = {text[:LONGEST], _without_escapes(text[:LONGEST])[0]}
    return any(form.still for start in starts for form in _rounds(Decoded(start, (), 0)))


def _forms(text: str, query: bool) -> Iterator[Decoded]:
    written = Decoded(text, (), 0)
    starts = [written]
    unescaped, overlong = _without_escapes(text)
    if unescaped != text:
        starts.append(Decoded(unescaped, ("log escapes", "overlong UTF-8") if overlong else ("log escapes",), 0))
    for start in starts:
        for begin in (start, _spaced(start)) if query and "+" in start.text else (start,):
            form = begin
            for form in _rounds(begin):
                yield form
            entities = _ENTITY.sub(lambda hit: html.unescape(hit[0]), form.text)
            if entities != form.text:
                yield replace(form, text=entities, steps=(*form.steps, "HTML entities"))


def _rounds(form: Decoded) -> Iterator[Decoded]:
    """The form itself, then one round of percent-decoding after the other until nothing changes."""
    yield form
    for number in range(ROUNDS):
        text, found = _round(form.text)
        if text == form.text:
            return
        counted = form.depth + 1 if "percent" in found or "%u" in found else form.depth
        still = number == ROUNDS - 1 and _round(text)[0] != text
        form = Decoded(text, tuple(dict.fromkeys((*form.steps, *found))), counted, still)
        yield form


def _round(text: str) -> tuple[str, dict[str, None]]:
    """The text with percent signs taken away once, and the decodings that did it."""
    found: dict[str, None] = {}
    return _PERCENT.sub(lambda hit: _unpercented(hit, found), text), found


def _spaced(form: Decoded) -> Decoded:
    """Before percent signs are taken away: `%2B` is a plus sign that was meant."""
    return Decoded(form.text.replace("+", " "), (*form.steps, "plus for space"), form.depth)


def _unpercented(hit: re.Match[str], found: dict[str, None]) -> str:
    if hit[1]:
        found["percent"] = None
        text, overlong = _lenient(bytes.fromhex(hit[1].replace("%", "")))
    elif hit[2]:
        found["%u"] = None
        return bytes.fromhex(hit[2].replace("%u", "").replace("%U", "")).decode("utf-16-be", "replace")
    else:
        text, overlong = _lenient(hit[3].encode("latin-1"))
    if overlong:
        found["overlong UTF-8"] = None
    return text


def _without_escapes(text: str) -> tuple[str, bool]:
    """The text without what the server's log escaped (Apache: `ap_escape_logitem`; nginx: `ngx_http_log_escape`; HAProxy), and whether
    bytes were overlong."""
    any_overlong = False

    def plain(hit: re.Match[str]) -> str:
        nonlocal any_overlong
        if hit[2]:
            return _ESCAPED[hit[2]]
        decoded, overlong = _lenient(bytes.fromhex(hit[1].replace("\\x", "").replace("#", "")))
        any_overlong |= overlong
        return decoded

    return _ESCAPES.sub(plain, text), any_overlong


def _lenient(raw: bytes) -> tuple[str, bool]:
    """UTF-8 with overlong sequences read as the character meant, other bytes as U+FFFD; whether there were any overlong ones."""
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        plain, count = _OVERLONG.subn(_meant, raw)
        return plain.decode("utf-8", "replace"), count > 0


def _meant(hit: re.Match[bytes]) -> bytes:
    """The character that an overlong sequence stands for, in its proper bytes."""
    first, *rest = hit[0]
    value = first & (0x1F if len(rest) == 1 else 0x3F >> len(rest))
    for byte in rest:
        value = value << 6 | byte & 0x3F
    surrogate = 0xD800 <= value < 0xE000
    return (_UNKNOWN if surrogate or value > 0x10FFFF else chr(value)).encode()
