"""How servers write bytes that are no plain text, each after its own source or page."""

from __future__ import annotations

_NAMED = {8: b"\\b", 9: b"\\t", 10: b"\\n", 11: b"\\v", 13: b"\\r"}


def _each(raw: bytes, escaped: dict[int, bytes], plain: range, other: str) -> bytes:
    return b"".join(
        escaped.get(byte) or (bytes((byte,)) if byte in plain else (other % byte).encode("ascii")) for byte in raw
    )


_PRINTED = range(0x20, 0x7F)
_QUOTES = {34: b'\\"', 92: b"\\\\"}


def apache(raw: bytes) -> bytes:
    """`ap_escape_logitem`. https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#format-notes (and lighttpd's mod_accesslog)"""
    return _each(raw, _NAMED | _QUOTES, _PRINTED, "\\x%02x")


def apache_error(raw: bytes) -> bytes:
    """`ap_escape_errorlog_item`: as in access logs, but quotes stay. https://httpd.apache.org/docs/2.4/logs.html"""
    return _each(raw, _NAMED | {92: b"\\\\"}, _PRINTED, "\\x%02x")


def nginx(raw: bytes) -> bytes:
    """escape=default. https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format"""
    return _each(raw, {34: b"\\x22", 92: b"\\x5C"}, range(0x20, 0x7F), "\\x%02X")


def haproxy(raw: bytes) -> bytes:
    """`#` and two digits. https://docs.haproxy.org/3.0/configuration.html#8.6"""
    return _each(raw, {byte: b"#%02X" % byte for byte in b'"#{|}'}, _PRINTED, "#%02X")


def percent(raw: bytes) -> bytes:
    """Percent signs for all that a URL does not hold (Squid, CloudFront)."""
    return _each(raw, {byte: b"%%%02X" % byte for byte in b'"%<>\\^`{|} '}, _PRINTED, "%%%02X")


def squid_quoted(raw: bytes) -> bytes:
    """Squid's quoted strings: https://www.squid-cache.org/Doc/config/logformat/ (`"`: quoted string escapes)."""
    return _each(raw, {9: b"\\t", 10: b"\\n", 13: b"\\r", **_QUOTES}, range(0x100), "")


def tomcat(raw: bytes) -> bytes:
    """`escapeAndAppend`. https://tomcat.apache.org/tomcat-10.1-doc/config/valve.html#Access_Logging"""
    named = {byte: text for byte, text in _NAMED.items() if byte not in (8, 11)} | {12: b"\\f"}
    return _each(raw, named | _QUOTES, _PRINTED, "\\u%04x")


def plus(raw: bytes) -> bytes:
    """IIS: `+` for a space, nothing else that would end a line. https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging"""
    return bytes(43 if byte == 32 else byte for byte in raw if byte > 31 and byte != 127)


def unquoted(raw: bytes) -> bytes:
    """The same without quotes that could be taken for a value's end: what they leave open is told, not read."""
    found = nothing(raw)
    while (shorter := found.replace(b'" ', b'"').replace(b' "', b'"')) != found:
        found = shorter
    return found.strip(b'" ') or b"x"


def nothing(raw: bytes) -> bytes:
    """Servers that write headers as they come: HTTP itself lets no control character but TAB through (RFC 9110 section 5.5)."""
    return bytes(byte for byte in raw if byte > 31 and byte != 127)
