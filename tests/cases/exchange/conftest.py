"""A small case whose evidence is hostile text, ready to be exported: web and Windows rows, three findings, a problem, a ledger."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from cases import findings
from cases.case import Case, CaseInfo, Hand
from cases.exchange import Options
from cases.exchange.delivery import Delivery, deliver
from timelines.findings import Finding
from timelines.inventory import Exhibit, FileEntry
from timelines.problems import LedgerRow, Problem
from timelines.query import Timeline
from timelines.rows import Provenance, finish
from timelines.store import Store

DATE = "2026-03-06"
START = 1_772_572_445_123_456_789  # 2026-03-03T21:14:05.123456789Z
BEFORE_1970 = -1_500  # ns: 1969-12-31T23:59:59.9999985Z
HOSTILE = (
    "=cmd|'/C calc'!A0;=1+1,\"quoted\"\t\r\n<script>alert(1)</script>\u202egpj.exe\x00\x1b[31m _x0041_ `#set` \uffff"
    + "é" * 40_000
)
WEB = hashlib.sha256(b"web").hexdigest()
EVTX = hashlib.sha256(b"evtx").hexdigest()
_INSTANT = pa.timestamp("ns", tz="UTC")


def _web() -> pa.RecordBatch:
    """Seven requests: the third asks for HOSTILE, one is older than 1970, the last has no time."""
    times = [START, START + 1, START + 2, BEFORE_1970, START + 4, START + 5, None]
    count = len(times)
    return pa.RecordBatch.from_pydict(
        {
            "time": pa.array(times, _INSTANT),
            "time_desc": pa.array(["Request logged"] * count),
            "time_quality": pa.array(["utc"] * (count - 1) + ["unknown"]),
            "event": pa.array(["http.request"] * count),
            "record": pa.array(range(1, count + 1), pa.uint64()),
            "offset": pa.array([n * 71 for n in range(count)], pa.int64()),
            "length": pa.array([71] * count, pa.int64()),
            "flags": pa.array(["loose"] + [""] * (count - 1)),
            "src_ip": pa.array([f"198.51.100.{n}" for n in range(count - 1)] + ["fe80::1%eth0"]),
            "object": pa.array([HOSTILE if n == 2 else f"/page/{n}" for n in range(count)]),
            "cs_method": pa.array(["GET"] * count),
            "cs_uri": pa.array([HOSTILE if n == 2 else f"/page/{n}" for n in range(count)]),
            "sc_status": pa.array([200] * count, pa.int32()),
        }
    )


def _windows() -> pa.RecordBatch:
    """Two logons: a record number above 2^63, and values under names that exports keep for themselves."""
    return pa.RecordBatch.from_pydict(
        {
            "time": pa.array([START + 3, START + 9], _INSTANT),
            "event": pa.array(["4624", "4625"]),
            "EventID": pa.array([4624, 4625], pa.int32()),
            "record": pa.array([2**64 - 1, 12], pa.uint64()),
            "offset": pa.array([4_608, 6_000], pa.int64()),
            "length": pa.array([1_392, 800], pa.int64()),
            "Provider_Name": pa.array(["Microsoft-Windows-Security-Auditing"] * 2),
            "TargetUserName": pa.array(["@SUM(1)", None]),
            "datetime": pa.array(["yesterday", None]),
            "tag": pa.array(["hers", None]),
            "a.b": pa.array(["dotted", None]),
            "a_b": pa.array(["plain", None]),
        }
    )


def _findings(web: list[str], windows: list[str]) -> list[Finding]:
    words = {"title": HOSTILE[:60], "shows": "Rows.", "does_not_show": "Who.", "would_change": "A capture."}
    entities = {
        "ips": ("198.51.100.1", "2001:db8::1", "not an address"),
        "users": (HOSTILE[:80],),
        "objects": ("/a", HOSTILE),
    }
    return [
        Finding(
            "F-00000000aa", "correlation", "rule-a", "Title A", "high", "corroborated", START, START + 9, entities,
            (*web[:4], *windows), ("T1059.001", "T1190"), HOSTILE[:90], families=("web/access", "windows/security"),
            texts={"en": words}, cve=("CVE-2021-41773",), followed={"script": (web[3],)},
        ),
        Finding(
            "F-00000000bb", "match", "rule-b", "Title B", "low", "indication", None, None, {}, (web[6], "f" * 24), (), "why"
        ),
        Finding(
            "F-00000000cc", "match", "rule-c", HOSTILE[:70], "odd", "inconclusive", START, START, {}, (web[5],), ("T1190",), ""
        ),
    ]  # fmt: skip


def make(folder: Path) -> Case:
    """The case. Every time that it records is the same, so that two of them are equal byte for byte."""
    hand = Hand("analyst.one", "athar", "0.1.0", lambda: datetime(2026, 3, 5, 8, tzinfo=UTC))
    case = Case.create(
        folder, CaseInfo(number="=2026-017", title=HOSTILE[:40], laboratory="Laboratory (invented)"), hand
    )
    case.register.register(
        Exhibit("E001", "server", "/secret/place/server", True, 900, 3, "2026-03-05T08:00:00Z", seal="S-1")
    )
    case.register.record(
        [
            FileEntry("E001", "logs/access.log", 600, WEB, "evidence", "web/log", on_disk="logs/access.log"),
            FileEntry("E001", "old.zip/+calc.evtx", 300, EVTX, "evidence", "windows/evtx", on_disk="old.zip"),
            FileEntry("E001", "old.zip", 200, "0" * 64, "container", on_disk="old.zip"),
        ]
    )
    case.save_register("exhibit-added", {"exhibit": "E001"}, "E001")
    store = Store(case.timeline_folder)
    writer = store.writer("t")
    web = finish("web/access", _web(), Provenance("E001", "logs/access.log", WEB))
    windows = finish("windows/security", _windows(), Provenance("E001", "old.zip/+calc.evtx", EVTX))
    writer.add(web)
    writer.add(windows)
    problems = [Problem("E001", "logs/access.log", 500, 100, HOSTILE[:50])]
    store.commit({"t": writer.close(problems, [LedgerRow("E001", "logs/access.log", 600, 500, 0, 0, 100)])})
    case.log("evidence-read", {}, ["timeline/manifest.json"])
    ids = [[str(row) for row in batch.column("row_id").to_pylist()] for batch in (web, windows)]
    matches = pa.table(
        {
            "rule_id": ["rule-b", "rule-a"],
            "rule_title": ["Title B", HOSTILE[:60]],
            "level": ["low", "high"],
            "row_id": [ids[0][6], ids[0][0]],
            "time": pa.array([None, START], _INSTANT),
            "family": ["web/access"] * 2,
            "why": ["why", HOSTILE[:90]],
        }
    )
    case.log("rules-run", {}, findings.save(case.findings_folder, _findings(*ids), matches, []))
    return case


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("hostile") / "case").folder


@pytest.fixture
def hostile_case(hostile_folder: Path, tmp_path: Path) -> Case:
    """A copy of the case, so that a test may change it."""
    shutil.copytree(hostile_folder, tmp_path / "case")
    return Case.open(tmp_path / "case")


@pytest.fixture
def timeline(hostile_case: Case) -> Timeline:
    return Timeline(hostile_case.timeline_folder)


@pytest.fixture
def export(hostile_case: Case, tmp_path: Path) -> Callable[..., Delivery]:
    """Export the hostile case to a format; the file lies in a folder of its own."""

    def call(name: str, suffix: str, lang: str = "en") -> Delivery:
        return deliver(hostile_case, name, tmp_path / "out" / f"{name}{suffix}", Options(DATE, lang))

    return call
