"""Lines that are percent-encoded more often than rules look through: flagged, whatever way a percent sign was written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.web.deep_encoding import remarks
from parsers.web.lines import Lines
from timelines.detection.url_decoding import ROUNDS, still_encoded

LINE = '192.0.2.7 - - [02/Jan/2026:03:04:05 +0100] "GET /a?b={} HTTP/1.1" 200 5 "-" "Agent/1"\n'
JSON = '{{"time_iso8601":"2026-01-02T03:04:05+01:00","remote_addr":"192.0.2.7","request":"GET /a?b={} HTTP/1.1","status":200}}\n'


def _percent(times: int) -> str:
    return "%" + "25" * (times - 1) + "3Cscript"


@pytest.mark.parametrize("line", [LINE, JSON], ids=["combined", "json"])
def test_lines_encoded_beyond_the_bound_say_so(read: Any, line: str) -> None:
    data = "".join(line.format(_percent(times)) for times in range(1, ROUNDS + 3)) + line.format("x")
    flags = [row["flags"] for row in read(data.encode()).rows]
    assert flags == [""] * ROUNDS + ["encoded-deeper"] * 2 + [""]


@pytest.mark.parametrize(
    "text",
    [
        "%25%32%35%32%35%32%35%32%35%34%31",  # digits that are encoded themselves
        "%%32%35%32%35%32%35%32%35%32%35",
        "%2%35252525253C",
        "%u0025252525253C",
        "%c0%a5252525253C",
        "%e0%80%a5252525253C",
    ],
)
def test_other_ways_of_writing_a_percent_sign(read: Any, text: str) -> None:
    assert still_encoded(text)
    assert read(LINE.format(text).encode()).only["flags"] == "encoded-deeper"


@settings(deadline=None)
@given(st.lists(st.text(alphabet="%25uU0CcE8aAf3x", min_size=1, max_size=60), min_size=1, max_size=8))
def test_just_the_lines_that_are_still_encoded_are_told(texts: list[str]) -> None:
    data = np.frombuffer("\n".join([*texts, ""]).encode(), np.uint8)
    ends = np.cumsum([len(text) + 1 for text in texts]) - 1
    starts = ends - [len(text) for text in texts]
    lines = Lines(data, starts, ends, np.arange(len(texts)) + 1, starts, ends - starts + 1)
    expected = [at for at, text in zip(starts.tolist(), texts, strict=True) if still_encoded(text)]
    assert [at for offsets in remarks(lines).values() for at in offsets.tolist()] == expected
