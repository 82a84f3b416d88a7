"""Other people's logs, where they lie beside the checkout: every line a row, its bytes those it cites."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from parsers.registry import all_parsers

from .conftest import EVIDENCE

pytestmark = pytest.mark.evidence


@pytest.mark.parametrize(
    ("name", "parser", "rows", "qualities"),
    [
        ("elastic-examples-apache-combined.log", "web/log", 10_000, {"fast": 9_999, "loose": 1}),
        ("ocatak-w3af-scan-apache.log", "web/log", 3_996, {"strict": 3_934, "fast": 62}),
        ("lnav-iis-w3c.log", "web/log", 210, {"fast": 210}),
    ],
)
def test_every_line_is_a_row(evidence_log: Any, name: str, parser: str, rows: int, qualities: dict[str, int]) -> None:
    result = evidence_log(name, parser)
    lines = result.data.splitlines(keepends=True)
    assert [result.line(row) for row in result.rows] == [line for line in lines if not line.startswith(b"#")]
    assert [lines[row["record"] - 1] for row in result.rows] == [result.line(row) for row in result.rows]
    assert (len(result.rows), result.problems, result.ledger.read) == (rows, [], len(result.data))
    assert Counter(row["parse_quality"] for row in result.rows) == qualities
    assert all("time" in row and "sc_status" in row and "src_ip" in row and "object" in row for row in result.rows)


def test_every_line_of_an_error_log_is_a_row_without_a_guessed_time(evidence_log: Any) -> None:
    result = evidence_log("loghub-apache-error.log", "web/log")
    assert [result.line(row) for row in result.rows] == result.data.splitlines(keepends=True)
    assert (len(result.rows), result.problems, result.ledger.read) == (2_000, [], len(result.data))
    assert Counter(row["flags"] for row in result.rows) == {"no-zone": 1_999, "no-line-end,no-zone": 1}
    assert Counter(row["level"] for row in result.rows) == {"notice": 1_405, "error": 595}
    assert not any("time" in row for row in result.rows)


@pytest.mark.parametrize(
    "name", ["elastic-examples-apache-combined.log", "loghub-apache-error.log", "lnav-iis-w3c.log"]
)
def test_one_parser_at_most_claims_a_log(name: str) -> None:
    path = EVIDENCE / name
    if not path.exists():
        pytest.skip("no shared evidence beside the checkout")
    with path.open("rb") as log:
        head = log.read(65_536)
    assert len([parser.name for parser in all_parsers() if parser.accepts(head, "access.log")]) == 1
