"""The record of what the examiner decided on findings, and the findings as they stand under it. No finding is altered.

Decisions are kept by finding id, so that they outlive a new run of the rules; `orphans` are those whose finding is gone.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from cases import durable
from cases import findings as kept
from cases.case import Case
from cases.errors import CaseError
from cases.examiner import WORDS, Action, Decision, Review
from cases.notebook import Notebook, texts_of
from timelines.findings import Finding

FILE = "findings/reviews.jsonl"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A finding as it was made, and what the examiner did with it."""

    finding: Finding
    review: Review


@dataclass(frozen=True, slots=True)
class Reviews:
    """Every finding in order, those that the examiner added last; and decisions on findings that there are no more."""

    findings: tuple[Reviewed, ...]
    orphans: tuple[Decision, ...]

    def find(self, wanted: str) -> Reviewed:
        """The finding whose id begins with `wanted`. Raises CaseError, with the nearest id, when there is none or more than one."""
        found = [one for one in self.findings if one.finding.finding_id.lower().startswith(wanted.lower())]
        if wanted and len(found) == 1:
            return found[0]
        if wanted and found:
            ids = ", ".join(one.finding.finding_id for one in found[:5])
            raise CaseError(f"more than one finding begins with {wanted!r}: {ids}; give more of the id")
        near = difflib.get_close_matches(wanted, [one.finding.finding_id for one in self.findings], 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise CaseError(f"no finding {wanted!r} in this case; {hint}athar findings CASE lists them")


def notebook(case: Case) -> Notebook:
    return Notebook(case, FILE)


def reviews(case: Case) -> Reviews:
    """The findings of a case under their reviews. Raises CaseError for a record that was altered beyond reading."""
    made = kept.load_findings(case.findings_folder)
    decisions: dict[str, list[Decision]] = {}
    known = {finding.finding_id: finding for finding in made}
    for number, record in enumerate(notebook(case).records(), 1):
        decision, added = _read(record, f"{FILE}: line {number}")
        if added is not None and added.finding_id not in known:
            known[added.finding_id] = added
            made.append(added)
        seen = known.get(decision.finding)
        changed = seen is not None and record.get("seen") != digest(seen)
        decisions.setdefault(decision.finding, []).append(replace(decision, changed=changed))
    folded = {key: _fold(decisions.get(key, ()), known) for key in known}
    held: dict[str, list[str]] = {}
    for key, review in folded.items():
        if review.into:
            held.setdefault(review.into, []).append(key)
    whole = tuple(Reviewed(f, replace(folded[f.finding_id], merged=tuple(held.get(f.finding_id, ())))) for f in made)
    orphans = tuple(d for key, taken in decisions.items() if key not in known for d in taken)
    return Reviews(whole, orphans)


def digest(finding: Finding) -> str:
    """The SHA-256 of what a decision on a finding rests on: its rule, importance, grade and rows."""
    seen = {name: getattr(finding, name) for name in ("rule_id", "title", "level", "grade", "rows")}
    return hashlib.sha256(durable.canonical(seen)).hexdigest()


def _fold(taken: Sequence[Decision], known: Mapping[str, Finding]) -> Review:
    """The decisions on one finding, in order: the last on its fate holds, of words the last on each."""
    review = Review(decisions=tuple(taken))
    texts: dict[str, dict[str, str]] = {}
    for decision in taken:
        if decision.words:
            texts.setdefault(decision.lang, {}).update(decision.words)
        if decision.action == "add":
            review = replace(review, state="added")
        elif decision.action == "accept":
            review = replace(review, state="accepted", into="")
        elif decision.action == "reject":
            review = replace(review, state="rejected", into="")
        elif decision.action == "merge" and decision.into in known:
            review = replace(review, state="merged", into=decision.into)
    return replace(review, texts=texts)


def _read(record: Mapping[str, Any], where: str) -> tuple[Decision, Finding | None]:
    """One line as a decision, and the finding that it adds."""
    texts = texts_of(record, ("finding", "action", "who", "time", "why"), where)
    action: Action | None = next((known for known in get_args(Action) if known == texts["action"]), None)
    words, lang, into = record.get("words", {}), record.get("lang", ""), record.get("into", "")
    plain = isinstance(words, dict) and all(n in WORDS and isinstance(text, str) for n, text in words.items())
    if action is None or not plain or not isinstance(lang, str) or not isinstance(into, str):
        raise CaseError(f"{where}: not a decision on a finding (edited or damaged); run `athar verify`")
    added = kept.finding_of(record.get("added"), where) if action == "add" else None
    said = (texts["who"], texts["time"], texts["why"])
    return Decision(texts["finding"], action, *said, words=words, lang=lang, into=into), added
