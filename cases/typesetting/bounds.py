"""What was looked for and not found, what could not be seen, who answers for it, and what words mean: sections 9 to 12."""

from __future__ import annotations

from collections.abc import Callable

from cases import phrases
from cases.summary import FileLine, Summary
from cases.typesetting.blocks import Block, Cell, facts, head, items, para, section, table
from cases.typesetting.found import family
from cases.typesetting.pen import Pen
from cases.typesetting.reviewed import jump
from cases.typesetting.runs import Runs, plain, styled, token

LISTED = 300  # files listed in a table of section 10
PROBLEMS = 60  # problems quoted on paper; the JSON twin quotes more, the case holds all
TERMS = ("exhibit", "hash", "record", "offset", "utc", "rule", "finding", "custody", "timeline")


def bounds(summary: Summary, pen: Pen) -> list[Block]:
    return [
        *_negative(summary, pen),
        *_limits(summary, pen),
        *_problems(summary, pen),
        *_statement(summary, pen),
        section("glossary", pen.word("section.glossary")),
        facts([(pen.word(f"term.{term}"), [pen.word(f"term.{term}_is")]) for term in TERMS]),
    ]


def _negative(summary: Summary, pen: Pen) -> list[Block]:
    rules, word = summary.rules, pen.word
    blocks = [section("negative", word("section.negative"))]
    if not rules.ran:
        blocks.append(para(word("negative.not_run")))
    if rules.ran and rules.silences:
        rows = [
            [
                family(q.family, pen),
                [pen.count(q.rules)],
                [pen.count(q.rows)],
                [pen.second(q.first)],
                [pen.second(q.last)],
            ]
            for q in rules.silences
        ]
        heads = [
            word("negative.family"),
            word("negative.rules"),
            word("negative.rows"),
            word("chart.first"),
            word("chart.last"),
        ]
        blocks += [
            para(word("negative.intro"), style="lead"),
            table(["1fr", "2cm n", "2.4cm n", "3.6cm", "3.6cm"], heads, rows),
        ]
    if rules.ran and rules.counts["no-data"]:
        blocks.append(para(*pen.say("negative.blind", n=rules.counts["no-data"])))
    if rules.ran and rules.counts["refused"]:
        blocks.append(para(*pen.say("negative.refused", n=rules.counts["refused"])))
    if rules.ran and rules.counts.get("excluded"):
        blocks.append(para(*pen.say("negative.excluded", n=rules.counts["excluded"])))
    if rules.ran and rules.suppressed:
        blocks.append(para(*pen.say("negative.suppressed", n=rules.suppressed)))
    return [*blocks, *_unseen(summary, pen), para(word("negative.bounded"))]


def _unseen(summary: Summary, pen: Pen) -> list[Block]:
    """What rules asked of a machine and was not there, so that silence is not taken for absence."""
    blind, word = summary.rules.blind, pen.word
    if not summary.rules.ran or not blind:
        return []
    rows: list[list[Cell]] = []
    for machine in blind[:LISTED]:
        more = machine.kinds - len(machine.logsources)
        kinds = ", ".join(machine.logsources) + (f" +{more:,}" if more else "")
        name = [token(machine.host)] if machine.host else [word("negative.whole_case")]
        rows.append([name, [pen.count(machine.rules)], [token(kinds)]])
    heads = [word("negative.machine"), word("negative.unseen_rules"), word("negative.unseen_kinds")]
    return [
        para(word("negative.unseen"), style="lead"),
        table(["4.5cm", "2.4cm n", "1fr"], heads, rows),
        *_rest(len(blind), LISTED, pen),
    ]


def _limits(summary: Summary, pen: Pen) -> list[Block]:
    word = pen.word
    always = ("limit.general", "limits.person", "limits.machine", "limits.tested")
    fates: list[list[Runs]] = [[[word(f"bytes.{kind}")], pen.size(n)] for kind, n in summary.counts.bytes.items()]
    blocks = [
        section("limits", word("section.limits")),
        items([[para(word(key))] for key in always]),
        head(word("bytes.title")),
        table(["1fr", "6cm n"], [word("bytes.fate"), word("exhibit.size")], fates),
        para(word("bytes.adds_up"), style="small"),
        *_unread(summary, pen),
        *_damage(summary, pen),
        *_zones(summary, pen),
        head(word("limits.skew")),
    ]
    given = any(sheet.clock_offset_s is not None for sheet in summary.exhibits)
    blocks.append(para(word("limits.skew_given" if given else "limits.skew_none")))
    blocks += _logs(summary, pen)
    if summary.limits.flags:
        flags = [
            [[pen.known("flag", flag), " ", styled("tiny", token(flag))], [pen.count(n)]]
            for flag, n in summary.limits.flags.items()
        ]
        blocks += [
            head(word("limits.flags")),
            table(["1fr", "4cm n"], [word("limits.flag"), word("limits.rows")], flags),
        ]
    return blocks


def _lines(summary: Summary, chosen: Callable[[FileLine], bool]) -> list[tuple[str, FileLine]]:
    return [(sheet.number, line) for sheet in summary.exhibits for line in sheet.entries if chosen(line)]


def _file(exhibit: str, file: str) -> Runs:
    return [token(f"{exhibit}/{file}")]


def _rest(total: int, shown: int, pen: Pen) -> list[Block]:
    return [para(*pen.say("common.more", n=total - shown), style="small")] if total > shown else []


def _unread(summary: Summary, pen: Pen) -> list[Block]:
    unread = _lines(summary, lambda line: line.status in ("unrecognised", "unreadable"))
    if not unread:
        return []
    rows: list[list[Cell]] = [
        [
            [*_file(exhibit, line.file), " ", styled("tiny", *pen.size(line.size))],
            [pen.word(f"status.{line.status}")],
            [plain(line.reason)],
        ]
        for exhibit, line in unread[:LISTED]
    ]
    heads = [pen.word("limits.file"), pen.word("limits.status"), pen.word("limits.reason")]
    return [
        head(pen.word("limits.unread")),
        table(["1fr", "3.2cm", "5cm"], heads, rows),
        *_rest(len(unread), LISTED, pen),
        *([para(*pen.phrase(hint))] if (hint := phrases.carvable(summary)) else []),
    ]


def _damage(summary: Summary, pen: Pen) -> list[Block]:
    damage = _lines(summary, lambda line: bool(line.damaged or line.unsupported))
    if not damage:
        return []
    rows = [
        [_file(exhibit, line.file), pen.size(line.damaged or 0), pen.size(line.unsupported or 0)]
        for exhibit, line in damage[:LISTED]
    ]
    heads = [pen.word("limits.file"), pen.word("bytes.damaged"), pen.word("bytes.unsupported")]
    return [
        head(pen.word("limits.damage")),
        table(["1fr", "4cm n", "4cm n"], heads, rows),
        *_rest(len(damage), LISTED, pen),
    ]


def _zones(summary: Summary, pen: Pen) -> list[Block]:
    zones = summary.limits.zones
    if not zones:
        return []
    rows: list[list[Cell]] = [
        [_file(z.exhibit, z.file), [pen.word(f"quality.{z.quality}")], [pen.count(z.rows)]] for z in zones[:LISTED]
    ]
    heads = [pen.word("limits.file"), pen.word("limits.quality"), pen.word("limits.rows")]
    return [
        head(pen.word("limits.zones")),
        table(["1fr", "5cm", "2.4cm n"], heads, rows),
        *_rest(len(zones), LISTED, pen),
    ]


def _logs(summary: Summary, pen: Pen) -> list[Block]:
    """Findings that speak of a log itself, each by its number."""
    rows: list[list[Cell]] = [
        [[jump(found.number)], pen.title(found), [pen.count(found.rows)]]
        for found in summary.inferences
        if found.number in summary.limits.logs
    ]
    if not rows:
        return []
    heads = [pen.word("limits.log_finding"), pen.word("limits.log_seen"), pen.word("limits.rows")]
    return [
        head(pen.word("limits.logs")),
        para(pen.word("limits.logs_note")),
        table(["2.4cm", "1fr", "2.4cm n"], heads, rows),
    ]


def _problems(summary: Summary, pen: Pen) -> list[Block]:
    quoted = summary.limits.problems[:PROBLEMS]
    if not quoted:
        return []
    rows = [[_file(p.exhibit, p.file), [pen.count(p.offset)], [pen.count(p.length)], [plain(p.reason)]] for p in quoted]
    heads = [pen.word("limits.file"), pen.word("record.offset"), pen.word("record.length"), pen.word("limits.reason")]
    return [
        head(*pen.say("limits.problems", n=summary.counts.problems)),
        para(pen.word("limits.excerpt"), style="lead"),
        table(["1fr", "2.2cm n", "2cm n", "6cm"], heads, rows),
        *_rest(summary.counts.problems, len(quoted), pen),
    ]


def _statement(summary: Summary, pen: Pen) -> list[Block]:
    word, examiner = pen.word, summary.case.examiner
    rows: list[tuple[str, Runs]] = [
        (word("statement.name"), [plain(examiner)] if examiner else []),
        (word("statement.date"), []),
        (word("statement.signature"), []),
    ]
    return [
        section("statement", word("section.statement")),
        para(word("statement.text"), style="kept"),
        {"b": "sign", "rows": [[label, value] for label, value in rows]},
    ]
