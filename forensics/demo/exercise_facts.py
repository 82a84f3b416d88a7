"""What the answers of the exercise are made of: values of the scenario and of its draws, never typed a second time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from forensics.demo import cast, web_attack
from forensics.demo import scenario as story
from forensics.demo.beacons import beacon_times
from forensics.demo.evidence_folder import portal_requests, removed
from forensics.demo.scenario import SECOND, TRUTH
from forensics.demo.sprays import attempts

Fact = str | int


def true_time(time_ns: int) -> str:
    """A true instant, whole seconds UTC: `2026-01-21T19:02:10Z`."""
    return datetime.fromtimestamp(time_ns // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def web01_time(time_ns: int) -> str:
    """The same instant as WEB01's logs give it: its clock runs ahead."""
    return true_time(cast.WEB01.clock(time_ns))


def facts(seed: int) -> dict[str, Fact]:
    """Every value that an answer or a command of the key may name, for the evidence of this seed. Times are true time, UTC, unless
    they are called `web01_…`."""
    at = {step.name: step.time_ns for step in TRUTH}
    return {
        "web01": cast.WEB01.name, "web01_ip": cast.WEB01.ip, "srv02": cast.SRV02.name, "srv02_ip": cast.SRV02.ip,
        "srv02_fqdn": cast.SRV02.fqdn,
        "attacker": cast.ATTACKER_IP, "control": cast.CONTROL_IP, "portal": cast.PORTAL, "clock_ahead": cast.WEB01.clock_ahead_s,
        **_entry(seed, at), **_shell(at), **_calls(seed), **_spray(seed, at), **_desktop(at), **_carried(at), **_erased(seed, at),
    }  # fmt: skip


def _entry(seed: int, at: dict[str, int]) -> dict[str, Fact]:
    scan = list(web_attack.scan(seed))
    tools = dict.fromkeys(found[0] for r in scan if (found := re.search(r"(?:Nikto|gobuster|sqlmap)/[\d.]+", r.agent)))
    return {
        "scan_first": true_time(scan[0].time_ns), "scan_last": true_time(scan[-1].time_ns), "scan_requests": len(scan),
        "scan_tools": ", ".join(tools), "web01_scan_first": web01_time(scan[0].time_ns),
        "upload": true_time(at["upload"]), "web01_upload": web01_time(at["upload"]), "shell_page": story.SHELL_PAGE,
    }  # fmt: skip


def _shell(at: dict[str, int]) -> dict[str, Fact]:
    clock, command, _ = story.SHELL_COMMANDS[0]
    pages = [f"{path}?{query}" if query else path for _, path, query in story.INTRANET_READS]
    return {
        "commands": len(story.SHELL_COMMANDS), "first_command": command, "first_command_time": true_time(story.at(clock)),
        "web_account": f"{cast.SVC_WEB.domain}\\{cast.SVC_WEB.name}", "web_account_name": cast.SVC_WEB.name,
        "powershell": true_time(at["shell"]), "implant": story.IMPLANT, "implant_name": story.IMPLANT.rsplit("\\", 1)[1],
        "implant_time": true_time(at["implant"]), "control_name": cast.CONTROL_NAME,
        "intranet": cast.INTRANET, "intranet_pages": len(pages), "intranet_last_page": pages[-1],
        "intranet_first": true_time(at["intranet"]),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Span:
    first: str
    last: str
    count: int


def _span(times: Sequence[int]) -> _Span:
    return _Span(true_time(min(times)), true_time(max(times)), len(times))


def _calls(seed: int) -> dict[str, Fact]:
    calls = _span(beacon_times(seed))
    return {
        "calls": calls.count, "calls_first": calls.first, "calls_last": calls.last, "calls_every": story.BEACON_PERIOD_S,
    }  # fmt: skip


def _spray(seed: int, at: dict[str, int]) -> dict[str, Fact]:
    tries = attempts(seed)
    span = _span([moment for moment, _, _ in tries])
    return {
        "tries": span.count, "tries_first": span.first, "tries_last": span.last,
        "tried_accounts": len({name for _, _, name in tries}), "account": cast.SVC_BACKUP.name,
        "account_time": true_time(at["valid-account"]),
    }  # fmt: skip


def _desktop(at: dict[str, int]) -> dict[str, Fact]:
    return {
        "rdp_begin": true_time(at["rdp"]), "rdp_left": true_time(story.RDP_LEFT), "rdp_again": true_time(story.RDP_AGAIN),
        "rdp_end": true_time(story.RDP_END), "service": story.SERVICE_NAME, "service_file": story.SERVICE_FILE,
        "service_time": true_time(at["service"]),
    }  # fmt: skip


def _carried(at: dict[str, int]) -> dict[str, Fact]:
    *_, archive, folder = story.ARCHIVE_COMMAND.split()
    (password,) = re.findall(r" -hp(\S+)", story.ARCHIVE_COMMAND)
    return {
        "archive": archive, "packed": folder, "packed_time": true_time(at["archive"]), "password": password,
        "drop_bytes": story.DROP_BYTES, "drop_name": cast.DROP_NAME, "drop_time": true_time(at["exfiltration-https"]),
        "queries": story.TUNNEL_QUERIES, "zone": cast.TUNNEL_ZONE, "queries_time": true_time(at["exfiltration-dns"]),
    }  # fmt: skip


def _erased(seed: int, at: dict[str, int]) -> dict[str, Fact]:
    gone = [request for request in portal_requests(seed) if removed(request)]
    return {
        "cleared": true_time(at["log-cleared"]), "cleared_logs": ", ".join(story.CLEARED_LOGS),
        "exported": true_time(story.EXPORTED), "export_file": story.EXPORT, "edited": true_time(at["lines-removed"]),
        "hole_begin": true_time(story.HOLE_BEGIN), "hole_end": true_time(story.HOLE_END),
        "web01_hole_begin": web01_time(story.HOLE_BEGIN), "web01_hole_end": web01_time(story.HOLE_END),
        "hole_requests": len(gone), "hole_attacker": sum(r.client == cast.ATTACKER_IP for r in gone),
    }  # fmt: skip
