"""The annex holds every cited record whole, one line a citation, in the words of the summary that names it by its hash."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cases import annex as annexes
from cases import citations as excerpt
from cases import findings
from cases.case import Case
from cases.errors import CaseError
from cases.languages import codes, language
from cases.redaction.issuing import Asked
from cases.redaction.issuing import issue as issue_redacted
from cases.redaction.profile import profile
from cases.reports import issue
from cases.review import accept, reject
from cases.summarise import summarise
from cases.verify import verify
from timelines import query
from timelines.findings import Finding
from timelines.query import Timeline
from timelines.rows import Provenance, finish
from timelines.store import Store
from timelines.visible import INVISIBLE

from .conftest import SHA256, fill, web_rows

DATE = "2026-03-06"
LONG = "/" + "a" * 10_000


def lines_of(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def beside(report: Path) -> Path:
    (found,) = [path for path in report.parent.iterdir() if path.suffix == annexes.SUFFIX]
    return found


def word(key: str, code: str = "en") -> str:
    return language(code).word(key)


@pytest.mark.parametrize("form", ["html", "json"])
@pytest.mark.parametrize("code", codes())
def test_the_summary_names_it_by_hash_and_count(filled: Case, code: str, form: str) -> None:
    report = issue(filled, code, form, DATE)
    held, text = beside(report), report.read_text("utf-8")
    digest = hashlib.sha256(held.read_bytes()).hexdigest()
    assert held.name == f"annex-{code}-{digest[:16]}.csv"
    assert digest in text
    assert held.name in text
    if form == "json":
        assert json.loads(text)["annex"] == {"name": held.name, "sha256": digest, "lines": 43, "records": 43}


@pytest.mark.parametrize("code", codes())
def test_every_citation_is_a_line_in_the_readers_words(filled: Case, code: str) -> None:
    held = lines_of(beside(issue(filled, code, "json", DATE)))
    cited = [(f.finding_id, row) for f in findings.load_findings(filled.findings_folder) for row in f.rows]
    say = {name: word(key, code) for name, key in annexes.COLUMNS.items()}
    assert sorted((line[say["finding"]], line[say["row_id"]]) for line in held) == sorted(cited)
    assert len(say.values()) == len(set(say.values()))
    first = held[0]
    assert first[say["number"]] == "C-01"
    assert (first[say["exhibit"]], first[say["file"]], first[say["record"]]) == ("E001", "logs/access.log", "1")
    assert (first[say["offset"]], first[say["length"]]) == ("0", "71")
    assert first[say["time"]] == "2026-03-03T21:14:05.000000000Z"
    assert first[say["flags"]] == word("flag.loose", code)
    assert first[say["time_quality"]] == word("quality.offset", code)
    assert first[say["review"]] == word("state.open", code)
    assert "/page/0" in first[say["message"]]


def test_a_row_that_the_timeline_lacks_is_said_to_be_lacking(filled: Case) -> None:
    last = lines_of(beside(issue(filled, "en", "json", DATE)))[-1]
    assert (last[word("record.id")], last[word("record.says")]) == ("f" * 24, word("annex.absent"))
    assert last[word("record.offset")] == ""


def test_a_row_that_two_findings_cite_has_two_lines(filled: Case) -> None:
    made = findings.load_findings(filled.findings_folder)
    first = made[0]
    shared = Finding(**{**{n: getattr(first, n) for n in Finding.__dataclass_fields__}, "finding_id": "F-00000000cc"})
    cite(filled, [*made, shared])
    held = lines_of(beside(issue(filled, "en", "json", DATE)))
    of_first = [line[word("annex.finding")] for line in held if line[word("record.id")] == first.rows[5]]
    assert sorted(of_first) == ["C-01", "C-02"]
    assert len(held) == 41 + 41 + 2


def cite(case: Case, made: list[Finding]) -> None:
    files = findings.save(
        case.findings_folder,
        made,
        findings.load_matches(case.findings_folder),
        findings.load_outcomes(case.findings_folder),
    )
    case.log("rules-run", {}, files)


def test_what_is_set_aside_is_there_and_says_so(filled: Case) -> None:
    reject(filled, "F-00000000bb", "a scan of our own")
    held = lines_of(beside(issue(filled, "en", "json", DATE)))
    states = {line[word("finding.id")]: line[word("annex.review")] for line in held}
    assert states == {"F-00000000aa": word("state.open"), "F-00000000bb": word("state.rejected")}


@pytest.mark.parametrize(
    "hostile",
    ["=HYPERLINK(1)", LONG, "/;=1+1", "/\u202egpj.exe\x1b[2J\x00", '"\n=cmd', "<script>#read()</script>"],
)
def test_hostile_text_is_whole_and_inert(case: Case, hostile: str) -> None:
    fill(case, hostile=hostile)
    path = beside(issue(case, "en", "json", DATE))
    text = path.read_text("utf-8-sig")
    held = lines_of(path)
    assert len(held) == 43
    assert INVISIBLE.findall(text.replace("\n", "")) == []
    assert not any(value[:1] in ("=", "+", "-", "@") for line in held for value in line.values())
    assert ";=" not in text
    asked = held[2][word("record.says")]
    for part in re.findall(r"[A-Za-z]{2,}", hostile):
        assert part in asked
    if hostile == LONG:
        assert LONG in held[2][word("record.says")]
        assert LONG not in issue(case, "en", "html", DATE).read_text("utf-8")
        assert len(LONG) > excerpt.SENTENCE


def test_it_is_the_same_bytes_anywhere_and_one_for_all_formats(filled: Case, tmp_path: Path) -> None:
    first = issue(filled, "fr", "html", DATE)
    issue(filled, "fr", "json", DATE)
    held = beside(first)
    shutil.copytree(filled.folder, tmp_path / "copied")
    again = issue(Case.open(tmp_path / "copied"), "fr", "html", DATE, tmp_path / "out" / "x.html")
    assert beside(again).name == held.name
    assert beside(again).read_bytes() == held.read_bytes()
    assert not list(filled.folder.glob(".annex*"))


def test_custody_records_it_and_verify_checks_it(filled: Case) -> None:
    report = issue(filled, "en", "html", DATE)
    held = beside(report)
    subject = filled.custody.entries()[-1].act.subjects[1]
    assert (subject.name, subject.sha256) == (f"reports/{held.name}", hashlib.sha256(held.read_bytes()).hexdigest())
    assert verify(filled).ok
    held.write_bytes(held.read_bytes().replace(b"/page/7", b"/page/8"))
    assert [check.subject for check in verify(filled).failed] == [f"reports/{held.name}"]
    held.unlink()
    assert [check.subject for check in verify(filled).failed] == [f"reports/{held.name}"]
    assert issue(filled, "en", "html", DATE) == report  # asked again for what was issued, the annex comes back
    assert verify(filled).ok


def test_an_annex_is_never_overwritten(filled: Case) -> None:
    held = beside(issue(filled, "en", "html", DATE))
    before = held.read_bytes()
    accept(filled, "F-00000000aa", "read line by line")
    issue(filled, "en", "html", DATE, reason="reviewed")
    assert held.read_bytes() == before
    assert len(list(filled.reports_folder.glob("annex-en-*.csv"))) == 2
    held.write_bytes(b"something else")
    report = filled.reports_folder / "other.json"
    reject(filled, "F-00000000bb", "not so")
    filled.findings_folder.joinpath("reviews.jsonl").unlink()
    with pytest.raises(CaseError, match=r"annex-en-\w+\.csv: there already.*never overwritten"):
        issue(filled, "en", "json", DATE, report)
    assert not report.exists()
    assert held.read_bytes() == b"something else"


def test_a_refused_version_leaves_nothing(filled: Case) -> None:
    issue(filled, "en", "html", DATE)
    accept(filled, "F-00000000aa", "read line by line")
    with pytest.raises(CaseError, match="--reason TEXT"):
        issue(filled, "en", "html", DATE)
    assert len(list(filled.reports_folder.iterdir())) == 2
    assert not list(filled.folder.glob(".annex*"))


def test_without_citations_there_is_none_and_the_summary_says_so(filled: Case) -> None:
    cite(filled, [])
    for code in codes():
        assert word("annex.no_file", code) in issue(filled, code, "html", DATE).read_text("utf-8")
    assert not list(filled.reports_folder.glob("*.csv"))


@pytest.mark.parametrize("window", [7, 100_000])
def test_many_citations_are_streamed(filled: Case, monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    monkeypatch.setattr(query, "WINDOW_ROWS", window)
    held: list[int] = []
    batches = Timeline.batches

    def counted(*args: object, **names: object) -> object:
        for table in batches(*args, **names):  # type: ignore[arg-type]
            held.append(table.num_rows)
            yield table

    monkeypatch.setattr(Timeline, "batches", counted)
    with annexes.written(filled, summarise(filled, DATE), language("en")) as made:
        assert made.facts is not None
        assert made.facts.lines == 43
    assert max(held) <= window + 1
    assert sum(held) == 42


def test_a_redacted_summary_has_a_redacted_annex(case: Case) -> None:
    fill(case, hostile="/mail/jane.doe@example.org")
    report = issue_redacted(case, Asked("en", "json", DATE, profile("public")))
    held = beside(report)
    assert held.name.startswith("annex-en-public-")
    text = held.read_text("utf-8-sig")
    assert "jane.doe" not in text
    assert "198.51.100." not in text
    full = beside(case.reports_folder / "sealed" / "x")
    assert "jane.doe@example.org" in full.read_text("utf-8-sig")
    kept = ("record.id", "annex.exhibit", "record.offset", "record.length", "record.time")
    assert [[line[word(k)] for k in kept] for line in lines_of(held)] == [
        [line[word(k)] for k in kept] for line in lines_of(full)
    ]
    assert verify(case).ok


def test_one_pseudonym_in_summary_and_annex(filled: Case) -> None:
    report = issue_redacted(filled, Asked("en", "json", DATE, profile("public")))
    told = json.loads(report.read_text("utf-8"))["inferences"][0]
    sentences = {one["row_id"]: one["sentences"]["en"] for one in told["observations"]}
    held = {line[word("record.id")]: line[word("record.says")] for line in lines_of(beside(report))}
    assert sentences
    assert {row: held[row] for row in sentences} == sentences
    assert all("address-" in said for said in sentences.values())


def test_a_finding_of_many_rows_is_whole(case: Case) -> None:
    fill(case)
    store = Store(case.timeline_folder)
    writer = store.writer("many")
    batch = finish("web/access", web_rows(3_000, "/x"), Provenance("E001", "many.log", SHA256[::-1]))
    writer.add(batch)
    store.commit({"many": writer.close([], [])})
    rows = tuple(str(row) for row in batch.column("row_id").to_pylist())
    made = findings.load_findings(case.findings_folder)
    many = {
        **{n: getattr(made[0], n) for n in Finding.__dataclass_fields__},
        "finding_id": "F-00000000dd",
        "rows": rows,
    }
    cite(case, [Finding(**many)])
    held = lines_of(beside(issue(case, "ar", "json", DATE)))
    assert {line[word("record.id", "ar")] for line in held} == set(rows)
    assert len(held) == 3_000


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
@pytest.mark.parametrize("code", codes())
def test_the_pdf_prints_its_name_hash_and_count(filled: Case, code: str) -> None:
    report = issue(filled, code, "pdf", DATE)
    shown = subprocess.run(["pdftotext", "-raw", str(report), "-"], capture_output=True, check=True).stdout.decode()
    squeezed = "".join(shown.split())
    held = beside(report)
    assert held.name in squeezed
    assert hashlib.sha256(held.read_bytes()).hexdigest() in squeezed
