"""What the parts of one ModSecurity transaction say: who asked whom, for what, what was answered, which rules spoke.

https://github.com/owasp-modsecurity/ModSecurity/wiki/ModSecurity-2-Data-Formats (audit log; parts A to Z)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from timelines import times
from timelines.url_decoding import still_encoded

_HEAD = re.compile(
    rb"\[(?P<day>\d\d)/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4}):(?P<clock>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))?"
    rb" (?P<offset>[+-]\d{4})\] (?P<id>\S{1,128}) (?P<client>\S{1,255}) (?P<client_port>\d{1,5}) (?P<server>\S{1,255})"
    rb" (?P<server_port>\d{1,5})\s*"
)
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ ]+) (HTTP/\d(?:\.\d)?)")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?: |$)")
_RULE = re.compile(rb'\[id "(\d{1,18})"\]')
_HEADERS = {
    b"host": "cs_host",
    b"user-agent": "cs_user_agent",
    b"referer": "cs_referer",
    b"x-forwarded-for": "x_forwarded_for",
    b"forwarded": "forwarded",
    b"cf-connecting-ip": "cf_connecting_ip",
    b"cookie": "cs_cookie",
}
_TRAILER = {b"action": "action", b"producer": "producer", b"engine-mode": "engine_mode"}
_SPOKEN = (b"message", b"modsecurity", b"apache-error", b"apache-handler")
Said = dict[str, str | int | None]


def told(parts: Mapping[str, bytes]) -> tuple[Said, list[str]]:
    """Columns of one transaction, and flags. `parts`: each part's bytes by its letter. Text stands as written, bad bytes as `\\xHH`."""
    flags: list[str] = []
    said: Said = {"parts": "".join(parts)}
    _head(parts.get("A", b""), said, flags)
    _request(parts.get("B", b""), said, flags)
    answer = _STATUS.match(_first(parts.get("F", b"")))
    if answer is not None:
        said["sc_status"] = int(answer[1])
    _trailer(parts.get("H", b""), said)
    if any(not _is_utf8(part) for letter, part in parts.items() if letter in "ABFH"):
        flags.append("bad-encoding")
    if any(re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", part) for letter, part in parts.items() if letter in "ABFH"):
        flags.append("control-bytes")
    if still_encoded(_text(parts.get("B", b""))):
        flags.append("encoded-deeper")
    return said, flags


def _head(part: bytes, said: Said, flags: list[str]) -> None:
    found = _HEAD.fullmatch(part)
    if found is None:
        flags.append("no-date")
        return
    said |= {"request_id": _text(found["id"]), "c_ip": _text(found["client"]), "s_ip": _text(found["server"])}
    said |= {"src_port": int(found["client_port"]), "s_port": int(found["server_port"])}
    said["time_offset"] = _text(found["offset"])
    ns = _instant(found)
    if ns is None:
        flags.append("bad-time")
    said["ns"] = ns


def _instant(found: re.Match[bytes]) -> int | None:
    offset = timedelta(hours=int(found["offset"][1:3]), minutes=int(found["offset"][3:]))
    zone = -offset if found["offset"][:1] == b"-" else offset
    try:
        month = _MONTHS.index(found["month"]) + 1
        hour, minute, second = (int(part) for part in found["clock"].split(b":"))
        written = datetime(int(found["year"]), month, int(found["day"]), hour, minute, second, tzinfo=timezone(zone))
        moment = written.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if not 1678 <= moment.year <= 2261:
        return None
    return int(moment.timestamp()) * times.NS + int((found["fraction"] or b"0").ljust(9, b"0"))


def _request(part: bytes, said: Said, flags: list[str]) -> None:
    line, _, rest = part.partition(b"\n")
    line = line.removesuffix(b"\r")
    if not line:
        return
    usual = _REQUEST.fullmatch(line)
    if usual is None:
        said["request_line"] = _text(line)
        flags.append("odd-request")
    else:
        stem, mark, query = usual[2].partition(b"?")
        said |= {"cs_method": _text(usual[1]), "cs_uri": _text(usual[2]), "cs_version": _text(usual[3])}
        said |= {"cs_uri_stem": _text(stem), "cs_uri_query": _text(query) if mark else None}
    for name, value in _fields(rest):
        if name in _HEADERS:
            said.setdefault(_HEADERS[name], _text(value))


def _trailer(part: bytes, said: Said) -> None:
    spoken = []
    for name, value, line in _lines(part):
        if name in _SPOKEN:
            # Version 3 begins its reports as it does in error logs, where rules look for that: it is no field's name.
            spoken.append(line if name == b"modsecurity" else value)
        elif name in _TRAILER:
            said.setdefault(_TRAILER[name], _text(value))
    if spoken:
        said["messages"] = _text(b"\n".join(spoken))
        said["rule_ids"] = (
            ",".join(dict.fromkeys(number.decode() for one in spoken for number in _RULE.findall(one))) or None
        )


def _fields(part: bytes) -> list[tuple[bytes, bytes]]:
    """`Name: value` lines, names in lower case."""
    return [(name, value) for name, value, _ in _lines(part)]


def _lines(part: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """The same, with each line as it is written."""
    lines = (line.removesuffix(b"\r") for line in part.split(b"\n"))
    split = ((line.partition(b":"), line) for line in lines)
    return [(name.strip().lower(), value.strip(), line) for (name, mark, value), line in split if mark]


def _first(part: bytes) -> bytes:
    return part.partition(b"\n")[0].removesuffix(b"\r")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
