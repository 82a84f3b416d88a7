"""What a finding names beside its rule's rows: published weaknesses, and rows that followed."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest

from cases import findings
from cases.case import Case
from cases.citations import EXCERPT
from cases.exporters import exporters
from cases.languages import codes, language
from cases.reports import issue
from cases.summarise import summarise
from timelines.findings import Finding

DATE = "2026-03-05"
CVE = "CVE-2021-41773"


@pytest.fixture
def marked(filled: Case) -> Case:
    """The case whose first finding names a weakness, and that its last row but one followed."""
    first, *others = findings.load_findings(filled.findings_folder)
    made = replace(first, cve=(CVE,), followed={"script": (first.rows[-2],)})
    folder = filled.findings_folder
    files = findings.save(folder, [made, *others], findings.load_matches(folder), findings.load_outcomes(folder))
    filled.log("rules-run", {}, files)
    return filled


def first_of(case: Case) -> Finding:
    return findings.load_findings(case.findings_folder)[0]


def test_both_are_kept(marked: Case) -> None:
    found = first_of(marked)
    assert found.cve == (CVE,)
    assert found.followed == {"script": (found.rows[-2],)}
    assert findings.findings_frame([found])["cve"].tolist() == [[CVE]]


def test_findings_of_an_earlier_version_have_neither(marked: Case) -> None:
    path = marked.findings_folder / findings.FINDINGS
    told = json.loads(path.read_text("ascii"))
    for row in told["findings"]:
        del row["cve"], row["followed"]
    path.write_text(json.dumps(told), "ascii")
    found = first_of(marked)
    assert (found.cve, dict(found.followed)) == ((), {})
    assert findings.finding_of(told["findings"][0], "here") == found


def test_what_followed_is_always_among_the_records_printed(marked: Case) -> None:
    (shown, *_) = summarise(marked, DATE).inferences
    assert len(shown.observations) == EXCERPT
    roles = {record.row_id: record.role for record in shown.observations if record.role}
    assert roles == {first_of(marked).rows[-2]: "script"}


@pytest.mark.parametrize("code", codes())
def test_the_summary_says_what_they_are(marked: Case, code: str) -> None:
    words = language(code)
    page = exporters()["html"].render(summarise(marked, DATE), words).decode()
    assert page.count(words.word("role.script").replace("'", "&#39;")) == 1
    assert words.word("finding.cve") in page
    assert CVE in page
    told = json.loads(exporters()["json"].render(summarise(marked, DATE), words))
    assert told["inferences"][0]["cve"] == [CVE]
    assert exporters()["pdf"].render(summarise(marked, DATE), words).startswith(b"%PDF")


def test_the_annex_tells_them_apart(marked: Case) -> None:
    path = issue(marked, "en", "json", DATE)
    (annex,) = path.parent.glob("annex-en-*.csv")
    with annex.open(encoding="utf-8-sig", newline="") as handle:
        lines = list(csv.DictReader(handle))
    english = language("en")
    said = {line[english.word("record.id")]: line[english.word("record.role")] for line in lines}
    assert said.pop(first_of(marked).rows[-2]) == english.word("role.script")
    assert set(said.values()) == {english.word("role.rule")}
