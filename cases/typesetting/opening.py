"""The first page, in plain words: no name of a rule, no word of the trade."""

from __future__ import annotations

from cases import phrases
from cases.phrases import MainFinding
from cases.summary import Inference, Summary
from cases.typesetting.blocks import Block, facts, head, items, pair, para, section
from cases.typesetting.draft import notice
from cases.typesetting.pen import Pen
from cases.typesetting.redactions import redacted_copy
from cases.typesetting.reviewed import by, jump, mine
from cases.typesetting.runs import Run, Runs, number, plain, styled, token

ALIKE = 8  # finding numbers named on the first page beside the one that stands for them


def first_page(summary: Summary, pen: Pen) -> list[Block]:
    """Section 1: what was asked, received, found; whether the evidence is whole; what limits all that."""
    case, word = summary.case, pen.word
    note = [word("title.annex_note")]
    if pen.language.code != "en":
        note += [" ", word("title.jurist")]
    whole: Runs = []
    for phrase in phrases.integrity(summary):
        whole += [*([" "] if whole else []), *pen.phrase(phrase)]
    return [
        *([para(plain(case.title), style="title")] if case.title else []),
        para(*note, style="soft"),
        *notice(summary, pen),
        *redacted_copy(summary, pen),
        section("summary", word("section.summary")),
        facts(
            [
                (word("case.number"), [pen.given(case.number)]),
                (word("case.request_number"), [pen.given(case.request_number)]),
                (word("title.date"), [number(summary.date)]),
                (word("case.authority"), [pen.given(case.authority)]),
                (word("case.requester"), [pen.given(case.requester)]),
                (word("case.examiner"), [pen.given(case.examiner)]),
                (word("issue.version"), [pen.count(summary.issue.version)]),
            ],
            columns=4,
        ),
        *_asked(summary, pen),
        head(word("case.received")),
        facts(_received(summary, pen), columns=4),
        *_period(summary, pen),
        *_main(summary, pen),
        pair(
            [head(word("first.integrity")), para(*whole)],
            [head(word("first.main_limit")), para(*pen.phrase(phrases.main_limit(summary)))],
            warning=bool(summary.custody.faults) or summary.custody.evidence == "changed",
        ),
    ]


def _received(summary: Summary, pen: Pen) -> list[tuple[Run, Runs]]:
    rows: list[tuple[Run, Runs]] = [
        (pen.word("case.exhibits"), [pen.count(len(summary.exhibits))]),
        (pen.word("case.files"), [pen.count(sum(summary.counts.files.values()))]),
        (pen.word("case.rows"), [pen.count(summary.counts.rows)]),
        (pen.word("case.size"), pen.size(sum(sheet.size for sheet in summary.exhibits))),
    ]
    return rows


def _period(summary: Summary, pen: Pen) -> list[Block]:
    families = summary.counts.families
    first = min((f.first for f in families if f.first is not None), default=None)
    last = max((f.last for f in families if f.last is not None), default=None)
    if first is None:
        return []
    return [para(styled("soft", pen.word("case.period")), " ", *pen.when(first, last))]


def _asked(summary: Summary, pen: Pen) -> list[Block]:
    blocks = [head(pen.word("first.asked"))]
    if not summary.case.questions:
        return [*blocks, para(styled("absent", pen.word("first.no_questions")))]
    for question in summary.case.questions:
        told: Runs = [styled("absent", pen.word("first.no_answer"))]
        if held := phrases.answer(summary, question.id):
            told = [
                styled("label", pen.word("first.answer")),
                " ",
                plain(held.text),
                " ",
                styled("soft", *by(held, pen)),
            ]
        blocks.append(
            para(styled("bold", number(question.id)), " ", plain(question.said(pen.language.code)), " ", *told)
        )
    return blocks


def _main(summary: Summary, pen: Pen) -> list[Block]:
    blocks = [head(pen.word("first.main"))]
    if missing := phrases.missing(summary):
        return [*blocks, para(*pen.phrase(missing))]
    main = phrases.main_findings(summary)
    blocks.append(items([_entry(entry, pen) for entry in main]))
    others = len(summary.inferences) - sum(1 + len(entry.alike) for entry in main)
    more: Runs = [" ", *pen.say("first.others", n=others), "."] if others else []
    if summary.set_aside:
        more += [" ", *pen.say("first.set_aside", n=len(summary.set_aside))]
    return [*blocks, para(pen.word("finding.not_person"), *more, style="small")]


def _entry(entry: MainFinding, pen: Pen) -> list[Block]:
    found = entry.found
    where: Runs = []
    if entry.hosts:
        where = [" · ", pen.word("entity.hosts"), " ", *pen.joined([[token(name)] for name in entry.hosts[:3]])]
        if len(entry.hosts) > 3:
            where += [" ", *pen.say("common.and_more", n=len(entry.hosts) - 3)]
    own = found.review.words(pen.language.code)
    standing: Runs = [" · ", pen.word(f"state.{found.review.state}")] if found.review.decided else []
    blocks = [
        para(
            jump(found.number),
            " ",
            styled("bold", *pen.title(found, own=False)),
            *([" ", mine(pen)] if own.get("title") else []),
        ),
        para(pen.grade(found.grade), " · ", *pen.when(*entry.span), *where, *standing, style="small"),
        para(
            styled("label", pen.word("finding.does_not_show")),
            " ",
            *_not_shown(found, pen),
            style="small",
        ),
    ]
    if entry.alike:
        numbers = pen.joined([[jump(other.number)] for other in entry.alike[:ALIKE]])
        rest = len(entry.alike) - ALIKE
        more = [" ", *pen.say("common.and_more", n=rest)] if rest > 0 else []
        blocks.append(para(*pen.say("first.alike", numbers=numbers), *more, style="small"))
    return blocks


def _not_shown(found: Inference, pen: Pen) -> Runs:
    """What a finding does not show: in the examiner's words, in the rule author's, or what holds for any."""
    if own := found.review.words(pen.language.code).get("does_not_show"):
        return [plain(own), " ", mine(pen)]
    theirs = found.texts.get(pen.language.code, {}).get("does_not_show")
    return pen.said(theirs) if theirs else [pen.word("finding.not_person")]
