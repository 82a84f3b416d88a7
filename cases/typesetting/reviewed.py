"""What the examiner did with findings, beside what rules infer and never mixed with it: words, decisions, findings set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from cases.examiner import Decision, Opinion
from cases.summary import Inference, Summary
from cases.typesetting.blocks import Block, head, items, para
from cases.typesetting.pen import Pen
from cases.typesetting.runs import Run, Runs, link, number, plain, styled, token


def numbers(summary: Summary) -> dict[str, str]:
    """The number (C-01 …) of each finding of the summary by its lasting identifier."""
    return {found.finding_id: found.number for found in (*summary.inferences, *summary.set_aside)}


def jump(shown: str) -> Run:
    """The number of a finding, as a link to it."""
    return link(f"finding:{shown}", styled("fno", number(shown)))


def mine(pen: Pen) -> Run:
    return styled("soft", "(", pen.word("review.own"), ")")


def stated(found: Inference, name: str, pen: Pen, otherwise: Sequence[Block]) -> list[Block]:
    """What is said of a finding under `name`: the examiner's words, and those of the rule's author beside them.

    `otherwise` stands where the author said nothing in this language.
    """
    own = found.review.words(pen.language.code).get(name)
    theirs = found.texts.get(pen.language.code, {}).get(name)
    blocks = [para(*pen.said(theirs))] if theirs else list(otherwise)
    if not own:
        return blocks
    original = [para(styled("label", pen.word("review.original"))), *blocks] if blocks else []
    return [*(para(plain(line)) for line in own.splitlines() if line.strip()), para(mine(pen)), *original]


def decisions(made: Sequence[Decision], summary: Summary, pen: Pen) -> Block:
    known = numbers(summary)
    return items([_decision(decision, known, pen) for decision in made])


def _decision(decision: Decision, known: Mapping[str, str], pen: Pen) -> list[Block]:
    told: Runs = [styled("bold", pen.word(f"decision.{decision.action}"))]
    if decision.into:
        told += [" ", *pen.say("review.into", number=known.get(decision.into, decision.into))]
    told += [" ", styled("small", *by(decision, pen))]
    blocks = [para(*told), *(para(plain(line)) for line in decision.why.splitlines() if line.strip())]
    return [*blocks, para(styled("warn", pen.word("review.changed")))] if decision.changed else blocks


def by(said: Decision | Opinion, pen: Pen) -> Runs:
    """Who said it, and when."""
    return pen.say("opinion.by", who=[plain(said.who)], time=said.time)


def history(found: Inference, summary: Summary, pen: Pen) -> list[Block]:
    """The decisions on a finding, and the findings that were joined to it."""
    blocks: list[Block] = []
    if found.review.decisions:
        blocks += [head(pen.word("review.history"), level=3), decisions(found.review.decisions, summary, pen)]
    if found.review.merged:
        known = numbers(summary)
        joined = pen.joined([[jump(known[key]) if key in known else token(key)] for key in found.review.merged])
        blocks += [head(pen.word("review.merged_here"), level=3), para(*joined)]
    return blocks


def set_aside(summary: Summary, pen: Pen) -> list[Block]:
    """Findings that the examiner rejected or joined to others, and decisions on findings that are no longer made."""
    blocks: list[Block] = []
    if summary.set_aside:
        blocks += [head(pen.word("review.set_aside")), para(pen.word("review.set_aside_is"), style="small")]
    for found in summary.set_aside:
        level = pen.known("level", found.level)
        shown = styled("fno", number(found.number))
        blocks.append(head(shown, " ", *pen.title(found), level=3, label=f"finding:{found.number}"))
        when, rows = pen.when(found.first, found.last), pen.say("review.rows", n=found.rows)
        facts: Runs = [pen.grade(found.grade), " · ", level, " · ", *when, " · ", *rows, " · ", token(found.finding_id)]
        blocks += [para(*facts, style="small"), decisions(found.review.decisions, summary, pen)]
    if summary.orphans:
        blocks.append(head(pen.word("review.orphans")))
    for key, made in groupby(sorted(summary.orphans, key=lambda o: o.finding), key=lambda o: o.finding):
        blocks += [para(token(key), style="small"), decisions(list(made), summary, pen)]
    return blocks
