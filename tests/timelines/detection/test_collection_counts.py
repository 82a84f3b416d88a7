"""How much of a rule collection runs, and that what does not run says truly why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from timelines.detection import RuleSet, load_rules
from timelines.detection.collection_counts import coverage, table

SIGMA = Path(__file__).parents[4] / "shared" / "rules" / "sigma"
# Services of Zeek whose logs hold what Athar does not decode, and the two kinds of file events that Windows writes to no event log.
ABSENT = {
    "zeek": (),
    "windows": ("category file_access", "category file_rename"),
}


def test_areas_and_reasons(tmp_path: Path, rule: Callable[..., str]) -> None:
    good = rule("selection: {F: a}")
    bad = rule("selection: {F|almost: a}", id="00000000-0000-4000-8000-000000000002")
    web = rule("selection: {F: a}", id="00000000-0000-4000-8000-000000000003", logsource={"category": "webserver"})
    linux = rule("selection: {F: a}", id="00000000-0000-4000-8000-000000000004", logsource={"product": "linux"})
    (tmp_path / "rules.yml").write_text("\n---\n".join((good, bad, web, linux)), "utf-8")
    (tmp_path / "broken.yml").write_text("a: [", "utf-8")
    areas = coverage([tmp_path], load_rules([tmp_path], own=False))
    counted = [(area.name, area.running, area.written) for area in areas]
    assert counted == [("others", 0, 1), ("webserver", 1, 1), ("windows", 1, 2)]
    assert "windows        1 refused: Unknown modifier 'almost'" in table(areas)


@pytest.mark.evidence
@pytest.mark.skipif(not SIGMA.exists(), reason="the shared rules are not beside this checkout")
def test_sigmahq_runs_or_says_truly_why_not(sigmahq: RuleSet) -> None:
    areas = {area.name: area for area in coverage([SIGMA], sigmahq)}
    assert areas["windows"].running >= 0.98 * areas["windows"].written
    for name in ("webserver", "proxy", "dns", "firewall"):
        assert areas[name].running == areas[name].written, areas[name].reasons
    for name in ("windows", "zeek"):
        left = [r for r in areas[name].reasons if not any(text in r for text in ABSENT[name])]
        assert [reason for reason in left if "placeholder %known_cdcs% has no value" not in reason] == []
        assert sum(areas[name].reasons.values()) == areas[name].written - areas[name].running
