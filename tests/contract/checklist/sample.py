"""Small evidence for the checklist, and how a case's journal and failed checks are read."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import Any

from cases.custody import JOURNAL
from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log

NOON = 1_768_392_000_000_000_000  # 2026-01-14 12:00:00 UTC, in ns
AGENT = "Mozilla/5.0"
OVERRIDE = "<script>alert(1)</script>\u202egpj.exe"
LANGUAGES = ("en", "fr", "ar")
DAY = ("--date", "2026-02-01")


def lines() -> str:
    """Requests a second apart: ordinary ones, a scanner's, and one whose agent is hostile to whoever shows it."""
    agents = [AGENT] * 20 + [f"Mozilla/5.00 (Nikto/2.5.0) (Test:{n:06d})" for n in range(20)] + [OVERRIDE]
    shape = (
        '203.0.113.9 - - [14/Jan/2026:13:{m:02d}:{s:02d} +0100] "GET /page/{n}.php HTTP/1.1" 404 512 "-" "{agent}"\n'
    )
    return "".join(shape.format(m=n // 60, s=n % 60, n=n, agent=agent) for n, agent in enumerate(agents))


def put_evidence(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "access.log").write_text(lines(), encoding="utf-8", newline="")
    (folder / "notes.bin").write_bytes(bytes(range(256)) * 4)  # of no format that is known
    data = (("TargetUserName", Kind.UNICODE, "operator"), ("LogonType", Kind.UINT32, 3))
    cleared = (("SubjectUserName", Kind.UNICODE, "operator"),)
    events = [
        Event(
            provider="Microsoft-Windows-Security-Auditing",
            provider_guid="{54849625-5478-4994-A5BA-3E3B0328C30D}",
            event_id=event,
            time_ns=NOON + n * 10**9,
            record_id=n + 1,
            computer="SRV.example",
            data=cleared if event == 1102 else data,
        )
        for n, event in enumerate((4624, 4625, 4624, 1102))
    ]
    write_log(folder / "Security.evtx", "Security", events)
    return folder


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Name, bytes, modification time and mode of everything below a folder."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        about = path.stat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[path.relative_to(folder).as_posix()] = (content, about.st_mtime_ns, stat.S_IMODE(about.st_mode))
    return found


def entries(case: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (case / JOURNAL).read_text("utf-8").splitlines()]


def failed(ran: Any) -> list[str]:
    return [f"{c['subject']} {c['detail']}" for c in json.loads(ran.out)["checks"] if c["state"] == "failed"]
