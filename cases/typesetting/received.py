"""The mandate, what was received, who held it, and how it was worked on: sections 2 to 5."""

from __future__ import annotations

from cases import phrases
from cases.summary import ExhibitSheet, Summary
from cases.typesetting.blocks import CONTENTS, Block, Cell, box, facts, head, items, para, section, table
from cases.typesetting.pen import Pen
from cases.typesetting.runs import Run, Runs, number, plain, styled, token

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


def _mandate(summary: Summary, pen: Pen) -> list[Block]:
    case, word = summary.case, pen.word
    names = ("title", "number", "request_number", "authority", "requester", "legal_basis", "laboratory", "examiner")
    rows = [(word(f"case.{name}"), [pen.given(getattr(case, name))]) for name in names]
    rows.append((word("case.zone"), [token(case.zone) if case.zone else pen.absent()]))
    asked = [para(styled("bold", number(q.id)), " ", plain(q.said(pen.language.code))) for q in case.questions]
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
    rows: list[tuple[Run, Cell]] = [
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
    if sheet.code_page is not None:
        rows.append((word("exhibit.code_page"), [token(str(sheet.code_page))]))
    rows += _formats(sheet, pen)
    agreement: Run = word(f"exhibit.{sheet.agreement}")
    rows += [
        (word("exhibit.supplied"), [pen.hash(sheet.supplied_sha256)]),
        (word("exhibit.computed_folder" if sheet.is_folder else "exhibit.computed"), [pen.hash(sheet.sha256)]),
        (word("exhibit.agreement"), [styled("warn", agreement) if sheet.agreement == "different" else agreement]),
    ]
    return [head(styled("fno", number(sheet.number)), " ", plain(sheet.name)), facts(rows)]


def _formats(sheet: ExhibitSheet, pen: Pen) -> list[tuple[Run, Cell]]:
    """The layouts given for the lines of its logs, and the formats that they were read by."""
    rows: list[tuple[Run, Cell]] = []
    if sheet.layouts:
        rows.append((pen.word("exhibit.layouts"), [para(token(layout)) for layout in sheet.layouts]))
    if sheet.formats:
        lines = [
            para(*pen.say("exhibit.format_lines", name=[token(f.name)], n=f.rows, loose=f.loose)) for f in sheet.formats
        ]
        rows.append((pen.word("exhibit.formats"), [*lines]))
    return rows


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
    return [*blocks, para(word("custody.reach"), style="small"), *_hand_overs(summary, pen), *_issue(summary, pen)]


def _hand_overs(summary: Summary, pen: Pen) -> list[Block]:
    word = pen.word
    blocks = [head(word("hand_over.title"))]
    if not summary.custody.hand_overs:
        blocks.append(para(word("hand_over.none")))
    for over in summary.custody.hand_overs:
        agreement: Run = word(f"hand_over.{over.agreement}")
        rows: list[tuple[Run, Runs]] = [
            (word("term.exhibit"), [number(over.exhibit)]),
            (word("finding.when"), pen.stamp(over.when)),
            (word("hand_over.giver"), [pen.given(over.giver)]),
            (word("hand_over.receiver"), [pen.given(over.receiver)]),
            (word("exhibit.seal"), [pen.given(over.seal)]),
            (word("hand_over.recorded"), pen.say("opinion.by", who=[plain(over.who)], time=over.time)),
            (word("hand_over.giver_hash"), [pen.hash(over.giver_sha256)]),
            (word("hand_over.receiver_hash"), [pen.hash(over.receiver_sha256)]),
            (word("hand_over.computed"), [pen.hash(over.computed)]),
            (word("exhibit.agreement"), [styled("warn", agreement) if over.agreement == "different" else agreement]),
        ]
        blocks.append(facts(rows))
    return blocks


def _issue(summary: Summary, pen: Pen) -> list[Block]:
    issue, word = summary.issue, pen.word
    first: Run = word("issue.first") if issue.version == 1 else pen.absent()
    rows: list[tuple[Run, Runs]] = [
        (word("issue.version"), [pen.count(issue.version)]),
        (word("issue.reason"), [plain(issue.reason) if issue.reason else first]),
        (word("issue.predecessor"), [pen.hash(issue.predecessor) if issue.predecessor else word("common.none")]),
    ]
    return [head(word("issue.title")), facts(rows)]


def _method(summary: Summary, pen: Pen) -> list[Block]:
    word, ran = pen.word, summary.rules.ran
    grades: list[list[Cell]] = [[[pen.grade(grade)], [word(f"criterion.{grade}")]] for grade in GRADES]
    fates = [(word(f"fate.{fate}"), [pen.count(n)]) for fate, n in summary.rules.counts.items()]
    return [
        section("method", word("section.method")),
        para(word("method.intro")),
        items([[para(word(f"method.step_{step}"))] for step in STEPS], ordered=True),
        *(para(*pen.phrase(phrase)) for phrase in phrases.contacts(summary)),
        head(word("method.grades")),
        table(["4cm", "1fr"], [word("method.grade"), word("method.criterion")], grades),
        para(word("method.levels")),
        head(word("method.rules")),
        facts(fates, columns=2) if ran else para(word("annex.no_rules")),
    ]
