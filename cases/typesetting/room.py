"""Room on paper for findings: the gravest are printed whole, words that were not said yet once, the others in a line each.

A page costs about 1.7 MB to set, and it is its text that fills it: a bound on the number of findings alone bounds nothing
(docs/decisions/0012-pdf.md). Of findings that fit, none is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cases import phrases
from cases.examiner import Review
from cases.summary import Inference, Summary
from cases.typesetting import card
from cases.typesetting.blocks import Block, length
from cases.typesetting.pen import Pen

ROOM = 230_000  # characters of section 6, about 120 pages
LINE = 150  # characters that a finding takes in one line, kept free for each
LINES = 1_000  # findings printed in one line each; those beyond are counted
WHOLE = 0.75  # share of what is left of the room for findings printed whole, as long as there are others

Form = Literal["whole", "brief", "line", "counted"]


@dataclass(frozen=True, slots=True)
class Place:
    """How one finding is printed: its `blocks` (none in one line), and the finding that says the same words before it."""

    found: Inference
    form: Form
    blocks: tuple[Block, ...] = ()
    before: str | None = None


def placed(summary: Summary, pen: Pen) -> list[Place]:
    """A place for each finding, in order. Those of the first page are printed whole; then new words and reviewed ones come first."""
    main = {entry.found.number for entry in phrases.main_findings(summary)}
    spare = ROOM - LINE * min(len(summary.inferences), LINES)
    left = int(spare * WHOLE)
    places: list[Place] = []
    said: dict[str, str] = {}
    full, lines = False, 0
    for found in summary.inferences:
        claims = card.claims(found, pen)
        words = repr(claims)
        before = said.get(words)
        blocks = card.whole(summary, found, pen) if not full or found.number in main else []
        size = length(blocks)
        if blocks and (found.number in main or size <= left):
            left -= size
            places.append(Place(found, "whole", tuple(blocks)))
            said.setdefault(words, found.number)
            continue
        if not full:
            full, left = True, left + spare - int(spare * WHOLE)
        if length(claims) <= left if before is None else found.review != Review():  # claims are a part of what is brief
            blocks = card.brief(summary, found, before, pen)
            size = length(blocks)
            if size <= left:
                left -= size
                places.append(Place(found, "brief", tuple(blocks), before))
                said.setdefault(words, found.number)
                continue
        lines += 1
        places.append(Place(found, "line" if lines <= LINES else "counted", before=before))
    return places
