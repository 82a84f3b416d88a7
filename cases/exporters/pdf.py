"""The summary as one PDF for a court: PDF/A-2a and PDF/UA-1, A4, faces embedded, the same bytes anywhere.

How it is made stands in `cases.typesetting`; why, in docs/decisions/0012-pdf.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from cases.languages import Language
from cases.summary import Summary


@dataclass(frozen=True, slots=True)
class Pdf:
    """For printing and filing: in the order and words of the HTML twin, long lists cut and counted."""

    name: str = "pdf"
    suffix: str = ".pdf"

    def render(self, summary: Summary, language: Language) -> bytes:
        from cases.typesetting.press import pdf

        return pdf(summary, language)


EXPORTER = Pdf()
