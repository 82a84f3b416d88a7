"""Lines that keep to no layout but hold a log date: what can be told apart is given, the rest is kept as written, and the row is flagged.

Steps are plain searches from left to right, so that a hostile line costs no more than its length.
"""

from __future__ import annotations

import re

from parsers.web import fields as f
from parsers.web.strict import QUOTED, is_address, request

_DATE = re.compile(rb"\[(\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d)( [+-]\d{4})?\]")
_SECOND = re.compile(rb"\[\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \"")
_ANSWER = re.compile(rb"\" +(\d{3}|-) +(\d{1,18}|-)(?=[ \"]|$)")
_ANSWER_AFTER_VERSION = re.compile(rb"HTTP/\d(?:\.\d)?\" +(\d{3}|-) +(\d{1,18}|-)(?=[ \"]|$)")
_OPENING = re.compile(rb" *\"")
_BETWEEN = re.compile(rb"\" +\"")
_HEADERS = re.compile(rb" +" + QUOTED + rb" +" + QUOTED + rb"(?= |$)", re.DOTALL)
_WORDS = re.compile(rb"[^ ]++")

NO_DATE = "no log date [day/month/year:hour:minute:second offset] on the line; counted as damaged"


def loose(line: bytes) -> f.Reading | None:
    """Read what a line gives besides its date: client, request, status, headers; None where it holds no log date."""
    date = _DATE.search(line)
    if date is None:
        return None
    reading = f.Reading({f.DATE: date.span(1)}, f.LOOSE, ["loose"])
    if date.start(2) >= 0:
        reading.spans[f.ZONE] = date.start(2) + 1, date.end(2)
    _head(line, date.start(), reading)
    _body(line, date.end(), reading)
    return reading


def _head(line: bytes, end: int, reading: f.Reading) -> None:
    """Client, ident and user before the date; text that is none of these makes the flag `prefix`."""
    begin = 1 if line[:1] == b'"' else 0
    words = [m.span() for m in _WORDS.finditer(line, begin, end)]
    if len(words) > 3 and is_address(line[slice(*words[0])]) and not is_address(line[slice(*words[-3])]):
        words = [words[0], words[1], (words[2][0], words[-1][1])]
    named = words[-3:]
    if len(words) > 3 and not is_address(line[slice(*named[0])]):
        named = []
    if len(named) == 3:
        reading.spans[f.CLIENT], reading.spans[f.IDENT], reading.spans[f.USER] = named
    if len(words) > len(named) or len(named) < 3:
        reading.flags.append("prefix")
        first = named[0][0] if len(named) == 3 else end
        if words and first > words[0][0]:
            reading.spans[f.EXTRA] = words[0][0], max(last[1] for last in words if last[1] <= first)


def _body(line: bytes, begin: int, reading: f.Reading) -> None:
    """Request, status, bytes and headers after the date."""
    opening = _OPENING.match(line, begin)
    if opening is None:
        _keep(line, begin, reading)
        reading.flags.append("truncated" if not line[begin:].strip() else "odd-request")
        return
    start = opening.end()
    if _SECOND.search(line, start):
        reading.spans[f.REQUEST] = start, len(line)
        reading.flags.append("interleaved")
        return
    answer = _ANSWER.search(line, start - 1)
    versioned = _ANSWER_AFTER_VERSION.search(line, start)
    if answer is None:
        reading.spans[f.REQUEST] = start, len(line)
        reading.flags.append("truncated")
        return
    chosen = versioned or answer
    quote = line.index(b'"', chosen.start())
    request(line, start, max(quote, start), reading)
    reading.spans[f.STATUS], reading.spans[f.BYTES] = chosen.span(1), chosen.span(2)
    _headers(line, chosen.end(), reading)


def _headers(line: bytes, begin: int, reading: f.Reading) -> None:
    """`"referer" "agent"` and what follows. Where a quote stands unescaped inside the agent, the agent ends at the line's last quote."""
    both = _HEADERS.match(line, begin)
    if both is not None:
        reading.spans[f.REFERER], reading.spans[f.AGENT] = both.span(1), both.span(2)
        _keep(line, both.end(), reading)
        return
    opening = _OPENING.match(line, begin)
    between = _BETWEEN.search(line, opening.end()) if opening else None
    if opening is None or between is None:
        _keep(line, begin, reading)
        if line.count(b'"', begin) % 2:
            reading.flags.append("truncated")
        return
    reading.spans[f.REFERER] = opening.end(), between.start()
    last = line.rfind(b'"', between.end())
    if last < 0:
        reading.flags.append("truncated")
        last = len(line)
    reading.spans[f.AGENT] = between.end(), last
    _keep(line, last + 1, reading)


def _keep(line: bytes, begin: int, reading: f.Reading) -> None:
    """Keep what is left of the line in `extra`."""
    rest = line[begin:]
    if rest.strip():
        reading.spans[f.EXTRA] = begin + len(rest) - len(rest.lstrip()), len(line)
        reading.flags.append("extra-fields")
