"""Findings, timeline and opinion: sections 6 to 8."""

from __future__ import annotations

from collections.abc import Sequence

from cases import captions, phrases
from cases.summary import Inference, Opinion, Summary
from cases.typesetting import plate
from cases.typesetting.blocks import Block, figure, head, para, section, table
from cases.typesetting.card import opinion as quoted
from cases.typesetting.pen import Pen
from cases.typesetting.reviewed import jump, numbers, set_aside
from cases.typesetting.room import Place, placed
from cases.typesetting.runs import Runs, anchor, number, plain, styled, token


def found(summary: Summary, pen: Pen, places: Sequence[Place] | None = None) -> list[Block]:
    """`places`: how each finding is printed, where that is known already."""
    printed = placed(summary, pen) if places is None else places
    return [*_findings(summary, printed, pen), *_timeline(summary, pen), *_opinions(summary, pen)]


def _findings(summary: Summary, places: Sequence[Place], pen: Pen) -> list[Block]:
    blocks = [section("findings", pen.word("section.findings"))]
    if missing := phrases.missing(summary):
        blocks.append(para(*pen.phrase(missing)))
    if any(place.form == "whole" and place.found.chart for place in places):
        blocks.append(para(pen.word("chart.cited_is"), style="lead"))
    for place in places:
        blocks += place.blocks
    blocks += _lines([place for place in places if place.form == "line"], pen)
    blocks += _uncounted([place.found for place in places if place.form == "counted"], pen)
    return [*blocks, *set_aside(summary, pen)]


def _lines(places: Sequence[Place], pen: Pen) -> list[Block]:
    """Findings that are printed in a line each: paragraphs, which take half the memory of a table to set."""
    if not places:
        return []
    return [
        head(pen.word("finding.others")),
        para(*pen.say("finding.others_is", n=len(places)), style="lead"),
        *(_line(place, pen) for place in places),
    ]


def _line(place: Place, pen: Pen) -> Block:
    shown = place.found.number
    told = styled("tiny", *_told(place, pen))
    return para(styled("fno", number(shown)), " ", *pen.title(place.found), " · ", told, label=f"finding:{shown}")


def _told(place: Place, pen: Pen) -> Runs:
    """Grade, importance, begin and number of records of a finding, and which one has the same words."""
    found = place.found
    told: Runs = [pen.grade(found.grade), " · ", pen.known("level", found.level), " · ", *pen.when(found.first, None)]
    told += [" · ", *pen.say("review.rows", n=found.rows)]
    if found.review.decided:
        told += [" · ", pen.word(f"state.{found.review.state}")]
    return [*told, " · ", *pen.say("finding.same_words", number=[jump(place.before)])] if place.before else told


def _uncounted(rest: Sequence[Inference], pen: Pen) -> list[Block]:
    """How many findings there are beyond the lines; links to them lead here."""
    if not rest:
        return []
    anchors = [anchor(f"finding:{found.number}") for found in rest]
    return [para(*anchors, *pen.say("common.more", n=len(rest)), style="small")]


def _timeline(summary: Summary, pen: Pen) -> list[Block]:
    chart, word = summary.chart, pen.word
    blocks = [section("timeline", word("section.timeline"))]
    if chart is None:
        blocks.append(para(word("chart.no_time")))
    else:
        width = captions.bar_width(chart, pen.language)
        blocks.append(
            para(styled("label", word("chart.title")), " · ", *pen.say("chart.bar", width=[plain(width)]), style="lead")
        )
        blocks.append(figure(plate.svg(chart, pen.language), captions.alt(chart, pen.language)))
        beyond = (
            [" ", *pen.say("chart.beyond", before=chart.before, after=chart.after, timeless=chart.timeless)]
            if chart.before or chart.after or chart.timeless
            else []
        )
        blocks.append(para(word("chart.scale"), *beyond, style="small"))
    if summary.counts.families:
        rows = [
            [family(f.family, pen), [pen.count(f.rows)], [pen.second(f.first)], [pen.second(f.last)]]
            for f in summary.counts.families
        ]
        heads = [word(f"chart.{name}") for name in ("family", "rows", "first", "last")]
        blocks.append(table(["1fr", "2.4cm n", "3.6cm", "3.6cm"], heads, rows))
    return blocks


def family(name: str, pen: Pen) -> Runs:
    """A family of rows: its kind of source in words, its own name small."""
    return [pen.known("source", name.partition("/")[0]), " ", styled("tiny", token(name))]


def _opinions(summary: Summary, pen: Pen) -> list[Block]:
    known = numbers(summary)
    blocks = [section("opinion", pen.word("section.opinion"))]
    for opinion in summary.opinions:
        if opinion.question:
            blocks.append(para(styled("label", *_on_question(summary, opinion, pen))))
        elif opinion.finding:
            shown = known.get(opinion.finding, opinion.finding)
            blocks.append(para(styled("label", *pen.say("opinion.on_finding", id=shown))))
        blocks.append(quoted(opinion, pen))
    return blocks if summary.opinions else [*blocks, para(pen.word("opinion.none"))]


def _on_question(summary: Summary, opinion: Opinion, pen: Pen) -> Runs:
    told = pen.say("opinion.on_question", id=opinion.question or "")
    if opinion.role == "answer":
        told += [" · ", pen.word("first.answer")]
        if phrases.answer(summary, opinion.question or "") is not opinion:
            told += [" · ", pen.word("opinion.replaced")]
    return told
