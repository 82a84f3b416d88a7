"""Which rows a log source means, and what a rule's field names are called there."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timelines.coded import CODED
from timelines.detection import joined_columns
from timelines.detection.joined_columns import column_of
from timelines.detection.logsources import Column, entries, sources_for
from timelines.families import all_families

Hits = Callable[..., list[int]]
_DEFENDER = "Microsoft-Windows-Windows Defender/Operational"
_SHELLS = ("Microsoft-Windows-PowerShell", "PowerShellCore")
SYSMON = "Microsoft-Windows-Sysmon/Operational"


def sysmon(event: int, **fields: Any) -> dict[str, Any]:
    return {"Channel": SYSMON, "EventID": event, **fields}


def security(event: int, **fields: Any) -> dict[str, Any]:
    return {"Channel": "Security", "EventID": event, **fields}


CONNECTED = security(
    5156,
    Application=r"\device\harddiskvolume2\x.exe",
    ProcessID="8",
    SourceAddress="198.51.100.1",
    DestAddress="192.0.2.9",
    DestPort="443",
    Protocol="6",
)
STARTED = {
    "ObjectName": r"\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services\x",
    "ObjectValueName": "Start",
    "NewValueType": "%%1876",
    "NewValue": "4",
}


CASES: list[tuple[str, dict[str, str], str, str, list[dict[str, Any]], list[dict[str, Any]]]] = [
    ("process starts of Sysmon and of Security 4688", {"product": "windows", "category": "process_creation"},
     r"Image|endswith: '\x.exe'", "windows/security",
     [sysmon(1, Image=r"C:\x.exe"), security(4688, NewProcessName=r"C:\X.EXE")],
     [sysmon(5, Image=r"C:\x.exe"), security(4689, NewProcessName=r"C:\x.exe"), {"EventID": 1, "Channel": "System", "Image": r"\x.exe"}]),
    ("a category within one service", {"product": "windows", "category": "process_creation", "service": "sysmon"},
     "CommandLine: a", "windows/security", [sysmon(1, CommandLine="a")], [security(4688, CommandLine="a")]),
    ("integrity levels by their SID", {"product": "windows", "category": "process_creation"},
     "IntegrityLevel: High", "windows/security",
     [security(4688, MandatoryLabel="S-1-16-12288"), sysmon(1, IntegrityLevel="High")], [security(4688, MandatoryLabel="S-1-16-8192")]),
    ("a user with its domain", {"product": "windows", "category": "process_creation"},
     r"User|startswith: 'NT AUTHORITY\'", "windows/security",
     [security(4688, SubjectDomainName="NT AUTHORITY", SubjectUserName="SYSTEM"), sysmon(1, User=r"NT AUTHORITY\SYSTEM")],
     [security(4688, SubjectDomainName="LAB", SubjectUserName="SYSTEM")]),
    ("process ids in hexadecimal", {"product": "windows", "category": "process_creation"},
     "ParentProcessId: 4", "windows/security", [security(4688, ProcessId="0x4")], [security(4688, ProcessId="0x44", NewProcessId="0x4")]),
    ("outbound connections of Security 5156", {"product": "windows", "category": "network_connection"},
     "{Initiated: 'true', DestinationPort: 443, DestinationIp|cidr: 192.0.2.0/24, Protocol: tcp, Image|endswith: '\\x.exe', ProcessId: 8}",
     "windows/security",
     [{**CONNECTED, "Direction": "%%14593"},
      sysmon(3, Initiated="true", DestinationPort="443", DestinationIp="192.0.2.9", Protocol="tcp", Image=r"C:\x.exe", ProcessId="8")],
     [{**CONNECTED, "Direction": "%%14592"}, {**CONNECTED, "Direction": "%%14593", "Protocol": "17"}]),
    ("registry values of Security 4657", {"product": "windows", "category": "registry_set"},
     r"{TargetObject|endswith: '\Services\x\Start', TargetObject|startswith: 'HKLM\System\CurrentC', Details: DWORD (0x00000004)}",
     "windows/security",
     [security(4657, OperationType="%%1905", **STARTED), security(4657, OperationType="%%1904", **STARTED),
      sysmon(13, TargetObject=r"HKLM\System\CurrentControlSet\Services\x\Start", Details="DWORD (0x00000004)")],
     [security(4657, OperationType="%%1906", **STARTED), security(4657, OperationType="%%1905", **{**STARTED, "NewValue": "3"})]),
    ("registry values that were text", {"product": "windows", "category": "registry_event"},
     r"{TargetObject: 'HKU\S-1-5-21-1\Run\x', Details|startswith: 'C:\', EventType: SetValue}", "windows/security",
     [security(4657, ObjectName=r"\REGISTRY\USER\S-1-5-21-1\Run", ObjectValueName="x", OperationType="%%1904",
               NewValueType="%%1873", NewValue=r"C:\x.exe")],
     [security(4657, ObjectName=r"\REGISTRY\USERS\S-1-5-21-1\Run", ObjectValueName="x", OperationType="%%1904",
               NewValueType="%%1873", NewValue=r"C:\x.exe")]),
    ("registry values that were deleted", {"product": "windows", "category": "registry_delete"}, r"TargetObject|endswith: '\Start'",
     "windows/security", [security(4657, OperationType="%%1906", **STARTED)], [security(4657, OperationType="%%1905", **STARTED)]),
    ("new services of System 7045 and Security 4697", {"product": "windows", "category": "service_creation"},
     "{ImagePath|contains: x.exe, StartType: demand start, ServiceType: user mode service, AccountName: LocalSystem}", "windows/system",
     [{"Channel": "System", "EventID": 7045, "ImagePath": "x.exe", "StartType": "demand start", "ServiceType": "user mode service",
       "AccountName": "LocalSystem"},
      security(4697, ServiceFileName="x.exe", ServiceStartType="3", ServiceType="0x10", ServiceAccount="LocalSystem")],
     [security(4697, ServiceFileName="x.exe", ServiceStartType="2", ServiceType="0x10", ServiceAccount="LocalSystem"),
      {"Channel": "System", "EventID": 7036, "ImagePath": "x.exe"}]),
    ("registry keys that are made", {"product": "windows", "category": "registry_add"}, "TargetObject|contains: Run",
     "windows/sysmon", [sysmon(12, EventType="CreateKey", TargetObject=r"HKLM\Run")],
     [sysmon(12, EventType="DeleteKey", TargetObject=r"HKLM\Run"), sysmon(13, EventType="CreateKey", TargetObject=r"HKLM\Run")]),
    ("script blocks of both PowerShells", {"product": "windows", "category": "ps_script"}, "ScriptBlockText|contains: iex",
     "windows/powershell",
     [{"Channel": f"{c}/Operational", "EventID": 4104, "ScriptBlockText": "IEX"} for c in _SHELLS],
     [{"Channel": "Windows PowerShell", "EventID": 4104, "ScriptBlockText": "IEX"}]),
    ("a service by its channel, whatever the case", {"product": "windows", "service": "windefend"}, "ThreatName: x",
     "windows/defender", [{"Channel": "microsoft-windows-windows defender/operational", "Threat Name": "X"}],
     [{"Channel": "System", "Threat Name": "X"}, {"Channel": "System", "Channel#2": _DEFENDER, "ThreatName": "x"}]),
    ("antivirus is Defender's detections", {"category": "antivirus"}, "Signature|contains: hack", "windows/defender",
     [{"Channel": _DEFENDER, "EventID": 1116, "Threat Name": "HackTool"}],
     [{"Channel": _DEFENDER, "EventID": 2000, "Threat Name": "HackTool"}]),
    ("a path that a rule puts in the query", {"category": "webserver"}, "cs-uri-query|contains: '/shell.php?cmd='", "web/access",
     [{"cs_uri": "/up/shell.php?cmd=id"}, {"cs_uri_stem": "/up/shell.php", "cs_uri_query": "cmd=id"}],
     [{"cs_uri": "/shell.php"}, {"cs_uri_stem": "/shell.php"}]),
    ("the query itself from its begin", {"category": "webserver"}, "cs-uri-query|startswith: 'cmd='", "web/access",
     [{"cs_uri": "/x?cmd=id", "cs_uri_query": "cmd=id"}], [{"cs_uri": "/cmd=id", "cs_uri_query": "x=cmd="}]),
    ("encoded once, twice, with plus", {"category": "webserver"}, "cs-uri-query|contains: 'union select'", "web/access",
     [{"cs_uri_query": q} for q in ("q=UNION%20SELECT", "q=union%2520select", "q=union+select", "q=union+%53elect", "q=union select")],
     [{"cs_uri_query": "q=union%2Bselect%"}, {"cs_uri_query": "q=unionselect"}]),
    ("as written too", {"category": "webserver"}, "cs-uri-query|contains: '%2e%2e'", "web/access",
     [{"cs_uri_query": "a=%2E%2e/"}], [{"cs_uri_query": "a=../"}]),
    ("status is a number", {"category": "webserver"}, "sc-status: 200", "web/access", [{"sc_status": 200}], [{"sc_status": 404}]),
    ("names with dashes that no map has", {"category": "webserver"}, "s-computername: web1", "web/access",
     [{"s_computername": "WEB1"}], [{"s_computername": "web2"}]),
    ("apache's error log", {"service": "apache"}, "error_text|contains: segfault", "web/error",
     [{"error_text": "a segfault"}], [{"error_text": "fine"}]),
    ("requests that ModSecurity wrote down", {"category": "webserver"}, "cs-uri-query|contains: 'union select'", "web/audit",
     [{"cs_uri": "/?q=union%20select", "cs_uri_query": "q=union%20select"}], [{"messages": "union select"}]),
    ("modsecurity's own log", {"product": "modsecurity"}, "{rule_ids|contains: '942100', messages|contains: Access denied}", "web/audit",
     [{"rule_ids": "949110,942100", "messages": "Access denied with code 403"}], [{"rule_ids": "942100", "messages": "Warning."}]),
    ("modsecurity in the server's error log", {"product": "linux", "service": "modsecurity"}, "error_text|contains: denied",
     "web/error", [{"error_text": "ModSecurity: Access denied"}, {"error_text": "[client 192.0.2.7] ModSecurity: Access denied"}],
     [{"error_text": "Access denied"}, {"error_text": "ModSecurity: Warning"}]),
    ("zeek names with dots", {"product": "zeek", "service": "conn"}, "id.orig_h|cidr: 192.0.2.0/24", "net/conn",
     [{"id_orig_h": "192.0.2.1"}], [{"id_orig_h": "198.51.100.1", "id_resp_h": "192.0.2.1"}]),
    ("zeek flags", {"product": "zeek", "service": "dns"}, "{rejected: false, Z: 1}", "net/dns",
     [{"rejected": False, "Z": 1}], [{"rejected": True, "Z": 1}, {"rejected": False, "Z": 0}]),
    ("zeek smb", {"product": "zeek", "service": "smb_files"}, "{path: '\\\\\\\\*\\IPC$', name: atsvc}", "net/smb_files",
     [{"path": "\\\\h\\IPC$", "name": "atsvc"}], [{"path": "\\\\h\\C$", "name": "atsvc"}]),
    ("zeek rpc", {"product": "zeek", "service": "dce_rpc"}, "{endpoint: isecLogon, operation|startswith: secl}", "net/dce_rpc",
     [{"endpoint": "ISecLogon", "operation": "SeclCreateProcessWithLogonW"}], [{"endpoint": "svcctl", "operation": "SeclX"}]),
    ("zeek certificates", {"product": "zeek", "service": "x509"}, "certificate.serial: 8BB00EE", "net/x509",
     [{"certificate_serial": "08BB00EE"}, {"certificate_serial": "8BB00EE"}], [{"certificate_serial": "18BB00EE"}]),
    ("zeek remote desktop", {"product": "zeek", "service": "rdp"}, "id.orig_h|cidr: 192.0.2.0/24", "net/rdp",
     [{"id_orig_h": "192.0.2.1"}], [{"id_orig_h": "198.51.100.1"}]),
    ("zeek's logs of machines", {"product": "zeek", "service": "modbus"}, "{func|startswith: WRITE_, pdu_type: REQ}", "net/modbus",
     [{"func": "WRITE_SINGLE_COIL", "pdu_type": "REQ"}], [{"func": "READ_COILS", "pdu_type": "REQ"}]),
    ("zeek's dhcp", {"product": "zeek", "service": "dhcp"}, "host_name|startswith: lab-", "net/dhcp",
     [{"host_name": "lab-7"}], [{"host_name": "pc01"}]),
    ("zeek ftp, its user beside the core column", {"product": "zeek", "service": "ftp"}, "{user: ann, command: RETR}", "net/ftp",
     [{"user_": "ann", "command": "RETR"}], [{"user_": "bob", "command": "RETR"}]),
    ("zeek syslog, its message", {"product": "zeek", "service": "syslog"}, "message|contains: failed", "net/syslog",
     [{"message_": "su failed"}], [{"message_": "su"}]),
    ("zeek smtp", {"product": "zeek", "service": "smtp"}, "{mailfrom|endswith: .example, from|contains: boss}", "net/smtp",
     [{"mailfrom": "a@b.example", "from": "The Boss"}], [{"mailfrom": "a@b.example", "from": "x"}]),
    ("zeek redis names", {"product": "zeek", "service": "redis"}, "cmd.name: CONFIG", "net/redis",
     [{"cmd_name": "CONFIG"}], [{"cmd_name": "GET"}]),
    ("zeek kerberos", {"product": "zeek", "service": "kerberos"}, "{request_type: TGS, cipher: rc4-hmac}", "net/kerberos",
     [{"request_type": "TGS", "cipher": "rc4-hmac"}], [{"request_type": "AS", "cipher": "rc4-hmac"}]),
    ("zeek ldap", {"product": "zeek", "service": "ldap_search"}, "filter|contains: 'servicePrincipalName=\\*'", "net/ldap_search",
     [{"filter": "(&(servicePrincipalName=*)(x=y))"}], [{"filter": "(servicePrincipalName=a)"}]),
    ("generic dns", {"category": "dns"}, "{query|endswith: .example, record_type: TXT, answer|contains: x}", "net/dns",
     [{"query": "a.example", "qtype_name": "TXT", "answers": "y,x"}], [{"query": "a.example", "qtype_name": "A", "answers": "x"}]),
    ("a proxy's whole URL on capture rows", {"category": "proxy"}, "c-uri|startswith: 'http://www.example.org/a'", "net/http",
     [{"host_": "www.example.org", "uri": "/a?b"}], [{"host_": "www.example.com", "uri": "/a"}, {"host_": None, "uri": "/a"}]),
    ("the DNS client's log under its own name", {"product": "windows", "service": "dns-client"},
     "{EventID: 3008, QueryName: a.example}", "windows/dns",
     [{"Channel": c, "EventID": 3008, "QueryName": "a.example"}
      for c in ("Microsoft-Windows-DNS-Client/Operational", "Microsoft-Windows-DNS Client Events/Operational")],
     [{"Channel": "DNS Server", "EventID": 3008, "QueryName": "a.example"}]),
    ("the DNS server's analytical log under its own name", {"product": "windows", "service": "dns-server-analytic"},
     "QNAME: a.example", "windows/dns",
     [{"Channel": "Microsoft-Windows-DNSServer/Analytical", "QNAME": "a.example"}], [{"Channel": "DNS Server", "QNAME": "a.example"}]),
    ("the extension a URL names", {"category": "proxy"}, "c-uri-extension: [exe, ps1]", "net/http",
     [{"uri": "/x/a.EXE?y=1.txt"}, {"uri": "/b.ps1#x"}], [{"uri": "/exe"}, {"uri": "/a.txt?x=.exe"}, {"uri": "/.exe"}]),
    ("firewall by core columns", {"category": "firewall"}, "{dst_port: 22, dst_ip|cidr: 192.0.2.0/24}", "net/conn",
     [{"dst_port": 22, "dst_ip": "192.0.2.9"}], [{"dst_port": 2222, "dst_ip": "192.0.2.9"}]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "block", "family", "match", "miss"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_log_source(
    hits: Hits, source: dict[str, str], block: str, family: str, match: list[dict[str, Any]], miss: list[dict[str, Any]]
) -> None:
    assert hits(
        f"selection: {block if block.startswith('{') else '{' + block + '}'}", [*match, *miss], family, logsource=source
    ) == list(range(len(match)))


def test_rows_of_another_family_are_not_looked_at(hits: Hits) -> None:
    rows = [{"cs_method": "GET", "method": "GET"}]
    assert hits("selection: {cs-method: GET}", rows, "web/access", logsource={"category": "webserver"}) == [0]
    assert hits("selection: {cs-method: GET}", rows, "net/http", logsource={"category": "webserver"}) == []


def test_words_of_modsecurity_are_looked_for_in_its_lines_of_the_error_log_alone(hits: Hits) -> None:
    rows = [{"error_text": "ModSecurity: Access denied"}, {"error_text": "x: Access denied"}]
    block = "selection: ['Access denied']"
    assert hits(block, rows, "web/error", logsource={"product": "modsecurity"}) == [0]
    assert hits(block, rows, "web/error", logsource={"service": "apache"}) == [0, 1]


def test_what_we_hold_no_rows_of() -> None:
    for product, category, service in [
        ("linux", "process_creation", None),
        ("windows", "file_access", None),
        ("aws", None, "cloudtrail"),
        ("windows", None, "nonsense"),
        (None, None, None),
    ]:
        assert sources_for(product, category, service) == ()


def test_every_entry_speaks_of_a_family_we_declare() -> None:
    declared = all_families()
    for entry in entries():
        for pattern in entry.source.families:
            assert any(fnmatchcase(name, pattern) for name in declared), (entry.source.name, pattern)
        for columns in entry.source.fields.values():
            if not pattern.startswith("windows/"):
                known = {c.name for name, f in declared.items() if entry.source.covers(name) for c in f.columns}
                assert {name for column in columns for name in column.names} <= known, entry.source.name


def test_a_joined_address_that_the_log_has_whole_is_not_looked_at_twice(make_table: Callable[..., Any]) -> None:
    rows = [
        {"cs_uri": "/a?b", "cs_uri_stem": "/a", "cs_uri_query": "b"},
        {"cs_uri": "/a?", "cs_uri_stem": "/a"},  # not the same text
        {"cs_uri_stem": "/a", "cs_uri_query": "b"},  # IIS
        {"cs_uri_stem": "/a"},
    ]
    table = make_table(rows, "web/access")
    joined = Column(("cs_uri_stem", "cs_uri_query"), "query", "?", "", "cs_uri")
    assert column_of(table, joined).to_pylist() == [None, "/a", "/a?b", "/a"]


TEXT = st.sampled_from([None, "", "a", "b", "ab", "?", "a?b", "é"])


@settings(deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=20), st.booleans())
def test_many_rows_are_joined_as_few(rows: list[tuple[str | None, ...]], coded: bool) -> None:
    kind = CODED if coded else pa.string()
    arrays = [pa.array(texts, pa.string()).dictionary_encode().cast(kind) for texts in zip(*rows, strict=True)]
    table = pa.table(arrays, names=["stem", "query", "whole"])
    joined = Column(("stem", "query"), "raw", "?", "", "whole")
    few = column_of(table, joined).to_pylist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joined_columns, "compiled_pays", lambda _: True)
        assert column_of(table, joined).to_pylist() == few
