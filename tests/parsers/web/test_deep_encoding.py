"""Lines that are percent-encoded more often than rules look through: flagged, whatever way a percent sign was written."""

from __future__ import annotations

from random import Random
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.web import deep_encoding
from parsers.web.deep_encoding import remarks
from parsers.web.lines import Lines
from timelines.url_decoding import ROUNDS, still_encoded

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
@given(
    st.lists(st.text(alphabet="%25uU0CcE8aAf3x", max_size=60), min_size=1, max_size=8),
    st.sampled_from([0, 3, deep_encoding.FEW]),
    st.randoms(use_true_random=False),
)
def test_just_the_lines_that_are_still_encoded_are_told(texts: list[str], few: int, random: Random) -> None:
    """Whether signs are few or many, whether lines lie in their order or not, and whatever lies behind them."""
    data = np.frombuffer("\n".join([*texts, "%2525252525253C"]).encode(), np.uint8)
    ends = np.cumsum([len(text) + 1 for text in texts]) - 1
    starts = ends - [len(text) for text in texts]
    order = np.arange(len(texts))
    if random.random() < 0.5:
        random.shuffle(order)
    places = starts[order]
    lines = Lines(data, places, ends[order], order + 1, np.arange(len(texts)) * 100, ends - starts + 1)
    expected = [100 * row for row, at in enumerate(order.tolist()) if still_encoded(texts[at])]
    with mock.patch.object(deep_encoding, "FEW", few):
        assert [at for offsets in remarks(lines).values() for at in offsets.tolist()] == expected
