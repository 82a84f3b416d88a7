"""What web servers write: one row a request, under the W3C Extended Log names with `_` for `-`.

Text stands as the server wrote it: log escapes (`\\"`, `\\x22`), percent signs and the `+` that IIS writes for a space stay.
A lone `-`, the formats' own sign for "nothing", is null.
"""

from __future__ import annotations

import pyarrow as pa

from timelines.schema import TIME, Column, Family

W3C = "W3C Extended Log"
CLF = "Apache mod_log_config"
CORE_APACHE = "Apache ErrorLogFormat"
OURS = "Athar"
NGINX = "nginx"

# Text, since it is no instant: two machines' wall times cannot be compared.
WALL = Column(
    "wall_time",
    pa.string(),
    "What the server's clock showed, where the log says no zone and the examiner gave none: `yyyy-mm-dd hh:mm:ss`, no instant.",
    "",
    OURS,
)
ACCESS_COLUMNS: tuple[Column, ...] = (
    Column("c_ip", pa.string(), "Client as the server saw it: address, or name where lookups are on.", "", W3C),
    Column("c_port", pa.int32(), "Port of that client.", "", W3C, "client.port"),
    Column("ident", pa.string(), "Second field, `%l`: identd's answer (lighttpd writes the asked host here).", "", CLF),
    Column("cs_username", pa.string(), "Account that the client authenticated as.", "", W3C, "user.name"),
    Column("cs_method", pa.string(), "Request method, as written.", "", W3C, "http.request.method"),
    Column(
        "cs_uri",
        pa.string(),
        "Whole request target as written. IIS logs it in two: stem, `?`, query.",
        "",
        W3C,
        "url.original",
    ),
    Column("cs_uri_stem", pa.string(), "Target up to the first `?`, as written.", "", W3C, "url.path"),
    Column("cs_uri_query", pa.string(), "Target after the first `?`, as written.", "", W3C, "url.query"),
    Column("cs_version", pa.string(), "Protocol version the client sent, such as `HTTP/1.1`.", "", W3C, "http.version"),
    Column("cs_host", pa.string(), "Host header of the request.", "", W3C, "url.domain"),
    Column("virtual_host", pa.string(), "Server name that answered, `%v`.", "", CLF, "server.domain"),
    Column("virtual_port", pa.int32(), "Port of the server that answered, `%p`.", "", CLF, "server.port"),
    Column("s_ip", pa.string(), "Address of the server.", "", W3C, "server.ip"),
    Column("s_port", pa.int32(), "Port of the server.", "", W3C, "server.port"),
    Column("s_computername", pa.string(), "Name of the machine that logged.", "", W3C, "host.name"),
    Column("s_sitename", pa.string(), "Site (service instance) that was asked, such as `W3SVC1`.", "", W3C),
    Column("sc_status", pa.int32(), "HTTP status of the answer.", "", W3C, "http.response.status_code"),
    Column("sc_substatus", pa.int32(), "IIS substatus, such as the 2 of `403.2`.", "", W3C),
    Column("sc_win32_status", pa.int64(), "Windows error code.", "", W3C),
    Column("sc_bytes", pa.int64(), "Bytes sent to the client: body for `%b`, all for IIS and `%O`.", "bytes", W3C),
    Column("cs_bytes", pa.int64(), "Bytes received from the client.", "bytes", W3C, "http.request.bytes"),
    Column("time_taken_ms", pa.int64(), "Time the request took.", "ms", W3C),
    Column(
        "duration",
        pa.int64(),
        "Time the request took, where the log says it in another unit than the W3C's.",
        "ns",
        OURS,
    ),
    Column("upstream", pa.string(), "Servers behind this one that were asked, as written.", "", NGINX),
    Column("upstream_name", pa.string(), "Name of the upstream, or of the backend and server.", "", NGINX),
    Column("upstream_alternative", pa.string(), "Name of the alternative upstream.", "", NGINX),
    Column("upstream_status", pa.string(), "Status that each upstream answered, as written.", "", NGINX),
    Column("upstream_bytes", pa.string(), "Bytes that each upstream answered, as written.", "", NGINX),
    Column("upstream_duration", pa.string(), "Time that each upstream took, as written.", "", NGINX),
    Column("request_id", pa.string(), "Identifier the server gave the request.", "", NGINX, "http.request.id"),
    Column("cs_user_agent", pa.string(), "User-Agent header as logged.", "", W3C, "user_agent.original"),
    Column("cs_referer", pa.string(), "Referer header as logged.", "", W3C, "http.request.referrer"),
    Column("cs_cookie", pa.string(), "Cookie header as logged.", "", W3C),
    Column("x_forwarded_for", pa.string(), "Addresses that the client or a proxy claims; not verified.", "", W3C),
    Column("forwarded", pa.string(), "The same in the header of RFC 7239; not verified.", "", OURS),
    Column("cf_connecting_ip", pa.string(), "The client as Cloudflare's header names it; not verified.", "", OURS),
    Column(
        "client_claimed",
        pa.string(),
        "First address in `x_forwarded_for`, else `forwarded`, else `cf_connecting_ip`: claimed by the client, not verified.",
        "",
        OURS,
    ),
    Column("tls_protocol", pa.string(), "TLS version, as the server names it.", "", OURS, "tls.version"),
    Column("tls_cipher", pa.string(), "Cipher suite, as the server names it.", "", OURS, "tls.cipher"),
    Column("request_line", pa.string(), "Whole request as written, where it is not `METHOD target HTTP/n`.", "", CLF),
    Column("extra", pa.string(), "What stood on the line beside the fields of its layout, as written.", "", OURS),
    Column("time_offset", pa.string(), "Offset from UTC as written, such as `+0100`.", "", CLF),
    WALL,
    Column(
        "parse_quality",
        pa.string(),
        "`fast` and `strict`: the line fits its layout; `loose`: it does not, and what could be told apart is given. "
        "A line that cannot be read at all (`unparsed`) is a problem, not a row.",
        "",
        OURS,
    ),
)

_FORMAT = Column(
    "log_format", pa.string(), "Line format that it was read by: `clf`, `iis-w3c`, `apache-error` …", "", OURS
)

WRAPPER_COLUMNS: tuple[Column, ...] = (
    Column(
        "wrapper",
        pa.string(),
        "What the line was wrapped in: `syslog`, `syslog-5424`, `docker`, `docker-timestamps`, `docker-compose`, `cri`, `journald-json`, "
        "`journald-export`.",
        "",
        OURS,
    ),
    Column(
        "wrapper_time",
        TIME,
        "When the log service took the line, where it says so with a zone, or the examiner gave one.",
        "ns",
        OURS,
    ),
    Column("wrapper_time_written", pa.string(), "The same as written; syslog's has neither year nor zone.", "", OURS),
    Column("wrapper_year", pa.int32(), "Year of such a stamp, inferred: it is not written.", "", OURS),
    Column(
        "wrapper_year_told",
        pa.string(),
        "What tells that year: `own-date` (a date inside the line), `lines-around` (those of other lines, and the turns of the year "
        "between), `examiner`, `file-name` (the day that a rotated file is named after).",
        "",
        OURS,
    ),
    Column("wrapper_program", pa.string(), "Program that wrote the line, as the log service calls it.", "", "RFC 5424"),
    Column("wrapper_pid", pa.int64(), "Process that wrote the line, as the log service says.", "", "RFC 5424"),
    Column("wrapper_stream", pa.string(), "`stdout` or `stderr`, where a container wrote the line.", "", "docker"),
    Column(
        "syslog_priority", pa.int32(), "Number in `<PRI>`: eight times the facility, and the severity.", "", "RFC 5424"
    ),
)

ERROR_COLUMNS: tuple[Column, ...] = (
    Column("level", pa.string(), "Severity as written, such as `error`.", "", CORE_APACHE, "log.level"),
    Column("module", pa.string(), "Module that reports, such as `core` or `php`.", "", CORE_APACHE),
    Column("error_code", pa.string(), "Apache's message number, such as `AH00126`.", "", CORE_APACHE, "error.code"),
    Column("os_error", pa.string(), "Error of the operating system, as `(13)Permission denied`.", "", CORE_APACHE),
    Column("pid", pa.int64(), "Process that reports.", "", CORE_APACHE, "process.pid"),
    Column("tid", pa.int64(), "Thread that reports.", "", CORE_APACHE, "process.thread.id"),
    Column("c_ip", pa.string(), "Client whose request was at fault.", "", W3C),
    Column("c_port", pa.int32(), "Port of that client.", "", CORE_APACHE),
    Column("connection", pa.int64(), "Connection that was served, as nginx numbers them.", "", NGINX),
    Column("request_line", pa.string(), "Request that was at fault, as the log appends it to the report.", "", NGINX),
    Column(
        "error_text", pa.string(), "The report as written, without the bracketed fields before it.", "", CORE_APACHE
    ),
    Column("cs_referer", pa.string(), "Referer that Apache appends to the report.", "", W3C, "http.request.referrer"),
    WALL,
    Column(
        "parse_quality",
        pa.string(),
        "`strict`: the line fits its layout; `loose`: text without date, as programs that the server starts write it.",
        "",
        OURS,
    ),
)

MODSECURITY = "ModSecurity audit log"
_FROM_ACCESS = (
    "c_ip", "s_ip", "s_port", "request_id", "cs_method", "cs_uri", "cs_uri_stem", "cs_uri_query", "cs_version", "request_line",
    "cs_host", "cs_user_agent", "cs_referer", "cs_cookie", "x_forwarded_for", "forwarded",
    "cf_connecting_ip", "client_claimed", "sc_status", "time_offset", "wall_time", "parse_quality",
)  # fmt: skip

AUDIT_COLUMNS: tuple[Column, ...] = (
    *(column for column in ACCESS_COLUMNS if column.name in _FROM_ACCESS),
    Column(
        "messages",
        pa.string(),
        "What the rules reported, as written: a line each, or the JSON that it is.",
        "",
        MODSECURITY,
    ),
    Column(
        "rule_ids",
        pa.string(),
        "Numbers of the rules that the messages name, each once, between commas.",
        "",
        MODSECURITY,
    ),
    Column("action", pa.string(), "What was done about it, such as `Intercepted (phase 2)`.", "", MODSECURITY),
    Column("producer", pa.string(), "Version of ModSecurity and its rules.", "", MODSECURITY),
    Column("engine_mode", pa.string(), "`ENABLED`, or `DETECTION_ONLY`: nothing is stopped.", "", MODSECURITY),
    Column("parts", pa.string(), "Letters of the parts that the transaction has, in order.", "", MODSECURITY),
)

FAMILIES: tuple[Family, ...] = (
    Family(
        "web/access",
        "One request that a web server logged (Apache, nginx, IIS). `record` is the line number; `length` includes the line's end.",
        (*ACCESS_COLUMNS, _FORMAT, *WRAPPER_COLUMNS),
        open=True,
    ),
    Family(
        "web/error",
        "One line of a web server's error log (Apache 2.2 and 2.4). Its times have no zone: without one from the examiner they are null.",
        (*ERROR_COLUMNS, _FORMAT, *WRAPPER_COLUMNS),
        open=True,
    ),
    Family(
        "web/audit",
        "One transaction that ModSecurity logged: the request, the answer, and what its rules reported.",
        (*AUDIT_COLUMNS, _FORMAT, *WRAPPER_COLUMNS),
        open=True,
    ),
)
