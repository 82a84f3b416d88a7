"""What kind of text the first bytes of a file are: markup, JSON, scripts, or plain."""

from __future__ import annotations

import re
from functools import lru_cache

_LOOKED = 1_024  # bytes of a text that are looked at
_REMEMBERED = 256  # of these kept with their type
_CONTROLS = bytes({*range(32)} - {*range(9, 14), 27})  # what no text holds: all but white space and escape
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")  # byte order marks
_JSON = re.compile(rb'\{\s*("|\}\s*$)|\[\s*([\[{"\-\d\]]|true|false|null)')
# (how a text begins once space and comments of markup are taken off, media type)
_BEGINS = (
    (re.compile(rb"<\?xml", re.I), "application/xml"),
    (
        re.compile(rb"<(!doctype\s+html|html|head|body|title|script|meta|table|iframe|center|h1|div|p>)", re.I),
        "text/html",
    ),
    (re.compile(rb"<svg[\s>]", re.I), "image/svg+xml"),
    (re.compile(rb"<hta:|<job[\s>]|<package[\s>]|<!doctype|<[a-z][\w.-]*:[\w.-]+[\s>]", re.I), "application/xml"),
    (re.compile(rb"<\?php|<\?=", re.I), "text/x-php"),
    (re.compile(rb"<%"), "text/x-asp"),
    (re.compile(rb"@echo\s+off|rem\s", re.I), "text/x-msdos-batch"),
    (re.compile(rb"windows registry editor|regedit4", re.I), "text/x-ms-regedit"),
    (re.compile(rb"\[(internetshortcut|desktop entry|autorun|version)\]", re.I), "text/x-ini"),
    (re.compile(rb"(received|return-path|delivered-to|message-id|mime-version):\s", re.I), "message/rfc822"),
)
_LEADS = tuple(bytes((byte,)) for byte in b"<@[RWDMrwdm")  # what one of these can begin with
# (words that may tell, how they must stand, media type): the words are looked for first, which is a hundred times cheaper
_HOLDS = (
    ((b"<html", b"<body", b"</"), re.compile(rb"<html[\s>]|<body[\s>]|</(head|script|div|table)>"), "text/html"),
    ((b"function",), re.compile(rb"\bfunction\s*\w*\s*\([\w\s,$]*\)\s*\{"), "text/javascript"),
    ((b"var ", b"let ", b"const "), re.compile(rb"\b(var|let|const)\s+[\w$]+\s*="), "text/javascript"),
    (
        (b"=>", b"document.", b"window.", b"use strict"),
        re.compile(rb"=>\s*\{|\b(document|window)\.\w|['\"]use strict['\"]"),
        "text/javascript",
    ),
    ((b"createobject", b"wscript"), re.compile(rb"\bcreateobject\s*\(|\bwscript\.\w"), "text/vbscript"),
    ((b"new-object", b"invoke-", b"$"), re.compile(rb"\$\w+\s*=|\binvoke-\w|\bnew-object\b"), "text/x-powershell"),
)


def text_type(start: bytes) -> str | None:
    """The media type of a text by how it begins and what it holds; None for bytes that are no text."""
    return _told(start[:_LOOKED])


@lru_cache(_REMEMBERED)
def _told(looked: bytes) -> str | None:
    """The same of what is looked at: a file is asked for more than once, and pages begin alike."""
    marked = next((mark for mark in _MARKS if looked.startswith(mark)), b"")
    if len(marked) == 2:
        looked = looked.decode("utf-16", "replace").encode("utf-8", "replace")
    looked = looked[len(marked) if len(marked) == 3 else 0 :]
    if not looked or len(looked.translate(None, _CONTROLS)) < len(looked):
        return None
    bare = _bare(looked)
    for begin, name in _BEGINS if bare[:1] in _LEADS else ():
        if begin.match(bare):
            return _document(bare) if name == "application/xml" else name
    if _JSON.match(bare):
        return "application/json"
    return _by_words(looked.lower())


def _by_words(text: bytes) -> str:
    for words, stand, name in _HOLDS:
        for word in words:
            if word in text and stand.search(text):
                return name
    return "text/plain"


def _bare(text: bytes) -> bytes:
    """The text without the space and the comments of markup before it."""
    text = text.lstrip()
    while text.startswith(b"<!--"):
        end = text.find(b"-->")
        if end < 0:
            return text
        text = text[end + 3 :].lstrip()
    return text


def _document(text: bytes) -> str:
    """XML by its root: some are better known under other names."""
    if re.search(rb"<svg[\s>]", text):
        return "image/svg+xml"
    return "text/html" if re.search(rb"<html[\s>]", text, re.I) else "application/xml"
