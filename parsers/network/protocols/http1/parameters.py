"""Parameters of header fields, and the file names among them (RFC 9110 section 5.6.6, RFC 6266, RFC 8187)."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_to_bytes

from parsers.network.protocols import text

_LOOKED = 4_096  # characters of a field that are looked at
_NAME_LIMIT = 1_024  # characters of a file name
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_ESCAPED = re.compile(r"\\(.)")


def parameters(value: str) -> dict[str, str]:
    """The parameters of a field by lower-case name; the first of each name counts."""
    found: dict[str, str] = {}
    for name, raw in _PARAMETER.findall(value[:_LOOKED]):
        found.setdefault(name.lower(), _unquoted(raw) if raw[:1] == '"' and len(raw) > 1 else raw.strip())
    return found


def _unquoted(raw: str) -> str:
    return _ESCAPED.sub(r"\1", raw[1:-1]) if "\\" in raw else raw[1:-1]


def file_name(disposition: str | None, among: tuple[str, ...] = ("filename",)) -> str | None:
    """The file name that a Content-Disposition gives, its extended form before the plain one."""
    if not disposition or ";" not in disposition:
        return None
    found = parameters(disposition)
    for name in among:
        extended = found.get(name + "*", "").split("'", 2)
        if len(extended) == 3:
            return _extended(*extended)[:_NAME_LIMIT] or None
        if name in found:
            return found[name][:_NAME_LIMIT] or None
    return None


def _extended(charset: str, _language: str, value: str) -> str:
    """RFC 8187 section 3.2: a value in UTF-8 or Latin-1, percent-encoded."""
    raw = unquote_to_bytes(value)
    return raw.decode("latin-1") if charset.lower() == "iso-8859-1" else text(raw)


def name_in_url(target: str) -> str | None:
    """The last part of a request target's path, percent-decoded."""
    path = target.partition("?")[0].partition("#")[0]
    if "://" in path[:16]:
        path = path.partition("://")[2].partition("/")[2]
    name = path.rpartition("/")[2][:_NAME_LIMIT]
    return (unquote(name, errors="backslashreplace") if "%" in name else name) or None
