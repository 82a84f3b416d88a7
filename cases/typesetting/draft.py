"""Why a summary is a draft, told at its top: fields that nobody supplied, findings that do not say how far they go."""

from __future__ import annotations

from cases.summary import Summary
from cases.typesetting.blocks import Block, box, para
from cases.typesetting.pen import Pen
from cases.typesetting.runs import Runs, number, styled

NAMED = 8  # findings named as lacking their limits; the rest is counted


def notice(summary: Summary, pen: Pen) -> list[Block]:
    """A warning with what is missing; nothing where the summary is whole."""
    draft, code = summary.draft, pen.language.code
    if not draft.applies(code):
        return []
    told: Runs = [styled("warn", pen.word("draft.mark")), " ", pen.word("draft.is")]
    if draft.fields:
        names = pen.joined([[pen.word(f"case.{name}")] for name in draft.fields])
        told += [" ", *pen.say("draft.fields", names=names)]
    if lacking := draft.lacks(code):
        shown = pen.joined([[number(name)] for name in lacking[:NAMED]])
        rest = len(lacking) - NAMED
        more: Runs = [" ", *pen.say("common.and_more", n=rest)] if rest > 0 else []
        told += [" ", *pen.say("draft.limits", numbers=shown), *more]
    return [box([para(*told)], warning=True)]
