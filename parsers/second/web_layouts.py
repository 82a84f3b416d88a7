"""Access logs of further servers by plain regular expressions, written apart from `parsers.web` and after the servers' own pages.

Groups are called as the columns; `request` is taken apart by the caller, `clf`, `iso` and `epoch` are instants with a zone.
https://docs.haproxy.org/3.0/configuration.html#8.2
https://www.squid-cache.org/Doc/config/logformat/
https://doc.traefik.io/traefik/observability/access-logs/
https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/
https://istio.io/latest/docs/tasks/observability/logs/access-log/#default-access-log-format
https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
https://learn.microsoft.com/en-us/windows/win32/http/iis-logging
"""

from __future__ import annotations

import re
from decimal import Decimal

_Q = rb'[^"\\]*(?:\\.[^"\\]*)*'
_RAW = rb'(?:(?!" |"$).)*+'  # where nothing is escaped: up to a quote that a space follows, or the line's end
_CLF = rb"(?P<clf>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})"
_COMMON = (
    rb'(?P<c_ip>\S+) \S+ [^"\[]+ \['
    + _CLF
    + rb'\] "(?P<request>'
    + _Q
    + rb')" (?P<sc_status>\d{3}|-) (?P<sc_bytes>\d+|-)'
)
_HEADERS = rb' "(?P<cs_referer>' + _Q + rb')" "(?P<cs_user_agent>' + _Q + rb')"'
_COMBINED = _COMMON + _HEADERS
_ADDRESS_PORT = rb"\[?(?P<c_ip>[^\s\[\]]+?)\]?:(?P<c_port>\d+)"
_HAPROXY = (
    _ADDRESS_PORT + rb" \[\d\d/[A-Z][a-z]{2}/\d{4}:[\d:.]+\] (?P<frontend>\S+) (?P<upstream_name>[^\s/]+/[^\s/]+) "
)
_ELB = (
    rb"(?P<iso>\d{4}-\d\d-\d\dT[\d:.]+)Z (?P<elb>\S+) " + _ADDRESS_PORT + rb" (?P<upstream>\S+) [\d.-]+ [\d.-]+ [\d.-]+"
    rb" (?P<sc_status>\d{3}|-) (?P<upstream_status>\d{1,3}|-) (?P<cs_bytes>\d+|-) (?P<sc_bytes>\d+|-) \"(?P<request>"
    + _Q
    + rb")\""
)
_LIST = rb"[^ ,]+(?:(?:, | : )[^ ,]+)*"
_INGRESS = (
    rb" (?P<cs_bytes>\d+) (?P<s>\d+\.\d+) \[(?P<upstream_name>[^\]]*)\] \[(?P<upstream_alternative>[^\]]*)\] (?P<upstream>"
    + rb") (?P<upstream_bytes>".join((_LIST, _LIST)) + rb") (?P<upstream_duration>" + _LIST + rb") (?P<upstream_status>" + _LIST
    + rb") (?P<request_id>\S+)"
)  # fmt: skip
_ISTIO = (
    rb'(?: \S+ \S+)? "[^"]*"',
    rb" (?P<upstream_name>\S+) \S+ \[?(?P<s_ip>[^\s\[\]]+?)\]?:(?P<s_port>\d+) " + _ADDRESS_PORT + rb" \S+ \S+",
)


def _envoy(quoted: bytes, details: bytes, ends: bytes) -> bytes:
    """Envoy's default format; Istio's has details of the answer within and both ends of the connections behind."""
    names = (b"x_forwarded_for", b"cs_user_agent", b"request_id", b"cs_host", b"upstream")
    headers = b"".join(rb' "(?P<' + name + rb">" + quoted + rb')"' for name in names)
    return (
        rb"\[(?P<iso>\d{4}-\d\d-\d\dT[\d:.]+)Z\] \"(?P<request>" + quoted + rb")\" (?P<sc_status>\d+) \S+" + details
        + rb" (?P<cs_bytes>\d+) (?P<sc_bytes>\d+) (?P<ms>\d+) (?P<upstream_duration>\d+|-)" + headers + ends
    )  # fmt: skip


_SOURCES = (
    _COMBINED + _INGRESS,
    _COMBINED.replace(_Q, _RAW) + rb' \d+ "(?P<upstream_name>' + _Q + rb')" "(?P<upstream>' + _Q + rb')" (?P<ms>\d+)ms',
    _COMBINED + rb' \d+ "(?P<upstream_name>' + _Q + rb')" "(?P<upstream>' + _Q + rb')" (?P<ms>\d+)ms',
    _COMMON + rb"(?:" + _HEADERS + rb")? (?:(?P<taken>\d+|-)(?: (?P<committed>\d+|-))?|(?P<s>\d+\.\d+))",
    _COMBINED + rb" (?P<squid_result>[A-Z_0-9]+):(?P<squid_hierarchy>[A-Z_0-9]+)",
    rb'"(?P<c_ip>[^" ]+)" "[^"]+" "' + _CLF + rb'" "(?P<request>' + _Q + rb')" (?P<sc_status>\d{3}) (?P<sc_bytes>\d+|-)(?: ".*")?',
    _HAPROXY + rb"(?:-?\d+/){4}\+?(?P<ms>\d+) (?P<sc_status>\d{3}|-1) \+?(?P<sc_bytes>\d+) \S+ \S+ (?P<termination_state>[\w-]{4}) [\d/+]+ "
    rb'[\d/]+(?: \{.*\})? "(?P<request>' + _Q + rb')"(?: [\w/-]+ \S+)?',
    _HAPROXY + rb"(?:-?\d+/){2}\+?(?P<ms>\d+) \+?(?P<sc_bytes>\d+) (?P<termination_state>[\w-]{2}) [\d/+]+ [\d/]+",
    rb"(?P<epoch>\d{1,11}\.\d{3}) +(?P<ms>\d+) (?P<c_ip>\S+) (?P<squid_result>[A-Z_0-9]+)/(?P<sc_status>\d{3}|-) (?P<sc_bytes>\d+)"
    rb" (?P<cs_method>\S+) (?P<cs_uri>\S+) (?P<cs_username>\S+) (?P<squid_hierarchy>[A-Z_0-9]+)/(?P<upstream>\S+) (?P<content_type>\S+)",
    _envoy(_RAW, b"", b""),
    _envoy(_Q, b"", b""),
    _envoy(_RAW, *_ISTIO),
    _envoy(_Q, *_ISTIO),
    rb"(?:https?|h2|grpcs|wss?) " + _ELB + rb' "(?P<cs_user_agent>' + _Q + rb')" (?P<tls_cipher>\S+) (?P<tls_protocol>\S+) .*',
    _ELB + rb'(?: "(?P<cs_user_agent>' + _Q + rb')" (?P<tls_cipher>\S+) (?P<tls_protocol>\S+))?',
    rb"(?:[0-9a-f]{64}|-) (?P<bucket>\S+) \[" + _CLF + rb"\] (?P<c_ip>\S+) (?P<cs_username>\S+) (?P<request_id>\S+) (?P<operation>\S+)"
    rb' (?P<key>\S+) (?:"(?P<request>' + _Q + rb')"|-) (?P<sc_status>\d{3}|-)'
    rb" (?P<error_code>\S+) (?P<sc_bytes>\d+|-) (?P<object_size>\d+|-)"
    rb' (?P<ms>\d+|-) \S+ (?:"(?P<cs_referer>' + _Q + rb')"|-) (?:"(?P<cs_user_agent>' + _Q + rb')"|-)(?: .*)?',
    rb"(?P<c_ip>[^ ,]+), (?P<cs_username>[^,]+), [\d/]+, [\d:]+, (?P<s_sitename>W3SVC\d+), (?P<s_computername>[^ ,]+), (?P<s_ip>[^ ,]+),"
    rb" (?P<ms>\d+), (?P<cs_bytes>\d+), (?P<sc_bytes>\d+), (?P<sc_status>\d+), (?P<sc_win32_status>\d+), (?P<cs_method>[^ ,]+),"
    rb" (?P<cs_uri_stem>.*?), (?P<cs_uri_query>.*?),",
)  # fmt: skip
_LAYOUTS = tuple(re.compile(source, re.DOTALL) for source in _SOURCES)
_UNITS = {"ms": 10**6, "s": 10**9}


def fields(line: bytes) -> dict[str, bytes] | None:
    """What a line of one of these servers says, by group; None where it is of none of them. `duration` is in ns."""
    found = next((match for layout in _LAYOUTS if (match := layout.fullmatch(line)) is not None), None)
    if found is None:
        return None
    said = {name: raw for name, raw in found.groupdict().items() if raw is not None}
    for unit, ns in _UNITS.items():
        written = said.pop(unit, b"-")
        if written != b"-":
            said["duration"] = str(int(Decimal(written.decode("ascii")) * ns)).encode()
    return said
