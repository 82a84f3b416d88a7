"""The PDF conforms, is whole, inert, and the same everywhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cases import captions
from cases.examiner import Draft
from cases.exporters import exporter
from cases.languages import codes, language
from cases.summary import Summary
from cases.typesetting import plate, press
from cases.typesetting.fonts import printable

ROOT = Path(__file__).parents[3]
HOSTILE = (
    '#read("/etc/passwd") #panic() #eval("1+1") $ x^2 $ *bold* _it_ `raw` = head <label> @ref // comment /* */ \\#',
    "<script>alert(1)</script><img src=x onerror=alert(2)> {{7*7}} ${x} %00",
    "a\x00b\x1b[31m\r\nc \u202egpj.exe\u202c \u2066\u2069\u2069 \u200b\ufeff",
    "中文 🦊 \ue000 \U000f0000 \uffff \ud800 ﷽ ﷺ א Ж e\u0301\u20dd",
    "A" * 10_000,
    "مجلد/" * 400 + "12:34",
    "  \t  ",
    '"}]}], "body": [',
)
TURNS = re.compile(
    r"\d{4}-\d\d-\d\d|\d\d:\d\d|[0-9a-f]{12,}|::|[A-Za-z]:\\|/[a-z]+/|\d+\.\d+\.\d+\.\d+|[CF]-\d+|E\d{3}"
)
WORDS = (
    *("laboratory", "running", "head", "first", "body", "no", "t", "n", "p", "h", "c"),
    *("items", "rows", "left", "right"),
)  # keys of a document under which words stand
BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="session")
def rendered(synthetic: ModuleType) -> Callable[[str], bytes]:
    return cache(lambda code: exporter("pdf").render(synthetic.summary(), language(code)))


@pytest.fixture(scope="session")
def told(synthetic: ModuleType) -> Callable[[str], str]:
    """All words of a document, in order."""
    return cache(lambda code: words(press.content(synthetic.summary(), language(code))))


def words(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict):
        return "".join(words(part[key]) for key in WORDS if key in part)
    return "".join(map(words, part)) if isinstance(part, list) else ""


def loose(part: Any) -> Iterator[str]:
    """Words of a document that nothing isolates from the words around them."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for inner in part:
            yield from loose(inner)
    elif isinstance(part, dict):
        for key in ("running", "head", "first", "body", "c", "items", "rows", "left", "right"):
            if key in part and part.get("b") != "code":
                yield from loose(part[key])


def objects(pdf: bytes) -> list[bytes]:
    return re.findall(rb"\d+ 0 obj\n(.*?)\nendobj", pdf, re.DOTALL)


def one(pattern: bytes, pdf: bytes) -> bytes:
    (match,) = set(re.findall(pattern, pdf))
    return bytes(match)


@pytest.mark.parametrize("code", codes())
def test_it_claims_the_standards_that_a_court_file_needs(rendered: Callable[[str], bytes], code: str) -> None:
    pdf = rendered(code)
    assert pdf.startswith(b"%PDF-1.7\n")
    assert one(rb"<pdfaid:part>(\d)</pdfaid:part>", pdf) == b"2"
    assert one(rb"<pdfaid:conformance>(\w)</pdfaid:conformance>", pdf) == b"A"
    assert one(rb"<pdfuaid:part>(\d)</pdfuaid:part>", pdf) == b"1"
    (catalog,) = (item for item in objects(pdf) if b"/Type/Catalog" in item)
    assert f"/Lang({code})".encode() in catalog
    assert b"/MarkInfo<</Marked true" in catalog
    assert b"/StructTreeRoot" in catalog
    assert b"/OutputIntents" in catalog
    assert b"/DisplayDocTitle true" in catalog
    assert (b"/Direction/R2L" in catalog) is (code == "ar")


def test_title_author_and_date_are_those_of_the_summary(rendered: Callable[[str], bytes]) -> None:
    pdf = rendered("en")
    assert "Summary of digital trace analysis – 2026-017" in one(rb"<dc:title>(.*?)</dc:title>", pdf).decode()
    assert b"Analyst One" in one(rb"<dc:creator>(.*?)</dc:creator>", pdf)
    assert one(rb"<xmp:CreateDate>([^<]*)</xmp:CreateDate>", pdf) == b"2026-03-06T00:00:00Z"


@pytest.mark.parametrize("code", codes())
def test_every_face_is_embedded(rendered: Callable[[str], bytes], code: str) -> None:
    faces = [item for item in objects(rendered(code)) if b"/Type/FontDescriptor" in item]
    assert len(faces) >= 3
    assert all(re.search(rb"/FontFile[23]? \d+ 0 R", item) for item in faces)


@pytest.mark.parametrize("code", codes())
def test_nothing_in_the_file_acts_or_points_outside(rendered: Callable[[str], bytes], code: str) -> None:
    pdf = re.sub(
        rb"\bstream\r?\n.*?\nendstream", b"", rendered(code), flags=re.DOTALL
    )  # packed bytes may spell anything
    assert not re.search(rb"/(URI|Launch|JavaScript|JS|GoToR|SubmitForm|ImportData|EmbeddedFile|AA|OpenAction)\b", pdf)
    assert set(re.findall(rb"/S/(GoTo\w*|URI|Named)", pdf)) <= {b"GoTo"}


@pytest.mark.parametrize("code", codes())
def test_each_chart_is_told_in_words(rendered: Callable[[str], bytes], synthetic: ModuleType, code: str) -> None:
    drawn = [item for item in objects(rendered(code)) if b"/S/Figure" in item]
    assert len(drawn) == 2  # of the case, and of the one finding that has one
    assert all(b"/Alt" in item for item in drawn)
    summary, words = synthetic.summary(), language(code)
    first = summary.inferences[0]
    alts = [block["alt"] for block in press.content(summary, words)["body"] if block["b"] == "figure"]
    assert alts == [captions.finding_alt(first, first.chart, words), captions.alt(summary.chart, words)]


@pytest.mark.parametrize("code", codes())
def test_joined_letters_of_a_chart_have_no_edge_that_would_cut_them(synthetic: ModuleType, code: str) -> None:
    whole, first = synthetic.summary().chart, synthetic.summary().inferences[0].chart
    edged = ["text{paint-order" in plate.svg(chart, language(code)) for chart in (whole, first)]
    grounds = ["<rect" in plate.svg(chart, language(code)) for chart in (whole, first)]
    assert edged == [language(code).direction == "ltr", False]
    assert grounds == [
        language(code).direction == "rtl",
        False,
    ]  # marks run through the words of the whole case's chart alone


def test_same_bytes_in_another_folder_zone_and_locale(rendered: Callable[[str], bytes], tmp_path: Path) -> None:
    script = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('s', {str(ROOT / 'tests/cases/synthetic.py')!r})\n"
        "made = importlib.util.module_from_spec(spec); spec.loader.exec_module(made)\n"
        "from cases.exporters import exporter\nfrom cases.languages import language\n"
        "sys.stdout.buffer.write(exporter('pdf').render(made.summary(), language('ar')))\n"
    )
    elsewhere = {"TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    out = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, **elsewhere}, capture_output=True, check=True
    )
    assert out.stdout == rendered("ar")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shown", HOSTILE)
def test_hostile_evidence_is_set_as_it_is(synthetic: ModuleType, shown: str) -> None:
    summary = synthetic.summary(shown)
    case = replace(summary.case, number=shown, examiner=shown, laboratory=shown, title=shown)
    hostile = replace(summary, case=case)
    assert exporter("pdf").render(hostile, language("ar")).startswith(b"%PDF-1.7\n")
    assert printable(shown)[:600] in words(press.content(hostile, language("ar")))


def test_the_template_evaluates_nothing_it_is_given() -> None:
    template = (resources.files("cases.templates") / "summary.typ").read_text("utf-8")
    assert not re.search(r"\beval\(|\bread\(|\bplugin\(|\binclude\b|\bimport\b|mode:|markup", template)
    assert template.count("json(") == 1


@pytest.mark.parametrize("code", codes())
def test_nothing_leaves_the_page(synthetic: ModuleType, images: ModuleType, code: str) -> None:
    summary = replace(synthetic.summary("\\\\srv\\share\\" + "A" * 3_000), draft=Draft())
    for image in press.pages(summary, language(code), 36):
        grey = images.pixels(image)
        assert grey[:, :24].min() == 255  # margins are 1.9 cm: 27 pixels
        assert grey[:, -24:].min() == 255


@pytest.mark.parametrize("code", codes())
def test_hashes_and_locators_are_printed_in_full(told: Callable[[str], str], synthetic: ModuleType, code: str) -> None:
    text = told(code)
    summary: Summary = synthetic.summary()
    for sheet in summary.exhibits:
        for value in (sheet.sha256, sheet.supplied_sha256, *(line.sha256 for line in sheet.entries)):
            assert (value or "") in text
    assert summary.custody.head is not None
    assert text.count(summary.custody.head.hash) >= 3  # in the foot of every page, in section 4, in Annex B
    for inference in summary.inferences:
        assert inference.finding_id in text
        for seen in inference.observations:
            assert seen.row_id in text
            assert language(code).number(seen.offset) in text


@pytest.mark.parametrize("code", codes())
def test_sections_come_in_the_order_of_the_html_twin(synthetic: ModuleType, code: str) -> None:
    made = press.content(synthetic.summary(), language(code))
    names = [block["id"] for block in [*made["first"], *made["body"]] if block["b"] == "head" and block["level"] == 1]
    html = exporter("html").render(synthetic.summary(), language(code)).decode()
    assert names == re.findall(r'<h2 id="(\w+)">', html)
    assert len(names) == 18


def test_in_arabic_every_value_is_isolated(synthetic: ModuleType) -> None:
    made = press.content(synthetic.summary(), language("ar"))
    assert [text for text in loose(made) if TURNS.search(text)] == []


@pytest.mark.parametrize(
    ("document", "title"),
    [
        (None, "Synthèse d’analyse de traces numériques"),
        ("summary", "Synthèse d’analyse de traces numériques"),
        ("analysis", "Rapport d’analyse de traces numériques"),
        ("expertise", "Rapport d’expertise de traces numériques"),
        ("proces-verbal", "Procès-verbal d’analyse de traces numériques"),
    ],
)
def test_the_case_says_what_the_document_is_headed_as(synthetic: ModuleType, document: str | None, title: str) -> None:
    summary = synthetic.summary()
    headed = replace(summary, case=replace(summary.case, document=document))
    assert press.content(headed, language("fr"))["title"] == title
    assert f"<h1>{title}</h1>" in exporter("html").render(headed, language("fr")).decode()


def test_a_draft_is_marked_on_every_page_and_says_why(synthetic: ModuleType, images: ModuleType) -> None:
    whole = replace(synthetic.summary(), draft=Draft())
    lacking = replace(whole, draft=Draft(fields=("authority",), limits={"en": ("C-02", "C-03")}))
    assert press.content(whole, language("en"))["draft"] == ""
    made = press.content(lacking, language("en"))
    assert made["draft"] == "DRAFT"
    assert "Not supplied: Authority." in words(made["first"])
    clean, marked = (press.pages(summary, language("en"), 20) for summary in (whole, lacking))
    assert all((images.pixels(page) == 236).sum() > 250 for page in marked)
    assert not any((images.pixels(page) == 236).sum() > 250 for page in clean)


def test_findings_of_a_log_itself_stand_among_the_limits(synthetic: ModuleType) -> None:
    summary = synthetic.summary()
    doubted = replace(summary, limits=replace(summary.limits, logs=(summary.inferences[0].number,)))
    for code in codes():
        told = language(code).word("limits.logs_note")
        assert told in words(press.content(doubted, language(code)))
        assert told not in words(press.content(summary, language(code)))


def test_the_first_page_names_no_rule(synthetic: ModuleType) -> None:
    summary = synthetic.summary("no such text")
    for code in codes():
        first = words(press.content(summary, language(code))["first"])
        assert language(code).word("finding.not_person") in first
        for inference in summary.inferences[:2]:
            assert inference.title not in first
            assert inference.rule_id not in first


# ---- with the readers of poppler, where they are installed -----------------------------------------------------------------


def poppler(tool: str, pdf: bytes, tmp_path: Path, *options: str) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    path = tmp_path / "summary.pdf"
    path.write_bytes(pdf)
    order = [str(path), "-"] if tool == "pdftotext" else [str(path)]
    return subprocess.run([tool, *options, *order], capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("code", codes())
def test_another_reader_finds_every_face_embedded(rendered: Callable[[str], bytes], tmp_path: Path, code: str) -> None:
    lines = poppler("pdffonts", rendered(code), tmp_path).splitlines()[2:]
    assert lines
    assert {tuple(line.split()[-5:-2]) for line in lines} == {("yes", "yes", "yes")}  # embedded, subset, with Unicode


@pytest.mark.parametrize("code", codes())
def test_another_reader_finds_the_text(
    rendered: Callable[[str], bytes], synthetic: ModuleType, tmp_path: Path, code: str
) -> None:
    text = BIDI.sub("", poppler("pdftotext", rendered(code), tmp_path, "-raw"))
    summary: Summary = synthetic.summary()
    for value in (summary.exhibits[0].sha256, summary.custody.lines[0].hash, "198.51.100.23", "2001:db8::1", "C-01"):
        assert value in text
    assert "⟨U+202E⟩gpj.exe" in text
    assert "root:" not in text


def test_another_reader_finds_arabic_words_in_order(rendered: Callable[[str], bytes], tmp_path: Path) -> None:
    text = BIDI.sub("", poppler("pdftotext", rendered("ar"), tmp_path))
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text))
    assert language("ar").word("section.statement") in text
    assert "رفع ملف إلى بوابة الويب تلاه برنامج" in text
    assert "لم تعثر عمليات البحث التالية على شيء" in text
