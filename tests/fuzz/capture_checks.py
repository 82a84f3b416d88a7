"""What must hold for any bytes that call themselves a packet capture: no exception, every byte accounted for once, and sound
rows, each with an id of its own, that lie in the file."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from parsers.base import Batch
from parsers.network import reading
from parsers.network.capture import PARSER
from parsers.network.openings import with_payload
from parsers.network.protocols import all_dissectors
from tests.fuzz.wires import evidence_of
from timelines.problems import Account, Problem, balance
from timelines.rows import Provenance, finish


def check(data: bytes, folder: Path, service: str = "") -> tuple[dict[str, int], list[str]]:
    """Read `data`; `service` forces the reader of every flow. Returns rows by family and the problems. Raises what breaks."""
    folder.mkdir(parents=True, exist_ok=True)
    evidence = evidence_of(folder / "capture.pcap", data)
    rows: dict[str, int] = {}
    ids: set[tuple[str, str]] = set()
    problems: list[str] = []
    accounts: list[Account] = []
    if not PARSER.accepts(data[:65_536], evidence.file):
        return rows, problems
    with forced(service):
        for piece in PARSER.slices(evidence):
            for item in PARSER.parse(evidence, piece):
                if isinstance(item, Batch):
                    batch = finish(item.family, item.rows, Provenance("E001", evidence.file, evidence.sha256))
                    batch.validate(full=True)
                    known = {(item.family, row) for row in batch.column("row_id").to_pylist()}
                    assert len(known) == batch.num_rows, f"two rows of one id in {item.family}"
                    assert not known & ids, f"two rows of one id in {item.family}"
                    ids |= known
                    _within(batch, len(data))
                    rows[item.family] = rows.get(item.family, 0) + batch.num_rows
                elif isinstance(item, Problem):
                    assert 0 <= item.offset <= item.offset + item.length <= len(data), item
                    problems.append(item.reason)
                else:
                    accounts.append(item)
    ledger, lost = balance("E001", evidence.file, len(data), accounts)
    assert lost == [], lost
    assert ledger.size == len(data)
    return rows, problems


def _within(batch: Any, size: int) -> None:
    offset, length = (batch.column(name).to_numpy(zero_copy_only=False) for name in ("offset", "length"))
    assert np.all((offset >= 0) & (length >= 0) & (offset + length <= size)), "a row lies outside the file"


def forced(service: str) -> AbstractContextManager[Any]:
    """Every flow that has payload goes to the reader of this service, whatever it says."""
    if not service:
        return nullcontext()
    reader = next(number for number, dissector in enumerate(all_dissectors()) if dissector.service == service)

    def assigned(talks: Any, out: Any) -> tuple[Any, Any]:
        spoken, _ = with_payload(talks.openings())
        return np.full(len(spoken), reader), spoken

    return patch.object(reading, "_assigned", assigned)
