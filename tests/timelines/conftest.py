"""What tests of rules, matches and sentences share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from timelines.detection import RuleSet, load_rules
from timelines.detection import load as loading

SIGMA = Path(__file__).resolve().parents[3] / "shared" / "rules" / "sigma"


@pytest.fixture(scope="session")
def sigmahq() -> tuple[RuleSet, dict[str, Any]]:
    """All of SigmaHQ's rules as our engine has them, and as pySigma read them, by id. To load them takes some seconds."""
    parsed: dict[str, Any] = {}
    original = loading._compile

    def kept(rule: Any, *more: Any) -> Any:
        made = original(rule, *more)
        parsed[made.about.rule_id] = rule
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "_compile", kept)
        return load_rules([SIGMA], own=False), parsed
