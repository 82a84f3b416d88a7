"""Whether the evidence of a case was what was registered when it was last hashed; where it was not, nothing is concluded from it."""

from __future__ import annotations

from cases.case import Case
from cases.errors import CaseError

READ, CHANGED = "evidence-read", "evidence-changed"  # the acts in custody that tell how hashing again came out
NAMED = 3  # changed files named in a message; custody and the case's problems name all


class EvidenceChanged(CaseError):
    """Files of the evidence do not have the hashes that they were registered with."""


def require_unchanged(case: Case) -> None:
    """Raise EvidenceChanged where the last hashing found files that are not what was registered."""
    if changed := changed_evidence(case):
        raise EvidenceChanged(changed)


def changed_evidence(case: Case) -> str:
    """Why nothing may be concluded now, in one line; empty where the last hashing came out right, or there was none."""
    last = next((entry.act for entry in reversed(case.custody.legible()) if entry.act.action in (READ, CHANGED)), None)
    if last is None or last.action != CHANGED:
        return ""
    held = last.options.get("changed")
    return stopped([str(name) for name in held] if isinstance(held, list) else [])


def stopped(changed: list[str]) -> str:
    """Why the work stops, and what lets it go on."""
    named = ", ".join(changed[:NAMED]) + (f" and {len(changed) - NAMED} more" if len(changed) > NAMED else "")
    return (
        f"stopped: the evidence is not what was registered ({named or 'see custody'}); no rules are run and no summary is written; "
        "restore it from the acquisition copy, then `athar ingest` hashes it again"
    )
