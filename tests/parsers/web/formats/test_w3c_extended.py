"""W3C logs that are not IIS's: columns are what `#Fields` says, a TAB or a space between them, quotes around some."""

from __future__ import annotations

from typing import Any

import pytest

from parsers.web import cuts
from parsers.web import lines as reading

FIELDS = b"#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status cs(User-Agent) time-taken x-own\n"
ROW = b"2026-01-02\t03:04:05\t192.0.2.7\tGET\t/a\tb=1\t200\tMozilla/5.0%20(X11)\t0.015\tx y\n"


def test_values_between_tabs(read: Any) -> None:
    row = read(b"#Version: 1.0\n" + FIELDS + ROW).only
    assert (row["log_format"], row["time_quality"], row["time"].isoformat()) == (
        "w3c",
        "utc",
        "2026-01-02T03:04:05+00:00",
    )
    assert (row["cs_uri"], row["sc_status"], row["duration"], row["x_own"]) == ("/a?b=1", 200, 15_000_000, "x y")
    assert row["outcome"] == "success"
    assert "time_taken_ms" not in row


def test_quotes_are_taken_off_and_hold_spaces(read: Any) -> None:
    line = b'2026-01-02 03:04:05 192.0.2.7 GET "/a b" - 404 "say ""hi"" there" 15 -\n'
    row = read(b"#Software: SGOS 7.3\n" + FIELDS + line).only
    assert (row["cs_uri_stem"], row["cs_user_agent"], row["duration"]) == ("/a b", 'say ""hi"" there', 15_000_000)


@pytest.mark.parametrize(
    "line",
    [
        b"2026-01-02\t03:04:05\t192.0.2.7\n",
        b"2026-01-02\t03:04:05\t192.0.2.7\tGET\t/a\tb=1\tok\tx\t0.015\t-\n",
        b"2026-01-02\t3:04\t192.0.2.7\tGET\t/a\tb=1\t200\tx\t0.015\t-\n",
        b'2026-01-02 03:04:05 192.0.2.7 GET /a - 200 "open two 15 -\n',
    ],
)
def test_a_line_that_does_not_fit_is_a_problem(read: Any, line: bytes) -> None:
    result = read(b"#Version: 1.0\n" + FIELDS + ROW + line + ROW)
    assert len(result.rows) == 2
    (problem,) = result.problems
    assert (problem.offset, problem.length) == (result.data.index(line), len(line))
    assert problem.reason == "line 4: does not fit the #Fields directive in force; counted as damaged"


def test_fields_may_change_and_slices_know_those_before_them(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    other = b"#Fields: date time sc-status cs-method c-ip\n"
    short = b"2026-01-02 03:04:06 304 HEAD 192.0.2.8\n"
    log = b"#Software: Example 1\n" + FIELDS + ROW * 40 + other + short * 40 + FIELDS + ROW * 5
    whole = read(log)
    assert [row["record"] for row in whole.rows] == [*range(3, 43), *range(44, 84), *range(85, 90)]
    assert (whole.rows[41]["sc_status"], whole.rows[41]["cs_method"]) == (304, "HEAD")
    monkeypatch.setattr(cuts, "PIECE", 1_000)
    monkeypatch.setattr(cuts, "BLOCK", 400)
    monkeypatch.setattr(reading, "BLOCK", 400)
    cut = read(log)
    assert cut.pieces > 3
    assert cut.rows == whole.rows
    assert cut.problems == whole.problems == []


def test_iis_behind_another_vendor_is_read_as_iis(read: Any) -> None:
    iis = (
        b"#Software: Microsoft Internet Information Services 10.0\n#Fields: date time c-ip cs-method sc-status time-taken\n"
        b"2026-01-02 03:04:05 192.0.2.7 GET 200 15\n"
    )
    first, second = read(b"#Software: Example 1\n" + FIELDS + ROW + iis).rows
    assert (first["log_format"], second["log_format"]) == ("w3c", "iis-w3c")
    assert second["time_taken_ms"] == 15


def test_a_flood_of_directives_is_bounded(read: Any) -> None:
    flood = b"".join(
        b"#Fields: date time c-ip cs-method x%d\n2026-01-02\t03:04:05\t192.0.2.7\tGET\t1\n" % n for n in range(300)
    )
    result = read(b"#Version: 1.0\n" + flood)
    assert (len(result.rows), len(result.problems)) == (64, 236)
    assert result.problems[0].reason.endswith(
        "more than 64 different #Fields directives close together; counted as damaged"
    )
