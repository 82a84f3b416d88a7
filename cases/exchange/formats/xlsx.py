"""Excel: a workbook with findings, matches, files, ledger, problems and the whole timeline, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from cases.case import tool_version
from cases.exchange import Counts, Options, identity, part
from cases.exchange.conclusions import Conclusion, every
from cases.exchange.content import Content
from cases.exchange.workbook import CHARACTERS, ROWS, Sheet, Workbook
from cases.moments import utc
from timelines.findings import MATCH_COLUMNS
from timelines.query import Filter, Timeline
from timelines.schema import CORE_NAMES

_ENTITIES = ("hosts", "users", "ips", "processes", "objects")
_FINDING = (
    *(
        "finding_id",
        "review",
        "kind",
        "level",
        "grade",
        "title",
        "first",
        "last",
        "shows",
        "does_not_show",
        "alternatives",
        "would_change",
        "why",
    ),
    *(*_ENTITIES, "attack", "cve", "rule_id", "rows", "row_ids", "followed"),
)
_FILE = ("exhibit", "file", "size", "sha256", "status", "parser", "reason", "duplicate_of")
_LEDGER = ("exhibit", "file", "size", "read", "free", "unsupported", "damaged")
_PROBLEM = ("exhibit", "file", "offset", "length", "reason")
_NOTES = (
    f"A sheet holds {ROWS:,} rows below its headings; what is longer goes on in the next sheet of the same name and a number.",
    "Times are UTC, as text with nine digits: Excel's own times hold milliseconds and no zone.",
    "An apostrophe before = + - @ or an error name is ours: it keeps Excel from running what evidence holds.",
    f"Characters that cannot be seen are written ⟨U+XXXX⟩; a value above {CHARACTERS:,} characters is cut and says so.",
)


@dataclass(frozen=True, slots=True)
class Xlsx:
    """Sheets `about`, `findings`, `matches`, `files`, `ledger`, `problems`, `timeline` (and `timeline 2` … where one is full)."""

    name: str = "xlsx"
    suffixes: tuple[str, ...] = (".xlsx",)
    doc: str = "Workbook: findings, matches, files, ledger, problems and timeline; formulas neutralised."
    redactable: bool = True

    def write(self, case: Content, timeline: Timeline, path: Path, options: Options) -> Counts:
        book = Workbook(_openpyxl(self.name), identity.midnight(options.date))
        about = book.sheet("about", ("what", "value"))
        sheets = {
            "findings": _findings(book, every(case, options.lang)),
            "matches": _filled(book, "matches", MATCH_COLUMNS, [case.matches]),
            "files": book.sheet("files", _FILE),
            "ledger": _filled(book, "ledger", _LEDGER, [timeline.ledger()]),
            "problems": _filled(book, "problems", _PROBLEM, [timeline.problems()]),
            "timeline": book.sheet("timeline", (*CORE_NAMES, "message")),
        }
        for entry in case.entries:
            sheets["files"].add(getattr(entry, name) for name in _FILE)
        for table in timeline.batches(Filter(), lang=options.lang):
            sheets["timeline"].add_table(table)
        _about(about, case, options, sheets, book.cut)
        book.save(path)
        return {**{name: sheet.rows for name, sheet in sheets.items()}, "values_cut": book.cut}


def _openpyxl(format: str) -> object:
    package = part("openpyxl", format)
    for module in ("openpyxl.cell", "openpyxl.styles", "openpyxl.writer.excel"):
        part(module, format)
    return package


def _filled(book: Workbook, name: str, columns: Sequence[str], tables: Sequence[pa.Table]) -> Sheet:
    sheet = book.sheet(name, columns)
    for table in tables:
        sheet.add_table(table.select(list(columns)))
    return sheet


def _findings(book: Workbook, told: Sequence[Conclusion]) -> Sheet:
    sheet = book.sheet("findings", _FINDING)
    for one in told:
        found, words = one.finding, one.words
        sheet.add(
            (
                *(found.finding_id, one.review, found.kind, found.level, found.grade, one.title),
                *(utc(found.first), utc(found.last)),
                *(words.get("shows") or found.description, words.get("does_not_show", "")),
                words.get("alternatives") or "; ".join(found.falsepositives),
                *(words.get("would_change", ""), found.why),
                *("; ".join(found.entities.get(kind, ())) for kind in _ENTITIES),
                *(", ".join(found.attack), ", ".join(found.cve)),
                *(found.rule_id, len(found.rows), ", ".join(found.rows)),
                "; ".join(f"{role}: {', '.join(rows)}" for role, rows in found.followed.items()),
            )
        )
    return sheet


def _about(sheet: Sheet, case: Content, options: Options, sheets: dict[str, Sheet], cut: int) -> None:
    sheet.add(("case number", case.info.number))
    sheet.add(("case title", case.info.title))
    sheet.add(("date of this export", options.date))
    sheet.add(("made with", f"athar {tool_version()}"))
    for name, filled in sheets.items():
        sheet.add((f"rows of {name}", filled.rows))
        if filled.pages > 1:
            sheet.add((f"sheets of {name}", filled.pages))
    sheet.add(("values cut", cut))
    for note in _NOTES:
        sheet.add(("note", note))


EXCHANGE = Xlsx()
