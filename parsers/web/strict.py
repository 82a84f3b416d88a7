"""The grammar of the Common Log Format and its relatives, one line at a time: what a line must be to count as well formed.

Quantifiers are possessive, or stop at a byte or word that can be told at once, so a line is read in linear time.
https://httpd.apache.org/docs/2.4/logs.html#accesslog
"""

from __future__ import annotations

import re

from parsers.web import fields as f

QUOTED = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'  # Apache escapes a quote as \", nginx as \x22
_LINE = re.compile(
    rb"(?P<head>[^\"]+?)"  # lazy, up to the first date before the first quote
    rb"\[(?P<date>\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d)(?P<zone> [+-]\d{4})\]"
    rb" " + QUOTED + rb" (?P<status>\d{3}|-) (?P<bytes>\d{1,18}|-)"
    rb"(?: " + QUOTED + rb" " + QUOTED + rb"(?: " + QUOTED + rb")?+)?+",
    re.DOTALL,
)
_WORDS = re.compile(rb"[^ ]++")
_VHOST = re.compile(rb"(?:[A-Za-z0-9_.*-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})")
_ADDRESS = re.compile(rb"\d{1,3}(?:\.\d{1,3}){3}|(?=[^:]*:[^:]*:)[0-9A-Fa-f:.]+(?:%\w+)?")
_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ ]+) (HTTP/\d(?:\.\d)?)")
_SPACED = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (.+) (HTTP/\d(?:\.\d)?)", re.DOTALL)
_SIMPLE = re.compile(rb"(GET) ((?:/|https?://)[^ ]*)")  # HTTP/0.9: RFC 1945 section 4.1, Simple-Request

Span = tuple[int, int]


def is_address(word: bytes) -> bool:
    """Whether a word is written as an IPv4 or IPv6 address (an IPv6 zone may follow)."""
    return _ADDRESS.fullmatch(word) is not None


def strict(line: bytes) -> f.Reading | None:
    """Read a line that keeps to a layout: common, combined, vhost_combined, or these with X-Forwarded-For quoted at the end.

    A stray quote before (and after) the whole line is allowed and flagged `outer-quotes`.
    """
    begin, end = 0, len(line)
    match = _LINE.fullmatch(line)
    if match is None and line[:1] == b'"':
        begin = 1
        match = _LINE.fullmatch(line, 1)
        if match is None and line[-1:] == b'"':
            end -= 1
            match = _LINE.fullmatch(line, 1, end)
    if match is None:
        return None
    head = _head(line, begin, match.end("head"))
    if head is None:
        return None
    reading = f.Reading(head, f.STRICT, ["outer-quotes"] if begin else [])
    zone = match.span("zone")
    reading.spans[f.DATE], reading.spans[f.ZONE] = match.span("date"), (zone[0] + 1, zone[1])
    reading.spans[f.STATUS], reading.spans[f.BYTES] = match.span("status"), match.span("bytes")
    request(line, *match.span(4), reading)
    for group, column in ((7, f.REFERER), (8, f.AGENT), (9, f.FORWARDED)):
        if match.start(group) >= 0:
            reading.spans[column] = match.span(group)
    return reading


def _head(line: bytes, begin: int, end: int) -> dict[int, Span] | None:
    """`[vhost:port ]client ident user `: single spaces, a user name may hold some when the client is an address."""
    if line[end - 1 : end] != b" ":
        return None
    words = [m.span() for m in _WORDS.finditer(line, begin, end - 1)]
    if len(words) < 3 or words[0][0] != begin or words[-1][1] != end - 1:
        return None
    spans: dict[int, Span] = {}
    host = _VHOST.fullmatch(line, *words[0])
    if len(words) == 4 and host and line[slice(*words[1])] != b"-":
        spans[f.VHOST], spans[f.VPORT] = (words[0][0], host.start(1) - 1), host.span(1)
        words = words[1:]
    elif len(words) > 3 and not is_address(line[slice(*words[0])]):
        return None
    if words[1][0] != words[0][1] + 1 or words[2][0] != words[1][1] + 1:
        return None
    spans[f.CLIENT], spans[f.IDENT], spans[f.USER] = words[0], words[1], (words[2][0], words[-1][1])
    return spans


def request(line: bytes, begin: int, end: int, reading: f.Reading) -> None:
    """Split the request at [begin, end): `METHOD target HTTP/n`. Any other is kept whole beside what can be told apart."""
    match = _REQUEST.fullmatch(line, begin, end)
    if match is None:
        reading.spans[f.REQUEST] = begin, end
        reading.flags.append("odd-request")
        match = _SPACED.fullmatch(line, begin, end)
    if match is not None:
        reading.spans[f.METHOD], reading.spans[f.URI], reading.spans[f.VERSION] = map(match.span, (1, 2, 3))
        return
    match = _SIMPLE.fullmatch(line, begin, end)
    if match is not None:
        reading.spans[f.METHOD], reading.spans[f.URI] = match.span(1), match.span(2)
