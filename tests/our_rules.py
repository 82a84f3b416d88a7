"""The rules that come with Athar, loaded once a process for all tests that only look at them."""

from __future__ import annotations

from functools import cache

from timelines.detection import RuleSet, load_rules


@cache
def our_rules() -> RuleSet:
    """Never changed: a rule set is frozen."""
    return load_rules()
