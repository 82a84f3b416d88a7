"""The demo case handed out under the public profile: no redacted value in HTML, JSON or PDF, in three languages."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ahocorasick_rs
import pytest

from cases.case import Case
from cases.redaction import issuing
from cases.redaction.folding import stands_alone
from cases.redaction.issuing import redact
from cases.redaction.profile import Profile, profile
from cases.redaction.redactor import Redactor
from cases.summarise import summarise
from cases.summary import Summary

DATE = "2026-01-30"
LANGUAGES = ("en", "fr", "ar")
AUTHORED = {"title", "description", "falsepositives", "texts"}  # of a rule: written before the case


@pytest.fixture(scope="module")
def handed_out(demo, tmp_path_factory):
    """A copy of the demo case, and every value that its public copies must not hold."""
    folder = tmp_path_factory.mktemp("redacted") / "case"
    shutil.copytree(demo.case, folder)
    case = Case.open(folder)
    _, redactor = redact(case, summarise(case, DATE), profile("public"), ("x", "0" * 64))
    return folder, dict(redactor.replaced)


@pytest.fixture(scope="module")
def once() -> dict[tuple[object, ...], Any]:
    """What the nine copies share, by what it was made of."""
    return {}


def share(patch: pytest.MonkeyPatch, once: dict[tuple[object, ...], Any]) -> None:
    """The nine copies are of one case: what it sums up to, the redactor that knows its values and remembers its texts, and its full copy
    in each format are made once for them. A copy of which all is made anew is compared with one of them byte for byte below; others are
    made so here and in `test_issuing`."""
    summarise, redactor_of, under, sealed = issuing.summarise, issuing.redactor_of, issuing.under, issuing._sealed

    def made(key: tuple[object, ...], make: Callable[[], Any]) -> Any:
        if key not in once:
            once[key] = make()
        return once[key]

    def summed(case: Case, date: str) -> Summary:
        return made(("summary", case.folder, date), lambda: summarise(case, date))

    def redactor(case: Case, summary: Summary, profile: Profile) -> Redactor:
        return made(("redactor", case.folder, profile.name), lambda: redactor_of(case, summary, profile))

    def changed(case: Case, summary: Summary, redactor: Redactor, full: tuple[str, str]) -> Summary:
        return made(("changed", case.folder, redactor.profile.name, full), lambda: under(case, summary, redactor, full))

    def full(case: Case, asked: issuing.Asked, summary: Summary) -> tuple[str, str]:
        named = (
            asked.code if asked.format == "json" else ""
        )  # in JSON, which is compared with one made anew, each language names its own
        return made(("full", case.folder, asked.format, asked.date, named), lambda: sealed(case, asked, summary))

    for name, shared in (("summarise", summed), ("redactor_of", redactor), ("under", changed), ("_sealed", full)):
        patch.setattr(issuing, name, shared)


@pytest.fixture
def looked_at_once(monkeypatch, once):
    share(monkeypatch, once)


def report(athar, folder: Path, lang: str, form: str) -> Path:
    ran = athar("report", folder, "--lang", lang, "--format", form, "--date", DATE, "--redact", "public")
    assert ran.code == 0, ran.err
    return Path(ran.out.strip())


def left(text: str, values) -> set[str]:
    """Those of the values that stand in a text as words of their own, in lower case."""
    low, patterns = text.lower(), [value.lower() for value in values]
    found = ahocorasick_rs.AhoCorasick(patterns).find_matches_as_indexes(low, overlapping=True)
    return {patterns[at] for at, start, end in found if stands_alone(low, start, end)}


def words(value, inside: str = "") -> list[str]:
    """Every text of a JSON summary but those of the rules' authors."""
    if isinstance(value, dict):
        return list(value) + [t for key, item in value.items() if key not in AUTHORED for t in words(item)]
    if isinstance(value, list):
        return [text for item in value for text in words(item)]
    return [value] if isinstance(value, str) else []


def test_what_was_replaced_is_what_names_someone(handed_out):
    _, replaced = handed_out
    kinds = {name.rpartition("-")[0] for name in replaced.values()}
    assert {"account", "address", "host"} <= kinds
    assert {"svc_web", "y.amsaad", "203.0.113.66", "tamrirt.example"} <= set(replaced)
    assert "SYSTEM" not in replaced


@pytest.mark.usefixtures("looked_at_once")
@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_value_is_left_in_json(athar, handed_out, lang):
    folder, replaced = handed_out
    held = json.loads(report(athar, folder, lang, "json").read_text("utf-8"))
    del held["language"]
    assert left("\n".join(words(held)), replaced) == set()
    assert left(json.dumps(held, ensure_ascii=False), distinct(replaced)) == set()


@pytest.mark.usefixtures("looked_at_once")
@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_value_is_left_in_html(athar, handed_out, lang):
    folder, replaced = handed_out
    assert left(report(athar, folder, lang, "html").read_text("utf-8"), distinct(replaced)) == set()


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
@pytest.mark.usefixtures("looked_at_once")
@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_value_is_left_in_pdf_text_or_metadata(athar, handed_out, lang):
    folder, replaced = handed_out
    path = report(athar, folder, lang, "pdf")
    shown = ask("pdftotext", "-raw", path, "-") + ask("pdfinfo", path) + ask("pdfinfo", "-meta", path)
    assert len(shown) > 50_000
    assert left(shown, distinct(replaced)) == set()
    long = [value.lower().encode() for value in distinct(replaced) if len(value) > 7]
    anywhere = ahocorasick_rs.BytesAhoCorasick(long)
    squeezed = "".join(shown.lower().split())  # a value may be broken over two lines
    for data in (squeezed.encode(), path.read_bytes(), *streams(path)):
        low = data.replace(b"\0", b"").lower()  # alternative texts and bookmarks stand in streams, as Latin-1 or UTF-16
        assert [long[at] for at, _, _ in anywhere.find_matches_as_indexes(low)] == []


def streams(path: Path) -> list[bytes]:
    """Every stream of a PDF that is deflated, inflated."""
    found = []
    for body in re.findall(rb"stream\r?\n(.*?)endstream", path.read_bytes(), re.DOTALL):
        with contextlib.suppress(zlib.error):
            found.append(zlib.decompressobj().decompress(body))
    assert len(found) > 10
    return found


def distinct(replaced) -> list[str]:
    """Values that are no ordinary word: those are words too in the texts of rules, languages and style sheets."""
    return [value for value in replaced if not re.fullmatch(r"[a-z]+", value)]


def ask(*command: object) -> str:
    return subprocess.run([str(part) for part in command], capture_output=True, check=True).stdout.decode(
        "utf-8", "replace"
    )


def test_the_court_sees_what_findings_name(athar, handed_out):
    folder, _ = handed_out
    ran = athar("report", folder, "--format", "json", "--date", DATE, "--redact", "court", "--lang", "en")
    held = json.loads(Path(ran.out.strip()).read_text("utf-8"))
    assert "203.0.113.66" in held["inferences"][0]["entities"]["ips"]
    assert held["redaction"]["profile"] == "court"
    assert "S-1-5-21-" not in json.dumps(held)


def test_verify_accepts_the_case_and_catches_a_changed_copy(athar, handed_out, once):
    folder, _ = handed_out
    with pytest.MonkeyPatch.context() as patch:
        share(patch, once)
        path = report(athar, folder, "en", "json")
    assert report(athar, folder, "en", "json") == path  # no new version: all made anew, its bytes are the same
    from cases.verify import verify

    assert [c.subject for c in verify(Case.open(folder)).failed if c.subject.startswith("reports/")] == []
    path.write_bytes(path.read_bytes() + b" ")
    assert f"reports/{path.name}" in [c.subject for c in verify(Case.open(folder)).failed]
