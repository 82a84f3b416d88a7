"""Windows event logs: which channel belongs to which family, and the columns that all of their rows have.

Fields of EventData and UserData are further text columns under the names that the event itself uses.
"""

from __future__ import annotations

from functools import cache

import pyarrow as pa

from timelines.schema import TIME, Column, Family

_SOURCE = "EVTX System"

COLUMNS: tuple[Column, ...] = (
    Column("Channel", pa.string(), "The log the event was written to.", source=_SOURCE, ecs="winlog.channel"),
    Column("Provider_Name", pa.string(), "What wrote the event.", source=_SOURCE, ecs="winlog.provider_name"),
    Column("Provider_Guid", pa.string(), "The writer's GUID, braced.", source=_SOURCE, ecs="winlog.provider_guid"),
    Column("EventSourceName", pa.string(), "The writer's name in the classic event log.", source=_SOURCE),
    Column("EventID", pa.int32(), "What kind of event, within its provider.", source=_SOURCE, ecs="winlog.event_id"),
    Column("Qualifiers", pa.int32(), "High half of a classic event's id.", source=_SOURCE),
    Column("Version", pa.int32(), "Version of the event's layout.", source=_SOURCE, ecs="winlog.version"),
    Column("Level", pa.int32(), "1 critical, 2 error, 3 warning, 4 information, 5 verbose; 0 always.", source=_SOURCE),
    Column("Task", pa.int32(), "The provider's task number.", source=_SOURCE),
    Column("Opcode", pa.int32(), "The provider's operation number.", source=_SOURCE),
    Column("Keywords", pa.string(), "Bit mask, `0x…`: 0x0010… audit failure, 0x0020… audit success.", source=_SOURCE),
    Column("Correlation_ActivityID", pa.string(), "Activity the event belongs to.", source=_SOURCE),
    Column("Correlation_RelatedActivityID", pa.string(), "Activity that led to it.", source=_SOURCE),
    Column(
        "Execution_ProcessID", pa.int64(), "Process that wrote the event.", source=_SOURCE, ecs="winlog.process.pid"
    ),
    Column("Execution_ThreadID", pa.int64(), "Its thread.", source=_SOURCE, ecs="winlog.process.thread.id"),
    Column("Computer", pa.string(), "Machine that wrote the event.", source=_SOURCE, ecs="winlog.computer_name"),
    Column(
        "Security_UserID",
        pa.string(),
        "SID that the event was written under.",
        source=_SOURCE,
        ecs="winlog.user.identifier",
    ),
    Column(
        "RecordTime",
        TIME,
        "When the record was written to this log, from its header.",
        "ns",
        source="EVTX record header",
    ),
)

_CHANNELS: dict[str, tuple[str, tuple[str, ...]]] = {
    "security": ("Logons, processes, accounts, policy, audit.", ("Security",)),
    "system": ("Services, drivers, start and stop, time.", ("System",)),
    "application": ("What applications report.", ("Application",)),
    "sysmon": ("Sysmon: processes, network, files, registry.", ("Microsoft-Windows-Sysmon/",)),
    "powershell": (
        "PowerShell engines and script blocks.",
        ("Windows PowerShell", "Microsoft-Windows-PowerShell/", "PowerShellCore/", "Microsoft-Windows-PowerShell-"),
    ),
    "taskscheduler": ("Scheduled tasks.", ("Microsoft-Windows-TaskScheduler/",)),
    "terminalservices": (
        "Remote desktop sessions.",
        (
            "Microsoft-Windows-TerminalServices-",
            "Microsoft-Windows-RemoteDesktopServices-",
            "Microsoft-Windows-RemoteApp and Desktop Connections/",
        ),
    ),
    "defender": ("Microsoft Defender.", ("Microsoft-Windows-Windows Defender/", "Microsoft-Windows-Windows Defender-")),
    "wmi": ("Windows Management Instrumentation.", ("Microsoft-Windows-WMI-Activity/",)),
    "bits": ("Background transfers.", ("Microsoft-Windows-Bits-Client/",)),
    "firewall": (
        "Windows Firewall.",
        ("Microsoft-Windows-Windows Firewall With Advanced Security/", "Network Isolation Operational"),
    ),
    "winrm": ("Windows Remote Management.", ("Microsoft-Windows-WinRM/",)),
    "smb": (
        "SMB client and server.",
        ("Microsoft-Windows-SMBClient/", "Microsoft-Windows-SMBServer/", "Microsoft-Windows-SMBDirect/", "SMBWitness"),
    ),
    "dns": (
        "DNS client and server.",
        (
            "Microsoft-Windows-DNS-Client",
            "Microsoft-Windows-DNS Client Events/",
            "Microsoft-Windows-DNSServer/",
            "Microsoft-Windows-DNS-Server",
            "DNS Server",
        ),
    ),
    "applocker": ("AppLocker.", ("Microsoft-Windows-AppLocker/",)),
    "ntlm": ("NTLM authentication.", ("Microsoft-Windows-NTLM/",)),
    "kerberos": (
        "Kerberos, client and key distribution.",
        ("Microsoft-Windows-Kerberos", "Microsoft-Windows-Authentication/", "Microsoft-Windows-Security-Kerberos/"),
    ),
    "codeintegrity": ("Code integrity.", ("Microsoft-Windows-CodeIntegrity/",)),
    "exchange": ("Exchange Server.", ("MSExchange",)),
    "iis": ("IIS configuration and operation.", ("Microsoft-IIS-",)),
    "directory": ("Active Directory services.", ("Directory Service", "DFS Replication", "File Replication Service")),
    "driverframeworks": ("Devices that were plugged in.", ("Microsoft-Windows-DriverFrameworks-UserMode/",)),
    "printservice": ("Printing.", ("Microsoft-Windows-PrintService/",)),
    "capi": ("Certificates and cryptography.", ("Microsoft-Windows-CAPI2/", "Microsoft-Windows-CertificateServices")),
    "openssh": ("OpenSSH server.", ("OpenSSH/",)),
}

OTHER = "windows/other"


def _family(name: str, doc: str) -> Family:
    return Family(f"windows/{name}", doc, COLUMNS, open=True)


FAMILIES: tuple[Family, ...] = (
    *(
        _family(name, f"{doc} Channels: {', '.join(f'`{c}`' for c in channels)}.")
        for name, (doc, channels) in _CHANNELS.items()
    ),
    _family("other", "Every other channel of the Windows event log."),
)


@cache
def _exact() -> dict[str, str]:
    """Whole channel names, lower case: those declared without a mark at their end that says they go on."""
    return {
        channel.lower(): f"windows/{name}"
        for name, (_, channels) in _CHANNELS.items()
        for channel in channels
        if not channel.endswith(("/", "-"))
    }


@cache
def _prefixes() -> tuple[tuple[str, str], ...]:
    """Beginnings of channel names, lower case, longest first."""
    found = [
        (channel.lower(), f"windows/{name}")
        for name, (_, channels) in _CHANNELS.items()
        for channel in channels
        if channel.startswith(("Microsoft-", "MSExchange", "PowerShellCore", "OpenSSH", "SMBWitness"))
    ]
    return tuple(sorted(found, key=lambda pair: (-len(pair[0]), pair[0])))


def family_of(channel: str) -> str:
    """The family of a channel, `windows/other` when none is declared. Channel names are compared without regard to case."""
    folded = channel.lower()
    exact = _exact().get(folded)
    if exact is not None:
        return exact
    return next((family for prefix, family in _prefixes() if folded.startswith(prefix)), OTHER)
