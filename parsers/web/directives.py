"""Layouts that whoever configured a server wrote: Apache's `LogFormat` and `ErrorLogFormat` strings, nginx's `log_format` strings.

https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#formats
https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeGuard

from parsers.web.directive_names import APACHE, Meaning, Stamp, apache_argument, nginx_variable
from parsers.web.error_directives import error_layout, is_error_format
from parsers.web.given_errors import GivenErrorLog
from parsers.web.kinds import Request, Text
from parsers.web.layout_format import LayoutFormat
from parsers.web.line_layout import LineLayout, Part, Value
from parsers.web.strftime import Strftime
from parsers.web.targets import Target, Version

LONGEST = 4_096  # characters of a string: nobody's log has a thousand columns
_APACHE = re.compile(r"%%|%[<>]?!?[\d,]*[<>]?(?:\{(?P<argument>[^}]*)\})?(?P<letter>\^t[io]|[A-Za-z])")
_NGINX = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_APACHE_LINE = re.compile(r'\s*LogFormat\s+"((?:[^"\\]|\\.)*)"(?:\s+\S+)?\s*')
_NGINX_LINE = re.compile(r"\s*log_format\s+\S+\s+(?P<escape>escape=\w+\s+)?(?P<rest>.*?);?\s*", re.DOTALL)
_NGINX_TEXT = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_UNTOLD = "where a request ends that stands between no quotes cannot be told"


@dataclass(frozen=True, slots=True)
class _Named:
    """A value as the string spells it, and what it means."""

    spelled: str
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class _Time(_Named):
    """A value that is a time, or a piece of one."""

    meaning: Stamp


_Piece = str | _Named


def check(text: str) -> None:
    """Raises ValueError, in one line, for a string that says no layout by which lines could be cut."""
    given_format(text)


@lru_cache(maxsize=64)
def given_format(text: str, name: str = "given") -> LayoutFormat | GivenErrorLog | None:
    """The format of lines that a string describes; None for one whose lines are JSON (those are read by their keys). Raises ValueError."""
    try:
        if len(text) > LONGEST:
            raise ValueError(f"{len(text)} characters, expected at most {LONGEST}")
        if is_error_format(text):
            return GivenErrorLog(name, error_layout(text))
        plain, json = _unwrapped(text)
        if json:
            return None
        pieces = _nginx(plain) if _NGINX.search(plain) and not _APACHE.match(plain) else _apache(plain)
        if not any(isinstance(piece, _Named) for piece in pieces):
            raise ValueError("names no value; expected a LogFormat (%h …) or log_format ($remote_addr …) string")
        pieces = [piece for piece in pieces if piece]
        parts = _parts(_with_targets(_with_stamps(_with_requests(pieces))))
        return LayoutFormat(name, (LineLayout("web/access", "http.request", _described(pieces), tuple(parts)),))
    except ValueError as error:
        raise ValueError(f"log format {text[:60]!r}: {error}") from error


def given_formats(texts: tuple[str, ...]) -> tuple[LayoutFormat | GivenErrorLog, ...]:
    """The formats of several strings, called `given-1`, `given-2` …; those whose lines are JSON are left out."""
    found = [given_format(text, f"given-{number}") for number, text in enumerate(texts, 1)]
    return tuple(one for one in found if one is not None)


def _described(pieces: Sequence[_Piece]) -> str:
    """Apache's time is that of the request's arrival, nginx's that of its log entry."""
    apache = any(isinstance(piece, _Named) and piece.spelled.startswith("%") for piece in pieces)
    return "Request received" if apache else "Request logged"


def _unwrapped(text: str) -> tuple[str, bool]:
    """The string without the directive around it, and whether its lines are JSON."""
    if (apache := _APACHE_LINE.fullmatch(text)) is not None:
        plain, escape = re.sub(r'\\(["\\])', r"\1", apache[1]), ""
    elif (nginx := _NGINX_LINE.fullmatch(text)) is not None:
        plain = "".join(a or b for a, b in _NGINX_TEXT.findall(nginx["rest"]))
        escape = nginx["escape"] or ""
    else:
        plain, escape = text.replace('\\"', '"'), ""
    return plain, "json" in escape or plain.lstrip().startswith("{")


def _apache(text: str) -> list[_Piece]:
    found: list[_Piece] = []
    at = 0
    while at < len(text):
        match = _APACHE.match(text, at)
        if match is not None and match["letter"] is not None:
            found += _spread(match)
        elif match is not None:
            found.append("%")
        elif text[at] == "%":
            raise ValueError(f"character {at + 1}: {text[at : at + 12]!r} is no directive of LogFormat")
        else:
            stop = text.find("%", at)
            stop = stop if stop >= 0 else len(text)
            found.append(
                re.sub(r"\\(.)", lambda escape: {"t": "\t", "n": "\n"}.get(escape[1], escape[1]), text[at:stop])
            )
            at = stop
            continue
        at = match.end()
    return found


def _spread(match: re.Match[str]) -> list[_Piece]:
    letter, argument = match["letter"], match["argument"]
    if letter == "t" and argument is None:
        return ["[", _Named("%t", APACHE["t"]), "]"]
    meaning = APACHE.get(letter) if argument is None else apache_argument(letter, argument)
    if meaning is None:
        raise ValueError(f"character {match.start() + 1}: {match[0]!r} is no directive of LogFormat")
    return [_Named(match[0], meaning)]


def _nginx(text: str) -> list[_Piece]:
    found: list[_Piece] = []
    at = 0
    for match in _NGINX.finditer(text):
        found += [text[at : match.start()], _Named(match[0], nginx_variable(match[1] or match[2]))]
        at = match.end()
    return [*found, text[at:]]


def _with_requests(pieces: Sequence[_Piece]) -> list[_Piece]:
    """A request without quotes around it becomes method, target and version: by these its end can be told."""
    found: list[_Piece] = []
    for place, piece in enumerate(pieces):
        if not isinstance(piece, _Named) or not isinstance(piece.meaning.kind, Request) or _in_quotes(pieces, place):
            found.append(piece)
            continue
        after = pieces[place + 1] if place + 1 < len(pieces) else ""
        if not isinstance(after, str):
            raise ValueError(f"{piece.spelled}: {_UNTOLD}")
        method, target, version = (
            _Named(piece.spelled, Meaning(column, kind))
            for column, kind in (("cs_method", Text(spaces=False)), ("cs_uri", Target()), ("cs_version", Version()))
        )
        found += [method, " ", target, " ", version]
    return found


def _in_quotes(pieces: Sequence[_Piece], place: int) -> bool:
    before = pieces[place - 1] if place else ""
    after = pieces[place + 1] if place + 1 < len(pieces) else ""
    return isinstance(before, str) and before.endswith('"') and isinstance(after, str) and after.startswith('"')


def _with_stamps(pieces: Sequence[_Piece]) -> list[_Piece]:
    """One time that several directives write (`%{%F %T}t.%{msec_frac}t`) becomes one value."""
    found: list[_Piece] = []
    for piece in pieces:
        between = _last_text(found)
        last = found[-1] if found else None
        if _is_stamp(last) and _is_stamp(piece):
            joined = last.meaning.joined(between.replace("%", "%%"), piece.meaning)
            found[-1] = _Named(last.spelled + between + piece.spelled, joined)
        else:
            found += [between, piece] if between else [piece]
    return found


def _last_text(found: list[_Piece]) -> str:
    """Take the text off that stands at the end."""
    return str(found.pop()) if found and isinstance(found[-1], str) else ""


def _is_stamp(piece: _Piece | None) -> TypeGuard[_Time]:
    return isinstance(piece, _Named) and isinstance(piece.meaning, Stamp)


def _with_targets(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Path and query side by side (`%U%q`, `$uri$is_args$args`) are one target."""
    found: list[_Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if isinstance(piece, _Named) and isinstance(last, _Named):
            together = last.spelled + piece.spelled
            if together in ("%U%q", "$uri$is_args", "$uri$is_args$args", "$request_uri$is_args$args"):
                found[-1] = _Named(together, Meaning("cs_uri", Target()))
                continue
        found.append(piece)
    return found


def _parts(pieces: Sequence[_Piece]) -> list[Part]:
    """The layout's parts. Of two values that mean one column the peer's address counts before the client's, else the first; the other
    keeps its own name."""
    columns = {place: piece.meaning.column for place, piece in enumerate(pieces) if isinstance(piece, _Named)}
    peer = next((n for n, p in enumerate(pieces) if isinstance(p, _Named) and p.meaning.peer), None)
    meant: dict[str, int] = {"c_ip": peer} if peer is not None else {}
    for place, column in columns.items():
        meant.setdefault(column, place)
    found: list[Part] = []
    for place, piece in enumerate(pieces):
        if isinstance(piece, str):
            raw = piece.encode("utf-8")
            if found and isinstance(found[-1], bytes):
                found[-1] += raw
            elif raw:
                found.append(raw)
            continue
        if found and isinstance(found[-1], Value):
            raise ValueError(
                f"no text between {_spelled(pieces, place)} and {piece.spelled}: lines cannot be cut there"
            )
        found.append(_value(piece, meant[piece.meaning.column] == place, _in_quotes(pieces, place)))
    return found


def _spelled(pieces: Sequence[_Piece], place: int) -> str:
    before = [piece.spelled for piece in pieces[:place] if isinstance(piece, _Named)]
    return before[-1] if before else "the line's start"


def _value(piece: _Named, first: bool, quoted: bool) -> Value:
    meaning = piece.meaning
    listed = meaning.listed and not quoted
    if not first or meaning.own is not None:
        own = meaning.own or piece.spelled.lstrip("$").strip("{}")
        return Value(own, Text(), own, meaning.width, listed)
    kind = Strftime(meaning.pattern) if isinstance(meaning, Stamp) else meaning.kind
    width = kind.width if isinstance(kind, Strftime) else meaning.width
    return Value(meaning.column, kind, None, width, listed)
