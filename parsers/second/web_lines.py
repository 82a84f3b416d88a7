"""Lines of web servers by plain regular expressions, written apart from `parsers.web` and after the servers' own documentation.

https://httpd.apache.org/docs/2.4/mod/mod_log_config.html
https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat
https://www.w3.org/TR/WD-logfile.html
"""

from __future__ import annotations

import platform
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from parsers.second.audit_transactions import read_transaction
from parsers.second.reading import Place, Reading, Tool, Unread
from parsers.second.web_json import read_json
from parsers.second.web_layouts import fields
from parsers.second.web_wrapped import unquoted, unwrapped

_LONGEST = 1 << 20
_QUOTED = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
_ACCESS = re.compile(
    rb"(?:([A-Za-z*][\w.*-]*|\d+(?:\.\d+){3}|\[[0-9A-Fa-f:.]+\]):(\d{1,5}) )?"
    rb"(\S+) (\S+) ([^\"\[]+|[^\"]+?) \[([^\]]{1,64})\] " + _QUOTED + rb" (\d{3}|-) (\d{1,18}|-)"
    rb"(?: " + _QUOTED + rb" " + _QUOTED + rb"(?: " + _QUOTED + rb")?)?",
    re.DOTALL,
)
_ACCESS_NAMES: tuple[str, ...] = (
    "virtual_host",
    "virtual_port",
    "c_ip",
    "ident",
    "cs_username",
    "",
    "",
    "sc_status",
    "sc_bytes",
)
_ACCESS_NAMES += ("cs_referer", "cs_user_agent", "x_forwarded_for")
_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ ]+) (HTTP/\d(?:\.\d)?)")
_DATE = re.compile(rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) (([+-])(\d\d)(\d\d))")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_ERROR = re.compile(
    rb"(?:\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:.]+ \d{4}\] +|(?=\[[\w.-]*:[a-z]+\d?\] \[pid \d))\[(?:([\w.-]*):)?([a-z]+\d?)\]"
    rb"(?: +\[pid (\d+)(?::tid (\d+))?\])?( .*)",
    re.DOTALL,
)
_CODE = re.compile(rb"(?: +\[(?:client|remote) [^\]]{1,300}\])?(?: +\(\d+\)[^\[:]{1,200}:)? +(AH\d{5}): ")
_CLIENT = re.compile(rb"(?: +\(\d{1,10}\)[^\[:]{1,200}:)? +\[(?:client|remote) ([^\]\s]+)\]")
_NGINX = re.compile(rb"\d{4}/\d\d/\d\d [\d:]{8} \[([a-z]+)\] (\d+)#(\d+): (?:\*(\d+) )?(.*)", re.DOTALL)
_NGINX_NAMES = ("level", "pid", "tid", "connection", "error_text")
_STRING = re.compile(rb'"((?:[^"]|"")*)"|([^ ]+)')
_STRINGS = re.compile(rb'(?:"(?:[^"]|"")*+"|[^ "][^ ]*+)(?: (?:"(?:[^"]|"")*+"|[^ "][^ ]*+))*+')
_W3C_NAMES = {"time_taken": "time_taken_ms", "cs_x_forwarded_for": "x_forwarded_for"}
_W3C_NAMES |= {"cs_protocol_version": "cs_version", "ssl_protocol": "tls_protocol", "ssl_cipher": "tls_cipher"}


def tool() -> Tool:
    """Python's own regular expressions; the version is Python's."""
    return Tool("plain regular expressions", platform.python_version(), "the line at the row's offset, written apart")


class WebLines:
    """Reads lines of one log."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._bytes: Any = view.obj  # a map or bytes: both can be searched in place
        self._looked, self._fields = 0, b""

    def read(self, place: Place) -> Reading | Unread:
        """The fields of the line at `place`."""
        if place.length > _LONGEST:
            return Unread("line of more than a megabyte")
        line = bytes(self._view[place.offset : place.offset + place.length]).removesuffix(b"\n").removesuffix(b"\r")
        readings = [self._read(place, unwrapped(held)) for held in unquoted(line)]
        return next((one for one in readings if isinstance(one, Reading)), readings[0])

    def _read(self, place: Place, line: bytes) -> Reading | Unread:
        if line[:1] == b"{":
            return read_json(line)
        if place.family == "web/audit":
            return read_transaction(bytes(self._view[place.offset : place.offset + place.length]))
        if place.family == "web/error":
            return _error(line)
        fields = self._directive(place.offset)
        return _w3c(line, fields) if fields else _access(line)

    def _directive(self, offset: int) -> bytes:
        """The last `#Fields:` line before `offset`; nothing when there is none."""
        if offset < self._looked:
            self._looked, self._fields = 0, b""
        at = self._bytes.rfind(b"#Fields:", self._looked, offset)
        while at > 0 and not self._begins(at):  # inside a line it is no directive
            at = self._bytes.rfind(b"#Fields:", self._looked, at)
        if at >= 0:
            end = self._bytes.find(b"\n", at, offset)
            self._fields = bytes(self._view[at : end if end >= 0 else offset]).rstrip(b"\r,;\"'")
        self._looked = offset
        return self._fields

    def _begins(self, at: int) -> bool:
        """Whether a line begins there, or an export's quote that begins one stands before."""
        before = bytes(self._view[max(at - 2, 0) : at])
        return before[-1:] in (b"\n", b"\xbf") or (before[-1:] in (b'"', b"'") and before[:-1] in (b"", b"\n"))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _or_nothing(raw: bytes | None) -> str | None:
    return None if raw is None or raw == b"-" else _text(raw)


def _access(line: bytes) -> Reading | Unread:
    found = _ACCESS.fullmatch(line)
    if found is None and line[:1] == b'"':  # some exports put the whole line in quotes
        found = _ACCESS.fullmatch(line[1:].removesuffix(b'"')) or _ACCESS.fullmatch(line[1:])
    if found is None:
        return _other(line)
    groups = zip(_ACCESS_NAMES, found.groups(), strict=True)
    values = {name: _or_nothing(raw) for name, raw in groups if name}
    if values["ident"]:
        del values["ident"]  # lighttpd writes a host there: which of both it is, one line does not say
    date = _DATE.fullmatch(found[6])
    if date is not None:
        values["time_offset"], values["time"] = date[7].decode("ascii"), _moment(date)
    return Reading(values | _request(found[7]))


def _request(raw: bytes) -> dict[str, str | None]:
    """A request as its parts, or whole where it is not `METHOD target HTTP/n`."""
    request = _REQUEST.fullmatch(raw)
    if request is None:
        return {"request_line": _text(raw)}
    stem, mark, query = request[2].partition(b"?")
    parts: dict[str, str | None] = {
        "cs_method": _text(request[1]),
        "cs_uri": _text(request[2]),
        "cs_version": _text(request[3]),
    }
    return parts | {"cs_uri_stem": _text(stem), "cs_uri_query": _text(query) if mark else None, "request_line": None}


def _other(line: bytes) -> Reading | Unread:
    """A line of another server than Apache and its kin."""
    said = fields(line)
    if said is None:
        return Unread(
            "the line keeps to no common, combined or vhost_combined layout, nor to another server's that is read here"
        )
    values = {name: _or_nothing(raw) for name, raw in said.items() if name not in ("request", "clf", "iso", "epoch")}
    status = values.get("sc_status")
    values["sc_status"] = str(int(status)) if status not in (None, "-1") else None
    date = _DATE.fullmatch(said.get("clf", b""))
    if date is not None:
        values["time"], values["time_offset"] = _moment(date), date[7].decode("ascii")
    if "iso" in said:
        whole, _, fraction = _text(said["iso"]).partition(".")
        values["time"] = f"{whole}.{fraction:0<9}Z"
    if "epoch" in said:
        whole, _, fraction = _text(said["epoch"]).partition(".")
        values["time"] = datetime.fromtimestamp(int(whole), UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{fraction:0<9}Z"
    return Reading(values | (_request(said["request"]) if "request" in said else {}))


def _moment(date: re.Match[bytes]) -> str | None:
    """A log date with its offset as UTC; None where it is no instant."""
    day, year, hour, minute, second, ahead, more = (int(date[n]) for n in (1, 3, 4, 5, 6, 9, 10))
    offset = timedelta(hours=ahead, minutes=more) * (-1 if date[8] == b"-" else 1)
    try:
        month = _MONTHS.index(date[2]) + 1
        written = datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset))
        return written.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000000Z")
    except (ValueError, OverflowError):
        return None


def _w3c(line: bytes, directive: bytes) -> Reading | Unread:
    names = directive.partition(b":")[2].split()
    fields = line.split(b"\t" if b"\t" in line else b" ")
    iis = any(name in (b"sc-win32-status", b"s-sitename") for name in names)
    if (
        not iis and b"\t" not in line and any(field.startswith(b'"') for field in fields)
    ):  # the W3C's strings; IIS has none
        fields = [held or plain for held, plain in _STRING.findall(line)] if _STRINGS.fullmatch(line) else []
    if len(names) != len(fields):
        return Unread(f"{len(fields)} fields under a directive of {len(names)}")
    columns = [re.sub(r"[^a-z0-9]+", "_", _text(name).lower()).strip("_") for name in names]
    values = {
        _W3C_NAMES.get(column, column): _or_nothing(raw)
        for column, raw in reversed(list(zip(columns, fields, strict=True)))
    }
    if b"sc-win32-status" not in directive:
        values.pop("time_taken_ms", None)  # milliseconds in IIS's logs, seconds or milliseconds in others'
    date, time = values.pop("date", None), values.pop("time", None)
    if date and time:
        try:
            moment = datetime.fromisoformat(f"{date}T{time}")
        except ValueError:
            return Unread("date and time are no instant")
        values["time"] = moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"
    return Reading(values)


def _error(line: bytes) -> Reading | Unread:
    found = _ERROR.fullmatch(line)
    nginx = _NGINX.fullmatch(line) if found is None else None
    if nginx is not None:
        return Reading({name: _or_nothing(raw) for name, raw in zip(_NGINX_NAMES, nginx.groups(), strict=True)})
    if found is None:
        return Reading({"error_text": _text(line)}) if not line.startswith(b"[") else Unread("not Apache's layout")
    values = {
        name: _or_nothing(raw) for name, raw in zip(("module", "level", "pid", "tid"), found.groups(), strict=False)
    }
    client = _CLIENT.match(found[5])
    if client is not None:
        host, mark, port = client[1].rpartition(b":")
        apart = bool(mark) and port.isdigit() and (values["pid"] is not None or b":" not in host)
        values["c_ip"] = _text(host if apart else client[1])
        values["c_port"] = _text(port) if apart else None
    code = _CODE.match(found[5])
    if code is not None:
        values["error_code"] = _text(code[1])
    return Reading(values)
