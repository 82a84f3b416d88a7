"""Findings, matches and outcomes come back as saved, in one order, and as frames with real types."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from cases import findings
from cases.case import Case
from cases.errors import CaseError
from timelines.findings import MATCH_COLUMNS, Finding


def found(key: str, level: str, grade: str, first: int | None) -> Finding:
    return Finding(f"F-{key}", "match", "r", "t", level, grade, first, first, {}, (), (), "w")  # type: ignore[arg-type]


def test_order_is_level_then_grade_then_time_then_id() -> None:
    given = [
        found("e", "low", "corroborated", 1),
        found("d", "high", "indication", 1),
        found("c", "high", "supported", None),
        found("b", "high", "supported", 5),
        found("a", "high", "supported", 5),
        found("f", "odd", "supported", 0),
    ]
    assert [f.finding_id for f in findings.in_order(given)] == ["F-a", "F-b", "F-c", "F-d", "F-e", "F-f"]


def test_what_is_saved_is_read_back(filled: Case) -> None:
    first, second = findings.load_findings(filled.findings_folder)
    assert (first.finding_id, len(first.rows), first.entities) == ("F-00000000aa", 41, {"ips": ("198.51.100.1",)})
    assert (second.first, second.rows[-1]) == (None, "f" * 24)
    assert [o.fate for o in findings.load_outcomes(filled.findings_folder)] == [
        "matched",
        "matched",
        "silent",
        "no-data",
        "refused",
    ]


def test_frames_have_the_columns_of_the_public_face(filled: Case) -> None:
    matches = findings.matches_frame(filled.findings_folder)
    assert tuple(matches.columns) == MATCH_COLUMNS
    assert matches["rule_id"].tolist() == ["rule-a", "rule-b"]  # by time, rows without one last
    frame = findings.findings_frame(findings.load_findings(filled.findings_folder))
    assert list(frame.columns) == [
        *("finding_id", "kind", "title", "level", "grade", "first", "last", "entities", "rows", "attack", "cve")
    ]
    assert str(frame["first"].dtype) == "datetime64[ns, UTC]"
    assert frame["first"][0] == pd.Timestamp("2026-03-03T21:14:05Z")
    assert pd.isna(frame["first"][1])
    assert frame["entities"][0] == {"ips": ["198.51.100.1"]}


def test_a_case_without_analysis_has_empty_frames(empty_case: Case) -> None:
    assert not findings.analysed(empty_case.findings_folder)
    assert findings.load_findings(empty_case.findings_folder) == []
    assert findings.matches_frame(empty_case.findings_folder).empty
    assert findings.findings_frame(findings.load_findings(empty_case.findings_folder)).empty


def test_order_of_arrival_leaves_no_trace(tmp_path: Path) -> None:
    given = [found("a", "high", "supported", 5), found("b", "low", "supported", 1)]
    matches = pa.table({n: pa.array(["x", "y"]) for n in MATCH_COLUMNS if n != "time"}).append_column(
        "time", pa.array([2, 1], pa.timestamp("ns", tz="UTC"))
    )
    for name, order in (("one", 1), ("two", -1)):
        findings.save(tmp_path / name, given[::order], matches.take([0, 1][::order]), [])
    for file in findings.FILES:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_matches_need_their_columns(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lacks rule_title, level"):
        findings.save(tmp_path, [], pa.table({"rule_id": ["x"]}), [])


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"format":1,"findings":[{"title":"x"}]}', b'{"format":7}'])
def test_damaged_findings_say_so(filled: Case, content: bytes) -> None:
    (filled.findings_folder / "findings.json").write_bytes(content)
    with pytest.raises(CaseError, match=r"findings\.json"):
        findings.load_findings(filled.findings_folder)


def test_damaged_matches_say_so(filled: Case) -> None:
    (filled.findings_folder / "matches.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(CaseError, match=r"cannot read: .*run `athar analyze` again"):
        findings.load_matches(filled.findings_folder)


def test_coded_matches_are_kept_as_plain_ones_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "_PAGE", 3)
    time = pa.array([5, None, 3, 3, 5, 3, 1], pa.timestamp("ns", tz="UTC"))
    texts = {"rule_id": list("bbabaab"), "row_id": list("1234567"), "rule_title": list("tttuuut")}
    plain = pa.table({"time": time} | {n: pa.array(texts.get(n, ["x"] * 7)) for n in MATCH_COLUMNS if n != "time"})
    large = pa.array(["y", "x"], pa.large_string())
    coded = plain.set_column(
        plain.schema.get_field_index("why"), "why", pa.DictionaryArray.from_arrays(pa.array([1] * 7, pa.int32()), large)
    )
    for name in texts:
        turned = pa.array(sorted(set(texts[name]), reverse=True))  # codes that are not in the order of the texts
        codes = pa.array([turned.to_pylist().index(text) for text in texts[name]], pa.int32())
        coded = coded.set_column(
            coded.schema.get_field_index(name), name, pa.DictionaryArray.from_arrays(codes, turned)
        )
    for folder, matches in (("plain", plain), ("coded", coded)):
        findings.save(tmp_path / folder, [], matches, [])
    kept = findings.load_matches(tmp_path / "coded")
    assert kept.equals(findings.load_matches(tmp_path / "plain"))
    assert kept.column("row_id").to_pylist() == ["7", "3", "6", "4", "5", "1", "2"]
    assert kept.schema.field("why").type == pa.string()
