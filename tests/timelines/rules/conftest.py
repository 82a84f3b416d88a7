"""The samples of our own rules, and what the rules find in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from timelines.detection import RuleSet, detect, samples
from timelines.detection.samples import Row, rows_of, timeline_of

__all__ = ["SAMPLES", "Row", "findings_of", "rows_of", "samples_of", "timeline_of"]
SAMPLES = Path(__file__).parent / "samples"


def samples_of(name: str) -> Mapping[str, Any]:
    """The samples of a rule: `base`, and `match` and `no_match` with what each adds to it."""
    return samples.samples_of(SAMPLES / f"{name}.yml")


def findings_of(rows: Sequence[Row], rules: RuleSet, folder: Path) -> list[str]:
    """Rule ids that found something in these rows."""
    return [finding.rule_id for finding in detect(timeline_of(rows, folder), rules).findings]
