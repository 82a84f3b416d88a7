"""Annexes A to F: files and hashes, custody journal, versions and rules, excerpts, redactions, how to verify."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from cases.summary import FileLine, Observation, Summary
from cases.typesetting.blocks import BREAK, Block, Cell, code, facts, head, length, para, section, table
from cases.typesetting.card import WITH, records
from cases.typesetting.pen import Pen
from cases.typesetting.redactions import redactions
from cases.typesetting.room import Place
from cases.typesetting.runs import ISOLATES, Runs, number, plain, styled, token

FILES = 1_000  # files listed in Annex A; the JSON twin lists all
RULES = 400  # rules listed in Annex C
JOURNAL = 1_000  # entries of Annex B: the last ones, up to the head
EXCERPTS = 60_000  # characters of records in Annex D, the gravest findings first
FATES = ("matched", "suppressed", "refused", "excluded", "silent", "no-data")  # in the order in which a reader asks
COMMANDS = (
    "sha256sum FILE                      # Linux\n"
    "shasum -a 256 FILE                  # macOS\n"
    "certutil -hashfile FILE SHA256      # Windows"
)


def annexes(summary: Summary, pen: Pen, places: Sequence[Place]) -> list[Block]:
    word = pen.word
    return [
        BREAK,
        *_files(summary, pen),
        *_journal(summary, pen),
        *_versions(summary, pen),
        *_excerpts(summary, places, pen),
        *redactions(summary, pen),
        section("annex_verification", word("section.annex_verification")),
        para(word("annex.verify_case")),
        code("athar verify CASE"),
        para(word("annex.verify_hash")),
        code(COMMANDS),
        para(word("annex.verify_record")),
        code("athar show CASE ROW_ID"),
        para(word("annex.verify_journal")),
    ]


def _files(summary: Summary, pen: Pen) -> list[Block]:
    blocks = [section("annex_files", pen.word("section.annex_files"))]
    left, total = FILES, sum(len(sheet.entries) for sheet in summary.exhibits)
    for sheet in summary.exhibits:
        listed = sheet.entries[:left]
        left -= len(listed)
        if listed:
            blocks.append(head(styled("fno", number(sheet.number)), " ", plain(sheet.name)))
            rows = [[_file(line), _fate(line, pen)] for line in listed]
            blocks.append(table(["1fr", "4.1cm"], [pen.word("limits.file"), pen.word("limits.status")], rows))
    if not total:
        blocks.append(para(pen.word("annex.no_files")))
    return [*blocks, *_rest(total, FILES, pen)]


def _file(line: FileLine) -> Cell:
    hashed = [para({"h": line.sha256}, style="tiny")] if line.sha256 else []
    return [para(token(line.file)), *hashed]


def _fate(line: FileLine, pen: Pen) -> Cell:
    parts: Runs = [pen.word(f"status.{line.status}")]
    if line.parser:
        parts += [" ", styled("tiny", token(line.parser))]
    blocks = [para(*parts)]
    if line.duplicate_of:
        blocks.append(para(*pen.say("annex.duplicate_of", file=[token(line.duplicate_of)]), style="tiny"))
    return [*blocks, para(*pen.size(line.size), style="tiny")]


def _rest(total: int, shown: int, pen: Pen) -> list[Block]:
    return [para(*pen.say("common.more", n=total - shown), style="small")] if total > shown else []


def _journal(summary: Summary, pen: Pen) -> list[Block]:
    lines = summary.custody.lines
    rows: list[list[Cell]] = [
        [
            [number(str(line.seq))],
            pen.stamp(line.time)[:1],
            [
                para(pen.known("action", line.action)),
                para(pen.word("custody.entry_hash"), " ", {"h": line.hash}, style="tiny"),
            ],
            [para(plain(line.who)), para(plain(f"{line.tool} {line.version}"), style="tiny")],
        ]
        for line in lines[-JOURNAL:]
    ]
    heads = [pen.word("custody.entry"), pen.word("custody.time"), pen.word("custody.action"), pen.word("custody.who")]
    return [
        section("annex_custody", pen.word("section.annex_custody")),
        *_rest(len(lines), JOURNAL, pen),
        table(["1cm n", "3.7cm", "1fr", "2.6cm"], heads, rows),
    ]


def _versions(summary: Summary, pen: Pen) -> list[Block]:
    word, tool, rules = pen.word, summary.tool, summary.rules
    blocks = [
        section("annex_versions", word("section.annex_versions")),
        facts(
            [
                (word("method.tool"), [plain(f"{tool.name} {tool.version}")]),
                (word("method.worked"), [plain(", ".join(tool.worked))]),
            ]
        ),
    ]
    if not rules.lines:
        return [*blocks, para(word("annex.no_rules"))]
    ordered = sorted(rules.lines, key=lambda line: FATES.index(line.fate))
    for fate, lines in groupby(ordered[:RULES], key=lambda line: line.fate):
        group = list(lines)
        heads = [word("annex.rule_title"), word("finding.level"), word("annex.rule_seen")]
        reasons = [word("annex.rule_reason")] if any(line.reason for line in group) else []
        rows: list[list[Cell]] = [
            [
                [plain(line.title), " ", styled("tiny", token(line.rule_id))],
                [pen.known("level", line.level)],
                [pen.count(line.rows_seen)],
                *([[plain(line.reason)]] if reasons else []),
            ]
            for line in group
        ]
        blocks.append(head(word(f"fate.{fate}"), " (", pen.count(rules.counts[fate]), ")"))
        widths = ["1fr", "2.4cm", "2.2cm n", *(["5cm"] if reasons else [])]
        blocks.append(table(widths, [*heads, *reasons], rows))
    return [*blocks, *_rest(len(ordered), RULES, pen)]


def _excerpts(summary: Summary, places: Sequence[Place], pen: Pen) -> list[Block]:
    """The records that did not fit with their finding, in all at most EXCERPTS characters of them."""
    blocks = [
        section("annex_excerpts", pen.word("section.annex_excerpts")),
        para(pen.word("annex.excerpts")),
        *_annex_file(summary, pen),
    ]
    left = EXCERPTS
    printed = 0
    for place in places:
        found, with_it = place.found, WITH if place.form == "whole" else 0
        printed += min(with_it, len(found.observations))
        others = found.observations[with_it:]
        more = records(others, pen) if others and _least(others[0], pen) <= left else {"rows": []}
        more["rows"] = list(_fitting(more["rows"], left))
        left -= length(more)
        printed += len(more["rows"])
        if more["rows"]:
            blocks.append(head(styled("fno", number(found.number)), " ", *pen.title(found)))
            blocks.append(para(*pen.say("finding.records_shown", n=found.rows, shown=len(more["rows"])), style="lead"))
            blocks.append(more)
    return [*blocks, *_rest(sum(found.rows for found in summary.inferences), printed, pen)]


def _least(record: Observation, pen: Pen) -> int:
    """Characters that a record takes at least, its labels aside: with thousands of findings most records need not be set to see that they
    do not fit."""
    said = record.sentences[pen.language.code]
    return len(said) - len(ISOLATES.findall(said)) + len(record.exhibit) + len(record.file) + len(record.row_id)


def _fitting(rows: Sequence[Block], left: int) -> Iterator[Block]:
    """The first rows of a table that fit into `left` characters."""
    for row in rows:
        left -= length(row)
        if left < 0:
            return
        yield row


def _annex_file(summary: Summary, pen: Pen) -> list[Block]:
    annex, word = summary.annex, pen.word
    if annex is None:
        return [para(word("annex.no_file"))]
    told = facts(
        [
            (word("annex.file"), [token(annex.name)]),
            (word("annex.file_sha256"), [pen.hash(annex.sha256)]),
            (word("annex.lines"), [pen.count(annex.lines)]),
            (word("annex.records"), [pen.count(annex.records)]),
        ]
    )
    return [para(word("annex.whole")), told]
