"""A small case with real rows, made by hand: two exhibits, web and Windows rows, one finding, one damaged file."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest

from cases import findings
from cases.case import Case, CaseInfo, Hand
from timelines.findings import Finding, RuleOutcome
from timelines.inventory import Exhibit, FileEntry
from timelines.problems import LedgerRow, Problem
from timelines.query import Timeline
from timelines.rows import Provenance, finish
from timelines.store import Store

LOG = b'192.0.2.10 - - [03/Mar/2026:21:14:05 +0000] "GET / HTTP/1.1" 200 512\n'
ZIP = b"PK\x03\x04 stands for an archive that holds the log again"
EVTX = b"ElfFile\x00 stands for a Windows event log"


def ticking(start: str = "2026-03-03T21:14:05+00:00") -> Callable[[], datetime]:
    """A clock that moves one second each time it is read."""
    moments: Iterator[int] = iter(range(10**6))
    return lambda: datetime.fromisoformat(start).astimezone(UTC) + timedelta(seconds=next(moments))


@pytest.fixture
def hand() -> Hand:
    return Hand(who="analyst.one", tool="athar", version="0.1.0", clock=ticking())


@pytest.fixture
def empty_case(tmp_path: Path, hand: Hand) -> Case:
    return Case.create(tmp_path / "case", CaseInfo(number="2026-017", title="Invented portal"), hand)


def entry(number: str, file: str, data: bytes, status: str = "evidence", on_disk: str | None = None) -> FileEntry:
    sha256 = hashlib.sha256(data).hexdigest()
    return FileEntry(number, file, len(data), sha256, status, on_disk=on_disk or file)  # type: ignore[arg-type]


@pytest.fixture
def seized(tmp_path: Path) -> Path:
    """Evidence as handed in: a folder with a log and an archive, and a single file."""
    folder = tmp_path / "seized"
    (folder / "server" / "logs").mkdir(parents=True)
    (folder / "server" / "logs" / "access.log").write_bytes(LOG)
    (folder / "server" / "old.zip").write_bytes(ZIP)
    (folder / "Security.evtx").write_bytes(EVTX)
    return folder


@pytest.fixture
def case(empty_case: Case, seized: Path) -> Case:
    """A case with two exhibits registered and recorded in custody."""
    register = empty_case.register
    register.register(
        Exhibit("E001", "server", str(seized / "server"), True, len(LOG) + len(ZIP), 3, "2026-03-03T21:14:06Z")
    )
    register.record(
        [
            entry("E001", "logs/access.log", LOG),
            entry("E001", "old.zip", ZIP, "container"),
            entry("E001", "old.zip/inner/access.log", LOG, "duplicate", on_disk="old.zip"),
        ]
    )
    empty_case.save_register("exhibit-added", {"exhibit": "E001"}, "E001")
    register.register(
        Exhibit("E002", "Security.evtx", str(seized / "Security.evtx"), False, len(EVTX), 1, "2026-03-03T21:14:07Z")
    )
    register.record([entry("E002", "Security.evtx", EVTX)])
    empty_case.save_register("exhibit-added", {"exhibit": "E002"}, "E002")
    return empty_case


@pytest.fixture(scope="session")
def synthetic() -> ModuleType:
    """The hand-made summary beside these tests."""
    return _beside("synthetic")


@pytest.fixture(scope="session")
def images() -> ModuleType:
    """The reader of page images beside these tests."""
    return _beside("images")


def _beside(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"athar_tests_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


START = 1_772_572_445_000_000_000  # 2026-03-03T21:14:05Z
SHA256 = hashlib.sha256(LOG).hexdigest()


def web_rows(count: int, hostile: str) -> pa.RecordBatch:
    """`count` requests a minute apart; the third asks for `hostile`, the last has no time, every tenth was read loosely."""
    numbers = range(count)
    times = [None if n == count - 1 else START + n * 60_000_000_000 for n in numbers]
    return pa.RecordBatch.from_pydict(
        {
            "time": pa.array(times, pa.timestamp("ns", tz="UTC")),
            "time_quality": pa.array(["unknown" if n == count - 1 else "offset" for n in numbers]),
            "event": pa.array(["http.request"] * count),
            "record": pa.array([n + 1 for n in numbers], pa.uint64()),
            "offset": pa.array([n * 71 for n in numbers], pa.int64()),
            "length": pa.array([71] * count, pa.int64()),
            "flags": pa.array(["loose" if n % 10 == 0 else "" for n in numbers]),
            "c_ip": pa.array([f"198.51.100.{n % 250}" for n in numbers]),
            "cs_method": pa.array(["GET"] * count),
            "cs_uri": pa.array([hostile if n == 2 else f"/page/{n}" for n in numbers]),
            "sc_status": pa.array([200] * count, pa.int32()),
        }
    )


@pytest.fixture
def timeline_of(tmp_path: Path) -> Callable[[list[int]], Timeline]:
    """A timeline of web requests at given instants (UTC ns)."""

    def make(instants: list[int]) -> Timeline:
        store = Store(tmp_path / "made")
        batch = web_rows(len(instants), "/")
        at = batch.schema.get_field_index("time")
        batch = batch.set_column(at, "time", pa.array(instants, pa.timestamp("ns", tz="UTC")))
        writer = store.writer("t")
        writer.add(finish("web/access", batch, Provenance("E001", "logs/access.log", SHA256)))
        store.commit({"t": writer.close([], [])})
        return Timeline(store.root)

    return make


def fill(case: Case, hostile: str = "/<script>alert(1)</script>\u202egpj.exe") -> list[str]:
    """Give a case rows, a problem, a ledger, two findings and rule outcomes, each recorded. Returns the row ids."""
    store = Store(case.timeline_folder)
    writer = store.writer("t")
    batch = finish("web/access", web_rows(50, hostile), Provenance("E001", "logs/access.log", SHA256))
    writer.add(batch)
    problems = [Problem("E001", "logs/access.log", 3_550, 9, "line of no known layout; not read")]
    store.commit({"t": writer.close(problems, [LedgerRow("E001", "logs/access.log", 3_559, 3_550, 0, 0, 9)])})
    rows = [str(row) for row in batch.column("row_id").to_pylist()]
    first, last = START, START + 40 * 60_000_000_000
    found = [
        Finding(
            "F-00000000aa", "match", "rule-a", "Title of rule A", "high", "supported", first, last, {"ips": ("198.51.100.1",)},
            tuple(rows[:41]), ("T1190",), "cs_uri contains page", families=("web/access",), texts={"en": {"title": "Plain words"}},
        ),
        Finding(
            "F-00000000bb", "match", "rule-b", "Title of rule B", "low", "indication", None, None, {},
            (rows[49], "f" * 24), (), "status 200", families=("web/access",),
        ),
    ]  # fmt: skip
    outcomes = [
        RuleOutcome("rule-a", "Title of rule A", "high", "match", "matched", "a.yml", ("web/access",), 50, 41),
        RuleOutcome("rule-b", "Title of rule B", "low", "match", "matched", "b.yml", ("web/access",), 50, 1),
        RuleOutcome("rule-c", "Title of rule C", "low", "match", "silent", "c.yml", ("web/access",), 50),
        RuleOutcome("rule-d", "Title of rule D", "low", "match", "no-data", "d.yml", ("net/dns",)),
        RuleOutcome(
            "rule-e", "Title of rule E", "low", "match", "refused", "e.yml", reason="a modifier that is not known"
        ),
    ]
    matches = pa.table(
        {
            "rule_id": ["rule-b", "rule-a"],
            "rule_title": ["Title of rule B", "Title of rule A"],
            "level": ["low", "high"],
            "row_id": [rows[49], rows[0]],
            "time": pa.array([None, first], pa.timestamp("ns", tz="UTC")),
            "family": ["web/access"] * 2,
            "why": ["status 200", "cs_uri contains page"],
        }
    )
    case.log("evidence-read", {}, ["timeline/manifest.json"])
    case.log("rules-run", {}, findings.save(case.findings_folder, found, matches, outcomes))
    return rows


@pytest.fixture
def filled(case: Case) -> Case:
    fill(case)
    return case
