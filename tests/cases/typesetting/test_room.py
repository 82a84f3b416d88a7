"""What is printed of many findings: the gravest whole, the others in a line each, all counted, in bounded text and memory."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cases import phrases
from cases.examiner import Review
from cases.languages import codes, language
from cases.typesetting import annexes, card, press, room
from cases.typesetting.blocks import length
from cases.typesetting.pen import Pen

ROOT = Path(__file__).parents[3]
SAID = ("first", "body", "t", "n", "p", "c", "items", "rows")  # keys under which words stand


def words(part: Any) -> str:
    if isinstance(part, dict):
        return "".join(words(part[key]) for key in SAID if key in part)
    return part if isinstance(part, str) else "".join(map(words, part)) if isinstance(part, list) else ""


def test_long_lists_are_cut_and_counted(synthetic: ModuleType) -> None:
    summary = synthetic.summary("x")
    first, sheet = summary.inferences[0], summary.exhibits[0]
    many = tuple(replace(first, number=f"C-{n:04}", finding_id=f"F-{n:010x}", rows=11) for n in range(1, 401))
    entries = tuple(replace(sheet.entries[0], file=f"log/{n}") for n in range(1_500))
    whole = replace(summary, inferences=many, exhibits=(replace(sheet, entries=entries),))
    places = room.placed(whole, Pen(language("en"), summary.case.zone))
    full = sum(place.form == "whole" for place in places)
    assert 5 < full < 400
    assert [place.form for place in places] == ["whole"] * full + ["line"] * (400 - full)
    made = press.content(whole, language("en"))
    text = words(made)
    tables = [block for block in made["body"] if block["b"] == "table"]
    rows = sum(len(block["rows"]) for block in tables if "Time (UTC)" in block["head"][0])
    assert full * card.WITH < rows < full * card.WITH + annexes.EXCERPTS / 100
    claims = language("en").word("finding.does_not_show")
    assert text.count(claims) == len(phrases.main_findings(whole)) + full
    assert text.count("what it shows and does not show: as C-0001") == 400 - full
    assert f"{400 * 11 - rows:,} more not printed here" in text
    assert f"{1_500 - annexes.FILES} more not printed here" in text


@pytest.mark.parametrize(
    "text", ["", "a", "x" * 300, "\u2066a\u202e\u2069 b \u2067\u2069\u2069", "كلمة \ue000\u0301 x", "\0\n\t"]
)
@pytest.mark.parametrize("code", codes())
def test_a_record_is_left_out_unset_only_where_it_would_not_fit(synthetic: ModuleType, code: str, text: str) -> None:
    pen = Pen(language(code), None)
    for found in synthetic.summary(text).inferences:
        for seen in found.observations:
            record = replace(seen, sentences=dict.fromkeys(codes(), text), file=text, exhibit=text)
            (row,) = card.records([record], pen)["rows"]
            assert annexes._least(record, pen) <= length(row)


def test_findings_that_fit_are_printed_whole(synthetic: ModuleType) -> None:
    summary = synthetic.summary("x")
    many = tuple(replace(summary.inferences[1], number=f"C-{n:02}", finding_id=f"F-{n:010x}") for n in range(1, 61))
    for code in codes():
        places = room.placed(replace(summary, inferences=many), Pen(language(code), None))
        assert {place.form for place in places} == {"whole"}


def test_words_not_said_before_and_reviewed_findings_are_more_than_a_line(synthetic: ModuleType) -> None:
    summary = synthetic.summary("x")
    first = summary.inferences[0]
    many = [replace(first, number=f"C-{n:04}", finding_id=f"F-{n:010x}") for n in range(1, 601)]
    many[400] = replace(many[400], texts={"en": {**first.texts["en"], "shows": "Other words."}})
    many[500] = replace(many[500], review=Review(merged=("F-0000000001",)))
    pen = Pen(language("en"), None)
    places = room.placed(replace(summary, inferences=tuple(many)), pen)
    assert [place.found.number for place in places if place.form == "brief"] == ["C-0401", "C-0501"]
    told = words(list(places[400].blocks))
    assert "Other words." in told
    assert "Its chart, the names in its records" in told
    assert "in the same words as for C-0001." in words(list(places[500].blocks))


@pytest.mark.parametrize("code", codes())
def test_the_text_of_any_number_of_findings_is_bounded_and_every_link_leads_somewhere(
    synthetic: ModuleType, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """A page costs memory by its text: what is set for 900 findings of other words each, where 300 have a line, is no more than for 300.
    The bounds are a third of what they are, so that a third is set."""
    monkeypatch.setattr(room, "ROOM", room.ROOM // 3)
    monkeypatch.setattr(room, "LINES", 300)
    monkeypatch.setattr(annexes, "EXCERPTS", annexes.EXCERPTS // 3)
    summary = synthetic.summary("x" * 300)
    found = summary.inferences[1]
    many = tuple(
        replace(found, number=f"C-{n:04}", finding_id=f"F-{n:010x}", description=f"Rule {n}. " + "Long words. " * 40)
        for n in range(1, 901)
    )
    whole = replace(summary, inferences=many)
    asked: list[list[room.Place]] = []

    def placed(*given: Any) -> list[room.Place]:
        asked.append(room.placed(*given))
        return asked[-1]

    monkeypatch.setattr(press, "placed", placed)
    assert press.pdf(whole, language(code)).startswith(b"%PDF")  # typst refuses a link that leads nowhere
    (places,) = asked
    forms = Counter(place.form for place in places)
    assert forms["line"] == room.LINES
    assert set(forms) == {"whole", "brief", "line", "counted"}
    assert sum(length(place.blocks) for place in places) < room.ROOM - room.LINE * room.LINES


PEAK = """
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, {folder!r})
import synthetic
from cases.exporters import exporter
from cases.languages import language
summary = synthetic.summary("word " * 60)
one = summary.inferences[0]
seen = tuple(replace(o, sentences={{"ar": "word /path/of/something " * 24}}) for o in (one.observations * 2)[:20])
many = tuple(replace(one, number=f"C-{{n:04}}", finding_id=f"F-{{n:010x}}", observations=seen) for n in range(1_000))
exporter("pdf").render(replace(summary, inferences=many), language("ar"))
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
def test_a_thousand_findings_of_twenty_long_records_stay_under_a_gigabyte() -> None:
    """Seen: 0.3 GB; without the bound, 8 GB."""
    code = PEAK.format(folder=str(ROOT / "tests" / "cases"))
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert int(ran.stdout) < 1_000_000  # kB
