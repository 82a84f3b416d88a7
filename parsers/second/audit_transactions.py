"""One transaction of ModSecurity's serial audit log, line by line, apart from `parsers.web` and after the documentation.

https://github.com/owasp-modsecurity/ModSecurity/wiki/ModSecurity-2-Data-Formats (audit log)
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from parsers.second.reading import Reading, Unread

_BEGIN = re.compile(rb"--(\w+)-A--\r?")
_PART_A = re.compile(rb"\[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d)(?:\.(\d+))? ([+-]\d{4})\] (\S+) (\S+) (\d+) (\S+) (\d+)\s*")
_REQUEST = re.compile(rb"(\S+) (\S+) (HTTP/\d(?:\.\d)?)")
_HEADERS = {
    "host": "cs_host",
    "user-agent": "cs_user_agent",
    "referer": "cs_referer",
    "x-forwarded-for": "x_forwarded_for",
}
_ENDS = {"action": "action", "producer": "producer", "engine-mode": "engine_mode"}


def read_transaction(raw: bytes) -> Reading | Unread:
    """Who asked for what, what was answered and which rules spoke; None in a field that the transaction lacks."""
    lines = raw.split(b"\n")
    begin = _BEGIN.fullmatch(lines[0])
    if begin is None:
        return Unread("no --…-A-- where the transaction should begin")
    boundary = re.compile(rb"--" + begin[1] + rb"-([A-Z])--\r?")
    parts: dict[str, list[bytes]] = {}
    here: list[bytes] = []
    for line in lines:
        found = boundary.fullmatch(line)
        if found is None:
            here.append(line.removesuffix(b"\r"))
        elif (letter := found[1].decode("ascii")) in parts:
            return Unread(f"its part {letter} stands twice")
        else:
            here = parts[letter] = []
    values: dict[str, str | None] = {"parts": "".join(parts)}
    values |= _addresses(parts["A"]) | _request(parts.get("B", []))
    answer = re.match(rb"HTTP/\S+ (\d{3})\b", (parts.get("F") or [b""])[0])
    if answer is not None:
        values["sc_status"] = _text(answer[1])
    values |= _named(parts.get("H", []), _ENDS)
    rules = re.findall(r'\[id "(\d+)"\]', _text(b"\n".join(parts.get("H", []))))
    if rules:
        values["rule_ids"] = ",".join(dict.fromkeys(rules))
    return Reading(values)


def _addresses(part: list[bytes]) -> dict[str, str | None]:
    found = _PART_A.fullmatch(b"\n".join(part).strip(b"\n"))
    if found is None:
        return {}
    names = ("request_id", "c_ip", "src_port", "s_ip", "s_port")
    values: dict[str, str | None] = {name: _text(found[place]) for place, name in enumerate(names, 4)}
    try:
        written = datetime.strptime(_text(found[1] + found[3]), "%d/%b/%Y:%H:%M:%S%z")
        moment = written.astimezone(UTC)
    except (ValueError, OverflowError):
        return values
    values["time"] = f"{moment:%Y-%m-%dT%H:%M:%S}.{_text(found[2] or b'0'):0<9}Z"
    return values


def _request(part: list[bytes]) -> dict[str, str | None]:
    if not part or not part[0]:
        return {}
    usual = _REQUEST.fullmatch(part[0])
    if usual is None:
        return {"request_line": _text(part[0])} | _named(part[1:], _HEADERS)
    stem, mark, query = usual[2].partition(b"?")
    values: dict[str, str | None] = {
        "cs_method": _text(usual[1]),
        "cs_uri": _text(usual[2]),
        "cs_version": _text(usual[3]),
        "cs_uri_stem": _text(stem),
        "cs_uri_query": _text(query) if mark else None,
    }
    return values | _named(part[1:], _HEADERS)


def _named(lines: list[bytes], wanted: dict[str, str]) -> dict[str, str | None]:
    """`Name: value` lines, the first of each name."""
    values: dict[str, str | None] = {}
    for line in lines:
        name, mark, value = line.partition(b":")
        column = wanted.get(_text(name.strip()).lower())
        if mark and column is not None:
            values.setdefault(column, _text(value.strip()))
    return values


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
