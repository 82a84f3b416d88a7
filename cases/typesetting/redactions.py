"""What a redacted copy says of itself: a notice on its first page, the log in Annex E."""

from __future__ import annotations

from cases.redaction.record import KINDS
from cases.summary import Summary
from cases.typesetting.blocks import Block, Cell, box, facts, para, section, table
from cases.typesetting.pen import Pen
from cases.typesetting.runs import plain, styled, token

WORDS = dict(
    zip(
        KINDS,
        (
            "redaction.account",
            "redaction.address",
            "redaction.email",
            "redaction.host",
            "redaction.national-id",
            "redaction.person",
            "redaction.phone",
        ),
        strict=True,
    )
)


def redacted_copy(summary: Summary, pen: Pen) -> list[Block]:
    """A box that says so; nothing in a full copy."""
    log = summary.redaction
    if log is None:
        return []
    told = pen.say("redaction.is", profile=log.profile)
    return [box([para(styled("warn", pen.word("redaction.mark")), " ", *told)], warning=True)]


def redactions(summary: Summary, pen: Pen) -> list[Block]:
    """Annex E."""
    log, word = summary.redaction, pen.word
    head = section("annex_redactions", word("section.annex_redactions"))
    if log is None:
        return [head, para(word("annex.redactions"))]
    told = facts(
        [
            (word("redaction.profile"), [token(log.profile)]),
            (word("redaction.why"), [*pen.said(log.why[pen.language.code])]),
            (word("redaction.who"), [plain(log.who)]),
            (word("redaction.full"), [token(log.full_name)]),
            (word("redaction.full_sha256"), [pen.hash(log.full_sha256)]),
            (word("redaction.key"), [token(log.key)]),
        ]
    )
    rows: list[list[Cell]] = [[[word(WORDS[count.kind])], [pen.count(count.values)]] for count in log.counts]
    heads = [word("redaction.kind"), word("redaction.values")]
    counts = table(["1fr", "6cm n"], heads, rows) if rows else para(word("redaction.nothing"))
    return [head, para(word("redaction.intro")), told, counts]
