"""`docs/web-attacks.md` names every rule and analyzer of web logs, and none that does not exist."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from tests import quick_yaml
from timelines.analyzers import all_analyzers

from .conftest import SAMPLES

PAGE = (Path(__file__).parents[3] / "docs" / "web-attacks.md").read_text("utf-8")
NAMED = set(re.findall(r"`(\w+)`", PAGE.partition("| class |")[2].partition("\n## ")[0]))
RULES = Path(str(files("timelines") / "rules"))
WRITTEN = {path.stem: path for path in RULES.rglob("*.yml")}


def web_rules() -> set[str]:
    """Rules of web logs, and correlations over nothing else."""
    own = {path.stem for path in (RULES / "web").glob("*.yml")}
    over = {path.stem: quick_yaml.safe_load(path.read_text("utf-8")) for path in (RULES / "correlations").glob("*.yml")}
    for _ in over:  # correlations over correlations
        own |= {name for name, rule in over.items() if set(rule["correlation"]["rules"]) <= own}
    return own


def test_every_rule_of_web_logs_has_its_class() -> None:
    assert web_rules() - NAMED == set()


def test_every_analyzer_of_web_logs_has_its_class() -> None:
    assert {
        name for name, one in all_analyzers().items() if set(one.needs) <= {"web/access", "web/error"}
    } - NAMED == set()


def test_what_is_named_exists_and_is_proven() -> None:
    assert NAMED - set(WRITTEN) - set(all_analyzers()) == set()
    for name in NAMED & set(WRITTEN):
        samples = SAMPLES / WRITTEN[name].relative_to(RULES)
        told = quick_yaml.safe_load(samples.read_text("utf-8"))
        assert told["match"], name
        assert told["no_match"], name
    for name in NAMED & set(all_analyzers()):
        assert (SAMPLES.parents[1] / "analyzers" / f"test_{name}.py").exists()
