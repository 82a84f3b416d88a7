"""ModSecurity's serial audit log: a row a transaction, from its `--id-A--` to its `--id-Z--`.

A body that was logged may hold lines that look like a boundary: one that does not bear the transaction's own id is text, as long as one
that does follows.
https://github.com/owasp-modsecurity/ModSecurity/wiki/ModSecurity-2-Data-Formats
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from parsers.base import Batch, Evidence, Output, Slice
from parsers.web.audit_parts import Said, told
from timelines.families import all_families
from timelines.problems import account
from timelines.schema import TIME

FAMILY = "web/audit"
PIECE = 8 << 20  # bytes of a slice: its boundaries are held in memory, fifteen bytes each at the least
LONGEST = 8 << 20  # bytes of one transaction that are read; what is longer is a problem
ROWS = 2_000  # of one batch
_ID = rb"([0-9A-Za-z]{1,32}|-[0-9A-Za-z]{1,32}--)"  # version 3 puts hyphens around its ids: `---ICmPEb5c---A--`
_BOUNDARY = re.compile(rb"^--" + _ID + rb"-([A-Z])--\r?$", re.MULTILINE)
_FIRST = re.compile(rb"\s*--" + _ID + rb"-A--\r?\n\[\d\d/[A-Z][a-z]{2}/\d{4}:")
_BLANK = re.compile(rb"\s*")


@dataclass(frozen=True, slots=True)
class _Mark:
    id: bytes
    letter: str
    start: int
    end: int  # behind the line's end


class AuditLog:
    """Reader of `web/audit` rows from ModSecurity's serial audit log. See `parsers.base.Parser`."""

    name = "web/modsecurity-audit"

    def accepts(self, head: bytes, name: str) -> bool:
        """A boundary of part A and a line that begins with a date in brackets."""
        return _FIRST.match(head) is not None

    def slices(self, evidence: Evidence) -> list[Slice]:
        """Pieces of about 8 MiB that begin at a transaction: at a true one, not at a boundary that a logged body holds. So the
        transactions are walked here too, each time LONGEST bytes further than the piece goes."""
        view, cuts = evidence.open(), [0]
        while cuts[-1] + PIECE < evidence.size:
            start = cuts[-1]
            ends = [start + end for _, end in _transactions(view[start : start + PIECE + LONGEST])]
            stop = next((end for end in ends if end >= start + PIECE), evidence.size)
            if stop >= evidence.size:
                break
            cuts.append(stop)
        return [Slice(start, stop) for start, stop in pairwise([*cuts, evidence.size])] if evidence.size else []

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        """Rows, problems and accounts of the transactions in a piece."""
        view = evidence.open()[piece.start : piece.stop]
        reading = _Reading(evidence, view, piece.start)
        at = 0
        for marks, end in _transactions(view):
            yield from reading.between(at, marks[0].start)
            yield from reading.transaction(marks, end)
            at = end
        yield from reading.between(at, len(view))
        yield from reading.rows()


def _transactions(view: memoryview) -> Iterator[tuple[list[_Mark], int]]:
    """The boundaries of each transaction, and where it ends: behind its Z and the blanks there, else where the next begins."""
    marks = [_Mark(m[1], m[2].decode(), m.start(), min(m.end() + 1, len(view))) for m in _BOUNDARY.finditer(view)]
    last = {mark.id: place for place, mark in enumerate(marks)}
    place = 0
    while place < len(marks):
        if marks[place].letter != "A":
            place += 1
            continue
        own = [marks[place]]
        place += 1
        while place < len(marks) and own[-1].letter != "Z":
            mark = marks[place]
            if mark.id == own[0].id and mark.letter != "A":
                own.append(mark)
            elif last[own[0].id] < place and mark.letter == "A":
                break  # no boundary of ours follows: we are cut off
            place += 1
        if own[-1].letter == "Z":
            blank = _BLANK.match(view, own[-1].end)
            yield own, own[-1].end if blank is None else blank.end()
        else:
            yield own, marks[place].start if place < len(marks) else len(view)


class _Reading:
    """Transactions on their way to rows."""

    def __init__(self, evidence: Evidence, view: memoryview, base: int) -> None:
        self.evidence, self.view, self.base = evidence, view, base
        self._rows: list[tuple[Said, str, int, int]] = []

    def between(self, start: int, end: int) -> Iterator[Output]:
        """What stands between transactions: blanks, or something that is none."""
        if start == end:
            return
        blank = _BLANK.match(self.view, start, end)
        free = end if blank is None else blank.end()
        if free > start:
            yield account("free", self.base + start, free - start)
        if free < end:
            reason = f"{end - free} bytes that belong to no transaction: no --…-A-- before them; counted as damaged"
            yield self.evidence.problem(self.base + free, end - free, reason)
            yield account("damaged", self.base + free, end - free)

    def transaction(self, marks: list[_Mark], end: int) -> Iterator[Output]:
        """One transaction's row, or why it has none."""
        start, name = marks[0].start, marks[0].id.decode()
        if end - start > LONGEST:
            reason = f"transaction {name} of {end - start} bytes, expected at most {LONGEST}; not read"
            yield self.evidence.problem(self.base + start, end - start, reason)
            yield account("damaged", self.base + start, end - start)
            return
        stops = [*(mark.start for mark in marks[1:]), end]
        parts: dict[str, bytes] = {}
        repeated = False
        for mark, stop in zip(marks, stops, strict=True):
            repeated |= mark.letter in parts
            parts.setdefault(mark.letter, bytes(self.view[mark.end : stop]))
        said, flags = told(parts)
        flags += ["duplicate-keys"] if repeated else []
        if marks[-1].letter != "Z":
            flags.append("truncated")
            reason = f"transaction {name} is cut off in its part {marks[-1].letter}: no --{name}-Z-- follows; read so far, flagged"
            yield self.evidence.problem(self.base + start, end - start, reason)
        self._rows.append((said, ",".join(sorted(set(flags))), self.base + start, end - start))
        yield account("read", self.base + start, end - start)
        if len(self._rows) == ROWS:
            yield from self.rows()

    def rows(self) -> Iterator[Output]:
        """The rows so far as a batch."""
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        count = len(rows)
        ns = [said.get("ns") for said, *_ in rows]
        columns: dict[str, pa.Array] = {
            "time": pa.array(ns, pa.int64()).cast(pa.timestamp("ns")).cast(TIME),
            "time_desc": pa.repeat("Transaction logged", count),
            "time_quality": pa.array(["unknown" if one is None else "offset" for one in ns]),
            "event": pa.repeat("http.audit", count),
            "protocol": pa.repeat("http", count),
            "flags": pa.array([flags for _, flags, *_ in rows]),
            "offset": pa.array(np.array([row[2] for row in rows], np.int64)),
            "length": pa.array(np.array([row[3] for row in rows], np.int64)),
            "log_format": pa.repeat("modsecurity-audit", count),
            "parse_quality": pa.array(["loose" if "truncated" in flags else "strict" for _, flags, *_ in rows]),
            "src_port": pa.array([said.get("src_port") for said, *_ in rows], pa.int32()),
        }
        for column in all_families()[FAMILY].columns:
            if column.name not in columns and any(column.name in said for said, *_ in rows):
                columns[column.name] = pa.array([said.get(column.name) for said, *_ in rows], column.type)
        yield Batch(FAMILY, pa.RecordBatch.from_pydict(columns))


PARSER = AuditLog()
