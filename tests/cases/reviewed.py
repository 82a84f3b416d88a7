"""The hand-made summary after an examiner worked on it: decisions of every kind, notes and answers, hand-overs, a second issue."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

from cases import summary as tree

WHEN = "2026-03-06T09:00:00Z"


def decision(finding: str, action: str, why: str, **more: object) -> tree.Decision:
    return tree.Decision(finding, action, "Analyst One", WHEN, why, **more)  # type: ignore[arg-type]


def summary(synthetic: ModuleType, shown: str) -> tree.Summary:
    """`shown` stands wherever the examiner may put text."""
    whole: tree.Summary = synthetic.summary("plain evidence")
    first, second, third = whole.inferences
    said = {"title": "T", "shows": "S", "does_not_show": "N", "alternatives": "A", "would_change": "W"}
    words = {name: f"{mark} {shown}" for name, mark in said.items()}
    edits = (
        decision(first.finding_id, "edit", shown, words=words),
        decision(first.finding_id, "accept", shown, changed=True),
    )
    told = replace(first, review=tree.Review("accepted", edits, {"": words}, merged=(second.finding_id,)))
    joined = decision(second.finding_id, "merge", shown, into=first.finding_id)
    aside = (
        replace(second, review=tree.Review("merged", (joined,), into=first.finding_id)),
        replace(third, review=tree.Review("rejected", (decision(third.finding_id, "reject", shown),))),
    )
    own = replace(
        second,
        number="C-04",
        finding_id="F-9999999999",
        kind="human",
        rule_id="examiner",
        title=shown,
        description="",
        falsepositives=(),
        why=shown,
        review=tree.Review("added", (decision("F-9999999999", "add", shown),), {"fr": {"title": f"T {shown}"}}),
    )
    over = tree.HandOver("E002", shown, shown, shown, WHEN, "a" * 64, None, "d" * 64, "different", WHEN, shown)
    opinions = (
        tree.Opinion(shown, WHEN, "Perhaps.", question="Q1", role="answer"),
        tree.Opinion(shown, WHEN, f"Yes. {shown}", question="Q1", role="answer"),
        tree.Opinion("Analyst One", WHEN, f"First paragraph.\n\nSecond: {shown}", finding=third.finding_id),
        tree.Opinion("Analyst One", WHEN, "On the whole."),
    )
    return replace(
        whole,
        inferences=(told, own),
        set_aside=aside,
        orphans=(decision("F-8888888888", "reject", shown),),
        opinions=opinions,
        custody=replace(whole.custody, hand_overs=(over,)),
        issue=tree.Issue(2, shown, "e" * 64),
    )
