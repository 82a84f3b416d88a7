"""Apache's `ErrorLogFormat` strings: what each item writes, and which of them may be missing from a line.

An item without a value takes the field around it away, from the space before it to the next; `-` before its letter writes a `-` instead.
https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pyarrow as pa

from parsers.web.instants import Ctime, Iso
from parsers.web.kinds import Text, Whole
from parsers.web.line_layout import Value

_PORT = pa.int32()
MOST_ENDINGS = 4  # fields behind the message that may be missing: each doubles the patterns
_ITEM = re.compile(r"%(?P<flag>[-+])?(?P<level>\d{1,2})?(?:\{(?P<argument>[^}]*)\})?(?P<letter>[A-Za-z%])")
_DIRECTIVE = re.compile(r'\s*ErrorLogFormat\s+(?:(?:connection|request)\s+)?"((?:[^"\\]|\\.)*)"\s*', re.IGNORECASE)
_ALWAYS = "tlPTMvV"
_HEADERS = {"referer": "cs_referer"}
_CTIME = r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
_KNOWN: dict[str, tuple[str, Value]] = {
    "l": (r"[a-z]{4,6}\d?", Value("level", Text())),
    "m": (r"[\w.-]{1,64}", Value("module", Text())),
    "P": (r"\d{1,18}", Value("pid", Whole())),
    "T": (r"\d{1,18}", Value("tid", Whole())),
    "E": (r"\(\d{1,10}\)[^:\[]{1,200}", Value("os_error", Text())),
    "k": (r"\d{1,18}", Value("keepalives", Text(), "%k")),
    "F": (r"[^\s:]{1,255}\(\d{1,9}\)", Value("source_file", Text(), "%F")),
    "v": (r"\S{1,255}", Value("server_name", Text(), "%v")),
    "V": (r"\S{1,255}", Value("server_name", Text(), "%V")),
    "A": (r"[^\s\]]{1,255}", Value("local_address", Text(), "%A")),
    "L": (r"[^\s\]]{1,128}", Value("log_id", Text(), "%L")),
}


@dataclass(frozen=True, slots=True)
class ErrorLayout:
    """Patterns of whole lines, the first that matches counts; group n of any is value n."""

    patterns: tuple[re.Pattern[bytes], ...]
    values: tuple[Value, ...]


@dataclass(slots=True)
class _Field:
    """What stands between two spaces. `space`: whether one is written before it; `missing`: whether it may be left out."""

    space: bool
    pieces: list[str | re.Match[str]]
    missing: bool = False


def is_error_format(text: str) -> bool:
    """Whether a string is an ErrorLogFormat: it says so, or has a message (%M), which no LogFormat has."""
    items = re.sub(r"\{[^}]*\}|%%", "", text)  # a date may hold minutes
    return _DIRECTIVE.fullmatch(text) is not None or re.search(r"%[-+]?\d*M", items) is not None


def error_layout(text: str) -> ErrorLayout:
    """Raises ValueError for a string that is no ErrorLogFormat, or by which lines could not be cut."""
    directive = _DIRECTIVE.fullmatch(text)
    plain = text if directive is None else directive[1]
    fields = list(_fields(plain.replace('\\"', '"')))
    values: list[Value] = []
    spelled = [_pattern(one, values, last=place == len(fields) - 1) for place, one in enumerate(fields)]
    if not values:
        raise ValueError("names no value; expected an ErrorLogFormat string such as [%{u}t] [%-m:%l] %M")
    message = next((n for n, one in enumerate(fields) if _letters(one) & {"M"}), len(fields))
    behind = [n for n, one in enumerate(fields) if n > message and one.missing]
    if len(behind) > MOST_ENDINGS:
        raise ValueError(f"{len(behind)} fields behind the message may be missing, expected at most {MOST_ENDINGS}")
    patterns = []
    for chosen in product((True, False), repeat=len(behind)):
        left_out = {n for n, there in zip(behind, chosen, strict=True) if not there}
        whole = "".join(
            _left_out(one) if n in left_out else f"(?:{one})?" if fields[n].missing and n < message else one
            for n, one in enumerate(spelled)
        )
        patterns.append(re.compile(whole.encode("utf-8"), re.DOTALL))
    return ErrorLayout(tuple(patterns), tuple(values))


def _fields(text: str) -> Iterator[_Field]:
    field, at = _Field(False, []), 0
    while at < len(text):
        item = _ITEM.match(text, at)
        if text.startswith("% ", at) or text[at] == " ":
            yield field
            field = _Field(text[at] == " ", [])
            at += 2 if text[at] == "%" else 1
        elif item is not None:
            field.pieces.append("%" if item["letter"] == "%" else item)
            field.missing |= _may_be_missing(item)
            at = item.end()
        elif text[at] == "%":
            raise ValueError(f"character {at + 1}: {text[at : at + 12]!r} is no item of ErrorLogFormat")
        else:
            step = 2 if text[at] == "\\" and at + 1 < len(text) else 1
            field.pieces.append(text[at + step - 1])
            at += step
    yield field


def _may_be_missing(item: re.Match[str]) -> bool:
    return item["letter"] != "%" and (
        item["level"] is not None or (item["flag"] is None and item["letter"] not in _ALWAYS)
    )


def _letters(field: _Field) -> set[str]:
    return {piece["letter"] for piece in field.pieces if not isinstance(piece, str)}


def _pattern(field: _Field, values: list[Value], last: bool) -> str:
    """The field's pattern; its values are added to those of the fields before it."""
    out = " " if field.space else ""
    for place, piece in enumerate(field.pieces):
        if isinstance(piece, str):
            out += re.escape(piece)
            continue
        following = field.pieces[place + 1] if place + 1 < len(field.pieces) else ""
        if not isinstance(following, str):
            raise ValueError(f"no text between {piece[0]} and {following[0]}: lines cannot be cut there")
        out += _item(piece, following, last, values)
    return out


def _item(item: re.Match[str], following: str, last: bool, values: list[Value]) -> str:
    letter, argument = item["letter"], item["argument"] or ""
    nothing = "|-" if item["flag"] == "-" else ""
    if letter == "t":
        compact, fraction = "c" in argument, r"\.\d{6}" if "u" in argument else ""
        values.append(Value("time", Iso() if compact else Ctime()))
        return rf"(\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d{fraction})" if compact else rf"({_CTIME}{fraction} \d{{4}})"
    if letter == "M":
        values += [Value("error_code", Text()), Value("error_text", Text(True))]
        return r"(?:(AH\d{5}): )?(.*)"
    if letter == "a":
        values += [Value("c_ip", Text()), Value("c_port", Whole(_PORT))]
        return rf"([^\s\]]{{1,255}}?{nothing})(?::(\d{{1,5}}))?"
    if letter in _KNOWN:
        pattern, value = _KNOWN[letter]
        values.append(value)
        return f"({pattern}{nothing})"
    if letter not in "ein" or not argument:
        raise ValueError(f"{item[0]} is no item of ErrorLogFormat that is read")
    column = _HEADERS.get(argument.lower()) if letter == "i" else None
    own = argument if letter == "i" else f"%{{{argument}}}{letter}"
    values.append(Value(column, Text()) if column else Value(own, Text(), own))
    return f"([^{re.escape(following)}]*)" if following else "(.*)" if last else r"(\S+)"


def _left_out(pattern: str) -> str:
    """Nothing, with as many groups as the pattern has: group n stays value n."""
    return "".join(["(?:(?!)())?"] * re.compile(pattern).groups)
