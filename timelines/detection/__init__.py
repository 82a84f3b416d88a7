"""Detection: Sigma rules and correlations over the columns of the timeline.

`load_rules` reads rules, `detect` runs them over a timeline, `evaluate` runs them over one table.
"""

from __future__ import annotations

from timelines.detection.detect import Detection, detect
from timelines.detection.engine import Engine, evaluate
from timelines.detection.load import load_rules
from timelines.detection.rules import Correlation, Refused, Rule, RuleSet

__all__ = ["Correlation", "Detection", "Engine", "Refused", "Rule", "RuleSet", "detect", "evaluate", "load_rules"]
