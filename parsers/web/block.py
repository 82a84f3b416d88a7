"""One block of a log's lines on its way through the formats: those that the examiner gave, the block's main ones, then line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
import pyarrow as pa

from parsers.base import Batch, Evidence, Output
from parsers.gather import Int64s
from parsers.web import deep_encoding, stamp_years
from parsers.web.directives import given_formats
from parsers.web.formats import Format, Page, State, Taken, all_formats, rescues
from parsers.web.layout_format import LayoutFormat
from parsers.web.leftovers import FEW
from parsers.web.line_parts import put_together
from parsers.web.lines import RUN_LINES, Lines, unreadable
from parsers.web.outer_quotes import unquoted_lines
from parsers.web.scan import odd_lines
from parsers.web.stamp_years import Run
from parsers.web.wrappers import Wrapped, all_wrappers, dressed, flagged
from timelines.coded import constant

SAMPLE_LINES = 50  # complete lines of a file's head that decide what it is, and of a block that decide who reads it
SAMPLE_AGAIN = 10  # of these, where the last block's lines were all of one format
WIDEST = "clf"  # most others' lines are its own with more behind: among equals it is asked last
_MAIN = "main format of the last block"
DAMAGED = "; counted as damaged"
UNKNOWN = "no known layout of a web server's log" + DAMAGED


class Block:
    """One block of lines on its way through the formats. `left`: the lines that none has taken yet; `years`: of stamps without one."""

    def __init__(self, evidence: Evidence, lines: Lines, state: State, years: tuple[Run, ...] = ()) -> None:
        self.evidence, self.years = evidence, years
        if deep := deep_encoding.remarks(lines):
            lines = replace(lines, marks={**lines.marks, **deep})
        self.page = Page(lines, *odd_lines(lines), evidence.zone, state)
        self.given: tuple[Format, ...] = given_formats(evidence.log_formats)
        self.left: Int64s = np.arange(len(lines))
        self.main: list[Format] = []
        self.unwrapped: set[str] = set()
        self.reasons: dict[int, str] = {}

    def read(self) -> Iterator[Output]:
        yield from self.as_told()
        yield from self._unquoted(True)
        yield from self._unwrapped()
        yield from self.strictly()
        yield from self._unwrapped()  # wrappers that are rare in the block stand out among what is left
        yield from self._unquoted(False)

    def leaves_few(self) -> bool:
        """Whether the block is of one format and few lines of it are left: these can be read with those of other blocks."""
        return len(self.main) == 1 and 0 < len(self.left) <= FEW

    def left_because(self) -> dict[int, str]:
        """Why formats did not take the lines that are left, by place among these; not all are told of."""
        places = enumerate(self.left.tolist())
        return {place: self.reasons[row] for place, row in places if row in self.reasons}

    def as_told(self) -> Iterator[Output]:
        """Give the lines to the formats that the examiner gave."""
        for one in self.given:
            if len(self.left):
                yield from self._given(one, self.left, one.read)

    def strictly(self) -> Iterator[Output]:
        """Give the lines to formats that they keep to: the block's main ones first, then each line to whichever it fits."""
        self.main = self._ranked() if len(self.left) else []
        for one in self.main:
            if len(self.left):
                yield from self._given(one, self.left, one.read)
        for one in all_formats():
            if one not in self.main and len(self.left):
                own = np.flatnonzero([fits is not False for fits in one.sniff(self._texts(), self.page.state)])
                if len(own):
                    yield from self._given(one, self.left[own], one.read)

    def damaged(self, joined: bool = True) -> Iterator[Output]:
        """What no format takes strictly: read as damaged lines of some, else told; long runs as one, where lines are `joined`."""
        yield from self.rescued()
        if not len(self.left):
            return
        around = next(
            (
                f"not laid out as the lines around it ({one.name}){DAMAGED}"
                for one in self.main
                if isinstance(one, LayoutFormat)
            ),
            "",
        )
        reasons = {row: around or self.reasons.get(row, UNKNOWN) for row in self.left.tolist()}
        yield from unreadable(self.evidence, self.page.lines, reasons, RUN_LINES if joined else len(self.page.lines))

    def rescued(self) -> Iterator[Output]:
        """Give what is left to formats that tell something of damaged lines."""
        for one in (*self.main, *(other for other in all_formats() if other not in self.main)):
            if one.name in rescues() and len(self.left):
                yield from self._given(one, self.left, rescues()[one.name])

    def _ranked(self) -> list[Format]:
        """Formats that a sample of the block keeps to, most first; just the last block's first one, where some lines show that it still is.

        Lines of others may keep to the widest as well: of these lines none may.
        """
        sample, last = self._sample(), self.page.state.get(_MAIN)
        again = sample[:: SAMPLE_LINES // SAMPLE_AGAIN]
        if isinstance(last, Format) and (
            self._kept(again) == [last] if last.name == WIDEST else all(last.sniff(again, self.page.state))
        ):
            return [last]
        ranked = self._kept(sample)
        alone = [one for one in ranked[:1] if one.name != WIDEST or len(ranked) == 1]
        self.page.state[_MAIN] = alone[0] if alone else None
        return ranked

    def _kept(self, sample: Sequence[bytes]) -> list[Format]:
        """Formats that some of these lines keep to, those of most lines first."""
        hits = []
        for one in all_formats():
            found = one.sniff(sample, self.page.state)
            hits.append((sum(map(bool, found)), None in found, one))
        return [
            one
            for many, near, one in sorted(hits, key=lambda hit: (-hit[0], hit[2].name == WIDEST, hit[2].name))
            if many or near
        ]

    def _sample(self) -> list[bytes]:
        """Some of the lines that none has taken, spread over the block."""
        some = np.unique(np.linspace(0, len(self.left) - 1, min(len(self.left), SAMPLE_LINES)).astype(np.int64))
        return [self.page.lines.at(row) for row in self.left[some].tolist()]

    def _unquoted(self, sure: bool) -> Iterator[Output]:
        """Read lines that stand in quotes and keep to a format within; those that surely are quoted also as damaged ones.

        Others may be of a format that quotes its first and last value: they are looked at behind all formats.
        """
        found = unquoted_lines(self.page.lines.take(self.left), sure)
        if found is None:
            return
        inner = Block(self.evidence, found.lines, self.page.state, self.years)
        yield from inner.read()
        if sure:
            yield from inner.rescued()
        self.left = np.delete(self.left, np.delete(found.rows, inner.left))

    def _unwrapped(self) -> Iterator[Output]:
        """Read the lines that stand inside wrappers and keep to a format there; others are left, to be read as they stand."""
        sample: list[bytes] | None = None
        for one in all_wrappers():
            if not len(self.left):
                return
            sample = sample or self._sample()
            if one.name in self.unwrapped or not any(one.inside(line) is not None for line in sample):
                continue
            sample = None
            self.unwrapped.add(one.name)
            found = one.unwrap(self.page.take(self.left))
            if found is not None and (whole := put_together(found)) is not None:
                yield from self.inside(whole.held, self.left[found.rows[whole.rows]], whole.owner)
                found = one.unwrap(self.page.take(self.left)) if len(self.left) else None
            if found is not None:
                yield from self.inside(found, self.left[found.rows], np.arange(len(found.rows)))

    def inside(self, found: Wrapped, rows: Int64s, owner: Int64s) -> Iterator[Output]:
        """Read lines that are held in `rows` of the block, `owner` of them in each."""
        inner = Block(self.evidence, found.lines, self.page.state)
        for item in chain(inner.as_told(), inner.strictly()):
            yield self._dressed(item, found) if isinstance(item, Batch) else item
        untaken = np.zeros(len(found.lines), np.bool_)
        untaken[inner.left] = True
        self.left = self.left[~np.isin(self.left, rows[~untaken[owner]], assume_unique=True)]

    def _dressed(self, batch: Batch, found: Wrapped) -> Batch:
        state = self.page.state
        rows = dressed(batch.rows, found, state)
        return Batch(batch.family, stamp_years.dated(rows, self.years, self.evidence.zone, state))

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
            yield Batch(one.family, _named(_marked(batch, page.lines), one.name))
        if len(rows) == len(self.left) and taken.mask.all():  # most often; they are some of those that are left
            self.left = self.left[:0]
        else:
            self.left = self.left[~np.isin(self.left, rows[taken.mask], assume_unique=True)]


def _marked(batch: pa.RecordBatch, lines: Lines) -> pa.RecordBatch:
    """Rows with what is remarkable of the bytes around their lines."""
    if not lines.marks or "offset" not in batch.schema.names:
        return batch
    offsets = batch.column("offset").to_numpy()
    flags = {name: np.isin(offsets, places) for name, places in lines.marks.items()}
    place = batch.schema.get_field_index("flags")
    return batch.set_column(place, "flags", flagged(batch.column("flags").cast(pa.string()), flags))


def _named(batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    return batch.append_column("log_format", constant(name, batch.num_rows))
