"""Wrappers that are JSON objects: docker's json-file driver, and journald's `-o json`.

https://docs.docker.com/engine/logging/drivers/json-file/
https://systemd.io/JOURNAL_EXPORT_FORMATS/ (JSON)
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Int64s, spread
from parsers.web.formats import Page
from parsers.web.instants import Iso
from parsers.web.json_page import Values, values
from parsers.web.json_scan import TEXT
from parsers.web.json_structure import BEGIN, END, ESCAPED, NAME, ROW, Int32s
from parsers.web.json_texts import unescaped
from parsers.web.lines import Lines
from parsers.web.remarks import Remarks
from parsers.web.spans import Spans
from parsers.web.table import Table
from parsers.web.wrappers import Wrapped, moved


@dataclass(frozen=True, slots=True)
class JsonWrapper:
    """A wrapper whose object holds the line as a text named `line`, and its own instant under `when`, in units of `unit` ns or as
    RFC 3339 (0). `named`: what else it says, by column. `newline_ends`: a text without a newline at its end is a part of a line."""

    name: str
    line: str
    when: str
    unit: int
    named: tuple[tuple[str, str], ...]
    newline_ends: bool = False

    def inside(self, line: bytes) -> bytes | None:
        """The text of the object's line."""
        if line[:1] != b"{" or b'"' + self.line.encode() + b'"' not in line:
            return None
        try:
            said = json.loads(line.decode("utf-8", "replace"), parse_int=str, parse_float=str, strict=False)
        except (ValueError, RecursionError):
            return None
        if not isinstance(said, dict) or self.when not in said or not isinstance(said.get(self.line), str):
            return None
        return str(said[self.line]).removesuffix("\n").encode("utf-8", "replace")

    def unwrap(self, page: Page) -> Wrapped | None:
        """Lines that are such objects."""
        lines = page.lines
        first = lines.data[lines.starts] == ord("{")
        if not first.any():
            return None
        candidates = np.flatnonzero(first)
        part = page.take(candidates)
        found = values(part.lines, part.control)
        place = {name: number for number, name in enumerate(found.names)}
        if self.line not in place or self.when not in place:
            return None
        held = _present(found, place[self.line], TEXT) & _present(found, place[self.when], None) & ~found.repeated
        rows = np.flatnonzero(held)
        return self._wrapped(part, found, place, rows, candidates[rows]) if len(rows) else None

    def _wrapped(self, page: Page, found: Values, place: dict[str, int], rows: Int64s, own: Int64s) -> Wrapped:
        wanted = [self.line, self.when, *(name for name, _ in self.named)]
        number = np.full(len(found.names), -1, np.int64)
        for column, name in enumerate(wanted):
            if name in place:
                number[place[name]] = column
        line = np.full(len(page.lines), -1, np.int32)
        line[rows] = np.arange(len(rows))
        held = found.table[(line[found.row] >= 0) & (number[found.name] >= 0)]
        held[:, ROW] = row = line[held[:, ROW]]
        field, start, end = number[held[:, NAME]], held[:, BEGIN], held[:, END]
        part = page.take(rows)
        ended = _without_newline(part, (row, field), start, end)
        remarks = Remarks(len(rows))
        data = unescaped(part.lines, part.high, held, remarks)
        spans = Spans.empty(moved(part.lines, data, part.lines.starts, part.lines.ends), len(wanted))
        spans.starts[field, row], spans.ends[field, row] = start, end
        inner = _in_order(spans.lines, spans.starts[0], spans.ends[0])
        table = Table(Page(spans.lines, part.control, part.high, None, {}), spans, Remarks(len(rows)))
        ns, known = self._instants(table)
        columns = {"wrapper_time_written": spans.text(1, dash_is_null=False)}
        for column, (_, target) in enumerate(self.named, 2):
            text = spans.text(column, dash_is_null=False)
            columns[target] = text
        if "wrapper_pid" in columns:
            digits = pc.match_substring_regex(columns["wrapper_pid"], r"^[0-9]{1,18}$")
            columns["wrapper_pid"] = pc.if_else(digits, columns["wrapper_pid"], None).cast(pa.int64())
        return Wrapped(
            self.name,
            own,
            inner,
            columns,
            ns,
            known,
            _remarked(remarks, len(rows)) | ({"partial": ~ended} if self.newline_ends else {}),
        )

    def _instants(self, table: Table) -> tuple[Int64s, Bools]:
        spans = table.spans
        if self.unit:
            text = spans.text(1, dash_is_null=False)
            whole = pc.if_else(pc.match_substring_regex(text, r"^[0-9]{1,15}$|^[1-8][0-9]{15}$"), text, None).cast(
                pa.int64()
            )
            return whole.fill_null(0).to_numpy() * self.unit, whole.is_valid().to_numpy(False)
        written = spans.starts[1].copy()
        fits = Iso().fits(spans.lines.data, spans.starts[1], spans.ends[1])
        spans.starts[1] = np.where(fits, written, -1)
        Iso().fill(table, 1, "time", None)
        spans.starts[1] = written
        return table.instants()


def _present(found: Values, name: int, kind: int | None) -> Bools:
    mask = np.zeros(len(found.lines), np.bool_)
    at = found.name == name
    if kind is not None:
        at &= found.kind & ~ESCAPED == kind
    mask[found.row[at]] = True
    return mask


def _in_order(lines: Lines, starts: Int64s, ends: Int64s) -> Lines:
    """The texts side by side, each with a newline behind, in the lines' order: as a file would hold them."""
    lengths = ends - starts + 1
    stops = np.cumsum(lengths)
    data = np.append(lines.data, np.uint8(10))[spread(starts, lengths)]
    data[stops - 1] = 10
    return moved(lines, data, stops - lengths, stops - 1)


def _without_newline(page: Page, where: tuple[Int32s, Int64s], start: Int32s, end: Int32s) -> Bools:
    """Take the `\\n` that ended the line off its text, where it is an escape and not a backslash and an `n`: (n,) lines that had it."""
    row, name = where
    data, ended = page.lines.data, np.zeros(len(page.lines), np.bool_)
    at = np.flatnonzero((name == 0) & (end - start >= 2))
    last = (data[end[at] - 1] == ord("n")) & (data[end[at] - 2] == ord("\\")) & (data[end[at] - 3] != ord("\\"))
    end[at[last]] -= 2
    ended[row[at[last]]] = True
    return ended


def _remarked(remarks: Remarks, count: int) -> dict[str, Bools]:
    """Remarks on the texts (bad escapes, bytes that are no UTF-8), as masks."""
    flags = remarks.column().to_pylist()
    names = sorted({name for one in flags for name in one.split(",") if name})
    return {name: np.array([name in one.split(",") for one in flags], np.bool_) for name in names}


WRAPPERS = (
    JsonWrapper("docker", "log", "time", 0, (("stream", "wrapper_stream"),), True),
    JsonWrapper(
        "journald-json",
        "MESSAGE",
        "__REALTIME_TIMESTAMP",
        1000,
        (("_HOSTNAME", "host"), ("SYSLOG_IDENTIFIER", "wrapper_program"), ("_PID", "wrapper_pid")),
    ),
)
