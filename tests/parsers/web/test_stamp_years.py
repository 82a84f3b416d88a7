"""Years that syslog does not write: told by the line, by the lines around it, by the examiner; never guessed, always marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from parsers.base import Batch, Evidence, Slice
from parsers.registry import by_name
from parsers.web import cuts, log, stamp_years
from parsers.web import lines as web_lines

from .conftest import Read, Result, read_file

ACCESS = '192.0.2.7 - - [{date} +0100] "GET /a HTTP/1.1" 200 512 "-" "Agent/1.0"'
ERROR = "[core:error] [pid 812:tid 9] [client 192.0.2.7:4444] AH00126: Invalid URI in request GET ../ HTTP/1.1"


def error(stamp: str) -> str:
    return f"{stamp} web1 apache2[812]: {ERROR}"


def access(stamp: str, date: str) -> str:
    return f"<190>{stamp} web1 nginx: {ACCESS.format(date=date)}"


def data(*lines: str) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def years(result: Result) -> list[tuple[int | None, str | None]]:
    return [(row.get("wrapper_year"), row.get("wrapper_year_told")) for row in result.rows]


def test_a_lines_own_date_tells_the_year_across_the_turn(read: Read) -> None:
    text = data(access("Dec 31 23:59:59", "31/Dec/2025:23:59:58"), access("Jan  1 00:00:01", "31/Dec/2025:23:59:59"))
    result = read(text)
    assert years(result) == [(2025, "own-date"), (2026, "own-date")]
    assert [row["flags"] for row in result.rows] == ["", ""]  # their times are their own
    assert all("wrapper_time" not in row for row in result.rows)  # no zone: the year alone makes no instant
    zoned = read(text, zone="Africa/Casablanca").rows
    assert [str(row["wrapper_time"]) for row in zoned] == ["2025-12-31 22:59:59+00:00", "2025-12-31 23:00:01+00:00"]


def test_lines_without_a_date_take_the_year_of_those_around_and_turn_with_the_file(read: Read) -> None:
    text = data(
        error("Nov 30 10:00:00"),
        error("Dec 31 23:59:58"),
        error("Jan  1 00:00:02"),
        error("Dec 31 23:59:59"),  # written late
        error("Jan  2 08:00:00.5"),
        access("Jan  2 08:00:01", "02/Jan/2026:08:00:01"),
    )
    result = read(text, zone="UTC")
    assert result.problems == []
    around = "lines-around"
    assert years(result) == [(y, around) for y in (2025, 2025, 2026, 2025, 2026)] + [(2026, "own-date")]
    late = result.rows[4]
    assert str(late["time"]) == "2026-01-02 08:00:00.500000+00:00"
    assert (late["time_quality"], late["flags"]) == ("inferred-year", "inferred-year,no-date,wrapper-time")
    assert (late["time_desc"], late["log_format"]) == ("Line taken by the log service", "apache-error")
    assert (late["module"], late["pid"], late["c_port"], late["error_code"]) == ("core", 812, 4444, "AH00126")
    assert result.rows[5]["time_quality"] == "offset"


def test_what_nothing_tells_stays_unknown(read: Read) -> None:
    result = read(data(error("Nov 30 10:00:00"), error("Jan  1 10:00:00")), zone="UTC")
    assert years(result) == [(None, None)] * 2
    assert [(row["flags"], row["time_quality"]) for row in result.rows] == [("no-date", "unknown")] * 2
    assert all("time" not in row for row in result.rows)


def test_without_a_zone_the_year_is_told_and_no_instant(read: Read) -> None:
    result = read(data(error("Nov 30 10:00:00"), access("Nov 30 10:00:01", "30/Nov/2025:10:00:01")))
    assert years(result)[0] == (2025, "lines-around")
    assert "time" not in result.rows[0]
    assert result.rows[0]["flags"] == "no-date"


def test_the_examiners_year_is_that_of_the_first_stamp(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(data(error("Dec 31 10:00:00"), error("Jan  1 10:00:00"), error("Feb 29 10:00:00")))
    for year in (2023, 2024):
        evidence = Evidence("E001", "log", path, path.stat().st_size, "0" * 64, "UTC", year=year)
        (piece,) = by_name("web/log").slices(evidence)
        runs = piece.context["years"]
        assert isinstance(runs, tuple)
        assert [(run.year, run.told) for run in runs] == [(year, "examiner"), (year + 1, "examiner")]
    rows = _rows(tmp_path, 2024)
    assert rows["wrapper_year"].tolist() == [2024, 2025, pd.NA]  # no 29 February in 2025: it is no moment
    assert rows["time_quality"].tolist() == ["inferred-year", "inferred-year", "unknown"]
    assert _rows(tmp_path, 2023)["wrapper_year"].tolist() == [2023, 2024, 2024]


def _rows(folder: Path, year: int) -> pd.DataFrame:
    from forensics.api import run

    case = run([folder / "log"], folder / f"case-{year}", tz="UTC", workers=1, year=year)
    return case.sql("select wrapper_year, time_quality from web_error order by record")


def test_a_client_that_forges_a_date_in_its_request_tells_no_year(read: Read) -> None:
    forged = error("Nov 30 10:00:00").replace("../", "/?x=[30/Nov/2019:10:00:00+0100]&y=2019-11-30T10:00:00Z")
    assert years(read(data(forged, forged), zone="UTC")) == [(None, None)] * 2


def test_pieces_of_a_large_file_know_what_others_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "PIECE", 2_000)
    monkeypatch.setattr(cuts, "FINEST", 2_000)
    monkeypatch.setattr(web_lines, "BLOCK", 700)
    lines = [error(f"Dec 31 23:{n:02d}:00") for n in range(40)] + [error(f"Jan  1 00:{n:02d}:00") for n in range(40)]
    (tmp_path / "log").write_bytes(data(*lines, access("Jan  1 01:00:00", "01/Jan/2026:01:00:00")))
    result = read_file(tmp_path / "log", by_name("web/log"), "UTC")
    assert result.pieces > 3
    assert [year for year, _ in years(result)] == [2025] * 40 + [2026] * 41


def test_a_file_whose_order_says_nothing_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamp_years, "MOST_RUNS", 4)
    lines = [error(stamp) for stamp in ("Jan  1 00:00:00", "Dec  1 00:00:00") * 4]
    (tmp_path / "log").write_bytes(data(*lines, access("Jan  1 01:00:00", "01/Jan/2026:01:00:00")))
    result = read_file(tmp_path / "log", by_name("web/log"), "UTC")
    assert {told for _, told in years(result)} == {None, "own-date"}


def test_a_file_without_stamps_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_bytes(data(ACCESS.format(date="01/Jan/2026:01:00:00")))
    evidence = Evidence("E001", "log", tmp_path / "log", (tmp_path / "log").stat().st_size, "0" * 64)

    def fail(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(stamp_years, "read_lines", fail)
    assert log.PARSER.slices(evidence) == [Slice(0, evidence.size, {"line": 1})]


def told(evidence: Evidence) -> list[dict[str, Any]]:
    """Rows of a file under a name of its own."""
    parser = by_name("web/log")
    items = [item for piece in parser.slices(evidence) for item in parser.parse(evidence, piece)]
    return [row for item in items if isinstance(item, Batch) for row in item.rows.to_pylist()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("error.log-20260103", [2025, 2025, 2026]),
        ("old.2019-01-01/error.2026-01-02.log.gz/error.2026-01-02.log", [2025, 2025, 2026]),
        ("error.1767312000", [2025, 2025, 2026]),  # 2026-01-02
        ("error.log-20261231", [2026, 2026, 2027]),  # named after the day on which it begins
        ("error.log-20260801", []),  # too far from any of them
        ("error.log-20261341", []),
        ("error.log.1", []),
    ],
)
def test_a_rotated_files_name_tells_the_year_where_no_line_does(tmp_path: Path, name: str, expected: list[int]) -> None:
    path = tmp_path / "log"
    path.write_bytes(data(error("Dec 30 10:00:00"), error("Dec 31 10:00:00"), error("Jan  2 10:00:00")))
    evidence = Evidence("E001", name, path, path.stat().st_size, "0" * 64, "UTC")
    rows = told(evidence)
    assert [row["wrapper_year"] for row in rows if row.get("wrapper_year") is not None] == expected
    assert {row.get("wrapper_year_told") for row in rows} == ({"file-name"} if expected else {None})


def test_what_lines_and_the_examiner_say_comes_before_a_name(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(data(error("Dec 30 10:00:00")))
    evidence = Evidence("E001", "error.log-20261231", path, path.stat().st_size, "0" * 64, "UTC", year=2024)
    assert [(row["wrapper_year"], row["wrapper_year_told"]) for row in told(evidence)] == [(2024, "examiner")]
    path.write_bytes(data(error("Dec 30 10:00:00"), access("Dec 30 10:00:00", "30/Dec/2023:10:00:00")))
    evidence = Evidence("E001", "error.log-20261231", path, path.stat().st_size, "0" * 64, "UTC")
    assert sorted((row["wrapper_year"], row["wrapper_year_told"]) for row in told(evidence)) == [
        (2023, "lines-around"),
        (2023, "own-date"),
    ]


def test_a_stamp_with_an_inferred_year_that_lies_apart_from_the_lines_own_time_is_told(read: Read) -> None:
    text = data(access("Mar  3 10:00:00", "03/Mar/2026:10:00:05"), access("Mar  3 10:30:00", "03/Mar/2026:10:00:06"))
    assert [row["flags"] for row in read(text, zone="Europe/Paris").rows] == ["", "wrapper-differs"]
    assert [row["flags"] for row in read(text).rows] == ["", ""]  # without a zone nothing is known to differ
