"""When a summary is a draft: a field that the court needs was not supplied, or a finding does not say how far it goes."""

from __future__ import annotations

from collections.abc import Sequence

from cases.case import CaseInfo
from cases.examiner import LIMITS, REQUIRED, Draft
from cases.languages import codes
from cases.summary import Inference


def draft(info: CaseInfo, inferences: Sequence[Inference]) -> Draft:
    """What the summary of these findings still lacks, by language."""
    limits = {code: tuple(found.number for found in inferences if not _bounded(found, code)) for code in codes()}
    return Draft(
        fields=tuple(name for name in REQUIRED if not (getattr(info, name) or "").strip()),
        limits={code: numbers for code, numbers in limits.items() if numbers},
    )


def _bounded(found: Inference, code: str) -> bool:
    words = found.words(code)
    return all(words.get(name, "").strip() for name in LIMITS)
