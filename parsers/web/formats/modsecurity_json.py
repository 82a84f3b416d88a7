"""ModSecurity's audit log in JSON: `SecAuditLogFormat JSON` of 2.9 and of 3. Messages stay the JSON that they are; the rules that spoke
are told beside.

https://github.com/owasp-modsecurity/ModSecurity/wiki/ModSecurity-2-Data-Formats (JSON)
https://github.com/owasp-modsecurity/ModSecurity/wiki/Reference-Manual-(v3.x)#secauditlogformat
"""

from __future__ import annotations

import re

import pyarrow as pa

from parsers.web.instants import Clf, Ctime
from parsers.web.json_kinds import Target
from parsers.web.json_lines import JsonFormat, Meaning
from parsers.web.kinds import STATUS, Request, Text, Whole

FAMILY = "web/audit"
_IN_MESSAGE = r'\[id \\?"(\d{1,18})\\?"\]|"ruleId":\s*"(\d{1,18})"'


def _with_rules(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The numbers of the rules that the messages name, beside them, each once."""
    if "messages" not in batch.schema.names:
        return batch
    said = []
    for text in batch.column("messages").to_pylist():
        numbers = [one or two for one, two in re.findall(_IN_MESSAGE, text or "")]
        said.append(",".join(dict.fromkeys(numbers)) or None)
    return batch.append_column("rule_ids", pa.array(said, pa.string()))


_NEW = (
    Meaning("transaction.client_ip", "c_ip", Text()),
    Meaning("transaction.client_port", "src_port", Whole(pa.int32())),
    Meaning("transaction.host_ip", "s_ip", Text()),
    Meaning("transaction.host_port", "s_port", Whole(pa.int32())),
    Meaning("transaction.unique_id", "request_id", Text()),
    Meaning("transaction.request.method", "cs_method", Text()),
    Meaning("transaction.request.uri", "cs_uri", Target()),
    Meaning("transaction.request.headers.Host", "cs_host", Text()),
    Meaning("transaction.request.headers.User-Agent", "cs_user_agent", Text()),
    Meaning("transaction.request.headers.Referer", "cs_referer", Text()),
    Meaning("transaction.request.headers.X-Forwarded-For", "x_forwarded_for", Text()),
    Meaning("transaction.request.headers.Forwarded", "forwarded", Text()),
    Meaning("transaction.request.headers.CF-Connecting-IP", "cf_connecting_ip", Text()),
    Meaning("transaction.request.headers.Cookie", "cs_cookie", Text()),
    Meaning("transaction.response.http_code", "sc_status", STATUS),
    Meaning("transaction.producer.modsecurity", "producer", Text()),
    Meaning("transaction.producer.secrules_engine", "engine_mode", Text()),
    Meaning("transaction.messages", "messages", Text(True)),
)
_OLD = (
    Meaning("transaction.remote_address", "c_ip", Text()),
    Meaning("transaction.remote_port", "src_port", Whole(pa.int32())),
    Meaning("transaction.local_address", "s_ip", Text()),
    Meaning("transaction.local_port", "s_port", Whole(pa.int32())),
    Meaning("transaction.transaction_id", "request_id", Text()),
    Meaning("request.request_line", "request", Request()),
    Meaning("request.headers.Host", "cs_host", Text()),
    Meaning("request.headers.User-Agent", "cs_user_agent", Text()),
    Meaning("request.headers.Referer", "cs_referer", Text()),
    Meaning("request.headers.X-Forwarded-For", "x_forwarded_for", Text()),
    Meaning("request.headers.Forwarded", "forwarded", Text()),
    Meaning("request.headers.CF-Connecting-IP", "cf_connecting_ip", Text()),
    Meaning("request.headers.Cookie", "cs_cookie", Text()),
    Meaning("response.status", "sc_status", STATUS),
    Meaning("audit_data.messages", "messages", Text(True)),
    Meaning("audit_data.producer", "producer", Text()),
    Meaning("audit_data.engine_mode", "engine_mode", Text()),
)
FORMATS = (
    JsonFormat(
        name="modsecurity-json",
        family=FAMILY,
        event="http.audit",
        time_desc="Transaction logged",
        needs=(("transaction.time_stamp",), ("transaction.unique_id",), ("transaction.client_ip",)),
        times=(("transaction.time_stamp", Ctime()),),
        meanings=_NEW,
        change=_with_rules,
    ),
    JsonFormat(
        name="modsecurity-json-2",
        family=FAMILY,
        event="http.audit",
        time_desc="Transaction logged",
        needs=(("transaction.time",), ("transaction.transaction_id",), ("transaction.remote_address",)),
        times=(("transaction.time", Clf()),),
        meanings=_OLD,
        change=_with_rules,
    ),
)
