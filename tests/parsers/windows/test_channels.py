"""Channels belong to families."""

from __future__ import annotations

import pytest

from timelines.families import all_families
from timelines.families.windows import FAMILIES, family_of

CHANNELS = {
    "Security": "security",
    "SYSTEM": "system",
    "Application": "application",
    "Microsoft-Windows-Sysmon/Operational": "sysmon",
    "Windows PowerShell": "powershell",
    "Microsoft-Windows-PowerShell/Operational": "powershell",
    "PowerShellCore/Operational": "powershell",
    "Microsoft-Windows-TaskScheduler/Operational": "taskscheduler",
    "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational": "terminalservices",
    "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational": "terminalservices",
    "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational": "terminalservices",
    "Microsoft-Windows-Windows Defender/Operational": "defender",
    "Microsoft-Windows-WMI-Activity/Operational": "wmi",
    "Microsoft-Windows-Bits-Client/Operational": "bits",
    "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall": "firewall",
    "Microsoft-Windows-WinRM/Operational": "winrm",
    "Microsoft-Windows-SmbClient/Security": "smb",
    "Microsoft-Windows-SMBServer/Audit": "smb",
    "Microsoft-Windows-DNS-Client/Operational": "dns",
    "DNS Server": "dns",
    "Microsoft-Windows-AppLocker/EXE and DLL": "applocker",
    "Microsoft-Windows-NTLM/Operational": "ntlm",
    "Microsoft-Windows-CodeIntegrity/Operational": "codeintegrity",
    "MSExchange Management": "exchange",
    "Securitybox": "other",
    "Setup": "other",
    "": "other",
}


@pytest.mark.parametrize(("channel", "family"), CHANNELS.items())
def test_channel(channel, family):
    assert family_of(channel) == f"windows/{family}"


def test_every_family_is_declared_open():
    assert {family.name for family in FAMILIES} <= set(all_families())
    assert all(family.open for family in FAMILIES)
    assert {f"windows/{family}" for family in CHANNELS.values()} <= {family.name for family in FAMILIES}
