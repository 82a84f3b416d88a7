"""Lines that are percent-encoded more often than rules look through: flagged, whatever way a percent sign was written."""

from __future__ import annotations

from random import Random
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.web import deep_encoding
from parsers.web.deep_encoding import remarks
from parsers.web.lines import Lines
from timelines.url_decoding import ROUNDS, still_encoded

from .conftest import Read

LINE = '192.0.2.7 - - [02/Jan/2026:03:04:05 +0100] "GET /a?b={} HTTP/1.1" 200 5 "-" "Agent/1"\n'
JSON = '{{"time_iso8601":"2026-01-02T03:04:05+01:00","remote_addr":"192.0.2.7","request":"GET /a?b={} HTTP/1.1","status":200}}\n'


def _percent(times: int) -> str:
    return "%" + "25" * (times - 1) + "3Cscript"


@pytest.mark.parametrize("line", [LINE, JSON], ids=["combined", "json"])
def test_lines_encoded_beyond_the_bound_say_so(read: Read, line: str) -> None:
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
        "%c3%80%c2%a525252525253C",
        "\\xc0\\xa5252525253C",  # raw bytes as Apache writes them
        "\\xe0\\x80\\xA5252525253C",
        "\xc0\xa5252525253C",  # as IIS writes them: a text of Latin letters, in UTF-8
        "\xe0\x80\xa5252525253C",
    ],
)
def test_other_ways_of_writing_a_percent_sign(read: Read, text: str) -> None:
    assert still_encoded(text)
    assert read(LINE.format(text).encode()).only["flags"] == "encoded-deeper"


def test_bytes_that_are_no_text_and_stand_for_a_percent_sign(read: Read) -> None:
    """IIS writes them as they came where it is told to write ANSI."""
    line = LINE.encode().replace(b"{}", b"\xc0\xa5252525253C")
    assert read(line).only["flags"] == "bad-encoding,encoded-deeper"


W3C = "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status\n2026-01-02 03:04:05 192.0.2.7 GET /a {} 200\n"


@pytest.mark.parametrize("text", [_percent(ROUNDS + 1), "\xc0\xa5252525253C"], ids=["percent", "overlong"])
def test_it_is_told_of_the_log_of_iis(read: Read, text: str) -> None:
    assert read(W3C.format(text).encode()).only["flags"] == "encoded-deeper"
    assert read(W3C.format("\xc0\xa525253C").encode()).only["flags"] == ""


AUDIT = """--c7036611-A--
[28/Nov/2026:10:00:01.123456 +0100] SojdH8AAQEAAAugAQAAAAAA 192.0.2.7 51234 198.51.100.2 80
--c7036611-B--
GET /?q={} HTTP/1.1
Host: www.example.org
Referer: http://www.example.org/?q={}

--c7036611-Z--

"""


def test_it_is_told_of_the_serial_audit_log(read: Read) -> None:
    texts = [("x", "x"), (_percent(ROUNDS), "x"), (_percent(ROUNDS + 1), "x"), ("x", _percent(ROUNDS + 1))]
    result = read("".join(AUDIT.format(*pair) for pair in texts).encode(), "web/modsecurity-audit")
    assert [row["flags"] for row in result.rows] == ["", "", "encoded-deeper", "encoded-deeper"]


@settings(deadline=None)
@given(
    st.lists(st.text(alphabet="%25uU0CcE8aAf3x\\\xc0\xa5\xe0\x80", max_size=60), min_size=1, max_size=8),
    st.sampled_from([0, 3, deep_encoding.FEW]),
    st.randoms(use_true_random=False),
)
def test_just_the_lines_that_are_still_encoded_are_told(texts: list[str], few: int, random: Random) -> None:
    """Whether signs are few or many, whether lines lie in their order or not, and whatever lies behind them."""
    data = np.frombuffer("\n".join([*texts, "%2525252525253C"]).encode(), np.uint8)
    sizes = np.array([len(text.encode()) for text in texts])
    ends = np.cumsum(sizes + 1) - 1
    starts = ends - sizes
    order = np.arange(len(texts))
    if random.random() < 0.5:
        random.shuffle(order)
    places = starts[order]
    lines = Lines(data, places, ends[order], order + 1, np.arange(len(texts)) * 100, ends - starts + 1)
    expected = [100 * row for row, at in enumerate(order.tolist()) if still_encoded(texts[at])]
    with mock.patch.object(deep_encoding, "FEW", few):
        assert [at for offsets in remarks(lines).values() for at in offsets.tolist()] == expected
