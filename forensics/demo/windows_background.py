"""The ordinary life of the two servers: services and tasks around the clock, staff and administrators in office hours."""

from __future__ import annotations

import hashlib

from forensics.demo import everyday_events as happens
from forensics.demo.cast import (
    ADMIN,
    LOCAL_SERVICE,
    NETWORK_SERVICE,
    PC_ADM01,
    STAFF,
    STAFF_PCS,
    SUPERV01,
    SVC_BACKUP,
    SVC_WEB,
    SYSTEM,
    Account,
    machine_account,
)
from forensics.demo.event_shapes import POWERSHELL, REMOTE, SECURITY, SESSIONS, SYSTEM_LOG
from forensics.demo.everyday_events import MACHINE_SESSION, Origin, Session
from forensics.demo.journal import Journal, Process
from forensics.demo.scenario import BEGIN, END, MINUTE, SECOND, at

HOUR = 60 * MINUTE
DESKTOP = 2  # the number of the one remote desktop session at a time
PROGRAMS_PER_HOUR = {"WEB01": 26, "SRV02": 28}
_S32 = "C:\\Windows\\System32\\"

# Programs that machines start by themselves: parent's path and command line, path, command line, how often.
_PROGRAMS: tuple[tuple[tuple[str, str], tuple[str, str], int], ...] = tuple(
    ((_S32 + parent.split()[0], parent_line), (image, line), weight)
    for parent, parent_line, image, line, weight in (
        ("services.exe", _S32 + "services.exe", _S32 + "svchost.exe", _S32 + "svchost.exe -k netsvcs -p -s Schedule", 8),
        ("services.exe", _S32 + "services.exe", _S32 + "svchost.exe", _S32 + "svchost.exe -k wsappx -p", 10),
        ("services.exe", _S32 + "services.exe", _S32 + "svchost.exe", _S32 + "svchost.exe -k LocalService -p -s BthAvctpSvc", 5),
        ("services.exe", _S32 + "services.exe", _S32 + "sppsvc.exe", _S32 + "sppsvc.exe", 8),
        ("services.exe", _S32 + "services.exe", "C:\\Windows\\servicing\\TrustedInstaller.exe",
         "C:\\Windows\\servicing\\TrustedInstaller.exe", 5),
        ("svchost.exe", _S32 + "svchost.exe -k DcomLaunch -p", _S32 + "wbem\\WmiPrvSE.exe",
         _S32 + "wbem\\wmiprvse.exe -secured -Embedding", 12),
        ("svchost.exe", _S32 + "svchost.exe -k DcomLaunch -p", _S32 + "dllhost.exe",
         _S32 + "DllHost.exe /Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}", 10),
        ("svchost.exe", _S32 + "svchost.exe -k DcomLaunch -p", _S32 + "RuntimeBroker.exe", _S32 + "RuntimeBroker.exe -Embedding", 6),
        ("svchost.exe", _S32 + "svchost.exe -k netsvcs -p -s Schedule", _S32 + "taskhostw.exe", "taskhostw.exe", 14),
        ("svchost.exe", _S32 + "svchost.exe -k netsvcs -p -s Schedule", _S32 + "taskhostw.exe", "taskhostw.exe SYSTEM", 8),
        ("svchost.exe", _S32 + "svchost.exe -k netsvcs -p -s Schedule", "C:\\Program Files\\Sauvegarde\\agent.exe",
         '"C:\\Program Files\\Sauvegarde\\agent.exe" --plan horaire', 12),
        ("svchost.exe", _S32 + "svchost.exe -k netsvcs -p -s Schedule", "C:\\Program Files\\Supervision\\collecteur.exe",
         '"C:\\Program Files\\Supervision\\collecteur.exe" --court', 20),
        ("services.exe", _S32 + "services.exe", "C:\\Program Files\\Antivirus\\avmaj.exe",
         '"C:\\Program Files\\Antivirus\\avmaj.exe" /auto', 8),
    )
)  # fmt: skip
_SERVICES = (
    "Windows Update", "Service de transfert intelligent en arrière-plan", "Installateur de modules Windows", "Protection logicielle",
    "Service AppX Deployment", "Client Sauvegarde", "Service WinHTTP Web Proxy Auto-Discovery",
)  # fmt: skip
_SCRIPTS = (
    "Get-Service | Where-Object Status -eq 'Stopped' | Select-Object Name",
    "Get-ChildItem D:\\Sauvegardes -File | Measure-Object -Property Length -Sum",
    "Get-Volume | Select-Object DriveLetter, SizeRemaining, Size",
    "Test-Connection srv02.tamrirt.example -Count 2 -Quiet",
    "Get-Date -Format yyyy-MM-dd",
)
_FAR = (
    ("defs.antivirus.example", "198.51.100.160"),
    ("update.os-vendor.example", "203.0.113.140"),
    ("ocsp.pki.example", "203.0.113.150"),
)


def play_everyday(journal: Journal) -> None:
    draw, name = journal.draw, journal.machine.name
    for hour in range(BEGIN, END, HOUR):
        left = min(HOUR, END - hour)
        for _ in range(PROGRAMS_PER_HOUR[name] * left // HOUR):
            _program(journal, hour + draw.below(left - 5 * MINUTE))
        for _ in range(8 * left // HOUR):
            _service_logon(journal, hour + draw.below(left))
        for _ in range(10 * left // HOUR):
            _machine_logon(journal, hour + draw.below(left - 5 * MINUTE))
        for _ in range(draw.between(2, 4)):
            happens.service_run(
                journal, hour + draw.below(left - 10 * MINUTE), draw.pick(_SERVICES), draw.between(30, 420)
            )
        if (hour - BEGIN) // HOUR % 6 == 3:
            _time_service(journal, hour + draw.below(left))
        if (hour - BEGIN) // HOUR % 2 == 1:
            _script(journal, hour + 2 * MINUTE + draw.below(20 * SECOND))
    for day, clock, minutes in (
        ("2026-01-20", "08:41:12", 34),
        ("2026-01-20", "15:05:40", 18),
        ("2026-01-21", "09:12:05", 27),
    ):
        _administrator(journal, at(clock, day), minutes)
    if name == "SRV02":
        _staff(journal)


def _program(journal: Journal, moment: int) -> None:
    draw = journal.draw
    (parent_image, parent_line), program, _ = draw.weighted([(entry, entry[2]) for entry in _PROGRAMS])
    parent = Process(
        parent_image,
        parent_line,
        644 if "services" in parent_image else 980,
        _fixed_guid(journal, parent_line),
        "NT AUTHORITY\\SYSTEM",
    )
    session = MACHINE_SESSION
    if "WmiPrvSE" in program[0]:
        session = Session(NETWORK_SERVICE, 0x3E4)
    elif "LocalService" in program[1]:
        session = Session(LOCAL_SERVICE, 0x3E5)
    process = happens.start(journal, moment, parent, session, program)
    if "avmaj" in program[0] or "Sauvegarde" in program[0]:
        far, address = draw.pick(_FAR)
        happens.look_up(journal, moment + 300_000_000, process, far, address)
        happens.connect(journal, moment + 420_000_000, process, draw.between(49_152, 65_535), (address, 443, far))
        happens.write_file(
            journal, moment + SECOND, process, f"C:\\ProgramData\\{process.name[:-4]}\\etat_{draw.hex(6)}.dat"
        )
    happens.end(journal, moment + draw.between(4, 240) * SECOND, process)


def _fixed_guid(journal: Journal, command: str) -> str:
    """The GUID of a program that runs since the machine started: the same each time it is named."""
    text = hashlib.sha256(f"{journal.machine.name}{command}".encode()).hexdigest().upper()
    return f"{{{text[:8]}-{text[8:12]}-4{text[13:16]}-A{text[17:20]}-{text[20:32]}}}"


def _service_logon(journal: Journal, moment: int) -> None:
    session = happens.log_on(journal, moment, SYSTEM, 5, Origin())
    happens.grant(journal, moment + 1_000_000, session)


def _machine_logon(journal: Journal, moment: int) -> None:
    draw = journal.draw
    account = draw.weighted(
        ((machine_account(SUPERV01), 60), (machine_account(PC_ADM01), 15), (SVC_BACKUP, 12), (SVC_WEB, 13))
    )
    if account is SVC_BACKUP and journal.machine.name == "SRV02":
        account = machine_account(SUPERV01)
    address = PC_ADM01.ip if "ADM" in account.name else SUPERV01.ip
    session = happens.log_on(journal, moment, account, 3, Origin(address, draw.between(49_152, 65_535)))
    happens.log_off(journal, moment + draw.between(2, 200) * SECOND, session, 3)


def _time_service(journal: Journal, moment: int) -> None:
    if journal.machine.clock_ahead_s:
        journal.put(SYSTEM_LOG, moment, 36, {"TimeSourceRefreshSeconds": 86_400}, sid=LOCAL_SERVICE.sid)
    else:
        source = {"TimeSource": "dc01.tamrirt.example,0x9", "TimeSourceRefId": 0x0A1E140A, "CurrentStratumNumber": 3}
        journal.put(SYSTEM_LOG, moment, 35, source, sid=LOCAL_SERVICE.sid)


def _script(journal: Journal, moment: int) -> None:
    journal.put(POWERSHELL, moment, 40961, {}, sid=SYSTEM.sid)
    for number in range(journal.draw.between(2, 4)):
        block = {"MessageNumber": 1, "MessageTotal": 1, "ScriptBlockText": journal.draw.pick(_SCRIPTS),
                 "ScriptBlockId": journal.draw.guid()[1:-1].lower(), "Path": "C:\\Exploitation\\etat.ps1"}  # fmt: skip
        journal.put(POWERSHELL, moment + (number + 1) * 300_000_000, 4104, block, sid=SYSTEM.sid)
    journal.put(POWERSHELL, moment + 2 * SECOND, 40962, {}, sid=SYSTEM.sid)


def session_event(journal: Journal, moment: int, event_id: int, user: str, address: str) -> None:
    """An event of the local session manager: 21 logon, 22 shell, 23 logoff, 24 disconnected, 25 reconnected."""
    values = {"User": user, "SessionID": DESKTOP, "Address": address}
    journal.put(SESSIONS, moment, event_id, {k: v for k, v in values.items() if event_id != 23 or k != "Address"})


def open_desktop(journal: Journal, moment: int, account: Account, origin: Origin) -> Session:
    """A remote desktop session begins: 1149, 4624 types 3 and 10, 4672, session events 21 and 22."""
    user = f"{account.domain}\\{account.name}"
    journal.put(
        REMOTE, moment - SECOND, 1149, {"Param1": account.name, "Param2": account.domain, "Param3": origin.address}
    )
    first = happens.log_on(journal, moment - 600_000_000, account, 3, origin)
    session = happens.log_on(journal, moment, account, 10, Origin(origin.address, 0, journal.machine.name))
    happens.grant(journal, moment + 2_000_000, session)
    happens.log_off(journal, moment + 4 * SECOND, first, 3)
    session_event(journal, moment + SECOND, 21, user, origin.address)
    session_event(journal, moment + 2 * SECOND, 22, user, origin.address)
    return session


def _administrator(journal: Journal, moment: int, minutes: int) -> None:
    """The administrator looks after the machine over remote desktop from the administration PC."""
    origin = Origin(PC_ADM01.ip, journal.draw.between(49_152, 65_535), PC_ADM01.name)
    session = open_desktop(journal, moment, ADMIN, origin)
    login = Process(
        _S32 + "winlogon.exe", "winlogon.exe", 712, _fixed_guid(journal, "winlogon.exe"), "NT AUTHORITY\\SYSTEM"
    )
    start = happens.start(journal, moment + 3 * SECOND, login, session, (_S32 + "userinit.exe", _S32 + "userinit.exe"))
    shell = happens.start(
        journal, moment + 4 * SECOND, start, session, ("C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE")
    )
    console = happens.start(
        journal, moment + 90 * SECOND, shell, session, (_S32 + "mmc.exe", f'"{_S32}mmc.exe" "{_S32}eventvwr.msc" /s')
    )
    happens.end(journal, moment + 400 * SECOND, console)
    stop = moment + minutes * MINUTE
    happens.log_off(journal, stop, session, 10)
    session_event(journal, stop + SECOND, 24, session.user, origin.address)
    session_event(journal, stop + 2 * SECOND, 23, session.user, origin.address)


def _staff(journal: Journal) -> None:
    """Staff open shares in office hours; now and then somebody mistypes a password once."""
    draw = journal.draw
    for day in ("2026-01-20", "2026-01-21"):
        for who, account in enumerate(STAFF):
            moment = at("07:20:00", day) + draw.below(40 * MINUTE)
            while moment < at("16:50:00", day):
                origin = Origin(STAFF_PCS[who], draw.between(49_152, 65_535))
                if draw.chance(2):
                    happens.refuse(journal, moment - 9 * SECOND, account.name, happens.WRONG_PASSWORD, origin)
                session = happens.log_on(journal, moment, account, 3, origin)
                share = draw.pick(("Commun", "Courrier", "EtatCivil", "Urbanisme"))
                journal.put(SECURITY, moment + 200_000_000, 5140, {
                    **session.subject, "ObjectType": "File", "IpAddress": origin.address, "IpPort": str(origin.port),
                    "ShareName": f"\\\\*\\{share}", "ShareLocalPath": f"\\??\\D:\\Partages\\{share}", "AccessMask": 1,
                    "AccessList": "%%4416\r\n\t\t\t\t",
                })  # fmt: skip
                happens.log_off(journal, moment + draw.between(20, 700) * SECOND, session, 3)
                moment += draw.between(8, 21) * MINUTE + draw.below(MINUTE)
