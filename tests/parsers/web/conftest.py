"""Reading a handful of bytes as a web log, with the ledger checked each time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from parsers.base import Batch, Evidence, Parser
from parsers.registry import by_name
from tests.said import said
from timelines.problems import Account, LedgerRow, Problem, balance
from timelines.rows import Provenance, finish

EVIDENCE = Path(__file__).resolve().parents[4] / "shared" / "evidence" / "web"


@dataclass(frozen=True)
class Result:
    """What a log became: rows as dicts in file order (nulls left out), problems in file order, the ledger."""

    data: bytes
    rows: list[dict[str, Any]]
    problems: list[Problem]
    ledger: LedgerRow
    pieces: int

    def line(self, row: dict[str, Any]) -> bytes:
        """The bytes that a row cites."""
        return self.data[row["offset"] : row["offset"] + row["length"]]

    @property
    def only(self) -> dict[str, Any]:
        assert len(self.rows) == 1, (self.rows, self.problems)
        return self.rows[0]


def read_file(path: Path, parser: Parser, zone: str | None = None, log_formats: tuple[str, ...] = ()) -> Result:
    """Parse a whole file; the accounts must tile it and every batch must become timeline rows."""
    data = path.read_bytes()
    evidence = Evidence("E001", path.name, path, len(data), hashlib.sha256(data).hexdigest(), zone, log_formats)
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    accounts: list[Account] = []
    pieces = parser.slices(evidence)
    for piece in pieces:
        for item in parser.parse(evidence, piece):
            if isinstance(item, Batch):
                item.rows.validate(full=True)
                finished = finish(item.family, item.rows, Provenance("E001", path.name, evidence.sha256))
                rows += said(finished)
            elif isinstance(item, Problem):
                problems.append(item)
            else:
                accounts.append(item)
    ledger, lost = balance("E001", path.name, len(data), accounts)
    assert lost == []
    rows.sort(key=lambda row: row["offset"])
    problems.sort(key=lambda problem: problem.offset)
    return Result(data, rows, problems, ledger, len(pieces))


Read = Callable[..., Result]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """`read(data, parser="web/log", zone=None)`: the bytes as a log."""

    def run(data: bytes, parser: str = "web/log", zone: str | None = None) -> Result:
        path = tmp_path / "log"
        path.write_bytes(data)
        return read_file(path, by_name(parser), zone)

    return run


@pytest.fixture(scope="session")
def read_bytes(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """As `read`, for property tests, whose examples share one folder."""
    path = tmp_path_factory.mktemp("logs") / "log"

    def run(data: bytes, parser: str = "web/log", zone: str | None = None) -> Result:
        path.unlink(missing_ok=True)  # a file that is written over is waited for: the disk is to have it
        path.write_bytes(data)
        return read_file(path, by_name(parser), zone)

    return run


@pytest.fixture
def evidence_log() -> Callable[[str, str], Result]:
    """`evidence_log(file, parser)`: a real log that lies beside the checkout, or a skip."""

    def run(name: str, parser: str) -> Result:
        path = EVIDENCE / name
        if not path.exists():
            pytest.skip(f"no shared evidence beside the checkout: {name}")
        return read_file(path, by_name(parser))

    return run
