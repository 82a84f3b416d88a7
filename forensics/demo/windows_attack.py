"""What the intruder leaves in the event logs of the two servers."""

from __future__ import annotations

from forensics.demo import everyday_events as happens
from forensics.demo import scenario as story
from forensics.demo.beacons import beacon_times
from forensics.demo.cast import CONTROL_IP, CONTROL_NAME, DROP_NAME, INTRANET, SRV02, SVC_BACKUP, SVC_WEB, WEB01
from forensics.demo.event_shapes import POWERSHELL, SECURITY, SYSMON, SYSTEM_LOG
from forensics.demo.everyday_events import MACHINE_SESSION, Origin, Session
from forensics.demo.journal import Journal, Process
from forensics.demo.scenario import SECOND, at
from forensics.demo.sprays import attempts
from forensics.demo.web_attack import shell_command
from forensics.demo.windows_background import open_desktop, session_event

_S32 = "C:\\Windows\\System32\\"
_PATHS = {"powershell.exe": _S32 + "WindowsPowerShell\\v1.0\\powershell.exe"}
_TOOLS = "C:\\ProgramData\\svchelper\\"


def play_on_web01(journal: Journal, seed: int) -> None:
    """The web shell's commands, the implant and its calls, the edit of the access log."""
    web = Session(SVC_WEB, 0x5C21A, "High")
    guid = journal.draw.guid()
    httpd = Process(
        "C:\\Apache24\\bin\\httpd.exe", '"C:\\Apache24\\bin\\httpd.exe" -k runservice', 3124, guid, web.user
    )
    page = "C:\\Apache24\\htdocs" + story.SHELL_PAGE.replace("/", "\\")
    happens.write_file(journal, story.UPLOAD + 60_000_000, httpd, page)
    implant = None
    for clock, command, program in story.SHELL_COMMANDS:
        moment, typed = at(clock), shell_command(command)
        shell = happens.start(journal, moment, httpd, web, (_S32 + "cmd.exe", f'cmd.exe /s /c "{typed}"'))
        if program is not None:
            image = _PATHS.get(program, _S32 + program)
            child = happens.start(journal, moment + 40_000_000, shell, web, (image, typed))
            if program == "powershell.exe":
                implant = _download(journal, child, web)
            elif program == "curl.exe":
                happens.connect(journal, moment + 90_000_000, child, 50_800 + len(typed), (SRV02.ip, 80, INTRANET))
            happens.end(journal, moment + 900_000_000, child)
        happens.end(journal, moment + SECOND, shell)
    if implant is None:
        raise AssertionError("no command of the story starts the implant")
    for call in beacon_times(seed):
        port = 49_200 + call // SECOND % 16_000
        happens.connect(journal, call, implant, port, (CONTROL_IP, 443, CONTROL_NAME))
    _edit_log(journal, implant, web)


def _download(journal: Journal, powershell: Process, web: Session) -> Process:
    moment = at("19:26:41")
    block = {"MessageNumber": 1, "MessageTotal": 1, "ScriptBlockText": story.DOWNLOAD_SCRIPT,
             "ScriptBlockId": journal.draw.guid()[1:-1].lower(), "Path": ""}  # fmt: skip
    journal.put(POWERSHELL, moment, 40961, {}, sid=SVC_WEB.sid)
    journal.put(POWERSHELL, moment + 300_000_000, 4104, block, sid=SVC_WEB.sid)
    happens.look_up(journal, at("19:26:43.950"), powershell, CONTROL_NAME, CONTROL_IP)
    happens.connect(journal, at("19:26:44"), powershell, 50_733, (CONTROL_IP, 443, CONTROL_NAME))
    happens.write_file(journal, at("19:26:58"), powershell, story.IMPLANT)
    return happens.start(journal, at("19:26:59"), powershell, web, (story.IMPLANT, story.IMPLANT))


def _edit_log(journal: Journal, implant: Process, web: Session) -> None:
    """Apache is stopped, the lines are taken out, Apache is started again."""
    shell = happens.start(journal, story.RESTARTED - 2 * SECOND, implant, web, (_S32 + "cmd.exe", "cmd.exe"))
    steps = (
        (-SECOND, "net.exe", "net stop Apache2.4"),
        (2 * SECOND, "powershell.exe", story.LOG_EDIT_COMMAND),
        (6 * SECOND, "net.exe", "net start Apache2.4"),
    )
    for delay, program, command in steps:
        image = _PATHS.get(program, _S32 + program)
        child = happens.start(journal, story.RESTARTED + delay, shell, web, (image, command))
        happens.end(journal, story.RESTARTED + delay + 1_500_000_000, child)
    happens.service_state(journal, story.RESTARTED, "Apache2.4", "arr\u00eat\u00e9")
    happens.service_state(journal, story.RESTARTED + 7 * SECOND, "Apache2.4", "en cours d'ex\u00e9cution")


def play_on_srv02(journal: Journal, seed: int) -> None:
    """The password spray, the remote desktop, the service, the archive, the cleared logs."""
    known = {"adm.tazarine", "svc_sauvegarde", "svc_web", "y.amsaad"}
    for moment, port, name in attempts(seed):
        reason = happens.WRONG_PASSWORD if name in known else happens.NO_SUCH_USER
        happens.refuse(journal, moment, name, reason, Origin(WEB01.ip, port, WEB01.name))
    first = happens.log_on(journal, story.SPRAY_HIT, SVC_BACKUP, 3, Origin(WEB01.ip, 51_877, WEB01.name))
    happens.grant(journal, story.SPRAY_HIT + 1_000_000, first)
    happens.log_off(journal, story.SPRAY_HIT + 11 * SECOND, first, 3)
    session = open_desktop(journal, story.RDP_BEGIN, SVC_BACKUP, Origin(WEB01.ip, 52_011, WEB01.name))
    desktop = _desktop(journal, session)
    service = _install(journal, desktop, session)
    _pack(journal, desktop, session)
    happens.look_up(journal, story.DROP_BEGIN - 50_000_000, service, DROP_NAME, CONTROL_IP)
    happens.connect(journal, story.DROP_BEGIN, service, 51_290, (CONTROL_IP, 443, DROP_NAME))
    session_event(journal, story.RDP_LEFT, 24, session.user, WEB01.ip)
    session_event(journal, story.RDP_AGAIN, 25, session.user, WEB01.ip)
    _clear(journal, desktop, session)
    happens.log_off(journal, story.RDP_END, session, 10)
    session_event(journal, story.RDP_END + SECOND, 23, session.user, WEB01.ip)


def _desktop(journal: Journal, session: Session) -> Process:
    moment = story.RDP_BEGIN + 3 * SECOND
    login = Process(_S32 + "winlogon.exe", "winlogon.exe", 5_712, journal.draw.guid(), "NT AUTHORITY\\SYSTEM")
    start = happens.start(journal, moment, login, session, (_S32 + "userinit.exe", _S32 + "userinit.exe"))
    shell = happens.start(
        journal, moment + SECOND, start, session, ("C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE")
    )
    for name, delay in (("tsync.exe", 160), ("rar.exe", 166)):
        happens.write_file(journal, moment + delay * SECOND, shell, _TOOLS + name)
    return happens.start(journal, moment + 200 * SECOND, shell, session, (_S32 + "cmd.exe", f'"{_S32}cmd.exe"'))


def _install(journal: Journal, console: Process, session: Session) -> Process:
    moment = story.SERVICE_INSTALLED
    command = f"sc  create {story.SERVICE_NAME} binPath= {story.SERVICE_FILE} start= auto"
    happens.start(journal, moment - 200_000_000, console, session, (_S32 + "sc.exe", command))
    manager = Process(_S32 + "services.exe", _S32 + "services.exe", 644, journal.draw.guid(), "NT AUTHORITY\\SYSTEM")
    journal.put(SYSMON, moment, 13, {
        "EventType": "SetValue", "ProcessGuid": manager.guid, "ProcessId": manager.pid, "Image": manager.image,
        "TargetObject": f"HKLM\\System\\CurrentControlSet\\Services\\{story.SERVICE_NAME}\\ImagePath",
        "Details": story.SERVICE_FILE, "User": manager.user,
    })  # fmt: skip
    journal.put(SYSTEM_LOG, moment, 7045, {
        "ServiceName": story.SERVICE_NAME, "ImagePath": story.SERVICE_FILE, "ServiceType": "service en mode utilisateur",
        "StartType": "D\u00e9marrage automatique", "AccountName": "LocalSystem",
    }, sid=SVC_BACKUP.sid)  # fmt: skip
    journal.put(SECURITY, moment + 1_000_000, 4697, {
        **session.subject, "ServiceName": story.SERVICE_NAME, "ServiceFileName": story.SERVICE_FILE, "ServiceType": 0x10,
        "ServiceStartType": 2, "ServiceAccount": "LocalSystem",
    })  # fmt: skip
    happens.start(journal, moment + 8 * SECOND, console, session, (_S32 + "sc.exe", f"sc  start {story.SERVICE_NAME}"))
    happens.service_state(journal, moment + 9 * SECOND, story.SERVICE_NAME, "en cours d'ex\u00e9cution")
    return happens.start(
        journal, moment + 9 * SECOND, manager, MACHINE_SESSION, (story.SERVICE_FILE, story.SERVICE_FILE)
    )


def _pack(journal: Journal, console: Process, session: Session) -> None:
    packer = happens.start(journal, story.ARCHIVED, console, session, (_TOOLS + "rar.exe", story.ARCHIVE_COMMAND))
    happens.write_file(journal, story.ARCHIVED + 300_000_000, packer, _TOOLS + "d1.rar")
    happens.end(journal, story.ARCHIVED + 74 * SECOND, packer)


def _clear(journal: Journal, console: Process, session: Session) -> None:
    account = session.account
    for delay, channel in zip((-2 * SECOND, 0), story.CLEARED_LOGS, strict=True):
        happens.start(
            journal,
            story.CLEARED + delay - 60_000_000,
            console,
            session,
            (_S32 + "wevtutil.exe", f"wevtutil  cl {channel}"),
        )
    names = {"SubjectUserName": account.name, "SubjectDomainName": account.domain}
    journal.put(
        SYSTEM_LOG,
        story.CLEARED - 2 * SECOND,
        104,
        {**names, "Channel": story.CLEARED_LOGS[0], "BackupPath": ""},
        sid=account.sid,
    )
    journal.put(SECURITY, story.CLEARED, 1102, session.subject)
