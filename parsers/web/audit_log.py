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
from parsers.web.line_marks import BOM
from parsers.web.requests import claimed
from timelines.families import all_families
from timelines.problems import account
from timelines.schema import TIME

FAMILY = "web/audit"
PIECE = 8 << 20  # bytes of a slice: its boundaries are held in memory, fifteen bytes each at the least
LONGEST = 8 << 20  # bytes of one transaction that are read; what is longer is a problem
ROWS = 2_000  # of one batch
_NL = 10
_ID = rb"([0-9A-Za-z]{1,32}|-[0-9A-Za-z]{1,32}--)"  # version 3 puts hyphens around its ids: `---ICmPEb5c---A--`
_BEFORE = rb"\0*(?:\xef\xbb\xbf)?"  # a hole, a byte order mark: what a boundary may have before it on its line
_BOUNDARY = re.compile(rb"^" + _BEFORE + rb"(--" + _ID + rb"-([A-Z])--\r?)$", re.MULTILINE)
_FIRST = re.compile(rb"\s*" + _BEFORE + rb"--" + _ID + rb"-A--\r?\n\[\d\d/[A-Z][a-z]{2}/\d{4}:")
_HOLES = b"\0 \t\r\n\v\f"
_LOOK_BACK = 128  # bytes before a slice in which the last boundary before it lies, if its transaction was whole
_BLANK = re.compile(rb"\s*")


@dataclass(frozen=True, slots=True)
class _Mark:
    id: bytes
    letter: str
    start: int
    end: int  # behind the line's end
    pair: bool  # whether its line ends with CR LF


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
        before = _marks(evidence.open()[max(piece.start - _LOOK_BACK, 0) : piece.start])
        reading = _Reading(evidence, view, piece.start, before[-1].pair if before else None)
        at = 0
        for marks, end in _transactions(view):
            yield from reading.between(at, marks[0].start, True)
            yield from reading.transaction(marks, end)
            at = end
        yield from reading.between(at, len(view), False)
        yield from reading.rows()


def _marks(view: memoryview) -> list[_Mark]:
    """All boundaries, in order."""
    found = _BOUNDARY.finditer(view)
    return [_Mark(m[2], m[3].decode(), m.start(1), min(m.end() + 1, len(view)), m[1][-1:] == b"\r") for m in found]


def _transactions(view: memoryview) -> Iterator[tuple[list[_Mark], int]]:
    """The boundaries of each transaction, and where it ends: behind its Z and the blanks there, else where the next begins."""
    marks = _marks(view)
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

    def __init__(self, evidence: Evidence, view: memoryview, base: int, pair: bool | None) -> None:
        self.evidence, self.view, self.base = evidence, view, base
        self._rows: list[tuple[Said, str, int, int]] = []
        self._pair = pair  # whether the last boundary's line ended with CR LF
        self._remarks: list[str] = []  # on the transaction that follows

    def between(self, start: int, end: int, follows: bool) -> Iterator[Output]:
        """What stands between transactions: blanks, a hole, a byte order mark before the one that `follows`, or something that is none."""
        gap = bytes(self.view[start:end])
        text = gap.removesuffix(BOM) if follows else gap
        solid = text.strip(_HOLES)
        begin = start + len(text) - len(text.lstrip(_HOLES)) if solid else start + len(text)
        stop = begin + len(solid)
        for a, b in ((start, begin), (stop, start + len(text))):
            if b > a:
                yield account("free", self.base + a, b - a)
        if solid:
            reason = f"{len(solid)} bytes that belong to no transaction: no --…-A-- before them; counted as damaged"
            yield self.evidence.problem(self.base + begin, len(solid), reason)
            yield account("damaged", self.base + begin, len(solid))
        if len(text) < len(gap):
            yield account("read", self.base + start + len(text), len(BOM))
            # At the file's begin it is an encoding's sign.
            self._remarks += ["byte-order-mark"] if self.base + start + len(text) else []
        if b"\0" in text[stop - start :] or (not solid and b"\0" in text):
            self._remarks.append("hole-before")

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
        flags += [*(["duplicate-keys"] if repeated else []), *self._remarks, *self._turns(marks)]
        self._remarks = []
        if marks[-1].letter != "Z":
            flags.append("truncated")
            reason = f"transaction {name} is cut off in its part {marks[-1].letter}: no --{name}-Z-- follows; read so far, flagged"
            yield self.evidence.problem(self.base + start, end - start, reason)
        self._rows.append((said, ",".join(sorted(set(flags))), self.base + start, end - start))
        yield account("read", self.base + start, end - start)
        if len(self._rows) == ROWS:
            yield from self.rows()

    def _turns(self, marks: list[_Mark]) -> list[str]:
        """Whether a boundary's line ends otherwise than that of the boundary before it; one that ends with the file ends in no way."""
        turns = False
        for mark in marks:
            if self.view[mark.end - 1] != _NL:
                continue
            turns |= self._pair is not None and mark.pair != self._pair
            self._pair = mark.pair
        return ["line-end-differs"] if turns else []

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
        if (first := claimed(columns)) is not None:
            columns["client_claimed"] = first
        yield Batch(FAMILY, pa.RecordBatch.from_pydict(columns))


PARSER = AuditLog()
