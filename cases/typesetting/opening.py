"""The first page, in plain words, and what was received: sections 1 to 5."""

from __future__ import annotations

from cases import phrases
from cases.phrases import MainFinding
from cases.summary import ExhibitSheet, Summary
from cases.typesetting.blocks import CONTENTS, Block, Cell, box, facts, head, items, pair, para, section, table
from cases.typesetting.draft import notice
from cases.typesetting.pen import Pen
from cases.typesetting.runs import Run, Runs, link, number, plain, styled, token

ALIKE = 8  # finding numbers named on the first page beside the one that stands for them
STEPS = ("intake", "read", "time", "rules", "grade")
GRADES = ("corroborated", "supported", "indication", "inconclusive")


def received(summary: Summary, pen: Pen) -> list[Block]:
    """The table of contents and sections 2 to 5."""
    return [
        CONTENTS,
        *_mandate(summary, pen),
        *_exhibits(summary, pen),
        *_custody(summary, pen),
        *_method(summary, pen),
    ]


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
        section("summary", word("section.summary")),
        facts(
            [
                (word("case.number"), [pen.given(case.number)]),
                (word("case.request_number"), [pen.given(case.request_number)]),
                (word("title.date"), [number(summary.date)]),
                (word("case.authority"), [pen.given(case.authority)]),
                (word("case.requester"), [pen.given(case.requester)]),
                (word("case.examiner"), [pen.given(case.examiner)]),
            ],
            columns=3,
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
        answers = [plain(answer.text) for answer in phrases.opinions_on(summary, question=question.id)]
        answered: Runs = (
            [styled("label", pen.word("first.answer")), " ", *pen.joined([[answer] for answer in answers])]
            if answers
            else []
        )
        told = answered or [styled("absent", pen.word("first.no_answer"))]
        blocks.append(para(styled("bold", number(question.id)), " ", plain(question.text), " ", *told))
    return blocks


def _main(summary: Summary, pen: Pen) -> list[Block]:
    blocks = [head(pen.word("first.main"))]
    if missing := phrases.missing(summary):
        return [*blocks, para(*pen.phrase(missing))]
    main = phrases.main_findings(summary)
    blocks.append(items([_entry(entry, pen) for entry in main]))
    others = len(summary.inferences) - sum(1 + len(entry.alike) for entry in main)
    more: Runs = [" ", *pen.say("first.others", n=others), "."] if others else []
    return [*blocks, para(pen.word("finding.not_person"), *more, style="small")]


def _entry(entry: MainFinding, pen: Pen) -> list[Block]:
    found = entry.found
    where: Runs = []
    if entry.hosts:
        where = [" · ", pen.word("entity.hosts"), " ", *pen.joined([[token(name)] for name in entry.hosts[:3]])]
        if len(entry.hosts) > 3:
            where += [" ", *pen.say("common.and_more", n=len(entry.hosts) - 3)]
    not_shown = found.texts.get(pen.language.code, {}).get("does_not_show", "")
    blocks = [
        para(_number(found.number), " ", styled("bold", *pen.title(found, own=False))),
        para(pen.grade(found.grade), " · ", *pen.when(*entry.span), *where, style="small"),
        para(
            styled("label", pen.word("finding.does_not_show")),
            " ",
            *(pen.said(not_shown) if not_shown else [pen.word("finding.not_person")]),
            style="small",
        ),
    ]
    if entry.alike:
        numbers = pen.joined([[_number(other.number)] for other in entry.alike[:ALIKE]])
        rest = len(entry.alike) - ALIKE
        more = [" ", *pen.say("common.and_more", n=rest)] if rest > 0 else []
        blocks.append(para(*pen.say("first.alike", numbers=numbers), *more, style="small"))
    return blocks


def _number(shown: str) -> Run:
    return link(f"finding:{shown}", styled("fno", number(shown)))


def _mandate(summary: Summary, pen: Pen) -> list[Block]:
    case, word = summary.case, pen.word
    names = ("title", "number", "request_number", "authority", "requester", "legal_basis", "laboratory", "examiner")
    rows = [(word(f"case.{name}"), [pen.given(getattr(case, name))]) for name in names]
    rows.append((word("case.zone"), [token(case.zone) if case.zone else pen.absent()]))
    asked = [para(styled("bold", number(q.id)), " ", plain(q.text)) for q in case.questions]
    return [
        section("mandate", word("section.mandate")),
        facts(rows),
        head(word("case.questions")),
        *(asked or [para(styled("absent", word("first.no_questions")))]),
    ]


def _exhibits(summary: Summary, pen: Pen) -> list[Block]:
    blocks = [section("exhibits", pen.word("section.exhibits"))]
    for sheet in summary.exhibits:
        blocks += _exhibit(sheet, pen)
    if not summary.exhibits:
        blocks.append(para(pen.word("annex.no_files")))
    if any(sheet.is_folder for sheet in summary.exhibits):
        blocks.append(para(pen.word("exhibit.how_listed"), style="small"))
    return blocks


def _exhibit(sheet: ExhibitSheet, pen: Pen) -> list[Block]:
    word = pen.word
    rows: list[tuple[Run, Runs]] = [
        (word("exhibit.seal"), [pen.given(sheet.seal)]),
        (word("exhibit.kind"), [word("exhibit.kind_folder" if sheet.is_folder else "exhibit.kind_file")]),
        (word("exhibit.description"), [pen.given(sheet.description)]),
        (word("exhibit.added"), pen.stamp(sheet.added)),
        (word("exhibit.files"), [pen.count(sheet.files)]),
        (word("exhibit.size"), pen.size(sheet.size)),
        (word("exhibit.zone"), [token(sheet.zone) if sheet.zone else pen.absent()]),
    ]
    if sheet.clock_offset_s is None:
        rows.append((word("exhibit.clock_offset"), [pen.absent()]))
    else:
        rows.append((word("exhibit.clock_offset"), pen.say("time.seconds", n=f"{sheet.clock_offset_s:+g}")))
        rows.append((word("exhibit.clock_source"), [pen.given(sheet.clock_source)]))
    agreement: Run = word(f"exhibit.{sheet.agreement}")
    rows += [
        (word("exhibit.supplied"), [pen.hash(sheet.supplied_sha256)]),
        (word("exhibit.computed_folder" if sheet.is_folder else "exhibit.computed"), [pen.hash(sheet.sha256)]),
        (word("exhibit.agreement"), [styled("warn", agreement) if sheet.agreement == "different" else agreement]),
    ]
    return [head(styled("fno", number(sheet.number)), " ", plain(sheet.name)), facts(rows)]


def _custody(summary: Summary, pen: Pen) -> list[Block]:
    custody, word = summary.custody, pen.word
    blocks = [
        section("custody", word("section.custody")),
        para(word("custody.intro")),
        *(para(*pen.phrase(phrase)) for phrase in phrases.integrity(summary)),
        head(word("custody.head")),
    ]
    if custody.head:
        rows: list[tuple[Run, Runs]] = [
            (word("custody.entries"), [pen.count(custody.head.seq)]),
            (word("custody.hash"), [pen.hash(custody.head.hash)]),
        ]
        blocks += [facts(rows), para(word("custody.why_head"), style="small")]
    else:
        blocks.append(para(styled("warn", word("custody.head_none"))))
    if custody.faults:
        faults = [[para(*pen.say("custody.fault", n=fault.seq), ": ", token(fault.reason))] for fault in custody.faults]
        blocks.append(box([head(word("custody.faults")), items(faults)], warning=True))
    return [*blocks, para(word("custody.reach"), style="small")]


def _method(summary: Summary, pen: Pen) -> list[Block]:
    word, ran = pen.word, summary.rules.ran
    grades: list[list[Cell]] = [[[pen.grade(grade)], [word(f"criterion.{grade}")]] for grade in GRADES]
    fates = [(word(f"fate.{fate}"), [pen.count(n)]) for fate, n in summary.rules.counts.items()]
    return [
        section("method", word("section.method")),
        para(word("method.intro")),
        items([[para(word(f"method.step_{step}"))] for step in STEPS], ordered=True),
        head(word("method.grades")),
        table(["4cm", "1fr"], [word("method.grade"), word("method.criterion")], grades),
        para(word("method.levels")),
        head(word("method.rules")),
        facts(fates, columns=2) if ran else para(word("annex.no_rules")),
    ]
