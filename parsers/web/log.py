"""The parser of web server logs: each line goes to the format that it keeps to, wherever in the file it stands.

A block's main formats are found by a sample of its lines and read by columns; what they leave is asked for line by line, then read as
damaged lines of them; what is left then is a problem each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa

from parsers.base import Batch, Evidence, Output, Slice
from parsers.gather import Int64s
from parsers.web.directives import given_formats
from parsers.web.formats import Carrying, Format, Page, State, Taken, all_formats, rescues
from parsers.web.layout_format import LayoutFormat
from parsers.web.lines import BOM, Lines, pieces, read_lines, unreadable
from parsers.web.scan import odd_lines
from parsers.web.wide_lines import narrowed, order_of, read_wide_lines
from parsers.web.wrappers import all_wrappers, dressed, inside
from timelines.coded import constant

SAMPLE_LINES = 50  # complete lines of a file's head that decide what it is, and of a block that decide who reads it
SEARCHED = 4 << 20  # bytes looked at at a time
_BEFORE_LINES = b"\n\0" + BOM[-1:]
WIDEST = "clf"  # most others' lines are its own with more behind: among equals it is asked last
_MAIN = "main format of the last block"
DAMAGED = "; counted as damaged"
UNKNOWN = "no known layout of a web server's log" + DAMAGED


class WebLog:
    """Reader of web server logs. See `parsers.base.Parser`."""

    name = "web/log"

    def accepts(self, head: bytes, name: str) -> bool:
        """At least half of the first complete lines keep to some format, comments and the like apart."""
        return _keeps(head, all_formats())

    def accepts_as(self, head: bytes, log_formats: Sequence[str]) -> bool:
        """The same of the layouts that the examiner gave."""
        return _keeps(head, given_formats(tuple(log_formats)))

    def slices(self, evidence: Evidence) -> list[Slice]:
        """Pieces of about 64 MiB that begin at a line and know what the lines before it said (`context["state"]`)."""
        order = _order(evidence)
        if order is not None:
            return [Slice(0, evidence.size, {"order": order})]
        cuts = pieces(evidence)
        carrying = [one for one in all_formats() if isinstance(one, Carrying)]
        if len(cuts) < 2 or not carrying:
            return cuts
        found, state = cuts[:1], dict[str, object]()
        for piece, following in pairwise(cuts):
            begun = {begin: _holds(evidence, piece, begin) for begin in {one.begin for one in carrying}}
            told = [one for one in carrying if begun[one.begin]]
            for item in read_lines(evidence, piece) if told else ():
                if isinstance(item, Lines):
                    for one in told:
                        one.carry(item, state)
            found.append(replace(following, context={**following.context, "state": dict(state)}))
        return found

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        """Rows, problems and accounts of the lines in a piece."""
        given = piece.context.get("state", {})
        state: State = dict(given) if isinstance(given, dict) else {}
        order = piece.context.get("order")
        for item in read_lines(evidence, piece) if order is None else read_wide_lines(evidence, str(order)):
            if isinstance(item, Lines):
                yield from _Block(evidence, item, state).read()
            else:
                yield item


def _holds(evidence: Evidence, piece: Slice, begin: bytes) -> bool:
    """Whether a line of a piece may begin so, behind a byte order mark or a hole of NULs too: cheaper than to look at its lines."""
    at, previous = piece.start, b"\n"  # a piece begins with a line
    with evidence.path.open("rb") as handle:
        handle.seek(at)
        while at < piece.stop and (data := handle.read(min(piece.stop - at, SEARCHED))):
            looked = previous + data
            found = looked.find(begin, 1)
            while found > 0:
                if looked[found - 1] in _BEFORE_LINES:
                    return True
                found = looked.find(begin, found + 1)
            at, previous = at + len(data), looked[-len(begin) :]
    return False


def _order(evidence: Evidence) -> str | None:
    """The byte order of a file that is UTF-16; None for any other."""
    with evidence.path.open("rb") as handle:
        return order_of(handle.read(2))


def _keeps(head: bytes, formats: Sequence[Format]) -> bool:
    """Whether at least half of a file's first lines keep to one of some formats, as they stand or inside a wrapper."""
    order = order_of(head)
    text = (head if order is None else narrowed(head, order)).removeprefix(BOM).lstrip(b"\0")
    lines = text.split(b"\n", SAMPLE_LINES + 1)
    complete = [line.removesuffix(b"\r") for line in (lines[:-1] if len(lines) > 1 else lines)][:SAMPLE_LINES]
    sample = [line for line in complete if line.strip(b"\0")]
    if _mostly(sample, formats):
        return True
    held = [found for line in sample if (found := inside(line)) is not None]
    return 2 * len(held) >= len(sample) and _mostly(held, formats)


def _mostly(sample: Sequence[bytes], formats: Sequence[Format]) -> bool:
    """Whether at least half of some lines keep to one of some formats, comments and the like apart."""
    fits = [one.sniff(sample, {}) for one in formats]
    proved = sum(True in line for line in zip(*fits, strict=True))
    neutral = sum(None in line and True not in line for line in zip(*fits, strict=True))
    return proved + neutral > 0 and 2 * proved >= len(sample) - neutral


class _Block:
    """One block of lines on its way through the formats. `left`: the lines that none has taken yet."""

    def __init__(self, evidence: Evidence, lines: Lines, state: State) -> None:
        self.evidence = evidence
        self.page = Page(lines, *odd_lines(lines), evidence.zone, state)
        self.given: tuple[Format, ...] = given_formats(evidence.log_formats)
        self.left: Int64s = np.arange(len(lines))
        self.reasons: dict[int, str] = {}

    def read(self) -> Iterator[Output]:
        for one in self.given:
            yield from self._given(one, self.left, one.read)
            if not len(self.left):
                return
        yield from self._unwrapped()
        if not len(self.left):
            return
        main = self._ranked()
        for one in main:
            yield from self._given(one, self.left, one.read)
            if not len(self.left):
                return
        for one in all_formats():
            if one not in main and len(self.left):
                own = np.flatnonzero([fits is not False for fits in one.sniff(self._texts(), self.page.state)])
                if len(own):
                    yield from self._given(one, self.left[own], one.read)
        for one in (*main, *(other for other in all_formats() if other not in main)):
            if one.name in rescues() and len(self.left):
                yield from self._given(one, self.left, rescues()[one.name])
        around = next(
            (
                f"not laid out as the lines around it ({one.name}){DAMAGED}"
                for one in main
                if isinstance(one, LayoutFormat)
            ),
            "",
        )
        reasons = {row: around or self.reasons.get(row, UNKNOWN) for row in self.left.tolist()}
        yield from unreadable(self.evidence, self.page.lines, reasons)

    def _ranked(self) -> list[Format]:
        """Formats that a sample of the block keeps to, most first; just the last block's first one, where all do."""
        sample, last = self._sample(), self.page.state.get(_MAIN)
        if isinstance(last, Format) and all(fits is True for fits in last.sniff(sample, self.page.state)):
            return [last]
        hits = []
        for one in all_formats():
            found = one.sniff(sample, self.page.state)
            hits.append((sum(map(bool, found)), None in found, one))
        ranked = [
            one
            for many, near, one in sorted(hits, key=lambda hit: (-hit[0], hit[2].name == WIDEST, hit[2].name))
            if many or near
        ]
        self.page.state[_MAIN] = next((one for one in ranked[:1] if one.name != WIDEST), None)
        return ranked

    def _sample(self) -> list[bytes]:
        """Some of the lines that none has taken, spread over the block."""
        some = np.unique(np.linspace(0, len(self.left) - 1, min(len(self.left), SAMPLE_LINES)).astype(np.int64))
        return [self.page.lines.at(row) for row in self.left[some].tolist()]

    def _unwrapped(self) -> Iterator[Output]:
        """Read the lines that stand inside wrappers and keep to a format there; others are left, to be read as they stand."""
        for one in all_wrappers():
            if not len(self.left):
                return
            if not any(one.inside(line) is not None for line in self._sample()):
                continue
            found = one.unwrap(self.page.take(self.left))
            if found is None:
                continue
            inner = _Block(self.evidence, found.lines, self.page.state)
            rows = self.left[found.rows]
            for main in (*inner.given, *inner._ranked()):
                if len(inner.left):
                    for item in inner._given(main, inner.left, main.read):
                        yield Batch(item.family, dressed(item.rows, found)) if isinstance(item, Batch) else item
            taken = np.delete(rows, inner.left)
            self.left = self.left[~np.isin(self.left, taken, assume_unique=True)]

    def _texts(self) -> Sequence[bytes]:
        return [self.page.lines.at(row) for row in self.left.tolist()]

    def _given(self, one: Format, rows: Int64s, read: Callable[[Page], Taken]) -> Iterator[Output]:
        """Give lines to a format; what it takes is accounted for, with the format's name on its rows."""
        page = self.page.take(rows)
        taken = read(page)
        for row, reason in taken.reasons.items():
            self.reasons.setdefault(int(rows[row]), reason)
        if not taken.mask.any():
            return
        yield page.lines.account("read", taken.mask)
        for batch in taken.rows:
            yield Batch(one.family, _named(batch, one.name))
        self.left = self.left[~np.isin(self.left, rows[taken.mask], assume_unique=True)]


def _named(batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    return batch.append_column("log_format", constant(name, batch.num_rows))


PARSER = WebLog()
