"""An Excel workbook of any length, written row after row: flat memory, no formula, the same bytes for the same rows.

Excel's own limits (its specifications page): 1,048,576 rows a sheet, 32,767 characters a cell, fifteen digits a number.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from cases.exchange import cells, instants

ROWS = 1_048_575  # of data a sheet, below one row of headings
CHARACTERS = 32_767
_MARK = " … [cut by the export]"
_DIGITS = 10**15  # from here on Excel rounds
_BORN = (1980, 1, 1, 0, 0, 0)  # the earliest date that ZIP knows: entries bear no other
_NOT_XML = re.compile("[\ufffe\uffff]")  # XML 1.0 section 2.2; other characters it lacks are made visible before
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # ECMA-376 part 1 section 22.9.2.19: Excel would decode `_x0041_`
_ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")


class Workbook:
    """Sheets that are filled one row or one table at a time; a sheet that is full goes on in another, `timeline 2`."""

    def __init__(self, openpyxl: Any, born: datetime) -> None:
        self._openpyxl = openpyxl
        self._book = openpyxl.Workbook(write_only=True)
        self._book.properties.created = self._book.properties.modified = born.replace(tzinfo=None)
        self._book.properties.creator = "Athar"
        self.cut = 0

    def sheet(self, name: str, columns: Sequence[str]) -> Sheet:
        return Sheet(self, name, columns)

    def new_page(self, title: str, columns: Sequence[str]) -> Any:
        page = self._book.create_sheet(title)
        page.freeze_panes = "A2"
        page.append([self._bold(page, name) for name in columns])
        return page

    def _bold(self, page: Any, text: str) -> Any:
        made = self._openpyxl.cell.WriteOnlyCell(page, value=text)
        made.font = self._openpyxl.styles.Font(bold=True)
        return made

    def text(self, shown: str) -> str:
        """Neutral text made fit for Excel: errors and escapes defused, cut at the limit of a cell."""
        fit = _ESCAPE.sub("_x005F_", _NOT_XML.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", shown))
        if fit in _ERRORS:
            fit = f"'{fit}"
        if len(fit.encode("utf-16-le")) > 2 * CHARACTERS:  # Excel counts UTF-16 units
            self.cut += 1
            room = 2 * (CHARACTERS - len(_MARK))
            fit = fit.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + _MARK
        return fit

    def save(self, path: Path) -> None:
        with _Undated(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
            self._openpyxl.writer.excel.ExcelWriter(self._book, archive).save()


class Sheet:
    """One list of rows under headings."""

    def __init__(self, book: Workbook, name: str, columns: Sequence[str]) -> None:
        self.rows = 0
        self._book, self._name, self._columns = book, name, columns
        self._page = book.new_page(name, columns)

    @property
    def pages(self) -> int:
        return 1 + max(self.rows - 1, 0) // ROWS

    def add(self, row: Iterable[object]) -> None:
        """One row: text is made neutral, numbers that Excel would round become text."""
        self._put([_cell(self._book, value) for value in row])

    def add_table(self, table: pa.Table) -> None:
        """Every row of a table: the same, column after column."""
        columns = [_column(self._book, name, table.column(name)) for name in self._columns]
        for row in zip(*columns, strict=True):
            self._put(row)

    def _put(self, row: Sequence[object]) -> None:
        if self.rows and self.rows % ROWS == 0:
            self._page = self._book.new_page(f"{self._name} {self.pages + 1}", self._columns)
        self.rows += 1
        self._page.append(row)


def _column(book: Workbook, name: str, column: pa.ChunkedArray) -> list[object]:
    if pa.types.is_timestamp(column.type):
        return list(instants.nanoseconds(column).to_pylist())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        neutral: Callable[[str], str] = cells.sentence if name == "message" else cells.cell
        return list(cells.column(column, lambda text: book.text(neutral(text))).to_pylist())
    return [_cell(book, value) for value in column.to_pylist()]


def _cell(book: Workbook, value: object) -> object:
    if isinstance(value, str):
        return book.text(cells.cell(value))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _DIGITS:
        return str(value)
    return value


class _Undated(zipfile.ZipFile):
    """An archive whose entries bear no date, so that the same content gives the same bytes."""

    def writestr(
        self, zinfo_or_arcname: Any, data: Any, compress_type: int | None = None, compresslevel: int | None = None
    ) -> None:
        super().writestr(_entry(str(zinfo_or_arcname)), data, zipfile.ZIP_DEFLATED)

    def write(
        self, filename: Any, arcname: Any = None, compress_type: int | None = None, compresslevel: int | None = None
    ) -> None:
        entry = _entry(str(arcname))
        entry.file_size = Path(filename).stat().st_size
        source: IO[bytes]
        with open(filename, "rb") as source, self.open(entry, "w") as target:
            shutil.copyfileobj(source, target, 1 << 20)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name.lstrip("/"), _BORN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # the same on every system
    entry.external_attr = 0o600 << 16
    return entry
