"""Which fields each Windows event of the demo has, in the provider's order, and how its System element reads.

A field is written `Name` (text) or `Name:KIND`. Field names and types: the providers' published manifests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from forensics.demo.binxml_values import Kind

AUDIT_SUCCESS, AUDIT_FAILURE = 0x8020000000000000, 0x8010000000000000
CLASSIC, PLAIN = 0x8080000000000000, 0x8000000000000000


@dataclass(frozen=True, slots=True)
class Log:
    """An event log: its channel, and the provider, process and account that its events name unless they say otherwise."""

    channel: str
    provider: str
    guid: str
    pid: int
    sid: str | None = None


SECURITY = Log("Security", "Microsoft-Windows-Security-Auditing", "{54849625-5478-4994-A5BA-3E3B0328C30D}", 4)
SYSTEM_LOG = Log("System", "Service Control Manager", "{555908D1-A6D7-4695-8E1E-26931D2012F4}", 644)
SYSMON = Log(
    "Microsoft-Windows-Sysmon/Operational",
    "Microsoft-Windows-Sysmon",
    "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}",
    2216,
    "S-1-5-18",
)
POWERSHELL = Log(
    "Microsoft-Windows-PowerShell/Operational",
    "Microsoft-Windows-PowerShell",
    "{A0C1853B-5C40-4B15-8766-3CF1C58F985A}",
    4480,
)
SESSIONS = Log(
    "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
    "Microsoft-Windows-TerminalServices-LocalSessionManager",
    "{5D896912-022D-40AA-A3A8-4FA5515C76D7}",
    1012,
    "S-1-5-18",
)
REMOTE = Log(
    "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
    "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
    "{C76BAA63-AE81-421C-B425-340B4B24157F}",
    1012,
    "S-1-5-20",
)

EVENTLOG_PROVIDER, EVENTLOG_GUID = "Microsoft-Windows-Eventlog", "{FC65DDD8-D6EF-4962-83D5-6E5CFE9CE148}"
EVENTLOG_NAMESPACE = "http://manifests.microsoft.com/win/2004/08/windows/eventlog"
TIME_PROVIDER, TIME_GUID = "Microsoft-Windows-Time-Service", "{06EDCFEB-0FD0-4E53-ACCA-A6F8BBF81BCB}"


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of event. `qualifiers` belongs to classic events; `user_data` is (element, namespace) where that is used."""

    fields: str
    version: int = 0
    level: int = 0
    task: int = 0
    opcode: int = 0
    keywords: int = AUDIT_SUCCESS
    qualifiers: int | None = None
    provider: tuple[str, str] | None = None
    user_data: tuple[str, str] | None = None
    nested: bool = True


_SUBJECT = "SubjectUserSid:SID SubjectUserName SubjectDomainName SubjectLogonId:HEX64 "
_TARGET = "TargetUserSid:SID TargetUserName TargetDomainName "
_NETLOGON = (
    "WorkstationName LogonGuid:GUID TransmittedServices LmPackageName KeyLength:UINT32 ProcessId:HEX64 ProcessName "
)
_CREATION = (
    "RuleName UtcTime ProcessGuid:GUID ProcessId:UINT32 Image FileVersion Description Product Company OriginalFileName CommandLine "
    "CurrentDirectory User LogonGuid:GUID LogonId:HEX64 TerminalSessionId:UINT32 IntegrityLevel Hashes ParentProcessGuid:GUID "
    "ParentProcessId:UINT32 ParentImage ParentCommandLine ParentUser"
)
_CONNECTION = (
    "RuleName UtcTime ProcessGuid:GUID ProcessId:UINT32 Image User Protocol Initiated:BOOLEAN SourceIsIpv6:BOOLEAN SourceIp "
    "SourceHostname SourcePort:UINT16 SourcePortName DestinationIsIpv6:BOOLEAN DestinationIp DestinationHostname "
    "DestinationPort:UINT16 DestinationPortName"
)
_ACTOR = "RuleName UtcTime ProcessGuid:GUID ProcessId:UINT32 Image "
_SESSION_XML = ("EventXML", "Event_NS")

SHAPES: dict[tuple[str, int], Shape] = {
    (SECURITY.channel, 4624): Shape(
        _SUBJECT + _TARGET + "TargetLogonId:HEX64 LogonType:UINT32 LogonProcessName AuthenticationPackageName " + _NETLOGON
        + "IpAddress IpPort ImpersonationLevel RestrictedAdminMode TargetOutboundUserName TargetOutboundDomainName VirtualAccount "
        "TargetLinkedLogonId:HEX64 ElevatedToken", version=2, task=12544),
    (SECURITY.channel, 4625): Shape(
        _SUBJECT + _TARGET + "Status:HEX32 FailureReason SubStatus:HEX32 LogonType:UINT32 LogonProcessName "
        "AuthenticationPackageName WorkstationName TransmittedServices LmPackageName KeyLength:UINT32 ProcessId:HEX64 ProcessName "
        "IpAddress IpPort", task=12544, keywords=AUDIT_FAILURE),
    (SECURITY.channel, 4634): Shape(_TARGET + "TargetLogonId:HEX64 LogonType:UINT32", task=12545),
    (SECURITY.channel, 4672): Shape(_SUBJECT + "PrivilegeList", task=12548),
    (SECURITY.channel, 4688): Shape(
        _SUBJECT + "NewProcessId:HEX64 NewProcessName TokenElevationType ProcessId:HEX64 CommandLine " + _TARGET
        + "TargetLogonId:HEX64 ParentProcessName MandatoryLabel:SID", version=2, task=13312),
    (SECURITY.channel, 4697): Shape(
        _SUBJECT + "ServiceName ServiceFileName ServiceType:HEX32 ServiceStartType:UINT32 ServiceAccount", task=12289),
    (SECURITY.channel, 5140): Shape(
        _SUBJECT + "ObjectType IpAddress IpPort ShareName ShareLocalPath AccessMask:HEX32 AccessList", version=1, task=12808),
    (SECURITY.channel, 1102): Shape(
        _SUBJECT, level=4, task=104, keywords=0x4020000000000000, provider=(EVENTLOG_PROVIDER, EVENTLOG_GUID),
        user_data=("LogFileCleared", EVENTLOG_NAMESPACE)),
    (SYSTEM_LOG.channel, 104): Shape(
        "SubjectUserName SubjectDomainName Channel BackupPath", level=4, task=104, keywords=PLAIN,
        provider=(EVENTLOG_PROVIDER, EVENTLOG_GUID), user_data=("LogFileCleared", EVENTLOG_NAMESPACE)),
    (SYSTEM_LOG.channel, 7036): Shape("param1 param2", level=4, keywords=CLASSIC, qualifiers=16384, nested=False),
    (SYSTEM_LOG.channel, 7040): Shape("param1 param2 param3 param4", level=4, keywords=CLASSIC, qualifiers=16384, nested=False),
    (SYSTEM_LOG.channel, 7045): Shape(
        "ServiceName ImagePath ServiceType StartType AccountName", level=4, keywords=CLASSIC, qualifiers=16384, nested=False),
    (SYSTEM_LOG.channel, 36): Shape("TimeSourceRefreshSeconds:UINT32", level=3, keywords=PLAIN, provider=(TIME_PROVIDER, TIME_GUID)),
    (SYSTEM_LOG.channel, 35): Shape("TimeSource TimeSourceRefId:UINT32 CurrentStratumNumber:UINT8", level=4, keywords=PLAIN,
                                    provider=(TIME_PROVIDER, TIME_GUID)),
    (SYSMON.channel, 1): Shape(_CREATION, version=5, level=4, task=1, keywords=PLAIN),
    (SYSMON.channel, 3): Shape(_CONNECTION, version=5, level=4, task=3, keywords=PLAIN),
    (SYSMON.channel, 5): Shape(_ACTOR + "User", version=3, level=4, task=5, keywords=PLAIN),
    (SYSMON.channel, 11): Shape(_ACTOR + "TargetFilename CreationUtcTime User", version=2, level=4, task=11, keywords=PLAIN),
    (SYSMON.channel, 13): Shape(
        "RuleName EventType UtcTime ProcessGuid:GUID ProcessId:UINT32 Image TargetObject Details User", version=2, level=4, task=13,
        keywords=PLAIN),
    (SYSMON.channel, 22): Shape(
        "RuleName UtcTime ProcessGuid:GUID ProcessId:UINT32 QueryName QueryStatus QueryResults Image User", version=5, level=4, task=22,
        keywords=PLAIN),
    (POWERSHELL.channel, 4104): Shape(
        "MessageNumber:INT32 MessageTotal:INT32 ScriptBlockText ScriptBlockId Path", version=1, level=5, task=2, opcode=15, keywords=0),
    (POWERSHELL.channel, 40961): Shape("", version=1, level=4, task=4, opcode=1, keywords=0),
    (POWERSHELL.channel, 40962): Shape("", version=1, level=4, task=4, opcode=2, keywords=0),
    (SESSIONS.channel, 21): Shape("User SessionID:UINT32 Address", level=4, keywords=0x1000000000000000, user_data=_SESSION_XML),
    (SESSIONS.channel, 22): Shape("User SessionID:UINT32 Address", level=4, keywords=0x1000000000000000, user_data=_SESSION_XML),
    (SESSIONS.channel, 23): Shape("User SessionID:UINT32", level=4, keywords=0x1000000000000000, user_data=_SESSION_XML),
    (SESSIONS.channel, 24): Shape("User SessionID:UINT32 Address", level=4, keywords=0x1000000000000000, user_data=_SESSION_XML),
    (SESSIONS.channel, 25): Shape("User SessionID:UINT32 Address", level=4, keywords=0x1000000000000000, user_data=_SESSION_XML),
    (REMOTE.channel, 1149): Shape("Param1 Param2 Param3", level=4, keywords=0x1000000000000000, user_data=_SESSION_XML),
}  # fmt: skip

NO_GUID = "{00000000-0000-0000-0000-000000000000}"
_DEFAULTS: dict[Kind, object] = {
    Kind.UNICODE: "-", Kind.GUID: NO_GUID, Kind.SID: "S-1-0-0", Kind.BOOLEAN: False,
}  # fmt: skip


@lru_cache(maxsize=128)
def fields_of(channel: str, event_id: int) -> tuple[tuple[str, Kind, object], ...]:
    """(name, type, value where nothing is said) of each field: `-`, zero or the null SID, as Windows writes it."""
    out = []
    for word in SHAPES[channel, event_id].fields.split():
        name, _, kind_name = word.partition(":")
        kind = Kind[kind_name] if kind_name else Kind.UNICODE
        out.append((name, kind, _DEFAULTS.get(kind, 0)))
    return tuple(out)
