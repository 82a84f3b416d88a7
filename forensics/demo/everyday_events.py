"""Things that happen on a Windows machine and the events that they leave: a program starts, someone logs on, a service stops."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from forensics.demo.cast import DOMAIN, SYSTEM, Account
from forensics.demo.event_shapes import NO_GUID, SECURITY, SYSMON, SYSTEM_LOG
from forensics.demo.journal import Journal, Process, utc_text
from forensics.demo.scenario import SECOND

_INTEGRITY = {"System": "S-1-16-16384", "High": "S-1-16-12288", "Medium": "S-1-16-8192"}
PRIVILEGES = (
    "SeSecurityPrivilege\r\n\t\t\tSeBackupPrivilege\r\n\t\t\tSeRestorePrivilege\r\n\t\t\tSeImpersonatePrivilege"
)
_BUILD = "10.0.20348.2849"


@dataclass(frozen=True, slots=True)
class Session:
    """Under whose account, and in which logon, something runs."""

    account: Account
    logon_id: int = 0x3E7
    integrity: str = "System"
    number: int = 0

    @property
    def user(self) -> str:
        return f"{self.account.domain}\\{self.account.name}"

    @property
    def subject(self) -> dict[str, object]:
        account = self.account
        return {
            "SubjectUserSid": account.sid, "SubjectUserName": account.name, "SubjectDomainName": account.domain,
            "SubjectLogonId": self.logon_id,
        }  # fmt: skip


MACHINE_SESSION = Session(SYSTEM)


@lru_cache(maxsize=512)
def _hashes(image: str) -> str:
    return "SHA256=" + hashlib.sha256(image.encode()).hexdigest().upper()


def start(journal: Journal, moment: int, parent: Process, session: Session, program: tuple[str, str]) -> Process:
    """A program starts: Security 4688 and Sysmon 1. `program` is its path and its command line."""
    image, command = program
    process = journal.new_process(image, command, session.user)
    windows = image.startswith("C:\\Windows")
    journal.put(SECURITY, moment, 4688, {
        **session.subject, "NewProcessId": process.pid, "NewProcessName": image, "TokenElevationType": "%%1936",
        "ProcessId": parent.pid, "CommandLine": command, "ParentProcessName": parent.image,
        "MandatoryLabel": _INTEGRITY[session.integrity],
    })  # fmt: skip
    journal.put(SYSMON, moment + 2_000_000, 1, {
        "ProcessGuid": process.guid, "ProcessId": process.pid, "Image": image, "FileVersion": _BUILD if windows else "-",
        "Product": "Microsoft\u00ae Windows\u00ae Operating System" if windows else "-",
        "Company": "Microsoft Corporation" if windows else "-", "OriginalFileName": process.name if windows else "-",
        "CommandLine": command, "CurrentDirectory": "C:\\Windows\\system32\\", "User": session.user, "LogonGuid": NO_GUID,
        "LogonId": session.logon_id, "TerminalSessionId": session.number, "IntegrityLevel": session.integrity,
        "Hashes": _hashes(image), "ParentProcessGuid": parent.guid, "ParentProcessId": parent.pid, "ParentImage": parent.image,
        "ParentCommandLine": parent.command, "ParentUser": parent.user,
    })  # fmt: skip
    return process


def _actor(process: Process) -> dict[str, object]:
    return {"ProcessGuid": process.guid, "ProcessId": process.pid, "Image": process.image, "User": process.user}


def end(journal: Journal, moment: int, process: Process) -> None:
    journal.put(SYSMON, moment, 5, _actor(process))


def connect(journal: Journal, moment: int, process: Process, source_port: int, target: tuple[str, int, str]) -> None:
    """A program opens a TCP connection: Sysmon 3. `target` is address, port and the name, if known."""
    machine = journal.machine
    address, port, name = target
    journal.put(SYSMON, moment, 3, {
        **_actor(process), "Protocol": "tcp", "Initiated": True, "SourceIp": machine.ip, "SourceHostname": machine.fqdn,
        "SourcePort": source_port, "DestinationIp": address, "DestinationHostname": name or "-", "DestinationPort": port,
        "DestinationPortName": {80: "http", 443: "https", 445: "microsoft-ds", 389: "ldap"}.get(port, "-"),
    })  # fmt: skip


def look_up(journal: Journal, moment: int, process: Process, name: str, address: str) -> None:
    """A program asks for a name: Sysmon 22."""
    journal.put(SYSMON, moment, 22, {
        **_actor(process), "QueryName": name, "QueryStatus": "0", "QueryResults": f"::ffff:{address};",
    })  # fmt: skip


def write_file(journal: Journal, moment: int, process: Process, path: str) -> None:
    """A file appears: Sysmon 11."""
    created = utc_text(journal.machine.clock(moment))
    journal.put(SYSMON, moment, 11, {**_actor(process), "TargetFilename": path, "CreationUtcTime": created})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a logon comes from."""

    address: str = "-"
    port: int | str = "-"
    workstation: str = "-"


_WAYS: dict[int, tuple[str, str, str, str]] = {
    # logon type: logon process, package, process that asked, impersonation level
    2: ("User32 ", "Negotiate", "C:\\Windows\\System32\\svchost.exe", "%%1833"),
    3: ("NtLmSsp ", "NTLM", "-", "%%1833"),
    5: ("Advapi  ", "Negotiate", "C:\\Windows\\System32\\services.exe", "%%1833"),
    10: ("User32 ", "Negotiate", "C:\\Windows\\System32\\svchost.exe", "%%1833"),
}


def log_on(journal: Journal, moment: int, account: Account, kind: int, origin: Origin) -> Session:
    """A successful logon of a type: Security 4624."""
    logon_id = journal.draw.between(0x40000, 0x7FFFFFF)
    process, package, asker, level = _WAYS[kind]
    if kind == 3 and account.name != "svc_sauvegarde":
        process, package = "Kerberos", "Kerberos"
    subject = MACHINE_SESSION.subject if kind in (2, 5, 10) else {"SubjectUserSid": "S-1-0-0"}
    if kind in (2, 5, 10):
        subject = {**subject, "SubjectUserName": journal.machine.name + "$", "SubjectDomainName": DOMAIN}
    journal.put(SECURITY, moment, 4624, {
        **subject, "TargetUserSid": account.sid, "TargetUserName": account.name, "TargetDomainName": account.domain,
        "TargetLogonId": logon_id, "LogonType": kind, "LogonProcessName": process, "AuthenticationPackageName": package,
        "WorkstationName": origin.workstation, "LmPackageName": "NTLM V2" if package == "NTLM" else "-",
        "KeyLength": 128 if package == "NTLM" else 0, "ProcessId": 0 if kind == 3 else 0x284, "ProcessName": asker,
        "IpAddress": origin.address, "IpPort": str(origin.port), "ImpersonationLevel": level, "VirtualAccount": "%%1843",
        "ElevatedToken": "%%1842",
    })  # fmt: skip
    return Session(account, logon_id, "High" if kind in (2, 10) else "System", number=2 if kind == 10 else 0)


def grant(journal: Journal, moment: int, session: Session) -> None:
    """A logon gets special privileges: Security 4672."""
    journal.put(SECURITY, moment, 4672, {**session.subject, "PrivilegeList": PRIVILEGES})


def log_off(journal: Journal, moment: int, session: Session, kind: int) -> None:
    account = session.account
    journal.put(SECURITY, moment, 4634, {
        "TargetUserSid": account.sid, "TargetUserName": account.name, "TargetDomainName": account.domain,
        "TargetLogonId": session.logon_id, "LogonType": kind,
    })  # fmt: skip


WRONG_PASSWORD, NO_SUCH_USER = 0xC000006A, 0xC0000064


def refuse(journal: Journal, moment: int, name: str, reason: int, origin: Origin) -> None:
    """A failed network logon: Security 4625."""
    journal.put(SECURITY, moment, 4625, {
        "TargetUserName": name, "TargetDomainName": DOMAIN, "Status": 0xC000006D, "FailureReason": "%%2313", "SubStatus": reason,
        "LogonType": 3, "LogonProcessName": "NtLmSsp ", "AuthenticationPackageName": "NTLM",
        "WorkstationName": origin.workstation, "IpAddress": origin.address, "IpPort": str(origin.port),
    })  # fmt: skip


def service_state(journal: Journal, moment: int, service: str, state: str) -> None:
    journal.put(SYSTEM_LOG, moment, 7036, {"param1": service, "param2": state})


def service_run(journal: Journal, moment: int, service: str, seconds: int) -> None:
    """A service starts, does its work and stops again."""
    service_state(journal, moment, service, "en cours d'ex\u00e9cution")
    service_state(journal, moment + seconds * SECOND, service, "arr\u00eat\u00e9")
