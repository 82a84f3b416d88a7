"""Plays the scenario and writes its evidence: event logs, web logs and the capture, in one folder for each source."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from forensics.demo import scenario as story
from forensics.demo import web_attack, web_background
from forensics.demo.capture_attack import put_attack
from forensics.demo.capture_background import put_background
from forensics.demo.cast import INTRANET, PORTAL, SRV02, WEB01, Machine
from forensics.demo.containers import write_gzip, write_zip
from forensics.demo.draw import Draw
from forensics.demo.event_shapes import POWERSHELL, REMOTE, SECURITY, SESSIONS, SYSMON, SYSTEM_LOG, Log
from forensics.demo.evtx_writer import Event, write_log
from forensics.demo.journal import Journal
from forensics.demo.scenario import SECOND
from forensics.demo.web_requests import Request, apache_line, civil, iis_head, iis_line
from forensics.demo.web_wire import put_requests
from forensics.demo.windows_attack import play_on_srv02, play_on_web01
from forensics.demo.windows_background import play_everyday
from forensics.demo.wire import Wire

Say = Callable[[str], None]

_WEB01_LOGS = (
    (story.WEB_SECURITY, SECURITY),
    (story.WEB_SYSTEM, SYSTEM_LOG),
    (story.WEB_SYSMON, SYSMON),
    (story.WEB_POWERSHELL, POWERSHELL),
)
_SRV02_POWERSHELL = "SRV02/evtx/Microsoft-Windows-PowerShell%4Operational.evtx"
_SRV02_LOGS = (
    (story.SRV_SYSTEM, SYSTEM_LOG), (story.SRV_SYSMON, SYSMON), (_SRV02_POWERSHELL, POWERSHELL), (story.SRV_SESSIONS, SESSIONS),
    (story.SRV_RDP, REMOTE),
)  # fmt: skip

_NOTE = """Commune de Tamrirt - service informatique
Capture faite le 21/01/2026 sur le port miroir du commutateur des serveurs (WEB01, SRV02), de 19 h 30 a 22 h 45.
Horloge du poste de capture reglee sur le serveur de temps de la commune (heure UTC+1).
L'heure de WEB01 semblait avancer de plus de trois minutes.
"""


def write_evidence(folder: Path, seed: int, say: Say) -> None:
    """Write every file of the demo case below `folder`, which must exist. The same seed gives the same bytes."""
    for sub in ("WEB01/evtx", "WEB01/apache", "SRV02/evtx", "SRV02/sauvegarde", "SRV02/inetpub/W3SVC1", "capture"):
        (folder / sub).mkdir(parents=True)
    say("web logs")
    portal = portal_requests(seed)
    intranet = sorted([*web_background.intranet_requests(seed), *web_attack.intranet_reads()], key=_by_time)
    _write_apache(folder, portal)
    _write_iis(folder, intranet)
    say("event logs of WEB01")
    _write_web01(folder, seed)
    say("event logs of SRV02")
    _write_srv02(folder, seed)
    say("network capture")
    _write_capture(folder, seed, portal, intranet)
    (folder / story.NOTE).write_bytes(_NOTE.encode())


def _by_time(request: Request) -> tuple[int, str]:
    return request.time_ns, request.connection


def portal_requests(seed: int) -> list[Request]:
    """All that the portal served, in order; nothing while Apache was stopped."""
    everything = [*web_background.portal_requests(seed), *web_attack.scan(seed), *web_attack.intrusion(seed)]
    stopped = range(story.RESTARTED - SECOND, story.RESTARTED + 8 * SECOND)
    return sorted((r for r in everything if r.time_ns not in stopped), key=_by_time)


def removed(request: Request) -> bool:
    """Whether the intruder takes this request's line out of the access log."""
    return story.HOLE_BEGIN <= request.time_ns < story.HOLE_END


def _text(path: Path, lines: Iterable[str]) -> None:
    path.write_bytes("".join(lines).encode())


def _write_apache(folder: Path, requests: list[Request]) -> None:
    ahead = WEB01.clock_ahead_s
    old = [apache_line(r, ahead) for r in requests if WEB01.clock(r.time_ns) < story.LOG_ROTATED]
    kept = [r for r in requests if not removed(r)]
    _text(
        folder / story.ACCESS_LOG, (apache_line(r, ahead) for r in kept if WEB01.clock(r.time_ns) >= story.LOG_ROTATED)
    )
    write_gzip(folder / story.OLD_ACCESS_LOG, "".join(old).encode(), "access.log.1", story.LOG_ROTATED // SECOND)


def _write_iis(folder: Path, requests: list[Request]) -> None:
    days: dict[str, list[Request]] = {}
    for request in requests:
        year, month, number, *_ = civil(request.time_ns)
        days.setdefault(f"{year % 100:02d}{month:02d}{number:02d}", []).append(request)
    for day, members in sorted(days.items()):
        lines = [iis_line(request, SRV02.ip) for request in members]
        _text(folder / story.IIS_LOGS.format(day=day), [iis_head(members[0].time_ns), *lines])


def _write_logs(folder: Path, journal: Journal, logs: Iterable[tuple[str, Log]]) -> None:
    for path, log in logs:
        write_log(folder / path, log.channel, _until_end(journal.events(log), journal.machine))


def _until_end(events: list[Event], machine: Machine) -> list[Event]:
    return [event for event in events if event.time_ns < machine.clock(story.END)]


def _write_web01(folder: Path, seed: int) -> None:
    journal = Journal(WEB01, seed)
    play_everyday(journal)
    play_on_web01(journal, seed)
    _write_logs(folder, journal, _WEB01_LOGS)


def _write_srv02(folder: Path, seed: int) -> None:
    """SRV02's logs; its Security log twice: exported before it was cleared, and what was logged since."""
    journal = Journal(SRV02, seed)
    play_everyday(journal)
    play_on_srv02(journal, seed)
    _write_logs(folder, journal, _SRV02_LOGS)
    security = _until_end(journal.events(SECURITY), SRV02)
    since = [event for event in security if event.time_ns >= story.CLEARED]
    write_log(folder / story.SRV_SECURITY, SECURITY.channel, since, renumber=True)
    with tempfile.TemporaryDirectory() as scratch:
        exported = Path(scratch) / story.EXPORT_MEMBER
        before = [event for event in security if event.time_ns < story.EXPORTED]
        write_log(exported, SECURITY.channel, before, renumber=True)
        content = exported.read_bytes()
    year, month, day, hour, minute, second = civil(story.EXPORTED + 3_600 * SECOND)
    write_zip(folder / story.EXPORT, story.EXPORT_MEMBER, content, (year, month, day, hour, minute, second))


def _write_capture(folder: Path, seed: int, portal: list[Request], intranet: list[Request]) -> None:
    wire, draw = Wire(), Draw(seed, "ports")
    put_requests(wire, portal, WEB01, PORTAL, draw)
    put_requests(wire, intranet, SRV02, INTRANET, draw)
    put_background(wire, seed)
    put_attack(wire, seed)
    wire.write(folder / story.CAPTURE)
