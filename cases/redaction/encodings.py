"""Text inside text: percent-encoding, Base64 (of UTF-8 or UTF-16) and UTF-16 with its zero bytes left in.

Each is decoded, looked at like any other text, and encoded again only where something in it was replaced.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from urllib.parse import quote, unquote

DEPTH = 3  # encodings within encodings that are looked into
_PERCENT = re.compile(r"[^\s\"'<>]*%[0-9A-Fa-f]{2}[^\s\"'<>]*")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/]{12,}|[A-Za-z0-9_-]{12,})={0,2}")
_WIDE = re.compile("(?:[^\0]\0){3,}")
_LINES = dict.fromkeys(map(ord, "\r\n\t"))  # what is not printable and stands in texts that are
_SAFE = "!#$&'()*+,/:;=?@[]~|\\{}^`"  # as URLs in logs keep them

Rewrite = Callable[[str], str]


def rewrite(text: str, inner: Rewrite) -> str:
    """`text` with every encoded part in which `inner` changes something encoded anew."""
    if "\0" in text:
        text = _WIDE.sub(lambda found: _wide(found[0], inner), text)
    if "%" in text:
        text = _PERCENT.sub(lambda found: _percent(found[0], inner), text)
    return _BASE64.sub(lambda found: _base64(found[0], inner), text) if len(text) >= 12 else text


def _percent(text: str, inner: Rewrite) -> str:
    for plain in (unquote(text, errors="surrogateescape"), unquote(text.replace("+", " "), errors="surrogateescape")):
        changed = inner(plain)
        if changed != plain:
            return quote(changed, safe=_SAFE, errors="surrogateescape")
    return text


def _wide(text: str, inner: Rewrite) -> str:
    plain = text.replace("\0", "")
    changed = inner(plain)
    return text if changed == plain else "".join(char + "\0" for char in changed)


def _base64(text: str, inner: Rewrite) -> str:
    body = text.rstrip("=")
    whole = body[: len(body) - (len(body) % 4 == 1)].replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(whole + "=" * (-len(whole) % 4))
    except (binascii.Error, ValueError):
        return text
    for encoding in ("utf-8", "utf-16-le"):
        plain = _readable(data, encoding)
        if plain is not None:
            changed = inner(plain)
            return text if changed == plain else base64.b64encode(changed.encode(encoding)).decode()
    return text


def _readable(data: bytes, encoding: str) -> str | None:
    """The text that the bytes are, if they are one that could be shown; a cut one may end in half a letter."""
    try:
        plain = data.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start == 0 or len(data) - error.start > 3:
            return None
        plain = data[: error.start].decode(encoding)
    return plain if plain.translate(_LINES).isprintable() else None
