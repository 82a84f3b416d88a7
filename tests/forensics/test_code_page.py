"""`--code-page`: ANSI text of event logs is read as the examiner said, which stays with the exhibit and is told; unsaid, it is doubted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cases.case import Case
from cases.errors import CaseError
from cases.summarise import summarise
from forensics import pipeline
from forensics.api import open_case, run
from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log
from forensics.exhibit_bytes import found
from parsers.windows import values
from timelines.code_pages import PAGES, codec

PEACE = "سلام"
AS_1252 = PEACE.encode("cp1256").decode("cp1252")  # the same bytes, as they read where nobody said anything
DOUBT = "ANSI text whose code page is not stored; read as Windows-1252"
NOON = 1_614_859_200_000_000_000


def log(path: Path, count: int = 1) -> Path:
    """A log of events with one text in a code page, which stands alone, among others in a list, and in ASCII."""
    data = (("Who", Kind.ANSI, AS_1252), ("All", Kind.ANSI_ARRAY, (AS_1252, "b")), ("Plain", Kind.ANSI, "abc"))
    events = [Event("Example", None, 7, NOON + at, at, "pc.example", data=data) for at in range(1, count + 1)]
    write_log(path, "Example/Operational", events)
    return path


def told(folder: Path) -> tuple[set[tuple[str, ...]], set[str]]:
    """What the events say, and what was doubted."""
    case = open_case(folder)
    rows = case.sql('select "Who", "All", "Plain" from windows_other')
    return set(rows.itertuples(index=False, name=None)), set(case.problems()["reason"])


@pytest.mark.parametrize("count", [1, 200])
def test_text_is_read_as_the_examiner_said(tmp_path: Path, count: int) -> None:
    evidence = log(tmp_path / "a.evtx", count)
    run([evidence], tmp_path / "unsaid", rules=[], workers=1)
    rows, reasons = told(tmp_path / "unsaid")
    assert rows == {(AS_1252, f"{AS_1252} ¦ b", "abc")}
    assert any(DOUBT in reason for reason in reasons)
    run([evidence], tmp_path / "said", rules=[], workers=1, code_page=1256)
    assert told(tmp_path / "said") == ({(PEACE, f"{PEACE} ¦ b", "abc")}, set())


def test_the_page_stays_with_the_exhibit_and_is_told(tmp_path: Path, athar: Any) -> None:
    folder = tmp_path / "case"
    Case.create(folder)
    for name, option in (("one.evtx", ["--code-page", "1256"]), ("two.evtx", [])):
        assert athar("add", folder, log(tmp_path / name, 2 if option else 1), *option).code == 0
    case = Case.open(folder)
    assert [x.code_page for x in case.register.exhibits] == [1256, None]
    options = [entry.act.options for entry in case.custody.entries() if entry.act.action == "exhibit-added"]
    assert [said.get("code_page") for said in options] == [1256, None]
    pipeline.ingest(case, workers=1)
    assert {row[0] for row in told(folder)[0]} == {PEACE, AS_1252}
    with found(case, "E001", "one.evtx") as evidence:
        assert evidence.code_page == 1256
    assert [sheet.code_page for sheet in summarise(case, "2026-01-03").exhibits] == [1256, None]
    row = open_case(folder).sql("select row_id from windows_other where exhibit = 'E001'")["row_id"][0]
    shown = athar("show", folder, row).out
    assert f'<Data Name="Who">{PEACE}</Data>' in shown
    assert DOUBT not in shown


def test_records_that_are_carved_into_a_case_are_read_so_too(tmp_path: Path, athar: Any) -> None:
    blob = tmp_path / "memory.raw"
    blob.write_bytes(bytes(10_000) + log(tmp_path / "a.evtx", 20).read_bytes() + bytes(500))
    for name, option in (("said", ["--code-page", "1256"]), ("unsaid", [])):
        assert athar("carve", blob, "--case", tmp_path / name, *option).code == 0
    assert told(tmp_path / "said") == ({(PEACE, f"{PEACE} ¦ b", "abc")}, set())
    assert {row[0] for row in told(tmp_path / "unsaid")[0]} == {AS_1252}
    assert [x.code_page for x in Case.open(tmp_path / "said").register.exhibits] == [1256]
    alone = athar("carve", blob, "--code-page", "1256")
    assert alone.code == 2
    assert "give both" in alone.err


def test_a_page_that_is_none_is_refused_before_anything_is_made(tmp_path: Path, athar: Any) -> None:
    evidence = log(tmp_path / "a.evtx")
    with pytest.raises(CaseError, match="code page 437 is not known; there are 874, 932"):
        run([evidence], tmp_path / "case", code_page=437)
    assert not (tmp_path / "case").exists()
    said = athar("run", evidence, "--case", tmp_path / "case", "--code-page", "437")
    assert said.code == 2
    assert "'437' is not one of '874', '932'" in said.err


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_a_codec_and_leaves_ascii_as_it_is(page: int) -> None:
    every = bytes(range(1, 128))
    assert every.decode(codec(page)) == every.decode("ascii")
    assert values.doubt(values.ANSI, every, page) == ""


def test_bytes_that_the_page_lacks_are_shown_and_told() -> None:
    assert values.render(values.ANSI, b"\xb6\xdb\0", 874) == "ถ\\xdb"
    assert values.doubt(values.ANSI, b"\xb6\xdb\0", 874) == (
        "ANSI text with bytes that code page 874 lacks; they are written \\xHH"
    )
    assert values.doubt(values.ANSI, b"\xb6\0", 874) == ""
    assert values.doubt(values.STRING, b"\xb6\xdb", 874) == ""
