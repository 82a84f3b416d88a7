"""What tests of rules, matches and sentences share."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from tests.made_once import made_once
from timelines.detection import RuleSet, load_rules
from timelines.detection import load as loading

SIGMA = Path(__file__).resolve().parents[3] / "shared" / "rules" / "sigma"


@pytest.fixture(scope="session")
def sigmahq(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    """All of SigmaHQ's rules as our engine has them. To load them takes some seconds: it is done once a run."""
    rules: RuleSet = pickle.loads((made_once(tmp_path_factory, "sigmahq", _load) / "rules").read_bytes())
    return rules


@pytest.fixture(scope="session")
def sigmahq_parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The same as pySigma read them, by id."""
    parsed: dict[str, Any] = pickle.loads((made_once(tmp_path_factory, "sigmahq", _load) / "parsed").read_bytes())
    return parsed


def _load(folder: Path) -> None:
    parsed: dict[str, Any] = {}
    original = loading._compile

    def kept(rule: Any, *more: Any) -> Any:
        made = original(rule, *more)
        parsed[made.about.rule_id] = rule
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "_compile", kept)
        rules = load_rules([SIGMA], own=False)
    folder.mkdir()
    (folder / "rules").write_bytes(pickle.dumps(rules))
    (folder / "parsed").write_bytes(pickle.dumps(parsed))
