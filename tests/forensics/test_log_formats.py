"""`--log-format`: a layout that the examiner gives reaches the reader, and stays with the exhibit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cases.case import Case
from cases.errors import CaseError
from forensics import pipeline
from forensics.api import open_case, run

LAYOUT = '%h %{ms}T "%r" %>s'
LINES = b'192.0.2.7 15 "GET /a HTTP/1.1" 200\n192.0.2.8 16 "GET /b HTTP/1.1" 404\n'


def test_a_layout_is_kept_with_the_exhibit_and_read_by(tmp_path: Path, athar: Any) -> None:
    (tmp_path / "access.log").write_bytes(LINES)
    Case.create(tmp_path / "case")
    told = athar("add", tmp_path / "case", tmp_path / "access.log", "--log-format", LAYOUT, "--json")
    assert json.loads(told.out)[0]["exhibit"]["log_formats"] == [LAYOUT]
    case = Case.open(tmp_path / "case")
    assert case.register.exhibit("E001").log_formats == (LAYOUT,)
    pipeline.ingest(case, workers=1)
    rows = open_case(tmp_path / "case").sql(
        "select c_ip, duration, sc_status, log_format from web_access order by record"
    )
    assert rows.values.tolist() == [
        ["192.0.2.7", 15_000_000, 200, "given-1"],
        ["192.0.2.8", 16_000_000, 404, "given-1"],
    ]


def test_a_string_by_which_no_line_can_be_cut_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(LINES)
    with pytest.raises(CaseError, match="no text between %h and %u"):
        run([tmp_path / "access.log"], tmp_path / "case", log_formats=["%h%u"])
    assert not (tmp_path / "case").exists()


def test_the_command_says_so_in_one_line(tmp_path: Path, athar: Any) -> None:
    (tmp_path / "access.log").write_bytes(LINES)
    told = athar("run", tmp_path / "access.log", "--case", tmp_path / "case", "--log-format", "%h %Z")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "character 4: '%Z' is no directive of LogFormat" in told.err


def test_a_year_for_syslogs_stamps_is_kept_with_the_exhibit(tmp_path: Path, athar: Any) -> None:
    (tmp_path / "error.log").write_bytes(
        b"Dec 31 23:59:59 web1 apache2[7]: [core:error] [pid 7] AH00126: Invalid URI\n"
    )
    Case.create(tmp_path / "case")
    told = athar(
        "add", tmp_path / "case", tmp_path / "error.log", "--year", "2025", "--tz", "Africa/Casablanca", "--json"
    )
    assert json.loads(told.out)[0]["exhibit"]["year"] == 2025
    case = Case.open(tmp_path / "case")
    assert case.register.exhibit("E001").year == 2025
    pipeline.ingest(case, workers=1)
    rows = open_case(tmp_path / "case").sql("select epoch(time) as t, time_quality, flags from web_error")
    assert rows.values.tolist() == [[1767221999.0, "inferred-year", "inferred-year,no-date,wrapper-time"]]
    assert athar("add", tmp_path / "case", tmp_path / "error.log", "--year", "25").code == 2
