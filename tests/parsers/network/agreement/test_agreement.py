"""Shared captures as tshark reads them: 5-tuples, counts and values; every difference has its reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.parsers.network.agreement.__main__ import MEASURES, compared
from tests.parsers.network.agreement.explained import DIFFERENCES, differences, reason
from tests.parsers.network.agreement.yardstick import TSHARK, packets_of_each
from tests.parsers.network.conftest import EVIDENCE

EVERY = 12  # so manieth capture is compared here, with all that differ; the page compares all


@pytest.mark.evidence
@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_captures_as_tshark_reads_them() -> None:
    if not EVIDENCE.is_dir():
        pytest.skip(f"no shared evidence at {EVIDENCE}")
    paths: list[Path] = sorted(EVIDENCE.iterdir())
    starts = tuple(start for start, _, _ in DIFFERENCES)
    seen: Counter[str] = Counter()
    apart: set[str] = set()
    chosen = [path for at, path in enumerate(paths) if at % EVERY == 0 or path.name.startswith(starts)]
    for path, read in zip(chosen, packets_of_each(chosen), strict=True):
        pair = compared(path, read)
        seen.update({measure: sum(pair[0][measure].values()) for measure in MEASURES})
        for measure, one, other in differences(*pair):
            assert reason(path.name, measure), (path.name, measure, one, other)
            apart |= {start for start in starts if path.name.startswith(start)}
    assert apart == set(starts), "a difference that is explained is no more"
    assert all(
        seen[measure]
        for measure in ("TCP 5-tuples", "UDP 5-tuples", "DNS responses", "HTTP requests", "TLS client hellos")
    )
