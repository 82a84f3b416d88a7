"""The parser of web server logs: each line goes to the format that it keeps to, wherever in the file it stands.

A block's main formats are found by a sample of its lines and read by columns; what they leave is asked for line by line, then read as
damaged lines of them; what is left then is a problem each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from parsers.base import Evidence, Output, Slice
from parsers.web import stamp_years
from parsers.web.block import SAMPLE_LINES, Block
from parsers.web.cuts import cuts
from parsers.web.directives import given_formats
from parsers.web.formats import Format, State, all_formats, carriers
from parsers.web.layouts import undated
from parsers.web.leftovers import Leftovers
from parsers.web.line_parts import unparted
from parsers.web.lines import BOM, Lines, read_lines
from parsers.web.outer_quotes import opened, unquoted, unquoted_lines
from parsers.web.wide_lines import HEAD, narrowed, order_of, read_wide_lines
from parsers.web.wrappers import all_wrappers, inside


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
        """Pieces of about 64 MiB that begin at a line and know what the lines before it said (`context["state"]`).

        Lines that say the time of day only are not cut apart from those that tell their day.
        """
        order = _order(evidence)
        if order is not None:
            return [Slice(0, evidence.size, {"order": order})]
        years = stamp_years.runs(evidence, partial(_as_rows, evidence), evidence.year)
        carrying = carriers()
        found, state = list[Slice](), dict[str, object]()
        for cut in cuts(evidence, {mark for one in carrying for mark in opened(one.begin)}):
            known: dict[str, object] = {"state": dict(state)} if found and carrying else {}
            known |= {"years": years} if years else {}
            if found and undated(state):  # midnights among the lines before would have to be known
                found[-1] = replace(found[-1], stop=cut.piece.stop)
            else:
                found.append(replace(cut.piece, context={**cut.piece.context, **known}))
            told = [one for one in carrying if not cut.begun.isdisjoint(opened(one.begin))]
            for item in read_lines(evidence, cut.piece) if told else ():
                if isinstance(item, Lines):
                    quoted = unquoted_lines(item)
                    for one in told:
                        one.carry(item if quoted is None else quoted.lines, state)
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
        return order_of(handle.read(HEAD))


def _keeps(head: bytes, formats: Sequence[Format]) -> bool:
    """Whether at least half of a file's first lines keep to one of some formats, as they stand or inside a wrapper."""
    order = order_of(head)
    text = (head if order is None else narrowed(head, order)).removeprefix(BOM).lstrip(b"\0")
    lines = text.split(b"\n", SAMPLE_LINES + 1)
    complete = [line.removesuffix(b"\r") for line in (lines[:-1] if len(lines) > 1 else lines)][:SAMPLE_LINES]
    sample = [line for line in complete if line.strip(b"\0")]
    if mostly(sample, formats):
        return True
    bare = [line if (within := unquoted(line)) is None else within[0] for line in sample]
    if bare != sample and mostly(bare, formats):
        return True
    held = [found for line in bare if (found := inside(line)) is not None]
    return 2 * len(held) >= len(sample) and mostly(held, formats)


def mostly(sample: Sequence[bytes], formats: Sequence[Format]) -> bool:
    """Whether at least half of some lines keep to one of some formats, comments and the like apart."""
    fits = [one.sniff(sample, {}) for one in formats]
    proved = sum(True in line for line in zip(*fits, strict=True))
    neutral = sum(None in line and True not in line for line in zip(*fits, strict=True))
    return proved + neutral > 0 and 2 * proved >= len(sample) - neutral


PARSER = WebLog()
