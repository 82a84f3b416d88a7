"""Events come out with the core columns that investigators filter on."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from timelines.mapping import fill_core
from timelines.meanings import general_meaning, meaning
from timelines.schema import CORE_NAMES, named_field, stored_names

AUDIT, EVENTLOG, SCM = "Microsoft-Windows-Security-Auditing", "Microsoft-Windows-Eventlog", "Service Control Manager"


def core_of(family: str, event: str, provider: str, own: dict[str, str]) -> dict[str, Any]:
    """The core columns of one event, those without a value left out."""
    names = {"Provider_Name": provider, "Channel": "c", "Computer": "SRV02", **own}
    stored = stored_names([*names, *(["Channel"] if "Channel" in own else [])])
    columns = {"event": pa.array([event])}
    fields = [pa.field("event", pa.string())]
    for at, name in zip(stored, names, strict=False):
        columns[at] = pa.array([names[name]])
        fields.append(named_field(at, name))
    filled = fill_core(family, columns, pa.schema(fields), 1)
    return {
        name: array[0].as_py() for name, array in filled.items() if name in CORE_NAMES and array[0].as_py() is not None
    }


@pytest.mark.parametrize(
    ("family", "event", "provider", "own", "expected"),
    [
        ("windows/security", "4624", AUDIT,
         {"TargetUserName": "agent", "SubjectUserName": "SRV02$", "IpAddress": "::ffff:192.0.2.7", "IpPort": "52011",
          "AuthenticationPackageName": "NTLM", "ProcessName": "-"},
         {"user": "agent", "src_ip": "192.0.2.7", "src_port": 52011, "protocol": "ntlm", "outcome": "success"}),
        ("windows/security", "4769", AUDIT, {"TargetUserName": "agent@X", "ServiceName": "svc", "Status": "0x1b", "IpPort": "0"},
         {"user": "agent@X", "object": "svc", "protocol": "kerberos", "outcome": "failure"}),
        ("windows/security", "4688", AUDIT, {"TargetUserName": "-", "SubjectUserName": "agent", "NewProcessName": "c.exe",
          "CommandLine": "c x"},
         {"user": "agent", "process": "c.exe", "object": "c x", "outcome": "success"}),
        ("windows/security", "5156", AUDIT,
         {"Application": "a.exe", "SourceAddress": "192.0.2.7", "SourcePort": "1", "DestAddress": "198.51.100.9", "DestPort": "443",
          "Protocol": "6"},
         {"process": "a.exe", "src_ip": "192.0.2.7", "src_port": 1, "dst_ip": "198.51.100.9", "dst_port": 443, "protocol": "tcp",
          "object": "198.51.100.9", "outcome": "success"}),
        ("windows/security", "1102", EVENTLOG, {"SubjectUserName": "agent"}, {"user": "agent", "object": "Security", "outcome": "success"}),
        ("windows/system", "7045", SCM, {"ServiceName": "Sync", "ImagePath": "s.exe", "AccountName": "LocalSystem"},
         {"object": "Sync", "process": "s.exe", "outcome": "success"}),
        ("windows/sysmon", "3", "Microsoft-Windows-Sysmon",
         {"Image": "a.exe", "User": r"D\agent", "SourceIp": "192.0.2.7", "DestinationIp": "198.51.100.9", "DestinationPort": "443",
          "DestinationHostname": "-", "Protocol": "tcp"},
         {"process": "a.exe", "user": "agent", "src_ip": "192.0.2.7", "dst_ip": "198.51.100.9", "dst_port": 443, "protocol": "tcp",
          "object": "198.51.100.9"}),
        ("windows/terminalservices", "131", "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS",
         {"ConnType": "TCP", "ClientIP": "[2001:db8::7]:52011"},
         {"src_ip": "2001:db8::7", "src_port": 52011, "protocol": "rdp", "object": "TCP"}),
        ("windows/terminalservices", "21", "Microsoft-Windows-TerminalServices-LocalSessionManager",
         {"User": r"D\agent", "SessionID": "2", "Address": "LOCAL"},
         {"user": "agent", "protocol": "rdp", "object": "2", "outcome": "success"}),
        ("windows/powershell", "800", "PowerShell", {"Data": "Get-X ¦ \tUserId=D\\agent\r\n\tHostName=h ¦ rest"},
         {"user": "agent", "object": "Get-X"}),
        ("windows/application", "18456", "MSSQL$SALES", {"Data": "sa ¦  Reason: x. ¦  [CLIENT: 192.0.2.7]"},
         {"user": "sa", "src_ip": "192.0.2.7", "outcome": "failure"}),
    ],
)  # fmt: skip
def test_core_columns(family: str, event: str, provider: str, own: dict[str, str], expected: dict[str, Any]) -> None:
    assert core_of(family, event, provider, own) == {"event": event, "host": "SRV02", **expected}


def test_unknown_events_say_where_and_who_but_nothing_that_other_events_mean() -> None:
    own = {"SubjectUserName": "agent", "TargetUserName": "other", "Keywords": "0x8010000000000000"}
    assert core_of("windows/security", "9999", AUDIT, own) == {
        "event": "9999", "host": "SRV02", "user": "agent", "outcome": "failure",
    }  # fmt: skip
    assert core_of("windows/other", "9999", "Maker", own) == {"event": "9999", "host": "SRV02"}


def test_the_same_number_of_another_provider_is_another_event() -> None:
    assert meaning("windows/system", SCM, "7045").title["en"] == "Service installed"
    assert meaning("windows/system", "Maker", "7045") == general_meaning("windows/system", "Maker")
    assert meaning("windows/application", "MSSQL$SALES", "18456").title["en"] == "SQL Server login refused"
    assert meaning("windows/application", "MSSQ", "18456") == general_meaning("windows/application", "MSSQ")


def test_the_cleared_log_is_the_object_beside_the_declared_channel() -> None:
    columns = {
        "event": pa.array(["104"]), "Channel": pa.array(["System"]), "Channel_": pa.array(["Application"]),
        "Provider_Name": pa.array([EVENTLOG]),
    }  # fmt: skip
    fields = [named_field(name, name.rstrip("_")) for name in columns]
    assert fill_core("windows/system", columns, pa.schema(fields), 1)["object"].to_pylist() == ["Application"]
