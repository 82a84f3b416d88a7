"""From a summary to the bytes of its PDF: content as JSON, faces from packages, the day of the summary as the only clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import resources
from typing import Any, Literal

from cases.errors import CaseError
from cases.languages import Language
from cases.phrases import heading
from cases.summary import Summary
from cases.typesetting.annexes import annexes
from cases.typesetting.bounds import bounds
from cases.typesetting.fonts import folders, printable
from cases.typesetting.found import found
from cases.typesetting.opening import first_page
from cases.typesetting.pen import Pen
from cases.typesetting.received import received
from cases.typesetting.room import placed
from cases.typesetting.runs import plain

RUNNING = 60  # characters of the case number in the running head


def content(summary: Summary, language: Language) -> dict[str, Any]:
    """All that the template sets, as plain data."""
    pen = Pen(language, summary.case.zone)
    title = language.word(heading(summary).key)
    head = summary.custody.head
    places = placed(summary, pen)
    return {
        "lang": language.code,
        "dir": language.direction,
        "title": title,
        "heading": title + (f" – {printable(summary.case.number)}" if summary.case.number else ""),
        "author": printable(summary.case.examiner or summary.case.laboratory or ""),
        "date": [int(part) for part in summary.date.split("-")],
        "laboratory": [plain(summary.case.laboratory)] if summary.case.laboratory else [],
        "running": [
            [
                *(pen.word("case.number"), " ", pen.given((summary.case.number or "")[:RUNNING])),
                *(" · ", pen.word("issue.version"), " ", pen.count(summary.issue.version)),
            ],
            pen.say("title.version", version=f"{summary.tool.name} {summary.tool.version}", date=summary.date),
        ],
        "head": [pen.word("custody.hash"), " ", pen.hash(head.hash)] if head else [],
        "draft": pen.word("draft.mark") if summary.draft.applies(language.code) else "",
        "contents": pen.word("common.contents"),
        "first": first_page(summary, pen),
        "body": [
            *received(summary, pen),
            *found(summary, pen, places),
            *bounds(summary, pen),
            *annexes(summary, pen, places),
        ],
    }


def pdf(summary: Summary, language: Language) -> bytes:
    """The summary as PDF/A-2a and PDF/UA-1. Raises CaseError as `typeset` does."""
    return typeset(content(summary, language), "pdf")[0]


def pages(summary: Summary, language: Language, ppi: float) -> list[bytes]:
    """The same pages as PNG images, `ppi` pixels an inch."""
    return typeset(content(summary, language), "png", ppi)


def typeset(data: dict[str, Any], form: Literal["pdf", "png"], ppi: float | None = None) -> list[bytes]:
    """One PDF, or an image a page, of what `content` makes. Raises CaseError when typst or a font is missing, or refuses a page."""
    try:
        import typst

        faces = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=list(folders()))
    except ImportError as error:
        raise CaseError(f"PDF: {error.name} is not installed; run `pip install athar-forensics` again") from error
    year, month, day = data["date"]
    try:
        made: bytes | list[bytes] = typst.compile(
            (resources.files("cases.templates") / "summary.typ").read_bytes(),
            font_paths=faces,
            ignore_system_fonts=True,
            format=form,
            ppi=ppi,
            sys_inputs={"content": json.dumps(data, ensure_ascii=False)},
            pdf_standards=["a-2a", "ua-1"] if form == "pdf" else [],
            timestamp=datetime(year, month, day, tzinfo=UTC),
        )
    except typst.TypstError as error:
        raise CaseError(
            f"PDF: a page could not be set: {error.message}; the HTML summary holds the same content"
        ) from error
    return made if isinstance(made, list) else [made]
