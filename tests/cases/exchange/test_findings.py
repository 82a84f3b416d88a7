"""Findings in five formats, each opened by its own tool and compared with the case."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cases import review
from cases.case import Case
from cases.exchange.delivery import Delivery
from cases.findings import load_findings

Export = Callable[..., Delivery]
VALIDATE = [  # the command case_validate, by this interpreter
    *(sys.executable, "-W", "ignore", "-c", "from case_utils.case_validate import main; main()"),
    *("--built-version", "case-1.5.0"),
]
ID_A, ID_B, ID_C = "F-00000000aa", "F-00000000bb", "F-00000000cc"


def read(path: Path) -> Any:
    return json.loads(path.read_text("ascii"))


def test_navigator_scores_a_technique_by_its_findings(export: Export) -> None:
    made = export("navigator", ".json")
    layer = read(made.path)
    assert layer["versions"]["layer"] == "4.5"
    assert layer["domain"] == "enterprise-attack"
    assert [(t["techniqueID"], t["score"]) for t in layer["techniques"]] == [("T1059.001", 1), ("T1190", 2)]
    assert layer["gradient"]["maxValue"] > layer["gradient"]["minValue"] == 0
    comment = layer["techniques"][1]["comment"]
    assert comment.startswith(f"{ID_A} (high, corroborated): =cmd")
    assert f"{ID_C} (odd, inconclusive)" in comment
    assert made.counts["findings_without_technique"] == 1


def test_stix_bundle_is_parsed_strictly_and_holds_every_finding_and_row(export: Export, hostile_case: Case) -> None:
    stix2 = pytest.importorskip("stix2")
    made = export("stix", ".json")
    bundle = stix2.parse(made.path.read_text("ascii"), allow_custom=False)
    found = load_findings(hostile_case.findings_folder)
    by_type: dict[str, list[Any]] = {}
    for one in bundle.objects:
        by_type.setdefault(one.type, []).append(one)
    assert made.counts["objects"] == len(bundle.objects) == len({one.id for one in bundle.objects})
    assert sorted(note.external_references[0].external_id for note in by_type["note"]) == [ID_A, ID_B, ID_C]
    observed = {tuple(ref.external_id for ref in one.external_references) for one in by_type["observed-data"]}
    assert observed == {f.rows for f in found if f.first is not None}
    assert [v.name for v in by_type["vulnerability"]] == ["CVE-2021-41773"]
    assert (
        by_type["vulnerability"][0].id in next(n for n in by_type["note"] if "CVE-2021-41773" in n.content).object_refs
    )
    assert [p.name for p in by_type["attack-pattern"]] == ["T1059.001", "T1190"]
    assert len(by_type["sighting"]) == 3
    assert "indicator" not in by_type
    known = {one.id for one in bundle.objects}
    named = [ref for one in bundle.objects for ref in (*one.get("object_refs", ()), *one.get("observed_data_refs", ()))]
    assert set(named) <= known


def test_stix_keeps_hostile_text_exactly_and_files_with_their_hashes(export: Export, hostile_case: Case) -> None:
    stix2 = pytest.importorskip("stix2")
    bundle = stix2.parse(export("stix", ".json").path.read_text("ascii"))
    (accounts,) = [one for one in bundle.objects if one.type == "user-account"]
    assert accounts.account_login == load_findings(hostile_case.findings_folder)[0].entities["users"][0]
    files = {(one.name, one.hashes["SHA-256"]) for one in bundle.objects if one.type == "file"}
    cited = {(e.file.rpartition("/")[2], e.sha256) for e in hostile_case.register.entries if e.status == "evidence"}
    assert files == cited
    addresses = {one.value for one in bundle.objects if one.type in ("ipv4-addr", "ipv6-addr")}
    assert addresses == {"198.51.100.1", "2001:db8::1"}


def test_misp_event_is_loaded_by_pymisp(export: Export) -> None:
    pymisp = pytest.importorskip("pymisp")
    made = export("misp", ".json")
    event = pymisp.MISPEvent()
    event.load_file(str(made.path))
    assert len(event.attributes) == made.counts["attributes"]
    assert len({a.uuid for a in event.attributes}) == len(event.attributes)
    addresses = {(a.type, a.value): a.comment for a in event.attributes if a.type.startswith("ip-")}
    assert ("ip-src", "198.51.100.0") in addresses
    assert addresses["ip-src", "198.51.100.5"] == f"address named by {ID_C}"
    assert [a.value for a in event.attributes if a.to_ids] == []
    reports = read(made.path)["Event"]["EventReport"]
    assert sorted(r["name"][:12] for r in reports) == [ID_A, ID_B, ID_C]
    assert all(r["content"].startswith("```\n") and r["content"].count("`") == 6 for r in reports)


def test_case_graph_cites_every_row_with_its_byte_range(export: Export, hostile_case: Case) -> None:
    made = export("case", ".jsonld")
    graph = read(made.path)["@graph"]
    by_type: dict[str, list[Any]] = {}
    for node in graph:
        by_type.setdefault(node["@type"], []).append(node)
    found = load_findings(hostile_case.findings_folder)
    rows = {row for f in found for row in f.rows} - {"f" * 24}
    assert {node["uco-core:name"] for node in by_type["uco-observable:EventRecord"]} == rows
    assert made.counts["cited_rows_not_in_the_timeline"] == 1
    ranges = [
        facet["uco-observable:rangeSize"]
        for node in by_type["uco-observable:ObservableRelationship"]
        for facet in node.get("uco-core:hasFacet", ())
    ]
    assert sorted(ranges) == [71] * 6 + [800, 1_392]
    hashes = [
        facet["uco-observable:hash"]["uco-types:hashValue"]["@value"]
        for node in by_type["uco-observable:File"]
        for facet in node["uco-core:hasFacet"]
        if "uco-observable:hash" in facet
    ]
    assert sorted(hashes) == sorted(entry.sha256 for entry in hostile_case.register.entries)
    assert [node["uco-core:tag"][0] for node in by_type["uco-core:Annotation"]] == [f.finding_id for f in found]
    assert len({node["@id"] for node in graph}) == len(graph)


def test_case_graph_passes_case_validate(export: Export) -> None:
    pytest.importorskip("case_utils")
    made = export("case", ".jsonld")
    ran = subprocess.run([*VALIDATE, str(made.path)], capture_output=True, text=True, check=False)
    assert "Conforms: True" in ran.stdout, ran.stdout[:2_000] + ran.stderr[-2_000:]


def test_case_validate_would_see_a_wrong_property(export: Export, tmp_path: Path) -> None:
    """The check above can fail: a number where text is expected is refused."""
    pytest.importorskip("case_utils")
    content = read(export("case", ".jsonld").path)
    content["@graph"] = content["@graph"][:1]
    content["@graph"][0]["uco-tool:version"] = 7
    (tmp_path / "wrong.jsonld").write_text(json.dumps(content))
    ran = subprocess.run([*VALIDATE, str(tmp_path / "wrong.jsonld")], capture_output=True, text=True, check=False)
    assert "Conforms: False" in ran.stdout


@pytest.mark.parametrize("name", ["stix", "misp", "case", "navigator"])
def test_what_the_examiner_rejected_is_left_out_and_counted(name: str, export: Export, hostile_case: Case) -> None:
    if name == "stix":
        pytest.importorskip("stix2")
    review.reject(hostile_case, ID_A, "not so")
    made = export(name, ".json")
    assert made.counts["findings_set_aside"] == 1
    assert ID_A not in made.path.read_text("ascii")
    assert ID_C in made.path.read_text("ascii")


def test_a_finding_that_holds_another_cites_its_rows(export: Export, hostile_case: Case) -> None:
    review.merge(hostile_case, ID_A, [ID_C], "one act")
    made = export("navigator", ".json")
    techniques = {t["techniqueID"]: t["score"] for t in read(made.path)["techniques"]}
    assert techniques == {"T1059.001": 1, "T1190": 1}
    timesketch = export("timesketch", ".jsonl").path.read_text("ascii").splitlines()
    assert sum(ID_A in json.loads(line)["tag"] for line in timesketch) == 7


def test_the_examiners_words_stand_before_the_rules(export: Export, hostile_case: Case) -> None:
    review.edit(hostile_case, ID_A, "plainer", {"title": "Said by the examiner"}, "en")
    assert "Said by the examiner" in export("navigator", ".json").path.read_text("ascii")
