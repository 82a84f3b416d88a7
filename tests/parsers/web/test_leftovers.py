"""Damaged lines of many blocks are read together, as the lines that they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers.registry import by_name
from parsers.web import leftovers, lines
from tests.parsers.web.conftest import read_file

SOUND = b'192.0.2.%d - - [01/Mar/2026:10:00:%02d +0000] "GET /%d HTTP/1.1" 200 5 "-" "agent"\n'
DAMAGED = (
    b'192.0.2.9 - - [01/Mar/2026:10:00:01 +0000] "GET /cut HTTP/1.1" 200 5 "-" "agen\n',
    b"not a line of any log\r\n",
    b'prefix 192.0.2.9 - - [01/Mar/2026:10:00:01 +0000] "GET /\xff HTTP/1.1" 200 5 "-" "agent"\n',
    b"\n",
    b"neither is this\n",
)


def _log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    odd = [DAMAGED[at % len(DAMAGED)] if at % 7 == 3 else b"" for at in range(700)]
    path.write_bytes(
        b"".join(SOUND % (at % 250, at % 60, at) + odd[at] for at in range(700)) + b"it ends without an end"
    )
    return path


@pytest.mark.parametrize("many", [1, 20, 4_096])
def test_rows_and_problems_are_the_same_however_many_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    path = _log(tmp_path)
    monkeypatch.setattr("parsers.web.block.FEW", 0)
    whole = read_file(path, by_name("web/log"))
    monkeypatch.setattr("parsers.web.block.FEW", 100)
    monkeypatch.setattr(leftovers, "MANY", many)
    monkeypatch.setattr(lines, "BLOCK", 2_000)
    held = read_file(path, by_name("web/log"))
    assert len(whole.rows) == 740
    assert whole.rows == held.rows
    assert whole.problems == held.problems
    assert whole.ledger == held.ledger
    assert [whole.line(row) for row in whole.rows if "loose" in row["flags"]] == [DAMAGED[0], DAMAGED[2]] * 20


def test_a_line_that_is_put_aside_keeps_its_place(tmp_path: Path) -> None:
    log = read_file(_log(tmp_path), by_name("web/log"))
    loose = [row for row in log.rows if "loose" in row["flags"]]
    assert [row["record"] for row in loose] == [log.data[: row["offset"]].count(b"\n") + 1 for row in loose]
    assert {log.line(row) for row in loose} == {DAMAGED[0], DAMAGED[2]}
