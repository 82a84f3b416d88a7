"""The parser of web server logs: each line goes to the format that it keeps to, wherever in the file it stands.

A block's main formats are found by a sample of its lines and read by columns; what they leave is asked for line by line, then read as
damaged lines of them; what is left then is a problem each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np
import pyarrow as pa

from parsers.base import Batch, Evidence, Output, Slice
from parsers.gather import Int64s
from parsers.web import stamp_years
from parsers.web.cuts import cuts
from parsers.web.directives import given_formats
from parsers.web.formats import Carrying, Format, Page, State, Taken, all_formats, rescues
from parsers.web.layout_format import LayoutFormat
from parsers.web.leftovers import FEW, Leftovers
from parsers.web.line_parts import put_together, unparted
from parsers.web.lines import BOM, RUN_LINES, Lines, read_lines, unreadable
from parsers.web.scan import odd_lines
from parsers.web.stamp_years import Run
from parsers.web.wide_lines import narrowed, order_of, read_wide_lines
from parsers.web.wrappers import Wrapped, all_wrappers, dressed, flagged, inside
from timelines.coded import constant

SAMPLE_LINES = 50  # complete lines of a file's head that decide what it is, and of a block that decide who reads it
SAMPLE_AGAIN = 10  # of these, where the last block's lines were all of one format
WIDEST = "clf"  # most others' lines are its own with more behind: among equals it is asked last
_MAIN = "main format of the last block"
DAMAGED = "; counted as damaged"
UNKNOWN = "no known layout of a web server's log" + DAMAGED


class WebLog:
    """Reader of web server logs. See `parsers.base.Parser`."""

    name = "web/log"

    def load(self) -> None:
        """Import every format and wrapper."""
        all_formats()
        all_wrappers()

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
        years = stamp_years.runs(evidence, partial(_as_rows, evidence), evidence.year)
        carrying = [one for one in all_formats() if isinstance(one, Carrying)]
        found, state = list[Slice](), dict[str, object]()
        for cut in cuts(evidence, {one.begin for one in carrying}):
            known: dict[str, object] = {"state": dict(state)} if found and carrying else {}
            known |= {"years": years} if years else {}
            found.append(replace(cut.piece, context={**cut.piece.context, **known}))
            told = [one for one in carrying if one.begin in cut.begun]
            for item in read_lines(evidence, cut.piece) if told else ():
                if isinstance(item, Lines):
                    for one in told:
                        one.carry(item, state)
        return found

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        """Rows, problems and accounts of the lines in a piece."""
        given = piece.context.get("state", {})
        state: State = dict(given) if isinstance(given, dict) else {}
        order, years = piece.context.get("order"), piece.context.get("years", ())
        held = Leftovers()
        for item in unparted(read_lines(evidence, piece) if order is None else read_wide_lines(evidence, str(order))):
            if not isinstance(item, Lines):
                yield item
                continue
            block = Block(evidence, item, state, years if isinstance(years, tuple) else ())
            yield from block.read()
            if not block.leaves_few():
                yield from block.damaged()
                continue
            if held.enough or held.main not in (None, block.main[0]):
                yield from _rescued(evidence, held, state)
                held = Leftovers()
            held.add(block.main[0], block.page.lines.take(block.left), block.left_because())
        yield from _rescued(evidence, held, state)


def _as_rows(evidence: Evidence, lines: Lines) -> Iterator[Output]:
    """Lines read for the years that they tell: those are the same in any zone but for a day of each."""
    block = Block(replace(evidence, zone=evidence.zone or "UTC"), lines, {})
    yield from block.read()
    yield from block.damaged()


def _rescued(evidence: Evidence, held: Leftovers, state: State) -> Iterator[Output]:
    """Damaged lines that blocks of a piece left, read as one block; those that cannot be read are a problem each."""
    lines = held.lines()
    if lines is not None and held.main is not None:
        block = Block(evidence, lines, state)
        block.main, block.reasons = [held.main], held.reasons
        yield from block.damaged(joined=False)


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
    if mostly(sample, formats):
        return True
    held = [found for line in sample if (found := inside(line)) is not None]
    return 2 * len(held) >= len(sample) and mostly(held, formats)


def mostly(sample: Sequence[bytes], formats: Sequence[Format]) -> bool:
    """Whether at least half of some lines keep to one of some formats, comments and the like apart."""
    fits = [one.sniff(sample, {}) for one in formats]
    proved = sum(True in line for line in zip(*fits, strict=True))
    neutral = sum(None in line and True not in line for line in zip(*fits, strict=True))
    return proved + neutral > 0 and 2 * proved >= len(sample) - neutral


class Block:
    """One block of lines on its way through the formats. `left`: the lines that none has taken yet; `years`: of stamps without one."""

    def __init__(self, evidence: Evidence, lines: Lines, state: State, years: tuple[Run, ...] = ()) -> None:
        self.evidence, self.years = evidence, years
        self.page = Page(lines, *odd_lines(lines), evidence.zone, state)
        self.given: tuple[Format, ...] = given_formats(evidence.log_formats)
        self.left: Int64s = np.arange(len(lines))
        self.main: list[Format] = []
        self.unwrapped: set[str] = set()
        self.reasons: dict[int, str] = {}

    def read(self) -> Iterator[Output]:
        yield from self.as_told()
        yield from self._unwrapped()
        yield from self.strictly()
        yield from self._unwrapped()  # wrappers that are rare in the block stand out among what is left

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
        if not len(self.left):
            return
        main = self.main
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
        yield from unreadable(self.evidence, self.page.lines, reasons, RUN_LINES if joined else len(self.page.lines))

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
        rows = dressed(batch.rows, found)
        return Batch(batch.family, stamp_years.dated(rows, self.years, self.evidence.zone))

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


PARSER = WebLog()
